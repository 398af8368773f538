"""Issue an approved seal: key, certificate, activation; or filing of a physical one."""

from datetime import timedelta

import structlog

from ca.crl import RevocationReason
from ca.names import SubjectName
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import CertificateStatus, CertificateView, IssueOrder, Revocation
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import SYSTEM, SealAction, may, next_state
from sealsvc.areas.seals.model.views import SealImprintMissing, SealOwnerChanged, SealView
from sealsvc.areas.seals.repo import SealRow
from sealsvc.areas.seals.service._record import Change, particulars, record_change
from sealsvc.areas.seals.service.change import check_version
from sealsvc.values import KeyRef, Principal, SealId, SealMedium, SealStatus

ORPHAN_AFTER = timedelta(minutes=10)
_KEEPS_CERTIFICATE = (SealStatus.ACTIVE, SealStatus.SUSPENDED, SealStatus.EXPIRED)

_alarm = structlog.get_logger("sealsvc.seals")


def issue(
    deps: Deps, principal: Principal, seal_id: SealId, if_version: int | None = None
) -> SealView:
    """Make the seal usable. Source: ARCHITECTURE section 12.3.

    Raises: SealNotFound, SealChanged, IllegalTransition, SealImprintMissing, SealOwnerChanged,
    EntityAlreadyCancelled, LintFailed, CertificateIntentLost, what `may` raises.
    """
    with deps.read() as session:
        row = repo.get_seal(session, seal_id)
        seen = repo.view(row)
        may(principal, SealAction.ISSUE, seen.parties())
        check_version(row, if_version)
        next_state(seen.status, SealAction.ISSUE)
        owner = entities.get_active_in(session, seen.owner_uscc)
        if owner.legal_name != seen.owner_name:
            raise SealOwnerChanged()
    if seen.medium is SealMedium.PHYSICAL:
        return _activate(deps, principal, seal_id, None, if_version)
    certificate = _certify(deps, principal, seen)
    try:
        return _activate(deps, principal, seal_id, certificate, if_version)
    except Exception:
        _withdraw_now(deps, seal_id, certificate.serial_hex, by=principal.client_id)
        raise


def reconcile(deps: Deps) -> int:
    """Withdraw certificates of seals that never came, or are no longer, into use; how many."""
    before = deps.clock.now() - ORPHAN_AFTER
    with deps.read() as session:
        waiting = [row.id for row in repo.unused_with_live_certificate(session, before)]
    withdrawn = 0
    for seal_id in waiting:
        for certificate in certs.of_seal(deps, seal_id):
            if certificate.status is CertificateStatus.ISSUED:
                serial = certificate.serial_hex
                withdrawn += _withdraw(deps, SealId(seal_id), serial, by=SYSTEM)
    if withdrawn:
        certs.publish_revocations(deps)
    return withdrawn


def _certify(deps: Deps, principal: Principal, seal: SealView) -> CertificateView:
    suite = seal.suite or deps.config.default_suite
    key_ref = KeyRef(deps.keys.generate(suite, seal.seal_id))
    subject = SubjectName(common_name=seal.name, organization=seal.owner_name, uscc=seal.owner_uscc)
    order = IssueOrder(
        profile="seal",
        subject=subject,
        key_ref=key_ref,
        by=principal.client_id,
        uscc=seal.owner_uscc,
        seal_id=seal.seal_id,
    )
    return certs.issue(deps, order)


def _activate(
    deps: Deps,
    principal: Principal,
    seal_id: SealId,
    certificate: CertificateView | None,
    if_version: int | None,
) -> SealView:
    with deps.write() as tx:
        row = repo.get_for_update(tx.session, seal_id)
        may(principal, SealAction.ISSUE, repo.view(row).parties())
        check_version(row, if_version)
        status = next_state(SealStatus(row.status), SealAction.ISSUE)
        entities.get_active_in(tx.session, row.owner_uscc)
        row.valid_from = tx.now
        if certificate is None:
            if row.imprint_sha256 is None or row.code is None:
                raise SealImprintMissing()
            row.filed_at = tx.now
        else:
            certs.require_issued(tx, certificate.serial_hex)
            _take_certificate(row, certificate)
            row.made_at = tx.now
        by = principal.client_id
        record_change(
            tx, row, Change(SealAction.ISSUE, status, by, tx.now, details=particulars(row))
        )
        tx.commit()
    return repo.view(row)


def _take_certificate(row: SealRow, certificate: CertificateView) -> None:
    row.key_ref = certificate.key_ref
    row.cert_serial = certificate.serial_hex
    row.valid_until = certificate.not_after


def _withdraw_now(deps: Deps, seal_id: SealId, serial: str, *, by: str) -> None:
    """Withdraw what `issue` left behind; its own error must not hide the one on its way."""
    try:
        if _withdraw(deps, seal_id, serial, by=by):
            certs.publish_revocations(deps)
    except Exception:  # `reconcile` does it again
        _alarm.exception("seal.withdraw_failed", sealId=seal_id)


def _withdraw(deps: Deps, seal_id: SealId, serial: str, *, by: str) -> bool:
    """Revoke a certificate unless its seal is in use with it after all; whether it was."""
    with deps.write() as tx:
        row = repo.get_for_update(tx.session, seal_id)
        # The activation's commit may have succeeded although it was reported as failed.
        if row.cert_serial == serial and SealStatus(row.status) in _KEEPS_CERTIFICATE:
            return False
        revocation = Revocation(RevocationReason.CESSATION_OF_OPERATION, by=by)
        if not certs.revoke(tx, serial, revocation):
            return False
        tx.commit()
    return True
