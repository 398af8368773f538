"""What the storage tests share: facts without a state change, and the log as plain lists."""

from sqlalchemy import func, select
from sqlmodel import Session

from sealsvc.storage.logbook import Head, Logbook
from sealsvc.storage.tables import FactRow, LogEntryRow, LogQueueRow
from sealsvc.storage.tiledata import tile_reader
from sealsvc.storage.uow import Store
from sealsvc.tlog.tilerows import TileNodes
from sealsvc.tlog.tree import consistency_path, verify_consistency
from sealsvc.values import Fact, FactId


def plain(number: int = 0) -> Fact:
    return Fact("thing.made", (), public={"n": number})


def write_facts(store: Store, count: int) -> list[FactId]:
    with store.write() as tx:
        made = [tx.record(plain(number)) for number in range(count)]
        tx.commit()
    return made


def counts(store: Store) -> tuple[int, int]:
    with store.read() as session:
        facts = session.scalar(select(func.count()).select_from(FactRow))
        queued = session.scalar(select(func.count()).select_from(LogQueueRow))
    return facts or 0, queued or 0


def write_all(store: Store, facts: list[Fact]) -> None:
    with store.write() as tx:
        for fact in facts:
            tx.record(fact)
        tx.commit()


def write_for_ever(store: Store, logbook: Logbook) -> None:
    while True:
        write_facts(store, 100)
        logbook.sequence()


def logged(store: Store) -> list[str]:
    """Fact ids in order of index; fails on a gap."""
    entry, fact = LogEntryRow.__table__.c, FactRow.__table__.c  # type: ignore[attr-defined]
    query = select(entry.idx, fact.fact_id).join_from(LogEntryRow, FactRow, entry.seq == fact.seq)
    with store.read() as session:
        rows = session.execute(query.order_by(entry.idx)).all()
    assert [row.idx for row in rows] == list(range(len(rows)))
    return [row.fact_id for row in rows]


def prove_growth(session: Session, old: Head, new: Head) -> None:
    assert old.size <= new.size
    if not old.size:
        return
    nodes = TileNodes(new.size, tile_reader(session))
    path = consistency_path(old.size, new.size, nodes)
    verify_consistency(old.size, new.size, old.root, new.root, path)
