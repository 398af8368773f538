"""A ZIP package opened strictly: what is in it, where its bytes lie, and nothing ambiguous.

Source: ofd.md sections 2 and 5; PKWARE APPNOTE 6.3.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from sealsvc.documents.ofd import directory
from sealsvc.documents.ofd.directory import EndRecord, Entry
from sealsvc.documents.ofd.errors import EXTRA_BYTES, LIMIT, PATH_ESCAPE, package_invalid
from sealsvc.documents.ofd.limits import MAX_RATIO, MAX_UNPACKED, RATIO_FREE
from sealsvc.formats.values import ReadingProblem

__all__ = ["Archive", "Entry", "open_archive", "packed"]


# PDF viewers look for their mark this far: the same file would be two documents.
PDF_MARK, PDF_HEAD = b"%PDF-", 1024
_KIND_MASK, _LINK = 0o170000, 0o120000


@dataclass(frozen=True)
class Archive:
    """An opened package. entries: in the order of the central directory, directories included.

    data: the whole file; end: where the central directory lies.
    """

    data: bytes
    entries: tuple[Entry, ...]
    end: EndRecord
    problems: tuple[ReadingProblem, ...]
    _by_name: dict[str, Entry] = field(repr=False)

    def find(self, name: str) -> Entry | None:
        """The file (no directory) of exactly this name, without a slash in front."""
        return self._by_name.get(name)

    def read(self, entry: Entry) -> bytes:
        """The unpacked bytes of an entry, size and CRC checked. Raises: DocumentUnreadable."""
        content = _unpacked(self.data, entry)
        if len(content) != entry.size or zlib.crc32(content) != entry.crc32:
            raise package_invalid("entry damaged")
        return content


def open_archive(data: bytes) -> Archive:
    """Reads the directory of a package; no entry is unpacked.

    Raises: DocumentEncrypted, DocumentUnreadable (fields `reason`: OFD_PACKAGE_INVALID,
    OFD_PACKAGE_LIMIT or OFD_PATH_ESCAPE; `why`).
    """
    if data.find(PDF_MARK, 0, PDF_HEAD) >= 0:
        raise package_invalid("a PDF inside")
    end = directory.find_end(data)
    found: list[Entry] = []
    by_name: dict[str, Entry] = {}
    taken: set[str] = set()
    total = 0
    for stored in directory.entries(data, end):
        entry = _named(stored)
        total += entry.size
        _refuse_bombs(entry, total)
        if entry.name in taken:
            raise package_invalid("entry twice")
        _refuse_oddities(entry)
        taken.add(entry.name)
        found.append(entry)
        if not entry.is_directory:
            by_name[entry.name] = entry
    problems = tuple(_outside(data, found, end))
    return Archive(data, tuple(found), end, problems, by_name)


def packed(archive: Archive, entry: Entry) -> memoryview:
    """The stored bytes of an entry, to be copied as they are."""
    return memoryview(archive.data)[entry.start : entry.end]


def _named(entry: Entry) -> Entry:
    """The entry under its name with forward slashes. Refuses a name that leaves the package."""
    parts = entry.name.replace("\\", "/").split("/")
    absolute = parts[0] == "" or (len(parts[0]) == 2 and parts[0][1] == ":")
    if absolute or ".." in parts or (len(parts[0]) > 1 and parts[0][1] == ":"):
        raise package_invalid("entry name", PATH_ESCAPE)
    name = "/".join(part for part in parts if part not in ("", "."))
    if not name or any(ord(one) < 32 or ord(one) == 127 for one in name):
        raise package_invalid("entry name")
    if name == entry.name:
        return entry
    values = {one: getattr(entry, one) for one in Entry.__dataclass_fields__}
    return Entry(**{**values, "name": name})


def _refuse_oddities(entry: Entry) -> None:
    """What unpacks to something else than a plain file of these bytes, or a plain directory."""
    if entry.external_attributes >> 16 & _KIND_MASK == _LINK:
        raise package_invalid("symbolic link")
    if entry.is_directory and entry.size:
        raise package_invalid("directory with content")


def _refuse_bombs(entry: Entry, total: int) -> None:
    if total > MAX_UNPACKED:
        raise package_invalid("unpacked size", LIMIT)
    if entry.size > RATIO_FREE and entry.size > MAX_RATIO * entry.packed_size:
        raise package_invalid("ratio", LIMIT)


def _unpacked(data: bytes, entry: Entry) -> bytes:
    stored = memoryview(data)[entry.start : entry.end]
    if entry.method == 0:
        return bytes(stored)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte more than promised shows an entry that is longer than it says.
        content = unpacker.decompress(stored, entry.size + 1)
    except zlib.error as error:
        raise package_invalid("entry damaged") from error
    if not unpacker.eof or unpacker.unused_data or unpacker.unconsumed_tail:
        raise package_invalid("entry damaged")
    return content


def _outside(data: bytes, found: list[Entry], end: EndRecord) -> Iterator[ReadingProblem]:
    """Bytes that belong to no record: tolerated, unless another reader could find files there."""
    position = 0
    for entry in sorted(found, key=lambda one: one.header_offset):
        if entry.header_offset < position:
            raise package_invalid("entries overlap")
        yield from _gap(data, position, entry.header_offset)
        position = entry.local_end
    if position > end.start:
        raise package_invalid("entries overlap")
    yield from _gap(data, position, end.start)
    comment_start, comment_end = end.comment
    _refuse_marks(data, comment_start, comment_end)
    yield from _gap(data, comment_end, len(data))


def _gap(data: bytes, start: int, stop: int) -> Iterator[ReadingProblem]:
    if start == stop:
        return
    _refuse_marks(data, start, stop)
    where = "before" if start == 0 else "after" if stop == len(data) else "between"
    yield ReadingProblem(EXTRA_BYTES, f"{where}: {stop - start}")


def _refuse_marks(data: bytes, start: int, stop: int) -> None:
    for mark in (directory.LOCAL_MARK, directory.END_MARK):
        if data.find(mark, start, stop) >= 0:
            raise package_invalid("a second archive inside")
