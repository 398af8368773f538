"""Whether an invoice's amounts agree with each other, by the rules of its family.

Source: china-domain.md section 4.4 (Checks) and 4.5; EN 16931-1 for the other family.
"""

from dataclasses import replace
from decimal import Decimal

from sealsvc.documents.invoices.arithmetic_en import add_up, check_en16931
from sealsvc.documents.invoices.findings import (
    ArithmeticFinding,
    ArithmeticReport,
    Severity,
    Tally,
)
from sealsvc.documents.invoices.model import (
    Invoice,
    InvoiceFamily,
    InvoiceLine,
    InvoiceReading,
    Totals,
)
from sealsvc.documents.invoices.scalars import exact
from sealsvc.documents.invoices.words import WordsUnreadable, parse_words

__all__ = ["ArithmeticFinding", "ArithmeticReport", "Severity", "check_arithmetic", "check_reading"]

# china-domain.md 4.4 [V]: totals exactly; line sums and a line's tax within 0.06.
LINE_SLACK = Decimal("0.06")
_REFUSALS = frozenset(
    (
        "INVOICE_AMOUNT_NOT_DECIMAL",
        "INVOICE_AMOUNT_TOO_LONG",
        "INVOICE_AMOUNT_MASKED",
        "INVOICE_FIELD_REPEATED",
        "INVOICE_FIELD_NOT_TEXT",
        "INVOICE_TOO_MANY_ROWS",
        "INVOICE_CURRENCY_MIXED",
    )
)


def check_arithmetic(invoice: Invoice) -> ArithmeticReport:
    """Check every rule of the invoice's family for which the amounts are there."""
    tally = Tally()
    with exact():
        if invoice.family is InvoiceFamily.EN16931:
            check_en16931(invoice, tally)
        else:
            _check_chinese(invoice, tally)
        _check_words(invoice, tally)
    return tally.report()


def check_reading(reading: InvoiceReading) -> ArithmeticReport:
    """`check_arithmetic` of the merged invoice; an amount that was refused is an error too.

    A refused amount is absent from the model, where its rule would be skipped or take it for zero.
    """
    report = ArithmeticReport((), (), ())
    if reading.invoice is not None:
        report = check_arithmetic(reading.invoice)
    refused = tuple(
        ArithmeticFinding("INVOICE_AMOUNT_REFUSED", each.code, each.detail, "", "")
        for each in reading.problems
        if each.code in _REFUSALS
    )
    return replace(report, findings=refused + report.findings)


def _check_chinese(invoice: Invoice, tally: Tally) -> None:
    totals = invoice.totals
    if totals.gross is None:
        tally.add("INVOICE_TOTAL_MISSING", "CN-GROSS", "totals.gross", (None, None))
    expected = None
    if totals.net is not None and totals.tax is not None:
        expected = totals.net + totals.tax
    tally.equal("CN-GROSS", "INVOICE_GROSS_MISMATCH", "totals.gross", (expected, totals.gross))
    if invoice.lines:
        _line_sums(invoice, totals, tally)
    for at, line in enumerate(invoice.lines, start=1):
        _line_tax(line, f"lines.{at}.tax", tally)
    if invoice.red or _is_negative(totals):
        _check_red(invoice, tally)


def _line_sums(invoice: Invoice, totals: Totals, tally: Tally) -> None:
    net = add_up(line.net for line in invoice.lines)
    values = (net, totals.net)
    tally.equal("CN-LINE-SUM", "INVOICE_LINE_SUM_MISMATCH", "totals.net", values, LINE_SLACK)
    tax = add_up(line.tax for line in invoice.lines)
    values = (tax, totals.tax)
    tally.equal("CN-TAX-SUM", "INVOICE_TAX_SUM_MISMATCH", "totals.tax", values, LINE_SLACK)


def _line_tax(line: InvoiceLine, where: str, tally: Tally) -> None:
    expected = None
    if line.net is not None and line.tax_rate is not None:
        expected = line.net * line.tax_rate / 100
    values = (expected, line.tax)
    tally.equal("CN-LINE-TAX", "INVOICE_TAX_AMOUNT_MISMATCH", where, values, LINE_SLACK)


def _is_negative(totals: Totals) -> bool:
    return totals.gross is not None and totals.gross < 0


def _check_red(invoice: Invoice, tally: Tally) -> None:
    """A red-letter invoice is negative throughout; a negative total without the mark is odd."""
    if invoice.red is False:
        tally.add(
            "INVOICE_NEGATIVE_NOT_RED", "CN-RED", "totals.gross", (None, invoice.totals.gross)
        )
        return
    tally.checked["CN-RED"] = None
    amounts = [(f"totals.{name}", getattr(invoice.totals, name)) for name in ("net", "tax")]
    amounts.append(("totals.gross", invoice.totals.gross))
    amounts += [(f"lines.{at}.net", each.net) for at, each in enumerate(invoice.lines, start=1)]
    for where, amount in amounts:
        if amount is not None and amount > 0:
            tally.add("INVOICE_RED_NOT_NEGATIVE", "CN-RED", where, (None, amount))


def _check_words(invoice: Invoice, tally: Tally) -> None:
    if invoice.amount_in_words is None:
        tally.skipped["CN-WORDS"] = None
        return
    tally.checked["CN-WORDS"] = None
    gross = invoice.totals.gross
    try:
        spoken = parse_words(invoice.amount_in_words)
    except WordsUnreadable:
        tally.add("INVOICE_WORDS_UNREADABLE", "CN-WORDS", "amount_in_words", (gross, None))
        return
    if gross is not None and spoken != gross:
        tally.add("INVOICE_WORDS_MISMATCH", "CN-WORDS", "amount_in_words", (gross, spoken))
