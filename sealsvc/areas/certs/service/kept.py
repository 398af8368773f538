"""What a process remembers of a database: only values that can never change under their key."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

V = TypeVar("V")


class Kept(Generic[V]):
    """The `limit` values used last, by key, for each owner; they are forgotten with it.

    The owner is the database (its engine) or the store that a value came from. A key must name
    one value for ever: a digest, or a row's version as read by a session that changes nothing.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._guard = threading.Lock()
        self._values: WeakKeyDictionary[object, OrderedDict[Hashable, V]] = WeakKeyDictionary()

    def get(self, owner: object, key: Hashable, make: Callable[[], V]) -> V:
        """The value of a key; made, at times by several threads at once, where it is unknown."""
        with self._guard:
            values = self._values.setdefault(owner, OrderedDict())
            if key in values:
                values.move_to_end(key)
                return values[key]
        made = make()
        with self._guard:
            values[key] = made
            while len(values) > self._limit:
                values.popitem(last=False)
        return made
