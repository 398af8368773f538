"""The migrations make exactly the schema that the tables describe, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from sealsvc.initialise import migrate
from sealsvc.migrations.schema import complete_metadata
from sealsvc.storage.db import MIGRATING


def test_a_migrated_database_has_the_schema_of_the_tables(engine: Engine) -> None:
    metadata = complete_metadata()
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        metadata.drop_all(connection)
        connection.commit()
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        complete_metadata().drop_all(connection)
        connection.commit()
    migrate(engine)
    migrate(engine)
