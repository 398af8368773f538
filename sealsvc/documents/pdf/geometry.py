"""The page as shown and back: millimetres from its top-left corner and user space.

The page as shown is the CropBox, cut by the MediaBox, after /Rotate; UserUnit scales it.
Source: ISO 32000-2, 7.7.3.3, 7.7.3.4 (inheritance), 14.11.2; CONTRACT section 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sealsvc.documents.pdf.opening import as_array, as_dictionary, entry, raw, reference_of

MM_PER_UNIT = 25.4 / 72
MAX_PAGES = 50_000
MAX_DEPTH = 64
INHERITED = ("/MediaBox", "/CropBox", "/Rotate")
LETTER = (0.0, 0.0, 612.0, 792.0)

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class BoxMm:
    """A rectangle in mm from the top-left corner of the page as shown."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class PageView:
    """How a page is shown. crop: user-space (llx, lly, urx, ury); rotate: 0, 90, 180 or 270."""

    crop: Box
    rotate: int
    user_unit: float = 1.0

    @property
    def mm_per_unit(self) -> float:
        """Millimetres to one unit of user space."""
        return MM_PER_UNIT * self.user_unit

    @property
    def shown_mm(self) -> tuple[float, float]:
        """Width and height of the page as shown."""
        width = (self.crop[2] - self.crop[0]) * self.mm_per_unit
        height = (self.crop[3] - self.crop[1]) * self.mm_per_unit
        return (height, width) if self.rotate in (90, 270) else (width, height)

    def to_user(self, box: BoxMm) -> Box:
        """The user-space rectangle of a box on the page as shown."""
        corners = (
            self._point_to_user(box.x, box.y),
            self._point_to_user(box.x + box.width, box.y + box.height),
        )
        xs, ys = zip(*corners, strict=True)
        return (min(xs), min(ys), max(xs), max(ys))

    def to_shown(self, rect: Box) -> BoxMm:
        """Where a user-space rectangle lies on the page as shown."""
        (ax, ay), (bx, by) = self._point_to_shown(*rect[:2]), self._point_to_shown(*rect[2:])
        return BoxMm(min(ax, bx), min(ay, by), abs(ax - bx), abs(ay - by))

    def _point_to_user(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        x, y = x_mm / self.mm_per_unit, y_mm / self.mm_per_unit
        llx, lly, urx, ury = self.crop
        return {
            0: (llx + x, ury - y),
            90: (llx + y, lly + x),
            180: (urx - x, lly + y),
            270: (urx - y, ury - x),
        }[self.rotate]

    def _point_to_shown(self, x: float, y: float) -> tuple[float, float]:
        llx, lly, urx, ury = self.crop
        shown = {
            0: (x - llx, ury - y),
            90: (y - lly, x - llx),
            180: (urx - x, y - lly),
            270: (ury - y, urx - x),
        }[self.rotate]
        return shown[0] * self.mm_per_unit, shown[1] * self.mm_per_unit


@dataclass(frozen=True)
class Page:
    """A leaf of the page tree. ref: pyHanko Reference; inherited: raw values from above."""

    ref: Any
    dictionary: Any
    inherited: tuple[tuple[str, Any], ...]

    def view(self) -> PageView:
        """How the page is shown."""
        values = dict(self.inherited)
        media = _box(values.get("/MediaBox")) or LETTER
        crop = _box(values.get("/CropBox")) or media
        cut = (
            max(crop[0], media[0]),
            max(crop[1], media[1]),
            min(crop[2], media[2]),
            min(crop[3], media[3]),
        )
        if cut[0] >= cut[2] or cut[1] >= cut[3]:
            cut = media
        turns = int(number(values.get("/Rotate")) or 0)
        unit = number(entry(self.dictionary, "/UserUnit"))
        scale = unit if unit is not None and unit > 0 else 1.0
        return PageView(cut, turns % 360 if turns % 90 == 0 else 0, scale)


def pages_of(handler: Any) -> list[Page]:
    """All pages of a pyHanko reader or writer in order, at most 50,000; cycles are cut."""
    pages: list[Page] = []
    seen: set[tuple[int, int]] = set()
    for page in _walk(raw(handler.root, "/Pages"), {}, seen, 0):
        pages.append(page)
        if len(pages) >= MAX_PAGES:
            break
    return pages


def _walk(
    node: Any, inherited: dict[str, Any], seen: set[tuple[int, int]], depth: int
) -> Iterator[Page]:
    ref = reference_of(node)
    key = (ref.idnum, ref.generation) if ref is not None else None
    dictionary = as_dictionary(node)
    if dictionary is None or depth > MAX_DEPTH or key in seen:
        return
    if key is not None:
        seen.add(key)
    values = dict(inherited)
    for name in INHERITED:
        value = entry(dictionary, name)
        if value is not None:
            values[name] = value
    kids = as_array(raw(dictionary, "/Kids"))
    if kids is None:
        yield Page(ref, dictionary, tuple(values.items()))
        return
    for index in range(len(kids)):
        yield from _walk(kids.raw_get(index), values, seen, depth + 1)


def number(value: Any) -> float | None:
    """A finite number, else None. pyHanko reads reals as Decimal."""
    try:
        found = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return found if isfinite(found) else None


def numbers(value: Any, count: int) -> tuple[float, ...] | None:
    """An array of that many numbers, else None."""
    array = as_array(value)
    if array is None or len(array) != count:
        return None
    found = [number(array[index]) for index in range(count)]
    return None if None in found else tuple(one for one in found if one is not None)


def _box(value: Any) -> Box | None:
    found = numbers(value, 4)
    return None if found is None else normal_box(found)


def normal_box(found: tuple[float, ...]) -> Box:
    """Four numbers as (llx, lly, urx, ury), whichever corners they name."""
    ax, ay, bx, by = found
    return (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
