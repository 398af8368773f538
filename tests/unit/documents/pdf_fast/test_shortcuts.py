"""Each short way takes only what the long way takes, with the same result; nothing kept matters."""

import contextlib
import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.documents.pdf.fast import appearance, pages, revision, sealing, tokens, xref
from sealsvc.documents.pdf.fast.kit import Composed, SealKit, SealOrder
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import Structure, understand
from sealsvc.values import DocumentRole
from tests.builders import pdf
from tests.builders.pdf import PLACE, chain_named
from tests.unit.documents.pdf_fast.generator import generated

ENDS = st.sampled_from([b" \n", b"\r\n", b" \r"])
LEXICAL = st.text("[]<>()/# \n\t\r\0\v+-.0123456789RAtruefalsenull\\%", max_size=24).map(
    lambda text: text.encode("latin-1")
)
KEPT = (
    tokens._reference,
    tokens._kept,
    pages._direct_box,
    sealing._laid,
    appearance._drawing,
    revision._table_form,
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, int]:
    """Rows, mostly alike, and a damaged byte now and then; how many there should be."""
    count, end = draw(st.integers(0, 6)), draw(ENDS)
    rows = b""
    for _ in range(count):
        row = b"%010d %05d " % (draw(st.integers(0, 10**10 - 1)), draw(st.integers(0, 99_999)))
        rows += row + draw(st.sampled_from([b"n", b"f"])) + draw(st.just(end) | ENDS)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(rows)))
        rows = rows[:at] + draw(st.sampled_from([b"", b"x", b"n", b"0", b" "])) + rows[at + 1 :]
    return rows, count


@settings(deadline=None, max_examples=100)
@given(table=tables())
def test_alike_entries_are_entries(table: tuple[bytes, int]) -> None:
    rows, count = table
    data = b"xx" + rows + b"trailer"
    alike = xref._are_alike(data, 2, count)
    entries = xref._are_entries(data, 2, 2 + 20 * count)
    ends = {rows[at + 18 : at + 20] for at in range(0, 20 * count, 20)}

    assert alike == (entries and len(ends) == 1)


@pytest.mark.parametrize("count", [-1, 0, 3, xref.MAX_ALIKE + 1, 10**10])
def test_no_alike_entries(count: int) -> None:
    assert not xref._are_alike(b"0000000000 00000 n \n" * 2, 0, count)


def test_mixed_ends_of_line_are_read() -> None:
    data = pdf.plain().replace(b"00000 n \n", b"00000 n\r\n", 1)

    assert understand(data).catalog.raw == understand(pdf.plain()).catalog.raw


@settings(deadline=None, max_examples=150)
@given(raw=LEXICAL)
def test_atoms_as_spelled_one_by_one(raw: bytes) -> None:
    words = (tokens._NAME, tokens._REFERENCE, tokens._NUMBER, tokens._TEXT, tokens._HEX)
    spelled = rb"(?:%b|%b|%b|%b|%b|(?:true|false|null)%b)" % (*words, tokens._END)
    expected, found = re.match(spelled, raw), re.match(tokens._ATOM, raw)

    assert (None if found is None else found.end()) == (
        None if expected is None else expected.end()
    )


@settings(deadline=None, max_examples=150)
@given(raw=LEXICAL.map(lambda inner: b"[" + inner + b"]") | LEXICAL)
def test_single_reference_as_any_number(raw: bytes) -> None:
    match = tokens._REFERENCES.fullmatch(raw)
    try:
        found = tokens.array_of_references(raw)
    except NotUnderstood:
        assert match is None
        return
    assert match is not None
    assert found == [(int(a), int(b)) for a, b in tokens._PAIR.findall(raw)]


@pytest.mark.parametrize("raw", [b"[1 2 /R]", b"[1 2 xR]", b"[1\v2 R]", b"[/1 2 R]", b"[1 2 R"])
def test_no_single_reference(raw: bytes) -> None:
    with pytest.raises(NotUnderstood):
        tokens.array_of_references(raw)


HEADERS = [b"%d 0 obj", b"%d  0\tobj", b"0%d 0 obj", b"%d 00000 obj"]
GAPS = [b"\n", b"", b" ", b"\r\n", b" \0\n\n"]


def _shifted(base: bytes, header: bytes, gap: bytes) -> bytes:
    """The first object with its header spelled so, padded to the length it had."""
    match = re.search(rb"(?<=\n)1 0 obj\s*(<<.*?>>)\s*endobj\n", base, re.DOTALL)
    assert match is not None
    new = header % 1 + gap + match.group(1).replace(b"\n", b" ")
    room = len(match.group()) + 12 - len(b"\nendobj\n")
    grown = base[: match.start()] + new.ljust(room) + b"\nendobj\n" + base[match.end() :]
    start = int(base.rsplit(b"startxref", 1)[1].split()[0])

    def moved(entry: re.Match[bytes]) -> bytes:
        at = int(entry.group(1))
        return b"%010d 00000 n" % (at + 12 if at > match.start() else at)

    head, table = grown[: start + 12], grown[start + 12 :]
    table = re.sub(rb"(\d{10}) 00000 n", moved, table)
    return head + table.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + 12))


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("header", HEADERS)
def test_headers_however_spelled(header: bytes, gap: bytes) -> None:
    base = pdf.plain()
    data = _shifted(base, header, gap)
    number = (1, 0)

    assert understand(data).object(number).dictionary is not None
    assert (
        understand(data).dictionary(number).entries == understand(base).dictionary(number).entries
    )


@pytest.mark.parametrize("header", [b"2 0 obj", b"1 1 obj", b"11 0 obj", b"1 0 obi", b"x1 0 obj"])
def test_header_of_another_object(header: bytes) -> None:
    data = pdf.plain().replace(b"\n1 0 obj", b"\n" + header, 1)
    structure = _understood(data)

    if structure is not None:
        with pytest.raises(NotUnderstood):
            structure.object((1, 0))


def _understood(data: bytes) -> Structure | None:
    try:
        return understand(data)
    except NotUnderstood:
        return None


NUMBERS = st.sampled_from([b"0", b"-0", b"595.28", b"+7.", b".5", b"-3", b"1e3", b"9" * 12, b"/A"])


@settings(deadline=None, max_examples=80)
@given(items=st.lists(NUMBERS, max_size=5), pad=st.sampled_from([b" ", b"\n", b" " * 70]))
def test_box_of_direct_numbers(items: list[bytes], pad: bytes) -> None:
    structure = understand(pdf.plain())
    raw = b"[" + pad.join(items) + b"]"

    def read(value: bytes) -> pages.Box | None:
        try:
            return pages._box(structure, value)
        except NotUnderstood:
            return None

    long_way = None
    with contextlib.suppress(NotUnderstood):
        long_way = pages._ordered(tokens.array_items(raw))
    assert read(raw) == long_way
    assert long_way is None or str(long_way).count("-0.0") == 0


OFFSETS = st.dictionaries(
    st.integers(1, 30), st.tuples(st.integers(0, 10**10 - 1), st.integers(0, 65_535)), min_size=1
)


@settings(deadline=None, max_examples=60)
@given(offsets=OFFSETS)
def test_table_says_every_offset(offsets: dict[int, tuple[int, int]]) -> None:
    table = b"xref\n%btrailer<</Size 99>>startxref" % revision._table(offsets)

    section = xref._read_table(table, 0)

    section.runs = xref._ascending(section.runs)
    for number in range(40):
        entry = section.entry(number)
        assert entry == ((xref.PLAIN, *offsets[number]) if number in offsets else None)


def test_nothing_listed_in_a_stream() -> None:
    body = zlib.compress(b"")
    data = b"%%PDF-1.7\n1 0 obj\n<</Type/XRef/W[1 2 1]/Index[]/Size 2/Root 1 0 R/Filter/FlateDecode"
    data = data.replace(b"%%", b"%") + b"/Length %d>>\nstream\n%b\nendstream\nendobj\n" % (
        len(body),
        body,
    )

    with pytest.raises(NotUnderstood):
        understand(data + b"startxref\n9\n%%EOF\n")


def _composed(seed: int) -> Composed:
    chain = chain_named()
    kit = SealKit(
        chain.leaf_der, (chain.issuing_der,), chain.leaf_signer.suite, "x", (pdf.imprint(), 0.5)
    )
    place = PLACE if seed % 2 else None
    order = SealOrder(DocumentRole.INVOICE, pdf.SIGNED_AT, "seal-1", place)
    try:
        return kit.compose(generated(seed), order)
    except Exception as error:  # whatever it says, it must say it twice
        return Composed(repr(error).encode(), b"", b"", judged=False)


@pytest.mark.parametrize("seed", range(24))
def test_what_is_kept_changes_nothing(seed: int) -> None:
    warm = _composed(seed), _composed(seed)
    for one in KEPT:
        one.cache_clear()

    assert _composed(seed) == warm[0] == warm[1]


def test_only_what_is_short_is_kept() -> None:
    tokens._kept.cache_clear()
    tokens._reference.cache_clear()
    filler = b"/A(" + b"x" * tokens.MAX_KEPT_DICTIONARY + b")"

    found = tokens.read_dictionary_object(b"1 0 obj\n<<" + filler + b">>\nendobj\n", 0)

    assert found is not None
    assert tokens.as_reference(b"1" + b" " * 40 + b"0 R") == (1, 0)
    assert tokens._kept.cache_info().currsize == tokens._reference.cache_info().currsize == 0


def test_one_kit_two_moments() -> None:
    chain = chain_named()
    kit = SealKit(chain.leaf_der, (chain.issuing_der,), chain.leaf_signer.suite)
    for moment in (pdf.SIGNED_AT, pdf.SIGNED_AT.replace(year=2027), pdf.SIGNED_AT):
        head = kit.compose(pdf.plain(), SealOrder(DocumentRole.CONTRACT, moment, "s")).head
        assert b"/M(D:%d" % moment.year in head
