"""The pages of a package in order, and their sizes. Source: ofd.md sections 3, 6 and 7."""

from dataclasses import dataclass

from sealsvc.documents.ofd import xml
from sealsvc.documents.ofd.coverage import PageEntry, Reach
from sealsvc.documents.ofd.package import Package, Problems
from sealsvc.documents.ofd.references import box
from sealsvc.documents.ofd.xml import Element

A4_MM = (210.0, 297.0)


@dataclass(frozen=True)
class PageAt:
    """A page by its place in the whole package. number: 1-based."""

    number: int
    entry: PageEntry


def pages_by_id(reach: Reach, first: int) -> dict[str, PageAt]:
    """What each PageRef of a body means; of an ID twice the first page, as shown.

    first: number of the body's first page.
    """
    found: dict[str, PageAt] = {}
    for pages in (reach.pages, reach.other_pages):
        for index, page in enumerate(pages):
            if page.id:
                found.setdefault(page.id, PageAt(first + index, page))
    return found


class PageSizes:
    """Physical boxes of pages; every part is parsed once."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._own: dict[str, tuple[float, float] | None] = {}
        self._common: dict[str, tuple[float, float] | None] = {}

    def of(self, page: PageEntry) -> tuple[float, float]:
        """Width and height in millimetres. Raises: DocumentUnreadable (limit)."""
        if page.name is not None and page.name not in self._own:
            self._own[page.name] = _physical(self._root(page.name), "Area")
        own = None if page.name is None else self._own[page.name]
        if own is not None:
            return own
        if page.document not in self._common:
            root = self._root(page.document)
            common = None if root is None else next(xml.children(root, "CommonData"), None)
            self._common[page.document] = _physical(common, "PageArea")
        return self._common[page.document] or A4_MM

    def _root(self, name: str) -> Element | None:
        return self._package.try_xml(name, Problems())


def _physical(parent: Element | None, area: str) -> tuple[float, float] | None:
    for one in xml.children(parent, area):
        for written in xml.children(one, "PhysicalBox"):
            found = box(xml.text_of(written))
            if found is not None:
                return found[2], found[3]
    return None
