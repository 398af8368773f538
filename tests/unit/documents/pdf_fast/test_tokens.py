"""The tokenizer: what it takes, what it refuses, and that its two ways agree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.documents.pdf.fast import tokens
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.strings import date_string, decode_text, text_string
from sealsvc.documents.pdf.fast.tokens import (
    array_items,
    array_of_references,
    as_integer,
    as_number,
    as_reference,
    decode_name,
    end_of_value,
    is_name,
    read_dictionary,
    read_dictionary_object,
    two_strings,
    with_entry,
    with_item,
    without_entry,
)
from tests.builders.pdf import SIGNED_AT


@pytest.mark.parametrize(
    ("raw", "entries"),
    [
        (b"<<>>", {}),
        (b"<</A 1/B/C/D(x)>>", {b"A": b"1", b"B": b"/C", b"D": b"(x)"}),
        (b"<< /A << /A 1 /B [ << /C 2 >> ] >> >>", {b"A": b"<< /A 1 /B [ << /C 2 >> ] >>"}),
        (b"<</A 1 0 R/B<00 fF>/C true>>", {b"A": b"1 0 R", b"B": b"<00 fF>", b"C": b"true"}),
        (b"<</A(a(b(c(d)e)f)\\)g)/B 1>>", {b"A": b"(a(b(c(d)e)f)\\)g)", b"B": b"1"}),
        (b"<</#41 1/B#20C 2>>", {b"A": b"1", b"B C": b"2"}),
        (b"<</A[1 0 R[2[3[4[5]]]]]>>", {b"A": b"[1 0 R[2[3[4[5]]]]]"}),
        (b"<</A null/B -.5/C +1./D[]>>", {b"A": b"null", b"B": b"-.5", b"C": b"+1.", b"D": b"[]"}),
    ],
)
def test_dictionary(raw: bytes, entries: dict[bytes, bytes]) -> None:
    found, end = read_dictionary(b"xx" + raw + b" endobj", 2)

    assert found.entries == entries
    assert (found.raw, end) == (raw, 2 + len(raw))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<<",
        b"<</A>>",
        b"<</A 1",
        b"<</A 1>",
        b"<</A 1/A 2>>",
        b"<</A 1/#41 2>>",
        b"<</A % comment\n1>>",
        b"<</A 1x>>",
        b"<</A 1 0 Rx>>",
        b"<</A truth>>",
        b"<</A (x>>",
        b"<</A <0g>>>",
        b"<</A [1 2>>",
        b"<<A 1>>",
        b"<</A#zz 1>>",
        b"<</A#00 1>>",
        b"<</A " + b"[" * 60 + b"]" * 60 + b">>",
        b"<</A " + b"<</B " * 60 + b"1" + b">>" * 60 + b">>",
    ],
)
def test_broken_dictionary(raw: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read_dictionary(raw, 0)
    assert read_dictionary_object(b"1 0 obj" + raw + b"\nendobj\n", 0) is None


NAMES = st.sampled_from([b"/A", b"/B", b"/Type", b"/a.b", b"/"])
ATOMS = st.sampled_from(
    [b"1", b"-2.5", b"3 0 R", b"(x)", b"(a(b)c)", b"(\\))", b"<0A>", b"true", b"null", b"/N"]
)
GAPS = st.sampled_from([b" ", b"\n", b"\r\n", b"\t\0"])


def _composite(children: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    array = st.lists(children, max_size=4).map(lambda all_: b"[" + b" ".join(all_) + b"]")
    pair = st.tuples(NAMES, GAPS, children).map(b"".join)
    return array | st.lists(pair, max_size=4).map(lambda all_: b"<<" + b" ".join(all_) + b" >>")


VALUES = st.recursive(ATOMS, _composite, max_leaves=12)


@settings(deadline=None, max_examples=120)
@given(
    pairs=st.lists(st.tuples(NAMES, GAPS, VALUES, GAPS), max_size=6),
    damage=st.none() | st.tuples(st.integers(0, 200), st.binary(max_size=2), st.integers(0, 2)),
)
def test_quick_and_slow_way_agree(
    pairs: list[tuple[bytes, bytes, bytes, bytes]], damage: tuple[int, bytes, int] | None
) -> None:
    raw = b"<<" + b"".join(b"".join(pair) for pair in pairs) + b">>"
    if damage is not None:
        at, put, gone = damage
        raw = raw[:at] + put + raw[at + gone :]
    quick = read_dictionary_object(b"7 0 obj\n" + raw + b"\nendobj\n", 0)
    try:
        slow, end = tokens._walk_dictionary(raw, 0, 0)
    except NotUnderstood:
        assert quick is None
        return
    if quick is not None:
        assert quick[2].raw == raw[:end]
        assert quick[2].entries == dict(slow)
        assert not raw[end:].strip(b"\0\t\n\f\r ")


@settings(deadline=None, max_examples=120)
@given(data=st.binary(max_size=60))
def test_tokens_of_any_bytes(data: bytes) -> None:
    for action in (end_of_value, read_dictionary):
        try:
            action(data, 0)
        except NotUnderstood:
            continue
    assert read_dictionary_object(data, 0) is None or data[:1].isdigit()


def test_splices_leave_every_other_byte() -> None:
    found, _ = read_dictionary(b"<< /A 1\n/B [ 1 0 R ]/C(B) >>", 0)

    assert with_entry(found, b"B", b"2") == b"<< /A 1\n/B  2/C(B) >>"
    assert with_entry(found, b"D", b"2") == b"<< /A 1\n/B [ 1 0 R ]/C(B) /D 2>>"
    assert without_entry(found, b"B") == b"<< /A 1\n /C(B) >>"
    assert without_entry(found, b"D") == found.raw
    assert with_item(b"[ 1 0 R ]", b"2 0 R") == b"[ 1 0 R  2 0 R]"


def test_splice_finds_a_key_however_spelled() -> None:
    found, _ = read_dictionary(b"<</#41 1/B<</A 2>>>>", 0)

    assert with_entry(found, b"A", b"9") == b"<</#41  9/B<</A 2>>>>"
    assert without_entry(found, b"A") == b"<< /B<</A 2>>>>"


def test_atoms() -> None:
    assert as_reference(b"12 3 R") == as_reference(b"12\0 3\nR") == (12, 3)
    assert [as_reference(one) for one in (None, b"/R", b"12", b"(1 0 R)", b"1 R")] == [None] * 5
    assert [as_integer(one) for one in (b"12", b"-3", b"+4", b"1.0", b"", None)] == [
        12, -3, 4, None, None, None,
    ]  # fmt: skip
    assert [as_number(one) for one in (b"1.5", b"-.5", b"1e5", b"--1", b"nan", None)] == [
        1.5, -0.5, None, None, None, None,
    ]  # fmt: skip
    assert is_name(b"/P#61ge", b"/Page")
    assert not is_name(b"(Page)", b"/Page")
    assert not is_name(None, b"/Page")
    assert decode_name(b"A#20B") == b"A B"
    assert array_items(b"[1 0 R /A[2]]") == [b"1 0 R", b"/A", b"[2]"]
    assert array_of_references(b"[ 1 0 R 22 1 R]") == [(1, 0), (22, 1)]
    assert two_strings(b"[<00>(a)]") == (b"<00>", b"(a)")


@pytest.mark.parametrize("raw", [b"[1 0 R /A]", b"[1]", b"1 0 R", b"[1 0 R", b""])
def test_no_array_of_references(raw: bytes) -> None:
    with pytest.raises(NotUnderstood):
        array_of_references(raw)


@pytest.mark.parametrize("raw", [b"[<00>]", b"[<00>(a)(b)]", b"<00>(a)", b"[1 2]"])
def test_no_two_strings(raw: bytes) -> None:
    with pytest.raises(NotUnderstood):
        two_strings(raw)


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_text_survives(text: str) -> None:
    raw = text_string(text)

    assert decode_text(raw) == text
    assert end_of_value(raw, 0) == len(raw)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"(a\\053\\n\\\nb)", "a+\nb"),
        (b"(a\\)(b)\r\nc)", "a)(b)\nc"),
        (b"<4142 4>", "AB@"),
        (b"(\\xEF)", "xEF"),
        (b"<EFBBBFE58C97>", "北"),
    ],
)
def test_decoded_text(raw: bytes, text: str) -> None:
    assert decode_text(raw) == text


def test_date() -> None:
    assert date_string(SIGNED_AT) == b"(D:20261121093000Z)"
