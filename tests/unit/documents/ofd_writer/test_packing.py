"""ZIP packages: untouched entries keep their bytes, others can read what is new."""

from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sealsvc.documents.ofd.archive import open_archive, packed
from sealsvc.documents.ofd.packing import append, new_package, repack
from tests.unit.documents.ofd_writer.material import AT

PARTS = {"OFD.xml": b"<a/>" * 50, "Doc_0/图.xml": b"<b/>", "Doc_0/x.dat": b"\0" * 99}


class Unseekable(BytesIO):
    """Makes zipfile write data descriptors, as Java's writer always does."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_: int) -> int:
        raise OSError


def contents(data: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(data)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def foreign(out: BytesIO) -> bytes:
    """A package by another writer: stored and deflated, a directory, odd attributes."""
    with ZipFile(out, "w", ZIP_DEFLATED) as opened:
        opened.writestr("Doc_0/", b"")
        opened.writestr("OFD.xml", b"<a/>" * 30)
        info = ZipInfo("Doc_0/a.xml", (2019, 5, 6, 7, 8, 10))
        info.compress_type, info.comment, info.extra = ZIP_STORED, b"note", b"\x99\x99\x02\x00ab"
        opened.writestr(info, b"<old/>")
        opened.writestr("Doc_0/章.xml", b"<c/>" * 30)
    return out.getvalue()


@pytest.mark.parametrize("out", [BytesIO, Unseekable])
def test_untouched_entries_keep_their_bytes(out: type[BytesIO]) -> None:
    data = foreign(out())
    archive = open_archive(data)
    again = repack(archive, {"Doc_0/a.xml": b"<new/>", "new.xml": b"<n/>"}, AT)
    new = open_archive(again)
    assert [one.name for one in new.entries] == [*(one.name for one in archive.entries), "new.xml"]
    for entry in archive.entries:
        other = next(one for one in new.entries if one.raw_name == entry.raw_name)
        if entry.name == "Doc_0/a.xml":
            continue
        old_local = data[entry.header_offset : entry.local_end]
        assert again[other.header_offset : other.local_end] == old_local
        assert packed(new, other) == packed(archive, entry)
        assert (other.modified, other.extra, other.comment) == (
            entry.modified,
            entry.extra,
            entry.comment,
        )
    assert contents(again) == {
        **contents(data),
        "Doc_0/a.xml": b"<new/>",
        "new.xml": b"<n/>",
    }


def test_new_package_is_deterministic_and_flagged() -> None:
    data = new_package(PARTS, AT)
    assert data == new_package(PARTS, AT.astimezone(timezone(timedelta(hours=8))))
    assert contents(data) == PARTS
    with ZipFile(BytesIO(data)) as opened:
        for info in opened.infolist():
            assert info.flag_bits == 0x0800
            assert info.date_time == (2026, 11, 21, 9, 30, 0)
    methods = {one.name: one.method for one in open_archive(data).entries}
    assert methods == {"OFD.xml": 8, "Doc_0/图.xml": 0, "Doc_0/x.dat": 0}


@pytest.mark.parametrize(
    ("year", "written"), [(1970, (1980, 6, 1)), (2000, (2000, 6, 1)), (2200, (2107, 6, 1))]
)
def test_times_a_zip_cannot_hold(year: int, written: tuple[int, int, int]) -> None:
    data = new_package({"a": b""}, datetime(year, 6, 1, tzinfo=UTC))
    with ZipFile(BytesIO(data)) as opened:
        assert opened.infolist()[0].date_time[:3] == written


def test_bytes_outside_are_left_out() -> None:
    data = b"before" + new_package(PARTS, AT)
    archive = open_archive(data)
    assert archive.problems
    again = open_archive(repack(archive, {}, AT))
    assert again.problems == ()
    assert again.data == new_package(PARTS, AT)


def test_append_equals_a_package_with_one_part_more() -> None:
    whole = new_package({**PARTS, "z.dat": b"value"}, AT)
    assert append(new_package(PARTS, AT), "z.dat", b"value", AT) == whole


def test_repacking_without_change_is_the_same() -> None:
    data = new_package(PARTS, AT)
    assert repack(open_archive(data), {}, AT) == data


@given(st.dictionaries(st.from_regex(r"[a-z章]{1,8}\.(xml|dat)", fullmatch=True), st.binary()))
def test_whatever_goes_in_comes_out(parts: dict[str, bytes]) -> None:
    data = new_package(parts, AT)
    assume(b"%PDF-" not in data[:1024])  # a polyglot is refused, whoever wrote it
    archive = open_archive(data)
    assert {one.name: archive.read(one) for one in archive.entries} == parts
    assert contents(data) == parts
