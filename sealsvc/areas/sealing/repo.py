"""Every query on uses of seals."""

from datetime import datetime
from hashlib import sha256

from sqlmodel import Session, col, select

from sealsvc.areas.sealing.model import SealingNotFound, SealingStatus, SealingView
from sealsvc.areas.sealing.tables import SealUseRow
from sealsvc.values import Placement, SealId

STALE_LIMIT = 500


def add(session: Session, use: SealingView) -> None:
    """A new use of a seal."""
    place = use.placement
    session.add(
        SealUseRow(
            id=use.sealing_id,
            status=str(use.status),
            seal_id=use.seal_id,
            owner_uscc=use.owner_uscc,
            cert_serial=use.cert_serial,
            original_sha256=use.original_sha256,
            tbs_sha256=use.tbs_sha256,
            media_type=use.media_type,
            declaration=use.declaration,
            page=None if place is None else place.page,
            x_mm=None if place is None else place.x_mm,
            y_mm=None if place is None else place.y_mm,
            width_mm=None if place is None else place.width_mm,
            by=use.by,
            created_at=use.created_at,
            authorised_fact_id=use.authorised_fact_id,
        )
    )


def end(session: Session, use: SealingView) -> None:
    """Store how a use ended; what was authorised never changes. Raises: SealingNotFound."""
    row = _locked(session, use.sealing_id)
    row.status = str(use.status)
    row.signature_sha256 = use.signature_sha256
    row.sealed_sha256 = use.sealed_sha256
    row.completed_at = use.completed_at
    row.completed_fact_id = use.completed_fact_id
    row.abandoned_reason = use.abandoned_reason
    session.add(row)


def get(session: Session, sealing_id: str) -> SealingView:
    """One use. Raises: SealingNotFound."""
    row = session.get(SealUseRow, sealing_id)
    if row is None:
        raise SealingNotFound()
    return _view(row)


def find_completed(session: Session, seal_id: str, original: bytes) -> str | None:
    """Hex SHA-256 of the first file that this seal made of exactly these bytes."""
    query = select(SealUseRow.sealed_sha256).where(
        SealUseRow.seal_id == seal_id,
        SealUseRow.original_sha256 == sha256(original).hexdigest(),
        SealUseRow.status == str(SealingStatus.COMPLETED),
    )
    oldest = (col(SealUseRow.completed_at), col(SealUseRow.id))
    return session.exec(query.order_by(*oldest).limit(1)).first()


def get_for_update(session: Session, sealing_id: str) -> SealingView:
    """One use, locked until the transaction ends. Raises: SealingNotFound."""
    return _view(_locked(session, sealing_id))


def stale_intents(session: Session, before: datetime) -> list[SealingView]:
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
    return [_view(row) for row in session.exec(query).all()]


def _locked(session: Session, sealing_id: str) -> SealUseRow:
    query = select(SealUseRow).where(SealUseRow.id == sealing_id).with_for_update()
    row = session.exec(query).one_or_none()
    if row is None:
        raise SealingNotFound()
    return row


def _view(row: SealUseRow) -> SealingView:
    plain = row.model_dump(exclude={"id", "page", "x_mm", "y_mm", "width_mm"})
    plain |= {
        "sealing_id": row.id,
        "seal_id": SealId(row.seal_id),
        "status": SealingStatus(row.status),
        "placement": _placement(row),
    }
    return SealingView(**plain)


def _placement(row: SealUseRow) -> Placement | None:
    if row.page is None:
        return None
    assert row.x_mm is not None
    assert row.y_mm is not None
    assert row.width_mm is not None
    return Placement(row.page, row.x_mm, row.y_mm, row.width_mm)
