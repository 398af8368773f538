"""Issue an approved seal: key, certificate, activation; or filing of a physical one."""

from datetime import timedelta

from ca.crl import RevocationReason
from ca.names import SubjectName
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import CertificateStatus, CertificateView, IssueOrder, Revocation
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import SYSTEM, SealAction, may, next_state
from sealsvc.areas.seals.model.views import SealImprintMissing, SealView
from sealsvc.areas.seals.service._record import Change, record_change
from sealsvc.areas.seals.service.change import check_version
from sealsvc.values import KeyRef, Principal, SealId, SealMedium, SealStatus

ORPHAN_AFTER = timedelta(minutes=10)


def issue(
    deps: Deps, principal: Principal, seal_id: SealId, if_version: int | None = None
) -> SealView:
    """Make the seal usable. Source: ARCHITECTURE section 12.3.

    Raises: SealNotFound, IllegalTransition, SealImprintMissing, LintFailed, what `may` raises.
    """
    with deps.read() as session:
        seen = repo.view(repo.get_seal(session, seal_id))
    may(principal, SealAction.ISSUE, seen.parties())
    next_state(seen.status, SealAction.ISSUE)
    if seen.medium is SealMedium.PHYSICAL:
        return _activate(deps, principal, seal_id, None, if_version)
    certificate = _certify(deps, principal, seen)
    try:
        return _activate(deps, principal, seal_id, certificate, if_version)
    except Exception:
        _withdraw(deps, certificate, by=principal.client_id)
        raise


def reconcile(deps: Deps) -> int:
    """Withdraw certificates whose seal was never activated with them; how many."""
    withdrawn = 0
    with deps.read() as session:
        waiting = repo.search(session, repo.SealFilter(status=SealStatus.APPROVED, limit=1_000))
        waiting_ids = [row.id for row in waiting]
    for seal_id in waiting_ids:
        for certificate in certs.of_seal(deps, seal_id):
            old = certificate.not_before < deps.clock.now() - ORPHAN_AFTER
            if certificate.status is CertificateStatus.ISSUED and old:
                _withdraw(deps, certificate, by=SYSTEM)
                withdrawn += 1
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
        check_version(row, if_version)
        may(principal, SealAction.ISSUE, repo.view(row).parties())
        status = next_state(SealStatus(row.status), SealAction.ISSUE)
        row.valid_from = tx.now
        if certificate is None:
            if row.imprint_sha256 is None or row.code is None:
                raise SealImprintMissing()
            row.filed_at = tx.now
        else:
            row.made_at = tx.now
            row.key_ref = certificate.key_ref
            row.cert_serial = certificate.serial_hex
            row.valid_until = certificate.not_after
        record_change(tx, row, Change(SealAction.ISSUE, status, principal.client_id, tx.now))
        tx.commit()
    return repo.view(row)


def _withdraw(deps: Deps, certificate: CertificateView, *, by: str) -> None:
    with deps.write() as tx:
        revocation = Revocation(RevocationReason.SUPERSEDED, by=by)
        certs.revoke(tx, certificate.serial_hex, revocation)
        tx.commit()
    certs.publish_crl(deps)
