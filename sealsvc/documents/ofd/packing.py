"""Writing ZIP packages: untouched entries keep their very bytes, new ones are put beside them.

A protected part must not change by a bit, and need not even be unpacked to be copied.
Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.4; ofd.md sections 5 and 7.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sealsvc.documents.ofd.archive import Archive
from sealsvc.documents.ofd.directory import Entry
from sealsvc.documents.ofd.errors import package_invalid

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_OFFSET_AT = 42  # of the local header's offset in a central record
_UTF8 = 0x0800
_DEFLATED = 8
_VERSION = 20
_MADE_BY_UNIX = 3 << 8 | _VERSION
_ORDINARY_FILE = 0o100644 << 16
_LEVEL = 6
# DER holds digests, keys and packed pictures: deflating it takes time and gains nothing.
_STORED = (".dat", ".esl", ".png", ".ofd")
_MOST_ENTRIES = 0xFFFF
_MOST_BYTES = 0xFFFF_FFFF


@dataclass
class _Package:
    """A package growing: local records, then the central ones."""

    body: bytearray = field(default_factory=bytearray)
    central: bytearray = field(default_factory=bytearray)
    count: int = 0

    def copy(self, archive: Archive, entry: Entry) -> None:
        """Takes an entry over as it lies; only its offset is new."""
        offset = len(self.body)
        self.body += memoryview(archive.data)[entry.header_offset : entry.local_end]
        record = bytearray(archive.data[slice(*entry.central)])
        struct.pack_into("<L", record, _OFFSET_AT, offset)
        self.central += record
        self.count += 1

    def add(self, name: str, content: bytes, at: datetime) -> None:
        """A new entry, deflated where that makes it smaller."""
        raw, offset = name.encode("utf-8"), len(self.body)
        method, packed = _packed(name, content)
        time, date = _dos_time(at)
        checks = zlib.crc32(content), len(packed), len(content)
        common = _UTF8, method, time, date, *checks
        self.body += _LOCAL.pack(b"PK\x03\x04", _VERSION, *common, len(raw), 0) + raw + packed
        self.central += _CENTRAL.pack(
            *(b"PK\x01\x02", _MADE_BY_UNIX, _VERSION, *common),
            *(len(raw), 0, 0, 0, 0, _ORDINARY_FILE, offset),
        )
        self.central += raw
        self.count += 1

    def build(self) -> bytes:
        """The whole file. Raises: DocumentUnreadable where it would need Zip64."""
        size = len(self.body) + len(self.central)
        if self.count >= _MOST_ENTRIES or size >= _MOST_BYTES:
            raise package_invalid("zip64")
        end = _END.pack(
            b"PK\x05\x06", 0, 0, self.count, self.count, len(self.central), len(self.body), 0
        )
        return b"".join((self.body, self.central, end))


def repack(archive: Archive, parts: Mapping[str, bytes], at: datetime) -> bytes:
    """The package with these parts changed in their place, or added at its end in this order.

    parts: content by entry name. at: the time written for them. Bytes of the old file that
    belong to no entry are left out. Raises: DocumentUnreadable (too large).
    """
    package, left = _Package(), dict(parts)
    for entry in archive.entries:
        content = None if entry.is_directory else left.pop(entry.name, None)
        if content is None:
            package.copy(archive, entry)
        else:
            package.add(entry.name, content, at)
    for name, content in left.items():
        package.add(name, content, at)
    return package.build()


def new_package(parts: Mapping[str, bytes], at: datetime) -> bytes:
    """A package of these parts, in this order. Raises: DocumentUnreadable (too large)."""
    package = _Package()
    for name, content in parts.items():
        package.add(name, content, at)
    return package.build()


def append(package_data: bytes, name: str, content: bytes, at: datetime) -> bytes:
    """A package that `repack` or `new_package` wrote, with one entry more."""
    fields = _END.unpack_from(package_data, len(package_data) - _END.size)
    _, _, _, _, count, size, start, _ = fields
    central = package_data[start : start + size]
    package = _Package(bytearray(package_data[:start]), bytearray(central), count)
    package.add(name, content, at)
    return package.build()


def _packed(name: str, content: bytes) -> tuple[int, bytes]:
    """Compression method and stored bytes."""
    if name.lower().endswith(_STORED):
        return 0, content
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflater.compress(content) + deflater.flush()
    return (_DEFLATED, packed) if len(packed) < len(content) else (0, content)


def _dos_time(at: datetime) -> tuple[int, int]:
    """Time and date words of APPNOTE 4.4.6, in UTC."""
    utc = at.astimezone(UTC)
    year = min(max(utc.year, 1980), 2107)
    date = year - 1980 << 9 | utc.month << 5 | utc.day
    return utc.hour << 11 | utc.minute << 5 | utc.second // 2, date
