"""A party seals: claim the slot, sign outside of any transaction, take the file into the contract.

One file passes from party to party, so only one can be sealed at a time; the claim has a lease,
so that a crash frees it. Source: ARCHITECTURE sections 7 and 12.4.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from sealsvc.areas.contracts import repo
from sealsvc.areas.contracts.model import facts
from sealsvc.areas.contracts.model.contract import (
    ContractView,
    SealingStep,
    Slot,
    is_complete,
    may_see,
    moved,
    require_free,
    require_replaceable,
    require_slot,
    require_turn,
    require_version,
    sealed,
    succession_action,
)
from sealsvc.areas.contracts.model.lifecycle import ContractAction
from sealsvc.areas.contracts.model.terms import plain_text
from sealsvc.areas.contracts.service._record import Word, record_change, record_event
from sealsvc.areas.contracts.service.draft import acting_for
from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.model import SealingView, for_use, may_use
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.sealing.service import SealingRequest
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealView
from sealsvc.documents.values import Straddle
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import DocumentRole, JsonObject, Principal, SealId, random_id

# Longer than a request may take to seal a large file; a crash bars the contract for so long.
LEASE = timedelta(minutes=3)
STATEMENT_LIMIT = 500
STATEMENT_VERSION_LIMIT = 40
TOKEN_BYTES = 16

_log = structlog.get_logger("sealsvc.contracts")


@dataclass(frozen=True)
class PartySeal:
    """How a party seals. place: None = where the contract has its place, else a free one.

    statement: what the client's user agreed to, with its version; kept as evidence of intent.
    """

    seal_id: SealId
    place: PlaceWish | None = None
    straddle: Straddle | None = None
    suite: str | None = None
    statement: str | None = None
    statement_version: str | None = None
    if_version: int | None = None


def seal(deps: Deps, principal: Principal, contract_id: str, request: PartySeal) -> ContractView:
    """Put the party's own seal on the contract; the last one concludes it.

    Raises: ContractNotFound, ContractActorRefused, ContractIllegalTransition,
    ContractDeadlinePassed, ContractAlreadySealed, ContractNotYourTurn, ContractChanged,
    ContractSealingInProgress, ContractSlotLost, ContractBaseChanged, ContractInvalid, and what
    `sealing.seal` raises.
    """
    uscc = acting_for(principal)
    request = _clean(request)
    with deps.read() as session:
        may_see(repo.get(session, contract_id), principal)
    registered = seals.get(deps, request.seal_id)
    # Before the intent is on record: a seal that cannot be used is no will to be bound.
    may_use(for_use(registered), principal, DocumentRole.CONTRACT, deps.clock.now())
    contract, slot = _claim(deps, principal, contract_id, request)
    try:
        result = sealing.seal(deps, principal, _order(deps, contract, uscc, request))
        return _take(deps, principal, slot, request, (registered, result.view))
    except BaseException:
        _release(deps, slot)
        raise


def _clean(request: PartySeal) -> PartySeal:
    statement, version = request.statement, request.statement_version
    if statement is not None:
        statement = plain_text("statement", statement, STATEMENT_LIMIT)
    if version is not None:
        version = plain_text("statementVersion", version, STATEMENT_VERSION_LIMIT)
    return replace(request, statement=statement, statement_version=version)


def _claim(
    deps: Deps, principal: Principal, contract_id: str, request: PartySeal
) -> tuple[ContractView, Slot]:
    """tx 1: the party's will on record, and the slot its own for the length of the lease."""
    uscc = acting_for(principal)
    with deps.write() as tx:
        contract = repo.get_for_update(tx.session, contract_id)
        may_see(contract, principal)
        require_version(contract, request.if_version)
        require_turn(contract, uscc, tx.now)
        require_free(repo.find_slot(tx.session, contract_id), tx.now)
        if contract.supersedes is not None:
            base = repo.get(tx.session, contract.supersedes)
            require_replaceable(base, contract.succession)
        by = principal.client_id
        fact = facts.seal_intended(contract, by=by, uscc=uscc, intent=_intent(request))
        slot = Slot(
            contract_id=contract_id,
            uscc=uscc,
            token=random_id("slot", deps.rng.bytes(TOKEN_BYTES)),
            document_sha256=contract.current_sha256,
            claimed_at=tx.now,
            leased_until=tx.now + LEASE,
            intent_fact_id=record_event(tx, contract, fact, Word(by, uscc)),
        )
        repo.put_slot(tx.session, slot)
        tx.commit()
    return contract, slot


def _intent(request: PartySeal) -> JsonObject:
    members: JsonObject = {
        "sealId": request.seal_id,
        "statement": request.statement,
        "statementVersion": request.statement_version,
    }
    return {name: value for name, value in members.items() if value is not None}


def _order(deps: Deps, contract: ContractView, uscc: str, request: PartySeal) -> SealingRequest:
    return SealingRequest(
        seal_id=request.seal_id,
        data=deps.blobs.get(contract.current_sha256),
        place=request.place or _own_place(contract, uscc),
        role=DocumentRole.CONTRACT,
        number=contract.number,
        party_usccs=contract.signers,
        suite=request.suite,
        straddle=request.straddle,
    )


def _own_place(contract: ContractView, uscc: str) -> PlaceWish:
    party = contract.party(uscc)
    assert party is not None  # it was its turn
    if party.place is not None:
        place = party.place
        return PlaceWish(place.page, place.x_mm, place.y_mm, place.width_mm)
    return PlaceWish(keyword=party.keyword)


def _take(
    deps: Deps,
    principal: Principal,
    slot: Slot,
    request: PartySeal,
    used: tuple[SealView, SealingView],
) -> ContractView:
    """tx 2: the sealed file becomes the contract's newest. A slot that was lost takes nothing."""
    word = Word(principal.client_id, slot.uscc)
    with deps.write() as tx:
        contract = repo.get_for_update(tx.session, slot.contract_id)
        require_slot(contract, repo.find_slot(tx.session, slot.contract_id), slot.token)
        step = _step(tx, contract, (principal, slot, request), used)
        after = sealed(contract, step)
        fact_id = record_change(tx, after, facts.sealed_fact(after, step), word)
        step = replace(step, fact_id=fact_id)
        repo.add_step(tx.session, contract.contract_id, step)
        if is_complete(after):
            after = _conclude(tx, after, word)
        repo.free_slot(tx.session, contract.contract_id)
        tx.commit()
    return replace(after, steps=(*contract.steps, step))


def _step(
    tx: UnitOfWork,
    contract: ContractView,
    said: tuple[Principal, Slot, PartySeal],
    used: tuple[SealView, SealingView],
) -> SealingStep:
    (principal, slot, request), (registered, use) = said, used
    party = contract.party(slot.uscc)
    assert party is not None
    assert use.sealed_sha256 is not None  # it was completed
    assert use.signature_sha256 is not None
    assert use.completed_fact_id is not None
    return SealingStep(
        step=len(contract.steps) + 1,
        uscc=slot.uscc,
        name=party.name,
        client_id=principal.client_id,
        client_name=principal.name,
        seal_id=registered.seal_id,
        seal_name=registered.name,
        seal_type=str(registered.seal_type),
        seal_status=str(registered.status),
        cert_serial=use.cert_serial,
        sealing_id=use.sealing_id,
        digest_before=slot.document_sha256,
        digest_after=use.sealed_sha256,
        signature_sha256=use.signature_sha256,
        intended_at=slot.claimed_at,
        sealed_at=tx.now,
        intent_fact_id=slot.intent_fact_id,
        fact_id="",
        sealing_fact_id=use.completed_fact_id,
        statement=request.statement,
        statement_version=request.statement_version,
    )


def _conclude(tx: UnitOfWork, contract: ContractView, word: Word) -> ContractView:
    """The last seal concludes the contract, and what it replaces is replaced in the same unit.

    Raises: ContractBaseChanged.
    """
    action = ContractAction.CONCLUDE
    after = moved(contract, action, tx.now)
    record_change(tx, after, facts.contract_fact(after, action, by=word.by), word)
    if after.supersedes is not None:
        base = repo.get_for_update(tx.session, after.supersedes)
        require_replaceable(base, after.succession)
        follows = succession_action(after.succession)
        old = replace(moved(base, follows, tx.now), superseded_by=after.contract_id)
        record_change(tx, old, facts.contract_fact(old, follows, by=word.by), word)
    return after


def _release(deps: Deps, slot: Slot) -> None:
    """Free the slot if it is still ours; if that fails too, the lease runs out."""
    try:
        with deps.write() as tx:
            repo.get_for_update(tx.session, slot.contract_id)
            held = repo.find_slot(tx.session, slot.contract_id)
            if held is not None and held.token == slot.token:
                repo.free_slot(tx.session, slot.contract_id)
                tx.commit()
    except Exception:
        _log.exception("contracts.release_failed", contract=slot.contract_id)
