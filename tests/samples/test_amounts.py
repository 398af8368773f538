from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.demo.amounts import (
    MAX_AMOUNT,
    AmountInvalid,
    Line,
    percent,
    plain,
    rmb_in_words,
    totals,
)
from api.demo.invoice import demo_lines

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = {"拾": 10, "佰": 100, "仟": 1000}
FEN = st.integers(0, int(MAX_AMOUNT * 100))


def read_integer(words: str) -> int:
    """The inverse, written the other way round: a small reader of Chinese numerals."""
    total = group = digit = 0
    for character in words:
        if character in DIGITS:
            digit = DIGITS.index(character)
        elif character in PLACES:
            group += digit * PLACES[character]
            digit = 0
        else:
            scale = {"万": 10_000, "亿": 100_000_000}[character]
            total += (group + digit) * scale
            group = digit = 0
    return total + group + digit


def read_words(words: str) -> Decimal:
    yuan, found, rest = words.partition("圆")
    if not found:
        yuan, rest = "", words
    jiao = DIGITS.index(rest[rest.index("角") - 1]) if "角" in rest else 0
    fen = DIGITS.index(rest[rest.index("分") - 1]) if "分" in rest else 0
    return Decimal(read_integer(yuan) * 100 + jiao * 10 + fen) / 100


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零圆整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("0.55", "伍角伍分"),
        ("1", "壹圆整"),
        ("10", "壹拾圆整"),
        ("100", "壹佰圆整"),
        ("105.03", "壹佰零伍圆零叁分"),
        ("1005", "壹仟零伍圆整"),
        ("1409.50", "壹仟肆佰零玖圆伍角整"),
        ("6007.14", "陆仟零柒圆壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾圆叁角贰分"),
        ("16409.02", "壹万陆仟肆佰零玖圆零贰分"),
        ("20000.10", "贰万圆壹角整"),
        ("20001", "贰万零壹圆整"),
        ("107000.53", "壹拾万柒仟圆伍角叁分"),
        ("5000000", "伍佰万圆整"),
        ("100000000", "壹亿圆整"),
        ("100001000", "壹亿零壹仟圆整"),
        ("100000001.10", "壹亿零壹圆壹角整"),
        ("1000010000", "壹拾亿零壹万圆整"),
        ("23998.04", "贰万叁仟玖佰玖拾捌圆零肆分"),
    ],
)
def test_words(amount: str, words: str) -> None:
    assert rmb_in_words(Decimal(amount)) == words


@given(FEN)
def test_words_read_back(fen: int) -> None:
    amount = Decimal(fen) / 100
    assert read_words(rmb_in_words(amount)) == amount


@given(FEN)
def test_words_have_no_idle_zero(fen: int) -> None:
    words = rmb_in_words(Decimal(fen) / 100)
    assert "零零" not in words
    assert "零圆" not in words or fen < 100
    assert "零万" not in words
    assert "零亿" not in words
    assert words.endswith(("整", "分"))


@pytest.mark.parametrize("amount", ["-0.01", "0.001", "1.005", "1000000000000", "NaN", "Infinity"])
def test_words_refuse(amount: str) -> None:
    with pytest.raises(AmountInvalid):
        rmb_in_words(Decimal(amount))


def test_line_rounds_half_up() -> None:
    line = Line("x", "", "件", Decimal(3), Decimal("0.135"), Decimal("0.13"))
    assert line.net == Decimal("0.41")
    assert line.tax == Decimal("0.05")


def test_totals_add_up_exactly() -> None:
    lines = demo_lines()
    sums = totals(lines)
    assert sums.gross == sums.net + sums.tax
    assert sums.net == sum(line.net for line in lines)
    # china-domain 4.4: a line's tax may differ from amount * rate by 0.06, the totals by nothing.
    assert abs(sums.net * Decimal("0.13") - sums.tax) <= Decimal("0.06")


def test_no_lines_cost_nothing() -> None:
    assert totals(()).gross == Decimal("0.00")


def test_printed_forms() -> None:
    assert plain(Decimal(5)) == "5.00"
    assert percent(Decimal("0.13")) == "13%"
    assert percent(Decimal("0.06")) == "6%"
