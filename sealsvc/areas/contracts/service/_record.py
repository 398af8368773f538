"""Recording one change of a contract: the row, its event and its fact, always together."""

from dataclasses import dataclass

from sealsvc.areas.contracts import repo
from sealsvc.areas.contracts.model.contract import ContractView
from sealsvc.areas.contracts.model.views import ContractEvent
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Fact, FactId

SYSTEM = "system"


@dataclass(frozen=True)
class Word:
    """Who says so. by: client id or SYSTEM; uscc: whom the client acts for."""

    by: str
    uscc: str | None = None
    reason: str | None = None


def record_change(tx: UnitOfWork, contract: ContractView, fact: Fact, word: Word) -> FactId:
    """Store the contract as it is now, queue the fact, append the event."""
    repo.save(tx.session, contract)
    return record_event(tx, contract, fact, word)


def record_event(tx: UnitOfWork, contract: ContractView, fact: Fact, word: Word) -> FactId:
    """Queue the fact and append the event, the contract itself unchanged."""
    fact_id = tx.record(fact)
    event = ContractEvent(
        type=fact.type,
        status=str(contract.status),
        digest=contract.current_sha256,
        recorded_at=tx.now,
        fact_id=fact_id,
        by=word.by,
        uscc=word.uscc,
        reason=word.reason,
    )
    repo.add_event(tx.session, contract.contract_id, event)
    return fact_id
