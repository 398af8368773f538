"""The XML parts: parsed without DTD, entities or network, read by local name.

Namespaces are mixed inside one package in the field, so both of OFD's and none are accepted.
Source: ofd.md sections 1 and 5.
"""

from collections.abc import Iterator
from typing import Protocol, cast

from lxml import etree

NAMESPACES = frozenset({"http://www.ofdspec.org/2016", "http://www.ofdspec.org", ""})


class Element(Protocol):
    """What is used of an lxml element; lxml ships no types, and this module is the border."""

    tag: object
    text: str | None
    tail: str | None

    def get(self, key: str, default: str = "") -> str:
        """The attribute of this name."""
        ...

    def iter(self, *tags: str) -> "Iterator[Element]":
        """The element and everything below, of these tags if any are given."""
        ...

    def __iter__(self) -> "Iterator[Element]": ...

    def getprevious(self) -> "Element | None":
        """The sibling before this one."""
        ...

    def insert(self, index: int, element: "Element", /) -> None:
        """Puts a child at an index."""
        ...

    def remove(self, element: "Element", /) -> None:
        """Takes a child out."""
        ...


class XmlInvalidError(ValueError):
    """The part is no well-formed XML, or it has a document type declaration."""


def parse(content: bytes) -> Element:
    """The root element. Raises: XmlInvalidError."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    # Refused before libxml2 reads it; other encodings of these letters are caught below.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise XmlInvalidError("DTD")
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise XmlInvalidError("not well-formed") from error
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise XmlInvalidError("DTD")
    return cast(Element, root)


def local_name(element: Element) -> str:
    """The name without namespace; empty for an entity reference."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def is_ofd(element: Element) -> bool:
    """Whether the element is in one of OFD's namespaces or in none."""
    return isinstance(element.tag, str) and (
        element.tag.rpartition("}")[0].removeprefix("{").rstrip("/") in NAMESPACES
    )


def children(element: Element | None, *names: str) -> Iterator[Element]:
    """The OFD children of one of these local names."""
    if element is not None:
        for one in element:
            if is_ofd(one) and local_name(one) in names:
                yield one


def only_child(element: Element | None, name: str) -> Element | None:
    """The one child of this name, None when absent.

    Two of what the schema has once would let readers disagree. Raises: XmlInvalidError.
    """
    found = list(children(element, name))
    if len(found) > 1:
        raise XmlInvalidError(f"{name} twice")
    return found[0] if found else None


def descendants(element: Element, *names: str) -> Iterator[Element]:
    """Every element below (and itself) of one of these local names, whatever its namespace."""
    # Filtered by libxml2: a hostile part of millions of elements costs no Python each.
    yield from element.iter(*(f"{{*}}{name}" for name in names))


def text_of(element: Element | None) -> str:
    """The text directly inside, blanks stripped."""
    if element is None:
        return ""
    return (str(element.text or "") + "".join(str(one.tail or "") for one in element)).strip()
