"""The contract: its file, its state, and that its parties are the deal's and have sealed it."""

from collections.abc import Iterator

from sealsvc.areas.transactions.model.checks.documents import check_document, owners
from sealsvc.areas.transactions.model.checks.merchants import SIDES
from sealsvc.areas.transactions.model.deal import ContractFact, Deal
from sealsvc.areas.transactions.model.verdict import Check, found, passed

NODE = "contract"
# States of a contract's record (china-domain section 7); another one is not known to be good.
_STANDING = frozenset({"CONCLUDED", "PERFORMED", "ARCHIVED"})
_PENDING = frozenset({"DRAFT", "NEGOTIATING", "READY", "SIGNING"})
_DOUBTFUL = frozenset({"DISPUTED", "AMENDED", "RENEWED"})


def check_contract(deal: Deal) -> Iterator[Check]:
    """Every check of the contract that is there."""
    contract = deal.contract
    if contract is None:
        return
    yield from check_document(contract.document, NODE)
    yield _state(contract)
    if contract.same_file is not None:
        name = "contract.file"
        code = None if contract.same_file else "TXN_CONTRACT_FILE_DIFFERS"
        yield passed(name, NODE) if code is None else found(code, name, NODE)
    yield from _parties(deal, contract)
    yield from _seals(deal, contract)
    wanted = deal.expected.contract_number
    if wanted is not None and contract.number is not None:
        name = "contract.number"
        same = wanted == contract.number
        yield (
            passed(name, NODE, "order")
            if same
            else found(
                "TXN_NUMBER_MISMATCH", name, NODE, "order", left=contract.number, right=wanted
            )
        )


def _state(contract: ContractFact) -> Check:
    name, status = "contract.state", contract.status
    if status is None:
        return found("TXN_CONTRACT_STATE_UNKNOWN", name, NODE)
    named = () if contract.contract_id is None else (contract.contract_id,)
    evidence = (*named, *contract.fact_ids)
    if status in _STANDING:
        return passed(name, NODE, evidence=evidence)
    if status in _PENDING:
        code = "TXN_CONTRACT_NOT_CONCLUDED"
    else:
        code = "TXN_CONTRACT_DISPUTED" if status in _DOUBTFUL else "TXN_CONTRACT_ENDED"
    return found(code, name, NODE, evidence=evidence, left=status)


def _parties(deal: Deal, contract: ContractFact) -> Iterator[Check]:
    if contract.parties is None:
        return
    codes = {one.uscc for one in contract.parties if one.signs}
    roles = {one.role: one.uscc for one in contract.parties}
    for side in SIDES:
        code, name = getattr(deal, side), f"contract.{side}"
        if code is None:
            continue
        held = roles.get(side.upper())
        if code not in codes:
            shown = ", ".join(sorted(codes))
            yield found("TXN_CONTRACT_PARTY_MISMATCH", name, side, NODE, left=code, right=shown)
        elif held is not None and held != code:
            yield found("TXN_CONTRACT_ROLE_MISMATCH", name, side, NODE, left=code, right=held)
        else:
            yield passed(name, side, NODE)


def _seals(deal: Deal, contract: ContractFact) -> Iterator[Check]:
    """Both sides have sealed, and nobody else who is no party. Source: Civil Code 490; R05."""
    if contract.document is None:
        return
    present = owners(contract.document)
    for side in SIDES:
        code, name = getattr(deal, side), f"contract.sealed-by-{side}"
        if code is None:
            continue
        if code in present:
            yield passed(name, side, NODE)
        else:
            yield found("TXN_CONTRACT_SEAL_MISSING", name, side, NODE, left=code)
    allowed = {deal.seller, deal.buyer} | {one.uscc for one in contract.parties or ()}
    strangers = [code for code in present if code not in allowed]
    if strangers:
        shown = ", ".join(strangers)
        yield found("TXN_CONTRACT_SEALED_BY_STRANGER", "contract.strangers", NODE, left=shown)
    else:
        yield passed("contract.strangers", NODE)
