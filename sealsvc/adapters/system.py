"""Clock, randomness: the only file that may ask the operating system for them."""

import os
import secrets
import threading
from datetime import UTC, datetime

STOCK_BYTES = 4096
LARGE_BYTES = 256


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present, aware, UTC."""
        return datetime.now(UTC)


class _Stock:
    """Random bytes fetched some thousand at a time; none is given out twice.

    A sealing needs six small draws, and each system call of a thread lets the others in.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Hold nothing: a forked child must not give out what its parent holds."""
        self._guard = threading.Lock()
        self._held, self._at = b"", 0

    def draw(self, count: int) -> bytes:
        """The next `count` bytes, at most as many as are fetched at a time."""
        with self._guard:
            end = self._at + count
            if end > len(self._held):
                self._held, self._at, end = secrets.token_bytes(STOCK_BYTES), 0, count
            drawn = self._held[self._at : end]
            self._at = end
        return drawn


_stock = _Stock()
os.register_at_fork(after_in_child=_stock.forget)


class SystemRng:
    """The machine's cryptographic randomness."""

    def bytes(self, count: int) -> bytes:
        """`count` bytes from the operating system; longer draws come from it directly."""
        return secrets.token_bytes(count) if count > LARGE_BYTES else _stock.draw(count)
