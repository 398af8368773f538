"""Pictures in which a QR code may stand: bounded decoding, flattened on white."""

from io import BytesIO

from PIL import Image

from sealsvc.documents.invoices.qr import find_codes
from sealsvc.documents.ofd.render import jbig2

MAX_PIXELS = 4_000_000
_FORMATS = ("PNG", "JPEG", "BMP")


def find_codes_in_picture(content: bytes) -> tuple[str, ...]:
    """The texts of all QR codes in a PNG, JPEG, BMP or JBIG2; empty where it cannot be decoded."""
    try:
        if content.startswith(jbig2.MARK):
            return _in_jbig2(content)
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                return ()
            return find_codes(_on_white(image))
    except MemoryError:
        raise
    except Exception:  # Pillow raises a dozen kinds on damaged pictures, and warns as errors
        return ()


def _in_jbig2(content: bytes) -> tuple[str, ...]:
    width, height = jbig2.size_of(content)
    return find_codes(_on_white(jbig2.decode(content))) if width * height <= MAX_PIXELS else ()


def _on_white(image: Image.Image) -> Image.Image:
    """Grey on white with a margin: a transparent ground would read as black."""
    coloured = image.convert("RGBA")
    margin = 16
    size = (coloured.width + 2 * margin, coloured.height + 2 * margin)
    ground = Image.new("RGBA", size, "white")
    ground.alpha_composite(coloured, (margin, margin))
    return ground.convert("L")
