"""The faces a document's text is drawn with: its own, else the project's Song face."""

import threading
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from sealsvc.documents.ofd.render.geometry import Points
from sealsvc.documents.ofd.render.outlines import Outline, contours_of, open_font

# Data of a sibling package that may not be imported from here; it lies beside the source.
_SHIPPED = ("sealsvc.imprint", "fonts/seal-songti.ttf")
# The shipped face is read lazily from one stream, which two threads must not do at once.
_LOCK = threading.Lock()
_MISSING_ADVANCE = 1.0
_BLANK = frozenset(" \u00a0\u2002\u2003\u2009\u200b\u3000\ufeff")
# Of these shapes the Song face has no glyph, but one that means the same to a reader.
_SAME_SHAPE = {"\u00ad": "-", "\u2011": "-", "\u2212": "-", "\u22ef": "\u2026"}


@dataclass(frozen=True, eq=False)
class Shape:
    """One glyph. contours, advance: in em, y downwards, baseline at 0.

    missing: a box stands for it; substituted: not in the document's own font
    file; foreign: of the project's face.
    """

    contours: tuple[Points, ...]
    advance: float
    missing: bool = False
    substituted: bool = False
    foreign: bool = False


def _box() -> tuple[Points, ...]:
    outer = np.array([[0.08, 0.08], [0.92, 0.08], [0.92, -0.8], [0.08, -0.8]])
    inner = np.array([[0.13, 0.03], [0.13, -0.75], [0.87, -0.75], [0.87, 0.03]])
    return outer, inner


def _circled_cross() -> Shape:
    """The mark before an amount in words on every invoice, which the Song face lacks."""
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    circle = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    bar = np.array([[-1.0, -0.06], [1.0, -0.06], [1.0, 0.06], [-1.0, 0.06]]) * 0.4
    tilted = [bar @ np.array([[1, s], [-s, 1]]) / np.sqrt(2) for s in (1, -1)]
    centre = np.array([0.5, -0.36])
    rings = [circle * 0.42, circle[::-1] * 0.375]
    return Shape(tuple(one + centre for one in (*rings, *tilted)), 1.0, foreign=True)


_DRAWN = dict.fromkeys("\u2297\u24e7\u24cd", _circled_cross())

MISSING = Shape(_box(), _MISSING_ADVANCE, missing=True)


class Face:
    """One font of a document. own: its embedded file, None where there is none or it is broken."""

    def __init__(self, own: Outline | None) -> None:
        self._own = own
        self._by_index: dict[int, Shape | None] = {}
        self._by_character: dict[str, Shape] = {}

    def of_glyph(self, index: int) -> Shape | None:
        """The embedded font's glyph; None where it has none such."""
        if index not in self._by_index:
            self._by_index[index] = _drawn(self._own, index)
        return self._by_index[index]

    def of_character(self, character: str) -> Shape:
        """The glyph of a character; a box where neither font has one."""
        found = self._by_character.get(character)
        if found is None:
            found = self._by_character[character] = self._find(character)
        return found

    def _find(self, character: str) -> Shape:
        index = _index(self._own, character)
        own = None if index is None else self.of_glyph(index)
        if own is not None:
            return own
        shape = shipped(_SAME_SHAPE.get(character, character))
        if shape is not None:
            foreign = self._own is not None
            return Shape(shape.contours, shape.advance, substituted=foreign, foreign=True)
        if character in _BLANK:
            return Shape((), 0.5)
        return MISSING


@cache
def shipped(character: str) -> Shape | None:
    """A glyph of the project's own face; None where it lacks the character."""
    if character in _DRAWN:
        return _DRAWN[character]
    with _LOCK:
        font = _shipped_font()
        index = font.glyph_of(character)
        return None if index is None else _drawn(font, index)


@cache
def _shipped_font() -> Outline:
    package, name = _SHIPPED
    return open_font(files(package).joinpath(name).read_bytes())


def _index(font: Outline | None, character: str) -> int | None:
    if font is None:
        return None
    try:
        return font.glyph_of(character)
    except MemoryError:
        raise
    except Exception:
        return None


def _drawn(font: Outline | None, index: int) -> Shape | None:
    """None where the font's bytes for it are broken, in whatever way."""
    if font is None:
        return None
    try:
        contours, advance = contours_of(font, index)
    except MemoryError:
        raise
    except Exception:
        return None
    return Shape(tuple(contours), min(max(advance, 0.0), 4.0))
