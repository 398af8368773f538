"""JBIG2 pictures (QR codes of older invoices), decoded by pdfium, which has no reader for the file.

The file's segments become an image stream of a one-page PDF. Source: ITU-T T.88 annex D and 7.2;
ISO 32000-1 7.4.7.
"""

from contextlib import closing
from io import BytesIO
from struct import error as struct_error
from struct import unpack_from
from typing import Any

import pikepdf
import pypdfium2
from PIL import Image

from sealsvc.documents.ofd.render.geometry import Malformed
from sealsvc.documents.pdfium import one_at_a_time

MARK = b"\x97JB2\r\n\x1a\n"
MAX_PX = 16_000_000
_PAGE_INFORMATION = 48
_MAX_SEGMENTS = 1_000


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of the first page, in pixels. Raises: Malformed."""
    try:
        found = _page_size(_segments(data))
    except (struct_error, IndexError):
        raise Malformed("JBIG2 structure") from None
    if not (found[0] > 0 and found[1] > 0 and found[0] * found[1] <= MAX_PX):
        raise Malformed("JBIG2 size")
    return found


@one_at_a_time
def decode(data: bytes) -> Image.Image:
    """Pixels in grey. Raises: Malformed; anything, from the libraries."""
    width, height = size_of(data)
    with pikepdf.new() as pdf:
        image = pdf.make_stream(
            _segments(data),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=width,
            Height=height,
            ColorSpace=pikepdf.Name.DeviceGray,
            BitsPerComponent=1,
            Filter=pikepdf.Name.JBIG2Decode,
        )
        page = pdf.add_blank_page(page_size=(width, height))
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
        page.Contents = pdf.make_stream(f"{width} 0 0 {height} 0 0 cm /I Do".encode())
        out = BytesIO()
        pdf.save(out)
    document: Any = pypdfium2.PdfDocument(out.getvalue())
    with closing(document), closing(document[0]) as shown, closing(shown.render()) as bitmap:
        drawn: Image.Image = bitmap.to_pil().convert("L")
    return drawn


def _segments(data: bytes) -> bytes:
    """The file without its header. Only the sequential organisation, as an embedded stream is."""
    flags = data[len(MARK)]
    if not flags & 1:
        raise Malformed("JBIG2 organisation")
    return data[len(MARK) + (1 if flags & 2 else 5) :]


def _page_size(data: bytes) -> tuple[int, int]:
    at = 0
    for _ in range(_MAX_SEGMENTS):
        number, flags, counted = unpack_from(">IBB", data, at)
        at += 5
        references = counted >> 5
        if references == 7:
            references = unpack_from(">I", data, at)[0] & 0x1FFFFFFF
            at += 4 + (references + 8) // 8
        else:
            at += 1
        at += references * (1 if number <= 256 else 2 if number <= 65_536 else 4)
        at += 4 if flags & 0x40 else 1
        (length,) = unpack_from(">I", data, at)
        at += 4
        if flags & 0x3F == _PAGE_INFORMATION:
            width, height = unpack_from(">II", data, at)
            return width, height
        if length == 0xFFFFFFFF:
            break
        at += length
    raise Malformed("JBIG2 without a page")
