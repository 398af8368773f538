"""Reports as they are kept: evidence beside them, the same bytes again, one page under a seal."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.model import SealTypeNotAllowed
from sealsvc.areas.sealing.service.report import OperatorSealMissing, sealed_report
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest
from sealsvc.areas.verification import keeping
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.model import (
    EvidenceNotKept,
    VerificationNotFound,
    VerificationRequest,
    VerificationView,
)
from sealsvc.values import SealStatus, SealType, SubjectKind
from sealsvc.verify.record import EvidenceRecordInvalid
from tests.areas.sealing.story import APPROVER, A, B, Story, codes, merchant, pdf


def kept(story: Story, data: bytes) -> VerificationView:
    return verification.verify(story.deps, None, VerificationRequest(data, "file.pdf"))


def body(view: VerificationView) -> dict[str, Any]:
    shape: dict[str, Any] = json.loads(view.body)
    return shape


@pytest.fixture
def with_operator(story: Story) -> Story:
    """B runs the service; its report seal comes into being as any seal does."""
    story.deps = replace(story.deps, config=replace(story.deps.config, operator_uscc=B))
    applied = seals.apply(story.deps, merchant(B), sealing.report_seal(B))
    seals.change(story.deps, APPROVER, applied.seal_id, ChangeRequest(SealAction.APPROVE))
    seals.issue(story.deps, APPROVER, applied.seal_id)
    story.clock.forward(minutes=1)
    return story


def test_a_replay_gives_the_same_bytes(story: Story) -> None:
    view = kept(story, story.invoice(story.seal()).sealed)
    record = keeping.evidence_of(story.deps, view)
    assert keeping.replay(InlineSandbox(), body(view), record).same


def test_a_replay_after_the_world_has_changed_is_still_the_same(story: Story) -> None:
    seal = story.seal()
    view = kept(story, story.invoice(seal).sealed)
    story.change(seal, SealAction.REVOKE)
    story.clock.forward(days=400)
    record = keeping.evidence_of(story.deps, view)
    assert keeping.replay(InlineSandbox(), body(view), record).same


@pytest.mark.parametrize(
    ("member", "value"),
    [("summary", "TRUSTED"), ("signaturesCount", 7), ("sentence", "好"), ("extra", 1)],
)
def test_a_doctored_report_is_named(story: Story, member: str, value: object) -> None:
    view = kept(story, pdf())
    doctored = {**body(view), member: value}
    outcome = keeping.replay(InlineSandbox(), doctored, keeping.evidence_of(story.deps, view))
    assert not outcome.same
    assert outcome.differing == (member,)


def test_reordered_members_are_not_the_same_bytes(story: Story) -> None:
    view = kept(story, pdf())
    turned = dict(reversed(body(view).items()))
    outcome = keeping.replay(InlineSandbox(), turned, keeping.evidence_of(story.deps, view))
    assert not outcome.same
    assert outcome.differing == ()


def test_a_damaged_record_is_refused(story: Story) -> None:
    view = kept(story, pdf())
    record = keeping.evidence_of(story.deps, view)
    with pytest.raises(EvidenceRecordInvalid):
        keeping.replay(InlineSandbox(), body(view), record[:-1])


def test_another_policy_than_this_engine_has_is_said(story: Story) -> None:
    view = kept(story, pdf())
    foreign = {**body(view), "policy": {"digest": "00"}}
    with pytest.raises(EvidenceNotKept):
        keeping.replay(InlineSandbox(), foreign, keeping.evidence_of(story.deps, view))


def test_the_record_holds_no_document(story: Story) -> None:
    secret = b"Rechnung 4711"
    data = pdf("Rechnung 4711")
    view = kept(story, story.use(story.seal(kind=SealType.CONTRACT), data).sealed)
    record = keeping.evidence_of(story.deps, view)
    assert secret not in record
    assert len(record) < len(data) + 20_000


@pytest.mark.parametrize("level", ["detailed", "diagnostic"])
def test_levels_show_all_that_the_simple_one_shows(story: Story, level: str) -> None:
    view = kept(story, story.invoice(story.seal()).sealed)
    shape = keeping.shape_of(story.deps, view, level)
    assert shape["level"] == level
    assert {name: shape[name] for name in body(view)} == body(view)


def test_etsi_xml_says_the_same(story: Story) -> None:
    view = kept(story, story.invoice(story.seal()).sealed)
    tree = etree.fromstring(keeping.etsi(story.deps, view))
    status = "//*[local-name()='SignatureValidationStatus']/*[local-name()='MainIndication']"
    assert [one.text for one in tree.xpath(status)] == [
        "urn:etsi:019102:mainindication:total-passed"
    ]


def test_the_sealed_page_is_trusted_and_made_once(with_operator: Story) -> None:
    story = with_operator
    view = kept(story, story.invoice(story.seal(A)).sealed)
    page = sealed_report(story.deps, view.verification_id)
    again = sealed_report(story.deps, view.verification_id)
    assert page == again
    judged = story.verify(page)
    assert judged["summary"] == "TRUSTED", codes(judged)
    assert judged["signatures"][0]["seal"]["ownerUscc"] == B


def test_many_who_ask_at_once_get_the_same_page(with_operator: Story) -> None:
    story = with_operator
    view = kept(story, pdf())
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(sealed_report, story.deps, view.verification_id) for _ in range(4)]
    assert len({one.result() for one in asked}) == 1
    completed = [
        one for one in story.facts(SubjectKind.ENTITY, B) if one.type == "sealing.completed"
    ]
    assert len(completed) == 1


def test_the_page_of_a_bad_verdict_is_sealed_too(with_operator: Story) -> None:
    story = with_operator
    view = kept(story, pdf())
    assert body(view)["summary"] == "UNSIGNED"
    assert story.verify(sealed_report(story.deps, view.verification_id))["summary"] == "TRUSTED"


def test_without_an_operator_there_is_no_sealed_page(story: Story) -> None:
    view = kept(story, pdf())
    with pytest.raises(OperatorSealMissing):
        sealed_report(story.deps, view.verification_id)


def test_a_suspended_report_seal_seals_nothing(with_operator: Story) -> None:
    story = with_operator
    (seal,) = sealing.operator_seals(story.deps)
    assert seal.status is SealStatus.ACTIVE
    story.change(seal, SealAction.SUSPEND)
    view = kept(story, pdf())
    with pytest.raises(OperatorSealMissing):
        sealed_report(story.deps, view.verification_id)


def test_an_unknown_report_has_no_page(with_operator: Story) -> None:
    with pytest.raises(VerificationNotFound):
        sealed_report(with_operator.deps, "vr_" + "a" * 26)


def test_the_report_seal_fits_no_invoice(with_operator: Story) -> None:
    (seal,) = sealing.operator_seals(with_operator.deps)
    with pytest.raises(SealTypeNotAllowed):
        with_operator.invoice(seal, pdf())
