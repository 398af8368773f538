"""Look contracts up, fetch their files."""

from dataclasses import replace

from sealsvc.areas.access.model import NotYourEntity
from sealsvc.areas.contracts import repo
from sealsvc.areas.contracts.model import facts
from sealsvc.areas.contracts.model.contract import (
    ContractNotFound,
    ContractView,
    is_auditor,
    may_see,
)
from sealsvc.areas.contracts.model.views import ContractEvent, ContractFilter
from sealsvc.areas.deps import Deps
from sealsvc.values import Principal


def get(deps: Deps, principal: Principal, contract_id: str) -> ContractView:
    """One contract, for its parties and auditors. Raises: ContractNotFound."""
    with deps.read() as session:
        contract = repo.get(session, contract_id)
    may_see(contract, principal)
    return contract


def history(deps: Deps, principal: Principal, contract_id: str) -> list[ContractEvent]:
    """Its recorded facts in order. Raises: ContractNotFound."""
    get(deps, principal, contract_id)
    with deps.read() as session:
        return repo.events(session, contract_id)


def search(deps: Deps, principal: Principal, wanted: ContractFilter) -> list[ContractView]:
    """One's own contracts from the newest on; all for auditors. Raises: NotYourEntity."""
    if is_auditor(principal):
        found = replace(wanted, uscc=None)
    elif principal.entity_uscc is None:
        raise NotYourEntity()
    else:
        found = replace(wanted, uscc=principal.entity_uscc)
    with deps.read() as session:
        return repo.search(session, found)


def document(
    deps: Deps, principal: Principal, contract_id: str, step: int | None = None
) -> tuple[ContractView, bytes]:
    """The newest file; step 0: the text, n: the file after the n-th seal.

    Raises: ContractNotFound, BlobMissing.
    """
    contract = get(deps, principal, contract_id)
    digests = [contract.original_sha256, *(one.digest_after for one in contract.steps)]
    if step is not None and not 0 <= step < len(digests):
        raise ContractNotFound(step=step)
    note_audit(deps, principal)
    return contract, deps.blobs.get(digests[-1 if step is None else step])


def note_audit(deps: Deps, principal: Principal) -> None:
    """An auditor's look into a contract is itself a fact."""
    if is_auditor(principal):
        with deps.write() as tx:
            tx.record(facts.audited(principal.client_id))
            tx.commit()
