"""Money on the demonstration's papers: exact decimals, and amounts in Chinese words."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from sealsvc.documents.invoices.words import render_words
from sealsvc.errors import BadInput

CENT = Decimal("0.01")
MAX_AMOUNT = Decimal("999999999999.99")


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
    return render_words(amount.quantize(CENT))


def plain(amount: Decimal) -> str:
    """Two decimals without grouping, as printed on invoices: `12345.60`."""
    return f"{amount:.2f}"


def percent(rate: Decimal) -> str:
    """A tax rate as printed: `13%`."""
    return f"{(rate * 100).normalize():f}%"
