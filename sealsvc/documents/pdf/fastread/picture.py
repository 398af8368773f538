"""The picture a seal shows: known by the bytes it is drawn from, drawn once.

Decoding and encoding cost milliseconds, and the same imprint comes again and again. So a picture
is kept under the digest of all objects below the widget's normal appearance; an unknown one is
drawn by the general reader's own code.
"""

from hashlib import sha256
from typing import NamedTuple

from sealsvc.documents.pdf.fast.form import PdfField
from sealsvc.documents.pdf.fast.pages import PdfPage, how_shown
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import PdfObject, Structure
from sealsvc.documents.pdf.fast.tokens import (
    Reference,
    as_number,
    as_reference,
    four_numbers,
    is_name,
    read_dictionary,
)
from sealsvc.documents.pdf.fastread.objects import references_in, stream_body
from sealsvc.documents.pdf.fastread.pagetree import Pages
from sealsvc.documents.values import SealPicture

MAX_KEPT = 128
MAX_KEPT_BYTES = 1 << 20
MAX_OBJECTS = 32
_DOCUMENT_TYPES = (b"/Page", b"/Pages", b"/Catalog", b"/Annot", b"/Sig")


class Drawn(NamedTuple):
    """A decoded picture. png, rgba_sha256: as in SealPicture."""

    png: bytes
    rgba_sha256: str


class _Kept:
    """Pictures by the digest of what they are drawn from; None: it draws none."""

    def __init__(self) -> None:
        self._found: dict[bytes, Drawn | None] = {}

    def __contains__(self, key: bytes) -> bool:
        return key in self._found

    def get(self, key: bytes) -> Drawn | None:
        """A kept picture, now the youngest."""
        found = self._found[key] = self._found.pop(key)
        return found

    def keep(self, key: bytes, drawn: Drawn | None) -> None:
        """Keep one more, and let the oldest go."""
        if drawn is not None and len(drawn.png) > MAX_KEPT_BYTES:
            return
        self._found[key] = drawn
        while len(self._found) > MAX_KEPT:
            del self._found[next(iter(self._found))]


_kept = _Kept()


def picture_of(structure: Structure, pages: Pages, field: PdfField) -> SealPicture | None:
    """What the field's own widget shows, as `documents.pdf.appearance.find_picture` says it.

    Raises: NotUnderstood.
    """
    dictionary = field.dictionary
    normal = _normal_appearance(structure, dictionary.get(b"AP"))
    if normal is None:
        return None
    rect = four_numbers(dictionary.get(b"Rect") or b"")
    hint = as_reference(dictionary.get(b"P"))
    index = pages.showing(field.object.reference, hint)
    if rect is None or index is None:
        raise NotUnderstood("place of a widget")
    key = _fingerprint(structure, normal)
    if key in _kept:
        drawn = _kept.get(key)
    else:
        drawn = _draw(structure.data, field.name)
        _kept.keep(key, drawn)
    if drawn is None:
        return None
    return _placed(drawn, structure, pages.leaves[index], (index, rect))


def _normal_appearance(structure: Structure, raw: bytes | None) -> PdfObject | None:
    if raw is None:
        return None
    if raw[:2] != b"<<":
        raise NotUnderstood("appearance")
    entries = read_dictionary(raw, 0)[0].entries
    reference = as_reference(entries.get(b"N"))
    if reference is None or len(entries) != 1:
        raise NotUnderstood("appearance")
    normal = structure.object(reference)
    if not normal.is_stream or normal.compressed:
        raise NotUnderstood("appearance")
    return normal


def _fingerprint(structure: Structure, normal: PdfObject) -> bytes:
    """Digest of every object that can be reached from the appearance, with its number's turn."""
    whole = sha256()
    pending, seen = [normal.reference], {normal.reference: 0}
    while pending:
        found = structure.object(pending.pop(0))
        if found.dictionary is not None:
            kind = found.dictionary.get(b"Type")
            if kind != b"/XObject" and any(is_name(kind, name) for name in _DOCUMENT_TYPES):
                raise NotUnderstood("appearance that leads back to the document")
        references = _in_order(found.raw)
        for reference in references:
            if reference not in seen:
                seen[reference] = len(seen)
                pending.append(reference)
        if len(seen) > MAX_OBJECTS:
            raise NotUnderstood("appearance")
        body = stream_body(structure, found) if found.is_stream else b""
        # The same objects under other numbers draw the same picture.
        turns = b" ".join(b"%d" % seen[reference] for reference in references)
        raw = _without_numbers(found.raw, references)
        whole.update(b"%d %d %d %b\n" % (len(raw), len(turns), len(body), turns))
        whole.update(raw)
        whole.update(body)
    return whole.digest()


def _in_order(raw: bytes) -> list[Reference]:
    return sorted(references_in(raw), key=lambda one: (raw.find(b"%d %d R" % one), one))


def _without_numbers(raw: bytes, references: list[Reference]) -> bytes:
    """The raw value less the object numbers, where they are written the plain way."""
    if len(references) == 1:
        return raw.replace(b"%d %d R" % references[0], b"R")
    return raw


def _draw(data: bytes, name: str) -> Drawn | None:
    """By the general reader's code, which may take its time."""
    from sealsvc.documents.pdf.appearance import find_picture
    from sealsvc.documents.pdf.fields import read_form
    from sealsvc.documents.pdf.geometry import pages_of
    from sealsvc.documents.pdf.opening import open_document

    try:
        reader = open_document(data).reader
        (field,) = (one for one in read_form(reader).signed() if one.name == name)
        picture = find_picture(field, pages_of(reader))
    except MemoryError:
        raise
    except Exception as error:  # whatever the libraries raise on broken streams
        raise NotUnderstood("picture") from error
    return None if picture is None else Drawn(picture.png, picture.rgba_sha256)


def _placed(
    drawn: Drawn, structure: Structure, page: PdfPage, place: tuple[int, tuple[bytes, ...]]
) -> SealPicture:
    """The picture where its rectangle lies on the page as shown."""
    from sealsvc.documents.pdf.geometry import PageView

    shown = how_shown(structure, page)
    unit = as_number(structure.resolve(page.dictionary.get(b"UserUnit") or b"1"))
    if unit is None:
        raise NotUnderstood("UserUnit")
    view = PageView(shown.crop, shown.rotate, unit)
    a, b, c, d = (as_number(one) or 0.0 for one in place[1])
    box = view.to_shown((min(a, c), min(b, d), max(a, c), max(b, d)))
    return SealPicture(
        png=drawn.png,
        rgba_sha256=drawn.rgba_sha256,
        page=place[0] + 1,
        x_mm=round(box.x, 3),
        y_mm=round(box.y, 3),
        width_mm=round(box.width, 3),
        height_mm=round(box.height, 3),
    )
