"""The fonts that travel with the package: seal text, and CJK text for anyone who writes PDFs.

Both are subsets under the SIL Open Font License 1.1; README.md beside this file says from what
and how they were made. TrueType outlines, so the same file can be embedded into a PDF.
"""

from enum import StrEnum
from functools import cache
from pathlib import Path


class FontName(StrEnum):
    """The faces shipped.

    SONGTI: Song style, GB 2312 and the rarer characters of names. DIGITS: metric-compatible with
    Arial, printable ASCII only, for the taxpayer id of an invoice seal.
    """

    SONGTI = "seal-songti"
    DIGITS = "seal-digits"


def font_path(name: FontName) -> Path:
    """File of a font: a TrueType (`glyf`) font with a Unicode cmap."""
    return Path(__file__).with_name(f"{name.value}.ttf")


@cache
def font_bytes(name: FontName) -> bytes:
    """Content of a font file, read once per process."""
    return font_path(name).read_bytes()
