"""Exact amounts of money: plain decimals within bounds, and currencies by their three letters."""

from collections.abc import Iterable
from decimal import Context, Decimal, localcontext

MAX_INTEGER_DIGITS = 18
MAX_FRACTION_DIGITS = 4
CURRENCY_LETTERS = 3
# Sums of all amounts that one deal may hold stay exact; the default context rounds at 28 digits.
_EXACT = Context(prec=80)
_DIGITS = frozenset("0123456789")
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def parse_amount(text: str) -> Decimal | None:
    """The amount that a text writes as plain decimals; None for anything else, or out of bounds.

    At most 18 digits before the point and 4 behind; a sign, no exponent, no separators.
    """
    if len(text) > MAX_INTEGER_DIGITS + MAX_FRACTION_DIGITS + 2:
        return None
    whole, point, fraction = text.removeprefix("-").partition(".")
    if not whole or not _DIGITS.issuperset(whole + fraction) or (point and not fraction):
        return None
    amount = Decimal(text)
    return amount if in_bounds(amount) else None


def in_bounds(amount: Decimal) -> bool:
    """Whether an amount is finite and no longer than any that is kept or compared here."""
    if not amount.is_finite():
        return False
    _sign, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int)
    if exponent < -MAX_FRACTION_DIGITS:
        return False
    return len(digits) + exponent <= MAX_INTEGER_DIGITS


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum of amounts within bounds."""
    with localcontext(_EXACT):
        return sum(amounts, Decimal(0))


def less(amount: Decimal, part: Decimal) -> Decimal:
    """The exact difference of amounts within bounds."""
    with localcontext(_EXACT):
        return amount - part


def plain(amount: Decimal) -> str:
    """The one spelling: no exponent, two digits behind the point or as many more as it needs."""
    whole, _, fraction = format(amount, "f").partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


def is_currency(text: str) -> bool:
    """Whether a text has the shape of a currency's code. Source: ISO 4217 (three letters)."""
    return len(text) == CURRENCY_LETTERS and _LETTERS.issuperset(text)
