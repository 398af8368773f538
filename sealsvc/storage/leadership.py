"""Who sequences: a short lock around each run, for liveness only.

The safety is the compare-and-swap on the head (ARCHITECTURE section 7.7), so a lock that is lost
or overridden costs a wasted run and nothing else. Held for one run and not for a process's life:
whoever has committed facts can sequence them itself, no process must be woken by another (ADR 2).
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, text

from sealsvc.storage.db import is_sqlite

ADVISORY_LOCK_ID = 0x5EA1_106
RETRY_S = 0.005


class Leadership(Protocol):
    """A lock that one sequencer at a time holds."""

    def hold(self, wait_s: float) -> "ContextManagerBool":
        """Yields True when held within `wait_s` seconds, else False."""
        ...


class ContextManagerBool(Protocol):
    """What `hold` gives: a context manager over a truth value."""

    def __enter__(self) -> bool:
        """Take the lock."""
        ...

    def __exit__(self, *exc: object) -> bool | None:
        """Give it back."""
        ...


class FileLeadership:
    """A file lock beside the SQLite database. The file is opened per run, so it is never inherited
    by a fork that outlives us.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def hold(self, wait_s: float) -> Iterator[bool]:
        """Try until `wait_s` is over."""
        with open(self._path, "a", encoding="ascii") as file:
            deadline = time.monotonic() + wait_s
            held = _flock(file.fileno())
            while not held and time.monotonic() < deadline:
                time.sleep(RETRY_S)
                held = _flock(file.fileno())
            yield held


class AdvisoryLeadership:
    """A session advisory lock of PostgreSQL on a connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def hold(self, wait_s: float) -> Iterator[bool]:
        """Try until `wait_s` is over."""
        options = {"isolation_level": "AUTOCOMMIT"}
        with self._engine.connect().execution_options(**options) as connection:
            deadline = time.monotonic() + wait_s
            take = text("SELECT pg_try_advisory_lock(:id)")
            held = bool(connection.scalar(take, {"id": ADVISORY_LOCK_ID}))
            while not held and time.monotonic() < deadline:
                time.sleep(RETRY_S)
                held = bool(connection.scalar(take, {"id": ADVISORY_LOCK_ID}))
            try:
                yield held
            finally:
                if held:
                    connection.scalar(
                        text("SELECT pg_advisory_unlock(:id)"), {"id": ADVISORY_LOCK_ID}
                    )


def leadership_for(engine: Engine) -> FileLeadership | AdvisoryLeadership:
    """The lock that fits the database."""
    if is_sqlite(engine):
        return FileLeadership(Path(f"{engine.url.database}.sequencer"))
    return AdvisoryLeadership(engine)


def _flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
