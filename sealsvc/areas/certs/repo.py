"""Every query on certificates, issuers and CRLs; the services know their rows from here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, exists, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from ca.crl import CrlEntry, RevocationReason
from sealsvc.areas.certs.model import (
    CertificateNotFound,
    CertificateStatus,
    CertificateView,
    Issuer,
    IssuerMissing,
    PkiObjectNotFound,
)
from sealsvc.areas.certs.tables import CertificateRow as CertificateRow
from sealsvc.areas.certs.tables import CrlRow as CrlRow
from sealsvc.areas.certs.tables import IssuerRow as IssuerRow
from sealsvc.values import KeyRef, SealId


def view(row: CertificateRow | Row[Any]) -> CertificateView:
    """The row as a frozen value."""
    return CertificateView(
        serial_hex=row.serial_hex,
        profile=row.profile,
        status=CertificateStatus(row.status),
        uscc=row.uscc,
        seal_id=None if row.seal_id is None else SealId(row.seal_id),
        key_ref=KeyRef(row.key_ref),
        suite=row.suite,
        not_before=row.not_before,
        not_after=row.not_after,
        der=row.der,
        revoked_at=row.revoked_at,
        reason=None if row.reason is None else RevocationReason(row.reason),
    )


def get_certificate(session: Session, serial_hex: str) -> CertificateRow:
    """The row, locked for change. Raises: CertificateNotFound."""
    query = select(CertificateRow).where(CertificateRow.serial_hex == serial_hex)
    row = session.exec(query.with_for_update()).one_or_none()
    if row is None:
        raise CertificateNotFound(serial=serial_hex)
    return row


def find_certificate(session: Session, serial_hex: str) -> CertificateRow | None:
    """The row, or None."""
    return session.get(CertificateRow, serial_hex)


def certificates_of_seal(session: Session, seal_id: str) -> Sequence[CertificateRow]:
    """All certificates of a seal, newest first."""
    query = select(CertificateRow).where(CertificateRow.seal_id == seal_id)
    return session.exec(query.order_by(col(CertificateRow.intended_at).desc())).all()


_ROW = CertificateRow.__table__.c  # type: ignore[attr-defined]
_ISSUER, _CRL = IssuerRow.__table__, CrlRow.__table__  # type: ignore[attr-defined]
# Built once: every use of a seal asks.
_USABLE = (
    select_columns(CertificateRow.__table__)  # type: ignore[attr-defined]
    .where(
        _ROW.seal_id == bindparam("of_seal"),
        _ROW.key_ref == bindparam("of_key"),
        _ROW.status == str(CertificateStatus.ISSUED),
        _ROW.not_before <= bindparam("at"),
        _ROW.not_after > bindparam("at"),
    )
    .order_by(_ROW.intended_at.desc())
    .limit(1)
)
_TRUST_VERSION = (
    select_columns(_ISSUER.c.label, _ISSUER.c.serial_hex, _CRL.c.number)
    .join_from(_ISSUER, _CRL, _ISSUER.c.label == _CRL.c.issuer_label, isouter=True)
    .order_by(_ISSUER.c.label)
)


def find_usable(
    session: Session, seal_id: str, key_ref: str, now: datetime
) -> CertificateView | None:
    """The newest certificate of one of a seal's keys that is good at this time."""
    terms = {"of_seal": seal_id, "of_key": key_ref, "at": now}
    found = session.connection().execute(_USABLE, terms).first()
    return None if found is None else view(found)


def newest_of_profile(session: Session, profile: str) -> CertificateRow | None:
    """The newest good certificate of a profile."""
    query = select(CertificateRow).where(
        CertificateRow.profile == profile,
        CertificateRow.status == str(CertificateStatus.ISSUED),
    )
    return session.exec(query.order_by(col(CertificateRow.intended_at).desc()).limit(1)).first()


def revoked_by(session: Session, issuer_label: str) -> list[CrlEntry]:
    """Every certificate that the issuer's CRL must list, by serial number in hex."""
    row = CertificateRow.__table__.c  # type: ignore[attr-defined]
    query = (
        select_columns(row.serial_hex, row.revoked_at, row.reason, row.invalid_since)
        .where(row.issuer_label == issuer_label, row.status == str(CertificateStatus.REVOKED))
        .order_by(row.serial_hex)
    )
    return [
        CrlEntry(int(serial, 16), revoked_at, RevocationReason(reason), invalid_since)
        for serial, revoked_at, reason, invalid_since in session.execute(query)
    ]


def holds_live_certificate(seal_id: Mapped[str], before: datetime) -> ColumnElement[bool]:
    """Condition: the seal of that column holds an issued certificate intended before then."""
    row = CertificateRow.__table__.c  # type: ignore[attr-defined]
    return exists().where(
        row.seal_id == seal_id,
        row.status == str(CertificateStatus.ISSUED),
        row.intended_at < before,
    )


def stale_intents(session: Session, before: datetime) -> Sequence[CertificateRow]:
    """Intents older than `before` that never became a certificate."""
    query = select(CertificateRow).where(
        CertificateRow.status == CertificateStatus.INTENDED,
        col(CertificateRow.intended_at) < before,
    )
    return session.exec(query.with_for_update()).all()


def issuers(session: Session) -> list[Issuer]:
    """Our CAs, the root first."""
    return [_issuer(row) for row in session.exec(select(IssuerRow).order_by(col(IssuerRow.rank)))]


def trust_version(session: Session) -> tuple[tuple[str, str, int | None], ...]:
    """Label, serial number and number of the newest CRL of every CA; no DER is read for it."""
    found = session.connection().execute(_TRUST_VERSION)
    return tuple((label, serial_hex, number) for label, serial_hex, number in found)


def get_issuer(session: Session, label: str) -> Issuer:
    """A CA by its label. Raises: IssuerMissing."""
    row = session.get(IssuerRow, label)
    if row is None:
        raise IssuerMissing(issuer=label)
    return _issuer(row)


def _issuer(row: IssuerRow) -> Issuer:
    return Issuer(row.label, row.rank, row.serial_hex, KeyRef(row.key_ref), row.der)


def issuer_certificate(session: Session, label: str) -> bytes:
    """DER of a CA certificate. Raises: PkiObjectNotFound."""
    row = session.get(IssuerRow, label)
    if row is None:
        raise PkiObjectNotFound(name=label)
    return row.der


def find_crl(session: Session, issuer_label: str) -> CrlRow | None:
    """The newest CRL of an issuer."""
    return session.get(CrlRow, issuer_label)


def replace_crl(session: Session, row: CrlRow, previous_number: int | None) -> bool:
    """Store a CRL in place of number `previous_number`; False when another one came first."""
    if previous_number is None:
        if session.get(CrlRow, row.issuer_label) is not None:
            return False
        session.add(row)
        return True
    moved = session.execute(
        update(CrlRow)
        .where(col(CrlRow.issuer_label) == row.issuer_label, col(CrlRow.number) == previous_number)
        .values(
            number=row.number,
            this_update=row.this_update,
            next_update=row.next_update,
            entries_sha256=row.entries_sha256,
            der=row.der,
        )
    )
    return getattr(moved, "rowcount", 0) == 1
