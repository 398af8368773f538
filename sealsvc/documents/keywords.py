"""Where a word stands on the pages of a document, so that a seal can be put there.

Pure; runs in the sandbox on hostile bytes. Only what pages show as text is found: not pictures,
and in a PDF nothing that annotations or fields draw.
"""

from collections.abc import Iterator
from contextlib import closing
from ctypes import byref, c_int
from dataclasses import dataclass
from typing import Any

import pypdfium2

from sealsvc.documents import detect
from sealsvc.documents.ofd import OFD
from sealsvc.documents.ofd.render.geometry import Malformed
from sealsvc.documents.ofd.text import TextRun, page_text
from sealsvc.documents.pdf.errors import DocumentUnreadable
from sealsvc.documents.pdfium import one_at_a_time
from sealsvc.errors import BadInput, ServiceError

KEYWORD_LIMIT = 64
MAX_PAGES = 500
MAX_CHARACTERS = 20_000

_MM_PER_POINT = 25.4 / 72
_STEPS = 100  # pdfium answers in whole device units; this many to a point


class KeywordInvalid(BadInput):
    """The keyword is empty, longer than 64 characters or not printable."""

    code = "KEYWORD_INVALID"


class KeywordNotFound(BadInput):
    """The keyword stands on none of the document's pages as text."""

    code = "KEYWORD_NOT_FOUND"


@dataclass(frozen=True)
class KeywordBox:
    """The place of a word: millimetres from the top-left corner of the page as shown.

    page: 1-based.
    """

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


def require_keyword(keyword: str) -> str:
    """The keyword, when it can be searched for. Raises: KeywordInvalid."""
    if not keyword.strip() or len(keyword) > KEYWORD_LIMIT or not keyword.isprintable():
        raise KeywordInvalid(limit=KEYWORD_LIMIT)
    return keyword


@one_at_a_time
def find_keyword(data: bytes, keyword: str) -> KeywordBox:
    """The last place of the keyword, by pages from the end: signature blocks stand there.

    Letters are compared as they are; a word broken over two lines is not found in an OFD.
    Raises: KeywordInvalid, KeywordNotFound, UnsupportedFormat, DocumentUnreadable.
    """
    require_keyword(keyword)
    ofd = detect(data) is OFD
    found = next(_in_ofd(data, keyword) if ofd else _in_pdf(data, keyword), None)
    if found is None:
        raise KeywordNotFound(keyword=keyword)
    return found


def _in_ofd(data: bytes, keyword: str) -> Iterator[KeywordBox]:
    for number in range(min(OFD.read(data).page_count, MAX_PAGES), 0, -1):
        try:
            runs = page_text(data, number)
        except ServiceError:  # a page that cannot be drawn shows nothing
            continue
        for run in reversed(runs):
            at = run.text.rfind(keyword)
            if not run.annotation and at >= 0 and at + len(keyword) <= len(run.starts_mm):
                yield _run_box(number, run, at, len(keyword))


def _run_box(page: int, run: TextRun, at: int, length: int) -> KeywordBox:
    starts = run.starts_mm[at : at + length]
    xs, ys = [x for x, _ in starts], [y for _, y in starts]
    # Base points: a character stands on its own, about as wide and high as the font is large.
    left, top = max(0.0, min(xs)), max(0.0, min(ys) - run.size_mm)
    return KeywordBox(
        page, left, top, max(xs) + run.size_mm - left, max(max(ys) - top, run.size_mm)
    )


def _in_pdf(data: bytes, keyword: str) -> Iterator[KeywordBox]:
    try:
        document: Any = pypdfium2.PdfDocument(data)
    except (pypdfium2.PdfiumError, ValueError) as error:
        raise DocumentUnreadable() from error
    with closing(document):
        for index in range(min(len(document), MAX_PAGES) - 1, -1, -1):
            try:
                with closing(document[index]) as page:
                    box = _on_page(page, index + 1, keyword)
            except (pypdfium2.PdfiumError, ValueError, Malformed):
                continue
            if box is not None:
                yield box


def _on_page(page: Any, number: int, keyword: str) -> KeywordBox | None:
    with closing(page.get_textpage()) as text:
        last = None
        if 0 < text.count_chars() <= MAX_CHARACTERS:
            search = text.search(keyword, match_case=True)
            with closing(search):
                while (found := search.get_next()) is not None:
                    last = found
        if last is None:
            return None
        boxes = [text.get_charbox(last[0] + step) for step in range(last[1])]
    rect = (
        min(one[0] for one in boxes),
        min(one[1] for one in boxes),
        max(one[2] for one in boxes),
        max(one[3] for one in boxes),
    )
    (ax, ay), (bx, by) = _shown(page, rect[0], rect[1]), _shown(page, rect[2], rect[3])
    return KeywordBox(number, min(ax, bx), min(ay, by), abs(ax - bx), abs(ay - by))


def _shown(page: Any, x: float, y: float) -> tuple[float, float]:
    """A point of the page's own space on the page as shown, mm from its top-left corner."""
    width, height = (round(one * _STEPS) for one in page.get_size())
    across, down = c_int(), c_int()
    pypdfium2.raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, byref(across), byref(down))
    return across.value / _STEPS * _MM_PER_POINT, down.value / _STEPS * _MM_PER_POINT
