"""Amounts, dates and identifiers out of hostile text: exact, bounded, ASCII digits only.

No float, no exponent, no NaN, no full-width digit: what another reader could take for a different
number is refused with a code instead of guessed.
"""

from contextlib import AbstractContextManager
from datetime import date
from decimal import ROUND_FLOOR, Context, Decimal, localcontext

from sealsvc.formats.values import ReadingProblem

MAX_INTEGER_DIGITS = 15
MAX_FRACTION_DIGITS = 20
MAX_TEXT = 1_000
MAX_PROBLEMS = 100
_DIGITS = frozenset("0123456789")
_CENT = Decimal("0.01")
# Two factors of at most 35 digits each: every product and sum below is exact.
_CONTEXT = Context(prec=120)


class ProblemLog:
    """The problems of one reading, bounded so that a hostile file cannot fill a report."""

    def __init__(self) -> None:
        self._problems: list[ReadingProblem] = []

    def add(self, code: str, detail: str = "") -> None:
        """Note a problem once. detail: a field name or reason, never content."""
        problem = ReadingProblem(code, detail)
        if len(self._problems) < MAX_PROBLEMS and problem not in self._problems:
            self._problems.append(problem)

    def taken(self) -> tuple[ReadingProblem, ...]:
        """All problems in the order noted."""
        return tuple(self._problems)

    def amount(self, text: str | None, field: str) -> Decimal | None:
        """The exact decimal; None where absent, or with a problem where it cannot be taken."""
        if text is None or not text.strip():
            return None
        value = parse_amount(text)
        if isinstance(value, Decimal):
            return value
        self.add(value, field)
        return None

    def date(self, text: str | None, field: str) -> date | None:
        """The date; None where absent, or with INVOICE_DATE_UNREADABLE."""
        if text is None or not text.strip():
            return None
        value = parse_date(text)
        if value is None:
            self.add("INVOICE_DATE_UNREADABLE", field)
        return value

    def text(self, text: str | None, field: str) -> str | None:
        """The text trimmed; None where empty, or with INVOICE_TEXT_TOO_LONG."""
        if text is None:
            return None
        trimmed = text.strip()
        if len(trimmed) > MAX_TEXT:
            self.add("INVOICE_TEXT_TOO_LONG", field)
            return None
        return trimmed or None


def exact() -> AbstractContextManager[Context]:
    """A decimal context in which sums and products of parsed amounts are exact."""
    return localcontext(_CONTEXT)


def parse_amount(text: str) -> Decimal | str:
    """The decimal of `[+-]digits[.digits]`, or the code of why not.

    Source: xs:decimal; the bound on digits is ours.
    """
    body = text.strip()
    if body and set(body) == {"*"}:
        return "INVOICE_AMOUNT_MASKED"
    if len(body) > MAX_INTEGER_DIGITS + MAX_FRACTION_DIGITS + 2:
        return "INVOICE_AMOUNT_TOO_LONG"
    unsigned = body[1:] if body[:1] in ("+", "-") else body
    integer, point, fraction = unsigned.partition(".")
    if not (integer or fraction) or not _DIGITS.issuperset(integer + fraction):
        return "INVOICE_AMOUNT_NOT_DECIMAL"
    if point and not fraction:
        return "INVOICE_AMOUNT_NOT_DECIMAL"
    if len(integer.lstrip("0")) > MAX_INTEGER_DIGITS or len(fraction) > MAX_FRACTION_DIGITS:
        return "INVOICE_AMOUNT_TOO_LONG"
    return Decimal(body)


def parse_printed_amount(text: str) -> Decimal | str:
    """Like `parse_amount` for text as printed: a currency sign and `,` every three digits."""
    body = "".join(text.split())
    sign = "-" if body.startswith("-") else ""
    body = body.removeprefix("-")
    for mark in ("¥", "￥", "CNY"):
        body = body.removeprefix(mark)
    integer, point, fraction = body.partition(".")
    groups = integer.removeprefix("-").split(",")
    if len(groups) > 1:
        if not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
            return "INVOICE_AMOUNT_NOT_DECIMAL"
        body = integer.replace(",", "") + point + fraction
    if sign and body.startswith("-"):
        return "INVOICE_AMOUNT_NOT_DECIMAL"
    return parse_amount(sign + body)


def parse_rate(text: str, *, fraction: bool) -> Decimal | str:
    """A tax rate in per cent. fraction: a number without `%` is a fraction of one."""
    body = text.strip()
    value = parse_amount(body.removesuffix("%").strip())
    if isinstance(value, str) or body.endswith("%") or not fraction:
        return value
    with exact():
        return value * 100


def parse_date(text: str) -> date | None:
    """A date as `yyyy-mm-dd` (a time may follow), `yyyymmdd` or `yyyy年mm月dd日`."""
    body = text.strip()
    if len(body) > 40:
        return None
    if "年" in body:
        year, _, rest = body.partition("年")
        month, _, rest = rest.partition("月")
        day, _, _ = rest.partition("日")
        parts = (year, month.strip().zfill(2), day.strip().zfill(2))
    elif len(body) >= 10 and body[4] == body[7] and body[4] in "-/":
        parts = (body[:4], body[5:7], body[8:10])
        if len(body) > 10 and body[10] not in "TZ +-":
            return None
    elif len(body) in (8, 14):
        parts = (body[:4], body[4:6], body[6:8])
    else:
        return None
    return _date(parts)


def _date(parts: tuple[str, str, str]) -> date | None:
    year, month, day = (part.strip() for part in parts)
    if (len(year), len(month), len(day)) != (4, 2, 2) or not _DIGITS.issuperset(year + month + day):
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def is_digits(text: str) -> bool:
    """Whether the text is one or more ASCII digits."""
    return bool(text) and _DIGITS.issuperset(text)


def clean_identifier(text: str | None) -> str | None:
    """An identifier without blanks, in upper case; None where nothing is left."""
    if text is None:
        return None
    return "".join(text.split()).upper() or None


def round_cents(value: Decimal) -> Decimal:
    """Two decimals, halves towards positive infinity.

    Source: XPath fn:round, in which the EN 16931 validation rules are written.
    """
    with exact():
        return (value + _CENT / 2).quantize(_CENT, rounding=ROUND_FLOOR)
