"""One later revision, byte for byte: does it consist of its objects and nothing else?

Objects that no reader finds by the cross-reference, bytes between objects, entries that point
back into signed bytes and foreign trailer keys are all invisible to an analysis of objects, and
all have been used in attacks (pdf.md section 4 rules a-d).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from sealsvc.documents.pdf.opening import reference_of
from sealsvc.documents.pdf.pyhanko_api import generic, object_header

WHITE = b"\0\t\n\f\r "
COMMENT = re.compile(rb"%[ -~]{0,100}(?:\r\n|\r|\n|$)")
END = re.compile(rb"startxref[\0\t\n\f\r ]+(\d{1,12})[\0\t\n\f\r ]+%%EOF(?:\r\n|\r|\n)?")
END_SEARCH = 2048
# /ID is shown by nothing, and real writers renew both halves (pdf.md rule b is narrower here).
ALWAYS_NEW_KEYS = frozenset({"/Prev", "/Size", "/ID"})
Span = tuple[int, int]


def object_span(reader: Any, ref: Any, offset: int) -> Span:
    """Offsets of `n g obj … endobj`. Raises: what pyHanko raises on a broken object."""
    stream = reader.stream
    stream.seek(offset)
    number, generation = object_header(stream, strict=reader.strict)
    if (number, generation) != (ref.idnum, ref.generation):
        raise ValueError("another object")
    generic.read_object(stream, generic.Reference(number, generation, reader))
    tail = stream.read(64)
    match = re.match(rb"[\0\t\n\f\r ]*endobj", tail)
    if match is None:
        raise ValueError("endobj")
    return offset, stream.tell() - len(tail) + match.end()


@dataclass
class Revision:
    """A revision after a signature. number: 0-based, as pyHanko counts; data: the whole file."""

    data: bytes
    reader: Any
    number: int

    @cached_property
    def old(self) -> Any:
        """The document before, as pyHanko's historical resolver."""
        return self.reader.get_historical_resolver(self.number - 1)

    @cached_property
    def new(self) -> Any:
        """The document with this revision."""
        return self.reader.get_historical_resolver(self.number)

    @cached_property
    def start(self) -> int:
        """First byte after the revision before."""
        return revision_end(self.data, self.reader, self.number - 1)

    @cached_property
    def end(self) -> int:
        """First byte after this revision's end-of-file mark and line end."""
        return revision_end(self.data, self.reader, self.number)

    @cached_property
    def touched(self) -> set[Any]:
        """References written in this revision, its cross-reference and object streams apart."""
        refs = set(self.reader.xrefs.explicit_refs_in_revision(self.number))
        refs -= set(self.reader.xrefs.object_streams_used_in(self.number))
        meta = self.reader.xrefs.get_xref_container_info(self.number)
        return refs - {meta.stream_ref}

    def is_fresh(self, ref: Any) -> bool:
        """Whether the number was beyond the older /Size, so that nothing could refer to it."""
        return bool(self.old.is_ref_unassignable(ref))

    def byte_violations(self) -> Iterator[str]:
        """What is wrong with the revision's bytes, numbers and trailer."""
        xrefs = self.reader.xrefs
        if xrefs.get_xref_data(self.number).hybrid is not None:
            yield "hybrid cross-reference"
        if xrefs.get_xref_data(self.number).freed:
            yield "object freed"
        for ref in self.touched:
            if not self.is_fresh(ref) and xrefs.get_historical_ref(ref, self.number - 1) is None:
                yield "object number resurrected"
        for ref in xrefs.object_streams_used_in(self.number):
            if not self.is_fresh(ref):
                yield "object stream replaced"
        meta, before = (xrefs.get_xref_container_info(n) for n in (self.number, self.number - 1))
        if meta.size < before.size:
            yield "size shrinks"
        yield from self._trailer_violations()
        yield from self._tiling_violations()

    def _trailer_violations(self) -> Iterator[str]:
        old = self.reader.trailer.flatten(self.number - 1)
        new = self.reader.trailer.flatten(self.number)
        for key in new.keys() - old.keys() - ALWAYS_NEW_KEYS - {"/Info"}:
            yield f"trailer key {str(key)[:20]}"
        for key in old.keys() & new.keys() - ALWAYS_NEW_KEYS:
            if not same(old.raw_get(key), new.raw_get(key)):
                yield f"trailer entry {str(key)[:20]}"

    def _tiling_violations(self) -> Iterator[str]:
        if not 0 < self.start <= self.end:
            yield "order of revisions"
            return
        spans = sorted(self._spans())
        position = self.start
        for first, last in [*spans, (self.end, self.end)]:
            if first < position:
                yield "objects overlap or lie in older bytes"
                return
            if not _is_blank(self.data[position:first]):
                yield "bytes between objects"
                return
            position = last

    def _spans(self) -> Iterator[Span]:
        xrefs = self.reader.xrefs
        containers = xrefs.object_streams_used_in(self.number)
        for ref in self.touched | set(containers):
            marker = xrefs.get_historical_ref(ref, self.number)
            if isinstance(marker, int):
                yield object_span(self.reader, ref, marker)
        yield xref_span(self.data, self.reader, self.number)
        match = _end_mark(self.data, self.reader, self.number)
        if match is None:
            raise ValueError("no end of revision")
        yield match.span()


def xref_span(data: bytes, reader: Any, number: int) -> Span:
    """Offsets of a cross-reference section, trailer dictionary included."""
    meta = reader.xrefs.get_xref_container_info(number)
    is_table = data[meta.start_location : meta.start_location + 4] == b"xref"
    if meta.stream_ref is not None and not is_table:
        return object_span(reader, meta.stream_ref, meta.start_location)
    start = data.rfind(b"xref", 0, meta.start_location + 4)
    trailer = data.rfind(b"trailer", start, meta.end_location + 16)
    if start < 0 or trailer < 0:
        raise ValueError("no trailer")
    reader.stream.seek(trailer + 7)
    generic.read_non_whitespace(reader.stream, seek_back=True)
    generic.DictionaryObject.read_from_stream(reader.stream, generic.TrailerReference(reader))
    return start, reader.stream.tell()


def _end_mark(data: bytes, reader: Any, number: int) -> re.Match[bytes] | None:
    meta = reader.xrefs.get_xref_container_info(number)
    match = END.search(data, meta.end_location, meta.end_location + END_SEARCH)
    if match is None or int(match.group(1)) != meta.declared_startxref:
        return None
    return match


def revision_end(data: bytes, reader: Any, number: int) -> int:
    """First byte after a revision. Raises: ValueError when its end is not marked."""
    match = _end_mark(data, reader, number)
    if match is None:
        raise ValueError("no end of revision")
    return match.end()


def _is_blank(gap: bytes) -> bool:
    """White space, or comments that no repair by scanning could take for objects."""
    rest = COMMENT.sub(b"", gap)
    return not rest.strip(WHITE) and b"obj" not in gap


def same(old: Any, new: Any, depth: int = 0) -> bool:
    """Whether two raw values are equal token by token, references compared as numbers."""
    if depth > 40:
        return False
    if isinstance(old, generic.IndirectObject) or isinstance(new, generic.IndirectObject):
        return bool(reference_of(old) == reference_of(new))
    if isinstance(old, generic.StreamObject) or isinstance(new, generic.StreamObject):
        streams = isinstance(old, generic.StreamObject) and isinstance(new, generic.StreamObject)
        if not streams or old.encoded_data != new.encoded_data:
            return False
    if isinstance(old, generic.DictionaryObject) and isinstance(new, generic.DictionaryObject):
        return old.keys() == new.keys() and all(
            same(old.raw_get(key), new.raw_get(key), depth + 1) for key in old
        )
    if isinstance(old, generic.ArrayObject) and isinstance(new, generic.ArrayObject):
        return len(old) == len(new) and all(
            same(old.raw_get(i), new.raw_get(i), depth + 1) for i in range(len(old))
        )
    if isinstance(old, int | Decimal) and isinstance(new, int | Decimal):
        return old == new  # writers turn 1.0 into 1
    if hasattr(old, "original_bytes") and hasattr(new, "original_bytes"):
        return bool(old.original_bytes == new.original_bytes)
    return type(old) is type(new) and bool(old == new)


def differing_keys(old: Any, new: Any) -> set[str]:
    """Keys of two dictionaries whose raw values are not the same."""
    return {
        str(key)
        for key in old.keys() | new.keys()
        if key not in old or key not in new or not same(old.raw_get(key), new.raw_get(key))
    }
