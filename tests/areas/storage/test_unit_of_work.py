"""One unit of work is one transaction: all of it, or nothing (ARCHITECTURE section 7)."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.dialects import sqlite

from sealsvc.storage.db import UtcDateTime
from sealsvc.storage.idempotency import IdempotencyScope, RequestOvertaken, current_request
from sealsvc.storage.logbook import Logbook
from sealsvc.storage.tables import FactRow, IdempotencyRow
from sealsvc.storage.uow import NestedUnit, SavepointRefused, Store, StrayCommit, UnitOver
from sealsvc.tlog.leaf import LeafMalformed, LeafTooLarge
from sealsvc.values import Fact, Subject, SubjectKind
from tests.areas.conftest import SettableClock
from tests.areas.storage.support import counts, logged, plain, write_all, write_facts

pytestmark = pytest.mark.usefixtures("logbook")


def write_and_fail(store: Store, *, commit: bool) -> None:
    with store.write() as tx:
        tx.record(plain())
        if commit:
            tx.commit()
        raise KeyError


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
    token = current_request.set(IdempotencyScope("s", "a", clock.at))
    try:
        with store.write() as tx:
            tx.record(plain())
        assert noted(store, "a") is None
        with store.write() as tx:
            tx.commit()
        assert noted(store, "a") is None
        made = write_facts(store, 2) + write_facts(store, 1)
    finally:
        current_request.reset(token)
    assert noted(store, "a") == ",".join(made)
    assert noted(store, "b") is None


def test_a_request_whose_claim_was_taken_over_changes_nothing(
    store: Store, clock: SettableClock
) -> None:
    add_key(store, clock, "a")
    earlier = clock.at - timedelta(seconds=200)
    before = facts_in(store)
    token = current_request.set(IdempotencyScope("s", "a", earlier))
    try:
        with pytest.raises(RequestOvertaken):
            write_facts(store, 1)
    finally:
        current_request.reset(token)
    assert facts_in(store) == before


def facts_in(store: Store) -> int:
    with store.read() as session:
        return int(session.scalar(text("SELECT count(*) FROM fact")))


def test_subject_twice_is_indexed_once(store: Store) -> None:
    subject = Subject(SubjectKind.SEAL, "seal_a")
    with store.write() as tx:
        tx.record(Fact("thing.made", (subject, replace(subject))))
        tx.commit()
    with store.read() as session:
        assert session.scalar(text("SELECT count(*) FROM fact_subject")) == 1


def test_naive_time_is_refused() -> None:
    dialect = sqlite.dialect()
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(SettableClock().at.replace(tzinfo=None), dialect)
    assert UtcDateTime().process_bind_param(None, dialect) is None
    assert UtcDateTime().process_result_value(None, dialect) is None
