"""A contract as PDF: heading, clauses, a block with room for a seal for every party."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fpdf import FPDF

from sealsvc.values import Placement
from sealsvc.version import VERSION

A4_MM = (210.0, 297.0)
SEAL_WIDTH_MM = 40.0

_FACE = "song"
_MM_PER_POINT = 25.4 / 72
_NEVER_FIRST = "，。、；：？！）》”’％%"
_LEFT, _TOP, _WIDTH, _BOTTOM = 25.0, 25.0, 160.0, 272.0
_COLUMNS = (25.0, 110.0)
_BLOCK_HEIGHT = 62.0


@dataclass(frozen=True)
class ContractPaper:
    """What a contract says, gaps filled. preamble: lines under the title; clauses: heading and
    text; signatures: a label for each party that seals, its first line. made_at: aware.
    """

    title: str
    number: str
    made_at: datetime
    preamble: tuple[str, ...]
    clauses: tuple[tuple[str, str], ...]
    signatures: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        """Every character of it, to be held against a font."""
        clauses = (one for clause in self.clauses for one in clause)
        blocks = (line for block in self.signatures for line in block)
        return "".join((self.title, self.number, *self.preamble, *clauses, *blocks))


@dataclass(frozen=True)
class ContractFile:
    """The file, and the place of each party's seal in the order of `signatures`."""

    data: bytes
    places: tuple[Placement, ...]


def write_contract_pdf(paper: ContractPaper, font_file: Path) -> ContractFile:
    """The PDF. The same paper and font give the same bytes. font_file: TrueType, Unicode."""
    sheet = _Sheet(paper, font_file)
    sheet.heading(paper)
    for heading, text in paper.clauses:
        sheet.clause(heading, text)
    places = sheet.blocks(paper.signatures)
    sheet.numbered()
    return ContractFile(bytes(sheet.pdf.output()), places)


class _Sheet:
    """Writes downwards from `y`, mm, and turns the page."""

    def __init__(self, paper: ContractPaper, font_file: Path) -> None:
        pdf = FPDF(unit="mm", format=A4_MM)
        pdf.set_auto_page_break(False)
        pdf.set_margin(0)
        pdf.set_creation_date(paper.made_at)
        pdf.set_title(f"{paper.title} {paper.number}")
        pdf.set_lang("zh-CN")
        pdf.set_producer(f"sealsvc {VERSION}")
        pdf.add_font(_FACE, fname=str(font_file))
        pdf.set_font(_FACE, size=10.5)
        pdf.set_text_shaping(False)
        pdf.add_page()
        self.pdf, self.y = pdf, _TOP

    def heading(self, paper: ContractPaper) -> None:
        self._centred(_TOP + 8, paper.title, 18)
        self.y = _TOP + 18
        self._block((f"合同编号：{paper.number}", *paper.preamble), 10.5)
        self.y += 3

    def clause(self, heading: str, text: str) -> None:
        self._room(24)
        self._block((heading,), 11.5)
        self._block((f"\u3000\u3000{text}",), 10.5)
        self.y += 2.5

    def blocks(self, signatures: tuple[tuple[str, ...], ...]) -> tuple[Placement, ...]:
        places = []
        for at, lines in enumerate(signatures):
            if at % len(_COLUMNS) == 0:
                self._room(_BLOCK_HEIGHT)
                top = self.y
                self.y += _BLOCK_HEIGHT
            x = _COLUMNS[at % len(_COLUMNS)]
            for number, line in enumerate(lines):
                self.pdf.set_font_size(10.5)
                self.pdf.text(x, top + 8 + 7 * number, self._fitted(line, 75.0))
            page = int(self.pdf.page_no())
            places.append(Placement(page, x + 20, top + 14, SEAL_WIDTH_MM))
        return tuple(places)

    def numbered(self) -> None:
        count = len(self.pdf.pages)
        for page in range(1, count + 1):
            self.pdf.page = page
            self._centred(286, f"第{page}页 共{count}页", 8)

    def _centred(self, y: float, text: str, size: float) -> None:
        self.pdf.set_font_size(size)
        width = float(self.pdf.get_string_width(text))
        self.pdf.text((A4_MM[0] - width) / 2, y, text)

    def _room(self, height: float) -> None:
        if self.y + height > _BOTTOM:
            self.pdf.add_page()
            self.y = _TOP

    def _block(self, paragraphs: tuple[str, ...], size: float) -> None:
        height = size * _MM_PER_POINT * 1.6
        for paragraph in paragraphs:
            self.pdf.set_font_size(size)
            for line in self._wrapped(paragraph):
                self._room(height)
                self.pdf.set_font_size(size)
                self.pdf.text(_LEFT, self.y + height * 0.7, line)
                self.y += height

    def _wrapped(self, paragraph: str) -> list[str]:
        lines, line, used = [], "", 0.0
        for one in paragraph:
            step = float(self.pdf.get_string_width(one))
            if line and used + step > _WIDTH and one not in _NEVER_FIRST:
                lines.append(line)
                line, used = "", 0.0
            line, used = line + one, used + step
        return [*lines, line]

    def _fitted(self, text: str, width: float) -> str:
        while len(text) > 1 and float(self.pdf.get_string_width(text)) > width:
            text = text[:-1]
        return text
