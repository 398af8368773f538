"""Structure of Chinese invoice numbers and codes.

Hard rules are the facts graded [V]; what is only practice warns. Source: china-domain.md 4.2
(after SAT announcements 2024-11 and 2020-22).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sealsvc.documents.invoices.findings import Severity
from sealsvc.documents.invoices.model import Invoice, InvoiceFamily, InvoiceKind
from sealsvc.documents.invoices.scalars import is_digits

DIGITAL_LENGTH = 20
SHORT_LENGTH = 8
# 12-digit codes starting with 0: positions 11-12.
_CODE_KINDS = {
    "11": InvoiceKind.E_ORDINARY,
    "12": InvoiceKind.E_TOLL,
    "13": InvoiceKind.E_SPECIAL,
    "04": InvoiceKind.PAPER,
    "05": InvoiceKind.PAPER,
    "06": InvoiceKind.PAPER,
    "07": InvoiceKind.PAPER,
}
# 10-digit codes: position 8 (S45; S46 reads 7 otherwise).
_PAPER_KINDS = frozenset("123567")
_BLOCKCHAIN_REGION = "4403"
_REGIONS = range(11, 100)


class Generation(StrEnum):
    """Which numbering the number follows."""

    DIGITAL = "DIGITAL"
    CODE_12 = "CODE_12"
    BLOCKCHAIN = "BLOCKCHAIN"
    CODE_10 = "CODE_10"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class NumberFinding:
    """What is wrong with a number or code. where: number, code or check_code."""

    code: str
    where: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class NumberReading:
    """The parts of a number. year: two digits; region: digits of the provincial bureau."""

    generation: Generation
    kind: InvoiceKind
    year: str | None = None
    region: str | None = None
    findings: tuple[NumberFinding, ...] = ()


def check_number(invoice: Invoice) -> NumberReading | None:
    """The structure of a Chinese invoice's number; None for another family, which has none."""
    if invoice.family is not InvoiceFamily.CN:
        return None
    return read_number(invoice.number, invoice.code, invoice.issued_on, invoice.check_code)


def read_number(
    number: str | None, code: str | None, issued_on: date | None, check_code: str | None = None
) -> NumberReading:
    """The structure of a number with its code."""
    if number is None:
        return _broken("INVOICE_NUMBER_MISSING", "number")
    if not is_digits(number):
        return _broken("INVOICE_NUMBER_NOT_DIGITS", "number")
    if len(number) == DIGITAL_LENGTH:
        return _digital(number, code, issued_on, check_code)
    if len(number) != SHORT_LENGTH:
        return _broken("INVOICE_NUMBER_LENGTH", "number")
    if not code:
        return _broken("INVOICE_CODE_MISSING", "code")
    return read_code(code)


def _broken(problem: str, where: str) -> NumberReading:
    finding = NumberFinding(problem, where)
    return NumberReading(Generation.UNKNOWN, InvoiceKind.UNKNOWN, findings=(finding,))


def _digital(
    number: str, code: str | None, issued_on: date | None, check_code: str | None
) -> NumberReading:
    findings = []
    if code:
        findings.append(NumberFinding("INVOICE_LAYOUT_CONTRADICTION", "code"))
    if check_code:
        findings.append(NumberFinding("INVOICE_LAYOUT_CONTRADICTION", "check_code"))
    if issued_on is not None and f"{issued_on.year % 100:02d}" != number[:2]:
        findings.append(NumberFinding("INVOICE_NUMBER_YEAR_MISMATCH", "number"))
    if int(number[2:4]) not in _REGIONS:
        region = NumberFinding("INVOICE_NUMBER_REGION_UNKNOWN", "number", Severity.WARNING)
        findings.append(region)
    return NumberReading(
        Generation.DIGITAL, InvoiceKind.DIGITAL, number[:2], number[2:4], tuple(findings)
    )


def read_code(code: str) -> NumberReading:
    """The structure of an invoice code of 10 or 12 digits."""
    if not is_digits(code):
        return _broken("INVOICE_CODE_NOT_DIGITS", "code")
    if len(code) == 10:
        return _code_10(code)
    if len(code) != 12:
        return _broken("INVOICE_CODE_LENGTH", "code")
    if code[0] == "0":
        return _code_12(code)
    if code[0] == "1":
        return _blockchain(code)
    return _broken("INVOICE_CODE_UNKNOWN", "code")


def _code_12(code: str) -> NumberReading:
    kind = _CODE_KINDS.get(code[10:12])
    findings = () if kind else (NumberFinding("INVOICE_CODE_UNKNOWN", "code"),)
    return NumberReading(
        Generation.CODE_12, kind or InvoiceKind.UNKNOWN, code[5:7], code[1:5], findings
    )


def _blockchain(code: str) -> NumberReading:
    good = code[1:5] == _BLOCKCHAIN_REGION and code.endswith("0")
    findings = () if good else (NumberFinding("INVOICE_CODE_UNKNOWN", "code"),)
    return NumberReading(
        Generation.BLOCKCHAIN, InvoiceKind.BLOCKCHAIN, code[5:7], code[1:5], findings
    )


def _code_10(code: str) -> NumberReading:
    good = code[7] in _PAPER_KINDS
    findings = () if good else (NumberFinding("INVOICE_CODE_UNKNOWN", "code"),)
    return NumberReading(Generation.CODE_10, InvoiceKind.PAPER, code[4:6], code[0:4], findings)
