"""A revision that adds one seal and nothing else: FURTHER_SEAL by structure alone.

Source: pdf.md section 4 rules (a) to (f) and (i); CONTRACT section 1.
"""

import re
from typing import NamedTuple

from sealsvc.documents.pdf.fast.form import PdfField
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
    two_strings,
)
from sealsvc.documents.pdf.fast.xref import PLAIN, Section
from sealsvc.documents.pdf.fastread.dictionary import SealDictionary
from sealsvc.documents.pdf.fastread.objects import references_in, span_at, span_of
from sealsvc.documents.pdf.fastread.pagetree import Pages

MAX_TOUCHED = 64
_ONE_MORE = re.compile(
    rb"[\0\t\n\f\r ]++([0-9]{1,10}+)[\0\t\n\f\r ]++([0-9]{1,5}+)[\0\t\n\f\r ]++R[\0\t\n\f\r ]*+\]"
)
_WHITE = b"\0\t\n\f\r "
_RENEWED = frozenset({b"Prev", b"Size", b"ID"})
_OF_A_STREAM = frozenset({b"Type", b"W", b"Index", b"Length", b"Filter", b"DecodeParms"})
_FIELD_KEYS = frozenset(
    {b"Type", b"Subtype", b"FT", b"T", b"TU", b"TM", b"V", b"AP", b"F", b"Ff", b"Rect", b"P"}
    | {b"BS", b"Border", b"DA", b"H", b"NM", b"M", b"Q"}
)
_FILLED = frozenset({b"V", b"AP"})
_FORM_KEYS = frozenset({b"Fields", b"SigFlags"})


class Step(NamedTuple):
    """One revision. old, new: the states before and with it; start, end: of its bytes.

    seal, field: what it brings, as the newest state has it. Every other field is untouched, so
    that the older states' fields are the newest's but for those that later steps bring.
    """

    old: Structure
    new: Structure
    start: int
    end: int
    seal: SealDictionary
    field: PdfField


class Added(NamedTuple):
    """What a sound step did. new_field: the field is new too; page: index, None if on none."""

    new_field: bool
    page: int | None


def check_step(step: Step, pages: Pages) -> Added:
    """Hold one revision against the rules. Raises: NotUnderstood for whatever they do not allow.

    pages: of the newest state.
    """
    _check_trailer(step)
    if step.new.object(step.field.object.reference).raw != step.field.object.raw:
        raise NotUnderstood("field changed later")
    touched = _touched(step)
    _check_tiling(step, touched)
    changed = {n: one for n, one in touched.items() if n < step.old.size}
    fresh = {n: one for n, one in touched.items() if n >= step.old.size}
    field = step.field
    is_new = field.object.number in fresh
    explained = _form_changes(step, is_new)
    if is_new:
        explained |= _page_changes(step, changed, explained)
        _check_new_field(step)
    else:
        explained.add(field.object.number)
        _check_filled(step)
    if changed.keys() - explained:
        raise NotUnderstood("object without a reason")
    _check_fresh(step, set(fresh), is_new)
    hint = as_reference(field.dictionary.get(b"P"))
    shown = pages.showing(field.object.reference)
    if is_new and shown != pages.showing(field.object.reference, hint):
        raise NotUnderstood("page of a field")
    return Added(is_new, shown)


def _check_trailer(step: Step) -> None:
    """Rule (b): another section of the same kind, directly above, with the same entries."""
    old, new = step.old.sections[0], step.new.sections[0]
    if (old.widths is None) != (new.widths is None) or old.offset >= new.offset:
        raise NotUnderstood("kind or order of sections")
    if as_integer(new.trailer.get(b"Prev")) != old.offset:
        raise NotUnderstood("Prev")
    apart = _RENEWED if new.widths is None else _RENEWED | _OF_A_STREAM
    before, after = (
        {key: value for key, value in one.trailer.entries.items() if key not in apart}
        for one in (old, new)
    )
    if before != after or _first_id(old.trailer) != _first_id(new.trailer):
        raise NotUnderstood("trailer entry")


def _first_id(trailer: Dictionary) -> bytes | None:
    raw = trailer.get(b"ID")
    return None if raw is None else two_strings(raw)[0]


def _touched(step: Step) -> dict[int, PdfObject]:
    """Every object of the revision but its cross-reference stream (rule d)."""
    section = step.new.sections[0]
    found: dict[int, PdfObject] = {}
    for number in _numbers(section):
        entry = section.entry(number)
        if entry is None or entry[0] != PLAIN or entry[2]:
            raise NotUnderstood("entry of a revision")
        found[number] = step.new.object((number, 0))
        if number < step.old.size:
            step.old.object((number, 0))  # neither resurrected nor of another generation
    return found


def _numbers(section: Section) -> list[int]:
    if sum(count for _, count, _ in section.runs) > MAX_TOUCHED:
        raise NotUnderstood("objects of a revision")
    apart = (0, section.stream_number)
    runs = (range(first, first + count) for first, count, _ in section.runs)
    return [number for run in runs for number in run if number not in apart]


def _check_tiling(step: Step, touched: dict[int, PdfObject]) -> None:
    """Rule (c): objects, the section, its mark; between them white space."""
    data, section = step.new.data, step.new.sections[0]
    spans = []
    for number, one in touched.items():
        entry = section.entry(number)
        spans.append(span_at(step.new, one, -1 if entry is None else entry[1]))
    position = step.start
    for span in sorted(spans):
        _check_blank(data, position, span.start)
        position = span.end
    _check_blank(data, position, section.offset)
    _check_section(step, section.offset)


def _check_blank(data: bytes, first: int, last: int) -> None:
    if last < first or data[first:last].strip(_WHITE):
        raise NotUnderstood("bytes between objects")


def _check_section(step: Step, offset: int) -> None:
    """From the section on: the section, white space, and the mark that ends the revision."""
    section, data = step.new.sections[0], step.new.data
    mark = data.rfind(b"startxref", offset, step.end)
    if section.stream_number is not None:
        holder = step.new.object((section.stream_number, 0))
        end = span_of(step.new, holder).end
    else:
        trailer = section.trailer.raw
        at = data.rfind(trailer, offset, mark)
        last_run = max(start + 20 * count for _, count, start in section.runs)
        if at < 0 or data[last_run:at].strip(_WHITE) != b"trailer":
            raise NotUnderstood("trailer")
        end = at + len(trailer)
    if mark < 0:
        raise NotUnderstood("end of a revision")
    _check_blank(data, end, mark)


class _FormHead(NamedTuple):
    """A form less its fields. object: None where it is a direct entry of the catalog."""

    object: PdfObject | None
    dictionary: Dictionary
    fields_reference: Reference | None
    fields: list[Reference]


def _form_head(structure: Structure) -> _FormHead:
    raw = _catalog(structure).get(b"AcroForm")
    reference = as_reference(raw)
    holder = None if reference is None else structure.object(reference)
    dictionary = structure.resolve_dictionary(raw)
    if dictionary is None:
        raise NotUnderstood("form")
    listed = dictionary.get(b"Fields")
    fields = array_of_references(structure.resolve(listed) or b"")
    return _FormHead(holder, dictionary, as_reference(listed), fields)


def _form_changes(step: Step, is_new: bool) -> set[int]:
    """Numbers of the objects that register the field: catalog, form, list of fields (rule e)."""
    old, new = _form_head(step.old), _form_head(step.new)
    apart = {b"AcroForm"} if old.object is None else set()
    if step.old.catalog.reference != step.new.catalog.reference:
        raise NotUnderstood("catalog")
    if _changed_keys(_catalog(step.old), _catalog(step.new)) - apart:
        raise NotUnderstood("catalog entry")
    explained = {step.new.catalog.number}
    if old.object is not None and new.object is not None:
        explained.add(new.object.number)
    elif old.object is not new.object:
        raise NotUnderstood("form")
    if _changed_keys(old.dictionary, new.dictionary) - _FORM_KEYS:
        raise NotUnderstood("form entry")
    if as_integer(new.dictionary.get(b"SigFlags")) != 3:
        raise NotUnderstood("SigFlags")
    if old.fields_reference != new.fields_reference:
        raise NotUnderstood("list of fields")
    if new.fields_reference is not None:
        explained.add(new.fields_reference[0])
    if new.fields != ([*old.fields, step.field.object.reference] if is_new else old.fields):
        raise NotUnderstood("list of fields")
    return explained


def _catalog(structure: Structure) -> Dictionary:
    dictionary = structure.catalog.dictionary
    if dictionary is None:
        raise NotUnderstood("catalog")
    return dictionary


def _changed_keys(old: Dictionary, new: Dictionary) -> set[bytes]:
    return {
        key
        for key in old.entries.keys() | new.entries.keys()
        if old.entries.get(key) != new.entries.get(key)
    }


def _page_changes(step: Step, changed: dict[int, PdfObject], explained: set[int]) -> set[int]:
    """The field's page gains the widget at the end of its annotations, and nothing else."""
    owner = as_reference(step.field.dictionary.get(b"P"))
    if owner is None:
        raise NotUnderstood("page of a field")
    old, new = step.old.dictionary(owner), step.new.dictionary(owner)
    if not is_name(old.get(b"Type"), b"/Page") or _changed_keys(old, new) - {b"Annots"}:
        raise NotUnderstood("page entry")
    numbers = {owner[0]}
    array = as_reference(new.get(b"Annots"))
    if array is not None:
        if as_reference(old.get(b"Annots")) != array:
            raise NotUnderstood("annotations of the page")
        numbers.add(array[0])
    before, after = (
        state.resolve(page.get(b"Annots")) or b"[]"
        for state, page in ((step.old, old), (step.new, new))
    )
    if not _gains(before, after, step.field.object.reference):
        raise NotUnderstood("annotations of the page")
    if array is not None and array[0] in changed and _sharing(step.new, array) != 1:
        raise NotUnderstood("annotations of several pages")
    if numbers & explained:
        raise NotUnderstood("object in two roles")
    return numbers


def _gains(before: bytes, after: bytes, widget: Reference) -> bool:
    """Whether an array has the widget as one more item, at its end, and not before."""
    one_more = _ONE_MORE.fullmatch(after, len(before) - 1)
    if one_more is not None and before[:1] == b"[" and after.startswith(before[:-1]):
        # The same bytes up to the bracket are the same items; what follows is the new one.
        named = tuple(map(int, one_more.groups()))
        return named == widget and widget not in _referred(before)
    old, new = array_items(before), array_items(after)
    if len(new) != len(old) + 1 or as_reference(new[-1]) != widget:
        return False
    return new[:-1] == old and all(as_reference(one) != widget for one in old)


def _referred(array: bytes) -> list[Reference | None]:
    """What the items of an array refer to, None for those that are something else."""
    try:
        return list(array_of_references(array))
    except NotUnderstood:
        return [as_reference(one) for one in array_items(array)]


def _sharing(structure: Structure, array: Reference) -> int:
    """How many pages have that array of annotations."""
    leaves = Pages(structure).leaves
    return sum(as_reference(page.dictionary.get(b"Annots")) == array for page in leaves)


def _check_new_field(step: Step) -> None:
    entries = step.field.dictionary.entries
    if not entries.keys() <= _FIELD_KEYS or "." in step.field.name:
        raise NotUnderstood("field entry")
    if entries.get(b"FT") != b"/Sig" or entries.get(b"Subtype") != b"/Widget":
        raise NotUnderstood("field")


def _check_filled(step: Step) -> None:
    """An empty field without conditions gains V and AP."""
    old = step.old.dictionary(step.field.object.reference)
    if {b"V", b"Lock", b"SV", b"Kids", b"Parent", b"A", b"AA"} & old.entries.keys():
        raise NotUnderstood("field with conditions")
    if _changed_keys(old, step.field.dictionary) - _FILLED:
        raise NotUnderstood("field entry")


def _check_fresh(step: Step, fresh: set[int], is_new: bool) -> None:
    """Rule (f): all new objects belong to the field, and lead to new ones only."""
    entries = dict(step.field.dictionary.entries)
    owner = as_reference(entries.pop(b"P", None))
    roots = {step.seal.reference}
    if is_new:
        roots |= {reference for raw in entries.values() for reference in references_in(raw)}
    else:
        roots |= references_in(entries.get(b"AP") or b"")
    reached: set[int] = {step.field.object.number} if is_new else set()
    pending = list(roots)
    while pending:
        number, generation = pending.pop()
        if number not in fresh or generation:
            raise NotUnderstood("new object that refers to an old one")
        if number in reached:
            continue
        reached.add(number)
        pending += _references_of(step, number)
    if reached != fresh or (is_new and owner is None):
        raise NotUnderstood("new object without a reason")


def _references_of(step: Step, number: int) -> set[Reference]:
    """What a new object refers to; the digits of the seal's /Contents, its most, hold nothing."""
    found = step.new.object((number, 0))
    if number != step.seal.reference[0] or found.dictionary is None:
        return references_in(found.raw)
    entries = found.dictionary.entries
    return {
        reference
        for key, raw in entries.items()
        if key != b"Contents" or raw[:1] != b"<" or raw[:2] == b"<<"
        for reference in references_in(raw)
    }
