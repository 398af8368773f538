"""Files to import as rows: encodings, headers, quotes, hostile bytes."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.areas.entities.importing import csv_records, source
from sealsvc.areas.entities.importing.faults import (
    ImportEncodingUnknown,
    ImportFileInvalid,
    ImportHeaderInvalid,
    ImportTooLong,
    RowProblem,
)
from sealsvc.areas.entities.importing.register import COLUMNS
from sealsvc.areas.entities.importing.source import SourceRow, read_rows
from sealsvc.errors import BadInput

HEAD = "uscc,legalName\n"


def rows(data: bytes | str) -> list[SourceRow | RowProblem]:
    return list(read_rows(data.encode() if isinstance(data, str) else data, COLUMNS))


def seen(data: bytes | str) -> list[tuple]:
    """(line, values) of rows, (line, code, reason) of problems."""
    return [
        (row.line, row.code, row.reason)
        if isinstance(row, RowProblem)
        else (row.line, dict(row.values))
        for row in rows(data)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_chinese_headers_in_every_encoding(encoding: str, newline: str) -> None:
    text = newline.join(["统一社会信用代码,名 称", "91,甲公司", "", "92,乙公司", ""])
    assert seen(text.encode(encoding)) == [
        (2, {"uscc": "91", "legalName": "甲公司"}),
        (4, {"uscc": "92", "legalName": "乙公司"}),
    ]


def test_full_width_case_and_marks_of_a_header_do_not_count() -> None:
    assert seen("ＵＳＣＣ*,legal_name\na,b")[0][1] == {"uscc": "a", "legalName": "b"}


def test_quoted_newlines_and_commas_keep_the_line_numbers() -> None:
    text = HEAD + 'a,"x\ny, ""z"""\nb,c\n'
    assert seen(text) == [
        (2, {"uscc": "a", "legalName": 'x\ny, "z"'}),
        (4, {"uscc": "b", "legalName": "c"}),
    ]


def test_formulas_are_text() -> None:
    for cell in ("=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1"):
        assert seen(f"{HEAD}a,{cell}\n")[0][1]["legalName"] == cell


def test_a_quote_inside_a_plain_cell_is_a_character() -> None:
    assert seen(HEAD + 'a,5" pipe\nb,6" pipe\n') == [
        (2, {"uscc": "a", "legalName": '5" pipe'}),
        (3, {"uscc": "b", "legalName": '6" pipe'}),
    ]


def test_an_open_quote_costs_one_row() -> None:
    good = "".join(f"{n},c{n}\n" for n in range(200))
    found = seen(HEAD + 'x,"open\n' + good)
    assert found[0] == (2, "IMPORT_ROW_UNREADABLE", "QUOTES")
    assert [line for line, *_ in found[1:]] == list(range(3, 203))


def test_text_behind_a_closed_quote_costs_one_row() -> None:
    assert seen(HEAD + 'a,"b"c\nd,e\n') == [
        (2, "IMPORT_ROW_UNREADABLE", "QUOTES"),
        (3, {"uscc": "d", "legalName": "e"}),
    ]


def test_rows_of_another_width() -> None:
    found = seen(HEAD + "a\na,b,c\na,b,,\n")
    assert [one[1:] for one in found[:2]] == [("IMPORT_ROW_UNREADABLE", "CELLS")] * 2
    assert found[2] == (4, {"uscc": "a", "legalName": "b"})


def test_long_lines_and_cells_cost_one_row() -> None:
    long = "x" * (csv_records.MAX_RECORD_CHARS + 10)
    wide = "y" * (csv_records.MAX_CELL_CHARS + 10)
    assert seen(f"{HEAD}a,{long}\nb,{wide}\nc,d\n") == [
        (2, "IMPORT_ROW_UNREADABLE", "TOO_LARGE"),
        (3, "IMPORT_ROW_UNREADABLE", "QUOTES" if len(wide) > 131072 else "TOO_LARGE"),
        (4, {"uscc": "c", "legalName": "d"}),
    ]


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("uscc", "MISSING"),
        ("uscc,legalName,colour", "UNKNOWN"),
        ("uscc,legalName,名称", "REPEATED"),
        ('uscc,"legalName', "UNREADABLE"),
        ("uscc,,legalName", "UNKNOWN"),
        (",".join(["uscc"] * 100), "TOO_MANY"),
        ("%PDF-1.7", "UNKNOWN"),
    ],
)
def test_headers_that_are_none(head: str, reason: str) -> None:
    with pytest.raises(ImportHeaderInvalid) as found:
        read_rows(f"{head}\na,b\n".encode(), COLUMNS)
    assert found.value.fields["reason"] == reason


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \r\n\t\n"])
def test_empty_files(data: bytes) -> None:
    with pytest.raises(ImportFileInvalid):
        read_rows(data, COLUMNS)


def test_other_encodings_are_refused() -> None:
    with pytest.raises(ImportEncodingUnknown):
        read_rows("uscc,名称\n".encode("utf-16"), COLUMNS)
    with pytest.raises(ImportEncodingUnknown):
        read_rows(HEAD.encode() + b"a,\xff\xff\n", COLUMNS)


def test_too_many_lines_are_refused_before_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_LINES", 10)
    for newline in ("\n", "\r"):
        with pytest.raises(ImportTooLong):
            read_rows((newline.join(["uscc,legalName"] + ["a,b"] * 20)).encode(), COLUMNS)


def test_an_empty_cell_that_is_required() -> None:
    (found,) = rows(HEAD + ",b\n")
    assert isinstance(found, RowProblem)
    assert (found.code, found.field, found.reason) == ("IMPORT_ROW_INVALID", "uscc", "MISSING")


def test_a_json_array_with_line_numbers() -> None:
    text = '[\n{"uscc": "a", "名称": "b"},\n {"uscc": "c",\n"legalName": "d"}\n, {"uscc": 1}]\n'
    assert seen(text) == [
        (2, {"uscc": "a", "legalName": "b"}),
        (3, {"uscc": "c", "legalName": "d"}),
        (5, "IMPORT_ROW_INVALID", "MISSING"),
    ]
    assert seen("[]") == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1", "NO_OBJECT"),
        ("[]", "NO_OBJECT"),
        ('{"colour": 1}', "MEMBER_UNKNOWN"),
        ('{"uscc": "a", "uscc": "b"}', "MEMBER_REPEATED"),
        ('{"uscc": "a", "信用代码": "b"}', "MEMBER_REPEATED"),
        ('{"uscc": {}}', "TYPE"),
        ('{"uscc": {"a": 1}}', "TYPE"),
        ('{"uscc": true}', "TYPE"),
        ('{"uscc": 1.5}', "TYPE"),
        ('{"uscc": [1]}', "TYPE"),
        ('{"uscc": [["a"]]}', "TYPE"),
    ],
)
def test_json_elements_that_are_no_rows(value: str, reason: str) -> None:
    good = '{"uscc": "a", "legalName": "b"}'
    found = seen(f"[{value}, {good}]")
    assert found[0] == (1, "IMPORT_ROW_UNREADABLE", reason)
    assert found[1] == (1, {"uscc": "a", "legalName": "b"})


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "[{}",
        "[{},]",
        "[{} {}]",
        "[{}]x",
        '[{"a": NaN}]',
        "[" * 100_000,
        '[{"a":' * 50_000,
        "[1" + "0" * 5000 + "]",
        "[{]",
    ],
)
def test_broken_arrays_import_nothing(text: str) -> None:
    with pytest.raises(ImportFileInvalid) as found:
        read_rows(text.encode(), COLUMNS)
    assert found.value.fields["line"] == 1


def test_ndjson_lines_stand_by_themselves() -> None:
    good = '{"uscc": "a", "legalName": "b"}'
    long = '{"uscc": "' + "x" * 300_000 + '"}'
    found = seen(f"{good}\n\n{{broken\n{long}\n[]\n{'[' * 99_999}\n{good}")
    assert [one[0] for one in found] == [1, 3, 4, 5, 6, 7]
    assert [one[2] for one in found[1:5]] == ["JSON", "TOO_LARGE", "NO_OBJECT", "JSON"]
    assert found[0][1] == found[5][1]


CELL = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r\n"), max_size=20
).map(str.strip)


@given(st.lists(st.tuples(CELL, CELL), max_size=20))
@settings(max_examples=150)
def test_what_csv_writes_is_read_again(table: list[tuple[str, str]]) -> None:
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerow(["uscc", "legalName"])
    writer.writerows(table)
    found = [one.values for one in rows(sink.getvalue()) if isinstance(one, SourceRow)]
    full = [{"uscc": a, "legalName": b} for a, b in table if a and b]
    assert found == full


@given(st.lists(st.tuples(CELL, st.text(max_size=9)), max_size=9))
def test_json_and_ndjson_agree(table: list[tuple[str, str]]) -> None:
    shapes = [{"uscc": f"a{a}", "legalName": f"b{b}"} for a, b in table]
    array = json.dumps(shapes).encode()
    lines = "\n".join(map(json.dumps, shapes)).encode()
    found = [one.values for one in rows(array) if isinstance(one, SourceRow)]
    assert found == shapes
    if shapes:
        assert [one.values for one in rows(lines) if isinstance(one, SourceRow)] == shapes


@given(
    st.one_of(st.binary(max_size=300), st.text('",\n\r\\ab[]{}:0', max_size=300).map(str.encode))
)
@settings(max_examples=300)
def test_any_bytes_give_rows_or_a_refusal(data: bytes) -> None:
    for prefix in (b"", b"uscc,legalName\n", b"[", b'{"uscc":"a"}\n'):
        try:
            for row in read_rows(prefix + data, COLUMNS):
                assert isinstance(row, SourceRow | RowProblem)
                assert 1 <= row.line <= prefix.count(b"\n") + len(data) + 1
        except BadInput as error:
            named = error.code
        else:
            named = "IMPORT_"
        assert named.startswith("IMPORT_")


@given(
    st.lists(st.text('",ab', max_size=12), max_size=30),
    st.integers(min_value=0, max_value=29),
)
def test_no_good_line_is_lost_behind_a_bad_one(lines: list[str], place: int) -> None:
    """Lines without quotes come through whatever stands in a line that is no record."""
    broken = 'x,"never closed'
    plain = [line.replace('"', "") or "a,b" for line in lines]
    at = min(place, len(plain))
    text = HEAD + "".join(f"{line}\n" for line in [*plain[:at], broken, *plain[at:]])
    without = [one[1:] for one in seen(HEAD + "".join(f"{line}\n" for line in plain))]
    found = [one[1:] for one in seen(text)]
    assert ("IMPORT_ROW_UNREADABLE", "QUOTES") in found
    found.remove(("IMPORT_ROW_UNREADABLE", "QUOTES"))
    assert found == without
