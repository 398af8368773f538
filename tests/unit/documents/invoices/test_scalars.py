"""Amounts, rates and dates: exact or refused with a code."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.documents.invoices.scalars import (
    MAX_PROBLEMS,
    ProblemLog,
    exact,
    parse_amount,
    parse_date,
    parse_printed_amount,
    parse_rate,
    round_cents,
)

GOOD = {"0": "0", "-0.01": "-0.01", "+1.50": "1.50", " 7 ": "7", ".5": "0.5", "007": "7"}
BAD = (
    "1e3", "1E+2", "NaN", "-NaN", "sNaN", "Infinity", "-inf", "0x10", "1_000", "1,000.00", "1 000",
    "１２", "١٢", "1.", ".", "-", "+", "--1", "+-1", "1.2.3", "¥1", "1-", "²", "½", "一",
    "1\u200b", "1\x00", "",
)  # fmt: skip


@pytest.mark.parametrize(("text", "value"), GOOD.items())
def test_plain_decimals_are_taken(text: str, value: str) -> None:
    assert parse_amount(text) == Decimal(value)


@pytest.mark.parametrize("text", BAD)
def test_anything_else_is_refused(text: str) -> None:
    assert parse_amount(text) == "INVOICE_AMOUNT_NOT_DECIMAL"


@pytest.mark.parametrize("text", ["9" * 30, "9" * 16, "1." + "0" * 21, "-" + "1" * 16, "0" * 5000])
def test_thirty_digits_are_too_long(text: str) -> None:
    assert parse_amount(text) == "INVOICE_AMOUNT_TOO_LONG"


def test_asterisks_are_named() -> None:
    assert parse_amount("***") == "INVOICE_AMOUNT_MASKED"


@pytest.mark.parametrize(
    "text", ["1,00", "12,34,567", ",123", "1234,567", "1,234,56", "--1", "¥¥1"]
)
def test_odd_thousands_are_refused(text: str) -> None:
    assert parse_printed_amount(text) == "INVOICE_AMOUNT_NOT_DECIMAL"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("¥ 1,234.50", "1234.50"),
        ("￥-3.00", "-3.00"),
        ("-¥3.00", "-3.00"),
        ("1,234,567", "1234567"),
    ],
)
def test_printed_amounts(text: str, value: str) -> None:
    assert parse_printed_amount(text) == Decimal(value)


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=6))
def test_what_is_written_plainly_is_read_exactly(value: Decimal) -> None:
    assert parse_amount(format(value, "f")) == value


@given(st.text(max_size=40))
def test_no_text_makes_it_raise(text: str) -> None:
    for parse in (parse_amount, parse_printed_amount):
        value = parse(text)
        assert isinstance(value, str) or value.is_finite()
    parse_date(text)


def test_rates() -> None:
    assert parse_rate("13%", fraction=True) == 13
    assert parse_rate("0.06", fraction=True) == 6
    assert parse_rate("19", fraction=False) == 19
    assert parse_rate("1e1%", fraction=True) == "INVOICE_AMOUNT_NOT_DECIMAL"


@pytest.mark.parametrize(
    "text",
    ["2026-03-30", "2026-03-30T10:00:00Z", "2026-03-30 10:00", "20260330", "2026年3月30日",
     "2026年03月30日", "20260330102030", "2026/03/30"],
)  # fmt: skip
def test_dates(text: str) -> None:
    assert parse_date(text) == date(2026, 3, 30)


@pytest.mark.parametrize(
    "text",
    ["2026-02-30", "20261301", "2026", "２０２６0330", "26-03-30", "2026-3-30", "0000-01-01",
     "年月日", "2026-03-30x", "2026年333月30日", "", "9" * 100, "2026-03/30"],
)  # fmt: skip
def test_no_dates(text: str) -> None:
    assert parse_date(text) is None


def test_cents_round_half_up_and_exactly() -> None:
    assert round_cents(Decimal("1.005")) == Decimal("1.01")
    assert round_cents(Decimal("-1.005")) == Decimal("-1.00")
    assert round_cents(Decimal("1.0049999999999999999")) == Decimal("1.00")


def test_products_of_the_longest_amounts_are_exact() -> None:
    longest = Decimal("9" * 15 + "." + "9" * 20)
    with exact():
        assert longest * longest / longest == longest


def test_a_log_is_bounded_and_without_repetition() -> None:
    log = ProblemLog()
    for at in range(MAX_PROBLEMS * 3):
        log.add("X", str(at % (MAX_PROBLEMS * 2)))
    assert len(log.taken()) == MAX_PROBLEMS


def test_a_long_text_is_refused() -> None:
    log = ProblemLog()
    assert log.text("x" * 1001, "name") is None
    assert [one.code for one in log.taken()] == ["INVOICE_TEXT_TOO_LONG"]
