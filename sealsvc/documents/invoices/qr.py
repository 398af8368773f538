"""The QR code of a Chinese invoice: its content, and finding it in a picture.

An index, no proof: it carries neither seller nor signature. Source: china-domain.md section 4.3.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import zxingcpp

from sealsvc.documents.invoices.model import (
    Carrier,
    Invoice,
    InvoiceFamily,
    InvoiceKind,
    Reading,
    Totals,
)
from sealsvc.documents.invoices.numbers import DIGITAL_LENGTH, read_code
from sealsvc.documents.invoices.scalars import ProblemLog, is_digits

MAX_CONTENT = 500
MAX_CODES = 10
_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_VERSION = "01"
_FIELDS = 6
_KINDS = {
    "31": InvoiceKind.DIGITAL_SPECIAL,
    "32": InvoiceKind.DIGITAL_ORDINARY,
    "51": InvoiceKind.DIGITAL_RAILWAY,
    "10": InvoiceKind.E_ORDINARY,
    "08": InvoiceKind.E_SPECIAL,
    "14": InvoiceKind.E_TOLL,
    "01": InvoiceKind.PAPER,
    "03": InvoiceKind.PAPER,
    "04": InvoiceKind.PAPER,
    "11": InvoiceKind.PAPER,
}


@dataclass(frozen=True)
class QrContent:
    """The fields of the code. tail: the last field, stored and never verified (its algorithm is
    unknown); includes_tax: the amount is the tax-included total (digital invoices)."""

    kind: str
    code: str | None
    number: str
    amount: Decimal | None
    issued_on: date | None
    check_code: str | None
    tail: str | None
    includes_tax: bool


def is_invoice_content(text: str) -> bool:
    """Whether the text looks like an invoice's code at all; other codes are no problem."""
    return _is_list(text) or _bill_number(text) is not None


def _is_list(text: str) -> bool:
    return text.startswith(f"{_VERSION},") and text.count(",") >= _FIELDS - 1


def _bill_number(text: str) -> str | None:
    """The number in the URL of a blockchain invoice; the URL is never opened."""
    if not text.startswith(("https://", "http://")) or "bill_num=" not in text:
        return None
    number = text.partition("bill_num=")[2].partition("&")[0].partition("#")[0]
    return number if is_digits(number) else None


def parse_qr(text: str, log: ProblemLog) -> QrContent | None:
    """The fields of `01,kind,code,number,amount,date,check code,tail`; more are ignored."""
    if len(text) > MAX_CONTENT or not _is_list(text):
        log.add("INVOICE_QR_UNREADABLE", "layout")
        return None
    fields = [each.strip() for each in text.split(",")] + [""] * 2
    kind, code, number, amount, issued, check_code, tail = fields[1:8]
    if not is_digits(number):
        log.add("INVOICE_QR_UNREADABLE", "number")
        return None
    return QrContent(
        kind=kind,
        code=code or None,
        number=number,
        amount=log.amount(amount, "qr.amount"),
        issued_on=log.date(issued, "qr.issued_on"),
        check_code=check_code or None,
        tail=tail or None,
        includes_tax=len(number) == DIGITAL_LENGTH,
    )


def read_qr(text: str, location: str = "") -> Reading:
    """The content of a code as an invoice with the few fields that it has; never raises."""
    log = ProblemLog()
    bill = _bill_number(text) if len(text) <= MAX_CONTENT else None
    if bill is not None:
        chain = InvoiceKind.BLOCKCHAIN
        return Reading(Carrier.QR, Invoice(InvoiceFamily.CN, chain, number=bill), location=location)
    content = parse_qr(text, log)
    invoice = None if content is None else _invoice(content, text)
    return Reading(Carrier.QR, invoice, log.taken(), location)


def _invoice(content: QrContent, text: str) -> Invoice:
    kind = _KINDS.get(content.kind, InvoiceKind.UNKNOWN)
    if content.code:
        by_code = read_code(content.code).kind
        kind = by_code if by_code is not InvoiceKind.UNKNOWN else kind
    # Older codes give the amount without tax; that is graded [R], see `merge` for the leniency.
    totals = Totals(gross=content.amount) if content.includes_tax else Totals(net=content.amount)
    return Invoice(
        family=InvoiceFamily.CN,
        kind=kind,
        type_code=content.kind,
        number=content.number,
        code=content.code,
        issued_on=content.issued_on,
        totals=totals,
        check_code=content.check_code,
        graph_code=text,
    )


def find_codes(image: Any) -> tuple[str, ...]:
    """The texts of all QR codes in a picture (Pillow image or array); never raises."""
    try:
        found = zxingcpp.read_barcodes(image, formats=_FORMATS)
        texts = (each.text for each in found[:MAX_CODES])
        return tuple(text for text in texts if text and len(text) <= MAX_CONTENT)
    except MemoryError:
        raise
    except Exception:  # whatever the decoder's binding throws at an odd picture
        return ()
