"""Compare two pictures of seals: measured distances, never a verdict.

The threshold that turns a distance into a finding stands in the verification policy.
"""

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sealsvc.imprint.picture import NORMAL_SIDE_PX, NormalBitmap, decode, normalise

_DHASH_SIZE = 8
_PANEL_GAP_PX = 16
_BOTH = (150, 150, 150)
_ONLY_A = (0, 90, 220)
_ONLY_B = (220, 0, 0)
_LARGEST_COLOR_DISTANCE = math.sqrt(3) * 255


@dataclass(frozen=True)
class ImprintDistance:
    """How far two pictures are apart. Identical pictures measure 0 (overlap 1).

    byte_identical: the files. pixel_identical: the decoded pixels, transparent ones whatever
    colour they carry. size_a_px, size_b_px: (width, height).
    The following after normalisation (crop to ink, 256 x 256):
    mean_ink_difference: 0..1. ink_overlap: intersection over union of the ink, 0..1, 1 when
    neither has ink. dhash_distance: differing bits of two 64-bit difference hashes.
    color_difference: distance of the mean ink colours, 0..1; None where a picture has no ink.
    aspect_difference: |ln(aspect_a / aspect_b)|; None where a picture has no ink.
    """

    byte_identical: bool
    pixel_identical: bool
    size_a_px: tuple[int, int]
    size_b_px: tuple[int, int]
    mean_ink_difference: float
    ink_overlap: float
    dhash_distance: int
    color_difference: float | None
    aspect_difference: float | None


def compare(a: bytes, b: bytes) -> ImprintDistance:
    """Distances between two seal pictures (PNG, JPEG or BMP).

    Raises: ImprintPictureUnreadable.
    """
    image_a, image_b = decode(a), decode(b)
    normal_a, normal_b = normalise(image_a), normalise(image_b)
    difference = np.abs(normal_a.ink.astype(np.int16) - normal_b.ink.astype(np.int16))
    return ImprintDistance(
        byte_identical=a == b,
        pixel_identical=_same_pixels(image_a, image_b),
        size_a_px=image_a.size,
        size_b_px=image_b.size,
        mean_ink_difference=float(difference.mean()) / 255,
        ink_overlap=_overlap(normal_a.mask, normal_b.mask),
        dhash_distance=(dhash(normal_a) ^ dhash(normal_b)).bit_count(),
        color_difference=_color_difference(normal_a, normal_b),
        aspect_difference=_aspect_difference(normal_a, normal_b),
    )


def dhash(bitmap: NormalBitmap) -> int:
    """64-bit difference hash: is each of 8 x 8 fields darker than its right neighbour.

    Bits by rows, the top-left field the most significant.
    """
    grid = Image.fromarray(bitmap.ink).resize((_DHASH_SIZE + 1, _DHASH_SIZE), Image.Resampling.BOX)
    levels = np.asarray(grid, dtype=np.int16)
    value = 0
    for bit in (levels[:, :-1] > levels[:, 1:]).flat:
        value = value << 1 | int(bit)
    return value


def difference_png(a: bytes, b: bytes) -> bytes:
    """Picture for a reader: A, B, and both laid over each other, 256 px a panel.

    In the overlay grey is ink of both, blue of A alone, red of B alone. Opaque RGB PNG.
    Raises: ImprintPictureUnreadable.
    """
    normal_a, normal_b = normalise(decode(a)), normalise(decode(b))
    panels = [_single(normal_a, _ONLY_A), _single(normal_b, _ONLY_B), _overlay(normal_a, normal_b)]
    width = 3 * NORMAL_SIDE_PX + 4 * _PANEL_GAP_PX
    sheet = Image.new("RGB", (width, NORMAL_SIDE_PX + 2 * _PANEL_GAP_PX), "white")
    for index, panel in enumerate(panels):
        left = _PANEL_GAP_PX + index * (NORMAL_SIDE_PX + _PANEL_GAP_PX)
        sheet.paste(Image.fromarray(panel), (left, _PANEL_GAP_PX))
    out = io.BytesIO()
    sheet.save(out, "PNG", compress_level=9)
    return out.getvalue()


def _same_pixels(a: Image.Image, b: Image.Image) -> bool:
    if a.size != b.size:
        return False
    left, right = np.asarray(a), np.asarray(b)
    alike = (left == right).all(axis=2) | ((left[..., 3] == 0) & (right[..., 3] == 0))
    return bool(alike.all())


def _overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 1.0


def _color_difference(a: NormalBitmap, b: NormalBitmap) -> float | None:
    if a.color is None or b.color is None:
        return None
    return math.dist(a.color, b.color) / _LARGEST_COLOR_DISTANCE


def _aspect_difference(a: NormalBitmap, b: NormalBitmap) -> float | None:
    if a.aspect is None or b.aspect is None:
        return None
    return abs(math.log(a.aspect) - math.log(b.aspect))


def _blend(
    strength: NDArray[np.float64], color: tuple[int, int, int], paper: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Lay a colour over a picture with the given strength 0..1."""
    weight = strength[..., None]
    return paper * (1 - weight) + np.asarray(color, dtype=np.float64) * weight


def _single(bitmap: NormalBitmap, color: tuple[int, int, int]) -> NDArray[np.uint8]:
    """One bitmap alone on white."""
    paper = np.full((NORMAL_SIDE_PX, NORMAL_SIDE_PX, 3), 255.0)
    return _blend(bitmap.ink / 255.0, color, paper).astype(np.uint8)


def _overlay(a: NormalBitmap, b: NormalBitmap) -> NDArray[np.uint8]:
    """Shared ink in grey, the rest in the colour of the side that has it."""
    ink_a, ink_b = a.ink / 255.0, b.ink / 255.0
    shared = np.minimum(ink_a, ink_b)
    paper = np.full((NORMAL_SIDE_PX, NORMAL_SIDE_PX, 3), 255.0)
    paper = _blend(shared, _BOTH, paper)
    paper = _blend(ink_a - shared, _ONLY_A, paper)
    return _blend(ink_b - shared, _ONLY_B, paper).astype(np.uint8)
