"""Where an object stands in the file, byte for byte.

Source: ISO 32000-2, 7.3.8 (streams), 7.3.10 (indirect objects).
"""

import re
from typing import NamedTuple

from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import PdfObject, Structure
from sealsvc.documents.pdf.fast.tokens import Reference, as_integer
from sealsvc.documents.pdf.fast.xref import PLAIN

_WS = rb"[\0\t\n\f\r ]"
_HEADER = re.compile(rb"([0-9]{1,10}+)%b++([0-9]{1,5}+)%b++obj%b*+" % (_WS, _WS, _WS))
_END = re.compile(rb"%b*+endobj(?![^\0\t\n\f\r ()<>\[\]{}/%%])" % _WS)
_STREAM = re.compile(rb"%b*+stream\r?+\n" % _WS)
_ENDSTREAM = re.compile(rb"(?:\r\n|\n|\r)?+endstream%b++endobj" % _WS)

_TEXT = re.compile(rb"\((?:[^()\\]++|\\[\0-\xff])*+\)")
_REFERENCE = re.compile(
    rb"(?<![^\0\t\n\f\r ()<>\[\]{}/%%])([0-9]{1,10}+)%b++([0-9]{1,5}+)%b++R"
    rb"(?![^\0\t\n\f\r ()<>\[\]{}/%%])" % (_WS, _WS)
)


class ObjectSpan(NamedTuple):
    """Offsets: of the number, of the value, behind the value, behind `endobj`.

    body: start and end of a stream's encoded bytes, None for any other object.
    """

    start: int
    value_at: int
    value_end: int
    end: int
    body: tuple[int, int] | None = None


def offset_of(structure: Structure, reference: Reference) -> int:
    """Where the newest version of a plain object stands. Raises: NotUnderstood."""
    for section in structure.sections:
        entry = section.entry(reference[0])
        if entry is not None:
            if entry[0] != PLAIN or entry[2] != reference[1]:
                break
            return entry[1]
    raise NotUnderstood("object")


def span_of(structure: Structure, found: PdfObject) -> ObjectSpan:
    """Where a plain object stands, which `structure` has read. Raises: NotUnderstood."""
    return span_at(structure, found, offset_of(structure, found.reference))


def span_at(structure: Structure, found: PdfObject, start: int) -> ObjectSpan:
    """The same, its offset known. Raises: NotUnderstood."""
    data = structure.data
    header = _HEADER.match(data, start)
    if header is None or (int(header.group(1)), int(header.group(2))) != found.reference:
        raise NotUnderstood("object header")
    value_at = header.end()
    value_end = value_at + len(found.raw)
    if not data.startswith(found.raw, value_at):
        raise NotUnderstood("object")
    if found.is_stream:
        return _stream_span(structure, found, (start, value_at, value_end))
    end = _END.match(data, value_end)
    if end is None:
        raise NotUnderstood("end of an object")
    return ObjectSpan(start, value_at, value_end, end.end())


def _stream_span(structure: Structure, found: PdfObject, head: tuple[int, int, int]) -> ObjectSpan:
    first, last, end = _body(structure, found, head[2])
    return ObjectSpan(*head, end, (first, last))


def _body(structure: Structure, found: PdfObject, behind: int) -> tuple[int, int, int]:
    """Start and end of the encoded bytes, and behind `endobj`; behind: of the dictionary."""
    dictionary = found.dictionary
    length = None
    if dictionary is not None:
        length = as_integer(structure.resolve(dictionary.get(b"Length")))
    begin = _STREAM.match(structure.data, behind)
    if begin is None or length is None or length < 0:
        raise NotUnderstood("stream")
    last = begin.end() + length
    end = _ENDSTREAM.match(structure.data, last)
    if end is None:
        raise NotUnderstood("end of a stream")
    return begin.end(), last, end.end()


def references_in(raw: bytes) -> set[Reference]:
    """All references in a raw value that was tokenised; strings hold none.

    Raises: NotUnderstood for strings too odd to be set apart.
    """
    if b"R" not in raw:
        return set()
    if b"(" in raw:
        raw = _TEXT.sub(b"()", raw)
        if raw.count(b"(") != raw.count(b"()"):
            raise NotUnderstood("string")
    return {(int(number), int(generation)) for number, generation in _REFERENCE.findall(raw)}


def stream_body(structure: Structure, found: PdfObject) -> bytes:
    """The encoded bytes of a plain stream. Raises: NotUnderstood."""
    if not found.is_stream or found.compressed:
        raise NotUnderstood("no stream")
    first, last, _ = _body(structure, found, found.end)
    return structure.data[first:last]
