"""A small font of just the characters a document shows, to be embedded into it."""

import io
from dataclasses import dataclass

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from sealsvc.imprint.fonts import FontName, font_bytes
from sealsvc.imprint.glyphs import glyph, require_glyphs


@dataclass(frozen=True)
class FontSubset:
    """data: a TrueType font with a Unicode cmap; family: its name; advances: widths in em."""

    data: bytes
    family: str
    advances: dict[str, float]


def font_subset(text: str, font: FontName = FontName.SONGTI) -> FontSubset:
    """The shipped face cut down to these characters and ASCII. The same text, the same bytes.

    Raises: GlyphMissing.
    """
    characters = sorted({*text, *map(chr, range(0x20, 0x7F))} - {"\n"})
    require_glyphs("".join(characters), font)
    options = Options()
    options.hinting, options.layout_features, options.glyph_names = False, [], False
    options.name_IDs, options.notdef_outline = ["*"], True
    with TTFont(io.BytesIO(font_bytes(font)), lazy=True, recalcTimestamp=False) as opened:
        subsetter = Subsetter(options=options)
        subsetter.populate(unicodes=[ord(one) for one in characters])
        subsetter.subset(opened)
        out = io.BytesIO()
        opened.save(out)
        family = str(opened["name"].getDebugName(1) or font.value)
    return FontSubset(out.getvalue(), family, {one: glyph(one, font).advance for one in characters})
