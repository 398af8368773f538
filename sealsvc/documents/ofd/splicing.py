"""Adding the `Signatures` location to OFD.xml without rewriting any other byte of it.

lxml gives no byte offsets, so the place is found by walking the tags of bytes that lxml has
already found well-formed and free of a document type declaration. Every encoding met keeps `<`,
`>` and quotes for itself; UTF-16 is refused. Source: ofd.md sections 1, 5 and 9.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from lxml import etree

from sealsvc.documents.ofd import xml
from sealsvc.documents.ofd.errors import XML_INVALID, DocumentUnreadable, package_invalid
from sealsvc.documents.ofd.xml import Element, XmlInvalidError

# Possessive wherever it can be, so a hostile part costs one walk over it. Comments, CDATA sections
# and processing instructions match without a name.
_MARKUP = re.compile(
    rb"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"""
    rb"""|<(?P<close>/?)(?P<name>[^\s/>"'<!?]++)(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""",
    re.DOTALL,
)


class _Tag(NamedTuple):
    """One tag. name: qualified; opens, closes: both for an empty element; end: after `>`."""

    name: bytes
    opens: bool
    closes: bool
    end: int

    @property
    def local(self) -> bytes:
        return self.name.rpartition(b":")[2]


def with_signatures(content: bytes, location: str) -> bytes:
    """OFD.xml of one document body with `Signatures` after DocRoot and Versions, in the body's
    own prefix. location: of the list, ASCII. Raises: DocumentUnreadable.
    """
    position, prefix = _place(content)
    name = prefix + b"Signatures"
    written = b"<" + name + b">" + location.encode("ascii") + b"</" + name + b">"
    spliced = content[:position] + written + content[position:]
    if not _only_added(content, spliced, location):
        raise _unreadable()
    return spliced


def _place(content: bytes) -> tuple[int, bytes]:
    """The offset after the last of DocRoot and Versions, and DocBody's prefix with its colon."""
    depth, position, prefix = 0, -1, b""
    for tag in _tags(content):
        if tag.opens:
            depth += 1
            if depth == 2 and tag.local == b"DocBody":
                prefix = tag.name.removesuffix(tag.local)
        if tag.closes:
            if depth == 3 and tag.local in (b"DocRoot", b"Versions"):
                position = max(position, tag.end)
            depth -= 1
    if position < 0:
        raise _unreadable()
    return position, prefix


def _tags(content: bytes) -> Iterator[_Tag]:
    for found in _MARKUP.finditer(content):
        name = found["name"]
        if name is None:
            continue
        closing = bool(found["close"])
        closes = closing or content.startswith(b"/>", found.end() - 2)
        yield _Tag(name, opens=not closing, closes=closes, end=found.end())


def _only_added(before: bytes, after: bytes, location: str) -> bool:
    """Whether the one difference is the element that was meant."""
    try:
        old, new = xml.parse(before), xml.parse(after)
        body = xml.only_child(new, "DocBody")
        added = xml.only_child(body, "Signatures")
    except XmlInvalidError:
        return False
    if body is None or added is None or xml.text_of(added) != location:
        return False
    node = cast(Any, added)  # lxml ships no types
    previous = node.getprevious()
    if previous is None:
        return False
    previous.tail = node.tail
    node.getparent().remove(node)
    return _canonical(old) == _canonical(new)


def _canonical(root: Element) -> bytes:
    return cast(bytes, etree.tostring(root, method="c14n"))


def _unreadable() -> DocumentUnreadable:
    return package_invalid("OFD.xml", XML_INVALID)
