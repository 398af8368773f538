"""Which parts of a package rendering reaches, so that none of them goes unsigned unseen.

Source: ofd.md section 5, "Coverage is never complete by rule".
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sealsvc.documents.ofd import xml
from sealsvc.documents.ofd.errors import LIMIT, package_invalid
from sealsvc.documents.ofd.limits import MAX_PAGES, MAX_REACHED
from sealsvc.documents.ofd.package import ENTRY_POINT, DocumentBody, Package, Problems
from sealsvc.documents.ofd.paths import directory_of
from sealsvc.documents.ofd.xml import Element


class PartKind(StrEnum):
    """What a part is to the page as shown."""

    ROUTE = "route"
    DOCUMENT = "document"
    PAGE = "page"
    TEMPLATE = "template"
    RESOURCE = "resource"
    ANNOTATION = "annotation"
    ATTACHMENT = "attachment"
    TAG = "tag"


SHOWN = frozenset(
    {
        PartKind.DOCUMENT,
        PartKind.PAGE,
        PartKind.TEMPLATE,
        PartKind.RESOURCE,
        PartKind.ANNOTATION,
    }
)
"""Kinds that must be covered; of the others a gap is a warning."""


@dataclass(frozen=True)
class PageEntry:
    """A page as Document.xml lists it. id: as written; name: its entry, None when absent;
    document: the entry of its Document.xml.
    """

    id: str
    name: str | None
    document: str


@dataclass
class Reach:
    """What rendering a body reaches. parts: kind by entry name. pages: of the root shown first;
    other_pages: of the other root. problems: parts that could not be followed.
    """

    parts: dict[str, PartKind] = field(default_factory=dict)
    pages: list[PageEntry] = field(default_factory=list)
    other_pages: list[PageEntry] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)

    @property
    def complete(self) -> bool:
        """Whether every part that leads to others could be read."""
        return not self.problems

    def missing(self, covered: frozenset[str]) -> tuple[str, ...]:
        """Parts that are shown and not covered."""
        return tuple(n for n, kind in self.parts.items() if kind in SHOWN and n not in covered)

    def missing_extras(self, covered: frozenset[str]) -> tuple[str, ...]:
        """Parts that are not shown on a page and not covered."""
        return tuple(n for n, kind in self.parts.items() if kind not in SHOWN and n not in covered)


@dataclass(frozen=True)
class _Named:
    """A location met in a part. leads_on: whether what it names is a list of further parts."""

    location: str
    base: str
    kind: PartKind
    leads_on: bool = False


class _Walk:
    def __init__(self, package: Package) -> None:
        self.package = package
        self.reach = Reach()
        self._queue: deque[tuple[str, PartKind]] = deque()
        self._met = 0

    def add(self, named: _Named) -> None:
        """Notes every part that a reader may take the location to mean."""
        self._met += 1
        if self._met > MAX_REACHED:
            raise package_invalid("parts", LIMIT)
        found = self.package.parts(named.location, named.base) if named.location else ()
        for name in found:
            known = self.reach.parts.get(name)
            if known is None or (known not in SHOWN and named.kind in SHOWN):
                self.reach.parts[name] = named.kind
            if named.leads_on:
                self._queue.append((name, named.kind))

    def run(self) -> None:
        """Follows every part to those it names; a part is read once for each of its kinds."""
        seen: set[tuple[str, PartKind]] = set()
        while self._queue:
            name, kind = self._queue.popleft()
            if (name, kind) in seen:
                continue
            seen.add((name, kind))
            root = self.package.try_xml(name, self.reach.problems)
            if root is not None:
                for named in _FOLLOW[kind](root, directory_of(name)):
                    self.add(named)


def reach_of(package: Package, body: DocumentBody) -> Reach:
    """Everything that rendering a body reaches. Raises: DocumentUnreadable (limit)."""
    walk = _Walk(package)
    walk.reach.parts[ENTRY_POINT] = PartKind.ROUTE
    for version in body.versions:
        walk.reach.parts[version] = PartKind.ROUTE
    if body.cover is not None:
        walk.add(_Named(body.cover, "", PartKind.TAG))
    for root in body.roots:
        walk.add(_Named(root, "", PartKind.DOCUMENT, leads_on=True))
    walk.run()
    lists = [list(_pages(walk, root)) for root in body.roots]
    if lists:
        walk.reach.pages = lists[0]
        walk.reach.other_pages = [page for one in lists[1:] for page in one]
    return walk.reach


def _pages(walk: _Walk, location: str) -> Iterator[PageEntry]:
    name = walk.package.part(location)
    root = None if name is None else walk.package.try_xml(name, walk.reach.problems)
    if root is None or name is None:
        return
    count = 0
    for pages in xml.children(root, "Pages"):
        for page in xml.children(pages, "Page"):
            count += 1
            if count > MAX_PAGES:
                raise package_invalid("pages", LIMIT)
            found = walk.package.part(page.get("BaseLoc", ""), directory_of(name))
            yield PageEntry(page.get("ID", "").strip()[:64], found, name)


_CHILD_LISTS = {
    "PublicRes": PartKind.RESOURCE,
    "DocumentRes": PartKind.RESOURCE,
    "PageRes": PartKind.RESOURCE,
    "Annotations": PartKind.ANNOTATION,
    "CustomTags": PartKind.TAG,
    "Attachments": PartKind.ATTACHMENT,
    "Extensions": PartKind.TAG,
}


def _from_document(root: Element, base: str) -> Iterator[_Named]:
    for one in xml.descendants(root, "TemplatePage", "Page", *_CHILD_LISTS):
        local = xml.local_name(one)
        if local == "TemplatePage":
            yield _Named(one.get("BaseLoc", ""), base, PartKind.TEMPLATE, leads_on=True)
        elif local == "Page":
            yield _Named(one.get("BaseLoc", ""), base, PartKind.PAGE, leads_on=True)
        else:
            yield _Named(xml.text_of(one), base, _CHILD_LISTS[local], leads_on=True)


def _from_page(root: Element, base: str) -> Iterator[_Named]:
    for one in xml.descendants(root, "PageRes"):
        yield _Named(xml.text_of(one), base, PartKind.RESOURCE, leads_on=True)


def _from_resources(root: Element, base: str) -> Iterator[_Named]:
    """Files a Res element lists, from its own BaseLoc and, as some readers do, from its place."""
    bases = [base]
    inner = root.get("BaseLoc", "").strip().replace("\\", "/")
    if inner:
        bases.append(inner.strip("/") if inner.startswith("/") else f"{base}/{inner}".strip("/"))
    for one in xml.descendants(root, "MediaFile", "FontFile", "ColorSpace"):
        local = xml.local_name(one)
        location = xml.text_of(one) if local in ("MediaFile", "FontFile") else ""
        location = one.get("Profile", "") if local == "ColorSpace" else location
        for start in bases if location else ():
            yield _Named(location, start, PartKind.RESOURCE)


def _from_list(kind: PartKind) -> Callable[[Element, str], Iterator[_Named]]:
    def follow(root: Element, base: str) -> Iterator[_Named]:
        for one in xml.descendants(root, "FileLoc", "SchemaLoc", "ExtendData"):
            yield _Named(xml.text_of(one), base, kind)

    return follow


_FOLLOW: dict[PartKind, Callable[[Element, str], Iterator[_Named]]] = {
    PartKind.DOCUMENT: _from_document,
    PartKind.PAGE: _from_page,
    PartKind.TEMPLATE: _from_page,
    PartKind.RESOURCE: _from_resources,
    PartKind.ANNOTATION: _from_list(PartKind.ANNOTATION),
    PartKind.ATTACHMENT: _from_list(PartKind.ATTACHMENT),
    PartKind.TAG: _from_list(PartKind.TAG),
}
