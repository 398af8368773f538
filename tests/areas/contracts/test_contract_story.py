"""A contract from draft to conclusion, and everything that must not happen on the way."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing
from sealsvc.areas.contracts import service as contracts
from sealsvc.areas.contracts.model.contract import (
    ContractActorRefused,
    ContractAlreadySealed,
    ContractBaseChanged,
    ContractChanged,
    ContractConsentPending,
    ContractDeadlinePassed,
    ContractNotFound,
    ContractNotYourTurn,
    ContractReasonRequired,
    PartyRole,
    SuccessionKind,
)
from sealsvc.areas.contracts.model.lifecycle import (
    ContractAction,
    ContractIllegalTransition,
    ContractStatus,
)
from sealsvc.areas.contracts.model.template import Clause, ClauseDataInvalid, TemplateNotFound
from sealsvc.areas.contracts.model.terms import ContractInvalid, PartyDraft
from sealsvc.areas.contracts.model.views import ContractFilter
from sealsvc.areas.contracts.service import Draft, templates
from sealsvc.areas.contracts.service.text import (
    ContractPartyUnknown,
    TemplateText,
    TextFormat,
)
from sealsvc.areas.sealing.model import SealTypeNotAllowed
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.documents import UnsupportedFormat
from sealsvc.documents.keywords import KeywordNotFound
from sealsvc.documents.values import Straddle
from sealsvc.values import SealType, SubjectKind
from tests.areas.contracts.deal import (
    AUDITOR,
    DATA,
    STRANGER,
    TEMPLATE,
    Deal,
    in_turn,
)
from tests.areas.sealing.story import OPERATOR, A, B, Story, merchant, pdf

S, X = ContractStatus, ContractAction


def test_two_parties_conclude(deal: Deal) -> None:
    contract = deal.ready()
    first = deal.seal(contract, B, statement="我同意", statement_version="v1")
    assert (first.status, first.waiting_for) == (S.SIGNING, (A,))
    done = deal.seal(contract, A)
    assert done.status is S.CONCLUDED
    assert [step.uscc for step in done.steps] == [B, A]
    assert done.steps[1].digest_before == done.steps[0].digest_after
    assert done.steps[0].statement == "我同意"
    view, data = contracts.document(deal.deps, merchant(B), contract.contract_id)
    assert sha256(data).hexdigest() == view.current_sha256
    report = deal.story.verify(data)
    assert report["summary"] == "TRUSTED"
    assert len(report["signatures"]) == 2
    _, text = contracts.document(deal.deps, merchant(B), contract.contract_id, 0)
    assert text == pdf("Contract")
    kinds = [fact.type for fact in deal.story.facts(SubjectKind.CONTRACT, contract.contract_id)]
    assert kinds == [
        "contract.created",
        "contract.opened",
        "contract.seal_intended",
        "contract.sealed",
        "contract.seal_intended",
        "contract.sealed",
        "contract.concluded",
    ]
    for fact in deal.story.facts(SubjectKind.CONTRACT, contract.contract_id):
        assert fact.public() == {}


def test_the_order_is_kept(deal: Deal) -> None:
    contract = deal.ready(**in_turn())
    with pytest.raises(ContractNotYourTurn):
        deal.seal(contract, B)
    deal.seal(contract, A)
    with pytest.raises(ContractAlreadySealed):
        deal.seal(contract, A)
    assert deal.seal(contract, B).status is S.CONCLUDED
    with pytest.raises((ContractIllegalTransition, ContractAlreadySealed)):
        deal.seal(contract, B)


def test_nothing_is_sealed_too_late_or_too_early(deal: Deal) -> None:
    draft = deal.create()
    with pytest.raises(ContractIllegalTransition):
        deal.seal(draft, A)
    contract = deal.act(draft, X.OPEN, A)
    deal.story.clock.at = contract.deadline
    with pytest.raises(ContractDeadlinePassed):
        deal.seal(contract, A)
    assert contracts.expire_due(deal.deps) == 1
    assert contracts.expire_due(deal.deps) == 0
    assert deal.get(contract).status is S.EXPIRED


def test_a_failed_sealing_frees_the_slot(deal: Deal) -> None:
    contract = deal.ready()
    wrong = deal.story.seal(A, SealType.INVOICE)
    with pytest.raises(SealTypeNotAllowed):
        deal.seal(contract, A, seal_id=wrong.seal_id)
    with pytest.raises(KeywordNotFound):
        deal.seal(contract, A, place=PlaceWish(keyword="nowhere"))
    assert deal.get(contract).status is S.READY
    deal.seal(contract, A, place=PlaceWish(keyword="Contract"))


def test_only_parties_and_auditors_see_it(deal: Deal) -> None:
    draft = deal.create()
    who = merchant(B)
    with pytest.raises(ContractNotFound):
        contracts.get(deal.deps, who, draft.contract_id)
    assert contracts.search(deal.deps, who, ContractFilter()) == []
    assert deal.story.facts(SubjectKind.ENTITY, B) != []
    about_b = {fact.type for fact in deal.story.facts(SubjectKind.ENTITY, B)}
    assert "contract.created" not in about_b
    deal.act(draft, X.NEGOTIATE, A)
    assert contracts.get(deal.deps, who, draft.contract_id).status is S.NEGOTIATING
    assert len(contracts.search(deal.deps, who, ContractFilter())) == 1
    assert len(contracts.search(deal.deps, AUDITOR, ContractFilter())) == 1
    contracts.document(deal.deps, AUDITOR, draft.contract_id)
    with pytest.raises(NotYourEntity):
        contracts.search(deal.deps, OPERATOR, ContractFilter())
    with pytest.raises(ContractNotFound):
        contracts.get(deal.deps, OPERATOR, draft.contract_id)
    with pytest.raises(ScopeMissing):
        contracts.change(deal.deps, AUDITOR, draft.contract_id, X.OPEN)


def test_reject_withdraw_and_their_reasons(deal: Deal) -> None:
    contract = deal.ready()
    with pytest.raises(ContractReasonRequired):
        deal.act(contract, X.REJECT, B, reason=" ")
    with pytest.raises(ContractActorRefused):
        deal.act(contract, X.REJECT, A)
    with pytest.raises(ContractActorRefused):
        deal.act(contract, X.WITHDRAW, B)
    assert deal.act(contract, X.REJECT, B).status is S.REJECTED
    with pytest.raises(ContractIllegalTransition):
        deal.act(contract, X.WITHDRAW, A)
    other = deal.ready()
    deal.seal(other, B)
    with pytest.raises(ContractAlreadySealed):
        deal.act(other, X.REJECT, B)
    assert deal.act(other, X.WITHDRAW, A).status is S.WITHDRAWN
    with pytest.raises(ContractIllegalTransition):
        deal.seal(other, A)
    assert deal.act(other, X.ARCHIVE, A).status is S.ARCHIVED


def test_termination_takes_two(deal: Deal) -> None:
    contract = deal.concluded()
    proposed = deal.act(contract, X.TERMINATE, A)
    assert proposed.status is S.CONCLUDED
    with pytest.raises(ContractConsentPending):
        deal.act(contract, X.TERMINATE, A)
    assert deal.act(contract, X.TERMINATE, B).status is S.TERMINATED


def test_an_amendment_replaces_once_concluded(deal: Deal) -> None:
    old = deal.concluded()
    draft = Draft(deal.terms(title="补充协议"), pdf("Amended"))
    new, rival = (
        contracts.amend(deal.deps, merchant(A), old.contract_id, draft, SuccessionKind.AMENDMENT)
        for _ in range(2)
    )
    assert deal.get(old).status is S.CONCLUDED
    for one in (new, rival):
        deal.act(one, X.OPEN, A)
    deal.seal(rival, A)
    deal.seal(new, A)
    assert deal.seal(new, B).status is S.CONCLUDED
    replaced = deal.get(old)
    assert (replaced.status, replaced.superseded_by) == (S.AMENDED, new.contract_id)
    assert contracts.document(deal.deps, merchant(B), old.contract_id)[1]
    with pytest.raises(ContractBaseChanged):
        deal.seal(rival, B)
    with pytest.raises(ContractBaseChanged):
        contracts.amend(deal.deps, merchant(B), old.contract_id, draft, SuccessionKind.AMENDMENT)


def test_revise_before_opening(deal: Deal) -> None:
    contract = deal.create()
    draft = Draft(deal.terms(title="另一合同"), pdf("Other"))
    who = merchant(A)
    with pytest.raises(ContractChanged):
        contracts.revise(deal.deps, who, contract.contract_id, draft, 9)
    revised = contracts.revise(deal.deps, who, contract.contract_id, draft, 1)
    assert (revised.title, revised.status) == ("另一合同", S.DRAFT)
    assert revised.current_sha256 != contract.current_sha256
    deal.act(contract, X.OPEN, A)
    with pytest.raises(ContractIllegalTransition):
        contracts.revise(deal.deps, who, contract.contract_id, draft)


@pytest.mark.parametrize("kind", list(TextFormat))
def test_from_a_template(deal: Deal, kind: TextFormat) -> None:
    template = templates.publish(deal.deps, merchant(A), TEMPLATE)
    contract = deal.ready(TemplateText(template.template_id, DATA, format=kind))
    assert contract.template_version == 1
    assert all(party.place is not None for party in contract.parties)
    again = templates.publish(deal.deps, merchant(A), TEMPLATE, template.template_id)
    assert again.version == 2
    old = templates.get(deal.deps, merchant(A), template.template_id, 1)
    assert old.draft == templates.validated_template(TEMPLATE)
    with pytest.raises(TemplateNotFound):
        templates.get(deal.deps, merchant(B), template.template_id)
    if kind is TextFormat.PDF:
        deal.seal(contract, A, place=None)
        done = deal.seal(contract, B, place=PlaceWish(keyword="乙方（盖章）"))
        data = contracts.document(deal.deps, merchant(B), done.contract_id)[1]
        assert deal.story.verify(data)["summary"] == "TRUSTED"


def test_an_ofd_contract_with_a_straddle_seal(deps, clock) -> None:  # type: ignore[no-untyped-def]
    deal = Deal(Story(deps, clock).open(national=True)).open()
    long = replace(TEMPLATE, clauses=(*TEMPLATE.clauses, Clause("附则", "约定" * 700)))
    template = templates.publish(deal.deps, OPERATOR, long)
    source = TemplateText(template.template_id, DATA, format=TextFormat.OFD)
    contract = deal.ready(source)
    deal.seal(contract, A, place=None, straddle=Straddle())
    deal.seal(contract, B, place=None)
    data = contracts.document(deal.deps, merchant(B), contract.contract_id)[1]
    report = deal.story.verify(data)
    assert report["summary"] == "TRUSTED", report["findings"]


def test_malformed_terms(deal: Deal) -> None:
    a, b = PartyDraft(A, PartyRole.SELLER), PartyDraft(B, PartyRole.BUYER)
    bad: list[dict[str, object]] = [
        {"title": " "},
        {"title": "x" * 121},
        {"number": "\u202e"},
        {"parties": (a,)},
        {"parties": (a, a)},
        {"parties": (b, PartyDraft(STRANGER, PartyRole.OTHER))},
        {"parties": (a, PartyDraft("123", PartyRole.BUYER))},
        {"parties": (a, PartyDraft(B, PartyRole.COPY))},
        {"parties": (a, b) * 11},
        {"deadline": deal.story.clock.now()},
        {"deadline": deal.story.clock.now() + timedelta(days=4000)},
    ]
    for changed in bad:
        with pytest.raises(ContractInvalid):
            deal.create(**changed)
    with pytest.raises(ContractPartyUnknown):
        deal.create(parties=(a, PartyDraft(STRANGER, PartyRole.BUYER)))
    with pytest.raises(UnsupportedFormat):
        deal.create(b"not a document")
    with pytest.raises(KeywordNotFound):
        deal.create(parties=(a, PartyDraft(B, PartyRole.BUYER, keyword="nowhere")))
    template = templates.publish(deal.deps, merchant(A), TEMPLATE)
    for data in ({}, {**DATA, "count": "ten"}, {**DATA, "price": "1.234"}, {**DATA, "more": "x"}):
        with pytest.raises(ClauseDataInvalid):
            deal.create(TemplateText(template.template_id, data))  # type: ignore[arg-type]
