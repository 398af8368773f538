"""Hostile bytes into an XML tree: one decoding by us, no DTD, no entity, bounded.

The text is decoded here and handed on as UTF-8 without its declaration, so that the encoding that
was looked at for a DTD is the encoding that was parsed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import cast

from lxml import etree

from sealsvc.documents.invoices.scalars import ProblemLog
from sealsvc.documents.ofd.xml import Element, local_name

__all__ = [
    "MAX_XML",
    "Cursor",
    "Element",
    "XmlRefused",
    "local_name",
    "namespace",
    "note_other_currencies",
    "parse_xml",
]

MAX_XML = 5_000_000
MAX_ROWS = 10_000
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
    "iso-8859-1": "latin-1",
    "iso-8859-15": "iso8859-15",
    "windows-1252": "cp1252",
}
_BLANKS = " \t\r\n"


class XmlRefused(Exception):
    """The bytes are not taken as XML. code: XML_REFUSED (forbidden) or XML_MALFORMED."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


def parse_xml(data: bytes) -> Element:
    """The root element of a document without DTD, of at most 5 MB.

    Raises: XmlRefused. Source: china-domain.md section 4.4 (refuse DTD and entities, cap 5 MB).
    """
    if len(data) > MAX_XML:
        raise XmlRefused("XML_REFUSED", "size")
    body = _without_prolog(_decode(data))
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(body.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XmlRefused("XML_MALFORMED", type(error).__name__) from error
    if root.getroottree().docinfo.doctype:
        raise XmlRefused("XML_REFUSED", "doctype")
    return cast(Element, root)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif data.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    else:
        encoding = _declared(data)
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, ValueError) as error:
        raise XmlRefused("XML_MALFORMED", "encoding") from error


def _declared(data: bytes) -> str:
    """Python's name of the encoding in the declaration; UTF-8 where none is declared."""
    head = data[:200].lstrip()
    if not head.startswith(b"<?xml"):
        return "utf-8"
    declaration = head.partition(b"?>")[0].replace(b"'", b'"')
    _, found, rest = declaration.partition(b"encoding")
    if not found:
        return "utf-8"
    name = rest.partition(b'"')[2].partition(b'"')[0].decode("ascii", "replace").lower()
    if name not in _ENCODINGS:
        raise XmlRefused("XML_REFUSED", "encoding")
    return _ENCODINGS[name]


def _without_prolog(text: str) -> str:
    """The document from its root's tag on. A DTD can stand only in what is cut off here."""
    at = 0
    while True:
        while at < len(text) and text[at] in _BLANKS:
            at += 1
        if text.startswith("<!--", at):
            at = _after(text, "-->", at + 4)
        elif text.startswith("<?", at):
            at = _after(text, "?>", at + 2)
        elif text.startswith("<!", at):
            raise XmlRefused("XML_REFUSED", "doctype")
        else:
            return text[at:]


def _after(text: str, end: str, start: int) -> int:
    found = text.find(end, start)
    if found < 0:
        raise XmlRefused("XML_MALFORMED", "prolog")
    return found + len(end)


def namespace(element: Element) -> str:
    """The element's namespace, empty for none."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.rpartition("}")[0].removeprefix("{")


def note_other_currencies(
    root: Element, currency: str | None, exempt: frozenset[str], log: ProblemLog
) -> None:
    """Amounts that name another currency than the invoice's, but for tax in its own currency.

    Source: EN 16931 BR-05 and BT-5: every amount but BT-111 is in the invoice currency.
    """
    if currency is None:
        log.add("INVOICE_FIELD_MISSING", "currency")
        return
    for element in root.iter():
        named = element.get("currencyID", "").strip()
        if named and named != currency and local_name(element) not in exempt:
            log.add("INVOICE_CURRENCY_MIXED", local_name(element)[:40])


@dataclass(frozen=True)
class Cursor:
    """Reads children by local name inside the allowed namespaces and logs what is ambiguous.

    namespaces: None takes any. A field that should stand once and stands twice with different
    text is no value: another reader could take the other one.
    """

    element: Element
    log: ProblemLog
    namespaces: frozenset[str] | None = None

    def _at(self, element: Element) -> "Cursor":
        return Cursor(element, self.log, self.namespaces)

    def each(self, *path: str) -> Iterator["Cursor"]:
        """All descendants along the path of local names, in document order."""
        if not path:
            yield self
            return
        for child in self.element:
            if local_name(child) == path[0] and self._allowed(child):
                yield from self._at(child).each(*path[1:])

    def _allowed(self, child: Element) -> bool:
        return self.namespaces is None or namespace(child) in self.namespaces

    def rows(self, *path: str) -> "list[Cursor]":
        """All elements along the path; none, and a problem, where they are too many to check."""
        found = list(islice(self.each(*path), MAX_ROWS + 1))
        if len(found) > MAX_ROWS:
            self.log.add("INVOICE_TOO_MANY_ROWS", "/".join(path))
            return []
        return found

    def one(self, *path: str) -> "Cursor | None":
        """The only element along the path; a second one is logged and the first taken."""
        found = self.each(*path)
        first = next(found, None)
        if next(found, None) is not None:
            self.log.add("INVOICE_FIELD_REPEATED", "/".join(path))
        return first

    def first(self, *path: str) -> "Cursor | None":
        """The first element along the path where several are lawful."""
        return next(self.each(*path), None)

    def text(self, *path: str) -> str | None:
        """The text of the field along the path; None where absent or ambiguous."""
        values = {each.own_text() or "" for each in self.each(*path)} - {""}
        if len(values) > 1:
            self.log.add("INVOICE_FIELD_REPEATED", "/".join(path))
            return None
        return self.log.text(next(iter(values), None), "/".join(path))

    def amount(self, *path: str) -> Decimal | None:
        """The exact decimal of the field along the path."""
        return self.log.amount(self.text(*path), "/".join(path))

    def first_text(self, *path: str) -> str | None:
        """The text of the first element along the path where several are lawful."""
        found = self.first(*path)
        return None if found is None else self.log.text(found.own_text(), "/".join(path))

    def own_text(self) -> str | None:
        """The element's text, None where it has child elements."""
        if next(iter(self.element), None) is not None:
            self.log.add("INVOICE_FIELD_NOT_TEXT", local_name(self.element))
            return None
        return (self.element.text or "").strip()

    def attribute(self, name: str) -> str | None:
        """The attribute's text, or None."""
        return self.element.get(name, "").strip() or None
