"""Numbers and codes of Chinese invoices. Vectors: china-domain.md section 4.2."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.documents.invoices.findings import Severity
from sealsvc.documents.invoices.model import Invoice, InvoiceFamily, InvoiceKind
from sealsvc.documents.invoices.numbers import (
    Generation,
    NumberReading,
    check_number,
    read_code,
    read_number,
)


def _codes(reading: NumberReading) -> list[str]:
    return [one.code for one in reading.findings]


@pytest.mark.parametrize(
    ("number", "year"), [("26427000000316294884", 2026), ("25327000001739485410", 2025)]
)
def test_digital_numbers(number: str, year: int) -> None:
    reading = read_number(number, None, date(year, 3, 30))
    assert reading.generation is Generation.DIGITAL
    assert reading.findings == ()
    assert (reading.year, reading.region) == (number[:2], number[2:4])


def test_the_year_of_a_digital_number_is_the_issue_year() -> None:
    reading = read_number("26427000000316294884", None, date(2025, 12, 31))
    assert _codes(reading) == ["INVOICE_NUMBER_YEAR_MISMATCH"]


def test_a_digital_number_has_neither_code_nor_check_code() -> None:
    reading = read_number("26427000000316294884", "011001800604", date(2026, 1, 1), "1" * 20)
    assert _codes(reading) == ["INVOICE_LAYOUT_CONTRADICTION"] * 2


def test_an_unknown_region_only_warns() -> None:
    reading = read_number("26017000000316294884", None, date(2026, 1, 1))
    assert [one.severity for one in reading.findings] == [Severity.WARNING]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("065122100313", InvoiceKind.E_SPECIAL),
        ("011001800604", InvoiceKind.PAPER),
        ("144031909110", InvoiceKind.BLOCKCHAIN),
    ],
)
def test_codes(code: str, kind: InvoiceKind) -> None:
    reading = read_number("00000001", code, None)
    assert (reading.kind, reading.findings) == (kind, ())


@pytest.mark.parametrize(
    "code", ["054002000314", "144032009111", "144052009110", "12345", "2" * 12, "0" * 12, "１" * 12,
             "1" * 10 + "x0", "3100121940"],
)  # fmt: skip
def test_wrong_codes(code: str) -> None:
    reading = read_code(code)
    assert len(reading.findings) == 1
    assert reading.findings[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("number", "code", "problem"),
    [
        (None, None, "INVOICE_NUMBER_MISSING"),
        ("２6427000000316294884", None, "INVOICE_NUMBER_NOT_DIGITS"),
        ("2642700000031629488", None, "INVOICE_NUMBER_LENGTH"),
        ("264270000003162948840", None, "INVOICE_NUMBER_LENGTH"),
        ("", None, "INVOICE_NUMBER_NOT_DIGITS"),
        ("12345678", None, "INVOICE_CODE_MISSING"),
        ("2642700000031629488x", None, "INVOICE_NUMBER_NOT_DIGITS"),
    ],
)
def test_wrong_numbers(number: str | None, code: str | None, problem: str) -> None:
    assert _codes(read_number(number, code, None)) == [problem]


def test_other_families_have_no_structure() -> None:
    assert check_number(Invoice(InvoiceFamily.EN16931, number="x")) is None
    assert check_number(Invoice(InvoiceFamily.CN, number="x")) is not None


@given(st.text(max_size=25), st.text(max_size=15))
def test_never_raises(number: str, code: str) -> None:
    assert isinstance(read_number(number, code, date(2026, 1, 1)), NumberReading)
