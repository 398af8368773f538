"""Pages as a reader shows them: what differs between two states of a file, one place of a page.

Runs on hostile bytes, in the sandbox: pixels and pages are bounded, and whatever pdfium cannot
show is not shown. Pictures are for persons; no verdict stands on them.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import sha256
from io import BytesIO
from math import sqrt
from typing import Any, TypeVar

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sealsvc.documents.pdf.geometry import MM_PER_UNIT, BoxMm, pages_of
from sealsvc.documents.pdf.opening import open_document
from sealsvc.documents.pdfium import one_at_a_time

MAX_PAGES = 30
"""Most pages of either state that are compared."""
MAX_PIXELS = 4_000_000
"""Most pixels of one rendering."""
MAX_SIDE_PX = 8_000
WIDTH_PX = 700
MAX_PNG_BYTES = 600_000
"""A larger picture (a photograph) is halved until it fits."""
MAX_BOXES = 20

_VISIBLE = 8
_CELL_PX = 8
_MARGIN_PX = 3
_FRAME_PX = 3
_FRAME = (220, 0, 0)
_POINTS_PER_INCH = 72

Result = TypeVar("Result")
Pixels = NDArray[np.uint8]
PixelBox = tuple[int, int, int, int]


@dataclass(frozen=True)
class PageDifference:
    """One page in both states, the regions that differ framed.

    page: 1-based, in the file as it is now; of a removed page as it was. PNGs of at most 700
    pixels' width, None where the page is missing. boxes_mm: of the regions, from the page's
    top-left corner (UserUnit taken as 1), empty where the whole page differs.
    """

    page: int
    before_png: bytes | None
    after_png: bytes | None
    boxes_mm: tuple[BoxMm, ...]
    added: bool
    removed: bool


@dataclass(frozen=True)
class _Rendered:
    """pixels: shape (height, width, 3), RGB. mm_per_px: of the page."""

    pixels: Pixels
    mm_per_px: float

    @property
    def digest(self) -> bytes:
        size = f"{self.pixels.shape} ".encode()
        return sha256(size + self.pixels.tobytes()).digest()


@one_at_a_time
def page_differences(data: bytes, signed_length: int, limit: int) -> tuple[PageDifference, ...]:
    """The first pages that look different from what the file's first `signed_length` bytes show.

    Pages are matched by what they show, so an inserted page does not make all later ones differ.
    limit: most pages returned. Empty where nothing differs or pdfium cannot show either state;
    only lack of memory is an error.
    """
    return _or_none(lambda: tuple(_differences(data, signed_length, limit))) or ()


@one_at_a_time
def rendered_region(data: bytes, page: int, box_mm: BoxMm, dpi: float) -> bytes | None:
    """PNG of one place of a page with all that is drawn there; None where it cannot be shown.

    page: 1-based. box_mm: on the page as shown. dpi: lowered where 4 million pixels would not do.
    """
    return _or_none(lambda: _region(data, page, box_mm, dpi))


def _or_none(action: Callable[[], Result]) -> Result | None:
    """Hostile files make the libraries raise anything; the sandbox handles memory and time."""
    try:
        return action()
    except MemoryError:
        raise
    except Exception:
        return None


def _differences(data: bytes, signed_length: int, limit: int) -> Iterator[PageDifference]:
    if not 0 < signed_length < len(data):
        return
    with ExitStack() as stack:
        before = stack.enter_context(closing(_opened(data[:signed_length])))
        after = stack.enter_context(closing(_opened(data)))
        for old, new in _pairs(before, after):
            if limit <= 0:
                return
            found = _difference(before, after, old, new)
            if found is not None:
                limit -= 1
                yield found


def _opened(data: bytes) -> Any:
    """With its form, without which pdfium draws no seals; its build runs no scripts."""
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    return document


def _pairs(before: Any, after: Any) -> Iterator[tuple[int | None, int | None]]:
    """Indexes of pages that belong together and differ; None where one side has no such page."""
    digests = [[one.digest for one in _pages(document)] for document in (before, after)]
    cut = [len(document) > MAX_PAGES for document in (before, after)]
    ends = [len(one) for one in digests]
    matched = SequenceMatcher(None, digests[0], digests[1], autojunk=False)
    for kind, old, old_end, new, new_end in matched.get_opcodes():
        if kind == "equal":
            continue
        shared = min(old_end - old, new_end - new)
        yield from ((old + step, new + step) for step in range(shared))
        # What seems gone (or new) at the end of a cut list may have moved out of (or into) sight.
        if not (cut[1] and old_end == ends[0]):
            yield from ((index, None) for index in range(old + shared, old_end))
        if not (cut[0] and new_end == ends[1]):
            yield from ((None, index) for index in range(new + shared, new_end))


def _pages(document: Any) -> Iterator[_Rendered]:
    return (_render(document, index) for index in range(min(len(document), MAX_PAGES)))


def _render(document: Any, index: int) -> _Rendered:
    with closing(document[index]) as page:
        width, height = page.get_size()
        # pdfium's width is rounded up.
        scale = min((WIDTH_PX - 0.5) / width, _most(width, height))
        return _Rendered(_pixels(page, scale), MM_PER_UNIT / scale)


def _most(width: float, height: float) -> float:
    """The largest scale within bounds; a hair-thin page has few pixels, but a long side."""
    return min(sqrt(MAX_PIXELS / (width * height)), MAX_SIDE_PX / max(width, height))


def _pixels(page: Any, scale: float, crop: tuple[float, ...] = (0, 0, 0, 0)) -> Pixels:
    """On white, annotations and fields drawn."""
    with closing(page.render(scale=scale, crop=crop, rev_byteorder=True)) as bitmap:
        drawn = bitmap.to_numpy()
        if drawn.ndim == 2:
            drawn = drawn[:, :, None]
        if drawn.shape[2] == 1:
            drawn = np.repeat(drawn, 3, axis=2)
        return np.array(drawn[:, :, :3], dtype=np.uint8)


def _difference(before: Any, after: Any, old: int | None, new: int | None) -> PageDifference | None:
    left = None if old is None else _render(before, old)
    right = None if new is None else _render(after, new)
    boxes: list[PixelBox] = []
    whole = left is None or right is None or left.pixels.shape != right.pixels.shape
    if left is not None and right is not None and not whole:
        boxes = _regions(left.pixels, right.pixels)
        if not boxes:
            return None
    mm = 0.0 if right is None else right.mm_per_px
    index = old if new is None else new
    return PageDifference(
        page=(index or 0) + 1,
        before_png=_framed(left, boxes),
        after_png=_framed(right, boxes),
        boxes_mm=tuple(_to_mm(box, mm) for box in boxes),
        added=old is None,
        removed=new is None,
    )


def _regions(left: Pixels, right: Pixels) -> list[PixelBox]:
    """Boxes (left, top, right, bottom; ends excluded) around neighbouring pixels that differ."""
    apart = np.abs(left.astype(np.int16) - right.astype(np.int16)).max(axis=2) > _VISIBLE
    height, width = apart.shape
    cells = {(int(row), int(column)) for row, column in np.argwhere(_coarse(apart))}
    boxes = []
    while cells:
        top, bottom, start, end = _grown(cells)
        area = apart[top * _CELL_PX : bottom * _CELL_PX, start * _CELL_PX : end * _CELL_PX]
        rows, columns = (np.flatnonzero(area.any(axis=axis)) for axis in (1, 0))
        box = (
            max(0, start * _CELL_PX + int(columns[0]) - _MARGIN_PX),
            max(0, top * _CELL_PX + int(rows[0]) - _MARGIN_PX),
            min(width, start * _CELL_PX + int(columns[-1]) + 1 + _MARGIN_PX),
            min(height, top * _CELL_PX + int(rows[-1]) + 1 + _MARGIN_PX),
        )
        boxes.append(box)
    boxes.sort(key=lambda box: (box[1], box[0]))
    return boxes if len(boxes) <= MAX_BOXES else [_around(boxes)]


def _coarse(apart: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells of 8 x 8 pixels in which any pixel differs."""
    height, width = apart.shape
    padded = np.pad(apart, ((0, -height % _CELL_PX), (0, -width % _CELL_PX)))
    grid = padded.reshape(padded.shape[0] // _CELL_PX, _CELL_PX, -1, _CELL_PX)
    return np.asarray(grid.any(axis=(1, 3)))


def _grown(cells: set[tuple[int, int]]) -> tuple[int, int, int, int]:
    """Takes one region of cells at most two apart out of the set; its rows and columns."""
    todo = [min(cells)]
    cells.discard(todo[0])
    found = list(todo)
    while todo:
        row, column = todo.pop()
        near = {(row + down, column + on) for down in range(-2, 3) for on in range(-2, 3)} & cells
        cells -= near
        todo += near
        found += near
    rows, columns = [row for row, _ in found], [column for _, column in found]
    return min(rows), max(rows) + 1, min(columns), max(columns) + 1


def _around(boxes: list[PixelBox]) -> PixelBox:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _to_mm(box: PixelBox, mm_per_px: float) -> BoxMm:
    left, top, right, bottom = box
    sizes = (left, top, right - left, bottom - top)
    x, y, width, height = (round(size * mm_per_px, 1) for size in sizes)
    return BoxMm(x, y, width, height)


def _framed(rendered: _Rendered | None, boxes: list[PixelBox]) -> bytes | None:
    """The page with red frames around the boxes, or around itself where there are none."""
    if rendered is None:
        return None
    image = Image.fromarray(rendered.pixels)
    draw = ImageDraw.Draw(image)
    for left, top, right, bottom in boxes or [(0, 0, image.width, image.height)]:
        draw.rectangle((left, top, right - 1, bottom - 1), outline=_FRAME, width=_FRAME_PX)
    png = _png(image)
    while len(png) > MAX_PNG_BYTES:
        image = image.reduce(2)
        png = _png(image)
    return png


def _region(data: bytes, page: int, box_mm: BoxMm, dpi: float) -> bytes | None:
    # pdfium knows no UserUnit, so the place is taken as a share of the page as shown.
    shown_width, shown_height = pages_of(open_document(data).reader)[page - 1].view().shown_mm
    with closing(_opened(data)) as document, closing(document[page - 1]) as shown:
        width, height = shown.get_size()
        left, right = (x / shown_width * width for x in (box_mm.x, box_mm.x + box_mm.width))
        top, bottom = (y / shown_height * height for y in (box_mm.y, box_mm.y + box_mm.height))
        crop = (left, height - bottom, width - right, top)
        clipped = (max(0.0, crop[0]), max(0.0, crop[1]), max(0.0, crop[2]), max(0.0, crop[3]))
        across, down = width - clipped[0] - clipped[2], height - clipped[1] - clipped[3]
        if across <= 0 or down <= 0:
            return None
        wanted = dpi / _POINTS_PER_INCH * (box_mm.width / MM_PER_UNIT) / (right - left)
        scale = min(wanted, _most(across, down))
        return _png(Image.fromarray(_pixels(shown, scale, clipped)))


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=9)
    return buffer.getvalue()
