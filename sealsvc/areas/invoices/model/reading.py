"""What was read of an invoice and found in it, as it is kept; and what a verification decides."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from stdnum.cn import uscc

from sealsvc.areas.invoices.model.lifecycle import InvoiceAction
from sealsvc.documents.invoices.arithmetic import check_reading
from sealsvc.documents.invoices.findings import Severity, plain
from sealsvc.documents.invoices.model import Invoice, InvoiceReading
from sealsvc.documents.invoices.numbers import check_number
from sealsvc.values import Json, JsonObject

KEPT_FINDINGS = 200
MAX_KEPT_TEXT = 300


@dataclass(frozen=True)
class InvoiceFinding:
    """Something about the invoice that its taker should see. where: a dotted field, may be empty.

    expected, found: as the rule or the other carrier has it, and as it stands; may be empty.
    """

    code: str
    severity: str
    where: str = ""
    expected: str = ""
    found: str = ""

    def to_json(self) -> JsonObject:
        """As kept and shown."""
        return {
            "code": self.code,
            "severity": self.severity,
            "where": self.where,
            "expected": self.expected,
            "found": self.found,
        }


@dataclass(frozen=True)
class TakenReading:
    """One file's invoice with all findings; made in the sandbox. invoice: None where none was.

    media_type: empty where the bytes are neither PDF nor OFD nor XML.
    """

    media_type: str
    invoice: Invoice | None
    carriers: tuple[str, ...] = ()
    findings: tuple[InvoiceFinding, ...] = ()
    arithmetic_checked: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing found is an error."""
        return not any(one.severity == str(Severity.ERROR) for one in self.findings)


XML_MEDIA_TYPE = "application/xml"
_MEDIA = {"PDF": "application/pdf", "OFD": "application/ofd", "XML": XML_MEDIA_TYPE}


def read_taken(data: bytes) -> TakenReading:
    """Read a file with every check of number and amounts; runs in the sandbox, never raises."""
    # Stands on pikepdf and pdfium, which only workers import.
    from sealsvc.documents.invoices.detect import read_invoice

    reading = read_invoice(data)
    arithmetic = check_reading(reading)
    return TakenReading(
        media_type=_MEDIA.get(str(reading.container), ""),
        invoice=reading.invoice,
        carriers=tuple(str(one) for one in reading.carriers),
        findings=tuple(_findings(reading))[:KEPT_FINDINGS],
        arithmetic_checked=arithmetic.checked,
    )


def _findings(reading: InvoiceReading) -> Iterator[InvoiceFinding]:
    """Errors first, so that a bounded list cannot lose one."""
    found = [
        *_arithmetic(reading),
        *_numbering(reading),
        *(
            InvoiceFinding(
                one.code, "WARNING", one.field, _cut(one.taken_value), _cut(one.other_value)
            )
            for one in reading.disagreements
        ),
        *(InvoiceFinding(one.code, "WARNING", _cut(one.detail)) for one in reading.problems),
    ]
    order = [str(severity) for severity in Severity]
    yield from sorted(found, key=lambda one: order.index(one.severity))


def _arithmetic(reading: InvoiceReading) -> Iterator[InvoiceFinding]:
    for one in check_reading(reading).findings:
        yield InvoiceFinding(one.code, str(one.severity), one.where, one.expected, one.found)


def _numbering(reading: InvoiceReading) -> Iterator[InvoiceFinding]:
    numbering = None if reading.invoice is None else check_number(reading.invoice)
    for one in () if numbering is None else numbering.findings:
        yield InvoiceFinding(one.code, str(one.severity), one.where)


def _cut(text: str) -> str:
    return text[:MAX_KEPT_TEXT]


def valid_uscc(tax_id: str | None) -> str | None:
    """The tax number where it is a credit code with a right check character, else None."""
    return tax_id if tax_id is not None and uscc.is_valid(tax_id) else None


def fields_json(taken: TakenReading, invoice: Invoice) -> JsonObject:
    """The invoice's fields as kept and shown; amounts are plain decimals."""
    totals, red = invoice.totals, invoice.red_letter
    carriers: list[Json] = list(taken.carriers)
    checked: list[Json] = list(taken.arithmetic_checked)
    return {
        "family": str(invoice.family),
        "kind": str(invoice.kind),
        "number": _text(invoice.number),
        "code": _text(invoice.code),
        "issuedOn": None if invoice.issued_on is None else invoice.issued_on.isoformat(),
        "currency": _text(invoice.currency),
        "seller": {"name": _text(invoice.seller.name), "taxId": _text(invoice.seller.tax_id)},
        "buyer": {"name": _text(invoice.buyer.name), "taxId": _text(invoice.buyer.tax_id)},
        "net": _amount(totals.net),
        "tax": _amount(totals.tax),
        "gross": _amount(totals.gross),
        "red": is_red(invoice),
        "originalNumber": None if red is None else _text(red.original_number),
        "taxSignature": str(invoice.tax_signature),
        "carriers": carriers,
        "arithmeticChecked": checked,
    }


def is_red(invoice: Invoice) -> bool:
    """Whether it takes back an earlier invoice: said so, or its total is not above zero."""
    gross = invoice.totals.gross
    return bool(invoice.red) or (gross is not None and gross <= 0)


def _text(text: str | None) -> str | None:
    # PostgreSQL's text cannot hold U+0000; XML cannot either, but a PDF's words can.
    return None if text is None else text.replace("\x00", "")[:MAX_KEPT_TEXT]


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def action_on_taking(
    summary: str | None, semantics: str | None, *, sound: bool, identified: bool
) -> InvoiceAction:
    """How an invoice comes on file, by the verdict on its file.

    summary, semantics: of the report, None for a file that carries no seals (XML). A file without
    its seller's seal is normal (R07): nothing is held against it, and nothing is proven by it; the
    tax bureau's own signature proves nothing either until somebody can verify it (R08).
    """
    if summary in ("MODIFIED", "INVALID"):
        return InvoiceAction.TAKE_BAD
    if summary == "TRUSTED" and semantics == "PASSED" and sound and identified:
        return InvoiceAction.TAKE_PROVEN
    return InvoiceAction.TAKE_UNPROVEN
