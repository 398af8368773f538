from dataclasses import replace
from hashlib import sha256

import pytest

from sealsvc.areas.certs import service as certs
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.model import SealingNotFound, SealingStatus
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.seals.model import SealAction
from sealsvc.values import DocumentRole, SealType, SubjectKind
from tests.areas.sealing.story import REGULATOR, A, B, Story, codes, merchant, pdf
from tests.builders.pdf import sealed_once


def test_an_invoice_is_sealed_logged_and_trusted(story: Story) -> None:
    seal = story.seal()
    result = story.invoice(seal)
    view = result.view
    assert view.status is SealingStatus.COMPLETED
    assert view.sealed_sha256 == sha256(result.sealed).hexdigest()
    assert result.view.warnings == ()
    facts = story.facts(SubjectKind.SEALING, view.sealing_id)
    assert [fact.type for fact in facts] == ["sealing.authorised", "sealing.completed"]
    assert [fact.fact_id for fact in facts] == [view.authorised_fact_id, view.completed_fact_id]
    for fact in facts:
        assert fact.public() == {}
        assert {(SubjectKind.SEAL, seal.seal_id), (SubjectKind.ENTITY, A)} <= {
            (one.kind, one.id) for one in fact.subjects
        }
    completed = facts[1].opened()
    assert completed is not None
    assert completed["digest"] == view.sealed_sha256
    assert completed["declaration"] == {"role": "invoice", "sellerUscc": A, "partyUsccs": []}
    assert sealing.document(story.deps, merchant(A), view.sealing_id) == (view, result.sealed)
    report = story.verify(result.sealed)
    assert report["summary"] == "TRUSTED", report["findings"]
    assert set(report["axes"].values()) == {"PASSED"}


def test_two_parties_seal_a_contract(story: Story) -> None:
    first, second = story.seal(A, SealType.CONTRACT), story.seal(B, SealType.CONTRACT)
    terms = {"role": DocumentRole.CONTRACT, "number": "HT-1", "party_usccs": (A, B)}
    once = story.use(first, pdf("Contract", 3), **terms)
    twice = story.use(second, once.sealed, **terms)
    report = story.verify(twice.sealed)
    assert report["summary"] == "TRUSTED", report["findings"]
    assert report["signaturesCount"] == 2
    pictures = [one["picture"] for one in report["signatures"]]
    assert [one["page"] for one in pictures] == [3, 3]
    assert pictures[0] != pictures[1]  # the second stands beside the first
    assert once.view.warnings == twice.view.warnings == ()


def test_the_same_seal_twice_takes_a_fresh_certificate(story: Story) -> None:
    seal = story.seal(A, SealType.CONTRACT)
    once = story.use(seal)
    twice = story.use(seal, once.sealed)
    thrice = story.use(seal, twice.sealed)
    serials = [one.view.cert_serial for one in (once, twice, thrice)]
    assert len(set(serials)) == 3
    held = certs.of_seal(story.deps, seal.seal_id)
    assert {one.serial_hex for one in held} == set(serials)
    assert len({one.key_ref for one in held}) == 1
    assert {one.not_after for one in held} == {held[0].not_after}
    assert story.verify(thrice.sealed)["summary"] == "TRUSTED"
    # Another document takes one of those that are there.
    story.use(seal, pdf("other"))
    assert len(certs.of_seal(story.deps, seal.seal_id)) == 3


def test_a_seal_beside_a_foreign_one(story: Story) -> None:
    seal = story.seal(A, SealType.CONTRACT)
    story.clock.forward(hours=1)  # the foreign one says that it was signed at 09:30
    report = story.verify(story.use(seal, sealed_once()).sealed)
    foreign, own = report["signatures"]
    assert own["axes"]["sealAuthority"] == "PASSED"
    assert foreign["axes"]["integrity"] == "PASSED"
    assert report["summary"] == "INTACT"


def test_an_invisible_seal_and_one_at_a_given_place(story: Story) -> None:
    seal = story.seal(A, SealType.CONTRACT)
    hidden = story.use(seal, place=PlaceWish(invisible=True))
    assert hidden.view.placement is None
    assert story.verify(hidden.sealed)["signatures"][0]["picture"] is None
    shown = story.use(seal, place=PlaceWish(1, 20, 30, 35))
    picture = story.verify(shown.sealed)["signatures"][0]["picture"]
    assert (picture["page"], picture["xMm"], picture["yMm"]) == (1, 20, 30)
    assert picture["widthMm"] == 35


def test_sealed_before_a_suspension_stays_trusted(story: Story) -> None:
    seal = story.seal()
    result = story.invoice(seal)
    story.change(seal, SealAction.SUSPEND)
    report = story.verify(result.sealed)
    assert report["summary"] == "TRUSTED", report["findings"]
    shown = report["signatures"][0]["seal"]
    assert (shown["statusAtSigning"], shown["statusNow"]) == ("ACTIVE", "SUSPENDED")
    assert "SEAL_STATUS_CHANGED_SINCE" in codes(report)


@pytest.mark.parametrize("action", [SealAction.REVOKE, SealAction.REPORT_LOST])
def test_revoked_after_a_logged_sealing_stays_trusted(story: Story, action: SealAction) -> None:
    seal = story.seal()
    result = story.invoice(seal)
    story.clock.forward(hours=1)
    story.change(seal, action, merchant(A))
    report = story.verify(result.sealed)
    assert report["summary"] == "TRUSTED", report["findings"]
    assert "SEAL_STATUS_CHANGED_SINCE" in codes(report)


def test_a_foreign_seller_is_sealed_with_a_warning_and_judged_invalid(story: Story) -> None:
    seal = story.seal()
    result = story.use(seal, role=DocumentRole.INVOICE, seller_uscc=B)
    assert result.view.warnings == ("SELLER_SEAL_MISMATCH",)
    report = story.verify(result.sealed)
    assert report["summary"] == "INVALID"
    assert "SELLER_SEAL_MISMATCH" in codes(report)


def test_a_stranger_among_the_parties_is_warned(story: Story) -> None:
    seal = story.seal(A, SealType.CONTRACT)
    result = story.use(seal, role=DocumentRole.CONTRACT, party_usccs=(B,))
    assert result.view.warnings == ("CONTRACT_PARTY_MISMATCH",)
    assert story.verify(result.sealed)["summary"] == "INVALID"


def test_owner_and_auditor_see_a_sealing_and_nobody_else(story: Story) -> None:
    result = story.invoice(story.seal())
    sealing_id = result.view.sealing_id
    for viewer in (merchant(A), REGULATOR):
        assert sealing.get(story.deps, viewer, sealing_id) == result.view
        assert sealing.document(story.deps, viewer, sealing_id)[1] == result.sealed
    auditor_of_b = replace(REGULATOR, entity_uscc=B)
    nobody = replace(REGULATOR, scopes=frozenset())
    for stranger in (merchant(B), auditor_of_b, nobody):
        with pytest.raises(SealingNotFound):
            sealing.get(story.deps, stranger, sealing_id)
        with pytest.raises(SealingNotFound):
            sealing.document(story.deps, stranger, sealing_id)
    with pytest.raises(SealingNotFound):
        sealing.get(story.deps, merchant(A), "slg_unknown")
