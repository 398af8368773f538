"""What an invoice reader needs of an OFD package: custom data, attachments, tags, texts, pictures.

Source: ofd.md sections 1, 7 and 8.
"""

from dataclasses import dataclass, field

from sealsvc.documents.invoices.scalars import ProblemLog
from sealsvc.documents.invoices.xmlsafe import Element, XmlRefused, parse_xml
from sealsvc.documents.ofd import xml
from sealsvc.documents.ofd.archive import open_archive
from sealsvc.documents.ofd.package import ENTRY_POINT, Package
from sealsvc.documents.ofd.paths import directory_of
from sealsvc.documents.ofd.render.errors import OfdPageUnrenderable
from sealsvc.documents.ofd.text import page_text
from sealsvc.documents.ofd.xml import XmlInvalidError

MAX_ATTACHMENTS = 20
MAX_PAGES = 50
MAX_OBJECTS = 50_000
MAX_PICTURES = 10
MAX_PICTURE = 5_000_000
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".jb2", ".gbig2")
_UNREAD_PICTURES = (".tif", ".tiff")


@dataclass
class OfdParts:
    """texts: by page ID and object ID; attachments and pictures: content in listed order."""

    custom: list[tuple[str, str]] = field(default_factory=list)
    attachments: list[bytes] = field(default_factory=list)
    tags: list[bytes] = field(default_factory=list)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    pictures: list[bytes] = field(default_factory=list)


def collect_parts(data: bytes, log: ProblemLog) -> OfdParts:
    """The parts of a package; what cannot be read is logged and left out.

    Raises: DocumentEncrypted, DocumentUnreadable.
    """
    package = Package(open_archive(data))
    parts = OfdParts()
    bodies = package.bodies()
    if len(bodies) > 1:
        log.add("INVOICE_SEVERAL_DOCUMENTS")
    entry = _xml(package, ENTRY_POINT, log)
    if entry is not None:
        parts.custom = _custom_data(entry)
    for body in bodies[:1]:
        for location in body.roots[:1]:
            name = package.part(location)
            if name is not None:
                _document(package, name, parts, log)
    _pictures(package, parts, log)
    return parts


def _xml(package: Package, name: str | None, log: ProblemLog) -> Element | None:
    content = None if name is None else package.content(name)
    if content is None:
        return None
    try:
        return parse_xml(content)
    except XmlRefused as refused:
        log.add(refused.code, f"part: {refused.reason}")
        return None


def _custom_data(entry: Element) -> list[tuple[str, str]]:
    body = next(xml.children(entry, "DocBody"), None)
    info = next(xml.children(body, "DocInfo"), None)
    datas = next(xml.children(info, "CustomDatas"), None)
    return [(one.get("Name", ""), xml.text_of(one)) for one in xml.children(datas, "CustomData")]


def _document(package: Package, name: str, parts: OfdParts, log: ProblemLog) -> None:
    root = _xml(package, name, log)
    if root is None:
        return
    base = directory_of(name)
    for kind, owner, target in (
        ("Attachments", "Attachment", parts.attachments),
        ("CustomTags", "CustomTag", parts.tags),
    ):
        for location in _locations(root, kind):
            listed = package.part(location, base)
            target += _listed(package, listed, owner, log)
    if parts.tags:
        _texts(package.archive.data, root, parts, log)


def _locations(root: Element, kind: str) -> list[str]:
    return [xml.text_of(one) for one in xml.children(root, kind)][:1]


def _listed(package: Package, name: str | None, owner: str, log: ProblemLog) -> list[bytes]:
    """The files that a list names, in its order."""
    root = _xml(package, name, log)
    if root is None or name is None:
        return []
    found: list[bytes] = []
    for one in xml.children(root, owner):
        if len(found) == MAX_ATTACHMENTS:
            log.add("INVOICE_TOO_MANY_ATTACHMENTS")
            break
        try:
            location = xml.text_of(xml.only_child(one, "FileLoc"))
        except XmlInvalidError:
            log.add("INVOICE_FIELD_REPEATED", "FileLoc")
            continue
        part = package.part(location, directory_of(name)) if location else None
        content = None if part is None else package.content(part)
        if content is None:
            log.add("INVOICE_ATTACHMENT_UNREADABLE")
        else:
            found.append(content)
    return found


def _texts(data: bytes, root: Element, parts: OfdParts, log: ProblemLog) -> None:
    """The visible text of every object on the pages that tags refer to.

    Only what is drawn counts: a tag may point at hidden text that says something else.
    """
    wanted = _tagged_pages(parts.tags)
    pages = next(xml.children(root, "Pages"), None)
    for number, page in enumerate(xml.children(pages, "Page"), start=1):
        page_id = page.get("ID", "").strip()
        if page_id not in wanted:
            continue
        if number > MAX_PAGES:
            log.add("INVOICE_TOO_MANY_PAGES")
            return
        try:
            runs = page_text(data, number)
        except OfdPageUnrenderable:
            log.add("INVOICE_PAGES_UNREADABLE", f"page {number}")
            continue
        for run in runs[:MAX_OBJECTS]:
            if not run.annotation:
                key = (page_id, run.object_id)
                parts.texts[key] = parts.texts.get(key, "") + run.text


def _tagged_pages(tags: list[bytes]) -> set[str]:
    found: set[str] = set()
    for content in tags:
        try:
            root = parse_xml(content)
        except XmlRefused:
            continue
        for one in xml.descendants(root, "ObjectRef"):
            found.add(one.get("PageRef", "").strip())
    return found


def _pictures(package: Package, parts: OfdParts, log: ProblemLog) -> None:
    for name in package.names:
        folded = name.casefold()
        if folded.endswith(_UNREAD_PICTURES):
            log.add("INVOICE_PICTURE_UNSUPPORTED", folded.rpartition(".")[2])
        elif folded.endswith(_PICTURES) and len(parts.pictures) < MAX_PICTURES:
            entry = package.archive.find(name)
            if entry is not None and entry.size <= MAX_PICTURE:
                content = package.content(name)
                parts.pictures += [] if content is None else [content]
