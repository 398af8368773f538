"""One unit of work is one transaction: all of it, or nothing (ARCHITECTURE section 7)."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.dialects import sqlite

from sealsvc.errors import Unavailable
from sealsvc.ports import DatabaseBusy, DatabaseLost, StorageFull
from sealsvc.storage import db, uow
from sealsvc.storage.db import UtcDateTime, make_engine
from sealsvc.storage.idempotency import IdempotencyScope, current_request
from sealsvc.storage.logbook import Logbook
from sealsvc.storage.tables import FactRow, IdempotencyRow, LogQueueRow
from sealsvc.storage.uow import NestedUnit, SavepointRefused, Store, StrayCommit, UnitOver
from sealsvc.tlog.leaf import LeafMalformed, LeafTooLarge
from sealsvc.values import Fact, Subject, SubjectKind
from tests.areas.conftest import ORIGIN, CountingRng, SettableClock
from tests.areas.storage.support import logged, plain, write_facts

pytestmark = pytest.mark.usefixtures("logbook")


def counts(store: Store) -> tuple[int, int]:
    with store.read() as session:
        facts = session.scalar(select(func.count()).select_from(FactRow))
        queued = session.scalar(select(func.count()).select_from(LogQueueRow))
    return facts or 0, queued or 0


def write_and_fail(store: Store, *, commit: bool) -> None:
    with store.write() as tx:
        tx.record(plain())
        if commit:
            tx.commit()
        raise KeyError


def write_all(store: Store, facts: list[Fact]) -> None:
    with store.write() as tx:
        for fact in facts:
            tx.record(fact)
        tx.commit()


def write_for_ever(store: Store, logbook: Logbook) -> None:
    while True:
        write_facts(store, 100)
        logbook.sequence()


def test_record_only_unit(store: Store, logbook: Logbook) -> None:
    made = write_facts(store, 3)
    assert counts(store) == (4, 3)
    assert logbook.sequence() == 3
    assert logged(store)[1:] == made


def test_leaving_without_commit_leaves_nothing(store: Store) -> None:
    with store.write() as tx:
        tx.record(plain())
    assert counts(store) == (1, 0)


def test_error_inside_leaves_nothing(store: Store) -> None:
    with pytest.raises(KeyError):
        write_and_fail(store, commit=False)
    assert counts(store) == (1, 0)
    assert write_facts(store, 1)


def test_error_after_commit_takes_nothing_back(store: Store) -> None:
    woken: list[int] = []
    store.on_commit(lambda: woken.append(1))
    with pytest.raises(KeyError):
        write_and_fail(store, commit=True)
    assert counts(store) == (2, 1)
    assert woken == [1]


@pytest.mark.parametrize(
    "fact",
    [
        Fact("not past tense", ()),
        Fact("thing.made", (), public={"ü": 1}),
        Fact("thing.made", (), public={"n": 2**53}),
        Fact("thing.made", (), public={"n": None}),
        Fact("thing.made", (), public={"t": "x" * 9_000}),
        Fact("thing.made", (), payload={"t": "x" * 25_000}),
    ],
)
def test_fact_that_is_no_leaf_leaves_nothing(store: Store, fact: Fact) -> None:
    with pytest.raises((LeafMalformed, LeafTooLarge)):
        write_all(store, [plain(), fact])
    assert counts(store) == (1, 0)


def test_commit_twice(store: Store) -> None:
    with store.write() as tx:
        tx.record(plain())
        tx.commit()
        with pytest.raises(UnitOver):
            tx.commit()
        with pytest.raises(UnitOver):
            tx.record(plain())
    assert counts(store) == (2, 1)


def test_commit_after_a_rollback(store: Store) -> None:
    # Else the fact would be logged without the change that was rolled back.
    with store.write() as tx:
        tx.record(plain())
        tx.session.rollback()
        with pytest.raises(UnitOver):
            tx.commit()
    assert counts(store) == (1, 0)


def test_stray_commits_are_refused_and_hold_no_lock(store: Store) -> None:
    with store.write() as tx:
        tx.record(plain())
        with pytest.raises(StrayCommit):
            tx.session.commit()
    with store.write() as tx:
        tx.record(plain())
        tx.commit()
        tx.session.execute(text("UPDATE fact SET type = 'x'"))
        with pytest.raises(StrayCommit):
            tx.session.commit()
    with store.read() as session:
        session.execute(select(FactRow)).all()
        with pytest.raises(StrayCommit):
            session.commit()
    assert write_facts(store, 1)
    with store.read() as session:
        assert session.scalar(select(func.count()).where(FactRow.type == "x")) == 0  # type: ignore[arg-type]


def test_savepoint_is_refused(store: Store) -> None:
    with store.write() as tx:
        tx.session.begin_nested()
        with pytest.raises(SavepointRefused):
            tx.session.execute(select(FactRow))
    assert write_facts(store, 1)


def test_nested_unit_raises_instead_of_waiting_for_itself(store: Store) -> None:
    with store.write() as tx:
        tx.record(plain())
        with pytest.raises(NestedUnit), store.write():
            pass
        with store.read() as session:  # a look is allowed, and sees what is committed
            assert session.scalar(select(func.count()).select_from(FactRow)) == 1
        tx.commit()
    assert counts(store) == (2, 1)


def test_read_sees_one_snapshot(store: Store) -> None:
    with store.read() as session:
        before = session.scalar(select(func.count()).select_from(FactRow))
        writer = threading.Thread(target=write_facts, args=(store, 2))
        writer.start()
        writer.join()
        assert session.scalar(select(func.count()).select_from(FactRow)) == before


def test_now_is_taken_after_the_turn(store: Store, clock: SettableClock) -> None:
    with store.write() as tx:
        assert tx.now == clock.at
        clock.forward(seconds=5)
        assert tx.now == clock.at - timedelta(seconds=5)
        tx.record(plain())
        tx.commit()
        began = tx.now
    with store.read() as session:
        assert max(session.scalars(select(FactRow.at))) == began  # type: ignore[call-overload]


def test_wake_up_may_fail(store: Store) -> None:
    def fail() -> None:
        raise RuntimeError("nobody there")

    store.on_commit(fail)
    assert len(write_facts(store, 2)) == 2
    assert counts(store) == (3, 2)


def test_wake_up_comes_after_the_turn_and_only_for_facts(store: Store, logbook: Logbook) -> None:
    store.on_commit(lambda: woken.append(logbook.sequence()))
    woken: list[int] = []
    write_facts(store, 2)
    with store.write() as tx:
        tx.commit()
    with store.write() as tx:
        tx.record(plain())
    assert woken == [2]


def add_key(store: Store, clock: SettableClock, key: str) -> None:
    with store.write() as tx:
        tx.session.add(
            IdempotencyRow(scope="s", key=key, fingerprint="f" * 64, started_at=clock.at)
        )
        tx.commit()


def noted(store: Store, key: str) -> str | None:
    with store.read() as session:
        row = session.get(IdempotencyRow, ("s", key))
        assert row is not None
        return row.committed


def test_idempotency_key_is_marked_in_the_same_transaction(
    store: Store, clock: SettableClock
) -> None:
    for key in ("a", "b"):
        add_key(store, clock, key)
    token = current_request.set(IdempotencyScope("s", "a"))
    try:
        with store.write() as tx:
            tx.record(plain())
        assert noted(store, "a") is None
        with store.write() as tx:
            tx.commit()
        assert noted(store, "a") is None
        made = write_facts(store, 2)
    finally:
        current_request.reset(token)
    assert noted(store, "a") == ",".join(made)
    assert noted(store, "b") is None


def test_subject_twice_is_indexed_once(store: Store) -> None:
    subject = Subject(SubjectKind.SEAL, "seal_a")
    with store.write() as tx:
        tx.record(Fact("thing.made", (subject, replace(subject))))
        tx.commit()
    with store.read() as session:
        assert session.scalar(text("SELECT count(*) FROM fact_subject")) == 1


# -- a database that cannot --------------------------------------------------------------------


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


def test_naive_time_is_refused() -> None:
    dialect = sqlite.dialect()
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(SettableClock().at.replace(tzinfo=None), dialect)
    assert UtcDateTime().process_bind_param(None, dialect) is None
    assert UtcDateTime().process_result_value(None, dialect) is None
