"""The strict ZIP reader: what it reads, what it tolerates with a problem, what it refuses."""

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.documents.ofd.archive import open_archive, packed
from sealsvc.documents.ofd.errors import DocumentEncrypted, DocumentUnreadable
from tests.builders import ofd
from tests.builders.ofd import Stored

PARTS = {"OFD.xml": b"<OFD/>", "Doc_0/a.bin": b"a" * 5000, "Doc_0/b.bin": bytes(range(256))}


def refused(data: bytes) -> tuple[object, object]:
    with pytest.raises(DocumentUnreadable) as caught:
        open_archive(data)
    return caught.value.fields["reason"], caught.value.fields["why"]


def names(data: bytes) -> list[str]:
    return [one.name for one in open_archive(data).entries]


def test_entries_stand_in_directory_order_and_read_back() -> None:
    archive = open_archive(ofd.pack(PARTS))
    assert [one.name for one in archive.entries] == list(PARTS)
    assert {one.name: archive.read(one) for one in archive.entries} == PARTS
    entry = archive.find("Doc_0/a.bin")
    assert entry is not None
    assert zlib.decompress(packed(archive, entry), -15) == PARTS["Doc_0/a.bin"]
    assert archive.find("doc_0/a.bin") is None
    assert archive.problems == ()


def test_what_python_writes_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        written.mkdir("Doc_0")
        for name, content in PARTS.items():
            written.writestr(name, content)
    archive = open_archive(buffer.getvalue())
    assert [one.name for one in archive.entries] == ["Doc_0", *PARTS]
    assert archive.entries[0].is_directory
    assert archive.find("Doc_0") is None


@pytest.mark.parametrize(
    ("raw", "flags", "name"),
    [
        ("Doc_0/签章.xml".encode(), 0x0800, "Doc_0/签章.xml"),
        ("Doc_0/签章.xml".encode(), 0, "Doc_0/签章.xml"),
        ("Doc_0/签章.xml".encode("gbk"), 0, "Doc_0/签章.xml"),
        (b"Doc_0\\Pages\\a.xml", 0, "Doc_0/Pages/a.xml"),
        (b"./Doc_0//a.xml", 0, "Doc_0/a.xml"),
    ],
)
def test_names_of_the_field(raw: bytes, flags: int, name: str) -> None:
    assert names(ofd.pack([Stored(raw, b"x", flags=flags)])) == [name]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"../OFD.xml", "OFD_PATH_ESCAPE"),
        (b"Doc_0/../../x", "OFD_PATH_ESCAPE"),
        (b"Doc_0\\..\\..\\x", "OFD_PATH_ESCAPE"),
        (b"/etc/passwd", "OFD_PATH_ESCAPE"),
        (b"\\\\server\\share", "OFD_PATH_ESCAPE"),
        (b"C:\\x.xml", "OFD_PATH_ESCAPE"),
        (b"C:x.xml", "OFD_PATH_ESCAPE"),
        (b"Doc_0/a\0.xml", "OFD_PACKAGE_INVALID"),
        (b"Doc_0/a\n.xml", "OFD_PACKAGE_INVALID"),
        (b"", "OFD_PACKAGE_INVALID"),
        (b"./.", "OFD_PACKAGE_INVALID"),
        (b"\xff\xfe\xfd", "OFD_PACKAGE_INVALID"),
        (b"a" * 2000, "OFD_PACKAGE_INVALID"),
    ],
)
def test_names_that_are_refused(raw: bytes, reason: str) -> None:
    flags = 0x0800 if raw == b"\xff\xfe\xfd" else 0
    assert refused(ofd.pack([Stored(raw, b"x", flags=flags)]))[0] == reason


@pytest.mark.parametrize("other", [b"OFD.xml", b"./OFD.xml", b".\\OFD.xml", b"OFD.xml/"])
def test_an_entry_twice_is_refused(other: bytes) -> None:
    found = refused(ofd.pack([Stored(b"OFD.xml", b"1"), Stored(other, b"2")]))
    assert found == ("OFD_PACKAGE_INVALID", "entry twice")


def test_bytes_outside_are_told() -> None:
    around = ofd.pack(PARTS, before=b"leading", after=b"trailing!", comment=b"note")
    shifted = ofd.pack(PARTS, before=b"leading", shifted=False)
    assert [one.detail for one in open_archive(around).problems] == ["before: 7", "after: 9"]
    archive = open_archive(shifted)
    assert [one.code for one in archive.problems] == ["OFD_PACKAGE_EXTRA_BYTES"]
    assert [archive.read(one) for one in archive.entries] == list(PARTS.values())


@pytest.mark.parametrize("where", ["before", "after", "comment"])
def test_a_second_archive_is_refused(where: str) -> None:
    inner = ofd.pack({"OFD.xml": b"other"})
    if where == "before":
        data = ofd.pack(PARTS, before=inner)
    elif where == "comment":
        data = ofd.pack(PARTS, comment=inner + b"..")
    else:
        data = ofd.pack(PARTS) + inner
    assert refused(data)[0] == "OFD_PACKAGE_INVALID"


def test_an_archive_stored_as_an_entry_is_content() -> None:
    inner = Stored(b"Doc_0/inner.ofd", ofd.pack(PARTS), method=0)
    assert names(ofd.pack([Stored(b"OFD.xml", b"1"), inner])) == ["OFD.xml", "Doc_0/inner.ofd"]


def test_streamed_entries_are_read() -> None:
    archive = open_archive(ofd.pack([Stored(b"OFD.xml", b"1" * 100, descriptor=True)]))
    assert archive.read(archive.entries[0]) == b"1" * 100
    assert archive.problems == ()


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Stored(b"a", b"x", local_name=b"b"), "local header differs"),
        (Stored(b"a", b"x", method=12), "compression method"),
        (Stored(b"a", b"x", method=0, size=2), "stored size"),
        (Stored(b"a", b"x", local_flags=0x0808), "local flags differ"),
        (Stored(b"a", b"x", size=0xFFFFFFFF), "zip64"),
        (Stored(b"a", b"x", at=3), "local header"),
        (Stored(b"a", b"x", flags=0x0820), "compression method"),
        (
            Stored(b"a", b"x", extra=struct.pack("<2HBL", 0x7075, 6, 1, zlib.crc32(b"a")) + b"b"),
            "entry with two names",
        ),
    ],
)
def test_headers_that_lie(entry: Stored, why: str) -> None:
    assert refused(ofd.pack([entry])) == ("OFD_PACKAGE_INVALID", why)


@pytest.mark.parametrize("flags", [0x0801, 0x0840, 0x2800])
def test_encrypted_entries(flags: int) -> None:
    with pytest.raises(DocumentEncrypted):
        open_archive(ofd.pack([Stored(b"OFD.xml", b"x", flags=flags)]))


def test_entries_that_share_bytes_are_refused() -> None:
    inner = ofd.pack([Stored(b"b", b"y" * 9, method=0)])
    outer = Stored(b"a", inner[: inner.index(b"PK\x01\x02")], method=0)
    start = len(b"a") + 30
    data = ofd.pack([outer, Stored(b"b", b"y" * 9, method=0, at=start)])
    assert refused(data) == ("OFD_PACKAGE_INVALID", "entries overlap")


@pytest.mark.parametrize("count", [1, 4, 65535])
def test_a_count_that_is_wrong(count: int) -> None:
    assert refused(ofd.pack(PARTS, count=count))[0] == "OFD_PACKAGE_INVALID"


def test_bombs() -> None:
    zeros = bytes(2 * 1024 * 1024)
    assert refused(ofd.pack({"a": zeros})) == ("OFD_PACKAGE_LIMIT", "ratio")
    claimed = [Stored(f"{i}".encode(), b"x" * 3000, size=300_000_000) for i in range(2)]
    assert refused(ofd.pack(claimed))[0] == "OFD_PACKAGE_LIMIT"
    many = {f"{i}": b"" for i in range(10_001)}
    assert refused(ofd.pack(many)) == ("OFD_PACKAGE_LIMIT", "entries")
    assert len(names(ofd.pack({"a": bytes(900_000)}))) == 1


@pytest.mark.parametrize(
    "entry",
    [
        Stored(b"a", b"x" * 100, crc=1),
        Stored(b"a", b"x" * 100, size=99),
        Stored(b"a", b"x" * 100, size=101),
        Stored(b"a", b"not deflated", method=0, crc=5),
    ],
)
def test_damaged_entries_do_not_read(entry: Stored) -> None:
    archive = open_archive(ofd.pack([entry]))
    with pytest.raises(DocumentUnreadable):
        archive.read(archive.entries[0])


def read_all(data: bytes) -> None:
    try:
        archive = open_archive(data)
    except (DocumentUnreadable, DocumentEncrypted):
        return
    for entry in archive.entries:
        try:
            content = archive.read(entry)
        except DocumentUnreadable:
            continue
        assert len(content) == entry.size


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 10**6),
    st.binary(max_size=40),
)
def test_any_bytes_are_read_or_refused(
    edits: list[tuple[int, int]], cut: int, appended: bytes
) -> None:
    data = bytearray(ofd.pack(PARTS))
    for place, value in edits:
        data[place % len(data)] = value
    read_all(bytes(data))
    read_all(bytes(data[: cut % len(data)]))
    read_all(bytes(data) + appended)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    read_all(noise)
    read_all(noise + b"PK\x05\x06" + noise)
