"""The objects of one seal: signature, field, its page, the form, the catalog.

Source: ISO 32000-2, 12.7.5.5 (signature fields), 12.8.1 (signature dictionary), 12.8.2.2
(DocMDP), 12.8.4 (Perms); ETSI EN 319 142-1 section 6.3; pdf.md section 2 rules 6 and 11.
"""

from functools import lru_cache
from typing import NamedTuple

from sealsvc.documents.pdf.errors import FieldNameTaken
from sealsvc.documents.pdf.fast.appearance import (
    Frame,
    ImageObjects,
    add_appearance,
    add_blank,
    frame_of,
)
from sealsvc.documents.pdf.fast.form import PdfField, PdfForm
from sealsvc.documents.pdf.fast.pages import (
    Box,
    PdfPage,
    Shown,
    all_pages,
    find_page,
    how_shown,
    pages_sharing,
)
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.revision import Hole, Revision
from sealsvc.documents.pdf.fast.strings import text_string
from sealsvc.documents.pdf.fast.structure import Structure
from sealsvc.documents.pdf.fast.tokens import (
    Dictionary,
    array_items,
    as_integer,
    as_number,
    as_reference,
    is_name,
    read_dictionary,
    with_entry,
    with_item,
    without_entry,
)
from sealsvc.values import Placement

KEPT_PLACES = 256
# Annotation flags Print (bit 3) and Locked (bit 8); the same widget as `pdf.widget` makes.
FIELD = b"<</Type/Annot/Subtype/Widget/FT/Sig/F 132/T%b/P %d %d R/Rect[%b]%b/V %d 0 R>>"
RECT = b"%.4f %.4f %.4f %.4f"
NEW_FORM = b"<</Fields[%b]/SigFlags 3>>"
SIGNATURE = b"<</Type /Sig/Filter /Adobe.PPKLite/SubFilter /ETSI.CAdES.detached%b%b/Contents "
CERTIFIES = (
    b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
    b"/TransformParams<</Type/TransformParams/V/1.2/P 1>>>>]"
)


class SealObjects(NamedTuple):
    """What one seal puts into a document, less what belongs to the key.

    identity: raw entries /M and /Name of the signature. image: None for an invisible seal.
    certify: the seal permits no change after it (DocMDP P=1). room: digits of /Contents.
    """

    field_name: str
    identity: bytes
    placement: Placement | None
    image: ImageObjects | None
    height_ratio: float
    certify: bool
    room: int


def add_seal(
    structure: Structure, form: PdfForm | None, seal: SealObjects
) -> tuple[Revision, Hole]:
    """The revision that brings the seal, in a new field or in the empty one of that name.

    Raises: PageNotFound, PlacementOutOfPage, FieldNameTaken, NotUnderstood.
    """
    revision = Revision(structure, structure.size)
    number = revision.reserve()
    waiting = None if form is None else empty_field(form, seal.field_name)
    if waiting is not None:
        _fill(revision, waiting, seal, number)
        _renew_flags(revision, form, seal, number)
    else:
        field = _add_field(revision, form, seal, number)
        _register(revision, form, field, seal, number)
    before = SIGNATURE % (seal.identity, CERTIFIES if seal.certify else b"")
    return revision, Hole(number, before, seal.room)


def empty_field(form: PdfForm | None, name: str) -> PdfField | None:
    """The empty signature field of that name; None where the name is free.

    Raises: FieldNameTaken; NotUnderstood for a field with a lock or seed values, which bind the
    signer (12.7.5.5).
    """
    found = None if form is None else form.named(name)
    if found is None:
        return None
    if not found.is_signature or found.value is not None:
        raise FieldNameTaken()
    if {b"Lock", b"SV", b"Kids", b"AA", b"A"} & found.dictionary.entries.keys():
        raise NotUnderstood("signature field with conditions")
    if not is_name(found.dictionary.get(b"Subtype"), b"/Widget"):
        raise NotUnderstood("signature field without a widget")
    return found


def _add_field(revision: Revision, form: PdfForm | None, seal: SealObjects, signature: int) -> int:
    """A new field merged with its widget, at the end of its page's annotations."""
    structure, placement = revision.structure, seal.placement
    page = find_page(structure, placement.page if placement is not None else 1)
    rect, appearance = b"0 0 0 0", b""
    if seal.image is not None and placement is not None:
        width = placement.width_mm
        size = width, width * seal.height_ratio
        rect, frame = _laid(how_shown(structure, page), (placement.x_mm, placement.y_mm), size)
        appearance = b"/AP%b" % add_appearance(revision, seal.image, frame)
    owner = page.object
    field = revision.add(
        FIELD
        % (
            text_string(seal.field_name),
            owner.number,
            owner.generation,
            rect,
            appearance,
            signature,
        )
    )
    raw = page.dictionary.get(b"Annots")
    if raw is None:
        array = b"[%d 0 R]" % field
        revision.replace(owner, with_entry(page.dictionary, b"Annots", array))
        return field
    if form is None:
        _refuse_stray_widgets(structure, raw)
    _annotate(revision, page, raw, field)
    return field


@lru_cache(maxsize=KEPT_PLACES)
def _laid(
    shown: Shown, corner: tuple[float, float], size: tuple[float, float]
) -> tuple[bytes, Frame]:
    """The items of /Rect and the frame of a box in mm. Raises: PlacementOutOfPage."""
    box = shown.to_user(*corner, *size)
    return RECT % box, frame_of(box, shown.rotate)


def _refuse_stray_widgets(structure: Structure, annotations: bytes) -> None:
    """Widgets without a form are hidden until a form exists: ours would bring them to light."""
    raw = structure.resolve(annotations)
    for item in array_items(raw) if raw is not None else ():
        annotation = structure.resolve_dictionary(item)
        if annotation is None or is_name(annotation.get(b"Subtype"), b"/Widget"):
            raise NotUnderstood("widget outside a form")


def _annotate(revision: Revision, page: PdfPage, raw: bytes, field: int) -> None:
    """The field at the end of the page's annotations, which are `raw` or what it refers to."""
    structure, item = revision.structure, b"%d 0 R" % field
    reference = as_reference(raw)
    if reference is None:
        array = with_item(_array(raw), item)
        revision.replace(page.object, with_entry(page.dictionary, b"Annots", array))
        return
    holder = structure.object(reference)
    array = with_item(_array(holder.raw), item)
    if pages_sharing(structure, b"Annots", reference) == 1:
        revision.replace(holder, array)
    else:
        # An array of several pages would show the seal on each of them.
        revision.replace(page.object, with_entry(page.dictionary, b"Annots", array))


def _array(raw: bytes) -> bytes:
    array_items(raw)
    return raw


def _register(
    revision: Revision, form: PdfForm | None, field: int, seal: SealObjects, signature: int
) -> None:
    """The field at the end of the form's /Fields, SigFlags 3 (12.7.3), Perms where certified."""
    item = b"%d 0 R" % field
    if form is None:
        number = revision.add(NEW_FORM % item)
        _renew_catalog(revision, b"%d 0 R" % number, seal, signature)
        return
    dictionary = _flagged(form)
    if form.fields_reference is not None:
        holder = revision.structure.object(form.fields_reference)
        revision.replace(holder, with_item(_array(holder.raw), item))
    else:
        fields = b"[%b]" % item if form.fields_raw is None else with_item(form.fields_raw, item)
        dictionary = _changed(dictionary, b"Fields", fields)
    _renew_form(revision, form, dictionary, seal, signature)


def _renew_flags(
    revision: Revision, form: PdfForm | None, seal: SealObjects, signature: int
) -> None:
    if form is None:
        raise NotUnderstood("form")
    _renew_form(revision, form, _flagged(form), seal, signature)


def _renew_form(
    revision: Revision, form: PdfForm, dictionary: Dictionary, seal: SealObjects, signature: int
) -> None:
    changed = dictionary.raw != form.dictionary.raw
    if form.object is None:
        _renew_catalog(revision, dictionary.raw if changed else None, seal, signature)
        return
    if changed:
        revision.replace(form.object, dictionary.raw)
    _renew_catalog(revision, None, seal, signature)


def _flagged(form: PdfForm) -> Dictionary:
    """SigFlags 3 (12.7.3).

    NeedAppearances goes where no other field could need it; else the page would look different.
    """
    dictionary = form.dictionary
    if as_integer(dictionary.get(b"SigFlags")) != 3:
        dictionary = _changed(dictionary, b"SigFlags", b"3")
    if b"NeedAppearances" in dictionary.entries and all(one.is_signature for one in form.fields):
        dictionary = read_dictionary(without_entry(dictionary, b"NeedAppearances"), 0)[0]
    return dictionary


def _changed(dictionary: Dictionary, key: bytes, value: bytes) -> Dictionary:
    return read_dictionary(with_entry(dictionary, key, value), 0)[0]


def _renew_catalog(
    revision: Revision, form: bytes | None, seal: SealObjects, signature: int
) -> None:
    """The catalog, where anything of it changes."""
    catalog = revision.structure.catalog
    dictionary = catalog.dictionary
    if dictionary is None:
        raise NotUnderstood("catalog")
    raw = changed_catalog(dictionary, form, signature if seal.certify else None)
    if raw is not dictionary.raw:
        revision.replace(catalog, raw)


def changed_catalog(dictionary: Dictionary, form: bytes | None, certifying: int | None) -> bytes:
    """The raw catalog with a new form and the number of the certifying signature, if any.

    Raises: NotUnderstood.
    """
    raw = dictionary.raw
    if form is not None:
        raw = with_entry(dictionary, b"AcroForm", form)
    if certifying is not None:
        if b"Perms" in dictionary.entries:
            raise NotUnderstood("permissions")
        raw = b"%b/Perms<</DocMDP %d 0 R>>>>" % (raw[:-2], certifying)
    return raw


def _fill(revision: Revision, field: PdfField, seal: SealObjects, signature: int) -> None:
    """The empty field gains V, and AP where it has a box and the seal a picture (rule 11)."""
    dictionary = _changed(field.dictionary, b"V", b"%d 0 R" % signature)
    box = _widget_box(revision.structure, field)
    appearance = None
    if seal.image is not None and box is not None:
        frame = frame_of(box, _rotation(revision.structure, field))
        appearance = add_appearance(revision, seal.image, frame, seal.height_ratio)
    elif b"AP" in dictionary.entries:
        # A signature must not look like an object that was there before it (pdf.md 4 f).
        appearance = add_blank(revision, frame_of(box or (0.0, 0.0, 0.0, 0.0), 0))
    if appearance is not None:
        dictionary = _changed(dictionary, b"AP", appearance)
    revision.replace(field.object, dictionary.raw)


def _widget_box(structure: Structure, field: PdfField) -> Box | None:
    raw = structure.resolve(field.dictionary.get(b"Rect"))
    numbers = [] if raw is None else [as_number(one) for one in array_items(raw)]
    if len(numbers) != 4:
        raise NotUnderstood("Rect")
    if any(one is None or not -1e9 < one < 1e9 for one in numbers):
        raise NotUnderstood("Rect")
    a, b, c, d = (one or 0.0 for one in numbers)
    return (min(a, c), min(b, d), max(a, c), max(b, d)) if a != c and b != d else None


def _rotation(structure: Structure, field: PdfField) -> int:
    """The rotation of the page a widget stands on."""
    owner = as_reference(field.dictionary.get(b"P"))
    for page in all_pages(structure):
        if page.object.reference == owner:
            return how_shown(structure, page).rotate
    raise NotUnderstood("page of a field")
