"""One page of the tree, what it inherits, and how it is shown.

Source: ISO 32000-2, 7.7.3 (page tree, inheritance), 14.11.2 (boxes); pdf.md section 2 rule 5.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from sealsvc.documents.pdf.errors import PageNotFound, PlacementOutOfPage
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import PdfObject, Structure
from sealsvc.documents.pdf.fast.tokens import (
    Dictionary,
    Reference,
    array_items,
    array_of_references,
    as_integer,
    as_number,
    as_reference,
    four_numbers,
    is_name,
)

MAX_PAGES = 50_000
MAX_DEPTH = 40
MM_PER_UNIT = 25.4 / 72
TOLERANCE_MM = 0.01
KEPT_BOXES, MAX_KEPT_BOX = 256, 64  # a paper size is the same in file after file
LETTER = (0.0, 0.0, 612.0, 792.0)

Box = tuple[float, float, float, float]


class Resolver(Protocol):
    """What follows references: a `Structure`."""

    def resolve(self, raw: bytes | None) -> bytes | None:
        """A raw value with at most one reference followed."""


@dataclass(slots=True)
class PdfPage:
    """A leaf of the page tree. path: the dictionaries from the root of the tree to the page."""

    object: PdfObject
    dictionary: Dictionary
    path: list[Dictionary]

    def inherited(self, key: bytes) -> bytes | None:
        """The raw value nearest to the page (7.7.3.4)."""
        for dictionary in reversed(self.path):
            value = dictionary.get(key)
            if value is not None:
                return value
        return None


def page_count(structure: Structure) -> int:
    """The number of pages the tree promises. Raises: NotUnderstood."""
    return _count(_root(structure)[1])


def find_page(structure: Structure, number: int) -> PdfPage:
    """The page of that number, from 1, or from the end where negative.

    Raises: PageNotFound, NotUnderstood.
    """
    reference, node = _root(structure)
    count = total = _count(node)
    index = number - 1 if number > 0 else total + number
    if not 0 <= index < total:
        raise PageNotFound(page=number, pages=total)
    path, seen = [node], [reference]
    while True:
        child, index = _step(structure, reference, node, (index, count))
        dictionary, reference = child.dictionary, child.reference
        if dictionary is None or reference in seen or len(path) > MAX_DEPTH:
            raise NotUnderstood("page tree")
        path.append(dictionary)
        if index < 0:
            return PdfPage(child, dictionary, path)
        seen.append(reference)
        node, count = dictionary, _count(dictionary)


def all_pages(structure: Structure) -> Iterator[PdfPage]:
    """Every page in order, each node of the tree read once. Raises: NotUnderstood."""
    reference, node = _root(structure)
    seen = {reference}
    pending: list[tuple[Reference, list[Dictionary]]] = [(reference, [node])]
    while pending:
        parent, path = pending.pop()
        child = structure.object(parent)
        if child.dictionary is None or len(path) > MAX_DEPTH or len(seen) > 2 * MAX_PAGES:
            raise NotUnderstood("page tree")
        if b"Kids" not in child.dictionary.entries:
            yield PdfPage(child, child.dictionary, path)
            continue
        kids = array_of_references(structure.resolve(child.dictionary.get(b"Kids")) or b"")
        for kid in reversed(kids):
            below = structure.object(kid)
            if kid in seen or below.dictionary is None:
                raise NotUnderstood("page tree")
            _leaves(below, parent)
            seen.add(kid)
            pending.append((kid, [*path, below.dictionary]))


def pages_sharing(structure: Structure, key: bytes, reference: Reference) -> int:
    """How many pages have that reference as the value of a key. Raises: NotUnderstood."""
    return sum(as_reference(page.dictionary.get(key)) == reference for page in all_pages(structure))


def _root(structure: Structure) -> tuple[Reference, Dictionary]:
    catalog = structure.catalog.dictionary
    reference = as_reference(catalog.entries.get(b"Pages")) if catalog is not None else None
    if reference is None:
        raise NotUnderstood("pages")
    node = structure.dictionary(reference)
    if not is_name(node.entries.get(b"Type"), b"/Pages") or b"Parent" in node.entries:
        raise NotUnderstood("page tree")
    return reference, node


def _count(node: Dictionary) -> int:
    count = as_integer(node.get(b"Count"))
    if count is None or not 0 <= count <= MAX_PAGES:
        raise NotUnderstood("Count")
    return count


def _step(
    structure: Structure, reference: Reference, node: Dictionary, wish: tuple[int, int]
) -> tuple[PdfObject, int]:
    """The child that holds the page, and the page's index below it; -1: it is the page.

    wish: the page's index below the node, and the node's Count.
    """
    index, count = wish
    kids = array_of_references(structure.resolve(node.get(b"Kids")) or b"")
    if len(kids) == count:
        # As many kids as pages: one look at the type of this one is mostly enough (rule 5).
        child = structure.object(kids[index])
        if _leaves(child, reference) is None:
            return child, -1
    wanted: tuple[PdfObject, int] | None = None
    total = 0
    for kid in kids:
        child = structure.object(kid)
        below = _leaves(child, reference)
        leaves = 1 if below is None else below
        if total <= index < total + leaves:
            wanted = child, -1 if below is None else index - total
        total += leaves
    # A wrong Count makes readers disagree on which page is which.
    if wanted is None or total != count:
        raise NotUnderstood("Count")
    return wanted


def _leaves(child: PdfObject, parent: Reference) -> int | None:
    """The number of pages below a node; None for a page."""
    dictionary = child.dictionary
    if dictionary is None or as_reference(dictionary.entries.get(b"Parent")) != parent:
        raise NotUnderstood("Parent")
    kind = dictionary.entries.get(b"Type")
    if (kind == b"/Page" or is_name(kind, b"/Page")) and b"Kids" not in dictionary.entries:
        return None
    if is_name(kind, b"/Pages"):
        return _count(dictionary)
    raise NotUnderstood("page tree")


class Shown(NamedTuple):
    """How a page is shown. crop: in user space; rotate: 0, 90, 180 or 270, clockwise."""

    crop: Box
    rotate: int
    mm_per_unit: float

    def to_user(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> Box:
        """The user-space rectangle of a box from the top-left corner of the page as shown.

        Raises: PlacementOutOfPage. Source: CONTRACT section 3.
        """
        scale = self.mm_per_unit
        left, bottom, right, top = self.crop
        page_mm = ((right - left) * scale, (top - bottom) * scale)
        shown_width, shown_height = page_mm[::-1] if self.rotate in (90, 270) else page_mm
        fits = (
            x_mm + width_mm <= shown_width + TOLERANCE_MM
            and y_mm + height_mm <= shown_height + TOLERANCE_MM
        )
        if not fits or height_mm <= 0 or width_mm <= 0:
            raise PlacementOutOfPage(page_mm=f"{shown_width:.1f} x {shown_height:.1f}")
        x, y, w, h = x_mm / scale, y_mm / scale, width_mm / scale, height_mm / scale
        if self.rotate == 0:
            return (left + x, top - y - h, left + x + w, top - y)
        if self.rotate == 90:
            return (left + y, bottom + x, left + y + h, bottom + x + w)
        if self.rotate == 180:
            return (right - x - w, bottom + y, right - x, bottom + y + h)
        return (right - y - h, top - x - w, right - y, top - x)


def how_shown(structure: Resolver, page: PdfPage) -> Shown:
    """CropBox cut by MediaBox, after /Rotate; UserUnit scales. Raises: NotUnderstood."""
    media = _box(structure, page.inherited(b"MediaBox")) or LETTER
    crop = _box(structure, page.inherited(b"CropBox")) or media
    if crop != media:
        cut = (
            max(crop[0], media[0]),
            max(crop[1], media[1]),
            min(crop[2], media[2]),
            min(crop[3], media[3]),
        )
        crop = media if cut[0] >= cut[2] or cut[1] >= cut[3] else cut
    turns = as_integer(structure.resolve(page.inherited(b"Rotate") or b"0"))
    unit = as_number(structure.resolve(page.dictionary.get(b"UserUnit") or b"1"))
    if turns is None or turns % 90 or unit is None or unit <= 0:
        raise NotUnderstood("Rotate or UserUnit")
    return Shown(crop, turns % 360, MM_PER_UNIT * unit)


def _box(structure: Resolver, raw: bytes | None) -> Box | None:
    value = structure.resolve(raw)
    if value is None:
        return None
    if len(value) <= MAX_KEPT_BOX:
        kept = _direct_box(value)
        if kept is not None:
            return kept
    return _ordered([structure.resolve(one) or b"" for one in array_items(value)])


@lru_cache(maxsize=KEPT_BOXES)
def _direct_box(raw: bytes) -> Box | None:
    """The box of four direct numbers, None for any other value. Raises: NotUnderstood."""
    items = four_numbers(raw)
    return None if items is None else _ordered(items)


def _ordered(items: Sequence[bytes]) -> Box:
    if len(items) != 4:
        raise NotUnderstood("box")
    a, b, c, d = map(_finite, map(as_number, items))
    return (min(a, c), min(b, d), max(a, c), max(b, d))


def _finite(value: float | None) -> float:
    if value is None or not -1e9 < value < 1e9:
        raise NotUnderstood("box")
    return value + 0.0  # one zero only: a kept drawing must not depend on who asked first
