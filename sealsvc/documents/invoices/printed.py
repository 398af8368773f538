"""Amounts and words as they are printed on a page, often cut into several pieces."""

from collections.abc import Iterable
from decimal import Decimal

from sealsvc.documents.invoices.scalars import ProblemLog, parse_printed_amount
from sealsvc.documents.invoices.words import WordsUnreadable, parse_words

_SIGNS = frozenset(("¥", "￥", "CNY", "小写", "（小写）", "(小写)"))


def printed_amount(text: str | None, field: str, log: ProblemLog) -> Decimal | None:
    """The decimal of a printed amount; asterisks mean that no tax is due."""
    if text is None or not text.strip():
        return None
    if set(text.strip()) == {"*"}:
        return Decimal(0)
    value = parse_printed_amount(text)
    if isinstance(value, Decimal):
        return value
    log.add(value, field)
    return None


def pick_amount(pieces: Iterable[str], field: str, log: ProblemLog) -> Decimal | None:
    """The one amount among the pieces; words beside it are skipped, two amounts are refused."""
    rest = [
        piece for piece in pieces if piece.strip() not in _SIGNS and pick_words([piece]) is None
    ]
    found = {
        value
        for piece in rest
        if piece.strip() and (value := printed_amount(piece, field, log)) is not None
    }
    if len(found) > 1:
        log.add("INVOICE_FIELD_REPEATED", field)
        return None
    return next(iter(found), None)


def pick_words(pieces: Iterable[str]) -> str | None:
    """The piece that is an amount in capitals."""
    for piece in pieces:
        try:
            parse_words(piece)
        except WordsUnreadable:
            continue
        return piece.strip()
    return None
