"""Changes of state that need no key and no second seal."""

from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import (
    SYSTEM,
    SealAction,
    is_regulator,
    may,
    next_state,
    require_reason,
    resolve_effective_from,
)
from sealsvc.areas.seals.model.views import ChangeRequest, SealChanged, SealView
from sealsvc.areas.seals.service._record import ENDS, Change, record_change
from sealsvc.areas.seals.tables import SealRow
from sealsvc.values import Principal, SealId, SealMedium, SealStatus


def change(deps: Deps, principal: Principal, seal_id: SealId, request: ChangeRequest) -> SealView:
    """Approve, reject, suspend, resume, report lost or revoke.

    Raises: SealNotFound, IllegalTransition, SealChanged, ReasonRequired, EffectiveFromInvalid, and
    what `may` raises.
    """
    action = request.action
    with deps.write() as tx:
        row = repo.get_for_update(tx.session, seal_id)
        check_version(row, request.if_version)
        may(principal, action, repo.view(row).parties())
        status = next_state(SealStatus(row.status), action)
        reason = require_reason(action, request.reason)
        not_before = row.valid_from or row.applied_at
        effective_from = resolve_effective_from(action, request.effective_from, tx.now, not_before)
        if action is SealAction.SUSPEND:
            row.suspended_by_regulator = is_regulator(principal)
        elif action is SealAction.RESUME:
            row.suspended_by_regulator = False
            row.under_review = False  # whoever resumes has looked
        by = principal.client_id
        record_change(tx, row, Change(action, status, by, effective_from, reason))
        tx.commit()
    publish_if_ended(deps, row, action)
    return repo.view(row)


def expire_due(deps: Deps) -> int:
    """Mark expired what is past its validity; how many seals. Dated at the end of validity."""
    with deps.read() as session:
        due = [row.id for row in repo.due_to_expire(session, deps.clock.now())]
    for seal_id in due:
        with deps.write() as tx:
            row = repo.get_for_update(tx.session, seal_id)
            if SealStatus(row.status) not in (SealStatus.ACTIVE, SealStatus.SUSPENDED):
                continue
            assert row.valid_until is not None
            record_change(
                tx, row, Change(SealAction.EXPIRE, SealStatus.EXPIRED, SYSTEM, row.valid_until)
            )
            tx.commit()
    return len(due)


def check_version(row: SealRow, wanted: int | None) -> None:
    """Raises: SealChanged when the client saw an older version (If-Match)."""
    if wanted is not None and row.version != wanted:
        raise SealChanged(version=row.version)


def publish_if_ended(deps: Deps, row: SealRow, action: SealAction) -> None:
    """A fresh CRL at once when certificates were revoked; the worker repeats it if this fails."""
    if action in ENDS and row.medium == SealMedium.ELECTRONIC and row.cert_serial is not None:
        certs.publish_crl(deps)
