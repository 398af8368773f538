"""Cells of an import as typed values."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from sealsvc.areas.entities.importing.faults import ImportRowInvalid
from sealsvc.areas.entities.importing.source import Member, SourceRow, fold

E = TypeVar("E", bound=StrEnum)
_DIGITS_LIMIT = 9


def text_cell(row: SourceRow, name: str) -> str | None:
    """The cell as text; None where it is empty. Raises: ImportRowInvalid."""
    value: Member = row.values.get(name)
    if isinstance(value, int):  # JSON writes some codes as numbers; leading zeros are lost then
        raise ImportRowInvalid(field=name, reason="TEXT_EXPECTED")
    if isinstance(value, list):
        raise ImportRowInvalid(field=name, reason="TEXT_EXPECTED")
    return value


def required_cell(row: SourceRow, name: str) -> str:
    """The cell as text. Raises: ImportRowInvalid."""
    value = text_cell(row, name)
    if value is None:
        raise ImportRowInvalid(field=name, reason="MISSING")
    return value


def list_cell(row: SourceRow, name: str) -> tuple[str, ...]:
    """The cell as texts: a JSON list, or text cut at `;` and `；`. Raises: ImportRowInvalid."""
    value = row.values.get(name)
    if isinstance(value, list):
        return tuple(value)
    text = text_cell(row, name) or ""
    return tuple(part.strip() for part in text.replace("；", ";").split(";") if part.strip())


def number_cell(row: SourceRow, name: str) -> int | None:
    """The cell as a whole number, None where it is empty. Raises: ImportRowInvalid."""
    value = row.values.get(name)
    if isinstance(value, int):
        return value
    text = (text_cell(row, name) or "").strip()
    if not text:
        return None
    if len(text) > _DIGITS_LIMIT or not (text.isascii() and text.isdigit()):
        raise ImportRowInvalid(field=name, reason="NUMBER_EXPECTED")
    return int(text)


def choice_cell(row: SourceRow, name: str, kind: type[E], labels: Mapping[str, E]) -> E | None:
    """The cell as one of a kind, by its name or a label (folded); None where it is empty.

    Raises: ImportRowInvalid.
    """
    text = text_cell(row, name)
    if text is None:
        return None
    known = {fold(str(one)): one for one in kind} | dict(labels)
    found = known.get(fold(text))
    if found is None:
        raise ImportRowInvalid(field=name, reason="UNKNOWN")
    return found


def labels(table: Mapping[str, E]) -> dict[str, E]:
    """Labels as `choice_cell` compares them."""
    return {fold(label): one for label, one in table.items()}
