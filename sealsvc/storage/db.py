"""Engines, the UTC column type and the fair writer lock. SQLite and PostgreSQL, nothing else."""

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

BUSY_TIMEOUT_MS = 20_000
CACHE_KIB = 16 * 1024
"""Of a SQLite connection: ids are random, so a batch touches pages all over the trees."""
CHECKPOINT_PAGES = 4_000
WRITING = "sealsvc_writing"
MIGRATING = "sealsvc_migrating"

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes on both databases: SQLite gives naive ones back, PostgreSQL aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values, store UTC. Raises: ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware value."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def metadata() -> MetaData:
    """The one schema all tables register in."""
    return SQLModel.metadata


def is_sqlite(engine: Engine) -> bool:
    """Which of the two databases this is."""
    return engine.dialect.name == "sqlite"


def make_engine(url: str) -> Engine:
    """An engine with our pragmas and our BEGIN.

    url: `sqlite:////abs/path.db` or `postgresql+psycopg://…`. Source: transparency-log section
    11, store settings; ARCHITECTURE section 7.2.
    """
    if url.startswith("sqlite"):
        engine = create_engine(
            url, pool_size=16, max_overflow=32, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}
        )
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        engine = create_engine(url, pool_size=16, max_overflow=32, pool_pre_ping=True)
    event.listen(engine, "checkin", _leave_no_transaction)
    return engine


def _sqlite_connect(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transaction control is switched off: BEGIN is ours (see _sqlite_begin).
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "fullfsync=ON",
        "foreign_keys=ON",
        f"cache_size=-{CACHE_KIB}",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Any) -> None:
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _leave_no_transaction(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    # SQLAlchemy takes a transaction whose COMMIT failed or was refused for ended and does not
    # roll it back; its locks would stay with the pooled connection.
    if connection is None:
        return
    try:
        connection.rollback()
    except Exception:
        record.invalidate()


class TurnTimeout(Exception):
    """The lock did not come free in time."""


class FifoLock:
    """First come, first served. SQLite's busy handler starves writers; this one does not."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False

    def acquire(self, timeout_s: float) -> None:
        """Wait for one's turn; a thread that holds the lock must not ask again.

        Raises: TurnTimeout.
        """
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        try:
            turn.wait(timeout_s)
        except BaseException:  # an interrupt: nobody would ever take or pass on this turn
            if not self._withdraw(turn):
                self.release()
            raise
        if self._withdraw(turn):
            raise TurnTimeout

    def release(self) -> None:
        """Hand the lock to whoever has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False

    @contextmanager
    def held(self, timeout_s: float) -> Iterator[None]:
        """`with` form of acquire and release. Raises: TurnTimeout."""
        self.acquire(timeout_s)
        try:
            yield
        finally:
            self.release()

    def _withdraw(self, turn: threading.Event) -> bool:
        """Leave the queue; False when the turn has come after all."""
        with self._guard:
            if turn.is_set():
                return False
            self._waiting.remove(turn)
            return True
