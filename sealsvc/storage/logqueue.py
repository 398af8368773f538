"""The queue of committed facts that wait for an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import select, update
from sqlmodel import Session

from sealsvc.storage.logsql import OLDEST
from sealsvc.storage.rows import delete_rows
from sealsvc.storage.tables import FactRow, LogQueueRow

BATCH_BYTES = 4 * 1024 * 1024
FETCHED = 256


@dataclass(frozen=True)
class QueuedFact:
    """One queued fact. entry: the exact leaf bytes."""

    seq: int
    entry: bytes


def next_batch(session: Session, rows: int) -> tuple[list[QueuedFact], bool]:
    """The oldest committed facts, at most `rows` and 4 MiB of entries, in order of insertion.

    Also whether the limits may have left facts behind.
    """
    batch: list[QueuedFact] = []
    size = 0
    found = session.connection().execute(OLDEST, {"rows": rows})
    for seq, entry in chain.from_iterable(found.partitions(FETCHED)):
        size += len(entry)
        if batch and size > BATCH_BYTES:
            return batch, True
        batch.append(QueuedFact(seq, bytes(entry)))
    return batch, len(batch) == rows


def forget(session: Session, batch: Sequence[QueuedFact]) -> None:
    """Take facts that have got their index out of the queue."""
    delete_rows(session, LogQueueRow, "seq", (item.seq for item in batch))


def oldest_queued_at(session: Session) -> datetime | None:
    """When the fact that waits longest was committed; None when none waits."""
    queue = LogQueueRow.__table__.c  # type: ignore[attr-defined]
    query = select(queue.queued_at).where(queue.parked.is_(False)).order_by(queue.seq)
    found: datetime | None = session.scalar(query.limit(1))
    return found


def park(session: Session, seq: int) -> str:
    """Take a fact that cannot be sequenced out of the way; it stays for an operator. Its id."""
    queue = LogQueueRow.__table__.c  # type: ignore[attr-defined]
    fact = FactRow.__table__.c  # type: ignore[attr-defined]
    session.execute(update(LogQueueRow).where(queue.seq == seq).values(parked=True))
    fact_id: str = session.scalars(select(fact.fact_id).where(fact.seq == seq)).one()
    return fact_id
