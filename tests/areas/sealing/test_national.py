"""The same business in PDF/P-256, PDF/SM2 and OFD/SM2: one vocabulary, one verdict."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sealsvc.areas.certs.model import NATIONAL_SUITE
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.sealing.model import SealingSuiteInvalid, StraddleNotSupported
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import SealNotYours, SealSuiteMissing
from sealsvc.documents.ofd.contract_pages import OfdContract, write_contract
from sealsvc.documents.values import Straddle
from sealsvc.formats import parse_seal
from sealsvc.formats.check import check_seal
from sealsvc.formats.problems import failing
from sealsvc.formats.values import SealVersion, SignatureOutcome
from sealsvc.values import DocumentRole, SealType
from tests.areas.conftest import SettableClock
from tests.areas.sealing.story import APPROVER, OPERATOR, A, B, Story, codes, merchant


def plain_ofd(pages: int = 1) -> bytes:
    return write_contract(
        OfdContract(
            document_id="0123456789abcdef0123456789abcdef",
            title="买卖合同",
            paragraphs=("第一条 标的：示例茶叶十箱。",),
            made_at=datetime(2026, 11, 21, tzinfo=UTC),
            least_pages=pages,
        )
    )


@pytest.fixture
def story(deps: Deps, clock: SettableClock) -> Story:
    return Story(deps, clock).open(national=True)


def test_a_seal_is_issued_with_both_certificates_and_its_eseal(story: Story) -> None:
    seal = story.seal()
    held = seals.current(story.deps, seal)
    assert [one.suite for one in held] == ["ecdsa-p256-sha256", NATIONAL_SUITE]
    reading = check_seal(parse_seal(seals.eseal(story.deps, seal)))
    assert failing(reading.problems) == ()
    assert reading.maker_signature is SignatureOutcome.VERIFIES
    assert (reading.seal_id, reading.version) == (seal.seal_id, SealVersion.V4)
    with pytest.raises(SealNotYours):
        seals.show_eseal(story.deps, merchant(B), seal.seal_id)


@pytest.mark.parametrize("version", list(SealVersion)[1:])
@pytest.mark.parametrize("list_type", [1, 2])
def test_every_configured_form_is_trusted(
    story: Story, version: SealVersion, list_type: int
) -> None:
    config = replace(story.deps.config, eseal_version=version, eseal_list_type=list_type)
    story.deps = replace(story.deps, config=config)
    sealed = story.invoice(story.seal(), plain_ofd()).sealed
    assert story.verify(sealed)["summary"] == "TRUSTED"


def test_three_forms_of_one_case_get_one_verdict(story: Story) -> None:
    seal = story.seal()
    sealed = (
        story.invoice(seal).sealed,
        story.use(
            seal, role=DocumentRole.INVOICE, seller_uscc=seal.owner_uscc, suite=NATIONAL_SUITE
        ).sealed,
        story.invoice(seal, plain_ofd()).sealed,
    )
    reports = [story.verify(data) for data in sealed]
    assert [report["summary"] for report in reports] == ["TRUSTED"] * 3
    for member in ("indication", "subIndications", "axes"):
        assert len({str(report[member]) for report in reports}) == 1, member
    assert len({frozenset(codes(report)) for report in reports}) == 1


def test_seller_and_seal_disagree_in_every_form(story: Story) -> None:
    seal = story.seal(B)
    forms = (None, plain_ofd())
    for data in forms:
        sealed = story.use(seal, data, role=DocumentRole.INVOICE, seller_uscc=A).sealed
        report = story.verify(sealed)
        assert report["summary"] == "INVALID"
        assert "SELLER_SEAL_MISMATCH" in codes(report)


def test_the_owners_default_decides_for_pdf(story: Story) -> None:
    seal = story.seal()
    entities.change(story.deps, OPERATOR, A, {"sealing_suite": NATIONAL_SUITE})
    report = story.verify(story.invoice(seal).sealed)
    assert report["summary"] == "TRUSTED"
    assert "sm2" in str(report["signatures"][0]).lower()


def test_two_parties_and_a_straddle_seal(story: Story) -> None:
    pages = plain_ofd(6)
    first, second = story.seal(A, SealType.CONTRACT), story.seal(B, SealType.CONTRACT)
    once = story.use(first, pages, straddle=Straddle(), place=PlaceWish(page=1, x_mm=20, y_mm=20))
    twice = story.use(second, once.sealed, place=PlaceWish(page=1, x_mm=90, y_mm=20))
    report = story.verify(twice.sealed)
    assert report["summary"] == "TRUSTED"
    assert len(report["signatures"]) == 2
    assert "FURTHER_SEAL_ADDED" in codes(report)


def test_a_revoked_seal_stays_good_for_what_it_sealed_before(story: Story) -> None:
    seal = story.seal()
    sealed = story.invoice(seal, plain_ofd()).sealed
    story.change(seal, SealAction.REVOKE)
    report = story.verify(sealed)
    assert report["summary"] == "TRUSTED"
    assert "SEAL_STATUS_CHANGED_SINCE" in codes(report)


def test_reissue_keeps_the_keys_and_what_was_sealed(story: Story) -> None:
    seal = story.seal()
    before = story.invoice(seal, plain_ofd()).sealed
    held = seals.current(story.deps, seal)
    again = seals.reissue(story.deps, APPROVER, seal.seal_id)
    renewed = seals.current(story.deps, again)
    assert [one.key_ref for one in renewed] == [one.key_ref for one in held]
    assert {one.cert_serial for one in renewed}.isdisjoint({one.cert_serial for one in held})
    assert again.status_since == seal.status_since
    after = story.invoice(again, plain_ofd()).sealed
    for data in (before, after):
        assert story.verify(data)["summary"] == "TRUSTED"


def test_refusals(story: Story) -> None:
    seal = story.seal()
    with pytest.raises(SealingSuiteInvalid):
        story.use(seal, plain_ofd(), suite="ecdsa-p256-sha256")
    with pytest.raises(SealSuiteMissing):
        story.use(seal, suite="rsa2048-sha256")
    with pytest.raises(StraddleNotSupported):
        story.use(seal, straddle=Straddle())


def test_without_a_national_domain_ofd_is_refused(deps: Deps, clock: SettableClock) -> None:
    story = Story(deps, clock).open()
    with pytest.raises(SealSuiteMissing):
        story.use(story.seal(), plain_ofd())
