import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.sealing.placing import Box, PlaceWish, placed
from sealsvc.documents import detect
from sealsvc.documents.pdf.errors import PlacementOutOfPage
from sealsvc.values import Placement
from tests.builders.pdf import PdfBuilder, plain

A4_MM = (210.0, 297.0)
SEAL = Box(0, 0, 40, 30)
sizes = st.floats(1, 400, allow_nan=False)


def test_the_first_seal_goes_to_the_bottom_right() -> None:
    assert placed(PlaceWish(), 1, A4_MM, SEAL, []) == Placement(1, 155, 252, 40)


def test_the_next_ones_go_to_the_left_and_then_up() -> None:
    taken: list[Box] = []
    for _ in range(8):
        place = placed(PlaceWish(), 1, A4_MM, SEAL, taken)
        box = Box(place.x_mm, place.y_mm, 40, 30)
        assert not any(box.touches(other) for other in taken)
        taken.append(box)
    assert len({box.y for box in taken}) == 2
    assert taken[1].y == taken[0].y
    assert taken[1].x < taken[0].x


def test_a_full_page_keeps_the_corner() -> None:
    assert placed(PlaceWish(), 1, A4_MM, SEAL, [Box(0, 0, *A4_MM)]).x_mm == 155


@pytest.mark.parametrize(
    ("page", "wish"),
    [
        ((20, 20), PlaceWish()),
        ((40, 29), PlaceWish()),
        (A4_MM, PlaceWish(1, 171, 0)),
        (A4_MM, PlaceWish(1, 0, 268)),
        (A4_MM, PlaceWish(width_mm=211)),
    ],
)
def test_no_room_on_the_page(page: tuple[float, float], wish: PlaceWish) -> None:
    with pytest.raises(PlacementOutOfPage):
        placed(wish, 1, page, SEAL, [])


def test_just_enough_room() -> None:
    assert placed(PlaceWish(), 1, (40, 30), SEAL, []) == Placement(1, 0, 0, 40)
    assert placed(PlaceWish(1, 170, 267), 1, A4_MM, SEAL, []) == Placement(1, 170, 267, 40)


def test_what_is_wished_is_kept() -> None:
    assert placed(PlaceWish(3, 7, 8, 9), 3, A4_MM, SEAL, []) == Placement(3, 7, 8, 9)
    assert placed(PlaceWish(width_mm=20), 1, A4_MM, SEAL, []) == Placement(1, 175, 267, 20)


@given(sizes, sizes, sizes, st.lists(st.tuples(sizes, sizes, sizes, sizes), max_size=6))
def test_a_chosen_place_is_on_the_page_where_the_page_is_large_enough(
    width: float, height: float, seal_width: float, others: list[tuple[float, ...]]
) -> None:
    seal = Box(0, 0, seal_width, seal_width / 2)
    taken = [Box(*one) for one in others]
    try:
        place = placed(PlaceWish(), 1, (width, height), seal, taken)
    except PlacementOutOfPage:
        assert seal.width > width or seal.height > height
        return
    assert place.x_mm >= 0
    assert place.y_mm >= 0
    assert place.x_mm + seal.width <= width + 0.01
    assert place.y_mm + seal.height <= height + 0.01


def test_pages_are_measured_as_shown() -> None:
    def rounded(data: bytes) -> tuple[int, ...]:
        return tuple(round(side) for side in detect(data).page_size(data, 1))

    assert rounded(plain()) == (210, 297)
    assert rounded(PdfBuilder().rotated(90).build()) == (297, 210)
    assert rounded(PdfBuilder().boxed((0, 0, 144, 72)).build()) == (51, 25)
