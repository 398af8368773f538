"""The migrations make exactly the schema that the tables describe, on both databases."""

from collections.abc import Callable

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from sealsvc.initialise import migrate
from sealsvc.migrations.schema import complete_metadata
from sealsvc.storage.db import MIGRATING
from sealsvc.storage.factrows import read_subjects
from sealsvc.storage.logbook import Logbook
from sealsvc.storage.revision import REVISION
from sealsvc.storage.uow import Store
from sealsvc.values import Fact, Subject, SubjectKind
from tests.areas.storage.support import logged, write_facts


def _drop_all(engine: Engine) -> None:
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        complete_metadata().drop_all(connection)
        connection.commit()


def test_a_migrated_database_has_the_schema_of_the_tables(engine: Engine) -> None:
    _drop_all(engine)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, complete_metadata()) == []


def test_the_program_knows_its_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "sealsvc:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    _drop_all(engine)
    migrate(engine)
    migrate(engine)


def _rows(engine: Engine, table: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return sorted(
            tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        )


def test_a_log_lives_through_both_ways_of_its_numbers(
    engine: Engine, store: Store, logbook: Logbook
) -> None:
    write_facts(store, 300)
    logbook.sequence()
    with store.write() as tx:
        about = (
            Subject(SubjectKind.SEAL, 'a "quoted" 章'),
            Subject(SubjectKind.DOCUMENT, "ab" * 32),
        )
        tx.record(Fact("seal.tested", about))
        tx.record(Fact("seal.tested_alone", ()))
        tx.commit()
    tables = ("fact", "fact_subject", "log_queue", "log_entry")
    before = {table: _rows(engine, table) for table in tables}
    assert [len(before[table]) for table in tables] == [303, 2, 2, 301]
    _alembic(engine, command.stamp, "head")
    _alembic(engine, command.downgrade, "0004")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(fact_id) FROM fact_subject")) == 2
    migrate(engine)
    after = {table: _rows(engine, table) for table in tables}
    for table in tables[1:]:
        assert after[table] == before[table]
    assert [_read(row) for row in after["fact"]] == [_read(row) for row in before["fact"]]
    assert logbook.sequence() == 2
    write_facts(store, 3)
    assert logbook.sequence() == 3
    assert len(logged(store)) == 306
    logbook.check()


def _alembic(engine: Engine, act: Callable[[Config, str], None], revision: str) -> None:
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        config = Config()
        config.set_main_option("script_location", "sealsvc:migrations")
        config.attributes["connection"] = connection
        act(config, revision)
        connection.commit()


def _read(fact: tuple[object, ...]) -> tuple[object, ...]:
    """The database's JSON has other spaces, another order and no escapes."""
    seq, fact_id, kind, at, subjects, *rest = fact
    return (seq, fact_id, kind, at, read_subjects(str(subjects)), *rest)
