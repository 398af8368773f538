"""Void a seal: one regulator proposes, another confirms."""

from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import (
    SealAction,
    VoidStep,
    decide_void,
    next_state,
    require_reason,
    resolve_effective_from,
    void_proposed,
)
from sealsvc.areas.seals.model.views import ChangeRequest, SealView
from sealsvc.areas.seals.repo import SealRow
from sealsvc.areas.seals.service._record import Change, record_change
from sealsvc.areas.seals.service.change import check_version, publish_if_ended
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, SealId, SealStatus


def void(
    deps: Deps, principal: Principal, seal_id: SealId, request: ChangeRequest
) -> tuple[SealView, VoidStep]:
    """Propose, or confirm what another regulator proposed, with the proposal's date and reason.

    Raises: SealNotFound, IllegalTransition, ReasonRequired, EffectiveFromInvalid, SealChanged,
    ScopeMissing, UnboundRequired, DualControlRequired.
    """
    with deps.write() as tx:
        row = repo.get_family_for_update(tx.session, seal_id)
        proposal = repo.void_proposal(row)
        step = decide_void(proposal, principal)
        check_version(row, request.if_version)
        status = next_state(SealStatus(row.status), SealAction.VOID)
        if step is VoidStep.PROPOSE:
            _propose(tx, row, principal, request)
        else:
            assert proposal is not None
            change = Change(
                SealAction.VOID,
                status,
                principal.client_id,
                proposal.effective_from,
                proposal.reason,
                {"proposedBy": proposal.proposer_client_id},
            )
            row.void_proposer = None
            record_change(tx, row, change)
        tx.commit()
    if step is VoidStep.CONFIRM:
        publish_if_ended(deps, row, SealAction.VOID)
    return repo.view(row), step


def _propose(tx: UnitOfWork, row: SealRow, principal: Principal, request: ChangeRequest) -> None:
    reason = require_reason(SealAction.VOID, request.reason)
    effective_from = resolve_effective_from(
        SealAction.VOID, request.effective_from, tx.now, row.applied_at
    )
    row.void_proposer = principal.client_id
    row.void_proposed_at = tx.now
    row.void_effective_from = effective_from
    row.void_reason = reason
    row.version += 1
    tx.session.add(row)
    snapshot = repo.view(row).snapshot()
    tx.record(
        void_proposed(
            snapshot, by=principal.client_id, reason=reason or "", effective_from=effective_from
        )
    )
