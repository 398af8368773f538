"""What a database says when it cannot, in the service's own words.

A raw driver error that reaches an area is a fault of ours; one about the disk, a lock or a lost
connection is `Unavailable`, and says whether anything may have changed.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from sealsvc.errors import Unavailable
from sealsvc.ports import DatabaseBusy, DatabaseLost, StorageFull
from sealsvc.storage.db import TurnTimeout

_SQLITE_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}
_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_LOST = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}
# PostgreSQL, appendix A: too many connections, rolled back for a conflict, lock or time limit.
_POSTGRES_BUSY = ("53", "40", "55P03", "57014")
_POSTGRES_FULL = "53100"


@contextmanager
def database_errors(*, committing: bool = False) -> Iterator[None]:
    """Turn what the driver and the pool raise into StorageFull, DatabaseBusy or DatabaseLost.

    committing: a connection that goes now leaves the outcome unknown (transparency-log 11.4).
    Errors of another kind (constraints, syntax) pass unchanged.
    """
    try:
        yield
    except (PoolTimeout, TurnTimeout) as error:
        raise DatabaseBusy(reason="no turn or no connection in time") from error
    except DBAPIError as error:
        found = _translated(error, "unknown" if committing else "unchanged")
        if found is None:
            raise
        raise found from error


def _translated(error: DBAPIError, outcome: str) -> Unavailable | None:
    sqlite_code = getattr(error.orig, "sqlite_errorcode", None)
    if sqlite_code is not None:
        return _of_sqlite(sqlite_code & 0xFF, outcome)
    if isinstance(error, OperationalError | InterfaceError):
        return _of_postgres(getattr(error.orig, "sqlstate", None) or "", outcome)
    return None


def _of_sqlite(primary_code: int, outcome: str) -> Unavailable | None:
    if primary_code in _SQLITE_FULL:
        return StorageFull(reason="database")
    if primary_code in _SQLITE_BUSY:
        return DatabaseBusy(reason="locked")
    if primary_code in _SQLITE_LOST:
        return DatabaseLost(outcome=outcome)
    return None


def _of_postgres(sqlstate: str, outcome: str) -> Unavailable:
    if sqlstate == _POSTGRES_FULL:
        return StorageFull(reason="database")
    if sqlstate.startswith(_POSTGRES_BUSY):
        return DatabaseBusy(reason=sqlstate)
    return DatabaseLost(outcome=outcome)
