"""Idempotency-Key bookkeeping that shares the unit of work's transaction.

The HTTP edge opens a scope around a request; a unit of work that commits facts inside it marks
the key's row in the same transaction. So after a crash the key tells whether its request took
effect, even if its answer was never stored. Source: api-conventions section 4.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, func, literal, update
from sqlmodel import Session

from sealsvc.errors import Conflict
from sealsvc.storage.tables import IdempotencyRow

COMMITTED_LENGTH = 2_000


class RequestOvertaken(Conflict):
    """The request ran past its key's lease and another one with the same key took over.

    This one changes nothing any more, so that no effect happens twice.
    """

    code = "REQUEST_OVERTAKEN"


@dataclass(frozen=True)
class IdempotencyScope:
    """The running request's key. scope: client and route; started_at: names the claim."""

    scope: str
    key: str
    started_at: datetime


current_request: ContextVar[IdempotencyScope | None] = ContextVar("current_request", default=None)


def mark_committed(session: Session, fact_ids: list[str]) -> None:
    """Note on the running request's key that it takes effect; nothing without a key.

    The ids of several units of one request stand one behind the other.
    Raises: RequestOvertaken when the claim is no longer this request's.
    """
    running = current_request.get()
    if running is None or not fact_ids:
        return
    columns = IdempotencyRow.__table__.c  # type: ignore[attr-defined]
    before = func.coalesce(columns.committed + ",", literal("", String))
    ids = func.substr(before + ",".join(fact_ids), 1, COMMITTED_LENGTH)
    marked = session.execute(
        update(IdempotencyRow)
        .where(
            columns.scope == running.scope,
            columns.key == running.key,
            columns.started_at == running.started_at,
            columns.status.is_(None),
        )
        .values(committed=ids)
    )
    if getattr(marked, "rowcount", 0) != 1:
        raise RequestOvertaken()
