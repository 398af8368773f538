"""What the fast reader spares itself must never change its answer."""

import re
import sys
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sealsvc.documents.pdf import fastread, reader
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.revision import Hole, Revision
from sealsvc.documents.pdf.fast.tokens import Dictionary, array_items, as_reference
from sealsvc.documents.pdf.fast.xref import Section
from sealsvc.documents.pdf.fastread import cms
from sealsvc.documents.pdf.fastread.dictionary import _stands_once
from sealsvc.documents.pdf.fastread.further import _gains
from sealsvc.documents.pdf.fastread.marks import LARGE, MAX_CANDIDATES, count, count_outside
from sealsvc.documents.pdf.fastread.soundness import _freed
from tests.builders import pdf
from tests.unit.documents.pdf_fastread.compare import complaints
from tests.unit.documents.pdf_fastread.crafted import crafted
from tests.unit.documents.pdf_fastread.crafted import honest as unchanged
from tests.unit.documents.pdf_fastread.samples import fast, seals

assert np  # so that words are compared here
MARK = b"/ByteRange"
PIECES = st.sampled_from(
    [MARK, MARK[:-1], MARK[1:], b"Byte", b"yteRteRa/Byt", b"/#42yteRange", b"/", b"\0", b"x"]
)
PLACES = st.integers(0, LARGE + 200)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PLACES, PIECES), max_size=12), st.integers(0, 40), st.integers(0, 40))
@example([(0, MARK), (LARGE, MARK)], 0, 0)
@example([(1, MARK)], 2, 0)
def test_marks_are_counted_as_bytes_count_does(
    pieces: list[tuple[int, bytes]], start: int, short: int
) -> None:
    data = bytearray(LARGE + 300)
    for at, piece in pieces:
        data[at : at + len(piece)] = piece
    stop = len(data) - short
    assert count(bytes(data), MARK, start, stop) == data.count(MARK, start, stop)


@pytest.mark.parametrize("shift", range(8))
def test_mark_at_the_very_ends(shift: int) -> None:
    data = b" " * shift + MARK + b" " * (LARGE + 5) + MARK
    assert count(data, MARK, 0, len(data)) == 2
    assert count(data, MARK, shift, len(data)) == 2
    assert count(data, MARK, shift + 1, len(data) - 1) == 0


def test_many_marks_and_many_that_are_none() -> None:
    for piece in (MARK, b"Byte" * 3, MARK + b" "):
        data = piece * (MAX_CANDIDATES + LARGE // len(piece))
        assert count(data, MARK, 0, len(data)) == data.count(MARK)


def test_without_numpy_the_count_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b" " * LARGE + MARK + b" " * LARGE
    assert count(data, MARK, 0, len(data)) == 1
    monkeypatch.delitem(sys.modules, "numpy")
    assert count(data, MARK, 0, len(data)) == 1
    assert "numpy" not in sys.modules


def test_holes_are_left_out() -> None:
    data = MARK + b"<00>" + MARK + b"<11>" + MARK
    assert count_outside(data, MARK, [(10, 14), (24, 28)]) == 3
    assert count_outside(data, MARK, [(0, 14)]) == 2
    assert count_outside(data, MARK, []) == 3


def _large(inserted: bytes, shift: int) -> bytes:
    """A document of more than LARGE bytes with such a stream in it."""
    body = b" " * (LARGE + 64 + shift) + inserted + b" " * LARGE
    step = pdf.Revision(pdf.plain())
    stream = b"<</Length %d>>\nstream\n%b\nendstream" % (len(body), body)
    return step.put(step.size, stream).build()


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize(
    "hidden",
    [
        b"/ByteRange [0 1 2 3]",
        b"9 0 obj<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>endobj",
        b"% /ByteRange\t[",
        b"(/ByteRange\r\n[)",
        b"/ByteRange",
    ],
)
def test_mark_anywhere_in_a_large_file_is_the_general_readers(hidden: bytes, shift: int) -> None:
    data = fast(_large(hidden, shift))
    assert fastread.read(data) is None
    said = {one.code for one in reader.read(data).problems}
    assert ("SIGNATURE_OUTSIDE_FORM" in said) == (b"[" in hidden)


@pytest.mark.parametrize("harmless", [b"", b"/Byte Range", b"ByteRange", b"/byterange ["])
def test_large_file_without_another_mark_is_read_fast(harmless: bytes) -> None:
    assert complaints(fast(_large(harmless, 1))) == []


@pytest.mark.parametrize(
    "entry",
    [b"/X<</#42yteRange [0 1 2 3]/Contents<00>>>", b"/X<</Byte#52ange [0 1 2 3]>>"],
)
def test_escaped_mark_outside_the_form_is_said_alike(entry: bytes) -> None:
    step = pdf.Revision(pdf.plain())
    base = step.put(step.root, step.bodies[step.root][:-2] + entry + b">>").build()
    assert complaints(seals(1, base)) in (None, [])


@pytest.mark.parametrize("old", [b"/ByteRange", b"/Contents", b"/SubFilter", b"/Filter"])
def test_escaped_key_of_a_seal_never_passes_unequal(old: bytes) -> None:
    def escape(_: Revision, hole: Hole) -> Hole:
        spelled = b"/#%02x%b" % (old[1], old[2:])
        return hole._replace(before=hole.before.replace(old, spelled, 1))

    with suppress(ValueError, KeyError, AssertionError, IndexError):
        assert complaints(crafted(seals(1), escape)) in (None, [])


@pytest.mark.parametrize(
    "entry",
    [b"/Prop_Build 1 0 R", b"/Prop_Build<</App[1 0 R]>>", b"/Name 999 0 R", b"/Reason[(x)1 0 R]"],
)
def test_seal_whose_dictionary_leads_elsewhere_is_left_alone(entry: bytes) -> None:
    def lead(_: Revision, hole: Hole) -> Hole:
        return hole._replace(before=hole.before.replace(b"/Contents ", entry + b"/Contents "))

    assert complaints(crafted(seals(1), unchanged)) == []
    assert fastread.read(crafted(seals(1), lead)) is None


@given(st.binary(max_size=6), st.binary(max_size=40), st.binary(max_size=40), st.integers(-2, 50))
@example(b"\xab", b"<ab>", b"", 0)
@example(b"\xab", b"", b"<ab>", 0)
def test_token_stands_once(digits: bytes, before: bytes, behind: bytes, at: int) -> None:
    value = b"<%b>" % digits.hex().encode()
    raw = before + value + behind
    for place in (at, len(before)):
        once = place >= 0 and raw.find(value) == place and raw.find(value, place + 1) < 0
        assert _stands_once(value, raw, place) == once


ITEMS = st.sampled_from([b"7 0 R", b"9 0 R", b"17 0 R", b"7", b"0", b"<</A 7 0 R>>", b"(7 0 R)"])
GAPS = st.sampled_from([b" ", b"\n", b"", b"  "])


def _by_items(before: bytes, after: bytes, widget: tuple[int, int]) -> bool:
    old, new = array_items(before), array_items(after)
    return (
        len(new) == len(old) + 1
        and as_reference(new[-1]) == widget
        and new[:-1] == old
        and all(as_reference(one) != widget for one in old)
    )


@settings(max_examples=150)
@given(st.lists(ITEMS, max_size=5), st.lists(ITEMS, max_size=3), GAPS, GAPS, st.booleans())
@example([b"7", b"0"], [b"7 0 R"], b" ", b" ", False)
@example([], [b"7 0 R"], b"", b"", False)
@example([b"7 0 R"], [b"7 0 R"], b" ", b"", False)
def test_gained_annotation(
    old: list[bytes], more: list[bytes], first: bytes, last: bytes, dropped: bool
) -> None:
    before = b"[%b%b]" % (b" ".join(old), first)
    after = b"[%b %b%b]" % (b" ".join(old[dropped:]), b" ".join(more), last)
    assert _gains(before, after, (7, 0)) == _by_items(before, after, (7, 0))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"[1 0 R]", b"[1 0 R7 0 R]"),
        (b"[1 0 R]", b"[1 0 R 7 0 R 8 0 R]"),
        (b"[1 0 R]", b"[2 0 R 7 0 R]"),
        (b"[5 7]", b"[5 7 0 R]"),
        (b"[1 0 R]", b"[1 0 R 7 1 R]"),
        (b"[7 0 R]", b"[7 0 R 7 0 R]"),
        (b"[(7 0 R)]", b"[(7 0 R) 7 0 R 7 0 R]"),
    ],
)
def test_array_that_gains_something_else(before: bytes, after: bytes) -> None:
    try:
        assert not _gains(before, after, (7, 0))
    except NotUnderstood:
        return


_ODD = re.compile(rb"[0-9]{10} (?!00000 n)([0-9]{5}) ([nf])(?: \r| \n|\r\n)")
LINES = st.sampled_from(
    [
        b"0000000017 00000 n \n",
        b"0000000017 00000 n\r\n",
        b"0000000000 65535 f \n",
        b"0000000000 00001 f \r",
        b"0000000009 00002 n \n",
        b"0000000000 00000 f \n",
    ]
)


@given(st.lists(LINES, max_size=6), st.integers(0, 2), st.booleans())
@example([b"0000000000 65535 f \n"], 1, True)
@example([], 0, True)
def test_usual_tables_hide_no_freed_object(lines: list[bytes], first: int, is_base: bool) -> None:
    table = b"".join(lines)
    section = Section(0, 9, Dictionary(b"<<>>", {}), b"##" + table, [(first, len(lines), 2)])
    expected: set[int] | None = set()
    for match in _ODD.finditer(table):
        number, generation = first + match.start() // 20, int(match.group(1))
        dead = number and not generation and not is_base
        if match.group(2) == b"n" or dead or expected is None:
            expected = None
        elif number:
            expected.add(number)
    try:
        found: set[int] | None = _freed(section, is_base=is_base)
    except NotUnderstood:
        found = None
    assert found == expected


def test_signer_is_known_again_and_strangers_are_not_kept() -> None:
    data = fast(pdf.plain())
    assert fastread.read(data) == fastread.read(data)
    known = cms._known_signer.cache_info()
    for certificates in (b"\xa0\x00", b"\xa0\x02\x30\x00", b"\xa0\x80", b""):
        for _ in range(2):
            with pytest.raises(NotUnderstood):
                cms._signer(certificates, b"\x30\x00")
    assert cms._known_signer.cache_info().currsize == known.currsize


def test_large_sets_of_certificates_are_not_kept() -> None:
    known = cms._known_signer.cache_info()
    with pytest.raises(NotUnderstood):
        cms._signer(b"\xa0" + bytes(cms.MAX_KEPT_BYTES), b"\x30\x00")
    assert cms._known_signer.cache_info() == known


@pytest.mark.parametrize(
    "parent", [b"", b"/Parent null", b"/Parent 3 0 R", b"/Parent 1", b"/P 1 0 R"]
)
def test_page_of_another_parent_is_left_alone(parent: bytes) -> None:
    assert complaints(seals(1, _with_parent(b"/Parent\n1 0 R"))) == []
    assert fastread.read(seals(1, _with_parent(parent))) is None


def _with_parent(entry: bytes) -> bytes:
    """Two pages, the second's /Parent spelled so."""
    step = pdf.Revision(pdf.plain(2))
    pages = [n for n, body in step.bodies.items() if re.search(rb"/Type\s*/Page\b", body)]
    number = next(n for n in pages if n != step.page)
    body, count = re.subn(rb"/Parent\s+%d 0 R" % step.pages, entry, step.bodies[number])
    assert count == 1
    return step.put(number, body).build()
