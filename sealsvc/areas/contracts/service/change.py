"""Changes of state that need no seal and no new text."""

from sealsvc.areas.contracts import repo
from sealsvc.areas.contracts.model import facts
from sealsvc.areas.contracts.model.contract import (
    ContractView,
    may_see,
    moved,
    proposed_or_moved,
    require_free,
    require_reason,
    require_version,
)
from sealsvc.areas.contracts.model.lifecycle import EXPIRING, PLAIN_ACTIONS, ContractAction
from sealsvc.areas.contracts.service._record import SYSTEM, Word, record_change
from sealsvc.areas.contracts.service.draft import acting_for
from sealsvc.areas.deps import Deps
from sealsvc.values import Principal


def change(
    deps: Deps,
    principal: Principal,
    contract_id: str,
    action: ContractAction,
    *,
    reason: str | None = None,
    if_version: int | None = None,
) -> ContractView:
    """One of PLAIN_ACTIONS; where two signers are needed the first call proposes.

    Raises: ContractNotFound, ContractReasonRequired, ContractSealingInProgress, ContractChanged,
    ContractActorRefused, ContractIllegalTransition, ContractDeadlinePassed,
    ContractAlreadySealed, ContractConsentPending, ScopeMissing; ValueError for other actions.
    """
    if action not in PLAIN_ACTIONS:
        raise ValueError(f"{action} has a verb of its own")
    uscc = acting_for(principal)
    by = principal.client_id
    with deps.write() as tx:
        contract = repo.get_for_update(tx.session, contract_id)
        may_see(contract, principal)
        said = require_reason(action, reason)
        require_version(contract, if_version)
        after = proposed_or_moved(contract, action, uscc, said, tx.now)
        require_free(repo.find_slot(tx.session, contract_id), tx.now)
        fact = (
            facts.contract_fact(after, action, by=by, reason=said)
            if after.pending is None
            else facts.change_proposed(after, by=by)
        )
        record_change(tx, after, fact, Word(by, uscc, said))
        tx.commit()
    return after


def expire_due(deps: Deps) -> int:
    """Mark expired what is past its deadline and not concluded; how many contracts.

    One that is being sealed just now is left to the next round.
    """
    with deps.read() as session:
        due = repo.due_to_expire(session, deps.clock.now())
    expired = 0
    for contract_id in due:
        with deps.write() as tx:
            contract = repo.get_for_update(tx.session, contract_id)
            slot = repo.find_slot(tx.session, contract_id)
            busy = slot is not None and tx.now < slot.leased_until
            if busy or contract.status not in EXPIRING or tx.now < contract.deadline:
                continue
            action = ContractAction.EXPIRE
            after = moved(contract, action, tx.now)
            record_change(tx, after, facts.contract_fact(after, action, by=SYSTEM), Word(SYSTEM))
            repo.free_slot(tx.session, contract_id)
            tx.commit()
            expired += 1
    return expired
