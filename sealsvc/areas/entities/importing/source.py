"""A file to import as rows: CSV, a JSON array or NDJSON; what is wrong with a row stays its own.

Pure. Cells are text and stay text: a formula (`=cmd|…`) is a name like any other. Memory holds the
file, its text and one record at a time.
"""

import codecs
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sealsvc.areas.entities.importing.csv_records import Record, csv_records
from sealsvc.areas.entities.importing.faults import (
    FileFault,
    HeaderFault,
    ImportEncodingUnknown,
    ImportFileInvalid,
    ImportHeaderInvalid,
    ImportRowInvalid,
    ImportRowUnreadable,
    ImportTooLong,
    RowFault,
    RowProblem,
)
from sealsvc.areas.entities.importing.json_records import json_array, json_lines

MAX_LINES = 500_000
MAX_COLUMNS = 64
_UNREADABLE = ImportRowUnreadable.code
_BLANKS = b" \t\r\n"
_CHUNK_BYTES = 1024 * 1024

Member = str | int | None | list[str]


@dataclass(frozen=True)
class Columns:
    """What a file may hold. names: every accepted spelling, folded → wire name."""

    names: Mapping[str, str]
    required: frozenset[str]

    def wire_name(self, spelled: str) -> str | None:
        """The wire name behind a header or member name; None for an unknown one."""
        return self.names.get(fold(spelled))


@dataclass(frozen=True)
class SourceRow:
    """One row. line: 1-based, where it begins; values: wire name → cell, without empty cells."""

    line: int
    values: Mapping[str, Member] = field(default_factory=dict)


def fold(name: str) -> str:
    """A column's name as it is compared: full width, case, blanks and underscores do not count."""
    plain = unicodedata.normalize("NFKC", name[:80]).casefold()
    return "".join(char for char in plain if not char.isspace() and char not in "_-*")


def columns(spellings: Mapping[str, tuple[str, ...]], *required: str) -> Columns:
    """Columns from wire name → further spellings; the wire name is one itself."""
    names = {
        fold(spelled): wire for wire, others in spellings.items() for spelled in (wire, *others)
    }
    return Columns(names, frozenset(required))


def read_rows(data: bytes, expected: Columns) -> Iterator[SourceRow | RowProblem]:
    """The rows of a file, and in their places the rows that cannot be read.

    The bytes decide: `[` begins a JSON array, `{` NDJSON, anything else CSV; UTF-8 with or without
    a byte order mark, else GB 18030 (which GBK is part of).
    Raises: ImportEncodingUnknown, ImportFileInvalid, ImportHeaderInvalid, ImportTooLong; all of
    them before the first row.
    """
    lines = max(data.count(b"\n"), data.count(b"\r"))
    if lines > MAX_LINES:
        raise ImportTooLong(limit=MAX_LINES)
    encoding = _encoding(data)
    first = data.removeprefix(codecs.BOM_UTF8).lstrip(_BLANKS)[:1]
    if not first:
        raise ImportFileInvalid(reason=str(FileFault.EMPTY))
    if first == b"[":
        return _objects(json_array(data.decode(encoding)), expected)
    if first == b"{":
        return _objects(json_lines(data, encoding), expected)
    return _table(csv_records(data, encoding), expected)


def _encoding(data: bytes) -> str:
    """Raises: ImportEncodingUnknown."""
    for name in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)("strict")
        try:
            for start in range(0, len(data), _CHUNK_BYTES):
                decoder.decode(data[start : start + _CHUNK_BYTES])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise ImportEncodingUnknown()


def _table(
    records: Iterator[Record | RowProblem], expected: Columns
) -> Iterator[SourceRow | RowProblem]:
    """The header is judged at once, the rows as they are asked for. Raises: as `read_rows`."""
    head = next(records, None)
    if not isinstance(head, Record):
        raise ImportHeaderInvalid(reason=str(HeaderFault.UNREADABLE))
    return _cells(records, _header(head.cells, expected), expected)


def _header(cells: list[str], expected: Columns) -> list[str]:
    """Wire names in order of the columns, empty cells at the end left out."""
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise ImportHeaderInvalid(reason=str(HeaderFault.TOO_MANY))
    names: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = expected.wire_name(cell)
        if name is None:
            raise ImportHeaderInvalid(column=place, reason=str(HeaderFault.UNKNOWN))
        if name in names:
            raise ImportHeaderInvalid(field=name, reason=str(HeaderFault.REPEATED))
        names.append(name)
    for missing in sorted(expected.required - set(names)):
        raise ImportHeaderInvalid(field=missing, reason=str(HeaderFault.MISSING))
    return names


def _cells(
    records: Iterator[Record | RowProblem], names: list[str], expected: Columns
) -> Iterator[SourceRow | RowProblem]:
    for record in records:
        if isinstance(record, RowProblem):
            yield record
            continue
        cells = record.cells
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
            yield RowProblem(record.line, _UNREADABLE, reason=str(RowFault.CELLS))
            continue
        pairs = zip(names, cells, strict=False)
        yield _complete(
            SourceRow(record.line, {name: cell for name, cell in pairs if cell.strip()}), expected
        )


def _objects(
    found: Iterator[tuple[int, object]], expected: Columns
) -> Iterator[SourceRow | RowProblem]:
    for line, value in found:
        yield value if isinstance(value, RowProblem) else _object(line, value, expected)


def _object(line: int, value: object, expected: Columns) -> SourceRow | RowProblem:
    if not isinstance(value, list):
        return RowProblem(line, _UNREADABLE, reason=str(RowFault.NO_OBJECT))
    members: dict[str, Member] = {}
    for spelled, member in value:
        name = expected.wire_name(spelled)
        if name is None:
            return RowProblem(line, _UNREADABLE, reason=str(RowFault.MEMBER_UNKNOWN))
        if name in members:
            return RowProblem(line, _UNREADABLE, name, str(RowFault.MEMBER_REPEATED))
        if not _is_plain(member):
            return RowProblem(line, _UNREADABLE, name, str(RowFault.TYPE))
        members[name] = member
    filled = {name: one for name, one in members.items() if one not in (None, "", [])}
    return _complete(SourceRow(line, filled), expected)


def _is_plain(member: object) -> bool:
    # By the very type: a truth value is an int to Python, and an object comes as a kind of list.
    if type(member) is list:
        return all(type(one) is str for one in member)
    return member is None or type(member) in (str, int)


def _complete(row: SourceRow, expected: Columns) -> SourceRow | RowProblem:
    for name in sorted(expected.required - row.values.keys()):
        return RowProblem(row.line, ImportRowInvalid.code, name, "MISSING")
    return row
