"""Which migration a database was brought to, and which one this program's tables are."""

from sqlalchemy import ColumnClause, Engine, String, column, inspect, select, table

REVISION = "0005"
"""The newest migration; a later one is a greater string."""


def revision_of(engine: Engine) -> str | None:
    """The migration that a database was last brought to; None where there was none."""
    if not inspect(engine).has_table("alembic_version"):
        return None
    version: ColumnClause[str] = column("version_num", String)
    with engine.connect() as connection:
        return connection.scalar(select(version).select_from(table("alembic_version")))
