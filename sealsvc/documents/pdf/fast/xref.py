"""The chain of cross-reference sections from the newest to the first.

Tables are checked as a whole in one expression, entries read when they are asked for.
Source: ISO 32000-2, 7.5.4 (tables), 7.5.5 (trailer), 7.5.8 (streams); pdf.md section 2 rule 3.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from sealsvc.documents.pdf.errors import DocumentEncrypted
from sealsvc.documents.pdf.fast.budget import Budget
from sealsvc.documents.pdf.fast.filters import decode_stream
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.tokens import (
    Dictionary,
    array_items,
    as_integer,
    is_name,
    read_dictionary,
    read_dictionary_before,
)

MAX_SECTIONS = 512
MAX_RUNS = 65_536
MAX_NUMBER = 8_388_607  # Annex C.2
TAIL = 1024

_WS = rb"[\0\t\n\f\r ]"
_TAIL = re.compile(rb"startxref%b++([0-9]{1,12}+)%b++%%%%EOF%b*+\Z" % (_WS, _WS, _WS))
_LINE = rb"[\t ]*+(?:\r\n|\r|\n)"
_RUN = re.compile(rb"([0-9]{1,10}+) ([0-9]{1,10}+)" + _LINE)
_TABLE = re.compile(b"xref" + _LINE + _RUN.pattern)
# Exactly 20 bytes an entry (7.5.4).
_ENTRIES = re.compile(rb"(?:[0-9]{10} [0-9]{5} [nf](?: \r| \n|\r\n))*+")
# The same at once for a table that ends all its entries alike: digits seen as 0, f as n.
_LETTER_N = ord("n")
_SEEN_ALIKE = bytes.maketrans(b"0123456789f", b"0000000000n")
_ALIKE = b"0000000000 00000 n"
_ENTRY_ENDS = (b" \n", b"\r\n", b" \r")
MAX_ALIKE = 1 << 16  # beyond it, no copy is made of the table

_TRAILER = re.compile(rb"trailer%b*+(?=<<)" % _WS)
_HEADER = re.compile(rb"([0-9]{1,10}+)%b++([0-9]{1,5}+)%b++obj%b*+(?=<<)" % (_WS, _WS, _WS))
_STREAM = re.compile(rb"%b*+stream\r?+\n" % _WS)
_ENDSTREAM = re.compile(rb"(?:\r\n|\n|\r)?+endstream%b++endobj" % _WS)


# What an entry says of its object (7.5.8.3, table 18).
FREE, PLAIN, COMPRESSED = 0, 1, 2
Entry = tuple[int, int, int]
"""Kind; offset or object stream; generation or index in that stream."""


@dataclass(slots=True)
class Section:
    """One section. runs: (first number, count, offset of its entries in `table`), ascending.

    widths: of the three fields of a stream's entries; None for a table.
    """

    offset: int
    size: int
    trailer: Dictionary
    table: bytes
    runs: list[tuple[int, int, int]]
    widths: tuple[int, int, int] | None = None
    stream_number: int | None = None

    def entry(self, number: int) -> Entry | None:
        """The section's entry of an object number. Raises: NotUnderstood."""
        runs = self.runs
        place = 0 if len(runs) == 1 else bisect_right(runs, (number, MAX_NUMBER + 1, 0)) - 1
        first, count, start = runs[place]
        if not first <= number < first + count:
            return None
        if self.widths is not None:
            return self._packed(self.widths, start, number - first)
        at = start + 20 * (number - first)
        line = self.table[at : at + 18]
        return PLAIN if line[17] == _LETTER_N else FREE, int(line[:10]), int(line[11:16])

    def _packed(self, widths: tuple[int, int, int], start: int, index: int) -> Entry:
        a, b, c = widths
        at = start + (a + b + c) * index
        table = self.table
        # A field of no width has its default: type 1, else 0 (7.5.8.2).
        kind = int.from_bytes(table[at : at + a], "big") if a else 1
        first = int.from_bytes(table[at + a : at + a + b], "big")
        second = int.from_bytes(table[at + a + b : at + a + b + c], "big")
        if kind > COMPRESSED:
            raise NotUnderstood("type of a cross-reference entry")
        return kind, first, second

    def previous(self) -> int | None:
        """The offset of the older section. Raises: NotUnderstood."""
        raw = self.trailer.get(b"Prev")
        if raw is None:
            return None
        found = as_integer(raw)
        if found is None or found <= 0:
            raise NotUnderstood("Prev")
        return found


def read_chain(data: bytes, budget: Budget) -> list[Section]:
    """All sections, the newest first.

    Raises: DocumentEncrypted, NotUnderstood.
    """
    mark = _TAIL.match(data, max(data.rfind(b"startxref", -TAIL), 0))
    if mark is None:
        raise NotUnderstood("end of the file")
    newest = _read_section(data, int(mark.group(1)), budget)
    sections = [newest]
    if b"Prev" in newest.trailer.entries:
        _read_older(data, sections, budget)
        _refuse_shrunk(sections)
    return sections


class PlainTable(NamedTuple):
    """A table from object 0 on. rows: where its entries begin, `entries` of them.

    trailer: where its dictionary begins; end: of the trailer, where `startxref` stands.
    """

    offset: int
    rows: int
    entries: int
    trailer: int
    end: int


def plain_table(data: bytes) -> PlainTable | None:
    """The newest section, where it is a table in one run and of entries alike; as `read_chain`."""
    mark = _TAIL.match(data, max(data.rfind(b"startxref", -TAIL), 0))
    if mark is None:
        return None
    offset = int(mark.group(1))
    run = _TABLE.match(data, offset)
    if run is None or run.group(1) != b"0":
        return None
    rows, count = run.end(), int(run.group(2))
    # Where a trailer stands, no further run does.
    trailer = _TRAILER.match(data, rows + 20 * count)
    if trailer is None or not _are_alike(data, rows, count):
        return None
    return PlainTable(offset, rows, count, trailer.end(), mark.start())


def _read_older(data: bytes, sections: list[Section], budget: Budget) -> None:
    """All sections below the newest, the only one of the list so far."""
    seen = {sections[0].offset}
    runs = len(sections[0].runs)
    while (offset := sections[-1].previous()) is not None:
        if offset in seen or len(seen) >= MAX_SECTIONS:
            raise NotUnderstood("chain of cross-reference sections")
        seen.add(offset)
        section = _read_section(data, offset, budget)
        sections.append(section)
        runs += len(section.runs)
        if runs > MAX_RUNS:
            raise NotUnderstood("cross-reference runs")


def _refuse_foreign(entries: Mapping[bytes, bytes]) -> None:
    if b"Encrypt" in entries:
        raise DocumentEncrypted()  # whatever the password (rule 8)
    raise NotUnderstood("hybrid file")


def _refuse_shrunk(sections: list[Section]) -> None:
    """New numbers are taken from the newest /Size, so no older section may reach beyond it."""
    size = sections[0].size
    for section in sections:
        if section.size > size:
            raise NotUnderstood("Size")


def _ascending(runs: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Runs in order of their numbers; none may say of an object what another has said."""
    ordered = sorted(run for run in runs if run[1])
    for (first, count, _), (following, _, _) in pairwise(ordered):
        if first + count > following:
            raise NotUnderstood("object twice in a section")
    return ordered or [(0, 0, 0)]


def _read_section(data: bytes, offset: int, budget: Budget) -> Section:
    if data.startswith(b"xref", offset):
        section = _read_table(data, offset)
    else:
        section = _read_stream(data, offset, budget)
    if len(section.runs) != 1:
        section.runs = _ascending(section.runs)
    entries = section.trailer.entries
    if b"Encrypt" in entries or b"XRefStm" in entries:
        _refuse_foreign(entries)
    return section


def _read_table(data: bytes, offset: int) -> Section:
    run = _TABLE.match(data, offset)
    if run is None:
        raise NotUnderstood("cross-reference table")
    runs: list[tuple[int, int, int]] = []
    end_of_numbers = 0
    while run is not None:
        first, count = map(int, run.groups())
        start = run.end()
        position = start + 20 * count
        if not _are_alike(data, start, count) and not _are_entries(data, start, position):
            raise NotUnderstood("cross-reference entry")
        if len(runs) >= MAX_RUNS:
            raise NotUnderstood("cross-reference runs")
        runs.append((first, count, start))
        if first + count > end_of_numbers:
            end_of_numbers = first + count
        run = _RUN.match(data, position)
    # The trailer stands exactly where the count ends (rule 3).
    trailer_at = _TRAILER.match(data, position)
    if trailer_at is None:
        raise NotUnderstood("trailer")
    trailer = read_dictionary_before(data, trailer_at.end(), b"startxref")
    size = _size(trailer, end_of_numbers)
    return Section(offset, size, trailer, data, runs)


def _are_alike(data: bytes, start: int, count: int) -> bool:
    """Whether so many entries stand there, all with the same end of line; else `_are_entries`."""
    if not 0 < count <= MAX_ALIKE:
        return False
    rows = data[start : start + 20 * count].translate(_SEEN_ALIKE)
    end = rows[18:20]
    return end in _ENTRY_ENDS and rows == (_ALIKE + end) * count


def _are_entries(data: bytes, start: int, stop: int) -> bool:
    match = _ENTRIES.match(data, start, stop)
    return match is not None and match.end() == stop


def _size(trailer: Dictionary, end_of_numbers: int) -> int:
    size = as_integer(trailer.get(b"Size"))
    if size is None or not 0 < size <= MAX_NUMBER or end_of_numbers > size:
        raise NotUnderstood("Size")
    return size


def _read_stream(data: bytes, offset: int, budget: Budget) -> Section:
    header = _HEADER.match(data, offset)
    if header is None:
        raise NotUnderstood("cross-reference section")
    trailer, end = read_dictionary(data, header.end())
    if not is_name(trailer.get(b"Type"), b"/XRef"):
        raise NotUnderstood("cross-reference section")
    length = as_integer(trailer.get(b"Length"))
    table = decode_stream(trailer, stream_bytes(data, end, length), budget)
    widths = _widths(trailer)
    runs, end_of_numbers = _index(trailer, widths, len(table))
    size = _size(trailer, end_of_numbers)
    return Section(offset, size, trailer, table, runs, widths, int(header.group(1)))


def stream_bytes(data: bytes, end_of_dictionary: int, length: int | None) -> bytes:
    """The encoded bytes between `stream` and `endstream`, exactly as long as said.

    Raises: NotUnderstood. Source: ISO 32000-2, 7.3.8.1.
    """
    begin = _STREAM.match(data, end_of_dictionary)
    if begin is None or length is None or length < 0:
        raise NotUnderstood("stream")
    last = begin.end() + length
    if last > len(data) or _ENDSTREAM.match(data, last) is None:
        raise NotUnderstood("end of a stream")
    return data[begin.end() : last]


def _widths(trailer: Dictionary) -> tuple[int, int, int]:
    numbers = [as_integer(one) for one in array_items(trailer.get(b"W") or b"")]
    if len(numbers) != 3 or any(one is None or not 0 <= one <= 8 for one in numbers):
        raise NotUnderstood("widths")
    a, b, c = (one or 0 for one in numbers)
    if not b:
        raise NotUnderstood("widths")
    return a, b, c


def _index(
    trailer: Dictionary, widths: tuple[int, int, int], length: int
) -> tuple[list[tuple[int, int, int]], int]:
    raw = trailer.get(b"Index")
    size = as_integer(trailer.get(b"Size")) or 0
    numbers = [0, size] if raw is None else [as_integer(one) for one in array_items(raw)]
    if len(numbers) % 2 or len(numbers) > 2 * MAX_RUNS:
        raise NotUnderstood("index")
    runs, start, end_of_numbers = [], 0, 0
    for first, count in zip(numbers[::2], numbers[1::2], strict=True):
        if first is None or count is None or first < 0 or count < 0:
            raise NotUnderstood("index")
        runs.append((first, count, start))
        start += count * sum(widths)
        end_of_numbers = max(end_of_numbers, first + count)
    if start != length:  # neither entries missing nor data behind the end (rule 3)
        raise NotUnderstood("length of a cross-reference stream")
    return runs, end_of_numbers
