"""Money on the demonstration's papers: exact decimals, and amounts in Chinese words."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sealsvc.errors import BadInput

CENT = Decimal("0.01")
MAX_AMOUNT = Decimal("999999999999.99")

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_GROUPS = ("亿", "万", "")


class AmountInvalid(BadInput):
    """An amount is negative, finer than a fen or too large to be written in words."""

    code = "AMOUNT_INVALID"


@dataclass(frozen=True)
class Line:
    """One line of an invoice. unit_price: without tax; rate: `0.13` is 13 %."""

    name: str
    spec: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    rate: Decimal = Decimal("0.13")

    @property
    def net(self) -> Decimal:
        """Amount without tax, to the fen, half a fen rounded up."""
        return (self.quantity * self.unit_price).quantize(CENT, ROUND_HALF_UP)

    @property
    def tax(self) -> Decimal:
        """Tax on `net`, to the fen, half a fen rounded up."""
        return (self.net * self.rate).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Totals:
    """Sums of an invoice; gross = net + tax exactly."""

    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        """Amount including tax (价税合计)."""
        return self.net + self.tax


def totals(lines: tuple[Line, ...]) -> Totals:
    """The sums of the lines' rounded amounts, as invoices add them up."""
    zero = Decimal("0.00")
    return Totals(sum((line.net for line in lines), zero), sum((line.tax for line in lines), zero))


def rmb_in_words(amount: Decimal) -> str:
    """A sum of money in Chinese capitals, in the form used on invoices (圆, 整).

    Where the rules leave the 零 to the writer (圆 or 万 digit is 0 and the next lower one is
    not) it is left out. Raises: AmountInvalid.
    Source: 会计基础工作规范 article 52 (3)-(5).
    """
    fit = amount.is_finite() and 0 <= amount <= MAX_AMOUNT and amount == amount.quantize(CENT)
    if not fit:
        raise AmountInvalid(amount=str(amount))
    yuan, fen = divmod(int(amount * 100), 100)
    head = _integer_in_words(yuan) + "圆" if yuan else ""
    if not fen:
        return (head or "零圆") + "整"
    jiao, rest = divmod(fen, 10)
    if not jiao:
        return head + ("零" if head else "") + _DIGITS[rest] + "分"
    return head + _DIGITS[jiao] + "角" + (_DIGITS[rest] + "分" if rest else "整")


def plain(amount: Decimal) -> str:
    """Two decimals without grouping, as printed on invoices: `12345.60`."""
    return f"{amount:.2f}"


def percent(rate: Decimal) -> str:
    """A tax rate as printed: `13%`."""
    return f"{(rate * 100).normalize():f}%"


def _integer_in_words(value: int) -> str:
    """A positive integer below 10**12, four digits at a time."""
    words = ""
    for position, name in enumerate(_GROUPS):
        group = value // 10_000 ** (len(_GROUPS) - 1 - position) % 10_000
        if not group:
            continue
        if words and (group < 1_000 or _skipped_group(value, position)):
            words += "零"
        words += _group_in_words(group) + name
    return words


def _skipped_group(value: int, position: int) -> bool:
    """Whether the group of four digits before this one is all zeros."""
    return not value // 10_000 ** (len(_GROUPS) - position) % 10_000


def _group_in_words(group: int) -> str:
    words, gap = "", False
    for digit, place in zip(f"{group:04d}", _PLACES, strict=True):
        if digit == "0":
            gap = True
            continue
        words += ("零" if gap and words else "") + _DIGITS[int(digit)] + place
        gap = False
    return words
