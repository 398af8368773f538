"""A new OFD document from plain values: text, rules and filled shapes on pages.

Every part is written from scratch, in the order of the schema. Source: ofd.md section 7;
GB/T 33190-2016.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sealsvc.documents.ofd.packing import new_package
from sealsvc.documents.ofd.xmlwrite import (
    DECLARATION,
    NAMESPACE,
    box,
    element,
    escaped,
    named,
    number,
    part,
)

ROOT = "Doc_0"
_FONT_ID = 1
_BASELINE = 0.9  # of the size, below the top of a text's box
_BOX_HEIGHT = 1.25
_FULL_WIDTH = 0x2E80
"""From this code point on, characters take a full square in a Song face."""
Color = tuple[int, int, int]
BLACK: Color = (20, 20, 20)
_Tag = tuple[str, int, int]  # path, page id, object id


@dataclass(frozen=True)
class OfdFont:
    """The face of all text. data: a TrueType subset to embed, None: the reader's own face.

    advances: glyph widths in em, for characters that are neither 1 (hanzi) nor 0.5 (ASCII) wide.
    A face by name alone (宋体) is drawn differently, or not at all, where it is not installed:
    embed a subset for anything that must look the same everywhere.
    """

    name: str = "宋体"
    family: str = "SimSun"
    data: bytes | None = None
    advances: Mapping[str, float] = field(default_factory=dict)

    def advance(self, character: str) -> float:
        """Width of a character, em."""
        wide = 1.0 if ord(character) >= _FULL_WIDTH else 0.5
        return self.advances.get(character, wide)


SYSTEM_FONT = OfdFont()
"""Song by name, from the reader's own fonts."""


@dataclass(frozen=True)
class TextRun:
    """One line of text. x_mm: its left end, middle or right end by align (L, C, R); y_mm: the
    baseline; tag: path of the custom tag it is the value of, `Seller/SellerName`.
    """

    x_mm: float
    y_mm: float
    text: str
    size_mm: float = 3.175
    align: str = "L"
    color: Color = BLACK
    tag: str = ""


@dataclass(frozen=True)
class Shape:
    """A path in page coordinates (M, L, Q, B, C operators); line_mm None: filled, not stroked."""

    path: str
    color: Color = BLACK
    line_mm: float | None = None


@dataclass(frozen=True)
class PageDrawing:
    """What is on a page, millimetres from its top-left corner; later items lie above."""

    width_mm: float
    height_mm: float
    items: tuple[TextRun | Shape, ...]


@dataclass(frozen=True)
class Attachment:
    """A file carried along. name: shown; file_name: below Attachs/; file_format: `xml`."""

    name: str
    file_name: str
    file_format: str
    data: bytes


@dataclass(frozen=True)
class OfdDocument:
    """A document to write. doc_id: 32 hex digits; made_at: also the time of the ZIP entries.

    tag_root: (qualified name, prefix, namespace, version) of the custom tag file; None: no tags.
    """

    doc_id: str
    title: str
    made_at: datetime
    pages: tuple[PageDrawing, ...]
    font: OfdFont = SYSTEM_FONT
    author: str = ""
    custom_datas: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    tag_root: tuple[str, str, str, str] | None = None


@dataclass
class _Ids:
    """Object numbers, one series for the whole document, and the tags that name objects."""

    last: int = _FONT_ID
    tags: list[_Tag] = field(default_factory=list)

    def take(self) -> str:
        self.last += 1
        return str(self.last)


def line_path(*lines: tuple[float, float, float, float]) -> str:
    """Path data of straight lines x1 y1 x2 y2."""
    return " ".join(
        f"M {number(x1)} {number(y1)} L {number(x2)} {number(y2)}" for x1, y1, x2, y2 in lines
    )


def text_width(value: str, size_mm: float, font: OfdFont) -> float:
    """Length of a line of text, millimetres."""
    return size_mm * sum(font.advance(one) for one in value)


def write_document(document: OfdDocument) -> bytes:
    """The package. The same document gives the same bytes. Raises: XmlTextInvalid."""
    ids = _Ids()
    page_ids = [ids.take() for _ in document.pages]
    pages = {
        f"{ROOT}/Pages/Page_{index}/Content.xml": _content(page, document, ids, page_ids[index])
        for index, page in enumerate(document.pages)
    }
    extras = {**_tags(document, ids), **_attachments(document)}
    parts = {
        "OFD.xml": _entry(document),
        f"{ROOT}/Document.xml": _document(document, ids, page_ids),
        f"{ROOT}/PublicRes.xml": _fonts(document.font),
    }
    if document.font.data is not None:
        parts[f"{ROOT}/Res/font.ttf"] = document.font.data
    return new_package({**parts, **pages, **extras}, document.made_at)


def _entry(document: OfdDocument) -> bytes:
    day = document.made_at.date().isoformat()
    datas = [
        element("CustomData", {"Name": name}, escaped(value))
        for name, value in document.custom_datas
    ]
    info = [
        element("DocID", content=escaped(document.doc_id)),
        element("Title", content=escaped(document.title)),
        element("Author", content=escaped(document.author)) if document.author else "",
        element("CreationDate", content=day),
        element("ModDate", content=day),
        element("Creator", content="sealsvc"),
        element("CustomDatas", content=datas) if datas else "",
    ]
    root = element("DocRoot", content=f"{ROOT}/Document.xml")
    body = element("DocBody", content=(element("DocInfo", content=info), root))
    return part("OFD", {"Version": "1.0", "DocType": "OFD"}, body)


def _document(document: OfdDocument, ids: _Ids, page_ids: list[str]) -> bytes:
    first = document.pages[0]
    size = element("PhysicalBox", content=box(0, 0, first.width_mm, first.height_mm))
    common = [
        element("MaxUnitID", content=str(ids.last)),
        element("PageArea", content=size),
        element("PublicRes", content="PublicRes.xml"),
    ]
    pages = [
        element("Page", {"ID": one, "BaseLoc": f"Pages/Page_{index}/Content.xml"})
        for index, one in enumerate(page_ids)
    ]
    members = [
        element("CommonData", content=common),
        element("Pages", content=pages),
        element("CustomTags", content="Tags/CustomTags.xml") if document.tag_root else "",
        element("Attachments", content="Attachs/Attachments.xml") if document.attachments else "",
    ]
    return part("Document", content=members)


def _fonts(font: OfdFont) -> bytes:
    file = "" if font.data is None else element("FontFile", content="font.ttf")
    names = {"ID": str(_FONT_ID), "FontName": font.name, "FamilyName": font.family}
    fonts = element("Fonts", content=element("Font", names, file))
    return part("Res", {"BaseLoc": "Res"}, fonts)


def _content(page: PageDrawing, document: OfdDocument, ids: _Ids, page_id: str) -> bytes:
    size = box(0, 0, page.width_mm, page.height_mm)
    layer = ids.take()
    drawn = [
        _run(item, document.font, ids, int(page_id))
        if isinstance(item, TextRun)
        else _shape(item, size, ids)
        for item in page.items
    ]
    area = element("Area", content=element("PhysicalBox", content=size))
    body = element("Layer", {"ID": layer, "Type": "Body"}, drawn)
    return part("Page", content=(area, element("Content", content=body)))


def _run(run: TextRun, font: OfdFont, ids: _Ids, page_id: int) -> str:
    if not run.text:
        return ""
    own = ids.take()
    if run.tag:
        ids.tags.append((run.tag, page_id, int(own)))
    width = text_width(run.text, run.size_mm, font)
    x = run.x_mm - {"L": 0.0, "C": width / 2, "R": width}[run.align]
    top = run.y_mm - _BASELINE * run.size_mm
    attributes = {
        "ID": own,
        "Boundary": box(x, top, width + 0.1 * run.size_mm, _BOX_HEIGHT * run.size_mm),
        "Font": str(_FONT_ID),
        "Size": number(run.size_mm),
    }
    place = {"X": "0", "Y": number(_BASELINE * run.size_mm)}
    steps = [number(font.advance(one) * run.size_mm) for one in run.text[:-1]]
    if steps:
        place["DeltaX"] = " ".join(_runs(steps))
    code = element("TextCode", place, escaped(run.text))
    return element("TextObject", attributes, _fill(run.color) + code)


def _runs(steps: list[str]) -> Iterator[str]:
    """Equal distances as `g n d`. Source: GB/T 33190, 11.3."""
    for step, same in groupby(steps):
        count = sum(1 for _ in same)
        yield f"g {count} {step}" if count > 2 else " ".join([step] * count)


def _shape(shape: Shape, size: str, ids: _Ids) -> str:
    attributes = {"ID": ids.take(), "Boundary": size}
    if shape.line_mm is None:
        attributes |= {"Stroke": "false", "Fill": "true", "Rule": "NonZero"}
        color = _fill(shape.color)
    else:
        attributes |= {"LineWidth": number(shape.line_mm)}
        color = element("StrokeColor", {"Value": _rgb(shape.color)})
    return element("PathObject", attributes, color + element("AbbreviatedData", {}, shape.path))


def _fill(color: Color) -> str:
    return element("FillColor", {"Value": _rgb(color)})


def _rgb(color: Color) -> str:
    return " ".join(str(one) for one in color)


def _attachments(document: OfdDocument) -> dict[str, bytes]:
    if not document.attachments:
        return {}
    made_at = document.made_at.strftime("%Y-%m-%dT%H:%M:%S")
    listed = [
        element(
            "Attachment",
            {
                "ID": f"attachment{index}",  # an xs:ID, which no bare number is
                "Name": one.name,
                "Format": one.file_format,
                "CreationDate": made_at,
                "Size": number(len(one.data) / 1024),
                "Visible": "false",
            },
            element("FileLoc", content=escaped(one.file_name)),
        )
        for index, one in enumerate(document.attachments, 1)
    ]
    files = {f"{ROOT}/Attachs/{one.file_name}": one.data for one in document.attachments}
    return {f"{ROOT}/Attachs/Attachments.xml": part("Attachments", content=listed), **files}


def _tags(document: OfdDocument, ids: _Ids) -> dict[str, bytes]:
    """The tag list and one tag file, whose leaves name the text objects that show a value."""
    if document.tag_root is None:
        return {}
    name, prefix, namespace, version = document.tag_root
    listed = element(
        "CustomTag", {"NameSpace": namespace}, element("FileLoc", content="CustomTag.xml")
    )
    declared = {"xmlns:ofd": NAMESPACE, f"xmlns:{prefix}": namespace, "version": version}
    root = named(f"{prefix}:{name}", declared, _tag_tree(ids.tags, prefix))
    return {
        f"{ROOT}/Tags/CustomTags.xml": part("CustomTags", content=listed),
        f"{ROOT}/Tags/CustomTag.xml": (DECLARATION + root).encode("utf-8"),
    }


def _tag_tree(tags: list[_Tag], prefix: str) -> str:
    """Nested elements by the segments of each path; `#n` keeps equal neighbours apart."""
    children: dict[str, list[_Tag]] = {}
    for path, page, own in tags:
        head, _, rest = path.partition("/")
        children.setdefault(head, []).append((rest, page, own))
    return "".join(
        named(f"{prefix}:{head.partition('#')[0]}", {}, _tag_content(below, prefix))
        for head, below in children.items()
    )


def _tag_content(below: list[_Tag], prefix: str) -> str:
    leaves = [
        element("ObjectRef", {"PageRef": str(page)}, str(own))
        for path, page, own in below
        if not path
    ]
    nested = [one for one in below if one[0]]
    return "".join(leaves) + (_tag_tree(nested, prefix) if nested else "")
