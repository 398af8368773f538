"""Every query on verification reports. Written by Core, not as objects (ARCHITECTURE 7.9)."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlmodel import Session

from sealsvc.areas.verification.model import VerificationNotFound, VerificationView
from sealsvc.areas.verification.tables import VerificationRow

_ADDITION = insert(VerificationRow.__table__)  # type: ignore[attr-defined]


def add(session: Session, view: VerificationView) -> None:
    """Keep a report."""
    row = {
        "id": view.verification_id,
        "document_sha256": view.document_sha256,
        "summary": view.summary,
        "indication": view.indication,
        "created_at": view.created_at,
        "fact_id": view.fact_id,
        "evidence_sha256": view.evidence_sha256,
        "report": view.body,
    }
    session.connection().execute(_ADDITION, row)


def get(session: Session, verification_id: str) -> VerificationView:
    """A kept report. Raises: VerificationNotFound."""
    columns = VerificationRow.__table__.c  # type: ignore[attr-defined]
    query = select(*columns).where(columns.id == verification_id)
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise VerificationNotFound()
    return VerificationView(
        verification_id=row["id"],
        document_sha256=row["document_sha256"],
        summary=row["summary"],
        indication=row["indication"],
        created_at=row["created_at"],
        body=bytes(row["report"]),
        fact_id=row["fact_id"],
        evidence_sha256=row["evidence_sha256"],
    )


def delete_without_fact(session: Session, before: datetime, limit: int) -> int:
    """Delete the oldest reports made before a time that no fact names; how many."""
    columns = VerificationRow.__table__.c  # type: ignore[attr-defined]
    oldest = (
        select(columns.id)
        .where(columns.created_at < before, columns.fact_id.is_(None))
        .order_by(columns.created_at)
        .limit(limit)
    )
    ids = list(session.execute(oldest).scalars())
    if ids:
        session.execute(delete(VerificationRow).where(columns.id.in_(ids)))
    return len(ids)
