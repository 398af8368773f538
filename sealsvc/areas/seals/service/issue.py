"""Issue an approved seal: key, certificate, activation; or filing of a physical one."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from ca.crl import RevocationReason
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import CertificateStatus, CertificateView, Revocation
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import SYSTEM, SealAction, may, next_state
from sealsvc.areas.seals.model.views import (
    SealHasNoKey,
    SealImprintMissing,
    SealOwnerChanged,
    SealView,
)
from sealsvc.areas.seals.repo import SealRow
from sealsvc.areas.seals.service import credentials
from sealsvc.areas.seals.service._record import Change, particulars, record_change
from sealsvc.areas.seals.service.change import check_version
from sealsvc.areas.seals.service.credentials import MadeCredential
from sealsvc.values import Principal, SealId, SealMedium, SealStatus

ORPHAN_AFTER = timedelta(minutes=10)
_KEEPS_CERTIFICATE = (SealStatus.ACTIVE, SealStatus.SUSPENDED, SealStatus.EXPIRED)

_alarm = structlog.get_logger("sealsvc.seals")


def issue(
    deps: Deps, principal: Principal, seal_id: SealId, if_version: int | None = None
) -> SealView:
    """Make the seal usable: keys, certificates, its electronic seal. Source: ARCHITECTURE 12.3.

    Raises: SealNotFound, SealChanged, IllegalTransition, SealImprintMissing, SealOwnerChanged,
    EntityAlreadyCancelled, LintFailed, CertificateIntentLost, CaUnavailable, what `may` raises.
    """
    seen = _issuable(deps, principal, seal_id, SealAction.ISSUE, if_version)
    order = _Order(SealAction.ISSUE, principal.client_id, if_version)
    if seen.medium is SealMedium.PHYSICAL:
        return _activate(deps, principal, seal_id, (), order)
    wanted: dict[str, str | None] = dict.fromkeys(credentials.suites_of(deps, seen))
    return _make_and_activate(deps, principal, seen, wanted, order)


def reissue(
    deps: Deps, principal: Principal, seal_id: SealId, if_version: int | None = None
) -> SealView:
    """New certificates for the seal's keys, and a new electronic seal that lists the new signer.

    For when a certificate is about to end, or the seal was issued before the domain had SM2. What
    was signed before stays valid by the certificates and seals of its day.
    Raises: as `issue`; SealHasNoKey. Source: seal-formats.md section 10 (a renewed signer fails
    D6 until the seal is made again).
    """
    seen = _issuable(deps, principal, seal_id, SealAction.REISSUE, if_version)
    if seen.medium is SealMedium.PHYSICAL:
        raise SealHasNoKey()
    held = {one.suite: one.key_ref for one in credentials.current(deps, seen)}
    wanted = {suite: held.get(suite) for suite in credentials.suites_of(deps, seen)}
    order = _Order(SealAction.REISSUE, principal.client_id, if_version)
    return _make_and_activate(deps, principal, seen, wanted, order)


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


@dataclass(frozen=True)
class _Order:
    action: SealAction
    by: str
    if_version: int | None


def _issuable(
    deps: Deps, principal: Principal, seal_id: SealId, action: SealAction, if_version: int | None
) -> SealView:
    with deps.read() as session:
        row = repo.get_seal(session, seal_id)
        seen = repo.view(row)
        may(principal, action, seen.parties())
        check_version(row, if_version)
        next_state(seen.status, action)
        owner = entities.get_active_in(session, seen.owner_uscc)
        if owner.legal_name != seen.owner_name:
            raise SealOwnerChanged()
    return seen


def _make_and_activate(
    deps: Deps, principal: Principal, seen: SealView, wanted: dict[str, str | None], order: _Order
) -> SealView:
    made: list[MadeCredential] = []
    try:
        for suite, key_ref in wanted.items():
            made.append(credentials.make(deps, order.by, seen, suite, key_ref))
        return _activate(deps, principal, seen.seal_id, tuple(made), order)
    except Exception:
        for one in made:
            _withdraw_now(deps, seen.seal_id, one.certificate.serial_hex, by=order.by)
        raise


def _activate(
    deps: Deps,
    principal: Principal,
    seal_id: SealId,
    made: tuple[MadeCredential, ...],
    order: _Order,
) -> SealView:
    with deps.write() as tx:
        row = repo.get_for_update(tx.session, seal_id)
        may(principal, order.action, repo.view(row).parties())
        check_version(row, order.if_version)
        status = next_state(SealStatus(row.status), order.action)
        entities.get_active_in(tx.session, row.owner_uscc)
        row.valid_from = row.valid_from or tx.now
        if not made:
            if row.imprint_sha256 is None or row.code is None:
                raise SealImprintMissing()
            row.filed_at = tx.now
        else:
            for one in made:
                credentials.keep(tx, row, one)
            _take_certificate(row, made[0].certificate)
            row.made_at = tx.now
        more = {**particulars(row), **(credentials.details(made) if made else {})}
        record_change(tx, row, Change(order.action, status, order.by, tx.now, details=more))
        tx.commit()
    return repo.view(row)


def _take_certificate(row: SealRow, certificate: CertificateView) -> None:
    row.key_ref = certificate.key_ref
    row.suite = certificate.suite
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
        in_use = {one.cert_serial for one in repo.credentials(tx.session, seal_id)}
        if serial in {row.cert_serial, *in_use} and SealStatus(row.status) in _KEEPS_CERTIFICATE:
            return False
        revocation = Revocation(RevocationReason.CESSATION_OF_OPERATION, by=by)
        if not certs.revoke(tx, serial, revocation):
            return False
        tx.commit()
    return True
