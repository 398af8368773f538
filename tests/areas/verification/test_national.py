"""OFD for people: pages drawn, seals framed and compared, checked offline; SQLite is enough."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.transparency import service as transparency
from sealsvc.areas.transparency.model import Receipt
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.comparing import whole_place
from sealsvc.areas.verification.model import VerificationRequest
from sealsvc.areas.verification.offline import OfflineMaterial, verify_offline
from sealsvc.areas.verification.previewing import PAGES_LIMIT, Preview, preview_of
from sealsvc.areas.verification.reading import read_document
from sealsvc.areas.verification.service import ComparisonRequest
from sealsvc.areas.verification.showing import ShownVerdict, verify_and_show
from sealsvc.documents import UnsupportedFormat
from sealsvc.documents.ofd import OFD
from sealsvc.documents.values import StampBox, Straddle
from sealsvc.ports import ResourceLimit
from sealsvc.storage.logbook import Logbook
from sealsvc.tlog.policy import policy_of_key
from sealsvc.values import SealType
from sealsvc.verify.indications import AxisResult, Summary
from sealsvc.verify.messages import Axis
from tests.areas.conftest import SettableClock
from tests.areas.sealing.story import SHOP, A, B, Story, merchant, pdf
from tests.areas.sealing.test_national import plain_ofd
from tests.builders import ofd, seals

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

PLACE = PlaceWish(page=1, x_mm=120, y_mm=100, width_mm=40)
RED = (220, 0, 0)


@pytest.fixture
def story(deps: Deps, clock: SettableClock) -> Story:
    return Story(deps, clock).open(national=True)


def shown(story: Story, data: bytes) -> ShownVerdict:
    return verify_and_show(story.deps, VerificationRequest(data, "file.ofd"))


def preview(data: bytes, sandbox: Any = None) -> Preview:
    found = preview_of(sandbox or InlineSandbox(), data, OFD.read(data))
    assert found is not None
    return found


def picture(png: str | None) -> Image.Image:
    assert png is not None
    return Image.open(BytesIO(b64decode(png))).convert("RGB")


@on_sqlite
def test_pages_are_drawn_and_seals_framed(story: Story) -> None:
    first, second = story.seal(A, SealType.CONTRACT), story.seal(B, SealType.CONTRACT)
    once = story.use(
        first, plain_ofd(6), straddle=Straddle(), place=PlaceWish(page=6, x_mm=20, y_mm=20)
    )
    twice = story.use(second, once.sealed, place=PlaceWish(page=6, x_mm=90, y_mm=20))
    verdict = shown(story, twice.sealed)
    assert verdict.report["summary"] == "TRUSTED"
    assert verdict.changes == {}  # an OFD does not hold what it was
    assert "seal.eseal_intended" not in {event.key for event in verdict.timeline}
    assert verdict.preview is not None
    assert list(verdict.preview.numbers.values()) == [1, 2]
    one, two = verdict.preview.numbers
    pages = verdict.preview.pages
    assert [page.page for page in pages] == [1, 2, 3, 6]
    assert [page.seals for page in pages] == [(one,), (one,), (one,), (one, two)]
    assert verdict.preview.page_count == 6
    assert {page.notes for page in pages} == {()}
    last = picture(pages[-1].png)
    scale = last.width / 210
    for left in (20, 90):
        assert last.getpixel((round(left * scale) + 30, round(20 * scale))) == RED
    assert picture(pages[1].png).getpixel((30, 30)) == (255, 255, 255)


@on_sqlite
def test_only_an_ofd_has_a_preview(story: Story) -> None:
    assert shown(story, pdf()).preview is None
    unsigned = shown(story, plain_ofd())
    assert unsigned.report["summary"] == "UNSIGNED"
    assert unsigned.preview is not None
    assert [page.seals for page in unsigned.preview.pages] == [()]


def test_what_is_not_drawn_is_noted() -> None:
    parts = ofd.unsigned()
    parts["Doc_0/Pages/Page_0/Content.xml"] = ofd.page("\ue0f0" * 3)
    first, second = preview(ofd.pack(parts)).pages
    assert any(note.startswith("missing glyphs") for note in first.notes), first.notes
    assert not any(note.startswith("missing glyphs") for note in second.notes)


def test_a_page_that_cannot_be_drawn_costs_only_itself() -> None:
    parts = ofd.unsigned()
    parts["Doc_0/Pages/Page_0/Content.xml"] = b"<broken"
    first, second = preview(ofd.pack(parts)).pages
    assert first.png is None
    assert second.png is not None


class Exhausted(InlineSandbox):
    """Every call costs too much; counts them."""

    calls = 0

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        raise ResourceLimit(limit="time")


def test_a_page_that_is_too_heavy_is_the_last_one_tried() -> None:
    sandbox = Exhausted()
    found = preview(ofd.pack(ofd.unsigned(9)), sandbox)
    assert [page.png for page in found.pages] == [None]
    assert sandbox.calls == 1


def test_pages_and_frames_are_bounded() -> None:
    stamps = "".join(
        f'<ofd:StampAnnot ID="s{number}" PageRef="{number % 9 + 1}" Boundary="-9 -9 400 400"/>'
        for number in range(90)
    )
    data = ofd.pack(ofd.signed(ofd.unsigned(9), ofd.Signing(stamps=stamps)))
    assert len(preview(data).pages) == PAGES_LIMIT


@on_sqlite
def test_a_sealed_ofd_agrees_with_the_register(story: Story) -> None:
    seal = story.seal(A, SealType.CONTRACT)
    sealed = story.use(seal, plain_ofd(), place=PLACE).sealed
    request = ComparisonRequest(sealed, seal.seal_id, with_picture=True)
    found = verification.compare(story.deps, merchant(A), request)
    assert found.media_type == "application/ofd"
    (one,) = found.signatures
    assert [item.agrees for item in one.fields] == [True, True, True, True, None]
    assert one.picture is not None
    assert one.picture.rgba_identical
    assert one.picture.rendered is not None
    assert 0.8 < one.picture.rendered.distance.ink_overlap <= 1
    assert one.picture.rendered.difference_png is not None
    other = story.seal(B, SealType.CONTRACT)
    request = ComparisonRequest(sealed, other.seal_id)
    (apart,) = verification.compare(story.deps, SHOP, request).signatures
    assert {item.field for item in apart.fields if item.agrees} == {"sealName"}
    assert apart.picture is not None
    assert not apart.picture.rgba_identical


@on_sqlite
def test_slices_are_not_measured_as_if_they_were_the_seal(story: Story) -> None:
    seal = story.seal(A, SealType.CONTRACT)
    nowhere = PlaceWish(invisible=True)
    sealed = story.use(seal, plain_ofd(3), straddle=Straddle(), place=nowhere).sealed
    (one,) = verification.compare(
        story.deps, SHOP, ComparisonRequest(sealed, seal.seal_id)
    ).signatures
    assert one.picture is not None
    assert one.picture.rgba_identical
    assert one.picture.rendered is None
    (reading,) = OFD.read(sealed).signatures
    assert whole_place(reading) is None
    whole = StampBox(2, 1.0, 2.0, 3.0, 4.0)
    place = whole_place(replace(reading, stamps=(*reading.stamps, whole)))
    assert place is not None
    assert (place.page, place.x_mm, place.height_mm) == (2, 1.0, 4.0)


@on_sqlite
def test_offline_with_roots_lists_and_a_receipt(story: Story, logbook: Logbook) -> None:
    result = story.invoice(story.seal(), plain_ofd())
    logbook.sequence()
    receipt = transparency.receipt(
        story.deps, logbook, str(result.view.completed_fact_id), merchant(A)
    )
    assert isinstance(receipt, Receipt)
    material = certs.trust_material(story.deps)
    brought = OfflineMaterial(
        anchors_der=material.anchors_der,
        issuers_der=material.issuers_der,
        crls_der=material.crls_der,
        receipts=(receipt.text,),
        log_policy=policy_of_key(transparency.key(logbook)),
    )

    def judged(data: bytes, brought: OfflineMaterial) -> Any:
        return verify_offline(data, brought, sandbox=story.deps.sandbox, clock=story.clock)

    report = judged(result.sealed, brought)
    assert report.summary is Summary.INTACT, [item.code for item in report.findings]
    assert report.axes[Axis.TRUST] is AxisResult.PASSED
    assert report.axes[Axis.SEAL_AUTHORITY] is AxisResult.NOT_CHECKED
    assert report.signatures[0].view.poe_sources == ("LOG",)
    without = judged(result.sealed, replace(brought, crls_der=()))
    assert without.summary is Summary.INDETERMINATE
    nobody = judged(result.sealed, OfflineMaterial())
    assert nobody.summary in (Summary.INTACT, Summary.INDETERMINATE)


def test_bare_seals_and_values_are_named_and_refused() -> None:
    bare = {seals.default_seal(): "bare SEAL", seals.make_signature(): "bare SIGNATURE"}
    for data, contains in bare.items():
        with pytest.raises(UnsupportedFormat) as refused:
            read_document(InlineSandbox(), data)
        assert refused.value.fields == {"contains": contains}
    for data in (b"", b"0", b"M", b"0\x80", b"GIF89a", seals.certificate("signer")):
        with pytest.raises(UnsupportedFormat) as refused:
            read_document(InlineSandbox(), data)
        assert refused.value.fields == {}
