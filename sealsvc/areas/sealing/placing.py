"""Where a seal goes when nobody says: at the bottom right, beside the seals that are there."""

from collections.abc import Iterable
from dataclasses import dataclass

from sealsvc.documents.keywords import KeywordBox, require_keyword
from sealsvc.documents.pdf.errors import PageNotFound, PlacementOutOfPage
from sealsvc.documents.values import DocumentReading
from sealsvc.values import Placement, PlacementInvalid

LAST_PAGE = -1
MARGIN_MM = 15.0
GAP_MM = 4.0
USUAL_WIDTH_MM = 40.0
TOLERANCE_MM = 0.01


@dataclass(frozen=True)
class PlaceWish:
    """What the caller says of the place; what is None is chosen. Units as in Placement.

    keyword: the seal's middle goes over the last place of this word in the document.
    """

    page: int | None = None
    x_mm: float | None = None
    y_mm: float | None = None
    width_mm: float | None = None
    invisible: bool = False
    keyword: str | None = None

    def __post_init__(self) -> None:
        given = (self.page, self.x_mm, self.y_mm, self.width_mm)
        if self.keyword is not None:
            require_keyword(self.keyword)
            if self.invisible or given[:3] != (None,) * 3:
                raise PlacementInvalid(field="keyword", reason="PLACED")
        if self.invisible and given != (None,) * 4:
            raise PlacementInvalid(field="invisible", reason="PLACED")
        if (self.x_mm is None) != (self.y_mm is None):
            raise PlacementInvalid(field="x" if self.x_mm is None else "y", reason="MISSING")


@dataclass(frozen=True)
class Box:
    """A rectangle in millimetres from the top-left corner of the page as shown."""

    x: float
    y: float
    width: float
    height: float

    def touches(self, other: "Box") -> bool:
        """Whether the two share any area."""
        apart = (
            self.x + self.width <= other.x
            or other.x + other.width <= self.x
            or self.y + self.height <= other.y
            or other.y + other.height <= self.y
        )
        return not apart


def page_number(wish: PlaceWish, reading: DocumentReading) -> int:
    """The 1-based page that is meant. Raises: PageNotFound."""
    page = LAST_PAGE if wish.page is None else wish.page
    number = page if page > 0 else reading.page_count + 1 + page
    if not 1 <= number <= reading.page_count:
        raise PageNotFound(page=page, pages=reading.page_count)
    return number


def placed(
    wish: PlaceWish, page: int, page_mm: tuple[float, float], seal: Box, taken: Iterable[Box]
) -> Placement:
    """The place for a seal. page_mm: the page's size as shown; seal: the registered imprint's
    width and height, its corner is not looked at; taken: seals already on the page.

    Without a wish: the first free place from the bottom right corner to the left, row by row
    upwards; the corner itself where the page is full. Raises: PlacementOutOfPage.
    """
    width = wish.width_mm or seal.width
    height = width * seal.height / seal.width
    if wish.x_mm is not None and wish.y_mm is not None:
        chosen = Box(wish.x_mm, wish.y_mm, width, height)
    else:
        others = list(taken)
        places = list(_places(page_mm, width, height))
        free = (one for one in places if not any(one.touches(other) for other in others))
        chosen = next(free, places[0])
    room = (page_mm[0] + TOLERANCE_MM - chosen.x, page_mm[1] + TOLERANCE_MM - chosen.y)
    if width > room[0] or height > room[1]:
        raise PlacementOutOfPage(page_mm=f"{page_mm[0]:.1f} x {page_mm[1]:.1f}")
    return Placement(page, chosen.x, chosen.y, width)


def over_keyword(found: KeywordBox, page_mm: tuple[float, float], seal: Box) -> PlaceWish:
    """The wish for a seal with its middle over a keyword, moved just so far that it lies on the
    page. page_mm, seal: as in `placed`.
    """
    left = found.x_mm + found.width_mm / 2 - seal.width / 2
    top = found.y_mm + found.height_mm / 2 - seal.height / 2
    x = max(0.0, min(left, page_mm[0] - seal.width))
    y = max(0.0, min(top, page_mm[1] - seal.height))
    return PlaceWish(found.page, x, y, seal.width)


def seals_on(reading: DocumentReading, page: int) -> list[Box]:
    """The visible seals of a page."""
    pictures = [one.picture for one in reading.signatures if one.picture is not None]
    return [
        Box(one.x_mm, one.y_mm, one.width_mm, one.height_mm) for one in pictures if one.page == page
    ]


def _places(page_mm: tuple[float, float], width: float, height: float) -> Iterable[Box]:
    """Places in the order of preference, at least one."""
    right = max(0.0, page_mm[0] - MARGIN_MM - width)
    y = max(0.0, page_mm[1] - MARGIN_MM - height)
    yield Box(right, y, width, height)
    while y >= 0:
        x = right
        while x >= min(MARGIN_MM, right):
            yield Box(x, y, width, height)
            x -= width + GAP_MM
        y -= height + GAP_MM
