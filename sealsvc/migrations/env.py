"""Alembic environment: one schema for both databases.

The connection comes from the caller (`sealsvc.cli`) in `config.attributes`, else from the
settings, so that `alembic revision --autogenerate` works for a developer.
"""

from typing import Literal

from alembic import context
from sqlalchemy import Connection

from sealsvc.migrations.schema import complete_metadata
from sealsvc.settings import Settings
from sealsvc.storage.db import MIGRATING, UtcDateTime, make_engine


def _render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A migration speaks of the column type, not of our decorator around it."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=complete_metadata(),
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=_render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


def _main() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run(connection)
        return
    engine = make_engine(Settings().effective_database_url)
    with engine.connect().execution_options(**{MIGRATING: True}) as own:
        _run(own)
        own.commit()


_main()
