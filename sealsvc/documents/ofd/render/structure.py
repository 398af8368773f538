"""From OFD.xml to pages: areas, layers, templates, annotations and resources of a document."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from sealsvc.documents.ofd.limits import MAX_PAGES, MAX_STAMPS
from sealsvc.documents.ofd.package import DocumentBody
from sealsvc.documents.ofd.render.budget import Notes
from sealsvc.documents.ofd.render.geometry import Box, Malformed
from sealsvc.documents.ofd.render.parts import (
    Element,
    Missing,
    Parts,
    attribute,
    child,
    children,
    flag,
    local_name,
    text_of,
)
from sealsvc.errors import ServiceError

ENTRY_POINT = "OFD.xml"
DEFAULT_BOX = Box(0, 0, 210, 297)
_ORDER = {"Background": 0.0, "Body": 1.0, "Foreground": 2.0}
_MAX_RESOURCES = 50_000


@dataclass(frozen=True)
class Resource:
    """One resource's element. part: the file it stands in; folder: that file's BaseLoc."""

    element: Element
    part: str
    folder: str

    def file(self, parts: Parts, location: str) -> str:
        """Entry that a location inside the resource means. Raises: Missing."""
        if location.startswith("/") or not self.folder:
            return parts.path(location, self.part)
        try:
            return parts.path(f"{self.folder}/{location}", self.part)
        except Missing:
            # Some producers write the folder once more, or not at all.
            return parts.path(location, self.part)


@dataclass(frozen=True)
class Resources:
    """By kind (local name) and ID; a page's own come before the document's."""

    found: dict[tuple[str, str], Resource] = field(default_factory=dict)

    def get(self, kind: str, identifier: str | None) -> Resource | None:
        """The resource, if there is one."""
        return self.found.get((kind, (identifier or "").strip()))


@dataclass(frozen=True)
class Layer:
    """Objects drawn in order. element: holds them; offset: of an annotation's box, mm."""

    element: Element
    resources: Resources
    offset: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class PageRef:
    """A page of a document. location: of its content; document: name of
    its Document.xml."""

    identifier: str
    location: str
    document: str
    body: DocumentBody


@dataclass(frozen=True)
class Page:
    """What is on a page, lowest layer first; annotations are the last of them."""

    box: Box
    layers: tuple[Layer, ...]
    annotations: tuple[Layer, ...]


@dataclass(frozen=True)
class Stamp:
    """A StampAnnot of this page. part: name of its Signature.xml; clip: inside the box.

    turned: has a CTM, which the standard does not know and no reader agrees on.
    """

    part: str
    description: Element
    box: Box
    clip: Box | None
    turned: bool


def pages_of(parts: Parts, notes: Notes) -> list[PageRef]:
    """Pages of all document bodies in order. Raises: Malformed, ServiceError."""
    found: list[PageRef] = []
    for body in parts.bodies():
        if body.versions:
            notes.add("shown as its current version")
        if not body.roots:
            raise Malformed("no document")
        document = parts.path(body.roots[0], ENTRY_POINT)
        for one in children(child(parts.tree(document), "Pages"), "Page"):
            found.append(PageRef(one.get("ID", "").strip(), one.get("BaseLoc", ""), document, body))
            if len(found) > MAX_PAGES:
                raise Malformed("pages")
    return found


def load_page(parts: Parts, ref: PageRef, notes: Notes) -> Page:
    """Everything drawn on one page except seals. Raises: Malformed, ServiceError."""
    document = parts.tree(ref.document)
    common = child(document, "CommonData")
    shared = Resources()
    if common is not None:
        for kind in ("PublicRes", "DocumentRes"):
            _gather(parts, common, kind, (ref.document, shared), notes)
    name = parts.path(ref.location, ref.document)
    content = parts.tree(name)
    resources = _own(parts, content, name, shared, notes)
    ranked = list(_layers(content, resources))
    if common is not None:
        ranked += _templates(parts, ref, common, (content, shared), notes)
    order = sorted(range(len(ranked)), key=lambda index: (ranked[index][0], index))
    return Page(
        box=_page_box(content, common),
        layers=tuple(ranked[index][1] for index in order),
        annotations=tuple(_annotations(parts, ref, resources, notes)),
    )


def attempt(notes: Notes, what: str, action: Callable[[], None]) -> None:
    """Run; a part that is missing or malformed becomes a note."""
    try:
        action()
    except (Malformed, ServiceError) as error:
        reason = str(error) if isinstance(error, Malformed) else error.code
        notes.add(f"{what} not read ({reason})")


def _page_box(content: Element, common: Element | None) -> Box:
    areas = (child(content, "Area"), None if common is None else child(common, "PageArea"))
    for area in areas:
        if area is None:
            continue
        for name in ("PhysicalBox", "ApplicationBox"):
            given = text_of(child(area, name))
            if given:
                box = Box.read(given)
                if box.width > 0 and box.height > 0:
                    return box
    return DEFAULT_BOX


def _own(parts: Parts, content: Element, name: str, shared: Resources, notes: Notes) -> Resources:
    own = Resources(dict(shared.found))
    _gather(parts, content, "PageRes", (name, own), notes)
    return own


def _gather(
    parts: Parts,
    holder: Element,
    kind: str,
    target: tuple[str, Resources],
    notes: Notes,
) -> None:
    """Adds the resources of all files that `holder` names in elements `kind`."""
    base, resources = target
    for one in children(holder, kind):
        location = text_of(one)
        if location:
            attempt(notes, kind, partial(_add, parts, location, base, resources))


def _add(parts: Parts, location: str, base: str, resources: Resources) -> None:
    name = parts.path(location, base)
    root = parts.tree(name)
    folder = root.get("BaseLoc", "").strip()
    for group in children(root):
        for one in children(group):
            identifier = one.get("ID", "").strip()
            if identifier and len(resources.found) < _MAX_RESOURCES:
                resources.found[local_name(one), identifier] = Resource(one, name, folder)


def _layers(content: Element, resources: Resources) -> Iterator[tuple[float, Layer]]:
    holder = child(content, "Content")
    for one in () if holder is None else children(holder):
        if local_name(one) == "Layer":
            yield _ORDER.get(one.get("Type", ""), _ORDER["Body"]), Layer(one, resources)


def _templates(
    parts: Parts,
    ref: PageRef,
    common: Element,
    used: tuple[Element, Resources],
    notes: Notes,
) -> list[tuple[float, Layer]]:
    """Layers of the templates a page names; templates of templates are not followed."""
    content, shared = used
    known = {one.get("ID", "").strip(): one for one in children(common, "TemplatePage")}
    found: list[tuple[float, Layer]] = []

    def load(template: Element, use: Element) -> None:
        name = parts.path(template.get("BaseLoc", ""), ref.document)
        tree = parts.tree(name)
        if child(tree, "Template") is not None:
            notes.add("template within a template not drawn")
        resources = _own(parts, tree, name, shared, notes)
        order = attribute(use, "ZOrder") or attribute(template, "ZOrder") or "Background"
        # A template lies outside the page's own layers of the same order.
        rank = {"Foreground": 2.5, "Body": 0.5}.get(order, -0.5)
        found.extend((rank, layer) for _, layer in _layers(tree, resources))

    for use in list(children(content, "Template"))[:_MAX_TEMPLATES]:
        template = known.get(use.get("TemplateID", "").strip())
        if template is None:
            notes.add("template missing")
        else:
            attempt(notes, "template", partial(load, template, use))
    return found


_MAX_TEMPLATES = 50
_MAX_ANNOTATIONS = 5_000


def _annotations(parts: Parts, ref: PageRef, shared: Resources, notes: Notes) -> Iterator[Layer]:
    found: list[Layer] = []

    def load(location: str) -> None:
        index = parts.path(location, ref.document)
        for one in children(parts.tree(index), "Page"):
            if one.get("PageID", "").strip() == ref.identifier:
                name = parts.path(text_of(child(one, "FileLoc")), index)
                found.extend(_appearances(parts.tree(name), shared))

    for one in children(parts.tree(ref.document), "Annotations"):
        attempt(notes, "annotations", partial(load, text_of(one)))
    return iter(found[:_MAX_ANNOTATIONS])


def _appearances(root: Element, shared: Resources) -> Iterator[Layer]:
    for annotation in children(root, "Annot"):
        if not flag(annotation, "Visible", True):
            continue
        for one in children(annotation, "Appearance"):
            given = attribute(one, "Boundary")
            box = Box.read(given) if given else Box(0, 0, 0, 0)
            yield Layer(one, shared, (box.x, box.y))


def stamps_of(parts: Parts, ref: PageRef, notes: Notes) -> list[Stamp]:
    """Seals on a page, in the order of the signature list."""
    found: list[Stamp] = []

    def load(location: str, index: str) -> None:
        name = parts.path(location, index)
        description = parts.tree(name)
        for one in description.iter():
            if local_name(one) == "StampAnnot" and one.get("PageRef", "").strip() == ref.identifier:
                clip = attribute(one, "Clip")
                box = Box.read(one.get("Boundary", ""))
                given = Box.read(clip) if clip else None
                turned = attribute(one, "CTM") is not None
                found.append(Stamp(name, description, box, given, turned))

    def load_list(location: str) -> None:
        index = parts.path(location, ENTRY_POINT)
        for one in children(parts.tree(index), "Signature"):
            attempt(notes, "signature", partial(load, one.get("BaseLoc", ""), index))

    location = ref.body.signatures
    if location:
        attempt(notes, "signature list", partial(load_list, location))
    if len(found) > MAX_STAMPS:
        notes.add("stamps not drawn", len(found) - MAX_STAMPS)
    return found[:MAX_STAMPS]
