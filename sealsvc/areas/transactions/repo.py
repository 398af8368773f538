"""Every query on attestations and on reports of transactions."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from sealsvc.areas.transactions.model.attestation import (
    AttestationNotFound,
    AttestationStatus,
    AttestationView,
    read_envelope,
    read_record,
)
from sealsvc.areas.transactions.model.verification import TransactionNotFound, TransactionView
from sealsvc.areas.transactions.tables import AttestationRow, TransactionRow

STALE_LIMIT = 500


def add_attestation(session: Session, view: AttestationView) -> None:
    """A new attestation, intended."""
    session.add(
        AttestationRow(
            id=view.attestation_id,
            kind=view.kind,
            operator_uscc=view.operator_uscc,
            number=view.number,
            status=str(view.status),
            record=view.record.to_json(),
            seal_id=view.seal_id,
            cert_serial=view.cert_serial,
            created_at=view.created_at,
            by=view.by,
            intended_fact_id=view.intended_fact_id,
        )
    )


def save_attestation(session: Session, view: AttestationView) -> None:
    """Store what became of an attestation; what it says never changes."""
    row = _locked(session, view.attestation_id)
    row.status = str(view.status)
    issued = view.status is AttestationStatus.ISSUED
    row.live_key = live_key(view.operator_uscc, view.kind, view.number) if issued else None
    row.envelope = None if view.envelope is None else view.envelope.to_json()
    row.issued_fact_id = view.issued_fact_id
    row.withdrawn_at = view.withdrawn_at
    row.withdraw_reason = view.withdraw_reason
    row.withdrawn_fact_id = view.withdrawn_fact_id
    session.add(row)
    session.flush()  # the key of one withdrawn in the same unit is free before the next takes it


def live_key(operator: str, kind: str, number: str) -> str:
    """What no two issued attestations share."""
    return f"{operator}:{kind}:{number}"


def is_live(session: Session, key: str) -> str | None:
    """Id of the issued attestation with that key."""
    return session.exec(
        select_rows(AttestationRow.id).where(AttestationRow.live_key == key)
    ).first()


def get_attestation(
    session: Session, attestation_id: str, *, lock: bool = False
) -> AttestationView:
    """One attestation. Raises: AttestationNotFound."""
    if lock:
        return _view(_locked(session, attestation_id))
    row = session.get(AttestationRow, attestation_id)
    if row is None:
        raise AttestationNotFound()
    return _view(row)


def find_attestation(session: Session, attestation_id: str) -> AttestationView | None:
    """One attestation, None where there is none of that id."""
    row = session.get(AttestationRow, attestation_id)
    return None if row is None else _view(row)


def stale_intents(session: Session, before: datetime) -> list[AttestationView]:
    """Intents older than `before` that never ended, locked."""
    query = (
        select_rows(AttestationRow)
        .where(
            AttestationRow.status == str(AttestationStatus.INTENDED),
            col(AttestationRow.created_at) < before,
        )
        .order_by(col(AttestationRow.id))
        .limit(STALE_LIMIT)
        .with_for_update()
    )
    return [_view(row) for row in session.exec(query).all()]


def add_report(session: Session, view: TransactionView) -> None:
    """Keep a report."""
    row = {
        "id": view.transaction_id,
        "summary": view.summary,
        "created_at": view.created_at,
        "expires_at": view.expires_at,
        "fact_id": view.fact_id,
        "deal_sha256": view.deal_sha256,
        "report": view.body,
    }
    session.execute(insert(TransactionRow), [row])


def get_report(session: Session, transaction_id: str) -> TransactionView:
    """A kept report. Raises: TransactionNotFound."""
    columns = TransactionRow.__table__.c  # type: ignore[attr-defined]
    query = select(*columns).where(columns.id == transaction_id)
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise TransactionNotFound()
    return TransactionView(
        transaction_id=row["id"],
        summary=row["summary"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        body=bytes(row["report"]),
        deal_sha256=row["deal_sha256"],
        fact_id=row["fact_id"],
    )


def delete_expired(session: Session, now: datetime, limit: int) -> int:
    """Delete the oldest expired reports that no fact names; how many."""
    columns = TransactionRow.__table__.c  # type: ignore[attr-defined]
    oldest = (
        select(columns.id)
        .where(columns.expires_at < now, columns.fact_id.is_(None))
        .order_by(columns.expires_at)
        .limit(limit)
    )
    ids = list(session.execute(oldest).scalars())
    if ids:
        session.execute(delete(TransactionRow).where(columns.id.in_(ids)))
    return len(ids)


def _locked(session: Session, attestation_id: str) -> AttestationRow:
    query = select_rows(AttestationRow).where(AttestationRow.id == attestation_id)
    row = session.exec(query.with_for_update()).one_or_none()
    if row is None:
        raise AttestationNotFound()
    return row


def _view(row: AttestationRow) -> AttestationView:
    return AttestationView(
        attestation_id=row.id,
        kind=row.kind,
        operator_uscc=row.operator_uscc,
        number=row.number,
        status=AttestationStatus(row.status),
        record=read_record(row.record),
        seal_id=row.seal_id,
        cert_serial=row.cert_serial,
        created_at=row.created_at,
        by=row.by,
        envelope=None if row.envelope is None else read_envelope(row.envelope),
        intended_fact_id=row.intended_fact_id,
        issued_fact_id=row.issued_fact_id,
        withdrawn_at=row.withdrawn_at,
        withdraw_reason=row.withdraw_reason,
        withdrawn_fact_id=row.withdrawn_fact_id,
    )
