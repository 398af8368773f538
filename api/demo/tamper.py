"""What a forger would do to a sealed PDF: one byte, some more bytes, another amount."""

from importlib import import_module  # pyHanko is heavy: only those who forge pay for it
from io import BytesIO

from sealsvc.errors import BadInput

_MARK = b"/Producer (sealsvc demo)"


class NothingToAlter(BadInput):
    """The file is not one that the demonstration made, so the place to alter is not found."""

    code = "DEMO_NOTHING_TO_ALTER"


def change_one_byte(pdf: bytes) -> bytes:
    """The same file with one byte changed that the signature covers.

    A letter of the document information is changed, so the file stays readable and its pages
    look the same. Raises: NothingToAlter.
    """
    at = pdf.find(_MARK)
    if at < 0:
        raise NothingToAlter(missing="producer")
    place = at + len(_MARK) - 2
    return pdf[:place] + bytes([pdf[place] ^ 0x01]) + pdf[place + 1 :]


def append_bytes(pdf: bytes) -> bytes:
    """The same file with a comment after its end, where no revision belongs."""
    return pdf + b"\n% appended after the seal\n"


def overpaint(pdf: bytes, text: str, box_mm: tuple[float, float, float, float]) -> bytes:
    """A further revision that paints other words over a place on the first page.

    text: printable ASCII without brackets. box_mm: x, y from the top-left corner, width, height.
    This is what an editor writes when somebody "corrects" an amount.
    """
    generic = import_module("pyhanko.pdf_utils.generic")
    writing = import_module("pyhanko.pdf_utils.incremental_writer")
    writer = writing.IncrementalPdfFileWriter(BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    while "/MediaBox" not in page:
        page = page["/Parent"]
    words = _painting(text, box_mm, page_height=float(page["/MediaBox"][3]))
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font_object = generic.DictionaryObject(
        {generic.pdf_name(key): generic.pdf_name(value) for key, value in font.items()}
    )
    fonts = {generic.pdf_name("/Forged"): writer.add_object(font_object)}
    writer.add_stream_to_page(
        0,
        writer.add_object(generic.StreamObject(stream_data=words)),
        resources=generic.DictionaryObject(
            {generic.pdf_name("/Font"): generic.DictionaryObject(fonts)}
        ),
    )
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _painting(text: str, box_mm: tuple[float, float, float, float], *, page_height: float) -> bytes:
    point = 72 / 25.4
    x, y, width, height = (value * point for value in box_mm)
    bottom = page_height - y - height
    return (
        f"q 1 1 1 rg {x:.2f} {bottom:.2f} {width:.2f} {height:.2f} re f 0 g "
        f"BT /Forged 9 Tf {x:.2f} {bottom + 3:.2f} Td ({text}) Tj ET Q"
    ).encode("ascii")
