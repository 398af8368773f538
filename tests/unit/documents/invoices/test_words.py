"""Amounts in Chinese capitals, written and read back."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.documents.invoices.words import (
    MAX_AMOUNT,
    WordsUnreadable,
    parse_words,
    render_words,
)

WRITTEN = {
    "0": "零圆整",
    "0.01": "壹分",
    "0.30": "叁角整",
    "10": "壹拾圆整",
    "10.05": "壹拾圆零伍分",
    "1680.32": "壹仟陆佰捌拾圆叁角贰分",
    "10000": "壹万圆整",
    "10100": "壹万零壹佰圆整",
    "100001": "壹拾万零壹圆整",
    "100000001": "壹亿零壹圆整",
    "1000000000000": "壹万亿圆整",
    "-5.50": "（负数）伍圆伍角整",
}
ALSO_READ = {
    "人民币壹佰元正": "100",
    "拾元整": "10",
    "壹拾万柒仟元零伍角叁分": "107000.53",
    "壹拾万零柒仟元伍角叁分": "107000.53",
    "貳萬參仟圓整": "23000",
    "负壹圆整": "-1",
    "(负数)壹圆贰角": "-1.2",
    " 壹 佰 圆 整 ": "100",
    "¥壹圆整": "1",
}
UNREADABLE = (
    "", "圆", "整", "零", "圆整", "壹佰", "壹仟壹圆整", "壹万伍圆整", "壹亿壹亿圆整", "壹圆零",
    "壹圆壹圆", "壹分壹角", "壹角壹角", "零零圆整", "壹佰壹佰圆整", "拾佰圆整", "亿圆整", "万圆整",
    "100圆整", "一百圆整", "壹佰圆整x", "负零圆整", "壹万万万圆整", "百万圆", "负负壹圆整",
    "壹拾零圆整", "壹圆整整", "壹佰圆伍", "壹" * 100, "壹亿零圆整", "壹佰伍圆整",
)  # fmt: skip


@pytest.mark.parametrize(("figures", "words"), WRITTEN.items())
def test_written(figures: str, words: str) -> None:
    assert render_words(Decimal(figures)) == words


@pytest.mark.parametrize(("words", "figures"), ALSO_READ.items())
def test_variants_are_read(words: str, figures: str) -> None:
    assert parse_words(words) == Decimal(figures)


@pytest.mark.parametrize("words", UNREADABLE)
def test_unreadable(words: str) -> None:
    with pytest.raises(WordsUnreadable):
        parse_words(words)


@pytest.mark.parametrize("amount", ["0.001", "NaN", "Infinity", str(MAX_AMOUNT)])
def test_what_has_no_words(amount: str) -> None:
    with pytest.raises(ValueError, match="capitals"):
        render_words(Decimal(amount))


@given(st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1))
def test_every_amount_comes_back(cents: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    assert parse_words(render_words(amount)) == amount


@given(st.text(alphabet="零壹贰玖拾佰仟万亿圆角分整负", max_size=20))
def test_no_text_has_two_values(text: str) -> None:
    """What is readable reads the same after being written again."""
    try:
        amount = parse_words(text)
    except WordsUnreadable:
        return
    assert parse_words(render_words(amount)) == amount


@given(st.text(max_size=100))
def test_nothing_else_is_raised(text: str) -> None:
    with contextlib.suppress(WordsUnreadable):
        parse_words(text)
