"""Pictures inside a document: decoded within bounds, laid onto the canvas by their matrix."""

import warnings
from io import BytesIO
from math import ceil

import numpy as np
from PIL import Image, ImageChops

from sealsvc.documents.ofd.render import jbig2
from sealsvc.documents.ofd.render.budget import Budget, Exhausted
from sealsvc.documents.ofd.render.canvas import (
    Canvas,
    Clip,
    Edges,
    edges_of,
    is_empty,
    meet,
    window_of,
)
from sealsvc.documents.ofd.render.geometry import Malformed, Matrix

MAX_SIDE_PX = 20_000
MAX_PX = 30_000_000
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF")
UNIT_SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


class Undrawable(Malformed):
    """A picture of a kind that is not read here; a placeholder stands for it."""


def decoded(data: bytes, budget: Budget) -> Image.Image:
    """The first frame as RGBA. Raises: Malformed, Exhausted."""
    budget.spend("pictures")
    if data[:8] == jbig2.MARK:
        return _jbig2(data, budget)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(BytesIO(data), formats=FORMATS)
    except MemoryError:
        raise
    except Exception:  # Pillow's readers fail with many types on hostile bytes
        raise Undrawable("picture format") from None
    if min(image.size) < 1 or max(image.size) > MAX_SIDE_PX or image.width * image.height > MAX_PX:
        raise Undrawable("picture size")
    budget.spend("picture pixels", image.width * image.height)
    try:
        return _rgba(image)
    except MemoryError:
        raise
    except Exception:
        raise Undrawable("picture content") from None


def _jbig2(data: bytes, budget: Budget) -> Image.Image:
    try:
        width, height = jbig2.size_of(data)
        budget.spend("picture pixels", width * height)
        return jbig2.decode(data).convert("RGBA")
    except (MemoryError, Exhausted):
        raise
    except Exception:
        raise Undrawable("JBIG2 picture") from None


def _rgba(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # 16 bits a level; Pillow would cut them off instead of scaling.
        levels = np.asarray(image, dtype=np.float64) / 257
        return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).convert("RGBA")
    return image.convert("RGBA")


def with_mask(image: Image.Image, mask: Image.Image) -> Image.Image:
    """The picture with a second one's lightness as further opacity."""
    scaled = mask.convert("L").resize(image.size)
    result = image.copy()
    result.putalpha(ImageChops.multiply(image.getchannel("A"), scaled))
    return result


def square(matrix: Matrix) -> Edges:
    """Edges of the unit square's image."""
    return edges_of([matrix.many(UNIT_SQUARE)])


def lay(
    canvas: Canvas, image: Image.Image, matrix: Matrix, clip: Clip, look: tuple[float, str]
) -> None:
    """Draw a picture. matrix: from the unit square to pixels; look: opacity, blend mode."""
    window = meet(window_of(np.clip(square(matrix), -1e6, 1e6)), clip.window)
    if is_empty(window) or abs(matrix.determinant) < 1e-9:
        return
    image = _reduced(image, matrix)
    left, top, right, bottom = window
    det = matrix.determinant
    a, c, b, d = matrix.d / det, -matrix.c / det, -matrix.b / det, matrix.a / det
    x, y = left - matrix.e, top - matrix.f
    width, height = image.size
    coefficients = (
        a * width,
        c * width,
        (a * x + c * y) * width,
        b * height,
        d * height,
        (b * x + d * y) * height,
    )
    canvas.budget.spend("pixels", (right - left) * (bottom - top))
    placed = image.transform(
        (right - left, bottom - top),
        Image.Transform.AFFINE,
        coefficients,
        resample=Image.Resampling.BILINEAR,
    )
    alpha, blend = look
    pixels = np.asarray(placed).astype(np.float32) / np.float32(255)
    pixels[..., 3] *= alpha
    pixels[..., :3] *= pixels[..., 3:]
    canvas.lay(window, pixels, clip, blend)


def _reduced(image: Image.Image, matrix: Matrix) -> Image.Image:
    """No more pixels than are shown, so that none is skipped."""
    reach = matrix.reach
    width = min(image.width, max(1, ceil(min(reach[0], MAX_SIDE_PX))))
    height = min(image.height, max(1, ceil(min(reach[1], MAX_SIDE_PX))))
    if (width, height) == image.size:
        return image
    return image.resize((width, height), Image.Resampling.BOX, reducing_gap=3.0)
