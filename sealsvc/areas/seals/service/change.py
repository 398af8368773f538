"""Changes of state that need no key and no second seal."""

from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import (
    SYSTEM,
    SealAction,
    is_regulator,
    may,
    next_state,
    require_reason,
    resolve_effective_from,
    transition,
)
from sealsvc.areas.seals.model.views import ChangeRequest, SealChanged, SealView
from sealsvc.areas.seals.repo import SealRow
from sealsvc.areas.seals.service._record import ENDS, Change, record_change
from sealsvc.values import Principal, SealId, SealStatus

# The others have verbs of their own; here they would skip a key, a second seal or a second person.
PLAIN_ACTIONS = frozenset(
    {
        SealAction.APPROVE,
        SealAction.REJECT,
        SealAction.SUSPEND,
        SealAction.RESUME,
        SealAction.REPORT_LOST,
        SealAction.REVOKE,
    }
)
_TOWARDS_USE = frozenset({SealAction.APPROVE, SealAction.RESUME})


def change(deps: Deps, principal: Principal, seal_id: SealId, request: ChangeRequest) -> SealView:
    """Approve, reject, suspend, resume, report lost or revoke.

    Raises: SealNotFound, SealChanged, IllegalTransition, ReasonRequired, EffectiveFromInvalid,
    EntityAlreadyCancelled, and what `may` raises; ValueError for any other action.
    """
    action = request.action
    if action not in PLAIN_ACTIONS:
        raise ValueError(f"{action} has a verb of its own")
    with deps.write() as tx:
        row = repo.get_family_for_update(tx.session, seal_id)
        may(principal, action, repo.view(row).parties())
        check_version(row, request.if_version)
        status = next_state(SealStatus(row.status), action)
        if action in _TOWARDS_USE:
            entities.get_active_in(tx.session, row.owner_uscc)
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
    expired = 0
    for seal_id in due:
        with deps.write() as tx:
            row = repo.get_for_update(tx.session, seal_id)
            step = transition(SealAction.EXPIRE)
            if SealStatus(row.status) not in step.sources:  # somebody ended it meanwhile
                continue
            assert row.valid_until is not None
            record_change(tx, row, Change(step.action, step.target, SYSTEM, row.valid_until))
            tx.commit()
            expired += 1
    return expired


def check_version(row: SealRow, wanted: int | None) -> None:
    """Let pass a client that saw this version or names none (If-Match). Raises: SealChanged."""
    if wanted is not None and row.version != wanted:
        raise SealChanged(version=row.version)


def publish_if_ended(deps: Deps, row: SealRow, action: SealAction) -> None:
    """A fresh CRL at once when a certificate ended with the seal."""
    if action in ENDS and row.cert_serial is not None:
        certs.publish_revocations(deps)
