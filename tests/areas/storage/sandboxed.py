"""Functions for the sandbox's workers: importable, and of the worst manners."""

import logging
import os
import signal
import sys
import threading
import time
from typing import NoReturn

from ca.errors import LintFailed, LintFinding, UnknownSuite
from sealsvc.ports import StorageFull
from sealsvc.tlog.audit import AuditFailure, AuditFault

ERRORS = (
    StorageFull(reason="r", size=3),
    AuditFailure(AuditFault.FORKED, "size 3"),
    UnknownSuite(name="x"),
    LintFailed((LintFinding("lint", "clause", "message"),)),
    ValueError("plain"),
)


def chatter(text: str) -> bool:
    logging.getLogger("library").critical(text)
    return True


def pid() -> int:
    return os.getpid()


def double(value: int, *, plus: int = 0) -> int:
    return 2 * value + plus


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def spin() -> NoReturn:
    while True:
        pass


def deaf() -> None:
    """Ignores the polite request to stop."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)


def leave() -> NoReturn:
    os._exit(0)


def leave_badly() -> NoReturn:
    os._exit(3)


def leave_politely() -> NoReturn:
    sys.exit(3)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def eat(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1) + 1


def much(megabytes: int) -> bytes:
    return b"x" * (megabytes << 20)


def length(data: bytes) -> int:
    return len(data)


def fail(number: int) -> NoReturn:
    raise ERRORS[number]


class Unsendable(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__("needs two arguments to come back")


class Unreadable:
    """Can be packed and not be unpacked."""

    def __reduce__(self) -> object:
        return int, ("not a number",)


def fail_unsendable() -> NoReturn:
    raise Unsendable(1, 2)


def give_lock() -> object:
    return threading.Lock()


def give_unreadable() -> Unreadable:
    return Unreadable()


def modules(*names: str) -> list[bool]:
    return [name in sys.modules for name in names]


def echo(data: bytes) -> bytes:
    return data
