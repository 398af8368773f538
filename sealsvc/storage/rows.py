"""Many plain rows in one statement, past the ORM's and the types' work for each of them.

Only for tables without the mixin `Logged`: the guard of the unit of work does not see these.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Engine
from sqlmodel import Session, SQLModel

from sealsvc.storage.db import UtcDateTime, is_sqlite
from sealsvc.storage.tables import LOGGED

Cell = str | bytes | int | bool | datetime | None


def insert_rows(
    session: Session,
    table: type[SQLModel],
    columns: tuple[str, ...],
    rows: Sequence[tuple[Cell, ...]],
) -> None:
    """Insert rows whose cells stand in the order of `columns`; datetimes by `cell_of`."""
    if rows:
        connection = session.connection()
        sql = _insert(str(table.__tablename__), columns, sqlite=is_sqlite(connection.engine))
        connection.exec_driver_sql(sql, list(rows))


def cell_of(session: Session, at: datetime) -> Cell:
    """An aware instant as the driver takes it, in the form that the column type writes."""
    engine: Engine = session.connection().engine
    if not is_sqlite(engine):
        return at
    bind = UtcDateTime().dialect_impl(engine.dialect).bind_processor(engine.dialect)
    assert bind is not None
    written: str = bind(at)
    return written


@lru_cache(maxsize=64)
def _insert(table: str, columns: tuple[str, ...], *, sqlite: bool) -> str:
    assert table not in LOGGED
    holder = "?" if sqlite else "%s"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 -- names of our own tables
        f"VALUES ({', '.join([holder] * len(columns))})"
    )
