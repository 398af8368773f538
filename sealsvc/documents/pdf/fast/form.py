"""The interactive form: its fields, which of them are signed, and which await a signature.

Source: ISO 32000-2, 12.7.3 (form), 12.7.4 (field tree), 12.7.5.5 (signature fields).
"""

from dataclasses import dataclass

from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.strings import decode_text
from sealsvc.documents.pdf.fast.structure import PdfObject, Structure
from sealsvc.documents.pdf.fast.tokens import (
    Dictionary,
    Reference,
    array_of_references,
    as_reference,
    is_name,
    read_dictionary,
)

MAX_DEPTH = 20
MAX_FIELDS = 20_000


@dataclass(slots=True)
class PdfField:
    """A terminal field. value: raw /V, inherited where it is; None where empty."""

    name: str
    object: PdfObject
    dictionary: Dictionary
    is_signature: bool
    value: bytes | None
    is_signed: bool


@dataclass(slots=True)
class PdfForm:
    """A form that exists. object: None where it is a direct entry of the catalog.

    fields_reference: of an indirect /Fields array; fields_raw: the array, None where absent.
    """

    object: PdfObject | None
    dictionary: Dictionary
    fields_reference: Reference | None
    fields_raw: bytes | None
    fields: list[PdfField]

    def named(self, name: str) -> PdfField | None:
        """The first terminal field of that full name."""
        return next((one for one in self.fields if one.name == name), None)

    def signed(self) -> list[PdfField]:
        """The fields that hold a signature."""
        return [one for one in self.fields if one.is_signed]


def read_form(structure: Structure) -> PdfForm | None:
    """The form, None where there is none. Raises: NotUnderstood."""
    catalog = structure.catalog.dictionary
    raw = catalog.get(b"AcroForm") if catalog is not None else None
    if raw is None:
        return None
    reference = as_reference(raw)
    holder = None if reference is None else structure.object(reference)
    dictionary = holder.dictionary if holder is not None else read_dictionary(raw, 0)[0]
    if dictionary is None or (holder is not None and holder.is_stream):
        raise NotUnderstood("form")
    if b"XFA" in dictionary.entries:
        raise NotUnderstood("XFA form")  # its fields live in XML besides (rule 8)
    fields_raw = dictionary.get(b"Fields")
    fields_reference = as_reference(fields_raw)
    if fields_reference is not None:
        fields_raw = structure.object(fields_reference).raw
    fields = [] if fields_raw is None else _Walk(structure).fields(fields_raw)
    return PdfForm(holder, dictionary, fields_reference, fields_raw, fields)


@dataclass(frozen=True, slots=True)
class _Above:
    """What a node of the tree hands down."""

    name: str = ""
    kind: bytes | None = None
    value: bytes | None = None
    depth: int = 0
    parent: Reference | None = None


class _Walk:
    """One way through the field tree, each object at most once."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.seen: set[Reference] = set()
        self.found: list[PdfField] = []

    def fields(self, raw: bytes) -> list[PdfField]:
        """All terminal fields in the order of the tree."""
        self._array(raw, _Above())
        return self.found

    def _array(self, raw: bytes, above: _Above) -> None:
        for reference in array_of_references(raw):
            self._visit(reference, above)

    def _visit(self, reference: Reference, above: _Above) -> None:
        if reference in self.seen or above.depth > MAX_DEPTH or len(self.seen) > MAX_FIELDS:
            raise NotUnderstood("field tree")
        self.seen.add(reference)
        node = self.structure.object(reference)
        dictionary = node.dictionary
        if dictionary is None or node.is_stream:
            raise NotUnderstood("field")
        if as_reference(dictionary.get(b"Parent")) != above.parent:
            raise NotUnderstood("parent of a field")
        below = self._below(reference, dictionary, above)
        kids = self.structure.resolve(dictionary.get(b"Kids"))
        if kids is not None and self._has_named_kid(kids):
            self._array(kids, below)
            return
        self.found.append(self._terminal(node, dictionary, below))

    def _below(self, reference: Reference, dictionary: Dictionary, above: _Above) -> _Above:
        name = above.name
        if dictionary.get(b"T") is not None:
            partial = decode_text(self.structure.resolve(dictionary.get(b"T")))
            name = f"{name}.{partial}" if name else partial
        return _Above(
            name,
            self.structure.resolve(dictionary.get(b"FT")) or above.kind,
            dictionary.get(b"V") or above.value,
            above.depth + 1,
            reference,
        )

    def _has_named_kid(self, raw: bytes) -> bool:
        kids = [self.structure.dictionary(one) for one in array_of_references(raw)]
        return any(b"T" in kid.entries for kid in kids)

    def _terminal(self, node: PdfObject, dictionary: Dictionary, own: _Above) -> PdfField:
        is_signature = is_name(own.kind, b"/Sig")
        value = self.structure.resolve(own.value)
        is_signed = value is not None and (is_signature or _poses_as_signature(value))
        return PdfField(own.name, node, dictionary, is_signature, own.value, is_signed)


def _poses_as_signature(value: bytes) -> bool:
    return value[:2] == b"<<" and b"ByteRange" in read_dictionary(value, 0)[0].entries
