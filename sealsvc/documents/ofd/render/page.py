"""One page of an OFD as a picture, seals included. Pure; runs in the sandbox on hostile bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from math import isfinite, sqrt

import numpy as np
from PIL import Image

from sealsvc.documents.ofd.render.budget import Budget, Exhausted, Notes
from sealsvc.documents.ofd.render.canvas import Canvas
from sealsvc.documents.ofd.render.errors import OfdPageUnrenderable
from sealsvc.documents.ofd.render.geometry import Malformed, Matrix
from sealsvc.documents.ofd.render.painter import Painter
from sealsvc.documents.ofd.render.parts import Parts
from sealsvc.documents.ofd.render.sealpicture import StampPainter
from sealsvc.documents.ofd.render.structure import Page, PageRef, load_page, pages_of, stamps_of
from sealsvc.errors import ServiceError

MAX_PIXELS = 4_000_000
MAX_SIDE_PX = 8_000
_MM_PER_INCH = 25.4


@dataclass(frozen=True)
class RenderedPage:
    """A page as shown. png: RGB on white; px_per_mm: of the page, from its top-left corner.

    notes: what was not drawn as the document says, `text: number`; empty where all was.
    Text in a face that the document names but does not hold is drawn in the project's Song face
    without a note: that is so on nearly every invoice.
    """

    png: bytes
    width_px: int
    height_px: int
    px_per_mm: float
    notes: tuple[str, ...]


def page_count(data: bytes) -> int:
    """Pages of all documents in the package. Raises: OfdPageUnrenderable."""
    with _unrenderable():
        return len(pages_of(Parts(data), Notes()))


def render_page(
    data: bytes, page: int, dpi: float = 110, *, max_pixels: int = MAX_PIXELS
) -> RenderedPage:
    """Draw one page with templates, annotations and seals.

    page: 1-based, through all documents of the package. dpi: lowered where max_pixels or a side
    of 8000 would not do. Raises: OfdPageUnrenderable.
    """
    notes = Notes()
    with _unrenderable():
        parts = Parts(data)
        ref = _found(pages_of(parts, notes), page)
        canvas, scale = _drawn(parts, ref, (dpi, max_pixels), notes)
    pixels = np.ascontiguousarray(canvas.rgba8()[..., :3])
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=6)
    return RenderedPage(out.getvalue(), pixels.shape[1], pixels.shape[0], scale, notes.lines())


def opened_page(data: bytes, page: int) -> Page:
    """What is on a page, for readers of its text. page: 1-based. Raises: OfdPageUnrenderable."""
    notes = Notes()
    with _unrenderable():
        parts = Parts(data)
        return load_page(parts, _found(pages_of(parts, notes), page), notes)


def _found(pages: list[PageRef], page: int) -> PageRef:
    if not 1 <= page <= len(pages):
        raise OfdPageUnrenderable(reason="page")
    return pages[page - 1]


def _drawn(
    parts: Parts, ref: PageRef, asked: tuple[float, int], notes: Notes
) -> tuple[Canvas, float]:
    page = load_page(parts, ref, notes)
    scale = _scale(page.box.width, page.box.height, asked, notes)
    width, height = (max(1, round(side * scale)) for side in (page.box.width, page.box.height))
    canvas = Canvas(width, height, Budget(), white=True)
    matrix = Matrix.shift(-page.box.x, -page.box.y).then(Matrix.scale(scale, scale))
    painter = Painter(parts, canvas, notes)
    stamps = StampPainter(parts, canvas, notes)
    try:
        for layer in page.layers:
            painter.layer(layer, matrix)
        for layer in page.annotations:
            painter.layer(layer, matrix)
        for stamp in stamps_of(parts, ref, notes):
            stamps.stamp(stamp, matrix)
    except Exhausted as error:
        notes.add(f"drawing stopped, too many {error}")
    return canvas, scale


def _scale(width: float, height: float, asked: tuple[float, int], notes: Notes) -> float:
    """Pixels per millimetre within bounds."""
    dpi, max_pixels = asked
    if not (isfinite(dpi) and dpi > 0 and 0 < max_pixels <= MAX_PIXELS):
        raise OfdPageUnrenderable(reason="size")
    most = min(sqrt(max_pixels / (width * height)), MAX_SIDE_PX / max(width, height))
    if dpi / _MM_PER_INCH > most:
        notes.add("resolution lowered")
    return min(dpi / _MM_PER_INCH, most)


@contextmanager
def _unrenderable() -> Iterator[None]:
    """One error for all that keeps a page from being shown at all."""
    try:
        yield
    except (OfdPageUnrenderable, MemoryError):
        raise
    except ServiceError as error:
        raise OfdPageUnrenderable(reason="package", code=error.code) from error
    except Malformed as error:
        raise OfdPageUnrenderable(reason="document") from error
    except Exception as error:
        raise OfdPageUnrenderable(reason="content") from error
