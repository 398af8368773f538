"""One measure for pictures, so that a shown seal and a registered imprint can be compared.

No pyHanko here: both the document reader and the registry call it.
"""

from hashlib import sha256
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from sealsvc.errors import BadInput

MAX_SIDE_PX = 4000


class PictureUnreadable(BadInput):
    """The bytes are no PNG, or one larger than 4000 x 4000 pixels."""

    code = "PICTURE_UNREADABLE"


def load_png(png: bytes) -> Image.Image:
    """A PNG as RGBA, fully transparent pixels made black.

    Raises: PictureUnreadable.
    """
    try:
        with Image.open(BytesIO(png), formats=("PNG",)) as image:
            if max(image.size) > MAX_SIDE_PX:
                raise PictureUnreadable(reason="size")
            return normalised(image)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PictureUnreadable(reason="format") from error


def normalised(image: Image.Image) -> Image.Image:
    """The picture as RGBA with 0,0,0,0 wherever alpha is 0.

    Colour under full transparency shows nowhere, and encoders drop it at will.
    """
    rgba = image.convert("RGBA")
    alpha = rgba.getchannel("A")
    if alpha.getextrema()[0] != 0:
        return rgba
    visible = alpha.point([0] + [255] * 255)
    clear = Image.new("RGBA", rgba.size, (0, 0, 0, 0))
    clear.paste(rgba, (0, 0), visible)
    return clear


def rgba_sha256(image: Image.Image) -> str:
    """Hex SHA-256 over `{width}x{height}` LF and the normalised RGBA bytes, row by row."""
    rgba = normalised(image)
    return sha256(f"{rgba.width}x{rgba.height}\n".encode() + rgba.tobytes()).hexdigest()


def picture_rgba_sha256(png: bytes) -> str:
    """The measure of a PNG file; equals `SealPicture.rgba_sha256` of the seal it was put in.

    Raises: PictureUnreadable.
    """
    return rgba_sha256(load_png(png))


def to_png(image: Image.Image) -> bytes:
    """The picture as a PNG file without metadata."""
    buffer = BytesIO()
    normalised(image).save(buffer, "PNG")
    return buffer.getvalue()
