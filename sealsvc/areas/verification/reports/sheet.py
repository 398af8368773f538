"""A page to write on: millimetres, one typeface, and hostile text that cannot break it."""

import re
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO

from fpdf import FPDF
from PIL import Image, UnidentifiedImageError

from sealsvc.imprint.fonts import FontName, font_path
from sealsvc.version import VERSION

A4_MM = (210.0, 297.0)
Rgb = tuple[int, int, int]
BLACK: Rgb = (20, 20, 20)
GREY: Rgb = (110, 110, 110)

_FACE = "song"
_MM_PER_POINT = 25.4 / 72
_NEVER_FIRST = "，。、；：？！）》”’％%"
_LONGEST_TEXT = 2000
_MAX_PIXELS = 4000 * 4000
_PICTURE_PX = 320
_CUT = "…"
_WIDE_SPACE = "\u3000"
_LAST_WORD = re.compile(r"(?<=[ \u2e80-\uffff])[!-~]{1,30}$")


class Sheet(FPDF):
    """One A4 page whose bytes depend on what is written and on the date given only.

    at: aware; stands as the creation date. The /ID that fpdf2 writes is a digest of the content.
    """

    def __init__(self, at: datetime, title: str) -> None:
        super().__init__(unit="mm", format=A4_MM)
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.set_creation_date(at)
        self.set_lang("zh-CN")
        self.set_producer(f"sealsvc {VERSION}")
        self.add_font(_FACE, fname=font_path(FontName.SONGTI))
        self.set_font(_FACE, size=9)
        self.set_text_shaping(False)
        font = self.fonts[_FACE]
        self._known = frozenset(getattr(font, "cmap", ()))  # core fonts, never used, have none
        self.set_title(self.shown(title))
        self.add_page()

    def shown(self, text: str) -> str:
        """The text with every character that has no picture written as `[U+XXXX]`.

        So are controls and direction marks: what a file is called must not reorder the page.
        """
        cut = text[:_LONGEST_TEXT]
        return "".join(one if self._has(one) else f"[U+{ord(one):04X}]" for one in cut)

    def line_at(self, at: tuple[float, float], text: str, size: float, width: float) -> float:
        """One line, cut with an ellipsis where it is too long; the x behind its last character.

        at: left end of the baseline. size: points. width: mm.
        """
        x, y = at
        self.set_font_size(size)
        fitted = self._cut(self.shown(text), width)
        self.text(x, y, fitted)
        return x + float(self.get_string_width(fitted))

    def centred(self, middle: float, y: float, text: str, size: float) -> None:
        """One line centred on x = middle; y: baseline."""
        self.set_font_size(size)
        shown = self.shown(text)
        self.text(middle - float(self.get_string_width(shown)) / 2, y, shown)

    def paragraph(
        self, at: tuple[float, float], text: str, size: float, width: float, lines: int
    ) -> float:
        """Wrapped text of at most `lines` lines, the last one cut; the y below it.

        at: left end of the first baseline.
        """
        x, y = at
        self.set_font_size(size)
        rest = list(self._wrapped(self.shown(text), width))
        for number, line in enumerate(rest[:lines], 1):
            more = number == lines and len(rest) > lines
            self.text(x, y, self._cut(line + _CUT, width) if more else line)
            y += height_of(size)
        return y

    def lines_of(self, text: str, size: float, width: float) -> int:
        """How many lines `paragraph` would need."""
        self.set_font_size(size)
        return sum(1 for _ in self._wrapped(self.shown(text), width))

    def ink(self, colour: Rgb) -> None:
        """Colour of text, lines and fillings."""
        self.set_text_color(*colour)
        self.set_draw_color(*colour)
        self.set_fill_color(*colour)

    def picture(self, png: bytes, at: tuple[float, float], side: float) -> bool:
        """A picture, shrunk into a square, its proportions kept; False where it cannot be shown.

        at: the square's top-left corner, mm.
        """
        small = _small(png)
        if small is None:
            return False
        scale = side / max(small.size)
        width, height = small.width * scale, small.height * scale
        self.image(small, at[0] + (side - width) / 2, at[1] + (side - height) / 2, width, height)
        return True

    def finished(self) -> bytes:
        """The file."""
        return bytes(self.output())

    def _has(self, one: str) -> bool:
        return ord(one) in self._known and (one.isprintable() or one == _WIDE_SPACE)

    def _cut(self, text: str, width: float) -> str:
        if float(self.get_string_width(text)) <= width:
            return text
        room = width - float(self.get_string_width(_CUT))
        kept, used = "", 0.0
        for one in text:
            used += float(self.get_string_width(one))
            if used > room:
                break
            kept += one
        return kept + _CUT

    def _wrapped(self, text: str, width: float) -> Iterator[str]:
        """Lines no wider than `width`; Latin words stay whole where they can."""
        line, used = "", 0.0
        for one in text:
            step = float(self.get_string_width(one))
            if line and used + step > width and one not in _NEVER_FIRST:
                word = _LAST_WORD.search(line) if "!" <= one <= "~" else None
                kept = line if word is None else line[: word.start()]
                yield kept
                line = line[len(kept) :]
                used = float(self.get_string_width(line))
            line, used = line + one, used + step
        yield line


def height_of(size: float) -> float:
    """Millimetres from one baseline to the next at that size in points."""
    return size * _MM_PER_POINT * 1.4


def _small(png: bytes) -> Image.Image | None:
    try:
        with Image.open(BytesIO(png), formats=["PNG"]) as opened:
            if opened.width * opened.height > _MAX_PIXELS:
                return None
            flat = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
    flat.thumbnail((_PICTURE_PX, _PICTURE_PX))
    white = Image.new("RGB", flat.size, "white")
    white.paste(flat, mask=flat.getchannel("A"))
    return white
