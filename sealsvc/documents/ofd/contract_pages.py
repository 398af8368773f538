"""A contract OFD of any number of A4 pages from plain text. Source: ofd.md section 7."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sealsvc.documents.ofd.drawing import (
    SYSTEM_FONT,
    OfdDocument,
    OfdFont,
    PageDrawing,
    TextRun,
    text_width,
    write_document,
)

SIZE_MM = (210.0, 297.0)
_LEFT, _TOP, _BOTTOM = 25.0, 45.0, 272.0
_WIDTH = 160.0
_SIZE = 4.2
_LINE = 7.0
_NEVER_FIRST = "，。、；：！？）》」”"  # hang over the margin rather than begin a line
_ON_A_PAGE = int((_BOTTOM - _TOP) / _LINE)


@dataclass(frozen=True)
class OfdContract:
    """What a contract says. paragraphs: wrapped and broken into pages; least_pages: more, blank
    but for their foot, where the text is shorter. made_at: aware.
    """

    document_id: str
    title: str
    paragraphs: tuple[str, ...]
    made_at: datetime
    least_pages: int = 1
    author: str = ""
    font: OfdFont = SYSTEM_FONT


def write_contract(contract: OfdContract) -> bytes:
    """The OFD. The same contract gives the same bytes. Raises: XmlTextInvalid."""
    lines = [line for one in contract.paragraphs for line in _wrapped(one, contract.font)]
    chunks = [lines[at : at + _ON_A_PAGE] for at in range(0, len(lines), _ON_A_PAGE)]
    chunks += [[]] * max(0, max(1, contract.least_pages) - len(chunks))
    pages = tuple(
        _page(contract, chunk, index, len(chunks)) for index, chunk in enumerate(chunks, 1)
    )
    return write_document(
        OfdDocument(
            doc_id=contract.document_id,
            title=contract.title,
            made_at=contract.made_at,
            pages=pages,
            font=contract.font,
            author=contract.author,
        )
    )


def characters(contract: OfdContract) -> str:
    """Every character that the pages show, for a font subset to embed."""
    return "".join(sorted(set(contract.title + "".join(contract.paragraphs) + "第共页0123456789")))


def _page(contract: OfdContract, lines: list[str], number: int, count: int) -> PageDrawing:
    body = tuple(
        TextRun(_LEFT, _TOP + _LINE * index, line, _SIZE) for index, line in enumerate(lines)
    )
    title = TextRun(SIZE_MM[0] / 2, 30.0, contract.title, 6.5, "C")
    foot = TextRun(SIZE_MM[0] / 2, 285.0, f"第{number}页 共{count}页", 3.2, "C")
    return PageDrawing(*SIZE_MM, (*((title,) if number == 1 else ()), *body, foot))


def _wrapped(paragraph: str, font: OfdFont) -> Iterator[str]:
    line = ""
    for character in paragraph.replace("\n", ""):
        full = text_width(line + character, _SIZE, font) > _WIDTH
        if full and character not in _NEVER_FIRST:
            yield line
            line = ""
        line += character
    yield line
