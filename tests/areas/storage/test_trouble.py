"""A full disk, a locked database, a lost connection: `Unavailable`, and nothing is torn."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import Engine, event, text

from sealsvc.errors import Unavailable
from sealsvc.ports import DatabaseBusy, DatabaseLost, StorageFull
from sealsvc.storage import db, uow
from sealsvc.storage.db import make_engine
from sealsvc.storage.logbook import Logbook
from sealsvc.storage.uow import Store
from sealsvc.values import Fact
from tests.areas.conftest import ORIGIN, CountingRng, SettableClock
from tests.areas.storage.support import (
    counts,
    logged,
    plain,
    write_all,
    write_facts,
    write_for_ever,
)

pytestmark = pytest.mark.usefixtures("logbook")


@contextmanager
def _full(engine: Engine) -> Iterator[None]:
    """A SQLite file that may not grow."""

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    def unlimit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1000000")

    event.listen(engine, "checkout", limit)
    yield
    event.remove(engine, "checkout", limit)
    event.listen(engine, "checkout", unlimit)


def test_full_disk_changes_nothing_and_passes(store: Store, logbook: Logbook) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("the full disk is simulated by a pragma of SQLite")
    before = counts(store)
    queued = write_facts(store, 40)
    with _full(store.engine):
        with pytest.raises(StorageFull):
            write_all(store, [Fact("thing.made", (), payload={"t": "x" * 20_000})] * 50)
        with pytest.raises(StorageFull):
            write_for_ever(store, logbook)
    facts, _ = counts(store)
    assert logbook.sequence() >= 0
    assert counts(store) == (facts, 0)
    assert facts >= before[0] + len(queued)
    assert len(logged(store)) == facts
    logbook.check()
    write_facts(store, 100)
    assert logbook.sequence() == 100


def test_locked_by_a_foreign_process(
    store: Store, clock: SettableClock, rng: CountingRng, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no lock on the whole database")
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 60)
    engine = make_engine(str(store.engine.url))
    impatient = Store(engine, clock=clock, rng=rng, origin=ORIGIN)
    with closing(sqlite3.connect(str(store.engine.url.database))) as foreign:
        foreign.isolation_level = None
        foreign.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy):
            write_facts(impatient, 1)
        assert counts(impatient) == (1, 0)  # who only looks is not disturbed
        foreign.execute("ROLLBACK")
    assert write_facts(impatient, 1)
    engine.dispose()


def test_turn_that_does_not_come(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("nobody waits for a turn on PostgreSQL")
    monkeypatch.setattr(uow, "BUSY_TIMEOUT_MS", 50)
    caught: list[Unavailable] = []

    def wait_in_vain() -> None:
        try:
            write_facts(store, 1)
        except Unavailable as error:
            caught.append(error)

    with store.write():
        thread = threading.Thread(target=wait_in_vain)
        thread.start()
        thread.join()
    assert [error.code for error in caught] == ["DATABASE_BUSY"]
    assert write_facts(store, 1)


def test_no_connection_left(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.engine.pool, "_timeout", 0.05)
    monkeypatch.setattr(store.engine.pool, "_max_overflow", 0)
    taken = [store.engine.connect() for _ in range(16)]
    try:
        with pytest.raises(DatabaseBusy), store.read():
            pass
    finally:
        for connection in taken:
            connection.close()
    assert counts(store) == (1, 0)


def test_database_that_is_not_there(clock: SettableClock, rng: CountingRng) -> None:
    for url in (
        "sqlite:////nowhere/at/all.db",
        "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1",
    ):
        engine = make_engine(url)
        gone = Store(engine, clock=clock, rng=rng, origin=ORIGIN)
        with pytest.raises(DatabaseLost, match="outcome=unchanged"):
            write_facts(gone, 1)
        with pytest.raises(DatabaseLost), gone.read():
            pass
        engine.dispose()


@pytest.mark.parametrize("took_effect", [False, True])
def test_commit_of_unknown_outcome(
    store: Store, logbook: Logbook, monkeypatch: pytest.MonkeyPatch, took_effect: bool
) -> None:
    dialect = store.engine.dialect
    commit = dialect.do_commit

    def lose(connection: object) -> None:
        if took_effect:
            commit(connection)  # type: ignore[arg-type]
        raise dialect.loaded_dbapi.OperationalError("the connection is gone")

    with monkeypatch.context() as patch:
        patch.setattr(dialect, "do_commit", lose)
        with pytest.raises(DatabaseLost, match="outcome=unknown"):
            write_facts(store, 1)
    assert counts(store)[1] == int(took_effect)
    write_facts(store, 1)
    with monkeypatch.context() as patch:
        patch.setattr(dialect, "do_commit", lose)
        with pytest.raises(DatabaseLost, match="outcome=unknown"):
            logbook.sequence()
    assert len(logged(store)) == (1, 3)[took_effect]
    logbook.check()  # heals the mark when the lost commit had taken effect
    logbook.sequence()
    assert counts(store) == (2 + took_effect, 0)
    assert len(logged(store)) == 2 + took_effect


def test_lost_postgres_connection(store: Store, logbook: Logbook) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no connection to lose")
    kill = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    with store.write() as tx:
        tx.record(plain())
        with store.engine.connect() as other:
            other.execute(kill)
        with pytest.raises(DatabaseLost):
            tx.commit()
    assert counts(store) == (1, 0)
    assert write_facts(store, 1)
    assert logbook.sequence() == 1
