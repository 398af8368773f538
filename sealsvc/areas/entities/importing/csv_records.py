"""Records of a CSV file, one bad record costing no other (RFC 4180).

A quote that is never closed would swallow the rest of the file; after some lines the record that
opened it is given up, and reading goes on with the next line.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from sealsvc.areas.entities.importing.faults import ImportRowUnreadable, RowFault, RowProblem

MAX_RECORD_LINES = 50
MAX_RECORD_CHARS = 256 * 1024
MAX_CELL_CHARS = 128 * 1024
_UNREADABLE = ImportRowUnreadable.code
# What the reader says of a quote that is open where the text ends; every other complaint is final.
_OPEN = "unexpected end of data"


@dataclass(frozen=True)
class Record:
    """One record. line: 1-based, where it begins."""

    line: int
    cells: list[str]


def csv_records(data: bytes, encoding: str) -> Iterator[Record | RowProblem]:
    """Records and, in their places, those that cannot be read; blank lines are left out."""
    lines = _Lines(io.TextIOWrapper(io.BytesIO(data), encoding, newline=""))
    while (first := lines.take()) is not None:
        number, text = first
        if text is None:
            yield RowProblem(number, _UNREADABLE, reason=str(RowFault.TOO_LARGE))
        elif text.strip():
            yield _record(lines, number, text)


class _Lines:
    """Lines with their numbers; those looked at ahead of their turn come again."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._ahead: deque[tuple[int, str | None]] = deque()
        self._number = 0

    def take(self) -> tuple[int, str | None] | None:
        """The next line, None in its place where it is too long; None at the end."""
        return self._ahead.popleft() if self._ahead else self._read()

    def peek(self, place: int) -> str | None:
        """The line `place` behind the next one; None at the end or where it is too long."""
        while len(self._ahead) <= place:
            line = self._read()
            if line is None:
                return None
            self._ahead.append(line)
        return self._ahead[place][1]

    def drop(self, count: int) -> None:
        """Forget lines that were looked at."""
        for _ in range(count):
            self._ahead.popleft()

    def _read(self) -> tuple[int, str | None] | None:
        line = self._text.readline(MAX_RECORD_CHARS)
        if not line:
            return None
        self._number += 1
        if len(line) < MAX_RECORD_CHARS or line.endswith(("\n", "\r")):
            return self._number, line
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(MAX_RECORD_CHARS)
        return self._number, None


def _record(lines: _Lines, number: int, text: str) -> Record | RowProblem:
    """The record that begins with this line; an open quote takes in lines behind it."""
    cells = _parse(text)
    joined, taken = [text], 0
    size = len(text)
    while cells is None and taken < MAX_RECORD_LINES:
        line = lines.peek(taken)
        if line is None or size + len(line) > MAX_RECORD_CHARS:
            break
        joined.append(line)
        taken += 1
        size += len(line)
        if '"' in line:
            cells = _parse("".join(joined))
    if not cells:
        return RowProblem(number, _UNREADABLE, reason=str(RowFault.QUOTES))
    lines.drop(taken)
    if any(len(cell) > MAX_CELL_CHARS for cell in cells):
        return RowProblem(number, _UNREADABLE, reason=str(RowFault.TOO_LARGE))
    return Record(number, cells)


def _parse(text: str) -> list[str] | None:
    """The cells; None while a quote is open; empty where the text can be no record."""
    try:
        found = list(csv.reader([text], strict=True))
    except csv.Error as error:
        return None if str(error) == _OPEN else []
    return found[0] if len(found) == 1 else []
