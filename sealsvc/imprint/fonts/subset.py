"""Make the shipped fonts from their public originals; see README.md for the exact command.

Run as a program, never imported by the service: `python subset.py --songti F --digits F --out D`.
"""

import argparse
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._g_l_y_f import Glyph

# Characters of personal and company names outside GB 2312 and outside Big5 level 1, by hand.
NAME_CHARACTERS = (
    "〇㛃㛚䴔䶮䶲佖俍俶倓倞倢倧偀偓偲傃傒僡儁凃凊凖劼勍卬厐厷叒叕叡喆嚞囍囧囯坰垚埇堃堎墈墘墺妘妧"
    "姁姞姮婍婳媞媱嫄嫕嫚嬿孞寔寘寯尛屃峂峃峣峯崚嵎嵚巘廙弎弢彣彧忞惔惢愃愔慜憙扆挏斳旸旻昉昪昫昳"
    "昺晙晛晢晳暐暻曈曌朏朿杋杮杺枬栐梣梽棨棽楙榑橒橚橦欸汧沄沇沚泂泇洢洺浉涘涢涴淏淯淽渼湉湜湦溁"
    "溍溎溠溦滉漷潏澐澔炆炘烎烜烺焮煐煒燁燊燏燚爀爔犇玗玘玙玚玠玭玹珅珣珰珵珺珽琇琎琤琭琲瑀瑄瑢瑧"
    "瑨瑮瑱瑺璆璈璠璥璪璮瓘瓛甡甪畠畯疍皛皞皦盉矞硙碶礽祊祎祹祾禔禛禤窅竑竤筼箓篯粦絜緂緈纮纻绤绹"
    "缊羑翀翃翙翚翛翯肸腜芃芠苾茀茝荍菂菑萩葰蒨蓂蘂虓蜎衎衞袆褀褆褟詝諝譞谞貤贇贠赑赟赪輶辀迏逹遹"
    "郞郤鄑鄚鄠鄩酂釔鋆鋐鏸钘铚锜锠锳锽镈镕镠闇闿阇隃隺雘霂霅霙霡霨靐靑鞮韡韨頔頠顒颋颎颙飏飔飖馣"
    "駜騄驎骃骉骎骦髙鬷鮀鱻鲌鳣鸑鹍鹓鹖鹮鹴鼒齮龑龘龢龤𫍯𫍲𫓯𫖮𫗧𫘝𫘦𫟼𬀩𬀪𬇕𬇙𬊈𬍛𬒈𬕂𬘘𬘬𬞟𬟽𬣙"
    "𬤊𬬭𬬮𬬱𬬸𬬹𬬿𬭁𬭎𬭚𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬮿𬯎𬱖𬳵𬳶𬳽𬴂𬶋𬶍𬷕𬸘𬸚𬸣𬸦𬸪𬹼"
)

# `maxp` limits that only hinting and composites raise, or that saving recalculates.
UNHINTED_LIMITS = (
    "maxTwilightPoints",
    "maxStorage",
    "maxFunctionDefs",
    "maxInstructionDefs",
    "maxStackElements",
    "maxSizeOfInstructions",
    "maxComponentElements",
    "maxPoints",
    "maxContours",
    "maxCompositePoints",
    "maxCompositeContours",
    "maxComponentDepth",
)

FAMILY = {"songti": "Seal Songti", "digits": "Seal Digits"}


def charset(encoding: str, first: int, last: int) -> set[int]:
    """Code points of the two-byte codes `first` to `last` of a legacy character set."""
    found: set[int] = set()
    for code in range(first, last + 1):
        try:
            found.add(ord(code.to_bytes(2, "big").decode(encoding)))
        except (UnicodeDecodeError, TypeError):  # TypeError: two ASCII characters, not one
            continue
    return found


def songti_characters() -> set[int]:
    """Code points of the Song face: ASCII, GB 2312, Big5 level 1, full-width forms, names."""
    wanted = set(range(0x20, 0x7F)) | set(range(0xA0, 0x100))
    wanted |= set(range(0x2010, 0x2028)) | set(range(0x2030, 0x203C)) | set(range(0x2460, 0x2474))
    wanted |= set(range(0x3000, 0x3040)) | set(range(0x3220, 0x322A))
    wanted |= set(range(0xFF01, 0xFF5F)) | set(range(0xFFE0, 0xFFE6))
    wanted |= {ord(character) for character in "€№℃㎡㎜㎝㎞㎏℅™©®·•★☆✓"}
    wanted |= {ord(character) for character in NAME_CHARACTERS}
    wanted |= charset("gb2312", 0xA1A1, 0xF7FE) | charset("big5", 0xA440, 0xC67E)
    return wanted


def keep_only(font: TTFont, codepoints: set[int]) -> None:
    """Drop every glyph, table and hint that neither drawing nor embedding needs."""
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.glyph_names = False
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx", "gasp", "STAT"]
    subsetter = Subsetter(options=options)
    subsetter.populate(unicodes=codepoints)
    subsetter.subset(font)


def to_truetype(font: TTFont, max_error: float = 1.0) -> None:
    """Replace cubic (CFF) outlines by quadratic ones (`glyf`).

    max_error: largest distance of the new curve from the old, in font units (1000 per em).
    """
    glyph_set, order = font.getGlyphSet(), font.getGlyphOrder()
    glyphs: dict[str, Glyph] = {}
    for name in order:
        pen = TTGlyphPen(None)
        glyph_set[name].draw(Cu2QuPen(pen, max_error, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, glyphs
    del font["CFF "]
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    maxp.maxZones = 1
    for field in UNHINTED_LIMITS:
        setattr(maxp, field, 0)
    font["post"].formatType = 3.0
    font["post"].extraNames, font["post"].mapping = [], {}
    font["post"].glyphOrder = order
    font.sfntVersion = "\000\001\000\000"


def rename(font: TTFont, family: str) -> None:
    """Give the derivative its own name; copyright, authors and licence stay."""
    table = font["name"]
    kept = {0, 8, 9, 10, 13, 14}
    table.names = [record for record in table.names if record.nameID in kept]
    postscript = family.replace(" ", "") + "-Regular"
    for name_id, text in (
        (1, family),
        (2, "Regular"),
        (3, f"1.000;{postscript}"),
        (4, family),
        (5, "Version 1.000"),
        (6, postscript),
    ):
        table.setName(text, name_id, 3, 1, 0x409)


def build(source: Path, target: Path, family: str, codepoints: set[int]) -> None:
    """Write one shipped font. source: .ttc (its third, simplified-Chinese face), .otf, .woff."""
    number = 2 if source.suffix == ".ttc" else -1
    font = TTFont(source, fontNumber=number, recalcTimestamp=False)
    keep_only(font, codepoints)
    if "CFF " in font:
        to_truetype(font)
    rename(font, family)
    font.flavor = None
    font.save(target)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songti", type=Path, required=True)
    parser.add_argument("--digits", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    build(given.songti, given.out / "seal-songti.ttf", FAMILY["songti"], songti_characters())
    build(given.digits, given.out / "seal-digits.ttf", FAMILY["digits"], set(range(0x20, 0x7F)))


if __name__ == "__main__":
    main()
