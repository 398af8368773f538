"""The sums of an EN 16931 invoice, rule by rule.

Source: EN 16931-1 rules BR-CO-10 to BR-CO-17, BR-12 to BR-15 and BR-S-08 with its siblings, with
the rounding and slack of the published validation artefacts; Peppol BIS Billing rule R120.
"""

from collections.abc import Iterable
from decimal import Decimal

from sealsvc.documents.invoices.findings import Severity, Tally
from sealsvc.documents.invoices.model import Invoice, InvoiceLine, TaxGroup
from sealsvc.documents.invoices.scalars import round_cents

ZERO = Decimal(0)
# BR-CO-17 and BR-x-08: the artefacts accept a difference below one unit of the currency.
UNIT = Decimal(1)
LINE_RULE = "PEPPOL-EN16931-R120"
LINE_SLACK = Decimal("0.02")
CENT = Decimal("0.01")
# Category code to the infix of its rule names. Source: EN 16931-1, 6.4.3.
CATEGORY_RULES = {
    "S": "S",
    "Z": "Z",
    "E": "E",
    "AE": "AE",
    "K": "IC",
    "G": "G",
    "O": "O",
    "L": "AF",
    "M": "AG",
}
Key = tuple[str | None, Decimal]


def check_en16931(invoice: Invoice, tally: Tally) -> None:
    """Check every sum rule; runs inside `scalars.exact`."""
    _required(invoice, tally)
    _line_amounts(invoice, tally)
    _sums(invoice, tally)
    _document(invoice, tally)
    for at, group in enumerate(invoice.tax_groups, start=1):
        _tax_of_group(group, f"tax_groups.{at}", tally)
    _bases(invoice, tally)


def add_up(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum; None where one of the amounts is missing."""
    total = ZERO
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _required(invoice: Invoice, tally: Tally) -> None:
    totals = invoice.totals
    needed = {"BR-13": ("net", totals.net), "BR-14": ("gross", totals.gross)}
    needed["BR-15"] = ("payable", totals.payable)
    if invoice.lines:
        needed["BR-12"] = ("line_sum", totals.line_sum)
    for rule, (name, value) in needed.items():
        if value is None:
            tally.add("INVOICE_TOTAL_MISSING", rule, f"totals.{name}", (None, None))


def _line_amounts(invoice: Invoice, tally: Tally) -> None:
    """Quantity times price: a rule of Peppol, not of EN 16931, so it only warns."""
    for at, line in enumerate(invoice.lines, start=1):
        if not line.counted:
            continue
        expected = _expected_net(line)
        if expected is None or line.net is None:
            tally.skipped[LINE_RULE] = None
            continue
        tally.checked[LINE_RULE] = None
        if abs(expected - line.net) > LINE_SLACK:
            values = (round_cents(expected), line.net)
            where = f"lines.{at}.net"
            tally.add("INVOICE_LINE_AMOUNT_MISMATCH", LINE_RULE, where, values, Severity.WARNING)


def _expected_net(line: InvoiceLine) -> Decimal | None:
    if line.quantity is None or line.unit_price is None or line.adjustments is None:
        return None
    per = line.base_quantity if line.base_quantity is not None else Decimal(1)
    if per <= 0:
        return None
    return line.quantity * line.unit_price / per + line.adjustments


def _sums(invoice: Invoice, tally: Tally) -> None:
    totals = invoice.totals
    if invoice.lines:
        summed = add_up(line.net for line in invoice.lines if line.counted)
        _equal_rounded(tally, "BR-CO-10", "INVOICE_LINE_SUM_MISMATCH", summed, totals.line_sum)
    allowances = [each.amount for each in invoice.adjustments if not each.is_charge]
    charges = [each.amount for each in invoice.adjustments if each.is_charge]
    if allowances or totals.allowances is not None:
        _equal_rounded(
            tally,
            "BR-CO-11",
            "INVOICE_ALLOWANCE_SUM_MISMATCH",
            add_up(allowances),
            totals.allowances or ZERO,
        )
    if charges or totals.charges is not None:
        _equal_rounded(
            tally,
            "BR-CO-12",
            "INVOICE_CHARGE_SUM_MISMATCH",
            add_up(charges),
            totals.charges or ZERO,
        )


_WHERE = {
    "BR-CO-10": "totals.line_sum",
    "BR-CO-11": "totals.allowances",
    "BR-CO-12": "totals.charges",
    "BR-CO-13": "totals.net",
    "BR-CO-14": "totals.tax",
    "BR-CO-15": "totals.gross",
    "BR-CO-16": "totals.payable",
}


def _equal_rounded(
    tally: Tally, rule: str, code: str, expected: Decimal | None, found: Decimal | None
) -> None:
    """Equal after both are rounded to cents: only the result is rounded, never an addend."""
    values = tuple(None if value is None else round_cents(value) for value in (expected, found))
    tally.equal(rule, code, _WHERE[rule], (values[0], values[1]))


def _document(invoice: Invoice, tally: Tally) -> None:
    totals = invoice.totals
    net = gross = payable = None
    if totals.line_sum is not None:
        net = totals.line_sum - (totals.allowances or ZERO) + (totals.charges or ZERO)
    if totals.net is not None:
        gross = totals.net + (totals.tax or ZERO)
    if totals.gross is not None:
        payable = totals.gross - (totals.prepaid or ZERO) + (totals.rounding or ZERO)
    _equal_rounded(tally, "BR-CO-13", "INVOICE_NET_TOTAL_MISMATCH", net, totals.net)
    if invoice.tax_groups:
        summed = add_up(group.tax for group in invoice.tax_groups)
        found = totals.tax if totals.tax is not None else ZERO
        _equal_rounded(tally, "BR-CO-14", "INVOICE_TAX_SUM_MISMATCH", summed, found)
    _equal_rounded(tally, "BR-CO-15", "INVOICE_GROSS_MISMATCH", gross, totals.gross)
    if _states_prepayments(invoice):
        _equal_rounded(tally, "BR-CO-16", "INVOICE_PAYABLE_MISMATCH", payable, totals.payable)
    else:
        tally.skipped["BR-CO-16"] = None


def _states_prepayments(invoice: Invoice) -> bool:
    """Factur-X MINIMUM has no place for a prepayment, so what is due cannot be checked there."""
    totals = invoice.totals
    known = (totals.prepaid, totals.line_sum)
    return bool(invoice.lines or invoice.tax_groups) or any(each is not None for each in known)


def _tax_of_group(group: TaxGroup, where: str, tally: Tally) -> None:
    rule = "BR-CO-17"
    if group.base is None or group.tax is None:
        tally.skipped[rule] = None
        return
    tally.checked[rule] = None
    expected = round_cents(group.base * (group.rate or ZERO) / 100)
    difference = abs(expected - group.tax)
    if difference >= UNIT:
        tally.add("INVOICE_TAX_AMOUNT_MISMATCH", rule, f"{where}.tax", (expected, group.tax))
    elif difference >= CENT:
        values = (expected, group.tax)
        tally.add("INVOICE_TAX_ROUNDING", rule, f"{where}.tax", values, Severity.NOTICE)


def _bases(invoice: Invoice, tally: Tally) -> None:
    """Each taxable amount is the lines less allowances plus charges of its category and rate."""
    lines = [line for line in invoice.lines if line.counted]
    if not lines or any(line.tax_category is None for line in lines):
        tally.skipped["BR-S-08"] = None
        return
    expected = _expected_bases(invoice, lines)
    for at, group in enumerate(invoice.tax_groups, start=1):
        rule = f"BR-{CATEGORY_RULES.get(group.category or '', group.category)}-08"
        if expected is None or group.base is None:
            tally.skipped[rule] = None
            continue
        tally.checked[rule] = None
        summed = expected.get(_key(group.category, group.rate), ZERO)
        if abs(summed - group.base) >= UNIT:
            where = f"tax_groups.{at}.base"
            tally.add("INVOICE_TAX_BASE_MISMATCH", rule, where, (summed, group.base))


def _expected_bases(invoice: Invoice, lines: list[InvoiceLine]) -> dict[Key, Decimal] | None:
    sums: dict[Key, Decimal] = {}
    parts = [(_key(line.tax_category, line.tax_rate), line.net) for line in lines]
    for each in invoice.adjustments:
        signed = None if each.amount is None else each.amount if each.is_charge else -each.amount
        parts.append((_key(each.tax_category, each.tax_rate), signed))
    for key, amount in parts:
        if amount is None:
            return None
        sums[key] = sums.get(key, ZERO) + amount
    return sums


def _key(category: str | None, rate: Decimal | None) -> Key:
    # 19 and 19.00 hash alike as decimals; a missing rate is zero (category O has none).
    return category, rate if rate is not None else ZERO
