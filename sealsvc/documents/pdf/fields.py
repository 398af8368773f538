"""Walking the form of one revision (ISO 32000-2, 12.7.4)."""

from dataclasses import dataclass, field
from typing import Any

from sealsvc.documents.pdf.opening import as_array, as_dictionary, entry, raw, reference_of
from sealsvc.documents.pdf.pyhanko_api import generic
from sealsvc.documents.values import ReadingProblem

MAX_DEPTH = 20
MAX_FIELDS = 20_000


@dataclass(frozen=True)
class FormField:
    """A terminal field. ref, value_ref: pyHanko References, None for direct objects."""

    name: str
    ref: Any
    dictionary: Any
    value: Any
    value_ref: Any
    field_type: str | None

    @property
    def is_signed(self) -> bool:
        """Whether the value is, or poses as, a signature dictionary."""
        if self.field_type == "/Sig":
            return self.value is not None
        return isinstance(self.value, generic.DictionaryObject) and "/ByteRange" in self.value


@dataclass
class Form:
    """All terminal fields of a revision, in the order of /Fields."""

    fields: list[FormField] = field(default_factory=list)
    problems: list[ReadingProblem] = field(default_factory=list)

    def signed(self) -> list[FormField]:
        """The fields that hold a signature."""
        return [one for one in self.fields if one.is_signed]

    def note(self, code: str, detail: str = "") -> None:
        """Note a problem once."""
        problem = ReadingProblem(code, detail)
        if problem not in self.problems:
            self.problems.append(problem)


@dataclass(frozen=True)
class _Inherited:
    name: str = ""
    field_type: str | None = None
    value: Any = None
    depth: int = 0


def read_form(handler: Any) -> Form:
    """The form of a pyHanko reader or historical resolver; an absent form has no fields."""
    form = Form()
    acroform = raw(handler.root, "/AcroForm")
    if acroform is None:
        return form
    dictionary = as_dictionary(acroform)
    if dictionary is None:
        form.note("FORM_MALFORMED", "AcroForm")
        return form
    fields = raw(dictionary, "/Fields")
    if fields is not None:
        _walk(form, as_array(fields), _Inherited(), set())
    return form


def _walk(form: Form, kids: Any, inherited: _Inherited, seen: set[tuple[int, int]]) -> None:
    if kids is None:
        form.note("FORM_MALFORMED", "Fields")
        return
    for index in range(len(kids)):
        kid = kids.raw_get(index)
        ref = reference_of(kid)
        key = (ref.idnum, ref.generation) if ref is not None else None
        if key in seen:
            form.note("FORM_MALFORMED", "field twice")
            continue
        if key is not None:
            seen.add(key)
        dictionary = as_dictionary(kid)
        if dictionary is None:
            form.note("FORM_MALFORMED", "field")
        else:
            _visit(form, ref, dictionary, inherited, seen)


def _visit(
    form: Form, ref: Any, dictionary: Any, inherited: _Inherited, seen: set[tuple[int, int]]
) -> None:
    if inherited.depth > MAX_DEPTH or len(form.fields) >= MAX_FIELDS:
        form.note("FORM_TOO_LARGE")
        return
    partial = entry(dictionary, "/T")
    name = inherited.name
    if partial is not None:
        name = f"{name}.{partial}" if name else str(partial)
    field_type = entry(dictionary, "/FT") or inherited.field_type
    value_raw = raw(dictionary, "/V")
    value_raw = inherited.value if value_raw is None else value_raw
    kids = as_array(raw(dictionary, "/Kids"))
    if kids is not None and _has_named_kid(kids):
        down = _Inherited(name, field_type, value_raw, inherited.depth + 1)
        _walk(form, kids, down, seen)
        return
    value = value_raw
    if isinstance(value, generic.IndirectObject):
        value = value.get_object()
    if isinstance(value, generic.NullObject):
        value = None
    value_ref = reference_of(value_raw)
    kind = str(field_type) if field_type is not None else None
    form.fields.append(FormField(name, ref, dictionary, value, value_ref, kind))


def _has_named_kid(kids: Any) -> bool:
    return any("/T" in one for one in map(as_dictionary, list(kids)) if one is not None)


def widgets_of(one: FormField) -> list[Any]:
    """The widget annotations of a field: itself, or its nameless kids."""
    kids = as_array(raw(one.dictionary, "/Kids"))
    if kids is None:
        return [one.dictionary]
    return [kid for kid in map(as_dictionary, list(kids)[:16]) if kid is not None]
