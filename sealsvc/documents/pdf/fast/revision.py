"""Writing one incremental revision around a hole for the signature value.

Source: ISO 32000-2, 7.5.6 (incremental updates), 7.5.4, 7.5.8, 12.8.1 (ByteRange);
pdf.md section 2 rules 4, 6 and 7.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import PdfObject, Structure
from sealsvc.documents.pdf.fast.tokens import two_strings
from sealsvc.documents.pdf.fast.xref import Section

MAX_OFFSET = 9_999_999_999  # ten digits (7.5.4)
BYTE_RANGE_WIDTH = 52
MAX_FORMS = 256

# What belongs to one section only; all else is carried over as it stands (7.5.5, 7.5.6).
OF_ITS_SECTION = frozenset(
    {b"Size", b"Prev", b"ID", b"XRefStm"}
    | {b"Type", b"W", b"Index", b"Length", b"Filter", b"DecodeParms"}
)


OBJECT = b"%d %d obj\n%b\nendobj\n"
ROW = b"%010d %05d n \n"
REST = b">>\nendobj\n"  # of the signature dictionary, behind its ByteRange
TABLE_SECTION = b"xref\n%btrailer\n<<%b%b/Prev %d/Size %d>>\nstartxref\n%d\n%%%%EOF\n"


@dataclass(slots=True)
class Revision:
    """Objects to append; each number at most once (rule 6).

    The seam for long-term material: whoever adds a DSS (ISO 32000-2, 12.8.4.3) in the same
    revision calls `add` for its streams and `replace` for the catalog before `enclose`. A
    time-stamp token needs no object: it goes into the CMS, and only the room grows.
    """

    structure: Structure
    following: int
    objects: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    def add(self, body: bytes) -> int:
        """A new object; its number."""
        number = self.following
        self.following = number + 1
        self.objects[number] = (0, body)
        return number

    def reserve(self) -> int:
        """A number whose object comes later, or stands apart."""
        number = self.following
        self.following = number + 1
        return number

    def replace(self, old: PdfObject, body: bytes) -> None:
        """An object anew: it keeps its generation; a compressed one has 0 (rule 4).

        Raises: NotUnderstood when the revision holds it already, or it is a stream.
        """
        if old.number in self.objects or old.is_stream:
            raise NotUnderstood("object in two roles")
        self.objects[old.number] = (old.generation, body)


class Hole(NamedTuple):
    """A signature dictionary up to its value: `before` ends in /Contents. room: digits."""

    number: int
    before: bytes
    room: int


def enclose(revision: Revision, hole: Hole, second_id: bytes) -> tuple[bytes, bytes]:
    """All bytes to append before and behind the value `<…>` of `room` digits.

    second_id: 16 bytes, the new second half of /ID. Raises: NotUnderstood.
    """
    data = revision.structure.data
    newest = revision.structure.sections[0]
    position = len(data)
    pieces: list[bytes] = []
    if data[-1] not in b"\r\n":
        pieces.append(b"\n")
        position += 1
    offsets: dict[int, tuple[int, int]] = {}
    for number, (generation, body) in revision.objects.items():
        piece = OBJECT % (number, generation, body)
        offsets[number] = position, generation
        pieces.append(piece)
        position += len(piece)
    offsets[hole.number] = position, 0
    piece = b"%d 0 obj\n%b" % (hole.number, hole.before)
    pieces.append(piece)
    start = position + len(piece)
    stop = start + hole.room + 2
    section_at = stop + BYTE_RANGE_WIDTH + len(REST)
    section = _section(revision, newest, offsets, section_at, second_id)
    end = section_at + len(section)
    if end > MAX_OFFSET:
        raise NotUnderstood("too large")
    byte_range = b"/ByteRange [0 %d %d %d]" % (start, stop, end - stop)
    return b"".join(pieces), b"%b%b%b" % (byte_range.ljust(BYTE_RANGE_WIDTH), REST, section)


def _section(
    revision: Revision,
    newest: Section,
    offsets: dict[int, tuple[int, int]],
    at: int,
    second_id: bytes,
) -> bytes:
    """The section in the kind of the newest one (rule 6), to the end of the file."""
    entries = newest.trailer.entries
    if b"#" in newest.trailer.raw and not all(key.isalnum() for key in entries):
        raise NotUnderstood("spelling of a trailer key")  # decoded, it may need its escapes again
    carried = b"".join(
        [b"/%b %b" % entry for entry in entries.items() if entry[0] not in OF_ITS_SECTION]
    )
    identity = _identity(newest.trailer.get(b"ID"), second_id)
    if newest.widths is None:
        terms = _table(offsets), carried, identity, newest.offset, revision.following, at
        return TABLE_SECTION % terms
    carried += b"%b/Prev %d" % (identity, newest.offset)
    number = revision.reserve()
    offsets[number] = (at, 0)
    body = _stream(number, offsets, carried, revision.following)
    return b"%bstartxref\n%d\n%%%%EOF\n" % (body, at)


def _identity(raw: bytes | None, second: bytes) -> bytes:
    """The first half raw, the second renewed (rule 6; 14.4)."""
    if raw is None:
        return b""
    return b"/ID[%b<%b>]" % (two_strings(raw)[0], second.hex().encode("ascii"))


def runs_of(numbers: list[int]) -> list[tuple[int, int]]:
    """Ascending numbers as (first, count)."""
    runs: list[tuple[int, int]] = []
    first = previous = numbers[0]
    for number in numbers[1:]:
        if number != previous + 1:
            runs.append((first, previous - first + 1))
            first = number
        previous = number
    runs.append((first, previous - first + 1))
    return runs


def _table(offsets: dict[int, tuple[int, int]]) -> bytes:
    """Object 0 is left out: the chain of free entries is not ours to cut (7.5.4)."""
    runs = runs_of(sorted(offsets))
    numbers: list[int] = []
    for first, count in runs:
        numbers += first, count
        for number in range(first, first + count):
            numbers += offsets[number]
    return _table_form(tuple([count for _, count in runs])) % tuple(numbers)


@lru_cache(maxsize=MAX_FORMS)
def _table_form(counts: tuple[int, ...]) -> bytes:
    """The table of runs so long, with `%d` for each number."""
    return b"".join([b"%d %d\n" + ROW * count for count in counts])


def _stream(number: int, offsets: dict[int, tuple[int, int]], carried: bytes, size: int) -> bytes:
    numbers = sorted(offsets)
    rows = b"".join(
        b"\1" + offset.to_bytes(5, "big") + generation.to_bytes(2, "big")
        for offset, generation in map(offsets.__getitem__, numbers)
    )
    index = b" ".join(b"%d %d" % run for run in runs_of(numbers))
    return (
        b"%d 0 obj\n<</Type/XRef/W[1 5 2]/Index[%b]%b/Size %d/Length %d>>\n"
        b"stream\n%b\nendstream\nendobj\n"
    ) % (number, index, carried, size, len(rows), rows)
