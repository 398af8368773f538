"""Who sequences: a short lock around each run, for liveness only.

The safety is the compare-and-swap on the head (ARCHITECTURE section 7.7), so a lock that is lost
or overridden costs a wasted run and nothing else. Held for one run and not for a process's life:
whoever has committed facts can sequence them itself, no process must be woken by another (ADR 2).
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, text

from sealsvc.storage.db import is_sqlite
from sealsvc.storage.dberrors import database_errors

ADVISORY_LOCK_ID = 0x5EA1_106
RETRY_S = 0.005


class Leadership(Protocol):
    """A lock that one sequencer at a time holds."""

    def hold(self, wait_s: float) -> AbstractContextManager[bool]:
        """Yields True when held within `wait_s` seconds, else False."""
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
    """A session advisory lock of PostgreSQL on a connection of its own.

    Should that connection be lost the lock is lost, and the compare-and-swap still holds.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def hold(self, wait_s: float) -> Iterator[bool]:
        """Try until `wait_s` is over."""
        options = {"isolation_level": "AUTOCOMMIT"}
        with database_errors(), self._engine.connect().execution_options(**options) as connection:
            deadline = time.monotonic() + wait_s
            held = _advisory(connection, "SELECT pg_try_advisory_lock(:id)")
            while not held and time.monotonic() < deadline:
                time.sleep(RETRY_S)
                held = _advisory(connection, "SELECT pg_try_advisory_lock(:id)")
            try:
                yield held
            finally:
                if held:
                    _give_back(connection)


def leadership_for(engine: Engine) -> FileLeadership | AdvisoryLeadership:
    """The lock that fits the database."""
    if is_sqlite(engine):
        return FileLeadership(Path(f"{engine.url.database}.sequencer"))
    return AdvisoryLeadership(engine)


def _advisory(connection: Connection, statement: str) -> bool:
    return bool(connection.scalar(text(statement), {"id": ADVISORY_LOCK_ID}))


def _give_back(connection: Connection) -> None:
    try:
        _advisory(connection, "SELECT pg_advisory_unlock(:id)")
    except BaseException:
        # Back in the pool, the connection would keep the lock for ever.
        connection.invalidate()
        raise


def _flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
