"""Where a seal is drawn: the pages of a document, their sizes, and StampAnnot elements for them.

No page content changes; a reader draws the seal's picture at each StampAnnot.
Source: ofd.md sections 3 and 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sealsvc.documents.ofd import xml
from sealsvc.documents.ofd.errors import XML_INVALID, package_invalid
from sealsvc.documents.ofd.limits import MAX_PAGES, MAX_STAMPS
from sealsvc.documents.ofd.package import Package
from sealsvc.documents.ofd.pages import A4_MM
from sealsvc.documents.ofd.paths import directory_of
from sealsvc.documents.ofd.references import box
from sealsvc.documents.ofd.straddle import PageSize, straddle_boxes
from sealsvc.documents.ofd.xml import Element, XmlInvalidError
from sealsvc.documents.ofd.xmlwrite import box as written_box
from sealsvc.documents.ofd.xmlwrite import element
from sealsvc.documents.pdf.errors import PageNotFound, PlacementOutOfPage
from sealsvc.documents.values import SealingSpec, StampBox
from sealsvc.values import Placement

_TOLERANCE_MM = 0.01


@dataclass(frozen=True)
class StampPage:
    """A page as Document.xml lists it. id: what PageRef names; content: its Content.xml."""

    id: str
    content: str


@dataclass(frozen=True)
class PageList:
    """The pages of one document, in order; area: the size of pages that state none."""

    package: Package
    entries: tuple[StampPage, ...]
    area: PageSize | None

    def size(self, index: int) -> PageSize:
        """The size of a page, 0-based. Raises: DocumentUnreadable."""
        try:
            page = self.package.xml(self.entries[index].content)
            own = _size(xml.only_child(page, "Area"))
        except XmlInvalidError as error:
            raise package_invalid("page", XML_INVALID) from error
        return own or self.area or PageSize(*A4_MM)

    def sizes(self) -> tuple[PageSize, ...]:
        """The size of every page. Raises: DocumentUnreadable."""
        return tuple(self.size(index) for index in range(len(self.entries)))


def page_list(package: Package, document: str) -> PageList:
    """The pages of a Document.xml. Raises: DocumentUnreadable."""
    try:
        root = package.xml(document)
        listed = list(xml.children(xml.only_child(root, "Pages"), "Page"))
        area = _size(xml.only_child(xml.only_child(root, "CommonData"), "PageArea"))
    except XmlInvalidError as error:
        raise package_invalid("Document.xml", XML_INVALID) from error
    if not 0 < len(listed) <= MAX_PAGES:
        raise package_invalid("pages", XML_INVALID)
    entries = tuple(_entry(package, one, directory_of(document)) for one in listed)
    if len({one.id for one in entries}) < len(entries):
        raise package_invalid("page ID twice", XML_INVALID)
    return PageList(package, entries, area)


def _entry(package: Package, listed: Element, base: str) -> StampPage:
    content = package.part(listed.get("BaseLoc", ""), base)
    own = listed.get("ID", "").strip()
    if content is None or not own.isascii() or not own.isdigit():
        raise package_invalid("page", XML_INVALID)
    return StampPage(own, content)


def _size(area: Element | None) -> PageSize | None:
    found = box(xml.text_of(xml.only_child(area, "PhysicalBox")))
    return None if found is None else PageSize(found[2], found[3])


def stamp_boxes(
    pages: PageList, spec: SealingSpec, seal_size: tuple[float, float]
) -> tuple[StampBox, ...]:
    """Every place where the seal is drawn; none for an invisible one.

    seal_size: width and height that the seal itself states, for a straddle seal that stands alone;
    beside a placement the straddle takes the placement's size.
    Raises: PageNotFound, PlacementOutOfPage, StraddleNeedsPages, DocumentUnreadable.
    """
    found: list[StampBox] = []
    width, height = seal_size
    if spec.placement is not None:
        width, height = (
            spec.placement.width_mm,
            spec.placement.width_mm * spec.imprint_height_ratio,
        )
        found.append(_placed(pages, spec.placement, height))
    if spec.straddle is not None:
        if len(pages.entries) > MAX_STAMPS - 1:
            raise package_invalid("pages", XML_INVALID)
        found += straddle_boxes(pages.sizes(), spec.straddle, width, height)
    return tuple(found)


def _placed(pages: PageList, placement: Placement, height_mm: float) -> StampBox:
    count = len(pages.entries)
    page = placement.page if placement.page > 0 else count + 1 + placement.page
    if not 1 <= page <= count:
        raise PageNotFound(page=placement.page, pages=count)
    size = pages.size(page - 1)
    beyond_x = placement.x_mm + placement.width_mm - size.width_mm
    beyond_y = placement.y_mm + height_mm - size.height_mm
    if height_mm <= 0 or max(beyond_x, beyond_y) > _TOLERANCE_MM:
        raise PlacementOutOfPage(page=page)
    return StampBox(page, placement.x_mm, placement.y_mm, placement.width_mm, height_mm)


def stamp_annots(pages: PageList, boxes: Sequence[StampBox], first_id: int) -> list[str]:
    """A StampAnnot for each box, numbered on from first_id in the series of signature IDs."""
    return [
        _annot(pages.entries[one.page - 1].id, one, first_id + index)
        for index, one in enumerate(boxes)
    ]


def _annot(page_id: str, stamp: StampBox, own: int) -> str:
    attributes = {
        "ID": sign_id(own),
        "PageRef": page_id,
        "Boundary": written_box(stamp.x_mm, stamp.y_mm, stamp.width_mm, stamp.height_mm),
    }
    if stamp.clip is not None:
        attributes["Clip"] = written_box(*stamp.clip)
    return element("StampAnnot", attributes)


def sign_id(own: int) -> str:
    """`sNNN`, a valid xs:ID where a bare number is none (ofd.md section 9 item 6)."""
    return f"s{own:03d}"
