"""Imprints as they are kept: drawn by us or filed from outside, always a PNG; pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sealsvc.documents.ofd.picture_package import picture_package
from sealsvc.documents.picture import picture_rgba_sha256, rgba_sha256, to_png
from sealsvc.imprint.picture import decode, inspect_picture
from sealsvc.imprint.render import ImprintSpec, render_png
from sealsvc.imprint.vectors import ofd_paths, svg

_MM_PER_INCH = 25.4


class OutlineForm(StrEnum):
    """Forms of outlines, by their media types."""

    SVG = "image/svg+xml"
    OFD = "application/ofd"


@dataclass(frozen=True)
class Picture:
    """An imprint. rgba_sha256: measure of its pixels; sizes: None where the file tells none."""

    png: bytes
    rgba_sha256: str
    width_mm: float | None
    height_mm: float | None


def drawn_picture(spec: ImprintSpec, dpi: int) -> Picture:
    """The imprint of an electronic seal.

    Raises: GlyphMissing, ImprintTextTooLong, ImprintDpiUnsupported.
    """
    png = render_png(spec, dpi)
    return Picture(png, picture_rgba_sha256(png), spec.width_mm, spec.height_mm)


def filed_picture(data: bytes) -> Picture:
    """The imprint of a physical seal from a foreign PNG, JPEG or BMP.

    Raises: ImprintPictureUnreadable.
    """
    info = inspect_picture(data)
    image = decode(data)
    scale = None if info.dpi is None else _MM_PER_INCH / info.dpi
    return Picture(
        png=to_png(image),
        rgba_sha256=rgba_sha256(image),
        width_mm=None if scale is None else info.width_px * scale,
        height_mm=None if scale is None else info.height_px * scale,
    )


def outlines(
    spec: ImprintSpec, registered_png: bytes, form: OutlineForm, made_at: datetime
) -> bytes | None:
    """The imprint as outlines; None unless this spec draws the registered picture, dot for dot.

    Raises: GlyphMissing, ImprintTextTooLong, ImprintPictureUnreadable, ImprintDpiUnsupported.
    """
    dpi = inspect_picture(registered_png).dpi
    if dpi is None or not _same(render_png(spec, dpi), registered_png):
        return None
    if form is OutlineForm.SVG:
        return svg(spec)
    return picture_package(ofd_paths(spec), (spec.width_mm, spec.height_mm), spec.color, made_at)


def _same(one: bytes, other: bytes) -> bool:
    return picture_rgba_sha256(one) == picture_rgba_sha256(other)
