"""The text of a page and where it stands, as drawn: for keywords and for fields of invoices.

Pure; runs in the sandbox on hostile bytes. What cannot be read is left out: text that was not
found proves nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sealsvc.documents.ofd.render.budget import MAX_DEPTH, Budget, Exhausted
from sealsvc.documents.ofd.render.fonts import MISSING, shipped
from sealsvc.documents.ofd.render.geometry import Malformed, Matrix, number
from sealsvc.documents.ofd.render.page import opened_page
from sealsvc.documents.ofd.render.parts import Element, attribute, child, children, flag, local_name
from sealsvc.documents.ofd.render.structure import Resources
from sealsvc.documents.ofd.render.textlayout import lines_of, object_matrix

_BLOCKS = frozenset(("PageBlock", "Layer"))


@dataclass(frozen=True)
class TextRun:
    """One TextCode. Millimetres from the page's top-left corner, y downwards.

    x_mm, y_mm: base point of the first character; size_mm: of the font as drawn.
    starts_mm: base points of the characters one by one (several glyphs of one character count
    as one, several characters of one glyph share its point).
    annotation: drawn by an annotation, not by the page or its templates.
    """

    text: str
    x_mm: float
    y_mm: float
    size_mm: float
    object_id: str
    starts_mm: tuple[tuple[float, float], ...]
    annotation: bool


def page_text(data: bytes, page: int) -> tuple[TextRun, ...]:
    """All visible text of a page in drawing order. page: 1-based.

    Raises: OfdPageUnrenderable.
    """
    content = opened_page(data, page)
    origin = Matrix.shift(-content.box.x, -content.box.y)
    found: list[TextRun] = []
    budget = Budget()
    try:
        for layers, annotation in ((content.layers, False), (content.annotations, True)):
            for layer in layers:
                walk = _Walk(layer.resources, budget, annotation)
                matrix = Matrix.shift(*layer.offset).then(origin)
                # One by one, so that what was found before the end of the budget is kept.
                for run in walk.runs(layer.element, matrix, 0):
                    found.append(run)
    except Exhausted:
        return tuple(found)
    return tuple(found)


@dataclass(frozen=True)
class _Walk:
    """Goes through the objects of one layer."""

    resources: Resources
    budget: Budget
    annotation: bool

    def runs(self, holder: Element, matrix: Matrix, depth: int) -> Iterator[TextRun]:
        """Raises: Exhausted."""
        for one in children(holder):
            self.budget.spend("objects")
            if not flag(one, "Visible", True):
                continue
            try:
                yield from self._object(one, matrix, depth)
            except (Malformed, OverflowError, ValueError):
                continue

    def _object(self, one: Element, matrix: Matrix, depth: int) -> Iterator[TextRun]:
        name = local_name(one)
        if name == "TextObject":
            yield from self._text(one, matrix)
        elif name in _BLOCKS and depth < MAX_DEPTH:
            yield from self.runs(one, matrix, depth + 1)
        elif name == "CompositeObject" and depth < MAX_DEPTH:
            unit = self.resources.get("CompositeGraphicUnit", attribute(one, "ResourceID"))
            content = None if unit is None else child(unit.element, "Content")
            if content is not None:
                yield from self.runs(content, object_matrix(one).then(matrix), depth + 1)

    def _text(self, element: Element, matrix: Matrix) -> Iterator[TextRun]:
        place = object_matrix(element).then(matrix)
        size = number(attribute(element, "Size")) * place.length
        for line in lines_of(element, _advance):
            self.budget.spend("glyphs", len(line.slots))
            starts = [place.one(slot.x, slot.y) for slot in line.slots for _ in slot.character]
            if starts:
                x, y = starts[0]
                identifier = (attribute(element, "ID") or "").strip()
                yield TextRun(line.text, x, y, size, identifier, tuple(starts), self.annotation)


def _advance(character: str, _: int | None) -> float:
    """Where the document gives no distances, those of the project's face must do."""
    return (shipped(character) or MISSING).advance if character else 0.0
