"""A seal's imprint as outlines: path data for OFD and SVG, from the layout the raster uses too.

The same strokes at every scale, where a raster is sharp at one. Millimetres from the top-left
corner of the imprint; every region is filled by the non-zero rule.
"""

import numpy as np

from sealsvc.imprint.glyphs import Polygon
from sealsvc.imprint.render import imprint_regions
from sealsvc.imprint.spec import ImprintSpec

_PLACES = 3  # micrometres
_TOLERANCE_MM = 0.003  # a tenth of a dot at 1,200 dpi


def ofd_paths(spec: ImprintSpec) -> tuple[str, ...]:
    """AbbreviatedData of each region, operators M, L and C. Source: GB/T 33190, 9.1.

    Raises: GlyphMissing, ImprintTextTooLong.
    """
    return tuple(_path(region, spec, "C") for region in imprint_regions(spec) if region)


def svg(spec: ImprintSpec) -> bytes:
    """The imprint as one SVG picture, sized in millimetres.

    Raises: GlyphMissing, ImprintTextTooLong.
    """
    paths = "".join(
        f'<path d="{_path(region, spec, "Z")}"/>' for region in imprint_regions(spec) if region
    )
    width, height = _plain(spec.width_mm), _plain(spec.height_mm)
    red, green, blue = spec.color
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" fill="#{red:02x}{green:02x}{blue:02x}" '
        f'fill-rule="nonzero">{paths}</svg>'
    ).encode("ascii")


def _path(region: tuple[Polygon, ...], spec: ImprintSpec, close: str) -> str:
    """Path data of one region, moved from the centre to the corner."""
    corner = np.array((spec.width_mm, spec.height_mm)) / 2
    return " ".join(_contour(contour + corner, close) for contour in region)


def _contour(points: Polygon, close: str) -> str:
    written = [f"{_plain(x)} {_plain(y)}" for x, y in _simplified(points).tolist()]
    return f"M {' L '.join(written)} {close}"


def _simplified(points: Polygon) -> Polygon:
    """The polygon without the points that move its outline by less than the tolerance.

    Ramer, Douglas and Peucker, on the two halves of the ring.
    """
    count = len(points)
    if count < 4:
        return points
    ring = np.vstack((points, points[:1]))
    keep = np.zeros(count + 1, dtype=bool)
    keep[[0, count // 2, count]] = True
    pending = [(0, count // 2), (count // 2, count)]
    while pending:
        first, last = pending.pop()
        if last - first < 2:
            continue
        far = _farthest(ring[first : last + 1])
        if far is not None:
            keep[first + far] = True
            pending += [(first, first + far), (first + far, last)]
    return np.asarray(ring[:-1][keep[:-1]])


def _farthest(run: Polygon) -> int | None:
    """Index of the point farthest from the chord, None when all are within the tolerance."""
    chord = run[-1] - run[0]
    length = float(np.hypot(*chord))
    offsets = run[1:-1] - run[0]
    if length == 0:
        distances = np.hypot(offsets[:, 0], offsets[:, 1])
    else:
        distances = np.abs(offsets[:, 0] * chord[1] - offsets[:, 1] * chord[0]) / length
    index = int(distances.argmax())
    return index + 1 if distances[index] > _TOLERANCE_MM else None


def _plain(value: float) -> str:
    text = f"{value:.{_PLACES}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
