"""The queue of committed facts that wait for an index."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import Session

from sealsvc.storage.tables import FactRow, LogQueueRow

BATCH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class QueuedFact:
    """One queued fact. entry: the exact leaf bytes."""

    position: int
    fact_id: str
    entry: bytes


def next_batch(session: Session, rows: int) -> list[QueuedFact]:
    """The oldest committed facts, at most `rows` and 4 MiB of entries, in order of position."""
    queue = LogQueueRow.__table__.c  # type: ignore[attr-defined]
    fact = FactRow.__table__.c  # type: ignore[attr-defined]
    query = (
        select(queue.position, queue.fact_id, fact.entry)
        .join_from(LogQueueRow, FactRow, queue.fact_id == fact.fact_id)
        .where(queue.parked.is_(False))
        .order_by(queue.position)
        .limit(rows)
    )
    batch: list[QueuedFact] = []
    size = 0
    for position, fact_id, entry in session.execute(query):
        size += len(entry)
        if batch and size > BATCH_BYTES:
            break
        batch.append(QueuedFact(position, fact_id, bytes(entry)))
    return batch


def oldest_queued_at(session: Session) -> datetime | None:
    """When the fact that waits longest was committed; None when none waits."""
    queue = LogQueueRow.__table__.c  # type: ignore[attr-defined]
    query = select(queue.queued_at).where(queue.parked.is_(False)).order_by(queue.position)
    found: datetime | None = session.scalar(query.limit(1))
    return found


def park(session: Session, fact_id: str) -> None:
    """Take a fact that cannot be sequenced out of the way; it stays for an operator."""
    queue = LogQueueRow.__table__.c  # type: ignore[attr-defined]
    session.execute(update(LogQueueRow).where(queue.fact_id == fact_id).values(parked=True))
