"""No change without its fact, no commit outside of the unit of work (ARCHITECTURE section 7.3)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, text, update
from sqlalchemy.exc import InternalError
from sqlmodel import Session

from sealsvc.areas.certs.tables import CertificateRow
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.tables import SealEventRow, SealRow
from sealsvc.storage.rows import cell_of, delete_rows, insert_rows, update_rows
from sealsvc.storage.uow import StrayCommit, UnitOfWork, UnloggedChange
from sealsvc.values import Fact, Subject, SubjectKind
from tests.areas.conftest import SettableClock
from tests.areas.seals.world import World, facts

SEAL = SealRow.__table__  # type: ignore[attr-defined]
EVENT = SealEventRow.__table__  # type: ignore[attr-defined]


@pytest.fixture
def world(make_deps: Callable[..., Deps], clock: SettableClock) -> World:
    return World(make_deps(imprint_dpi=100), clock).open()


def about(seal_id: str) -> Fact:
    return Fact("test.happened", (Subject(SubjectKind.SEAL, seal_id),))


def _orm(tx: UnitOfWork, seal_id: str) -> None:
    repo.get_for_update(tx.session, seal_id).name = "changed"


def _core(tx: UnitOfWork, seal_id: str) -> None:
    tx.session.execute(update(SEAL).where(SEAL.c.id == seal_id).values(name="changed"))


def _bulk(tx: UnitOfWork, seal_id: str) -> None:
    tx.session.execute(update(SEAL).values(name="changed"))


def _by_other_column(tx: UnitOfWork, seal_id: str) -> None:
    tx.session.execute(update(SEAL).where(SEAL.c.status == "APPLIED").values(name="changed"))


def _either(tx: UnitOfWork, seal_id: str) -> None:
    where = (SEAL.c.id == seal_id) | (SEAL.c.name != "")
    tx.session.execute(update(SEAL).where(where).values(name="changed"))


def _delete_event(tx: UnitOfWork, seal_id: str) -> None:
    tx.session.execute(delete(EVENT).where(EVENT.c.seal_id == seal_id))


def _insert_event(tx: UnitOfWork, seal_id: str) -> None:
    row = SealEventRow(
        seal_id=seal_id,
        action="REVOKE",
        status="REVOKED",
        recorded_at=tx.now,
        effective_from=tx.now,
        fact_id="evt_x",
        by="cli_x",
    )
    tx.session.add(row)


def _insert_from_select(tx: UnitOfWork, seal_id: str) -> None:
    names = ["seal_id", "action", "status", "recorded_at", "effective_from", "fact_id", "by"]
    source = select(*(EVENT.c[name] for name in names)).where(EVENT.c.seal_id == seal_id)
    tx.session.execute(insert(EVENT).from_select(names, source))


def _inside_a_cte(tx: UnitOfWork, seal_id: str) -> None:
    if tx.session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite knows no DML inside a CTE")
    changed = update(SEAL).where(SEAL.c.id == seal_id).values(name="x").returning(SEAL.c.id)
    tx.session.execute(select(changed.cte().c.id))


def _plain_rows_changed(tx: UnitOfWork, seal_id: str) -> None:
    update_rows(tx.session, SealRow, ("name",), ("id",), [("changed", seal_id)])


def _plain_rows_added(tx: UnitOfWork, seal_id: str) -> None:
    now = cell_of(tx.session, tx.now)
    row = (seal_id, "REVOKE", "REVOKED", now, now, "evt_x", "cli_x")
    names = ("seal_id", "action", "status", "recorded_at", "effective_from", "fact_id", "by")
    insert_rows(tx.session, SealEventRow, names, [row])


WAYS = (
    _orm,
    _core,
    _bulk,
    _by_other_column,
    _either,
    _delete_event,
    _insert_event,
    _insert_from_select,
    _inside_a_cte,
    _plain_rows_changed,
    _plain_rows_added,
)


@pytest.mark.parametrize("way", WAYS)
def test_change_without_a_fact(world: World, way: Callable[[UnitOfWork, str], None]) -> None:
    seal = world.applied()
    before, log = world.get(seal), len(facts(world.deps))
    with world.deps.write() as tx:
        way(tx, seal.seal_id)
        with pytest.raises(UnloggedChange):
            tx.commit()
    assert world.get(seal) == before
    assert len(facts(world.deps)) == log


@pytest.mark.parametrize("way", WAYS)
def test_change_with_a_fact_about_another_seal(
    world: World,
    way: Callable[[UnitOfWork, str], None],
) -> None:
    seal, other = world.applied(), world.applied()
    before = world.get(seal)
    with world.deps.write() as tx:
        way(tx, seal.seal_id)
        tx.record(about(other.seal_id))
        with pytest.raises(UnloggedChange):
            tx.commit()
    assert world.get(seal) == before


@pytest.mark.parametrize(
    "way", [_orm, _core, _insert_event, _plain_rows_changed, _plain_rows_added]
)
def test_change_with_its_fact(world: World, way: Callable[[UnitOfWork, str], None]) -> None:
    seal = world.applied()
    with world.deps.write() as tx:
        way(tx, seal.seal_id)
        tx.record(about(seal.seal_id))
        tx.commit()
    assert world.facts(seal, "")[-1].type == "test.happened"


def test_two_rows_need_two_names(world: World) -> None:
    one, two = world.applied(), world.applied()
    with world.deps.write() as tx:
        _orm(tx, one.seal_id)
        _orm(tx, two.seal_id)
        tx.record(about(one.seal_id))
        with pytest.raises(UnloggedChange):
            tx.commit()
    assert world.get(two) == two


def test_plain_rows_need_a_unit_and_their_subject(world: World) -> None:
    seal = world.applied()
    change = ("name",), ("id",), [("changed", seal.seal_id)]
    with world.deps.read() as session, pytest.raises(UnloggedChange):
        update_rows(session, SealRow, *change)
    with world.deps.write() as tx, pytest.raises(ValueError, match="not in tuple"):
        update_rows(tx.session, SealRow, ("name",), ("status",), [("changed", "APPLIED")])
    with world.deps.write() as tx, pytest.raises(ValueError, match="not in tuple"):
        insert_rows(tx.session, SealEventRow, ("action",), [("REVOKE",)])
    with world.deps.write() as tx, pytest.raises(AssertionError):
        delete_rows(tx.session, SealRow, "id", [seal.seal_id])
    assert world.get(seal) == seal


@pytest.mark.parametrize("row", [SealEventRow, CertificateRow])
def test_bulk_delete(world: World, row: type) -> None:
    seal = world.active()
    with world.deps.write() as tx:
        tx.session.execute(delete(row))
        tx.record(about(seal.seal_id))
        with pytest.raises(UnloggedChange):
            tx.commit()
    assert world.get(seal).status == "ACTIVE"


def test_stray_commit_of_the_session(world: World) -> None:
    seal = world.applied()
    with world.deps.write() as tx:
        _orm(tx, seal.seal_id)
        tx.record(about(seal.seal_id))
        with pytest.raises(StrayCommit):
            tx.session.commit()
    assert world.get(seal) == seal


def test_stray_commit_in_a_reading_session(world: World) -> None:
    seal = world.applied()
    with world.deps.read() as session:
        repo.get_seal(session, seal.seal_id).name = "changed"
        with pytest.raises(UnloggedChange):
            session.flush()

    def write_behind_our_back() -> None:
        with world.deps.read() as session:
            session.execute(text("UPDATE seal SET name = 'changed'"))
            session.commit()

    with pytest.raises((StrayCommit, InternalError)):  # PostgreSQL refuses the statement itself
        write_behind_our_back()
    assert world.get(seal) == seal


def test_stray_commit_on_the_engine(world: World, engine: Engine) -> None:
    seal = world.applied()
    with engine.connect() as connection:
        connection.execute(text("UPDATE seal SET name = 'changed'"))
        with pytest.raises(StrayCommit):
            connection.commit()
    with pytest.raises(StrayCommit), engine.begin() as connection:
        connection.execute(text("UPDATE seal SET name = 'changed'"))
    with Session(engine) as session:
        session.add(SealRow(**{**vars_of(world, seal.seal_id), "id": "seal_new"}))
        with pytest.raises(UnloggedChange):
            session.commit()
    assert world.get(seal) == seal


def vars_of(world: World, seal_id: str) -> dict[str, Any]:
    with world.deps.read() as session:
        return repo.get_seal(session, seal_id).model_dump()


def test_leaving_without_commit_changes_nothing(world: World) -> None:
    seal = world.applied()
    log = len(facts(world.deps))
    with world.deps.write() as tx:
        _orm(tx, seal.seal_id)
        tx.record(about(seal.seal_id))
    assert world.get(seal) == seal
    assert len(facts(world.deps)) == log


def test_error_inside_rolls_back(world: World) -> None:
    seal = world.applied()

    def fails_halfway() -> None:
        with world.deps.write() as tx:
            _orm(tx, seal.seal_id)
            tx.record(about(seal.seal_id))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails_halfway()
    assert world.get(seal) == seal


def test_reading_goes_on_beside_a_writer(world: World) -> None:
    seal = world.applied()
    with world.deps.write() as tx:
        _orm(tx, seal.seal_id)
        tx.session.flush()
        assert world.get(seal) == seal
        tx.record(about(seal.seal_id))
        tx.commit()
    assert world.get(seal).name == "changed"


def test_one_instant_a_unit(world: World) -> None:
    with world.deps.write() as tx:
        start = tx.now
        world.clock.forward(seconds=5)
        assert tx.now == start == world.clock.now() - timedelta(seconds=5)
