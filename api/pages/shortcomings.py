"""What a preview could not draw, in words: the renderer's notes, grouped for a person."""

from api.texts import Language

_NOTHING_LOST = ("shown as its current version",)
# First match wins. The renderer's own words may hold parts of hostile files, so none is shown.
_KINDS: tuple[tuple[tuple[str, ...], tuple[str, str]], ...] = (
    (
        ("seal's picture taken",),
        (
            "印章图像取自包内的印章文件，而不是签名值",
            "a seal's picture taken from its own file, not from the signature",
        ),
    ),
    (
        ("seal", "turn of a seal", "stamps"),
        ("未绘制或未按原样绘制的印章", "seals not drawn, or not as the document says"),
    ),
    (
        ("missing glyphs",),
        ("没有字形、以方框代替的字符", "characters without a glyph, shown as a box"),
    ),
    (
        ("glyphs not in", "font", "embedded font"),
        ("以宋体代替原字体的文字或字体", "text or fonts replaced by a Song face"),
    ),
    (
        ("resolution", "drawing stopped"),
        (
            "页面过大或内容过多，已降低精度或未画完",
            "page too large: drawn coarsely or not to the end",
        ),
    ),
    (
        ("opacity", "clip", "blend", "pattern", "shading", "palette", "drawing parameters"),
        (
            "已简化的效果（透明、裁剪、底纹、颜色）",
            "simplified effects (opacity, clips, patterns, colour)",
        ),
    ),
    (("template",), ("未绘制的模板页", "page templates not drawn")),
)
_OTHER = ("未能绘制的其他内容", "other content not drawn")


def shortcomings(notes: tuple[str, ...], language: Language) -> list[tuple[str, int]]:
    """Words and how often, in the order met. notes: `text: number`, as the renderer gives them."""
    found: dict[str, int] = {}
    for note in notes:
        if note.startswith(_NOTHING_LOST):
            continue
        zh, en = next((words for heads, words in _KINDS if note.startswith(heads)), _OTHER)
        text = zh if language == "zh" else en
        number = note.rpartition(": ")[2]
        found[text] = found.get(text, 0) + (int(number) if number.isdecimal() else 1)
    return list(found.items())
