"""Where each stroke of an imprint lies: text on arcs and lines, rim, star. Millimetres.

Coordinates: origin at the centre of the face, x to the right, y downwards.
Heights are *ink* heights: a line is scaled so that the ink of its ideographs together fills the
stated height, which is what a ruler laid on the paper measures.
Deviation: S12 asks for FangSong on the invoice seal; the shipped Song face stands in for it,
narrowed as FangSong is (docs/imprint.md).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sealsvc.errors import BadInput
from sealsvc.imprint.fonts import FontName
from sealsvc.imprint.glyphs import Glyph, Polygon, glyph
from sealsvc.imprint.spec import ArcForm, LineForm, SealForm

Region = tuple[Polygon, ...]
"""Contours filled together by the non-zero winding rule; holes run against their outline."""

_GAP = 0.14  # between characters, of a character's width
_NATURAL_WIDTH = 0.76  # of the height; seal text is narrower than print
_WIDEST = 0.94
_NARROWEST = 0.32  # of the height; beyond this strokes run together at 300 dpi
_NARROW_CELL = 0.55  # of a full cell, for brackets and dots
# Where along the height, from the outer edge, the spacing on an arc is even: nearer to the base,
# where neighbours come closest.
_PACING_DEPTH = 0.86
_CURVE_STEPS = 3600
# The outermost characters are straight, so their corners reach past the curve's own angle, and
# their ink may begin inside their cell.
_ARC_MARGIN_DEG = 3.0
_TAXPAYER_ID_SPAN_MM = 26.0  # S12, for 18 characters
_TAXPAYER_ID_LENGTH = 18
_LONGEST_TAXPAYER_ID = 20


class ImprintTextTooLong(BadInput):
    """A text does not fit its place even with the narrowest permitted characters."""

    code = "IMPRINT_TEXT_TOO_LONG"


@dataclass(frozen=True)
class _Face:
    """Common ink box of a line, em units: what is scaled to the stated width and height."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom


def _face(glyphs: list[Glyph], font: FontName) -> _Face:
    """Union of the ink of the line's ideographs and of a reference character.

    The reference keeps a line of flat characters (一二) from being blown up.
    """
    reference = glyph("国" if font is FontName.SONGTI else "0", font)
    boxes = [g.bounds for g in [reference, *glyphs] if g.bounds and (g is reference or g.is_hanzi)]
    lows, highs = np.min(boxes, axis=0), np.max(boxes, axis=0)
    return _Face(float(lows[0]), float(lows[1]), float(highs[2]), float(highs[3]))


def _cell(item: Glyph, face: _Face) -> float:
    """Width of a character's cell relative to a full one."""
    if item.is_hanzi or item.bounds is None:
        return min(1.0, item.advance)
    ink = (item.bounds[2] - item.bounds[0]) / face.width
    return max(_NARROW_CELL, min(1.0, ink))


def _scaled(item: Glyph, face: _Face, width_mm: float, height_mm: float) -> list[Polygon]:
    """The glyph around its cell's centre; y downwards from the face's middle."""
    if item.bounds is None:
        return []
    x_min, y_min, x_max, y_max = item.bounds
    middle_x = (face.left + face.right) / 2 if item.is_hanzi else (x_min + x_max) / 2
    middle_y = (face.top + face.bottom) / 2
    scale_x = width_mm / face.width
    if not item.is_hanzi:
        scale_x = min(scale_x, width_mm / (x_max - x_min))
    # Brackets and tails that leave the face are squeezed into it, never let into the rim.
    low, high = max(y_min, face.bottom), min(y_max, face.top)
    squeeze = (high - low) / (y_max - y_min)
    contours = []
    for contour in item.contours:
        y = low + (contour[:, 1] - y_min) * squeeze
        x_mm = (contour[:, 0] - middle_x) * scale_x
        contours.append(np.column_stack((x_mm, (middle_y - y) * height_mm / face.height)))
    return contours


def text_line(text: str, form: LineForm, limit_mm: float, font: FontName) -> list[Region]:
    """A centred horizontal line, narrowed when it would be longer than limit_mm.

    Raises: ImprintTextTooLong, GlyphMissing.
    """
    glyphs = [glyph(character, font) for character in text]
    face = _face(glyphs, font)
    cells = [_cell(item, face) for item in glyphs]
    units = sum(cells) + _GAP * (len(cells) - 1)
    width_mm = min(form.width_mm, limit_mm / units)
    if width_mm < _NARROWEST * form.height_mm:
        raise ImprintTextTooLong(place="line", length=len(text))
    x = -units * width_mm / 2
    middle_y = form.top_mm + form.height_mm / 2
    regions = []
    for item, cell in zip(glyphs, cells, strict=True):
        contours = _scaled(item, face, width_mm, form.height_mm)
        shift = np.array((x + cell * width_mm / 2, middle_y))
        regions.append(tuple(contour + shift for contour in contours))
        x += (cell + _GAP) * width_mm
    return regions


def taxpayer_id(text: str, scale: float) -> list[Region]:
    """The centre line of an invoice seal: characters 3.7 x 1.3 mm, 18 of them spanning 26 mm.

    Narrow characters (1) keep their shape; the gaps are equal and the ends are exact.
    Raises: ImprintTextTooLong, GlyphMissing. Source: S12.
    """
    if len(text) > _LONGEST_TAXPAYER_ID:
        raise ImprintTextTooLong(place="center", length=len(text))
    height_mm, width_mm = 3.7 * scale, 1.3 * scale
    glyphs = [glyph(character, FontName.DIGITS) for character in text]
    face = _face(glyphs, FontName.DIGITS)
    drawn = [_scaled(item, face, width_mm, height_mm) for item in glyphs]
    inks = [_ink_width(contours) for contours in drawn]
    span = _TAXPAYER_ID_SPAN_MM * scale * min(1.0, len(text) / _TAXPAYER_ID_LENGTH)
    gap = (span - sum(inks)) / max(1, len(text) - 1)
    x = -span / 2 if len(text) > 1 else -inks[0] / 2
    regions = []
    for contours, ink in zip(drawn, inks, strict=True):
        shift = np.array((x + ink / 2, 0.0))
        regions.append(tuple(contour + shift for contour in contours))
        x += ink + gap
    return regions


def _ink_width(contours: list[Polygon]) -> float:
    if not contours:
        return 0.0
    every = np.concatenate(contours)[:, 0]
    return float(every.max() - every.min())


@dataclass(frozen=True, eq=False)
class _Curve:
    """The curve on which characters are spaced, parallel to the seal's edge.

    t: parameter, 0 at the top, growing clockwise. length_mm: distance along the curve from the
    top. near, far: smallest and largest polar angle (radians, seen from the centre, 0 at the
    top) on the line from the text's outer edge to its base at t. All grow with the index.
    """

    t: NDArray[np.float64]
    length_mm: NDArray[np.float64]
    near: NDArray[np.float64]
    far: NDArray[np.float64]


def _normal(t: NDArray[np.float64], a: float, b: float) -> NDArray[np.float64]:
    """Outward unit normals of the ellipse (a sin t, -b cos t)."""
    raw = np.stack((b * np.sin(t), -a * np.cos(t)), axis=-1)
    return np.asarray(raw / np.linalg.norm(raw, axis=-1, keepdims=True))


def _points(t: NDArray[np.float64], a: float, b: float, inset: float) -> NDArray[np.float64]:
    edge = np.stack((a * np.sin(t), -b * np.cos(t)), axis=-1)
    return np.asarray(edge - inset * _normal(t, a, b))


def _angle(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.unwrap(np.arctan2(points[:, 0], -points[:, 1])))


def _pacing_curve(a: float, b: float, outer: float, height: float) -> _Curve:
    """Right half of the curve for text whose outer edge lies `outer` mm inside the seal's."""
    t = np.linspace(0, np.pi, _CURVE_STEPS + 1)
    points = _points(t, a, b, outer + _PACING_DEPTH * height)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    length = np.concatenate(([0.0], np.cumsum(steps)))
    edges = [_angle(_points(t, a, b, inset)) for inset in (outer, outer + height)]
    return _Curve(t, length, np.minimum(*edges), np.maximum(*edges))


def text_arc(text: str, form: SealForm, arc: ArcForm, font: FontName) -> list[Region]:
    """The name along the upper rim, left to right, feet to the centre.

    Short names are spread, long ones narrowed, so that the line's ink spans between the form's
    angles. Raises: ImprintTextTooLong, GlyphMissing.
    """
    glyphs = [glyph(character, font) for character in text]
    face = _face(glyphs, font)
    cells = np.array([_cell(item, face) for item in glyphs])
    a, b = form.width_mm / 2, form.height_mm / 2
    outer = form.rim_mm + arc.inset_mm
    curve = _pacing_curve(a, b, outer, arc.height_mm)
    width_mm, gap_mm = _arc_pitch(cells, curve, arc)
    total = float(cells.sum() * width_mm + gap_mm * (len(cells) - 1))
    starts = -total / 2 + np.concatenate(([0.0], np.cumsum(cells * width_mm + gap_mm)[:-1]))
    along = starts + cells * width_mm / 2
    t = np.sign(along) * np.interp(np.abs(along), curve.length_mm, curve.t)
    normals, centres = _normal(t, a, b), _points(t, a, b, outer + arc.height_mm / 2)
    regions = []
    for item, normal, centre in zip(glyphs, normals, centres, strict=True):
        # Rows: the glyph's own x and y axes (y down, so against the outward normal).
        axes = np.array(((-normal[1], normal[0]), (-normal[0], -normal[1])))
        contours = _scaled(item, face, width_mm, arc.height_mm)
        regions.append(tuple(contour @ axes + centre for contour in contours))
    return regions


def _arc_pitch(cells: NDArray[np.float64], curve: _Curve, arc: ArcForm) -> tuple[float, float]:
    """Width of a full cell and the gap between cells, mm along the pacing curve."""
    least, most = (
        2 * float(np.interp(np.deg2rad(limit) / 2, reach, curve.length_mm))
        for limit, reach in (
            (arc.min_deg + _ARC_MARGIN_DEG, curve.near),
            (arc.max_deg - _ARC_MARGIN_DEG, curve.far),
        )
    )
    units = float(cells.sum()) + _GAP * (len(cells) - 1)
    width_mm = min(_NATURAL_WIDTH * arc.height_mm, most / units)
    if width_mm < _NARROWEST * arc.height_mm:
        raise ImprintTextTooLong(place="arc", length=len(cells))
    if units * width_mm >= least:
        return width_mm, _GAP * width_mm
    width_mm = min(_WIDEST * arc.height_mm, least / units)
    gaps = max(1, len(cells) - 1)
    return width_mm, (least - float(cells.sum()) * width_mm) / gaps


def name_square(text: str, side_mm: float, rim_mm: float) -> list[Region]:
    """Characters of a name seal: columns from right to left, each from top to bottom.

    Raises: ImprintTextTooLong for more than 12 characters, GlyphMissing.
    """
    count = len(text)
    if count > 12:
        raise ImprintTextTooLong(place="center", length=count)
    columns = 1 if count <= 2 else 2 if count <= 6 else 3
    rows = -(-count // columns)
    glyphs = [glyph(character, FontName.SONGTI) for character in text]
    face = _face(glyphs, FontName.SONGTI)
    inner = side_mm - 2 * rim_mm - 2 * 0.04 * side_mm
    cell_w, cell_h = inner / columns, inner / rows
    regions = []
    for index, item in enumerate(glyphs):
        column, row = divmod(index, rows)
        contours = _scaled(item, face, cell_w * 0.94, cell_h * 0.94)
        shift = np.array((inner / 2 - cell_w * (column + 0.5), cell_h * (row + 0.5) - inner / 2))
        regions.append(tuple(contour + shift for contour in contours))
    return regions


def ellipse_rim(width_mm: float, height_mm: float, rim_mm: float) -> Region:
    """Ring between the outer edge and the same shape rim_mm further in."""
    t = np.linspace(0, 2 * np.pi, 1440, endpoint=False)
    outer, inner = (_points(t, width_mm / 2, height_mm / 2, inset) for inset in (0.0, rim_mm))
    return outer, inner[::-1]


def square_rim(side_mm: float, rim_mm: float) -> Region:
    """Square frame."""
    corners = np.array(((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)))
    return corners * side_mm / 2, (corners * (side_mm / 2 - rim_mm))[::-1]


def star(diameter_mm: float) -> Region:
    """Five-pointed star, one tip upwards, its tips on a circle round the centre."""
    turns = np.arange(10) * np.pi / 5
    # The regular pentagram's inner radius: (3 - sqrt 5) / 2 of the outer.
    radii = np.where(np.arange(10) % 2 == 0, 1.0, (3 - np.sqrt(5)) / 2) * diameter_mm / 2
    return (np.column_stack((radii * np.sin(turns), -radii * np.cos(turns))),)
