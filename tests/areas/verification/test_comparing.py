import io
from dataclasses import replace

import pytest
from PIL import Image

from sealsvc.areas.access.model import ScopeMissing
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealNotFound, SealNotYours, SealView
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.comparing import (
    Comparison,
    RegisteredFacts,
    compare_picture,
    picture_format,
)
from sealsvc.areas.verification.service import ComparisonRequest
from sealsvc.documents import UnsupportedFormat
from sealsvc.imprint.picture import ImprintPictureUnreadable
from sealsvc.values import Principal, SealId, SealType
from tests.areas.sealing.story import SHOP, A, B, Story, merchant, pdf
from tests.builders.pdf import imprint, sealed_once


@pytest.fixture
def seal(story: Story) -> SealView:
    return story.seal(A, SealType.CONTRACT)


def compare(
    story: Story, seal: SealView, data: bytes, who: Principal = SHOP, *, drawn: bool = False
) -> Comparison:
    return verification.compare(story.deps, who, ComparisonRequest(data, seal.seal_id, drawn))


def as_jpeg(png: bytes, side: int) -> bytes:
    with Image.open(io.BytesIO(png)) as image:
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image.getchannel("A"))
    out = io.BytesIO()
    paper.resize((side, side)).save(out, "JPEG")
    return out.getvalue()


def test_our_own_document_agrees_in_every_field(story: Story, seal: SealView) -> None:
    found = compare(story, seal, story.use(seal).sealed)
    (one,) = found.signatures
    assert {item.field: item.agrees for item in one.fields} == {
        "ownerUscc": True,
        "ownerName": True,
        "sealName": True,
        "certificateSerial": True,
        "sealType": None,
    }
    assert one.picture is not None
    assert one.picture.rgba_identical
    assert one.picture.distance.pixel_identical
    assert one.picture.distance.ink_overlap == 1
    size = one.picture.size
    assert size is not None
    assert size.shown_width_mm == pytest.approx(size.registered_width_mm, abs=0.01)
    assert (found.kind, found.picture) == ("document", None)
    assert one.picture.difference_png is None


def test_anothers_seal_agrees_in_nothing_but_names_alike(story: Story, seal: SealView) -> None:
    other = story.seal(B, SealType.CONTRACT)
    (one,) = compare(story, other, story.use(seal).sealed).signatures
    agreed = {item.field for item in one.fields if item.agrees}
    assert agreed == {"sealName"}
    assert one.picture is not None
    assert not one.picture.rgba_identical


def test_a_foreign_and_an_unsigned_document(story: Story, seal: SealView) -> None:
    (one,) = compare(story, seal, sealed_once()).signatures
    serial = next(item for item in one.fields if item.field == "certificateSerial")
    assert (serial.registered, serial.agrees) == (None, False)
    assert compare(story, seal, pdf()).signatures == ()


def test_pictures(story: Story, seal: SealView) -> None:
    registered = seals.imprint(story.deps, seal.seal_id)
    same = compare(story, seal, registered).picture
    assert same is not None
    assert same.distance.byte_identical
    assert same.rgba_identical
    jpeg = compare(story, seal, as_jpeg(registered, 200))
    assert (jpeg.kind, jpeg.media_type) == ("picture", "image/jpeg")
    assert jpeg.picture is not None
    assert not jpeg.picture.rgba_identical
    assert 0 < jpeg.picture.distance.mean_ink_difference < 0.2
    other = compare(story, seal, imprint()).picture
    assert other is not None
    assert other.distance.mean_ink_difference > jpeg.picture.distance.mean_ink_difference


def test_the_drawn_difference_is_for_those_who_may_see_the_imprint(
    story: Story, seal: SealView
) -> None:
    drawn = compare(story, seal, imprint(), merchant(A), drawn=True).picture
    assert drawn is not None
    assert drawn.difference_png is not None
    assert drawn.difference_png.startswith(b"\x89PNG")
    for stranger in (SHOP, merchant(B)):
        with pytest.raises(SealNotYours):
            compare(story, seal, imprint(), stranger, drawn=True)


def test_refused(story: Story, seal: SealView) -> None:
    with pytest.raises(SealNotFound):
        compare(story, replace(seal, seal_id=SealId("seal_x")), imprint())
    with pytest.raises(ScopeMissing):
        compare(story, seal, imprint(), replace(SHOP, scopes=frozenset()))
    with pytest.raises(UnsupportedFormat):
        compare(story, seal, b"GIF89a")
    with pytest.raises(ImprintPictureUnreadable):
        compare(story, seal, imprint()[:100])


def test_a_seal_without_an_imprint_has_only_fields(story: Story, seal: SealView) -> None:
    bare = RegisteredFacts("seal_x", "x", A, "x", "CONTRACT", "PHYSICAL", None, None, None)
    sandbox = story.deps.sandbox
    assert compare_picture(sandbox, bare, imprint(), with_picture=False) is None


def test_picture_formats() -> None:
    assert picture_format(b"BM" + bytes(9)) == "BMP"
    assert picture_format(b"\xff\xd8\xff\xe0") == "JPEG"
    assert picture_format(b"%PDF-1.7") is None
    assert picture_format(b"") is None
