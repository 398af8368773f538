"""A sheet to write demonstration documents on: fpdf2 with the font that travels with us."""

from datetime import datetime
from decimal import Decimal

from fpdf import FPDF

from sealsvc.imprint.fonts import FontName, font_path

A4_MM = (210.0, 297.0)
FACE = "song"

_MM_PER_POINT = 25.4 / 72
_NEVER_FIRST = "，。、；：？！）》”’％%"


class Paper(FPDF):
    """A document in millimetres whose bytes depend on its content and the date given only.

    at: aware; stands as the creation date. The /ID that fpdf2 writes is a digest of the content.
    """

    def __init__(self, size_mm: tuple[float, float], at: datetime, title: str) -> None:
        super().__init__(unit="mm", format=size_mm)
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.set_creation_date(at)
        self.set_title(title)
        self.set_lang("zh-CN")
        self.set_producer("sealsvc demo")
        self.add_font(FACE, fname=font_path(FontName.SONGTI))
        self.set_font(FACE, size=10.5)
        self.set_text_shaping(False)

    def words(self, x: float, y: float, text: str, size: float = 10.5, align: str = "L") -> None:
        """One line of text. x, y: baseline's left end (`L`), middle (`C`) or right end (`R`)."""
        self.set_font_size(size)
        width = self.get_string_width(text)
        shift = {"L": 0.0, "C": width / 2, "R": width}[align]
        self.text(x - shift, y, text)

    def block(self, x: float, y: float, width: float, text: str, size: float = 10.5) -> float:
        """Wrapped text; result: the y below its last line. Line height is 1.6 of the size."""
        self.set_font_size(size)
        height = size * _MM_PER_POINT * 1.6
        for line in self._wrapped(text, width):
            self.text(x, y + height * 0.7, line)
            y += height
        return y

    def _wrapped(self, text: str, width: float) -> list[str]:
        """Lines no wider than `width`, none of them beginning with closing punctuation."""
        lines: list[str] = []
        for paragraph in text.split("\n"):
            line = ""
            for character in paragraph:
                hangs = character in _NEVER_FIRST
                if line and not hangs and self.get_string_width(line + character) > width:
                    lines.append(line)
                    line = ""
                line += character
            lines.append(line)
        return lines

    def column(self, x: float, y: float, text: str, size: float, step: float) -> None:
        """Characters one below the other, centred on x; y: first baseline."""
        for number, character in enumerate(text):
            self.words(x, y + number * step, character, size, "C")

    def ink(self, red: int, green: int, blue: int) -> None:
        """Colour of text and lines."""
        self.set_text_color(red, green, blue)
        self.set_draw_color(red, green, blue)

    def finished(self) -> bytes:
        """The file."""
        return bytes(self.output())


def quantity(value: Decimal) -> str:
    """A number without trailing zeros: `12`, `1.5`."""
    return f"{value.normalize():f}"


def price(value: Decimal) -> str:
    """A unit price with two decimals or as many as it has: `17.70`, `1327.4336`."""
    short = quantity(value)
    return short if len(short.partition(".")[2]) > 2 else f"{value:.2f}"
