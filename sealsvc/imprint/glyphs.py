"""Glyph outlines of the shipped fonts, flattened to polygons in em units."""

import io
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from numpy.typing import NDArray

from sealsvc.errors import BadInput
from sealsvc.imprint.fonts import FontName, font_bytes

Polygon = NDArray[np.float64]
"""Closed contour, shape (points, 2); the last point joins the first."""

# 8 chords a curve keep the error below 0.0005 em: 2 micrometres at the largest seal text.
_CHORDS = 8
# TTFont reads lazily from one shared stream; two threads must not expand a glyph at once.
_FONT_LOCK = threading.Lock()


class GlyphMissing(BadInput):
    """A character of a seal's text is in none of the shipped fonts; nothing was drawn."""

    code = "GLYPH_MISSING"


@dataclass(frozen=True, eq=False)
class Glyph:
    """One character's outline, em units, y upwards, baseline at 0; filled by non-zero winding.

    bounds: (x_min, y_min, x_max, y_max) of the ink, None for a blank.
    """

    character: str
    contours: tuple[Polygon, ...]
    bounds: tuple[float, float, float, float] | None
    advance: float

    @property
    def is_hanzi(self) -> bool:
        """Whether the character is an ideograph, which fills its square."""
        point = ord(self.character)
        return point >= 0x20000 or 0x3400 <= point <= 0x9FFF or point == 0x3007


class _FlatteningPen(BasePen):  # type: ignore[misc]  # fontTools has no types
    """Collects contours as lists of points, curves replaced by chords."""

    def __init__(self, glyph_set: Any) -> None:
        super().__init__(glyph_set)
        self.contours: list[list[tuple[float, float]]] = []

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802  # fontTools' hook
        self.contours.append([pt])

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self.contours[-1].append(pt)

    def _qCurveToOne(self, pt1: tuple[float, float], pt2: tuple[float, float]) -> None:  # noqa: N802
        x0, y0 = self.contours[-1][-1]
        for step in range(1, _CHORDS + 1):
            t = step / _CHORDS
            a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
            self.contours[-1].append(
                (a * x0 + b * pt1[0] + c * pt2[0], a * y0 + b * pt1[1] + c * pt2[1])
            )


@cache
def _opened(font: FontName) -> tuple[Any, dict[int, str], Any, float]:
    """Glyph set, character map, the font (kept open) and units per em."""
    opened = TTFont(io.BytesIO(font_bytes(font)), lazy=True)
    return opened.getGlyphSet(), opened.getBestCmap(), opened, opened["head"].unitsPerEm


@cache
def covered_codepoints(font: FontName) -> frozenset[int]:
    """Code points a font has a glyph for."""
    with _FONT_LOCK:
        return frozenset(_opened(font)[1])


def require_glyphs(text: str, font: FontName) -> None:
    """Return quietly when every character of `text` can be drawn.

    Raises: GlyphMissing, for the first character that cannot.
    """
    covered = covered_codepoints(font)
    for character in text:
        if ord(character) not in covered:
            raise GlyphMissing(character=character, codepoint=f"U+{ord(character):04X}")


@cache
def glyph(character: str, font: FontName) -> Glyph:
    """Outline of one character.

    Raises: GlyphMissing.
    """
    require_glyphs(character, font)
    with _FONT_LOCK:
        glyph_set, cmap, _, units = _opened(font)
        source = glyph_set[cmap[ord(character)]]
        pen = _FlatteningPen(glyph_set)
        source.draw(pen)
        advance = float(source.width) / units
    contours = tuple(np.asarray(points, dtype=np.float64) / units for points in pen.contours)
    if not contours:
        return Glyph(character, (), None, advance)
    low = np.min([contour.min(axis=0) for contour in contours], axis=0)
    high = np.max([contour.max(axis=0) for contour in contours], axis=0)
    bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return Glyph(character, contours, bounds, advance)
