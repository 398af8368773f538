"""The geometry of a straddle seal (骑缝章): one seal cut over an edge of several pages.

Pure numbers; millimetres from the top-left corner of each page's own physical box.
Source: ofd.md section 6.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sealsvc.documents.pdf.errors import PageNotFound, PlacementOutOfPage
from sealsvc.documents.values import StampBox, Straddle, StraddleEdge
from sealsvc.errors import BadInput

LARGEST_GROUP = 10
"""How many pages one seal is cut over; longer documents carry it several times."""
_PLACES = 3


class StraddleNeedsPages(BadInput):
    """A straddle seal over fewer than two pages is no straddle seal."""

    code = "STRADDLE_NEEDS_TWO_PAGES"


@dataclass(frozen=True)
class PageSize:
    """A page as shown, millimetres."""

    width_mm: float
    height_mm: float


def straddle_boxes(
    sizes: Sequence[PageSize], straddle: Straddle, width_mm: float, height_mm: float
) -> tuple[StampBox, ...]:
    """Where each slice of a seal of this size lies, in the order of the pages.

    sizes: of every page of the document. The slices of a group join without gap or overlap, to
    the thousandth of a millimetre that is written.
    Raises: PageNotFound, PlacementOutOfPage, StraddleNeedsPages.
    """
    pages = sorted(set(straddle.pages)) or list(range(1, len(sizes) + 1))
    if pages and (pages[0] < 1 or pages[-1] > len(sizes)):
        raise PageNotFound(page=pages[0] if pages[0] < 1 else pages[-1], pages=len(sizes))
    if len(pages) < 2:
        raise StraddleNeedsPages(pages=len(pages))
    if not 0 <= straddle.position <= 1:
        raise PlacementOutOfPage(field="position")
    seal = PageSize(width_mm, height_mm)
    return tuple(
        _slice(page, sizes[page - 1], seal, straddle, _Cut(index, len(group)))
        for group in groups(pages)
        for index, page in enumerate(group)
    )


def groups(pages: Sequence[int]) -> Iterator[Sequence[int]]:
    """The pages in runs of at most ten, as even as can be, so that none has only one."""
    count = -(-len(pages) // LARGEST_GROUP)
    for index in range(count):
        yield pages[index * len(pages) // count : (index + 1) * len(pages) // count]


@dataclass(frozen=True)
class _Cut:
    """The index-th of `count` slices, counted from the side of the seal that is shown first."""

    index: int
    count: int

    def span(self, length: float, *, mirrored: bool) -> tuple[float, float]:
        """Begin and end of the slice on a side of this length, rounded as they are written."""
        index = self.count - 1 - self.index if mirrored else self.index
        begin, end = (length * at / self.count for at in (index, index + 1))
        return round(begin, _PLACES), round(end, _PLACES)


def _slice(page: int, size: PageSize, seal: PageSize, straddle: Straddle, cut: _Cut) -> StampBox:
    """The slice on one page. Left and top edges show the seal's far side on the first page."""
    upright = straddle.edge in (StraddleEdge.LEFT, StraddleEdge.RIGHT)
    near = straddle.edge in (StraddleEdge.LEFT, StraddleEdge.TOP)
    across, along = (seal.width_mm, seal.height_mm) if upright else (seal.height_mm, seal.width_mm)
    depth, length = (size.width_mm, size.height_mm) if upright else (size.height_mm, size.width_mm)
    begin, end = cut.span(across, mirrored=near)
    place = round(length * straddle.position - along / 2, _PLACES)
    if place < 0 or place + along > length or end - begin > depth:
        raise PlacementOutOfPage(page=page)
    offset = -begin if near else round(depth - end, _PLACES)
    shown = round(end - begin, _PLACES)
    if upright:
        clip = (begin, 0.0, shown, along)
        return StampBox(page, offset, place, seal.width_mm, seal.height_mm, clip)
    clip = (0.0, begin, along, shown)
    return StampBox(page, place, offset, seal.width_mm, seal.height_mm, clip)
