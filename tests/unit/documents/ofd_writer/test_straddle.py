"""The geometry of straddle seals: the sheet's numbers, slices that join, what is refused."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.documents.ofd.straddle import (
    LARGEST_GROUP,
    PageSize,
    StraddleNeedsPages,
    groups,
    straddle_boxes,
)
from sealsvc.documents.pdf.errors import PageNotFound, PlacementOutOfPage
from sealsvc.documents.values import StampBox, Straddle, StraddleEdge

A4 = PageSize(210.0, 297.0)


PLAIN = Straddle()


def boxes(count: int, straddle: Straddle = PLAIN, side: float = 40.0) -> tuple[StampBox, ...]:
    return straddle_boxes([A4] * count, straddle, side, side)


def test_right_edge_as_in_the_sample() -> None:
    found = boxes(5)
    assert [one.x_mm for one in found] == [202, 194, 186, 178, 170]
    assert [one.clip for one in found] == [(at, 0, 8, 40) for at in (0, 8, 16, 24, 32)]
    assert {(one.y_mm, one.width_mm, one.height_mm) for one in found} == {(128.5, 40, 40)}
    assert [one.page for one in found] == [1, 2, 3, 4, 5]


def test_left_edge_runs_backwards() -> None:
    found = boxes(5, Straddle(StraddleEdge.LEFT))
    assert [one.x_mm for one in found] == [-32, -24, -16, -8, 0]
    assert [one.clip for one in found] == [(at, 0, 8, 40) for at in (32, 24, 16, 8, 0)]


def test_top_and_bottom_use_heights() -> None:
    top, bottom = boxes(4, Straddle(StraddleEdge.TOP)), boxes(4, Straddle(StraddleEdge.BOTTOM))
    assert [one.y_mm for one in top] == [-30, -20, -10, 0]
    assert [one.clip for one in top] == [(0, at, 40, 10) for at in (30, 20, 10, 0)]
    assert [one.y_mm for one in bottom] == [287, 277, 267, 257]
    assert [one.clip for one in bottom] == [(0, at, 40, 10) for at in (0, 10, 20, 30)]
    assert {one.x_mm for one in (*top, *bottom)} == {85}


def test_each_page_has_its_own_size() -> None:
    found = straddle_boxes([A4, PageSize(297.0, 210.0)], Straddle(), 40.0, 40.0)
    assert [(one.x_mm, one.y_mm) for one in found] == [(190, 128.5), (257, 85)]


def test_position_along_the_edge() -> None:
    assert {one.y_mm for one in boxes(2, Straddle(position=0.25))} == {54.25}


def test_chosen_pages_in_their_order() -> None:
    found = boxes(6, Straddle(pages=(5, 2, 2)))
    assert [(one.page, one.x_mm) for one in found] == [(2, 190), (5, 170)]


@pytest.mark.parametrize(
    ("pages", "sizes"),
    [(2, [2]), (10, [10]), (11, [5, 6]), (21, [7, 7, 7]), (91, [9] * 9 + [10]), (100, [10] * 10)],
)
def test_groups(pages: int, sizes: list[int]) -> None:
    assert [len(one) for one in groups(range(pages))] == sizes


@given(st.integers(2, 3000))
def test_no_group_is_too_large_or_lonely(count: int) -> None:
    found = list(groups(range(count)))
    assert [page for one in found for page in one] == list(range(count))
    assert all(2 <= len(one) <= LARGEST_GROUP for one in found)


@given(
    st.integers(2, 40),
    st.sampled_from(StraddleEdge),
    st.floats(5, 80),
    st.floats(0.2, 0.8),
)
def test_slices_join_and_lie_on_their_edge(
    count: int, edge: StraddleEdge, side: float, position: float
) -> None:
    found = straddle_boxes([A4] * count, Straddle(edge, position=position), side, side)
    across = 0 if edge in (StraddleEdge.LEFT, StraddleEdge.RIGHT) else 1
    for run in groups(found):
        spans = []
        for one in run:
            assert one.clip is not None
            begin, shown = one.clip[across], one.clip[across + 2]
            spans.append((begin, begin + shown))
            on_page = ((one.x_mm, one.y_mm)[across]) + begin
            limit = (A4.width_mm, A4.height_mm)[across]
            near = edge in (StraddleEdge.LEFT, StraddleEdge.TOP)
            assert on_page == pytest.approx(0 if near else limit - shown, abs=2e-3)
        spans.sort()
        assert spans[0][0] == 0
        assert spans[-1][1] == pytest.approx(side, abs=1e-3)
        for (_, end), (begin, _) in pairwise(spans):
            assert end == pytest.approx(begin, abs=1e-9)


@pytest.mark.parametrize(
    ("count", "straddle", "refusal"),
    [
        (1, Straddle(), StraddleNeedsPages),
        (0, Straddle(), StraddleNeedsPages),
        (6, Straddle(pages=(3,)), StraddleNeedsPages),
        (6, Straddle(pages=(3, 3)), StraddleNeedsPages),
        (6, Straddle(pages=(0, 3)), PageNotFound),
        (6, Straddle(pages=(-1, 3)), PageNotFound),
        (6, Straddle(pages=(3, 7)), PageNotFound),
        (6, Straddle(position=-0.1), PlacementOutOfPage),
        (6, Straddle(position=1.1), PlacementOutOfPage),
        (6, Straddle(position=float("nan")), PlacementOutOfPage),
        (6, Straddle(position=0.0), PlacementOutOfPage),
        (6, Straddle(position=1.0), PlacementOutOfPage),
    ],
)
def test_refusals(count: int, straddle: Straddle, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        boxes(count, straddle)


@pytest.mark.parametrize("edge", StraddleEdge)
def test_a_seal_larger_than_the_page_is_refused(edge: StraddleEdge) -> None:
    with pytest.raises(PlacementOutOfPage):
        boxes(2, Straddle(edge), side=700.0)
