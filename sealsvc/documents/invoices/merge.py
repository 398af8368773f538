"""Several carriers of one invoice into one model, with every disagreement named.

The most trusted carrier that has a field gives its value; another value elsewhere is reported.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sealsvc.documents.invoices.findings import plain
from sealsvc.documents.invoices.model import (
    Carrier,
    Disagreement,
    FieldSource,
    Invoice,
    InvoiceKind,
    Reading,
    TaxSignature,
)
from sealsvc.documents.invoices.words import WordsUnreadable, parse_words

MAX_DISAGREEMENTS = 100
_TRUST = {carrier: at for at, carrier in enumerate(Carrier)}
_EMPTY: tuple[object, ...] = (None, (), InvoiceKind.UNKNOWN, TaxSignature.ABSENT)
_SIMPLE = (
    "kind",
    "type_code",
    "number",
    "code",
    "issued_on",
    "currency",
    "lines",
    "adjustments",
    "tax_groups",
    "amount_in_words",
    "check_code",
    "red",
    "red_letter",
    "tax_signature",
    "graph_code",
)
_NESTED = {
    "seller": ("name", "tax_id", "address", "bank_account"),
    "buyer": ("name", "tax_id", "address", "bank_account"),
    "totals": (
        "line_sum",
        "net",
        "tax",
        "gross",
        "payable",
        "prepaid",
        "allowances",
        "charges",
        "rounding",
    ),
}
_UNCOMPARED = frozenset(
    ("kind", "type_code", "lines", "adjustments", "tax_groups", "tax_signature", "graph_code")
)
_UNCOMPARED_PARTS = frozenset(("address", "bank_account"))


@dataclass(frozen=True)
class Merged:
    """The merged invoice and what its carriers disagree about."""

    invoice: Invoice
    disagreements: tuple[Disagreement, ...]


@dataclass(frozen=True)
class _Field:
    """One field by its dotted name."""

    name: str
    compared: bool

    def get(self, invoice: Invoice) -> Any:
        value: Any = invoice
        for part in self.name.split("."):
            value = getattr(value, part)
        return None if value in _EMPTY else value


def _fields() -> list[_Field]:
    found = [_Field(name, name not in _UNCOMPARED) for name in _SIMPLE]
    for owner, names in _NESTED.items():
        found += [_Field(f"{owner}.{name}", name not in _UNCOMPARED_PARTS) for name in names]
    return found


_FIELDS = _fields()


def merge(readings: list[Reading]) -> Merged | None:
    """One invoice out of all readings that have one; None where none has."""
    having = [(each, each.invoice) for each in readings if each.invoice is not None]
    if not having:
        return None
    having.sort(key=lambda pair: _TRUST[pair[0].carrier])
    merged = Invoice(family=having[0][1].family)
    sources: list[FieldSource] = []
    conflicts: list[tuple[_Field, FieldSource, Any, FieldSource, Any]] = []
    for field in _FIELDS:
        taken: tuple[FieldSource, Any] | None = None
        for reading, invoice in having:
            value = field.get(invoice)
            source = FieldSource(field.name, reading.carrier, reading.location)
            if value is None:
                continue
            if taken is None:
                taken = (source, value)
            elif field.compared:
                conflicts.append((field, *taken, source, value))
        if taken is not None and not _only_doubtful(taken[0]):
            sources.append(taken[0])
            merged = _with(merged, field.name, taken[1])
    merged = replace(merged, source=tuple(sources))
    return Merged(merged, tuple(_disagreements(conflicts, merged)[:MAX_DISAGREEMENTS]))


def _only_doubtful(source: FieldSource) -> bool:
    """Whether an old QR code's amount is tax-free is only remembered [R]: never taken as net."""
    return source.carrier is Carrier.QR and source.field == "totals.net"


def _with(invoice: Invoice, name: str, value: Any) -> Invoice:
    owner, dot, part = name.partition(".")
    if dot:
        value = replace(getattr(invoice, owner), **{part: value})
    return replace(invoice, **{owner: value})


def _disagreements(
    conflicts: list[tuple[_Field, FieldSource, Any, FieldSource, Any]], merged: Invoice
) -> list[Disagreement]:
    found = []
    for field, taken, taken_value, other, other_value in conflicts:
        alike = _comparable(field.name)
        if alike(taken_value) == alike(other_value):
            continue
        if _only_doubtful(other) and other_value == merged.totals.gross:
            continue
        found.append(
            Disagreement(field.name, taken, _shown(taken_value), other, _shown(other_value))
        )
    return found


def _comparable(name: str) -> Callable[[Any], object]:
    if name == "amount_in_words":
        return _amount_of
    if name.endswith((".name", "code", "number", "tax_id")):
        return _folded
    return lambda value: value


def _amount_of(words: str) -> Decimal | str:
    try:
        return parse_words(words)
    except WordsUnreadable:
        return words


def _folded(value: str) -> str:
    """Without blanks, with full-width forms folded: `（` and `(` print the same name."""
    return "".join(unicodedata.normalize("NFKC", value).split()).upper()


def _shown(value: object) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
