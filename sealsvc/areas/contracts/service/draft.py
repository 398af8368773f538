"""Begin a contract, change its text before anyone seals, begin one that replaces another."""

from dataclasses import dataclass, replace
from datetime import datetime

from sealsvc.areas.access.model import NotYourEntity, require
from sealsvc.areas.contracts import repo
from sealsvc.areas.contracts.model import facts
from sealsvc.areas.contracts.model.contract import (
    ContractActorRefused,
    ContractView,
    SealingOrder,
    SuccessionKind,
    may_see,
    moved,
    require_action,
    require_replaceable,
    require_version,
)
from sealsvc.areas.contracts.model.lifecycle import ContractAction, ContractStatus
from sealsvc.areas.contracts.model.terms import ContractTerms, validated
from sealsvc.areas.contracts.service._record import Word, record_change, record_event
from sealsvc.areas.contracts.service.text import TemplateText, Text, text_of
from sealsvc.areas.deps import Deps
from sealsvc.values import Principal, Scope, time_ordered_id

ID_BYTES = 16


@dataclass(frozen=True)
class Draft:
    """A contract to be: its terms, and its text as a file or a template."""

    terms: ContractTerms
    source: TemplateText | bytes


@dataclass(frozen=True)
class _Succession:
    base_id: str
    kind: SuccessionKind


def create(deps: Deps, principal: Principal, draft: Draft) -> ContractView:
    """A new contract in DRAFT, seen by its initiator alone. Scope `seal.sign`, bound to a party.

    Raises: ScopeMissing, NotYourEntity, ContractInvalid, and what `text_of` raises.
    """
    return _create(deps, principal, draft, None)


def amend(
    deps: Deps, principal: Principal, contract_id: str, draft: Draft, kind: SuccessionKind
) -> ContractView:
    """A new contract that replaces this one once it is concluded; this one stays till then.

    Raises: ContractNotFound, ContractActorRefused, ContractBaseChanged, and as `create`.
    """
    uscc = acting_for(principal)
    with deps.read() as session:
        base = repo.get(session, contract_id)
    may_see(base, principal)
    if uscc not in base.signers:
        raise ContractActorRefused(action=str(ContractAction.AMEND))
    require_replaceable(base, kind)
    return _create(deps, principal, draft, _Succession(contract_id, kind))


def revise(
    deps: Deps,
    principal: Principal,
    contract_id: str,
    draft: Draft,
    if_version: int | None = None,
) -> ContractView:
    """Other terms and another text, before the contract is opened for sealing; DRAFT again.

    Raises: ContractNotFound, ContractActorRefused, ContractIllegalTransition, ContractChanged,
    and as `create`.
    """
    uscc = acting_for(principal)
    with deps.read() as session:
        seen = repo.get(session, contract_id)
    may_see(seen, principal)
    require_action(seen, ContractAction.REVISE, uscc, deps.clock.now())
    terms = validated(draft.terms, uscc, deps.clock.now())
    text = text_of(deps, principal, terms, draft.source)
    digest = deps.blobs.put(text.data)
    with deps.write() as tx:
        contract = repo.get_for_update(tx.session, contract_id)
        require_action(contract, ContractAction.REVISE, uscc, tx.now)
        require_version(contract, if_version)
        after = _with_text(moved(contract, ContractAction.REVISE, tx.now), terms, text, digest)
        repo.replace_parties(tx.session, after)
        by = principal.client_id
        record_change(tx, after, facts.revised(after, by=by), Word(by, uscc))
        tx.commit()
    return after


def acting_for(principal: Principal) -> str:
    """The entity that a client signs for. Raises: ScopeMissing, NotYourEntity."""
    require(principal, Scope.SEAL_SIGN)
    if principal.entity_uscc is None:
        raise NotYourEntity()
    return principal.entity_uscc


def _create(
    deps: Deps, principal: Principal, draft: Draft, succession: _Succession | None
) -> ContractView:
    uscc = acting_for(principal)
    terms = validated(draft.terms, uscc, deps.clock.now())
    text = text_of(deps, principal, terms, draft.source)
    digest = deps.blobs.put(text.data)
    with deps.write() as tx:
        contract_id = time_ordered_id("ctr", tx.now, deps.rng.bytes(ID_BYTES))
        contract = _with_text(_empty(contract_id, uscc, tx.now), terms, text, digest)
        if succession is not None:
            contract = replace(contract, supersedes=succession.base_id, succession=succession.kind)
        repo.add(tx.session, contract)
        by = principal.client_id
        record_event(tx, contract, facts.created(contract, by=by), Word(by, uscc))
        tx.commit()
    return contract


def _empty(contract_id: str, uscc: str, now: datetime) -> ContractView:
    return ContractView(
        contract_id=contract_id,
        title="",
        number="",
        status=ContractStatus.DRAFT,
        status_since=now,
        version=1,
        initiator_uscc=uscc,
        order=SealingOrder.PARALLEL,
        deadline=now,
        media_type="",
        original_sha256="",
        current_sha256="",
        created_at=now,
        parties=(),
    )


def _with_text(
    contract: ContractView, terms: ContractTerms, text: Text, digest: str
) -> ContractView:
    template_id, version, data = text.template or (None, None, None)
    return replace(
        contract,
        title=terms.title,
        number=terms.number,
        order=terms.order,
        deadline=terms.deadline,
        parties=text.parties,
        media_type=text.media_type,
        original_sha256=digest,
        current_sha256=digest,
        template_id=template_id,
        template_version=version,
        clause_data=data,
    )
