"""Where each character of a TextObject stands, by its own numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from sealsvc.documents.ofd.render.geometry import Box, Malformed, Matrix, number
from sealsvc.documents.ofd.render.parts import (
    Element,
    attribute,
    child,
    children,
    local_name,
    text_of,
)

MAX_TEXT = 100_000
_MAX_DELTAS = 100_000


@dataclass(frozen=True)
class Slot:
    """One glyph. character: empty where several glyphs stand for one character.

    glyph: index in the font where the document gives it. x, y: its base point, mm in the object.
    room: mm to the next one to the right; None where the document does not say.
    """

    character: str
    glyph: int | None
    x: float
    y: float
    room: float | None = None


@dataclass(frozen=True)
class Line:
    """One TextCode: its text as written and its slots."""

    text: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class _Transform:
    position: int
    codes: int
    glyphs: tuple[int, ...]


Advance = Callable[[str, int | None], float]
"""Natural advance in em of a character or glyph; asked only where the document gives none."""


def object_matrix(element: Element) -> Matrix:
    """From the object's own coordinates to its container's: CTM, then Boundary's corner.

    Raises: Malformed.
    """
    box = Box.read(attribute(element, "Boundary"))
    return Matrix.read(attribute(element, "CTM")).then(Matrix.shift(box.x, box.y))


def lines_of(element: Element, advance: Advance) -> Iterator[Line]:
    """The lines of a TextObject. Raises: Malformed."""
    size = number(attribute(element, "Size"))
    stretch = size * number(attribute(element, "HScale"), 1.0)
    transforms: list[_Transform] = []
    x = y = 0.0
    for one in children(element):
        if local_name(one) == "CGTransform":
            transforms.append(_transform(one))
        elif local_name(one) == "TextCode":
            x, y = number(attribute(one, "X"), x), number(attribute(one, "Y"), y)
            written = _written(one)
            parts = _parts(written, transforms)
            transforms = [
                _Transform(each.position - len(written), each.codes, each.glyphs)
                for each in transforms
                if each.position >= len(written)
            ]
            natural = (advance(*part) * stretch for part in parts)
            yield Line(written, tuple(_placed(one, parts, (x, y), natural)))


def _written(code: Element) -> str:
    """Without line ends and tabs, which only lay out the XML."""
    given = code.text or ""
    if len(given) > MAX_TEXT:
        raise Malformed("text length")
    return "".join(one for one in given if one >= " ")


def _transform(element: Element) -> _Transform:
    given = text_of(child(element, "Glyphs")).split()
    if len(given) > MAX_TEXT:
        raise Malformed("glyphs")
    count = int(number(attribute(element, "GlyphCount"), float(len(given))))
    codes = int(number(attribute(element, "CodeCount"), 1.0))
    glyphs = tuple(int(number(one)) for one in given[: max(count, 0)])
    return _Transform(int(number(attribute(element, "CodePosition"), 0.0)), max(codes, 1), glyphs)


def _parts(written: str, transforms: list[_Transform]) -> list[tuple[str, int | None]]:
    at = {one.position: one for one in transforms if one.glyphs}
    found: list[tuple[str, int | None]] = []
    index = 0
    while index < len(written):
        one = at.get(index)
        if one is None:
            found.append((written[index], None))
            index += 1
            continue
        codes = written[index : index + one.codes]
        # As many glyphs as characters belong together one by one; else the first has the text.
        each = list(codes) if len(codes) == len(one.glyphs) else [codes]
        each += [""] * (len(one.glyphs) - len(each))
        found += list(zip(each, one.glyphs, strict=False))
        if len(found) > MAX_TEXT:
            raise Malformed("glyphs")
        index += one.codes
    return found


def _placed(
    code: Element,
    parts: list[tuple[str, int | None]],
    start: tuple[float, float],
    natural: Iterator[float],
) -> Iterator[Slot]:
    across = _deltas(attribute(code, "DeltaX"), len(parts))
    down = _deltas(attribute(code, "DeltaY"), len(parts))
    free = not across and not down
    x, y = start
    for index, (character, glyph) in enumerate(parts):
        # A list that is too short goes on with its last number.
        step = across[min(index, len(across) - 1)] if across else 0.0
        last = index == len(parts) - 1
        yield Slot(character, glyph, x, y, step if step > 0 and not last else None)
        if free and not last:
            step = next(natural)
        x += step
        y += down[min(index, len(down) - 1)] if down else 0.0


def _deltas(given: str | None, wanted: int) -> list[float]:
    """Distances, `g n d` expanded, at most as many as are wanted. Raises: Malformed."""
    return list(islice(_expanded(given or ""), wanted))


def _expanded(given: str) -> Iterator[float]:
    parts = given.split()
    if len(parts) > _MAX_DELTAS:
        raise Malformed("deltas")
    at = 0
    while at < len(parts):
        if parts[at].lower() != "g":
            yield number(parts[at])
            at += 1
            continue
        if at + 2 >= len(parts):
            raise Malformed("deltas")
        distance = number(parts[at + 2])
        try:
            times = int(parts[at + 1][:18])
        except ValueError:
            raise Malformed("deltas") from None
        for _ in range(times):
            yield distance
        at += 3
