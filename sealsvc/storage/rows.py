"""Many rows in one statement, past the ORM's and the types' work for each of them.

Rows of tables with the mixin `Logged` are reported to the unit of work as its guard would do.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Engine
from sqlmodel import Session, SQLModel

from sealsvc.storage.db import UtcDateTime, is_sqlite
from sealsvc.storage.marks import note_touched
from sealsvc.storage.tables import LOGGED
from sealsvc.values import Subject

Cell = str | bytes | int | float | bool | datetime | None


def insert_rows(
    session: Session,
    table: type[SQLModel],
    columns: tuple[str, ...],
    rows: Sequence[tuple[Cell, ...]],
) -> None:
    """Insert rows whose cells stand in the order of `columns`; datetimes by `cell_of`.

    Raises: UnloggedChange.
    """
    if rows:
        connection, name = session.connection(), str(table.__tablename__)
        _note(connection, name, columns, rows)
        sql = _insert(name, columns, _holder(connection))
        connection.exec_driver_sql(sql, list(rows))


def update_rows(
    session: Session,
    table: type[SQLModel],
    columns: tuple[str, ...],
    key: tuple[str, ...],
    rows: Sequence[tuple[Cell, ...]],
) -> None:
    """Set `columns` of the row that `key` finds; cells of both in this order, as in `insert_rows`.

    Raises: UnloggedChange.
    """
    if rows:
        connection, name = session.connection(), str(table.__tablename__)
        _note(connection, name, key, [row[len(columns) :] for row in rows])
        sql = _update(name, columns, key, _holder(connection))
        connection.exec_driver_sql(sql, list(rows))


def delete_rows(
    session: Session, table: type[SQLModel], column: str, cells: Iterable[Cell]
) -> None:
    """Delete the rows with one of these values in a column; only of tables without `Logged`."""
    name = str(table.__tablename__)
    assert name not in LOGGED
    if rows := [(cell,) for cell in cells]:
        connection = session.connection()
        connection.exec_driver_sql(_delete(name, column, _holder(connection)), rows)


def cell_of(session: Session, at: datetime) -> Cell:
    """An aware instant as the driver takes it, in the form that the column type writes."""
    engine: Engine = session.connection().engine
    if not is_sqlite(engine):
        return at
    bind = UtcDateTime().dialect_impl(engine.dialect).bind_processor(engine.dialect)
    assert bind is not None
    written: str = bind(at)
    return written


def _note(
    connection: Connection, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]
) -> None:
    """Tell whose rows are touched; columns: of these cells, the subject's among them."""
    if table in LOGGED:
        kind, column = LOGGED[table]
        at = columns.index(column)
        touched = {Subject(kind, str(row[at])) for row in rows}
        note_touched(connection.get_execution_options(), touched)


def _holder(connection: Connection) -> str:
    return "?" if is_sqlite(connection.engine) else "%s"


# The names below are those of our own tables and columns.


@lru_cache(maxsize=64)
def _insert(table: str, columns: tuple[str, ...], holder: str) -> str:
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608
        f"VALUES ({', '.join([holder] * len(columns))})"
    )


@lru_cache(maxsize=64)
def _update(table: str, columns: tuple[str, ...], key: tuple[str, ...], holder: str) -> str:
    changes = ", ".join(f"{column} = {holder}" for column in columns)
    found = " AND ".join(f"{column} = {holder}" for column in key)
    return f"UPDATE {table} SET {changes} WHERE {found}"  # noqa: S608


@lru_cache(maxsize=64)
def _delete(table: str, column: str, holder: str) -> str:
    return f"DELETE FROM {table} WHERE {column} = {holder}"  # noqa: S608
