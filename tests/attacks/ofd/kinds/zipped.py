"""Attacks on the ZIP below: readers that disagree on what is in a package."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from tests.attacks.ofd.craft import (
    PAGE,
    SIGNATURES,
    Stored,
    before_end,
    drawn_page,
    entries_of,
    packed,
    parts_of,
)
from tests.attacks.ofd.kinds.kind import ALL, BOTH, EXTRA, PACKAGE, Kind, Make, said
from tests.attacks.ofd.nation import Nation
from tests.builders import ofd

PAGE_NAME = PAGE.encode()
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
FORGED = drawn_page()


def stored(change: Callable[[list[Stored]], list[Stored]]) -> Make:
    def make(nation: Nation, data: bytes) -> bytes:
        return ofd.pack(change(entries_of(data)))

    return make


def page(**values: object) -> Make:
    """The page's entry with other values."""
    return stored(
        lambda entries: [
            replace(one, **values) if one.name == PAGE_NAME else one  # type: ignore[arg-type]
            for one in entries
        ]
    )


def added(name: str, content: bytes = FORGED, *, first: bool = False) -> Make:
    more = Stored(name.encode(), content)
    return stored(lambda entries: [more, *entries] if first else [*entries, more])


def built(**options: bytes) -> Make:
    def make(nation: Nation, data: bytes) -> bytes:
        return ofd.pack(entries_of(data), **options)  # type: ignore[arg-type]

    return make


def forged_package(data: bytes) -> bytes:
    parts = parts_of(data)
    parts[PAGE] = FORGED
    return packed(parts)


def prepended(nation: Nation, data: bytes) -> bytes:
    return forged_package(data) + data


def appended(nation: Nation, data: bytes) -> bytes:
    return data + forged_package(data)


def in_comment(nation: Nation, data: bytes) -> bytes:
    small = ofd.pack({"OFD.xml": b"<x/>"})
    return ofd.pack(entries_of(data), comment=small)


def in_a_gap(nation: Nation, data: bytes) -> bytes:
    """A local record that the central directory does not list: streaming readers see it."""
    record = ofd.pack([Stored(PAGE_NAME, FORGED)])
    record = record[: record.index(CENTRAL)]
    start = struct.unpack_from("<L", data, data.rindex(END) + 16)[0]
    end = data.rindex(END)
    fixed = bytearray(data[end:])
    struct.pack_into("<L", fixed, 16, start + len(record))
    return data[:start] + record + data[start:end] + bytes(fixed)


def patched(where: bytes, offset: int, form: str, value: int) -> Make:
    """One number of the page's local or central record, or of the end record."""

    def make(nation: Nation, data: bytes) -> bytes:
        lengths = {LOCAL: 30, CENTRAL: 46}
        at = data.rindex(END)
        if where in lengths:
            at = data.index(PAGE_NAME, data.index(where)) - lengths[where]
            while data[at : at + 4] != where:
                at = data.index(PAGE_NAME, at + lengths[where] + 1) - lengths[where]
        out = bytearray(data)
        struct.pack_into(form, out, at + offset, value)
        return bytes(out)

    return make


def unicode_name(nation: Nation, data: bytes) -> bytes:
    """Info-ZIP readers take the other name; the page hides behind a harmless one."""
    name = b"Doc_0/note.xml"
    body = b"\x01" + struct.pack("<L", zlib.crc32(name)) + PAGE_NAME
    extra = struct.pack("<2H", 0x7075, len(body)) + body
    return ofd.pack([*entries_of(data), Stored(name, FORGED, extra=extra)])


def local_unicode_name(nation: Nation, data: bytes) -> bytes:
    """The same in the local header alone."""
    name = b"Doc_0/note.xml"
    body = b"\x01" + struct.pack("<L", zlib.crc32(name)) + PAGE_NAME
    extra = struct.pack("<2H", 0x7075, len(body)) + body
    whole = bytearray(ofd.pack([Stored(name, FORGED), *entries_of(data)]))
    struct.pack_into("<H", whole, 28, len(extra))
    out = bytes(whole[: 30 + len(name)]) + extra + bytes(whole[30 + len(name) :])
    return _shifted(out, len(extra), after=1)


def _shifted(data: bytes, by: int, after: int) -> bytes:
    """Offsets of all but the first entries moved."""
    out = bytearray(data)
    end = data.rindex(END)
    (start,) = struct.unpack_from("<L", data, end + 16)
    struct.pack_into("<L", out, end + 16, start + by)
    at, index = start + by, 0
    while data[at : at + 4] == CENTRAL:
        sizes = struct.unpack_from("<3H", data, at + 28)
        (offset,) = struct.unpack_from("<L", data, at + 42)
        if index >= after:
            struct.pack_into("<L", out, at + 42, offset + by)
        at, index = at + 46 + sum(sizes), index + 1
    return bytes(out)


def symlink(nation: Nation, data: bytes) -> bytes:
    """Unpacked on Unix, the page is a link to whatever its content names."""
    return patched(CENTRAL, 38, "<L", 0o120777 << 16)(
        nation, patched(CENTRAL, 4, "<H", 3 << 8)(nation, data)
    )


def pdf_in_list(nation: Nation, data: bytes) -> bytes:
    """PDF viewers look for %PDF- in the first kilobyte: one file, two documents."""
    entries = {one.name.decode(): one for one in entries_of(data)}
    listed = {SIGNATURES: entries.pop(SIGNATURES).content}
    before_end(listed, SIGNATURES, b"<!--\n%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n-->")
    first = Stored(SIGNATURES.encode(), listed[SIGNATURES], method=0)
    return ofd.pack([first, *entries.values()])


def pdf_in_gap(nation: Nation, data: bytes) -> bytes:
    """The same between two entries."""
    entries = entries_of(data)
    whole = ofd.pack(entries)
    second = whole.index(LOCAL, 4)
    junk = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
    return _shifted(whole[:second] + junk + whole[second:], len(junk), after=1)


def pdf_before(nation: Nation, data: bytes) -> bytes:
    return ofd.pack(entries_of(data), before=b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n")


def directory_with_content(nation: Nation, data: bytes) -> bytes:
    """On Unix a backslash is a letter of a file name."""
    return ofd.pack([*entries_of(data), Stored(b"Doc_0\\Pages\\x.xml\\", FORGED)])


KINDS = (
    Kind("name-twice", added(PAGE), PACKAGE, ALL),
    Kind("name-twice-first", added(PAGE, first=True), PACKAGE, BOTH),
    Kind("name-other-case", added(PAGE.lower()), PACKAGE, BOTH),
    Kind("name-backslash", added(PAGE.replace("/", "\\")), PACKAGE),
    Kind("name-dotted", added("./" + PAGE), PACKAGE),
    Kind("name-slashes", added(PAGE.replace("/", "//")), PACKAGE),
    Kind("name-up", added("x/../" + PAGE), said("OFD_PATH_ESCAPE")),
    Kind("name-absolute", added("/" + PAGE), said("OFD_PATH_ESCAPE")),
    Kind("name-drive", added("C:" + PAGE), said("OFD_PATH_ESCAPE")),
    Kind("name-nul", added(PAGE + "\0.png"), PACKAGE),
    Kind("name-trailing-dot", added(PAGE + "."), EXTRA),
    Kind("name-trailing-blank", added(PAGE + " "), EXTRA),
    Kind("name-full-width", added(PAGE.replace("C", "Ｃ")), EXTRA),
    Kind("name-percent", added(PAGE.replace("C", "%43")), EXTRA),
    Kind("directory-of-the-name", stored(lambda e: [*e, Stored(PAGE_NAME + b"/", b"")]), PACKAGE),
    Kind("directory-with-content", directory_with_content, PACKAGE),
    Kind("entry-point-twice", added("ofd.XML", b"<x/>"), PACKAGE),
    Kind("local-name-differs", page(local_name=b"x" + PAGE_NAME[1:]), PACKAGE),
    Kind("local-flags-differ", page(local_flags=0x0801), PACKAGE),
    Kind("size-shorter", page(size=10), PACKAGE | said("OFD_REFERENCE_DIGEST_MISMATCH")),
    Kind("size-longer", page(size=10**6), PACKAGE | said("OFD_REFERENCE_DIGEST_MISMATCH")),
    Kind("crc-wrong", page(crc=1), PACKAGE | said("OFD_REFERENCE_DIGEST_MISMATCH")),
    Kind("crc-wrong-local", patched(LOCAL, 14, "<L", 1), PACKAGE),
    Kind("method-local", patched(LOCAL, 8, "<H", 0), PACKAGE),
    Kind("method-central", patched(CENTRAL, 10, "<H", 0), PACKAGE),
    Kind("method-unknown", page(method=12), PACKAGE),
    Kind("encrypted-flag", page(flags=0x0801), said("DOCUMENT_ENCRYPTED")),
    Kind("zip64-sizes", page(size=0xFFFFFFFF), PACKAGE),
    Kind("zip64-count", patched(END, 10, "<H", 0xFFFF), PACKAGE),
    Kind("count-lower", patched(END, 10, "<H", 3), PACKAGE),
    Kind("offset-of-another", page(at=0), PACKAGE),
    Kind("unicode-path", unicode_name, PACKAGE),
    Kind("unicode-path-local", local_unicode_name, PACKAGE | EXTRA),
    Kind("symlink", symlink, PACKAGE),
    Kind("archive-before", prepended, PACKAGE),
    Kind("archive-behind", appended, PACKAGE | said("OFD_REFERENCE_DIGEST_MISMATCH")),
    Kind("archive-in-comment", in_comment, PACKAGE | said("UNSUPPORTED_FORMAT")),
    Kind("entry-in-a-gap", in_a_gap, PACKAGE),
    Kind("pdf-in-the-list", pdf_in_list, PACKAGE),
    Kind("pdf-in-a-gap", pdf_in_gap, PACKAGE),
    Kind("pdf-before", pdf_before, frozenset()),
    Kind("cut-short", lambda nation, data: data[:-30], PACKAGE),
    Kind("a-mere-zip", lambda n, d: ofd.pack({"x": b"OFD.xm"}), said("UNSUPPORTED_FORMAT")),
)
HARMLESS: dict[str, Make] = {
    "packed anew": built(),
    "stored": stored(lambda entries: [replace(one, method=0) for one in entries]),
    "other order": stored(lambda entries: entries[::-1]),
    "comment": built(comment=b"hello"),
    "descriptors": stored(lambda entries: [replace(one, descriptor=True) for one in entries]),
    "empty directories": stored(lambda entries: [*entries, Stored(b"Doc_0/Pages/", b"", 0)]),
    "bytes before": built(before=b"MZ"),
}
