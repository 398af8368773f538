"""Second seals whose own revision does more than it may; every byte of them is soundly signed."""

from collections.abc import Callable
from hashlib import sha256

from sealsvc.documents.pdf.fast.appearance import image_objects
from sealsvc.documents.pdf.fast.cms_template import template_for
from sealsvc.documents.pdf.fast.form import read_form
from sealsvc.documents.pdf.fast.pages import find_page
from sealsvc.documents.pdf.fast.revision import Hole, Revision, enclose
from sealsvc.documents.pdf.fast.sealing import SealObjects, add_seal
from sealsvc.documents.pdf.fast.structure import understand
from sealsvc.values import Placement
from tests.builders.pdf import imprint, same_chain_leaf

Change = Callable[[Revision, Hole], Hole | None]
Patch = Callable[[bytes], bytes]


def crafted(data: bytes, change: Change, tail_patch: Patch = lambda tail: tail) -> bytes:
    """One more seal, its objects changed before it is signed."""
    leaf = same_chain_leaf("crafted")
    template = template_for(leaf.leaf_der, (leaf.issuing_der,), leaf.leaf_signer.suite)
    structure = understand(data)
    seal = SealObjects(
        field_name="crafted-1",
        identity=b"/M(D:20261121093000Z)",
        placement=Placement(page=1, x_mm=100, y_mm=100, width_mm=30),
        image=image_objects(imprint()),
        height_ratio=1.0,
        certify=False,
        room=template.room,
    )
    revision, hole = add_seal(structure, read_form(structure), seal)
    hole = change(revision, hole) or hole
    head, tail = enclose(revision, hole, b"\1" * 16)
    longer = tail_patch(tail)
    if longer != tail:
        start, size = tail.index(b"["), len(tail)
        numbers = tail[start : tail.index(b"]")].split()
        last = int(numbers[3]) + len(longer) - size
        old = tail[start : tail.index(b"]") + 1]
        new = b" ".join((*numbers[:3], b"%d]" % last))
        longer = longer.replace(old.ljust(len(new)), new.ljust(len(old)), 1)
    digest = sha256(data + head + longer).digest()
    value = template.contents(digest, leaf.leaf_signer.sign(template.signed_attributes(digest)))
    return b"".join((data, head, value, longer))


def _field(revision: Revision) -> int:
    return next(n for n, (_, body) in revision.objects.items() if b"/Subtype/Widget" in body)


def _edit(revision: Revision, number: int, old: bytes, new: bytes) -> None:
    generation, body = revision.objects[number]
    assert old in body
    revision.objects[number] = generation, body.replace(old, new, 1)


def honest(revision: Revision, hole: Hole) -> None:
    pass


def hidden_object(revision: Revision, hole: Hole) -> None:
    revision.add(b"<</Type/Annot/Contents(later)>>")


def object_between(revision: Revision, hole: Hole) -> None:
    number = _field(revision)
    _edit(revision, number, b"/FT/Sig", b"/FT/Sig ")
    generation, body = revision.objects[number]
    revision.objects[number] = generation, body + b"\nendobj\n777 0 obj\n<<>>"


def text_between(revision: Revision, hole: Hole) -> None:
    generation, body = revision.objects[_field(revision)]
    revision.objects[_field(revision)] = generation, body + b"\nendobj\n% stray"


def action(revision: Revision, hole: Hole) -> None:
    _edit(revision, _field(revision), b"/FT/Sig", b"/FT/Sig/AA<</E<</S/URI/URI(http://x)>>>>")


def annotated_twice(revision: Revision, hole: Hole) -> None:
    item = b"%d 0 R" % _field(revision)
    for number, (_, body) in list(revision.objects.items()):
        if b"/Annots" in body and item in body:
            _edit(revision, number, item + b"]", item + b" " + item + b"]")


def old_appearance(revision: Revision, hole: Hole) -> None:
    page = find_page(revision.structure, 1).dictionary.get(b"Contents") or b""
    for number, (_, body) in list(revision.objects.items()):
        if b"/Subtype/Form" in body:
            _edit(revision, number, b"/XObject<</Seal", b"/XObject<</Old %b/Seal" % page)


def page_content(revision: Revision, hole: Hole) -> None:
    page = find_page(revision.structure, 1).object.number
    other = revision.add(b"<</Length 0>>\nstream\n\nendstream")
    generation, body = revision.objects[page]
    revision.objects[page] = (
        generation,
        body.replace(b"/Contents ", b"/Contents %d 0 R/Old " % other),
    )


def catalog_entry(revision: Revision, hole: Hole) -> None:
    catalog = revision.structure.catalog
    assert catalog.dictionary is not None
    body = revision.objects.get(catalog.number, (0, catalog.dictionary.raw))[1]
    revision.objects[catalog.number] = 0, body[:-2] + b"/OpenAction[1 0 R/Fit]>>"


def info(revision: Revision, hole: Hole) -> None:
    raw = revision.structure.trailer.get(b"Info") or b""
    revision.objects[int(raw.split()[0])] = 0, b"<</Title(other)>>"


def lock(revision: Revision, hole: Hole) -> None:
    _edit(revision, _field(revision), b"/FT/Sig", b"/FT/Sig/Lock<</Action/All>>")


def certifies(revision: Revision, hole: Hole) -> Hole:
    """DocMDP on a second signature."""
    reference = (
        b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
        b"/TransformParams<</Type/TransformParams/V/1.2/P 2>>>>]/Contents "
    )
    return hole._replace(before=hole.before.replace(b"/Contents ", reference))


def taken_name(revision: Revision, hole: Hole) -> None:
    """The first seal's own field name."""
    generation, body = revision.objects[_field(revision)]
    first = read_form(revision.structure)
    assert first is not None
    name = first.fields[0].name.encode()
    revision.objects[_field(revision)] = generation, body.replace(b"crafted-1", name)


def trailer_key(tail: bytes) -> bytes:
    return tail.replace(b"trailer\n<<", b"trailer\n<</Extra 1", 1)


CHANGES: tuple[Change, ...] = (
    hidden_object,
    object_between,
    text_between,
    action,
    annotated_twice,
    old_appearance,
    page_content,
    catalog_entry,
    info,
    lock,
    certifies,
    taken_name,
)
