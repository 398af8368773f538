"""PDFium keeps global state and must never be entered by two threads at once.

The sandbox's workers have one thread each; operator commands and embedders may have more, and
there a second thread would crash the process instead of raising anything.
"""

from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

_TURN = RLock()


def one_at_a_time(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Let threads through the function one after the other.

    The function must close what it opened: a finalizer may run in any thread.
    """

    @wraps(function)
    def in_turn(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
        with _TURN:
            return function(*args, **kwargs)

    return in_turn
