"""Which bytes a signature covers: our own reading of /ByteRange (ISO 32000-2, 12.8.1).

A signature that covers a gap elsewhere than its own /Contents lets an attacker hide bytes there,
so the gap must be exactly the hexadecimal string, angle brackets included.
"""

import string
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sealsvc.documents.pdf.opening import raw
from sealsvc.documents.pdf.pyhanko_api import generic, process_eof
from sealsvc.documents.values import Coverage, ReadingProblem

HEX_BYTES = frozenset(string.hexdigits.encode())
BEFORE_CONTENTS = 64


@dataclass(frozen=True)
class CoveredBytes:
    """ranges: as written; covered: the bytes to digest, None where the ranges make no sense.

    end: first byte after the covered part. sane: no problem at all was found.
    """

    ranges: tuple[int, ...]
    covered: bytes | None
    end: int
    problems: tuple[ReadingProblem, ...]

    @property
    def sane(self) -> bool:
        """Whether the ranges are the whole of a prefix of the file but for the value."""
        return self.covered is not None and not self.problems


def read_byte_range(data: bytes, signature: Any, contents: bytes | None) -> CoveredBytes:
    """Check /ByteRange of a signature dictionary against the file.

    contents: the decoded /Contents, None when it is no string.
    """
    ranges = _integers(signature)
    if ranges is None:
        return CoveredBytes((), None, 0, (ReadingProblem("BYTE_RANGE_MALFORMED"),))
    if len(ranges) < 2 or len(ranges) % 2 or min(ranges) < 0:
        return CoveredBytes(ranges, None, 0, (ReadingProblem("BYTE_RANGE_MALFORMED"),))
    problems: list[ReadingProblem] = []
    pairs = list(zip(ranges[::2], ranges[1::2], strict=True))
    end = max(start + length for start, length in pairs)
    if end > len(data):
        return CoveredBytes(ranges, None, end, (ReadingProblem("BYTE_RANGE_BEYOND_FILE"),))
    if ranges[0] != 0:
        problems.append(ReadingProblem("BYTE_RANGE_START"))
    if len(pairs) != 2:
        problems.append(ReadingProblem("BYTE_RANGE_COUNT", str(len(pairs))))
    if any(a + n > b for (a, n), (b, _) in pairwise(pairs)):
        problems.append(ReadingProblem("BYTE_RANGE_OVERLAP"))
    elif len(pairs) == 2:
        problems += _gap_problems(data, sum(pairs[0]), pairs[1][0], contents)
    if len(pairs) > 64:
        return CoveredBytes(ranges, None, end, tuple(problems))
    covered = b"".join(data[start : start + length] for start, length in pairs)
    return CoveredBytes(ranges, covered, end, tuple(problems))


def _integers(signature: Any) -> tuple[int, ...] | None:
    value = raw(signature, "/ByteRange")
    if isinstance(value, generic.IndirectObject):
        value = value.get_object()
    if not isinstance(value, generic.ArrayObject) or len(value) > 1024:
        return None
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        return None
    return tuple(int(one) for one in value)


def _gap_problems(
    data: bytes, start: int, stop: int, contents: bytes | None
) -> list[ReadingProblem]:
    gap = data[start:stop]
    if len(gap) < 2 or gap[:1] != b"<" or gap[-1:] != b">":
        return [ReadingProblem("BYTE_RANGE_GAP", "not the string")]
    inner = gap[1:-1]
    if not HEX_BYTES.issuperset(inner) or len(inner) % 2:
        return [ReadingProblem("BYTE_RANGE_GAP", "not hexadecimal")]
    if contents is None or bytes.fromhex(inner.decode("ascii")) != contents:
        return [ReadingProblem("BYTE_RANGE_GAP", "another value")]
    before = data[max(0, start - BEFORE_CONTENTS) : start].rstrip(b"\0\t\n\f\r ")
    if not before.endswith(b"/Contents"):
        return [ReadingProblem("BYTE_RANGE_GAP", "not at Contents")]
    return []


def inside_object(
    data: bytes, covered: CoveredBytes, span: tuple[int, int] | None
) -> tuple[ReadingProblem, ...]:
    """A problem unless the gap lies inside the signature dictionary's own bytes.

    span: offsets of the object that holds the dictionary.
    """
    if not covered.sane:
        return ()
    start, stop = covered.ranges[1], covered.ranges[2]
    if span is None or not span[0] < start < stop < span[1]:
        return (ReadingProblem("BYTE_RANGE_GAP", "another object"),)
    return ()


def coverage_of(reader: Any, covered: CoveredBytes, revision: int | None, size: int) -> Coverage:
    """How much of the file is covered. revision: 0-based, where the value was last written."""
    if covered.covered is None:
        return Coverage.UNKNOWN
    if not covered.sane or revision is None:
        return Coverage.PARTIAL
    if covered.end == size:
        return Coverage.FILE
    try:
        reader.stream.seek(covered.end)
        startxref = process_eof(reader.stream)
        if startxref != reader.xrefs.get_startxref_for_revision(revision):
            return Coverage.PARTIAL
        ends = [reader.xrefs.get_xref_container_info(r).end_location for r in range(revision + 1)]
    except MemoryError:
        raise
    except Exception:
        return Coverage.PARTIAL
    return Coverage.REVISION if max(ends) <= covered.end else Coverage.PARTIAL
