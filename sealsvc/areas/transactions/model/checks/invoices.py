"""Each invoice: its file, its two sides, its sums, its red letters, who has claimed it."""

from collections.abc import Iterator
from decimal import Decimal

from sealsvc.areas.transactions.model.checks.documents import check_document, owners
from sealsvc.areas.transactions.model.checks.merchants import SIDES
from sealsvc.areas.transactions.model.deal import Deal, InvoiceFact
from sealsvc.areas.transactions.model.money import in_bounds, less, plain
from sealsvc.areas.transactions.model.verdict import Check, found, passed


def check_invoices(deal: Deal) -> Iterator[Check]:
    """Every check of every invoice, and that none was given twice."""
    for number, invoice in enumerate(deal.invoices, 1):
        node = f"invoice:{number}"
        yield from check_document(invoice.document, node)
        yield from _sides(deal, invoice, node)
        yield _amounts(invoice, node)
        yield _carriers(invoice, node)
        yield _red(invoice, node)
        yield _claim(deal, invoice, node)
        yield from _number(deal, invoice, node)
    yield from _once(deal)


def remaining(invoice: InvoiceFact) -> Decimal | None:
    """What the invoice still charges: its gross amount less what red letters took back."""
    if invoice.gross is None or not in_bounds(invoice.gross):
        return None
    back = invoice.red_total or Decimal(0)
    return less(invoice.gross, abs(back)) if in_bounds(back) else None


def _once(deal: Deal) -> Iterator[Check]:
    """One that is there twice is found; that none is passes only where all can be told apart."""
    seen: set[str] = set()
    all_known = all(one.key is not None for one in deal.invoices)
    for number, invoice in enumerate(deal.invoices, 1):
        node = f"invoice:{number}"
        if invoice.key in seen:
            yield found("TXN_DUPLICATE_REFERENCE", f"{node}.once", node, left=invoice.key)
        elif all_known:
            yield passed(f"{node}.once", node)
        if invoice.key is not None:
            seen.add(invoice.key)


def _sides(deal: Deal, invoice: InvoiceFact, node: str) -> Iterator[Check]:
    for side in SIDES:
        stated: str | None = getattr(invoice, side)
        wanted: str | None = getattr(deal, side)
        name = f"{node}.{side}"
        if stated is None:
            yield found("TXN_INVOICE_FIELD_MISSING", name, node, left=side)
        elif stated == wanted:
            yield passed(name, side, node)
        else:
            code = f"TXN_INVOICE_{side.upper()}_MISMATCH"
            yield found(code, name, node, left=stated, right=wanted)
    others = [one for one in owners(invoice.document) if one != deal.seller]
    name = f"{node}.sealed-by-seller"
    if others:
        yield found(
            "TXN_INVOICE_SEALED_BY_OTHER", name, node, left=", ".join(others), right=deal.seller
        )
    elif owners(invoice.document):
        yield passed(name, "seller", node)


def _amounts(invoice: InvoiceFact, node: str) -> Check:
    name = f"{node}.arithmetic"
    if invoice.gross is not None and not in_bounds(invoice.gross):
        return found("TXN_AMOUNT_OUT_OF_RANGE", name, node)
    if invoice.gross is None:
        too_long = "INVOICE_AMOUNT_TOO_LONG" in invoice.problems
        if too_long:
            return found("TXN_AMOUNT_OUT_OF_RANGE", name, node)
        return found("TXN_INVOICE_FIELD_MISSING", name, node, left="amount")
    if invoice.arithmetic is None:
        return found("TXN_INVOICE_ARITHMETIC_NOT_CHECKED", name, node)
    if not invoice.arithmetic:
        return found("TXN_INVOICE_ARITHMETIC_WRONG", name, node)
    return passed(name, node)


def _carriers(invoice: InvoiceFact, node: str) -> Check:
    name = f"{node}.carriers"
    if invoice.agree is False:
        return found("TXN_INVOICE_CARRIERS_DISAGREE", name, node)
    return passed(name, node)


def _red(invoice: InvoiceFact, node: str) -> Check:
    """Source: china-domain R09: the red total is at most the blue amount."""
    name = f"{node}.red-letter"
    if invoice.red:
        return found("TXN_INVOICE_IS_RED", name, node)
    if invoice.reversed is None or invoice.red_total is None:
        return found("TXN_INVOICE_RED_NOT_CHECKED", name, node)
    back, left = abs(invoice.red_total), remaining(invoice)
    if left is not None and left < 0:
        gross = plain(invoice.gross or Decimal(0))
        return found("TXN_INVOICE_RED_BEYOND", name, node, left=plain(back), right=gross)
    if invoice.reversed or (left == 0 and back > 0):
        return found("TXN_INVOICE_RED_LETTERED", name, node, evidence=invoice.fact_ids)
    if back > 0 and left is None:  # of how much is unknown
        return found("TXN_INVOICE_RED_NOT_CHECKED", name, node)
    if back > 0:
        return found("TXN_INVOICE_PARTLY_RED", name, node, left=plain(back))
    return passed(name, node, evidence=invoice.fact_ids)


def _claim(deal: Deal, invoice: InvoiceFact, node: str) -> Check:
    name = f"{node}.claim"
    if invoice.claimed_by is None:
        return found("TXN_INVOICE_CLAIM_NOT_CHECKED", name, node)
    others = [one for one in invoice.claimed_by if one != deal.buyer]
    if others:
        return found("TXN_INVOICE_CLAIMED_BY_OTHER", name, node, right=deal.buyer)
    return passed(name, node, evidence=invoice.fact_ids)


def _number(deal: Deal, invoice: InvoiceFact, node: str) -> Iterator[Check]:
    wanted, name = deal.expected.invoice_number, f"{node}.number"
    if invoice.number is None:
        yield found("TXN_INVOICE_FIELD_MISSING", name, node, left="number")
    elif wanted is not None and wanted != invoice.number and len(deal.invoices) == 1:
        yield found("TXN_NUMBER_MISMATCH", name, node, "order", left=invoice.number, right=wanted)
    else:
        yield passed(name, node)
