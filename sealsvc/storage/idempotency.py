"""Idempotency-Key bookkeeping that shares the unit of work's transaction.

The HTTP edge opens a scope around a request; a unit of work that commits facts inside it marks
the key's row in the same transaction. So after a crash the key tells whether its request took
effect, even if its answer was never stored. Source: api-conventions section 4.
"""

from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session

from sealsvc.storage.tables import IdempotencyRow


@dataclass(frozen=True)
class IdempotencyScope:
    """The running request's key. scope: client and route."""

    scope: str
    key: str


current_request: ContextVar[IdempotencyScope | None] = ContextVar("current_request", default=None)


def mark_committed(session: Session, fact_ids: list[str]) -> None:
    """Note on the running request's key that it has taken effect; nothing without a key."""
    running = current_request.get()
    if running is None or not fact_ids:
        return
    session.execute(
        update(IdempotencyRow)
        .where(IdempotencyRow.scope == running.scope, IdempotencyRow.key == running.key)  # type: ignore[arg-type]
        .values(committed=",".join(fact_ids)[:200])
    )
