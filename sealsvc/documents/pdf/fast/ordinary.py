"""The revision of an ordinary file in few steps; any other file is None here.

Ordinary: one section, a table of entries alike; no form and no permissions; a page tree of one
level; a page without annotations. What a program writes alike into each of its files is understood
by the functions of the long way, once, and kept by its bytes; the rest is looked at every time. The
outcome is that of the long way, byte for byte (tests hold the two together), for a third of the
time: most of it went into many different functions, each cold again after a digest and a signature.
Source: as `structure`, `pages`, `sealing` and `revision`; pdf.md section 2.
"""

import re
from binascii import hexlify
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from sealsvc.documents.pdf.fast.appearance import DRAWN, ImageObjects, drawn_bodies, frame_of
from sealsvc.documents.pdf.fast.cms_template import RunningDigest
from sealsvc.documents.pdf.fast.pages import PdfPage, Shown, how_shown
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.revision import (
    BYTE_RANGE_WIDTH,
    OBJECT,
    OF_ITS_SECTION,
    REST,
    runs_of,
)
from sealsvc.documents.pdf.fast.sealing import (
    CERTIFIES,
    FIELD,
    NEW_FORM,
    RECT,
    SIGNATURE,
    SealObjects,
    changed_catalog,
)
from sealsvc.documents.pdf.fast.strings import text_string
from sealsvc.documents.pdf.fast.structure import PdfObject, has_header
from sealsvc.documents.pdf.fast.tokens import (
    LINE_ENDS,
    Dictionary,
    array_of_references,
    as_integer,
    as_reference,
    is_name,
    tiled,
    with_entry,
)
from sealsvc.documents.pdf.fast.xref import MAX_NUMBER, PlainTable, plain_table

# So many shapes of files, of each a trailer and three objects of at most so many bytes.
KEPT, MAX_KEPT = 1024, 1024
KEPT_PICTURES = 32

_IDENTITY = re.compile(rb"/ID ?\[ ?(<[0-9A-Fa-f]{32}>) ?<[0-9A-Fa-f]{32}> ?\]")
_FIELD_OBJECT = b"%d 0 obj\n" + FIELD + b"\nendobj\n"
_SIGNATURE_OBJECT = b"%d 0 obj\n" + SIGNATURE
# As `revision` writes them, with marks for what differs from file to file.
_ROW = b"%010d 00000 n \n"
_SECTION = b"xref\n%btrailer\n<<%b/ID[%%b<%%b>]/Prev %%d/Size %d>>\nstartxref\n%%d\n%%%%%%%%EOF\n"
_FOREIGN = frozenset({b"Encrypt", b"XRefStm", b"Prev", b"ID"})


class Revised(NamedTuple):
    """The bytes to append around the value; digest: over the ByteRange."""

    head: bytes
    tail: bytes
    digest: bytes


class _Trailer(NamedTuple):
    """What a trailer says. root: of generation 0; carried: its entries for the next trailer."""

    size: int
    root: int
    carried: bytes


class _Change(NamedTuple):
    """What a seal changes, less all that differs from file to file.

    shown: None for an invisible seal; page, field: numbers. objects: the page, the form and the
    catalog anew; lower, higher, form: where of these the two older ones begin, by their numbers,
    and the form. section: to the end of the file, `%d` for each offset.
    """

    shown: Shown | None
    page: int
    field: int
    objects: bytes
    lower: int
    higher: int
    form: int
    section: bytes


class _Picture(NamedTuple):
    """The objects of an appearance; starts: where each begins; rect, entry: for the field."""

    objects: bytes
    starts: tuple[int, ...]
    rect: bytes
    entry: bytes


_NO_PICTURE = _Picture(b"", (), b"0 0 0 0", b"")


def revise(
    data: bytes, seal: SealObjects, begin: Callable[[bytes], RunningDigest]
) -> Revised | None:
    """What `add_seal` and `enclose` make of an ordinary file; None for any other.

    Raises: PlacementOutOfPage.
    """
    table = plain_table(data) if has_header(data) else None
    if table is None:
        return None
    at, end = table.trailer, table.end
    if end - at > MAX_KEPT or data.find(b"/Prev", at, end) >= 0:
        return None
    identity = _IDENTITY.search(data, at, end)
    if identity is None:
        return None
    # Only the /ID differs from file to file: what stands before and behind it is kept.
    trailer = _trailer(data[at : identity.start()], data[identity.end() : end])
    if trailer is None or table.entries > trailer.size:
        return None
    change = _found(data, table, trailer, seal)
    if change is None:
        return None
    picture = _NO_PICTURE
    if change.shown is not None and seal.image is not None and seal.placement is not None:
        place = seal.placement
        size = place.width_mm, place.width_mm * seal.height_ratio
        corner = place.x_mm, place.y_mm
        picture = _picture(seal.image, change.shown, corner, size, trailer.size + 1)
    running = begin(data)
    identities = identity.group(1), hexlify(running.digest()[:16])
    head, tail = _enclosed(data, seal, (change, picture), (table.offset, trailer.size), identities)
    running.update(head)
    running.update(tail)
    return Revised(head, tail, running.digest())


def _enclosed(
    data: bytes,
    seal: SealObjects,
    parts: tuple[_Change, _Picture],
    numbers: tuple[int, int],
    identities: tuple[bytes, bytes],
) -> tuple[bytes, bytes]:
    """All bytes before and behind the value, as `revision.enclose`.

    numbers: the older section's offset, the signature's number; identities: both halves of /ID.
    """
    change, (drawn, starts, rect, entry) = parts
    previous, signature = numbers
    gap = b"" if data[-1] in b"\r\n" else b"\n"
    position = len(data) + len(gap)
    name = text_string(seal.field_name)
    field = _FIELD_OBJECT % (change.field, name, change.page, 0, rect, entry, signature)
    before = _SIGNATURE_OBJECT % (signature, seal.identity, CERTIFIES if seal.certify else b"")
    field_at = position + len(drawn)
    objects_at = field_at + len(field)
    signature_at = objects_at + len(change.objects)
    start = signature_at + len(before)
    stop = start + seal.room + 2
    section_at = stop + BYTE_RANGE_WIDTH + len(REST)
    section = change.section % (
        objects_at + change.lower,
        objects_at + change.higher,
        signature_at,
        *[position + one for one in starts],
        field_at,
        objects_at + change.form,
        *identities,
        previous,
        section_at,
    )
    byte_range = b"/ByteRange [0 %d %d %d]" % (start, stop, section_at + len(section) - stop)
    tail = b"%b%b%b" % (byte_range.ljust(BYTE_RANGE_WIDTH), REST, section)
    return b"".join((gap, drawn, field, change.objects, before)), tail


def _found(data: bytes, table: PlainTable, trailer: _Trailer, seal: SealObjects) -> _Change | None:
    """The way from the root to the page, each object read and what it says looked up."""
    catalog = _body(data, table, trailer.root)
    pages = None if catalog is None else _pages(catalog)
    tree = None if pages is None else _body(data, table, pages)
    kids = None if tree is None else _kids(tree)
    if kids is None:
        return None
    wish = 1 if seal.placement is None else seal.placement.page
    index = wish - 1 if wish > 0 else len(kids) + wish
    if not 0 <= index < len(kids):
        return None
    page = _body(data, table, kids[index])
    if page is None:
        return None
    visible = seal.image if seal.placement is not None else None
    drawn = 0 if visible is None else visible.count + 1
    older = trailer.root, pages, kids[index]
    return _change(trailer, older, (catalog, tree, page), seal.certify, drawn)


def _body(data: bytes, table: PlainTable, number: int) -> bytes | None:
    """The bytes between `obj` and `endobj` of an object of generation 0, as `read_ordinary`."""
    at = table.rows + 20 * number
    if number >= table.entries or data[at + 10 : at + 18] != b" 00000 n":
        return None
    header = b"%d 0 obj\n<<" % number
    offset = int(data[at : at + 10])
    if not data.startswith(header, offset):
        return None
    begin = offset + len(header) - 2
    stop = data.find(b"endobj", begin, begin + MAX_KEPT)
    if stop < 0 or data[stop + 6 : stop + 7] not in LINE_ENDS:
        return None
    return data[begin:stop]


@lru_cache(maxsize=KEPT)
def _trailer(before: bytes, behind: bytes) -> _Trailer | None:
    """A trailer less its /ID. Each part must be whole by itself: then /ID is an entry of it."""
    first, last = tiled(before + b">>"), tiled(b"<<" + behind)
    if first is None or last is None:
        return None
    entries = {**first.entries, **last.entries}
    if len(entries) < len(first.entries) + len(last.entries) or _FOREIGN & entries.keys():
        return None
    trailer = Dictionary(b"", entries)
    size, root = as_integer(trailer.get(b"Size")), as_reference(entries.get(b"Root"))
    if size is None or not 0 < size <= MAX_NUMBER or root is None or root[1]:
        return None
    carried = [b"/%b %b" % one for one in entries.items() if one[0] not in OF_ITS_SECTION]
    return _Trailer(size, root[0], b"".join(carried))


@lru_cache(maxsize=KEPT)
def _pages(raw: bytes) -> int | None:
    """The number of the page tree of a catalog without form and permissions."""
    catalog = tiled(raw)
    if catalog is None or not is_name(catalog.entries.get(b"Type"), b"/Catalog"):
        return None
    pages = as_reference(catalog.entries.get(b"Pages"))
    if {b"AcroForm", b"Perms"} & catalog.entries.keys() or pages is None or pages[1]:
        return None
    return pages[0]


@lru_cache(maxsize=KEPT)
def _kids(raw: bytes) -> tuple[int, ...] | None:
    """The numbers of the kids of a tree's root, if they are as many as its pages."""
    tree = tiled(raw)
    if tree is None or not is_name(tree.entries.get(b"Type"), b"/Pages"):
        return None
    array = tree.entries.get(b"Kids", b"")
    if b"Parent" in tree.entries or array[:1] != b"[":
        return None
    try:
        kids = array_of_references(array)
    except NotUnderstood:
        return None
    if as_integer(tree.get(b"Count")) != len(kids) or any(generation for _, generation in kids):
        return None
    return tuple([number for number, _ in kids])


@lru_cache(maxsize=KEPT)
def _change(
    trailer: _Trailer,
    older: tuple[int, int, int],
    bodies: tuple[bytes, bytes, bytes],
    certify: bool,
    drawn: int,
) -> _Change | None:
    """older, bodies: of catalog, tree and page; drawn: how many objects the appearance has."""
    catalog, tree, page = map(tiled, bodies)
    if catalog is None or tree is None or page is None or not _is_bare_page(page, older[1]):
        return None
    root, _, number = older
    signature = trailer.size
    field = signature + drawn + 1
    form = field + 1
    leaf = PdfPage(PdfObject(number, 0, page.raw, page), page, [tree, page])
    try:
        shown = how_shown(_Direct(), leaf) if drawn else None
    except NotUnderstood:
        return None
    objects, starts = _objects(
        (number, with_entry(page, b"Annots", b"[%d 0 R]" % field)),
        (form, NEW_FORM % (b"%d 0 R" % field)),
        (root, changed_catalog(catalog, b"%d 0 R" % form, signature if certify else None)),
    )
    lower, higher = (starts[0], starts[2]) if number < root else (starts[2], starts[0])
    section = _section(trailer, sorted((number, root)) + list(range(signature, form + 1)))
    return _Change(shown, number, field, objects, lower, higher, starts[1], section)


def _is_bare_page(page: Dictionary, parent: int) -> bool:
    entries = page.entries
    return (
        is_name(entries.get(b"Type"), b"/Page")
        and not {b"Kids", b"Annots"} & entries.keys()
        and as_reference(entries.get(b"Parent")) == (parent, 0)
    )


class _Direct:
    """In place of a `Structure` where everything stands directly."""

    def resolve(self, raw: bytes | None) -> bytes | None:
        """The value itself. Raises: NotUnderstood for a reference."""
        if as_reference(raw) is not None:
            raise NotUnderstood("reference")
        return raw


def _objects(*bodies: tuple[int, bytes]) -> tuple[bytes, tuple[int, ...]]:
    """Objects of generation 0, one behind the other, and where each begins."""
    whole, starts = b"", []
    for number, body in bodies:
        starts.append(len(whole))
        whole += OBJECT % (number, 0, body)
    return whole, tuple(starts)


def _section(trailer: _Trailer, numbers: list[int]) -> bytes:
    """The section of these objects with `%d` for offsets, and `%b` for the two halves of /ID."""
    runs = [b"%d %d\n" % run + _ROW * run[1] for run in runs_of(numbers)]
    carried = trailer.carried.replace(b"%", b"%%")
    return _SECTION % (b"".join(runs), carried, numbers[-1] + 1)


@lru_cache(maxsize=KEPT_PICTURES)
def _picture(
    image: ImageObjects,
    shown: Shown,
    corner: tuple[float, float],
    size: tuple[float, float],
    first: int,
) -> _Picture:
    """An appearance in a box of mm, its first object's number. Raises: PlacementOutOfPage."""
    box = shown.to_user(*corner, *size)
    bodies = drawn_bodies(image, frame_of(box, shown.rotate), first)
    objects, starts = _objects(*enumerate(bodies, first))
    entry = b"/AP%b" % (DRAWN % (first + len(bodies) - 1))
    return _Picture(objects, starts, RECT % box, entry)
