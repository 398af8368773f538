"""What differs on the pages of two states of a file, and one place of a page, as pictures."""

import re
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from api.demo.tamper import overpaint
from sealsvc.documents.pdf import shown
from sealsvc.documents.pdf.geometry import BoxMm
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.pdf.shown import page_differences, rendered_region
from sealsvc.documents.values import SealPicture
from sealsvc.imprint.compare import compare
from tests.builders.pdf import (
    PLACE,
    PdfBuilder,
    Revision,
    imprint,
    plain,
    sealed,
    sealed_once,
    sealed_thrice,
    stream,
)

AMOUNT = (60.0, 100.0, 30.0, 6.0)


def painted(data: bytes, box: tuple[float, float, float, float] = AMOUNT) -> bytes:
    return overpaint(data, "99999.00", box)


def opened(png: bytes | None) -> Image.Image:
    assert png is not None
    with Image.open(BytesIO(png)) as image:
        image.load()
        return image


def reds(image: Image.Image) -> int:
    return int((np.asarray(image) == (220, 0, 0)).all(axis=2).sum())


def edited(data: bytes) -> Revision:
    """A revision to edit pages in: pikepdf took the size of paper out of the tree into them."""
    step = Revision(data)
    step.add_key(step.pages, b"/MediaBox [0 0 595.28 841.89]")
    for number, body in step.bodies.items():
        step.bodies[number] = re.sub(rb"/MediaBox \d+ 0 R ", b"", body)
    return step


def front_page(data: bytes) -> bytes:
    """A further revision with an empty page before the first."""
    step = edited(data)
    page = step.new(b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] >>" % step.pages)
    step.replace_in(step.pages, b"/Kids [", b"/Kids [ %d 0 R " % page)
    count = read(data).page_count
    step.replace_in(step.pages, b"/Count %d" % count, b"/Count %d" % (count + 1))
    return step.build()


def test_painted_over() -> None:
    signed = sealed_once()
    (one,) = page_differences(painted(signed), len(signed), 4)
    assert (one.page, one.added, one.removed) == (1, False, False)
    (box,) = one.boxes_mm
    assert AMOUNT[0] - 2 < box.x < AMOUNT[0] + 3
    assert AMOUNT[1] - 2 < box.y < AMOUNT[1] + 6
    assert box.width < AMOUNT[2] + 4
    assert box.height < AMOUNT[3] + 4
    before, after = opened(one.before_png), opened(one.after_png)
    assert before.size == after.size
    assert before.width == 700
    assert before.tobytes() != after.tobytes()
    assert reds(before) == reds(after) > 0


def test_a_further_seal_is_one_region_where_it_stands() -> None:
    whole = sealed_thrice()
    first = read(whole).signatures[0]
    (one,) = page_differences(whole, sum(first.byte_range[2:]), 4)
    assert 1 <= len(one.boxes_mm) <= 2


def test_regions_apart_are_framed_apart() -> None:
    signed = sealed_once()
    step = edited(signed)
    extra = step.new(stream(b"0 g 150 500 60 20 re 150 200 60 20 re f"))
    contents = b"/Contents %d 0 R" % step.contents
    step.replace_in(step.page, contents, contents.replace(b" ", b" [", 1) + b" %d 0 R]" % extra)
    (one,) = page_differences(step.build(), len(signed), 4)
    upper, lower = one.boxes_mm
    assert upper.y + 50 < lower.y


def test_a_page_put_in_front_is_the_only_difference() -> None:
    signed = sealed(plain(3))
    (one,) = page_differences(front_page(signed), len(signed), 4)
    assert (one.page, one.added, one.removed) == (1, True, False)
    assert one.before_png is None
    assert one.boxes_mm == ()
    assert reds(opened(one.after_png)) > 0


def test_a_page_taken_out_is_shown_as_it_was() -> None:
    signed = sealed(plain(3))
    step = edited(signed)
    kids = step.bodies[step.pages].split(b"/Kids [")[1]
    second = b" ".join(kids.split(b"]")[0].split()[3:6])
    step.replace_in(step.pages, second, b"")
    step.replace_in(step.pages, b"/Count 3", b"/Count 2")
    (one,) = page_differences(step.build(), len(signed), 4)
    assert (one.page, one.added, one.removed) == (2, False, True)
    assert one.after_png is None
    assert opened(one.before_png).width == 700


def test_a_page_of_another_size_differs_whole() -> None:
    signed = sealed(PdfBuilder().boxed((0, 0, 595, 842)).build())
    step = Revision(signed)
    step.replace_in(step.page, b"595 842", b"595 700")
    (one,) = page_differences(step.build(), len(signed), 4)
    assert opened(one.before_png).height > opened(one.after_png).height
    assert one.boxes_mm == ()


def test_no_more_pages_than_asked_for() -> None:
    signed = sealed(plain(6))
    step = edited(signed)
    extra = step.new(stream(b"0 g 100 100 200 200 re f"))
    for number, body in list(step.bodies.items()):
        if b"/Type /Page\n" in body or b"/Type /Page " in body:
            at = body.index(b"/Contents ") + len(b"/Contents ")
            old = body[at : body.index(b"R", at) + 1]
            step.put(number, body.replace(old, b"[%b %d 0 R]" % (old, extra)))
    data = step.build()
    assert [one.page for one in page_differences(data, len(signed), 4)] == [1, 2, 3, 4]
    assert len(page_differences(data, len(signed), 9)) == 6
    assert page_differences(data, len(signed), 0) == ()


def test_pages_that_move_out_of_sight_are_not_called_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shown, "MAX_PAGES", 3)
    signed = sealed(plain(5))
    (one,) = page_differences(front_page(signed), len(signed), 4)
    assert (one.page, one.added) == (1, True)


@pytest.mark.parametrize(
    "media",
    [
        (0, 0, 3, 3),
        (0, 0, 0.0001, 14400),
        (0, 0, 14400, 14400),
        (0, 0, 20, 14400),
        (0, 0, 14400, 20),
    ],
)
def test_strange_sizes_stay_in_bounds(media: tuple[float, ...]) -> None:
    before = PdfBuilder().boxed(media).build()
    step = Revision(before)
    extra = step.new(stream(b"0 g 0 0 20000 20000 re f"))
    body = step.bodies[step.page]
    step.put(
        step.page, body.replace(b"/Contents %d 0 R" % step.contents, b"/Contents %d 0 R" % extra)
    )
    for one in page_differences(step.build(), len(before), 4):
        for png in (one.before_png, one.after_png):
            image = opened(png)
            assert image.width * image.height <= shown.MAX_PIXELS * 1.01


def test_a_photograph_is_halved_until_it_fits() -> None:
    noise = Image.effect_noise((900, 1200), 90).convert("RGB")
    png = shown._framed(shown._Rendered(np.asarray(noise), 0.1), [])
    assert png is not None
    assert len(png) <= shown.MAX_PNG_BYTES


def test_many_regions_become_one() -> None:
    left = np.full((800, 700, 3), 255, np.uint8)
    right = left.copy()
    right[4::80, 4::80] = 0
    assert shown._regions(left, left) == []
    assert shown._regions(left, right) == [(1, 1, 648, 728)]


def test_the_same_twice() -> None:
    signed = sealed_once()
    data = painted(signed)
    assert page_differences(data, len(signed), 4) == page_differences(data, len(signed), 4)


@pytest.mark.parametrize("length", [-1, 0, 1, 100, 10**9])
def test_a_length_that_is_no_file_shows_nothing(length: int) -> None:
    assert page_differences(painted(sealed_once()), length, 4) == ()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes(data: bytes, length: int) -> None:
    assert page_differences(data, length, 4) == ()
    assert rendered_region(data, 1, BoxMm(0, 0, 10, 10), 100) is None


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_broken_files(draw: st.DataObject) -> None:
    signed = sealed_once()
    data = bytearray(painted(signed))
    for _ in range(draw.draw(st.integers(1, 8))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    page_differences(bytes(data), draw.draw(st.integers(0, len(data))), 2)
    rendered_region(bytes(data), 1, BoxMm(20, 30, 40, 40), 100)


def place_of(data: bytes) -> tuple[SealPicture, BoxMm]:
    picture = read(data).signatures[0].picture
    assert picture is not None
    return picture, BoxMm(picture.x_mm, picture.y_mm, picture.width_mm, picture.height_mm)


@pytest.mark.parametrize(
    "base",
    [
        PdfBuilder(),
        PdfBuilder().rotated(90),
        PdfBuilder().boxed((0, 0, 595, 842), (50, 50, 500, 700)),
        PdfBuilder().boxed((0, 0, 595, 842), unit=2),
    ],
    ids=["plain", "rotated", "cropped", "unit"],
)
def test_the_place_of_a_seal_shows_the_seal(base: PdfBuilder) -> None:
    data = sealed(base.build())
    picture, box = place_of(data)
    png = rendered_region(data, picture.page, box, 300)
    side = opened(png).width
    assert side == pytest.approx(PLACE.width_mm / 25.4 * 300, abs=3)
    assert png is not None
    distance = compare(png, imprint())
    assert distance.ink_overlap > 0.9
    assert distance.mean_ink_difference < 0.1


def test_what_is_painted_over_a_seal_is_seen() -> None:
    data = sealed_once()
    picture, box = place_of(data)
    over = painted(data, (box.x, box.y, box.width, box.height / 2))
    clean = rendered_region(data, picture.page, box, 200)
    dirty = rendered_region(over, picture.page, box, 200)
    assert clean is not None
    assert dirty is not None
    assert compare(dirty, imprint()).ink_overlap < compare(clean, imprint()).ink_overlap


def test_places_off_the_page_and_high_resolutions() -> None:
    data = sealed_once()
    _, box = place_of(data)
    assert rendered_region(data, 9, box, 100) is None
    assert rendered_region(data, 1, replace(box, x=900), 100) is None
    assert rendered_region(data, 1, replace(box, width=0), 100) is None
    huge = opened(rendered_region(data, 1, box, 100_000))
    assert huge.width * huge.height <= shown.MAX_PIXELS * 1.01
