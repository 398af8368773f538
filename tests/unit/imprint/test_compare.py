import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from sealsvc.imprint.compare import compare, dhash, difference_png
from sealsvc.imprint.picture import ImprintPictureUnreadable, normal_bitmap
from sealsvc.imprint.render import render_png
from sealsvc.values import SealType

from .ruler import seal

OFFICIAL = render_png(seal(SealType.OFFICIAL), 200)
OTHER_NAME = render_png(seal(SealType.OFFICIAL, entity_name="上海白露示例贸易有限公司"), 200)
INVOICE = render_png(seal(SealType.INVOICE), 200)


def saved(image: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGBA")


def on_white(data: bytes) -> Image.Image:
    image = opened(data)
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, (0, 0), image)
    return paper


def test_identical_files() -> None:
    found = compare(OFFICIAL, OFFICIAL)
    assert found.byte_identical
    assert found.pixel_identical
    assert found.mean_ink_difference == 0
    assert found.ink_overlap == 1
    assert found.dhash_distance == 0
    assert found.color_difference == 0
    assert found.aspect_difference == 0


def test_same_pixels_in_another_file() -> None:
    again = saved(opened(OFFICIAL), compress_level=1)
    found = compare(OFFICIAL, again)
    assert not found.byte_identical
    assert found.pixel_identical


def test_colour_under_full_transparency_does_not_count() -> None:
    pixels = np.array(opened(OFFICIAL))
    pixels[pixels[..., 3] == 0] = (9, 9, 9, 0)
    assert compare(OFFICIAL, saved(Image.fromarray(pixels))).pixel_identical


@pytest.mark.parametrize("dpi", [150, 300, 600])
def test_other_resolution_is_near(dpi: int) -> None:
    found = compare(OFFICIAL, render_png(seal(SealType.OFFICIAL), dpi))
    assert not found.pixel_identical
    assert found.size_a_px != found.size_b_px
    assert found.ink_overlap > 0.95
    assert found.mean_ink_difference < 0.015
    assert found.dhash_distance <= 4


def test_white_paper_and_jpeg_are_near() -> None:
    found = compare(OFFICIAL, saved(on_white(OFFICIAL), "JPEG", quality=85))
    assert found.ink_overlap > 0.85
    assert found.mean_ink_difference < 0.05
    assert found.color_difference is not None
    assert found.color_difference < 0.1


def test_another_name_is_farther_than_another_resolution() -> None:
    same = compare(OFFICIAL, render_png(seal(SealType.OFFICIAL), 300))
    other = compare(OFFICIAL, OTHER_NAME)
    assert other.ink_overlap < same.ink_overlap - 0.1
    assert other.mean_ink_difference > 3 * same.mean_ink_difference


def test_another_form_is_far() -> None:
    found = compare(OFFICIAL, INVOICE)
    assert found.ink_overlap < 0.7
    assert found.aspect_difference == pytest.approx(np.log(4 / 3), abs=0.02)


def test_another_colour_is_measured() -> None:
    pixels = np.array(opened(OFFICIAL))
    pixels[..., :3] = (0, 0, 255)
    found = compare(OFFICIAL, saved(Image.fromarray(pixels)))
    assert found.ink_overlap == 1
    assert found.color_difference == pytest.approx(np.sqrt(2 / 3), abs=0.01)


def test_one_moved_pixel_breaks_pixel_identity() -> None:
    pixels = np.array(opened(OFFICIAL))
    pixels[0, 0] = (255, 0, 0, 255)
    found = compare(OFFICIAL, saved(Image.fromarray(pixels)))
    assert not found.pixel_identical


@pytest.mark.parametrize("nothing", ["white", (0, 0, 0, 0)])
def test_no_ink(nothing: str | tuple[int, ...]) -> None:
    blank = saved(Image.new("RGBA", (50, 50), nothing))
    found = compare(OFFICIAL, blank)
    assert found.ink_overlap == 0
    assert found.color_difference is None
    assert found.aspect_difference is None
    assert compare(blank, blank).ink_overlap == 1
    assert difference_png(blank, OFFICIAL)


def test_mirrored_seal_is_far_by_hash() -> None:
    mirrored = saved(opened(INVOICE).transpose(Image.Transpose.FLIP_TOP_BOTTOM))
    assert compare(INVOICE, mirrored).dhash_distance > 10


@pytest.mark.parametrize("broken", [b"", b"x", OFFICIAL[:300]])
def test_broken_picture_on_either_side(broken: bytes) -> None:
    for pair in ((broken, OFFICIAL), (OFFICIAL, broken)):
        with pytest.raises(ImprintPictureUnreadable):
            compare(*pair)
        with pytest.raises(ImprintPictureUnreadable):
            difference_png(*pair)


def test_dhash_has_64_bits() -> None:
    assert 0 < dhash(normal_bitmap(INVOICE)) < 1 << 64


def test_difference_marks_what_differs() -> None:
    alike = np.asarray(opened(difference_png(OFFICIAL, OFFICIAL)))[..., :3].astype(int)
    panel = alike[:, 560:816]
    assert (np.ptp(panel, axis=2) == 0).all()
    differs = np.asarray(opened(difference_png(OFFICIAL, OTHER_NAME)))[..., :3].astype(int)
    panel = differs[:, 560:816]
    assert ((panel[..., 0] - panel[..., 2]) > 120).sum() > 300
    assert ((panel[..., 2] - panel[..., 0]) > 120).sum() > 300


def test_difference_is_deterministic() -> None:
    assert difference_png(OFFICIAL, INVOICE) == difference_png(OFFICIAL, INVOICE)


PICTURES = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(4)),
    elements=st.sampled_from([0, 40, 127, 128, 200, 255]),
).map(lambda pixels: saved(Image.fromarray(pixels)))


@settings(max_examples=120, deadline=None)
@given(PICTURES)
def test_a_picture_is_at_zero_from_itself(data: bytes) -> None:
    found = compare(data, data)
    assert found.byte_identical
    assert found.pixel_identical
    assert (found.mean_ink_difference, found.ink_overlap, found.dhash_distance) == (0, 1, 0)
    assert not found.color_difference
    assert not found.aspect_difference


@settings(max_examples=120, deadline=None)
@given(PICTURES, PICTURES)
def test_distance_is_symmetric_and_bounded(a: bytes, b: bytes) -> None:
    there, back = compare(a, b), compare(b, a)
    assert there.size_a_px == back.size_b_px
    assert there.pixel_identical == back.pixel_identical
    assert there.mean_ink_difference == back.mean_ink_difference
    assert there.ink_overlap == back.ink_overlap
    assert there.dhash_distance == back.dhash_distance
    assert there.color_difference == back.color_difference
    assert there.aspect_difference == back.aspect_difference
    assert 0 <= there.mean_ink_difference <= 1
    assert 0 <= there.ink_overlap <= 1
    assert 0 <= there.dhash_distance <= 64
    assert there.color_difference is None or 0 <= there.color_difference <= 1
