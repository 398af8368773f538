"""The records of a ZIP file, read strictly: end record, central directory, local headers.

Python's zipfile forgives too much: readers that disagree on what is in a package show different
documents under one signature. Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.4.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from sealsvc.documents.ofd.errors import LIMIT, DocumentEncrypted, package_invalid
from sealsvc.documents.ofd.limits import (
    MAX_COMMENT_CANDIDATES,
    MAX_ENTRIES,
    MAX_NAME,
)

END_MARK = b"PK\x05\x06"
LOCAL_MARK = b"PK\x03\x04"
_CENTRAL_MARK = b"PK\x01\x02"
_DESCRIPTOR_MARK = b"PK\x07\x08"
_ZIP64_LOCATOR = b"PK\x06\x07"
_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ZIP64_LOCATOR_SIZE = 20
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_STREAMED = 0x0008
_UTF8 = 0x0800
_PATCHED = 0x0020
_AES_METHOD = 99
_METHODS = (0, 8)
_UNICODE_PATH = 0x7075
_ALL_ONES_16 = 0xFFFF
_ALL_ONES_32 = 0xFFFFFFFF


@dataclass(frozen=True)
class EndRecord:
    """Where the central directory lies. start, end: offsets in the file; shift: bytes to add to
    every stored offset; position: of the record; comment: span of the archive comment.
    """

    position: int
    start: int
    end: int
    shift: int
    count: int
    comment: tuple[int, int]


@dataclass(frozen=True)
class Entry:
    """One file or directory of a package.

    name: decoded, slashes only, no empty or `.` parts; raw_name: as stored. start, end: the span
    of the stored (packed) bytes in the file; size: unpacked. header_offset: of the local header;
    local_end: after the data descriptor, if any. central: span of its central record.
    method: 0 stored, 8 deflated. modified: DOS time and date.
    """

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc32: int
    start: int
    end: int
    size: int
    header_offset: int
    local_end: int
    central: tuple[int, int]
    version_made_by: int
    version_needed: int
    modified: tuple[int, int]
    internal_attributes: int
    external_attributes: int
    extra: bytes
    comment: bytes

    @property
    def is_directory(self) -> bool:
        """Whether the entry stands for a directory."""
        return self.raw_name.endswith((b"/", b"\\"))

    @property
    def packed_size(self) -> int:
        """The number of stored bytes."""
        return self.end - self.start


def find_end(data: bytes) -> EndRecord:
    """The last end record that a central directory stands before. Raises: DocumentUnreadable."""
    position = len(data)
    for _ in range(MAX_COMMENT_CANDIDATES):
        position = data.rfind(END_MARK, 0, position)
        if position < 0:
            break
        found = _end_record(data, position)
        if found is not None:
            return found
    raise package_invalid("no central directory")


def _end_record(data: bytes, position: int) -> EndRecord | None:
    if position + _END.size > len(data):
        return None
    _, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(data, position)
    comment_end = position + _END.size + comment
    if comment_end > len(data):
        return None
    locator = position - _ZIP64_LOCATOR_SIZE
    if locator >= 0 and data[locator : locator + 4] == _ZIP64_LOCATOR:
        raise package_invalid("zip64")
    if _ALL_ONES_16 in (here, count) or _ALL_ONES_32 in (size, offset):
        raise package_invalid("zip64")
    start, shift = position - size, position - size - offset
    if shift < 0 or disk or first_disk or here != count:
        return None
    if count and data[start : start + 4] != _CENTRAL_MARK:
        return None
    span = (position + _END.size, comment_end)
    return EndRecord(position, start, position, shift, count, span)


def entries(data: bytes, end: EndRecord) -> Iterator[Entry]:
    """Every central record with the span of its local one, both agreeing.

    Raises: DocumentEncrypted, DocumentUnreadable.
    """
    if end.count > MAX_ENTRIES:
        raise package_invalid("entries", LIMIT)
    position = end.start
    for _ in range(end.count):
        if position + _CENTRAL.size > end.end or data[position : position + 4] != _CENTRAL_MARK:
            raise package_invalid("central record")
        entry = _entry(data, position, end)
        yield entry
        position = entry.central[1]
    if position != end.end:
        raise package_invalid("central directory size")


def _entry(data: bytes, position: int, end: EndRecord) -> Entry:
    fields = _CENTRAL.unpack_from(data, position)
    _, made_by, needed, flags, method, time, date, crc, packed, size = fields[:10]
    name_size, extra_size, comment_size, disk, internal, external, offset = fields[10:]
    name_at = position + _CENTRAL.size
    extra_at = name_at + name_size
    comment_at = extra_at + extra_size
    record_end = comment_at + comment_size
    if record_end > end.end or disk:
        raise package_invalid("central record")
    if _ALL_ONES_32 in (packed, size, offset):
        raise package_invalid("zip64")
    _refuse_methods(flags, method, packed, size)
    raw_name, extra = data[name_at:extra_at], data[extra_at:comment_at]
    header = offset + end.shift
    start = _local_data(data, header, raw_name, fields)
    local_extra = data[header + _LOCAL.size + name_size : start]
    name = _decoded(raw_name, flags, extra + local_extra)
    if start + packed > end.start:
        raise package_invalid("entry beyond the central directory")
    return Entry(
        name=name,
        raw_name=raw_name,
        flags=flags,
        method=method,
        crc32=crc,
        start=start,
        end=start + packed,
        size=size,
        header_offset=header,
        local_end=_local_end(data, start + packed, (flags, crc, packed, size), end.start),
        central=(position, record_end),
        version_made_by=made_by,
        version_needed=needed,
        modified=(time, date),
        internal_attributes=internal,
        external_attributes=external,
        extra=extra,
        comment=data[comment_at:record_end],
    )


def _refuse_methods(flags: int, method: int, packed: int, size: int) -> None:
    if flags & _ENCRYPTED or method == _AES_METHOD:
        raise DocumentEncrypted()
    if method not in _METHODS or flags & _PATCHED:
        raise package_invalid("compression method")
    if method == 0 and packed != size:
        raise package_invalid("stored size")


def _local_data(data: bytes, header: int, raw_name: bytes, central: tuple[int, ...]) -> int:
    """The offset of the packed bytes, after a local header that says what the central one says."""
    if header + _LOCAL.size > len(data) or data[header : header + 4] != LOCAL_MARK:
        raise package_invalid("local header")
    local = _LOCAL.unpack_from(data, header)
    _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = local
    flags_wanted, method_wanted = central[3], central[4]
    name_at: int = header + _LOCAL.size
    start: int = name_at + name_size + extra_size
    if data[name_at : name_at + name_size] != raw_name or method != method_wanted:
        raise package_invalid("local header differs")
    watched = _ENCRYPTED | _STREAMED | _PATCHED
    if not raw_name.isascii():
        watched |= _UTF8
    if (flags ^ flags_wanted) & watched:
        raise package_invalid("local flags differ")
    wanted = (central[7], central[8], central[9])
    streamed = bool(flags & _STREAMED)
    same = all(
        mine == theirs or (streamed and mine == 0)
        for mine, theirs in zip((crc, packed, size), wanted, strict=True)
    )
    if not same:
        raise package_invalid("local sizes differ")
    return start


def _local_end(data: bytes, end: int, sums: tuple[int, int, int, int], limit: int) -> int:
    """The offset after the data descriptor of a streamed entry."""
    flags, *values = sums
    if not flags & _STREAMED:
        return end
    plain = struct.pack("<3L", *values)
    for descriptor in (_DESCRIPTOR_MARK + plain, plain):
        if data[end : end + len(descriptor)] == descriptor and end + len(descriptor) <= limit:
            return end + len(descriptor)
    # Writers set the flag and yet fill the local header; then a descriptor may be absent.
    return end


def _decoded(raw_name: bytes, flags: int, extra: bytes) -> str:
    """A stored name as text. Source: ofd.md section 2 (UTF-8 flag missing, GBK)."""
    if not raw_name or len(raw_name) > MAX_NAME:
        raise package_invalid("entry name")
    name = _text(raw_name, flags)
    for other in _unicode_paths(extra, raw_name):
        if other != name.encode("utf-8"):
            raise package_invalid("entry with two names")
    return name


def _text(raw_name: bytes, flags: int) -> str:
    tries = ("utf-8",) if flags & _UTF8 or raw_name.isascii() else ("utf-8", "gbk")
    for encoding in tries:
        try:
            return raw_name.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise package_invalid("entry name")


def _unicode_paths(extra: bytes, raw_name: bytes) -> Iterator[bytes]:
    """Names in Info-ZIP Unicode Path fields (APPNOTE 4.6.9) that still belong to this name."""
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, position)
        body = extra[position + 4 : position + 4 + size]
        if kind == _UNICODE_PATH and len(body) > 5:
            (checked,) = struct.unpack_from("<L", body, 1)
            if checked == crc32(raw_name):
                yield body[5:]
        position += 4 + size
