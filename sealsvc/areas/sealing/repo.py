"""Every query on uses of seals."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from sealsvc.areas.sealing.model import SealingNotFound, SealingStatus, SealingView
from sealsvc.areas.sealing.tables import SealUseRow
from sealsvc.values import Placement, SealId

STALE_LIMIT = 500


def view(row: SealUseRow) -> SealingView:
    """The row as a frozen value."""
    plain = row.model_dump(exclude={"id", "page", "x_mm", "y_mm", "width_mm"})
    plain |= {
        "sealing_id": row.id,
        "seal_id": SealId(row.seal_id),
        "status": SealingStatus(row.status),
        "placement": _placement(row),
    }
    return SealingView(**plain)


def get(session: Session, sealing_id: str) -> SealUseRow:
    """The row. Raises: SealingNotFound."""
    row = session.get(SealUseRow, sealing_id)
    if row is None:
        raise SealingNotFound()
    return row


def get_for_update(session: Session, sealing_id: str) -> SealUseRow:
    """The row, locked until the transaction ends. Raises: SealingNotFound."""
    query = select(SealUseRow).where(SealUseRow.id == sealing_id).with_for_update()
    row = session.exec(query).one_or_none()
    if row is None:
        raise SealingNotFound()
    return row


def stale_intents(session: Session, before: datetime) -> Sequence[SealUseRow]:
    """Intents older than `before` that neither completed nor were abandoned, locked."""
    query = (
        select(SealUseRow)
        .where(
            SealUseRow.status == str(SealingStatus.AUTHORISED), col(SealUseRow.created_at) < before
        )
        .order_by(col(SealUseRow.id))
        .limit(STALE_LIMIT)
        .with_for_update()
    )
    return session.exec(query).all()


def _placement(row: SealUseRow) -> Placement | None:
    if row.page is None:
        return None
    assert row.x_mm is not None
    assert row.y_mm is not None
    assert row.width_mm is not None
    return Placement(row.page, row.x_mm, row.y_mm, row.width_mm)
