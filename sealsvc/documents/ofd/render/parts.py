"""Parts of a package by location, and their XML by local name, for drawing.

Over the reader's `Package`, so that what is shown is found as what is verified is found.
"""

from collections.abc import Iterator

from sealsvc.documents.ofd import xml
from sealsvc.documents.ofd.archive import open_archive
from sealsvc.documents.ofd.package import DocumentBody, Package
from sealsvc.documents.ofd.paths import directory_of
from sealsvc.documents.ofd.render.geometry import Malformed
from sealsvc.documents.ofd.xml import Element, XmlInvalidError, local_name, text_of

__all__ = [
    "Element",
    "Missing",
    "Parts",
    "attribute",
    "child",
    "children",
    "flag",
    "local_name",
    "text_of",
]

MAX_PART = 64 * 1024 * 1024
MAX_XML_NODES = 1_000_000


class Missing(Malformed):
    """A part that is named is not in the package, or damaged."""


class Parts:
    """What one package holds; each XML part is parsed once."""

    def __init__(self, data: bytes) -> None:
        """Raises: ServiceError, of `open_archive`."""
        self._package = Package(open_archive(data))
        self._trees: dict[str, Element] = {}
        self._nodes = 0

    def bodies(self) -> tuple[DocumentBody, ...]:
        """Raises: DocumentUnreadable."""
        return self._package.bodies()

    def path(self, location: str, base: str) -> str:
        """Entry that an ST_Loc in the part `base` means, else from the root. Raises: Missing."""
        found = self._package.parts(location, directory_of(base)) if location else ()
        if not found:
            raise Missing("part missing")
        return found[0]

    def content(self, name: str) -> bytes:
        """Bytes of a part. Raises: Malformed."""
        entry = self._package.archive.find(name)
        if entry is None or entry.size > MAX_PART:
            raise Malformed("part missing or too large")
        content = self._package.content(name)
        if content is None:
            raise Missing("part damaged")
        return content

    def tree(self, name: str) -> Element:
        """Root of an XML part, without DTD and entities. Raises: Malformed, ServiceError."""
        if name not in self._trees:
            try:
                root = self._package.xml(name)
            except XmlInvalidError:
                raise Malformed("XML") from None
            self._nodes += sum(1 for _ in root.iter())
            if self._nodes > MAX_XML_NODES:
                raise Malformed("XML size")
            self._trees[name] = root
        return self._trees[name]


def attribute(element: Element, name: str) -> str | None:
    """An attribute's value; None where it is absent or empty."""
    return element.get(name, "") or None


def children(element: Element | None, name: str | None = None) -> Iterator[Element]:
    """OFD's child elements, of one local name."""
    if element is None:
        return iter(())
    if name is not None:
        return xml.children(element, name)
    return (one for one in element if xml.is_ofd(one))


def child(element: Element | None, *path: str) -> Element | None:
    """The first descendant along a path of local names."""
    found = element
    for name in path:
        found = next(xml.children(found, name), None)
    return found


def flag(element: Element, name: str, default: bool) -> bool:
    """xs:boolean of an attribute."""
    given = attribute(element, name)
    return default if given is None else given.strip().lower() in ("true", "1")
