"""Revoke certificates and close intents that came to nothing."""

from datetime import timedelta

from sealsvc.areas.certs import repo
from sealsvc.areas.certs.model import (
    CertificateAction,
    CertificateStatus,
    Revocation,
    certificate_fact,
    certificate_step,
    whole_utc,
)
from sealsvc.areas.certs.repo import CertificateRow
from sealsvc.areas.deps import Deps
from sealsvc.storage.uow import UnitOfWork

INTENT_LIFETIME = timedelta(minutes=10)
SYSTEM = "system"


def revoke(tx: UnitOfWork, serial: str, revocation: Revocation) -> bool:
    """Mark an issued certificate revoked, within the caller's unit of work; whether it changed.

    The caller publishes a CRL after its commit. An intent is closed, so that a signature on its
    way is thrown away; of a revoked certificate only an earlier `invalid_since` is taken over.
    Raises: CertificateNotFound.
    """
    row = repo.get_certificate(tx.session, serial)
    state = CertificateStatus(row.status)
    step = certificate_step(state, CertificateAction.REVOKE)
    if step is not None and step.target is CertificateStatus.ABANDONED:
        _abandon(tx, row, revocation.by)
    elif step is not None:
        row.status = step.target
        row.revoked_at = tx.now
        row.reason = int(revocation.reason)
        row.invalid_since = revocation.invalid_since
        _record_revocation(tx, row, "revoked", revocation)
    elif certificate_step(state, CertificateAction.DATE_BACK) and _is_earlier(revocation, row):
        row.invalid_since = revocation.invalid_since
        _record_revocation(tx, row, "revocation_dated", revocation)
    else:
        return False
    return True


def revoke_all_of_seal(tx: UnitOfWork, seal_id: str, revocation: Revocation) -> None:
    """Revoke every issued certificate of a seal, within the caller's unit of work."""
    for row in repo.certificates_of_seal(tx.session, seal_id):
        revoke(tx, row.serial_hex, revocation)


def reconcile(deps: Deps) -> int:
    """Close intents that never became a certificate; how many were closed."""
    with deps.write() as tx:
        stale = repo.stale_intents(tx.session, tx.now - INTENT_LIFETIME)
        for row in stale:
            _abandon(tx, row, SYSTEM)
        if stale:
            tx.commit()
        return len(stale)


def _abandon(tx: UnitOfWork, row: CertificateRow, by: str) -> None:
    step = certificate_step(CertificateStatus(row.status), CertificateAction.ABANDON)
    assert step is not None  # only intents come here
    row.status = step.target
    tx.session.add(row)
    tx.record(certificate_fact("abandoned", repo.view(row), by=by))


def _is_earlier(revocation: Revocation, row: CertificateRow) -> bool:
    if revocation.invalid_since is None or row.revoked_at is None:
        return False
    return revocation.invalid_since < (row.invalid_since or row.revoked_at)


def _record_revocation(
    tx: UnitOfWork, row: CertificateRow, kind: str, revocation: Revocation
) -> None:
    tx.session.add(row)
    tx.record(
        certificate_fact(
            kind,
            repo.view(row),
            by=revocation.by,
            revocationReason=revocation.reason.name,
            invalidSince=whole_utc(revocation.invalid_since),
        )
    )
