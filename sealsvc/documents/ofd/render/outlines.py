"""Glyph outlines of font files, bounded: a hostile font costs little and draws nothing worse."""

from io import BytesIO
from typing import Any, Protocol

import numpy as np
from fontTools import cffLib
from fontTools.misc.psCharStrings import T2OutlineExtractor
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from sealsvc.documents.ofd.render.cmapcheck import is_bounded
from sealsvc.documents.ofd.render.geometry import Malformed, Points

MAX_FONT_BYTES = 32 * 1024 * 1024
_MAX_CORNERS = 40_000
_MAX_COMPONENTS = 200
_MAX_CALLS = 5_000
_CHORDS = 6
# Not WOFF, whose packed tables could unfold to any size.
_SFNT = (b"\x00\x01\x00\x00", b"OTTO", b"true", b"ttcf")
_SYMBOL_BASE = 0xF000
_MOST_EM = 20.0


class Outline(Protocol):
    """Where outlines come from. Any method may raise anything on a hostile file."""

    def glyph_of(self, character: str) -> int | None:
        """Index of the glyph for a character; None where the font has none."""
        ...

    def draw(self, glyph: int, pen: "OutlinePen") -> float:
        """Draws a glyph in font units and returns its advance."""
        ...

    @property
    def units(self) -> float:
        """Font units of one em."""
        ...


class OutlinePen(BasePen):  # type: ignore[misc]  # fontTools has no types
    """Collects closed contours, curves as chords; refuses outlines that have no end."""

    def __init__(self, glyph_set: Any = None) -> None:
        super().__init__(glyph_set)
        self.contours: list[list[tuple[float, float]]] = []
        self._corners = 0
        self._components = 0

    def addComponent(self, glyphName: str, transformation: Any) -> None:  # noqa: N802, N803
        """One part of a composite glyph."""
        self._components += 1
        if self._components > _MAX_COMPONENTS:
            raise Malformed("glyph components")
        super().addComponent(glyphName, transformation)

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802  # fontTools' hook
        self.contours.append([])
        self._add(pt)

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self._add(pt)

    def _curveToOne(  # noqa: N802
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.contours[-1][-1], pt1, pt2, pt3
        for step in range(1, _CHORDS + 1):
            t = step / _CHORDS
            u = 1 - t
            a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
            self._add((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))

    def _add(self, point: tuple[float, float]) -> None:
        self._corners += 1
        if self._corners > _MAX_CORNERS:
            raise Malformed("glyph corners")
        self.contours[-1].append(point)


class SfntFont:
    """TrueType or OpenType, by its `glyf` or `CFF ` table."""

    def __init__(self, data: bytes) -> None:
        self._font = TTFont(BytesIO(data), lazy=True, fontNumber=0)
        self.units = _units(self._font["head"].unitsPerEm)
        if "glyf" not in self._font and "CFF " not in self._font:
            raise Malformed("font outlines")
        if "glyf" in self._font:
            # Names of glyphs, and the table that holds them, are not needed and often broken.
            count = self._font["maxp"].numGlyphs
            self._font.setGlyphOrder([f"g{index}" for index in range(count)])
        self._names = self._font.getGlyphOrder()
        self._glyphs = self._font.getGlyphSet()
        self._characters = _characters(self._font)
        self._indexes: dict[str, int] | None = None

    def glyph_of(self, character: str) -> int | None:
        """See Outline."""
        code = ord(character)
        name = self._characters.get(code)
        if name is None and code < 256:
            name = self._characters.get(_SYMBOL_BASE + code)
        if name is None:
            return None
        if self._indexes is None:
            self._indexes = {one: index for index, one in enumerate(self._names)}
        return self._indexes.get(name) or None

    def draw(self, glyph: int, pen: OutlinePen) -> float:
        """See Outline."""
        if not 0 <= glyph < len(self._names):
            raise Malformed("glyph index")
        pen.glyphSet = self._glyphs
        one = self._glyphs[self._names[glyph]]
        if "CFF " in self._font:
            _draw_charstring(self._font["CFF "].cff[0].CharStrings[self._names[glyph]], pen)
        else:
            one.draw(pen)
        return float(one.width)


class BareCff:
    """A CFF table without the sfnt around it; glyphs by index only."""

    def __init__(self, data: bytes) -> None:
        fonts = cffLib.CFFFontSet()
        fonts.decompile(BytesIO(data), None)
        self._top = fonts[0]
        self._names = self._top.charset
        matrix = getattr(self._top, "FontMatrix", [0.001])
        self.units = _units(1 / matrix[0])

    def glyph_of(self, character: str) -> int | None:
        """See Outline."""
        return None

    def draw(self, glyph: int, pen: OutlinePen) -> float:
        """See Outline."""
        if not 0 <= glyph < len(self._names):
            raise Malformed("glyph index")
        return _draw_charstring(self._top.CharStrings[self._names[glyph]], pen)


class _BoundedExtractor(T2OutlineExtractor):  # type: ignore[misc]
    """Counts calls: nested subroutines can multiply to any number."""

    calls = 0

    def execute(self, *given: Any, **named: Any) -> None:
        """Runs one charstring."""
        self.calls += 1
        if self.calls > _MAX_CALLS:
            raise Malformed("charstring calls")
        super().execute(*given, **named)


def open_font(data: bytes) -> Outline:
    """Raises: anything, on bytes that are no font."""
    if len(data) > MAX_FONT_BYTES:
        raise Malformed("font size")
    if data[:4] in _SFNT:
        return SfntFont(data)
    if data[:1] == b"\x01":
        return BareCff(data)
    raise Malformed("font format")


def contours_of(font: Outline, glyph: int) -> tuple[list[Points], float]:
    """Contours in em (y downwards) and the advance in em. Raises: anything."""
    pen = OutlinePen()
    advance = font.draw(glyph, pen) / font.units
    found = []
    for contour in pen.contours:
        points = np.asarray(contour, dtype=np.float64) / (font.units, -font.units)
        if not np.isfinite(points).all() or np.abs(points).max(initial=0) > _MOST_EM:
            raise Malformed("glyph size")
        found.append(points)
    return found, advance


def _draw_charstring(charstring: Any, pen: OutlinePen) -> float:
    private = charstring.private
    extractor = _BoundedExtractor(
        pen,
        getattr(private, "Subrs", []),
        charstring.globalSubrs,
        private.nominalWidthX,
        private.defaultWidthX,
        private,
    )
    extractor.execute(charstring)
    return float(extractor.width)


def _units(given: float) -> float:
    if not 16 <= given <= 16_384 * 4:
        raise Malformed("units per em")
    return float(given)


def _characters(font: Any) -> dict[int, str]:
    """Unicode, else symbol, else whatever map is first; none for glyphs by index only."""
    try:
        if not is_bounded(font.reader["cmap"]):
            return {}
        tables = font["cmap"].tables
        best = font.getBestCmap()
        if best:
            return dict(best)
        for table in tables:
            if table.cmap:
                return dict(table.cmap)
    except MemoryError:
        raise
    except Exception:
        return {}
    return {}
