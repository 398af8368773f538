"""Draw a seal's imprint: specification and resolution in, PNG bytes out. No I/O, no clock.

Public face of the package for drawing: `ImprintSpec`, `spec_for` and `render_png`.
"""

import io
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

from sealsvc.errors import BadInput
from sealsvc.imprint import layout
from sealsvc.imprint.fonts import FontName
from sealsvc.imprint.glyphs import GlyphMissing, Polygon, require_glyphs
from sealsvc.imprint.layout import ImprintTextTooLong, Region
from sealsvc.imprint.spec import (
    FORM_TABLE_VERSION,
    FORMS,
    SEAL_RED,
    ArcForm,
    ImprintSpec,
    ImprintSpecInvalid,
    LineForm,
    SealForm,
    Shape,
    spec_for,
)

__all__ = [
    "FORMS",
    "FORM_TABLE_VERSION",
    "SEAL_RED",
    "GlyphMissing",
    "ImprintDpiUnsupported",
    "ImprintSpec",
    "ImprintSpecInvalid",
    "ImprintTextTooLong",
    "Shape",
    "imprint_regions",
    "render_png",
    "spec_for",
]

MIN_DPI = 72
MAX_DPI = 1200
_MM_PER_INCH = 25.4
_SUPERSAMPLED_DPI = 2400


class ImprintDpiUnsupported(BadInput):
    """The resolution asked for is outside 72 to 1200 dots per inch."""

    code = "IMPRINT_DPI_UNSUPPORTED"


def render_png(spec: ImprintSpec, dpi: int) -> bytes:
    """The imprint as PNG: RGBA, transparent outside the ink, pHYs set to `dpi`.

    The picture's edges are the seal's edges: width_px = round(width_mm / 25.4 * dpi). The same
    specification and resolution give the same bytes in one environment.
    Raises: ImprintDpiUnsupported, GlyphMissing, ImprintTextTooLong; all before drawing.
    Source: china-domain section 2.3.
    """
    if not MIN_DPI <= dpi <= MAX_DPI:
        raise ImprintDpiUnsupported(dpi=dpi, minimum=MIN_DPI, maximum=MAX_DPI)
    alpha = _rasterise(_regions(spec), spec, dpi)
    picture = Image.new("RGB", alpha.size, spec.color)
    picture.putalpha(alpha)
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(dpi, dpi), compress_level=9)
    return out.getvalue()


def _require_all_glyphs(spec: ImprintSpec) -> None:
    for text in (spec.arc_text, spec.bottom_text):
        require_glyphs(text, FontName.SONGTI)
    invoice = FORMS[spec.seal_type].shape is not Shape.SQUARE
    require_glyphs(spec.center_text, FontName.DIGITS if invoice else FontName.SONGTI)


def _scaled_form(form: SealForm, scale: float) -> SealForm:
    """The form with every length multiplied."""

    def line(given: LineForm | None) -> LineForm | None:
        if given is None:
            return None
        return LineForm(given.top_mm * scale, given.height_mm * scale, given.width_mm * scale)

    def arc(given: ArcForm | None) -> ArcForm | None:
        if given is None:
            return None
        return replace(given, height_mm=given.height_mm * scale, inset_mm=given.inset_mm * scale)

    return replace(
        form,
        width_mm=form.width_mm * scale,
        height_mm=form.height_mm * scale,
        rim_mm=form.rim_mm * scale,
        star_mm=None if form.star_mm is None else form.star_mm * scale,
        arc=arc(form.arc),
        line=line(form.line),
        sequence=line(form.sequence),
    )


def imprint_regions(spec: ImprintSpec) -> list[Region]:
    """The outlines of everything inked, millimetres round the centre, for vector pictures.

    Raises: GlyphMissing, ImprintTextTooLong.
    """
    return _regions(spec)


def _regions(spec: ImprintSpec) -> list[Region]:
    """Everything that is inked, in millimetres round the centre."""
    _require_all_glyphs(spec)
    scale = spec.width_mm / FORMS[spec.seal_type].width_mm
    form = _scaled_form(FORMS[spec.seal_type], scale)
    if form.shape is Shape.SQUARE:
        frame = layout.square_rim(form.width_mm, form.rim_mm)
        return [frame, *layout.name_square(spec.center_text, form.width_mm, form.rim_mm)]
    regions = [layout.ellipse_rim(form.width_mm, form.height_mm, form.rim_mm)]
    if form.star_mm is not None:
        regions.append(layout.star(form.star_mm))
    if form.arc is not None:
        regions += layout.text_arc(spec.arc_text, form, form.arc, FontName.SONGTI)
    if spec.center_text:
        regions += layout.taxpayer_id(spec.center_text, scale)
    if form.line is not None:
        limit_mm = _LINE_LIMIT * form.width_mm
        regions += layout.text_line(spec.bottom_text, form.line, limit_mm, FontName.SONGTI)
    if form.sequence is not None and spec.sequence is not None:
        text = f"({spec.sequence})"
        regions += layout.text_line(text, form.sequence, form.width_mm / 3, FontName.DIGITS)
    return regions


# A purpose line may take this part of the seal's width before it meets the arc's ends.
_LINE_LIMIT = 0.48


def _rasterise(regions: list[Region], spec: ImprintSpec, dpi: int) -> Image.Image:
    """Coverage mask (mode L), antialiased by drawing larger and averaging."""
    factor = max(2, min(8, _SUPERSAMPLED_DPI // dpi))
    width_px = round(spec.width_mm / _MM_PER_INCH * dpi)
    height_px = round(spec.height_mm / _MM_PER_INCH * dpi)
    canvas = Image.new("L", (width_px * factor, height_px * factor), 0)
    scale = np.array((canvas.width / spec.width_mm, canvas.height / spec.height_mm))
    # Pillow's coordinates name pixel centres, ours the edges between pixels: hence the half.
    centre = np.array((canvas.width, canvas.height)) / 2 - 0.5
    for region in regions:
        _fill(canvas, [contour * scale + centre for contour in region])
    return canvas.reduce(factor)


def _fill(canvas: Image.Image, contours: list[Polygon]) -> None:
    """Ink one region by the non-zero winding rule."""
    if not contours:
        return
    # Pillow cuts fractions off, which would shift everything to the top left.
    contours = [np.rint(contour) for contour in contours]
    every = np.concatenate(contours)
    left, top = (int(v) for v in every.min(axis=0))
    right, bottom = (int(v) + 1 for v in every.max(axis=0))
    winding = np.zeros((bottom - top, right - left), dtype=np.int8)
    for contour in contours:
        one = Image.new("L", (right - left, bottom - top), 0)
        shifted = contour - (left, top)
        ImageDraw.Draw(one).polygon([(int(x), int(y)) for x, y in shifted], fill=1)
        winding += np.asarray(one, dtype=np.int8) * _orientation(contour)
    canvas.paste(255, (left, top), Image.fromarray((winding != 0).astype(np.uint8) * 255))


def _orientation(contour: Polygon) -> np.int8:
    """1 or -1 by the sign of the enclosed area."""
    x, y = contour[:, 0], contour[:, 1]
    area = float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    return np.int8(1 if area > 0 else -1)
