"""Whether the newest revision only adds a seal that has no value yet, by structure alone.

The rules by which `fastread` calls a finished revision a further seal (pdf.md section 4). What
they do not take is for pyHanko's analysis and ours beside it (`changes.harm_of_seal`) to judge.
"""

import re

from sealsvc.documents.pdf.fast.form import PdfField, PdfForm, read_form
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import Structure, understand
from sealsvc.documents.pdf.fast.tokens import as_reference
from sealsvc.documents.pdf.fastread.dictionary import read_seal_dictionary
from sealsvc.documents.pdf.fastread.further import Step, check_step
from sealsvc.documents.pdf.fastread.pagetree import Pages
from sealsvc.documents.pdf.fastread.soundness import (
    refuse_dangling,
    refuse_odd,
    refuse_unreadable,
)

MAX_FIELDS = 1_000
_END = re.compile(
    rb"startxref[\0\t\n\f\r ]++([0-9]{1,12}+)[\0\t\n\f\r ]++%%EOF(?:\r\n|\r|\n)?+",
)


def only_adds_seal(data: bytes) -> bool:
    """Whether that is certain; never raises but for lack of memory."""
    try:
        _check(data)
    except MemoryError:
        raise
    except Exception:  # whatever it is, the general analysis decides then
        return False
    return True


def is_plain_name(field: PdfField) -> bool:
    """Whether all decode the field's name alike: printable ASCII, or UTF-16 of printable text."""
    raw, name = field.dictionary.get(b"T") or b"", field.name
    if not name or not name.isprintable():
        return False
    return name.isascii() or raw[:5].upper() == b"<FEFF" or raw[:3] == b"(\xfe\xff"


def _check(data: bytes) -> None:
    """Raises: NotUnderstood."""
    new = understand(data)
    refuse_odd(new)
    older, form = new.older(), read_form(new)
    if not older or form is None or len(form.fields) > MAX_FIELDS:
        raise NotUnderstood("revision or form")
    old, field = older[0], _added(new, form)
    dictionary = read_seal_dictionary(new, field)
    if dictionary.end != len(data):
        raise NotUnderstood("coverage")
    start = _end_of(old)
    # Objects that the signed part cannot show, or waits for, are no affair of one step alone.
    refuse_dangling(old, start, refuse_unreadable(old))
    step = Step(old, new, start, len(data), dictionary, field)
    check_step(step, Pages(new))


def _added(new: Structure, form: PdfForm) -> PdfField:
    """The one field whose value is an object of the newest revision."""
    signed = form.signed()
    values = [as_reference(one.value) for one in signed]
    if None in values or len(set(values)) != len(values):
        raise NotUnderstood("value of a field")
    if not all(map(is_plain_name, signed)):
        raise NotUnderstood("name of a field")
    section = new.sections[0]
    found = [
        one
        for one, value in zip(signed, values, strict=True)
        if value is not None and section.entry(value[0]) is not None
    ]
    names = [one.name for one in form.fields]
    if len(found) != 1 or names.count(found[0].name) != 1:
        raise NotUnderstood("fields of the revision")
    return found[0]


def _end_of(old: Structure) -> int:
    """First byte behind the mark that ends a revision."""
    offset = old.sections[0].offset
    match = _END.match(old.data, old.data.find(b"startxref", offset))
    if match is None or int(match.group(1)) != offset:
        raise NotUnderstood("end of a revision")
    return match.end()
