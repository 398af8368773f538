"""What a seal shows: an image deflated once per imprint, and the small form around it.

Source: ISO 32000-2, 8.9.5 (images), 11.6.5.2 (soft masks), 12.5.5 (appearance streams).
"""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from PIL import Image

from sealsvc.documents.pdf.errors import ImprintUnreadable
from sealsvc.documents.pdf.fast.pages import Box
from sealsvc.documents.pdf.fast.revision import Revision
from sealsvc.documents.picture import PictureUnreadable, load_png

MAX_IMPRINTS = 64
MAX_DRAWINGS = 256
BEST = 9
DRAWN = b"<</N %d 0 R>>"

# The matrix turns the picture against /Rotate, so that it stands upright for the viewer.
UPRIGHT = {0: b"1 0 0 1", 90: b"0 1 -1 0", 180: b"-1 0 0 -1", 270: b"0 -1 1 0"}


@dataclass(frozen=True, slots=True, eq=False)
class ImageObjects:
    """An imprint as image XObjects. mask: the body of its SMask, None where all is opaque.

    colours_head, colours_tail: the body of the image around its /SMask entry. One object an
    imprint (`image_objects` keeps them), so that a look-up by it need not look at its bytes.
    """

    mask: bytes | None
    colours_head: bytes
    colours_tail: bytes

    @property
    def count(self) -> int:
        """How many objects."""
        return 1 if self.mask is None else 2

    def bodies(self, first: int) -> tuple[list[bytes], int]:
        """Bodies of the objects from that number on, and the number of the image itself."""
        if self.mask is None:
            return [self.colours_head + self.colours_tail], first
        image = b"%b/SMask %d 0 R%b" % (self.colours_head, first, self.colours_tail)
        return [self.mask, image], first + 1


@lru_cache(maxsize=MAX_IMPRINTS)
def image_objects(png: bytes) -> ImageObjects:
    """The imprint pixel for pixel, its alpha as SMask. Raises: ImprintUnreadable."""
    try:
        image = load_png(png)
    except PictureUnreadable as error:
        raise ImprintUnreadable(reason=str(error.fields.get("reason"))) from error
    alpha = image.getchannel("A")
    head, tail = _samples(image.convert("RGB"), b"DeviceRGB")
    if alpha.getextrema() == (255, 255):
        return ImageObjects(None, head, tail)
    return ImageObjects(b"".join(_samples(alpha, b"DeviceGray")), head, tail)


def _samples(image: Image.Image, space: bytes) -> tuple[bytes, bytes]:
    data = zlib.compress(image.tobytes(), BEST)
    head = (
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%b"
        b"/BitsPerComponent 8/Filter/FlateDecode/Length %d"
    ) % (image.width, image.height, space, len(data))
    return head, b">>\nstream\n%b\nendstream" % data


class Frame(NamedTuple):
    """A box as shown, in units of user space, on a page turned by `rotate`."""

    width: float
    height: float
    rotate: int


def frame_of(box: Box, rotate: int) -> Frame:
    """The frame of a user-space rectangle."""
    width, height = box[2] - box[0], box[3] - box[1]
    return Frame(height, width, rotate) if rotate in (90, 270) else Frame(width, height, rotate)


def drawn_bodies(
    image: ImageObjects, frame: Frame, first: int, height_ratio: float | None = None
) -> list[bytes]:
    """Bodies of the objects from that number on; the last is the form. As `add_appearance`."""
    bodies, number = image.bodies(first)
    return [*bodies, _form(frame, number, height_ratio)]


def add_appearance(
    revision: Revision, image: ImageObjects, frame: Frame, height_ratio: float | None = None
) -> bytes:
    """The image's objects and a form that draws it; the raw value of /AP.

    height_ratio: the image's box over its width, where it may differ from the frame's and the
    image then stands in the middle; None fills the frame.
    """
    number = 0
    for body in drawn_bodies(image, frame, revision.following, height_ratio):
        number = revision.add(body)
    return DRAWN % number


def add_blank(revision: Revision, frame: Frame) -> bytes:
    """A form that draws nothing; the raw value of /AP."""
    body = b"<</Type/XObject/Subtype/Form/BBox[0 0 %.4f %.4f]/Length 0>>\nstream\n\nendstream"
    return DRAWN % revision.add(body % (frame.width, frame.height))


def _form(frame: Frame, image_number: int, height_ratio: float | None) -> bytes:
    before, behind = _drawing(frame, height_ratio)
    return b"%b%d%b" % (before, image_number, behind)


@lru_cache(maxsize=MAX_DRAWINGS)
def _drawing(frame: Frame, height_ratio: float | None) -> tuple[bytes, bytes]:
    """The form's body before and behind the number of its image."""
    width, height = frame.width, frame.height
    if height_ratio is None:
        content = b"q %.4f 0 0 %.4f 0 0 cm /Seal Do Q" % (width, height)
    else:
        across = min(width, height / height_ratio)
        up = across * height_ratio
        place = (across, up, (width - across) / 2, (height - up) / 2)
        content = b"q %.4f 0 0 %.4f %.4f %.4f cm /Seal Do Q" % place
    before = (
        b"<</Type/XObject/Subtype/Form/BBox[0 0 %.4f %.4f]/Matrix[%b 0 0]"
        b"/Resources<</XObject<</Seal "
    ) % (width, height, UPRIGHT[frame.rotate])
    behind = b" 0 R>>>>/Length %d>>\nstream\n%b\nendstream" % (len(content), content)
    return before, behind
