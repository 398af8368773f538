"""All pages in order, of a tree without a contradiction.

Source: ISO 32000-2, 7.7.3; pdf.md section 2 rule 5.
"""

from sealsvc.documents.pdf.fast.pages import PdfPage
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import PdfObject, Structure
from sealsvc.documents.pdf.fast.tokens import (
    Dictionary,
    Reference,
    array_items,
    array_of_references,
    as_integer,
    as_reference,
    is_name,
)

MAX_PAGES = 2_000
MAX_DEPTH = 32
MAX_ANNOTATIONS = 500


class Pages:
    """The leaves of a page tree in order."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self._seen: set[Reference] = set()
        self.leaves: list[PdfPage] = []
        self._held: dict[int, set[Reference | None]] = {}
        catalog = structure.catalog.dictionary
        root = as_reference(catalog.get(b"Pages")) if catalog is not None else None
        if root is None:
            raise NotUnderstood("pages")
        node = self._enter(root).dictionary
        if node is None or not is_name(node.get(b"Type"), b"/Pages") or b"Parent" in node.entries:
            raise NotUnderstood("page tree")
        self._walk(root, [node])
        self._places = {page.object.reference: place for place, page in enumerate(self.leaves)}

    def _enter(self, reference: Reference) -> PdfObject:
        if reference in self._seen:
            raise NotUnderstood("page tree")
        self._seen.add(reference)
        return self._structure.object(reference)

    def _walk(self, reference: Reference, path: list[Dictionary]) -> None:
        before = len(self.leaves)
        if len(path) > MAX_DEPTH:
            raise NotUnderstood("page tree")
        for kid in array_of_references(self._structure.resolve(path[-1].get(b"Kids")) or b""):
            found = self._enter(kid)
            node = found.dictionary
            if node is None or as_reference(node.get(b"Parent")) != reference:
                raise NotUnderstood("Parent")
            below = [*path, node]
            kind = node.get(b"Type")
            if is_name(kind, b"/Page") and b"Kids" not in node.entries:
                if len(self.leaves) >= MAX_PAGES:
                    raise NotUnderstood("pages")
                self.leaves.append(PdfPage(found, node, below))
            elif is_name(kind, b"/Pages"):
                self._walk(kid, below)
            else:
                raise NotUnderstood("page tree")
        if as_integer(path[-1].get(b"Count")) != len(self.leaves) - before:
            raise NotUnderstood("Count")

    def showing(self, widget: Reference, hint: Reference | None = None) -> int | None:
        """The index of the first page whose annotations hold the widget, the hinted one first."""
        hinted = self._places.get(hint) if hint is not None else None
        if hinted is not None and widget in self._annotations(hinted):
            return hinted
        for index in range(len(self.leaves)):
            if widget in self._annotations(index):
                return index
        return None

    def _annotations(self, index: int) -> set[Reference | None]:
        """What a page's annotations refer to."""
        found = self._held.get(index)
        if found is None:
            page = self.leaves[index]
            raw = self._structure.resolve(page.dictionary.get(b"Annots"))
            found = self._held[index] = set() if raw is None else _referred(raw)
        return found


def _referred(raw: bytes) -> set[Reference | None]:
    items = array_items(raw) if b"<<" in raw else array_of_references(raw)
    if len(items) > MAX_ANNOTATIONS:
        raise NotUnderstood("annotations")
    return {as_reference(one) if isinstance(one, bytes) else one for one in items}
