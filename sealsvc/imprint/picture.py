"""Read pictures of seals from outside, within strict limits, and reduce them to a normal bitmap."""

import io
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from sealsvc.errors import BadInput

MAX_PICTURE_BYTES = 4 * 1024 * 1024
MAX_SIDE_PX = 4000
NORMAL_SIDE_PX = 256
"""Side of the normal bitmap."""

_INK_THRESHOLD = 128
# Faint JPEG noise and paper tone around the seal must not widen the crop.
_CROP_THRESHOLD = 64


class ImprintPictureUnreadable(BadInput):
    """A picture is not PNG, JPEG or BMP, is broken, or is too large to be opened.

    fields: reason (`size`, `format`, `dimensions`, `frames`, `content`).
    """

    code = "IMPRINT_PICTURE_UNREADABLE"


class PictureFormat(StrEnum):
    """Picture formats accepted for an imprint."""

    PNG = "PNG"
    JPEG = "JPEG"
    BMP = "BMP"


@dataclass(frozen=True)
class PictureInfo:
    """What a picture says of itself. dpi: None where it is absent or differs by axis."""

    format: PictureFormat
    width_px: int
    height_px: int
    dpi: int | None


@dataclass(frozen=True, eq=False)
class NormalBitmap:
    """A seal picture cropped to its ink and scaled to 256 x 256; None where there is no ink.

    ink: strength 0..255, shape (256, 256). color: mean colour of the ink, 0..255 each.
    aspect: width by height of the ink before scaling.
    """

    ink: NDArray[np.uint8]
    color: tuple[float, float, float] | None
    aspect: float | None

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Where the ink is at least half strong."""
        return self.ink >= _INK_THRESHOLD


def inspect_picture(data: bytes) -> PictureInfo:
    """Check a foreign picture completely and say what it is; the pixels are decoded once.

    Raises: ImprintPictureUnreadable.
    """
    image, kind = _opened(data)
    info = PictureInfo(kind, image.width, image.height, _dpi(image))
    _decoded(image)
    return info


def decode(data: bytes) -> Image.Image:
    """The picture's pixels as RGBA.

    Raises: ImprintPictureUnreadable.
    """
    return _decoded(_opened(data)[0])


def normal_bitmap(data: bytes) -> NormalBitmap:
    """The seal in the picture, without its margins, size and background.

    Raises: ImprintPictureUnreadable.
    """
    return normalise(decode(data))


def ink_of(image: Image.Image) -> Image.Image:
    """Ink strength (mode L, 0..255) of an RGBA picture: opacity times distance from white.

    Red, blue and black ink alike count in full, white paper and transparency not at all.
    """
    red, green, blue, alpha = image.split()
    weakest = ImageChops.darker(ImageChops.darker(red, green), blue)
    return ImageChops.multiply(ImageChops.invert(weakest), alpha)


def normalise(image: Image.Image) -> NormalBitmap:
    """`normal_bitmap` of a decoded RGBA picture."""
    ink = ink_of(image)
    box = ink.point([255 if level >= _CROP_THRESHOLD else 0 for level in range(256)]).getbbox()
    if box is None:
        return NormalBitmap(np.zeros((NORMAL_SIDE_PX,) * 2, np.uint8), None, None)
    side = (NORMAL_SIDE_PX, NORMAL_SIDE_PX)
    cropped = ink.crop(box)
    scaled = np.asarray(cropped.resize(side, Image.Resampling.BILINEAR), dtype=np.uint8)
    weights = np.asarray(cropped) >= _INK_THRESHOLD
    if not weights.any():
        weights = np.asarray(cropped) >= _CROP_THRESHOLD
    colors = np.asarray(image.crop(box))[weights][:, :3].mean(axis=0, dtype=np.float64)
    color = (float(colors[0]), float(colors[1]), float(colors[2]))
    return NormalBitmap(scaled, color, cropped.width / cropped.height)


def _opened(data: bytes) -> tuple[Image.Image, PictureFormat]:
    """Header read and limits checked, pixels not yet decoded."""
    if not 0 < len(data) <= MAX_PICTURE_BYTES:
        raise ImprintPictureUnreadable(reason="size")
    try:
        image = Image.open(io.BytesIO(data), formats=[kind.value for kind in PictureFormat])
        kind = PictureFormat(image.format or "")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImprintPictureUnreadable(reason="dimensions") from None
    except Exception as error:  # Pillow's readers fail with many types on hostile bytes
        raise ImprintPictureUnreadable(reason="format") from error
    if max(image.size) > MAX_SIDE_PX or min(image.size) < 1:
        raise ImprintPictureUnreadable(reason="dimensions")
    if getattr(image, "n_frames", 1) != 1:
        raise ImprintPictureUnreadable(reason="frames")
    return image, kind


def _decoded(image: Image.Image) -> Image.Image:
    try:
        return image.convert("RGBA")
    except Exception as error:  # as above: OSError, ValueError, SyntaxError, zlib.error, ...
        raise ImprintPictureUnreadable(reason="content") from error


def _dpi(image: Image.Image) -> int | None:
    given = image.info.get("dpi")
    if not isinstance(given, tuple) or len(given) != 2:
        return None
    try:
        across, down = (round(float(value)) for value in given)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    return across if across == down and across > 0 else None
