"""`original_invoice.xml` of the VAT e-invoices of 2020 to 2023, root `eInvoice`.

Source: ofd.md section 8 [F].
"""

from decimal import Decimal

from sealsvc.documents.invoices.model import (
    Carrier,
    Invoice,
    InvoiceFamily,
    InvoiceKind,
    InvoiceLine,
    Party,
    Reading,
    Totals,
)
from sealsvc.documents.invoices.numbers import read_code
from sealsvc.documents.invoices.scalars import ProblemLog, clean_identifier
from sealsvc.documents.invoices.xml_cn import tax_rate
from sealsvc.documents.invoices.xmlsafe import Cursor, XmlRefused, local_name, parse_xml
from sealsvc.documents.ofd.xml import Element

ROOT = "eInvoice"
MAX_GRAPH_CODE = 200_000
_SCHEMA = "http://www.edrm.org.cn/schema/e-invoice/"
_NAMESPACES = frozenset(("", f"{_SCHEMA}2016", f"{_SCHEMA}2019"))


def read_original(data: bytes) -> Reading:
    """The `eInvoice` in the bytes; never raises."""
    try:
        return read_original_root(parse_xml(data))
    except XmlRefused as refused:
        log = ProblemLog()
        log.add(refused.code, refused.reason)
        return Reading(Carrier.ORIGINAL_XML, None, log.taken())


def read_original_root(root: Element, location: str = "") -> Reading:
    """The invoice below an already parsed root."""
    log = ProblemLog()
    top = Cursor(root, log, _NAMESPACES)
    if local_name(root) != ROOT or next(iter(root), None) is None:
        log.add("INVOICE_ROOT_UNKNOWN")
        return Reading(Carrier.ORIGINAL_XML, None, log.taken(), location)
    code = top.text("InvoiceCode")
    invoice = Invoice(
        family=InvoiceFamily.CN,
        kind=read_code(code).kind if code else InvoiceKind.UNKNOWN,
        type_code=top.text("TypeCode"),
        number=top.text("InvoiceNo"),
        code=code,
        issued_on=log.date(top.text("IssueDate"), "IssueDate"),
        currency="CNY",
        seller=_party(top, "Seller"),
        buyer=_party(top, "Buyer"),
        lines=tuple(_line(each) for each in top.rows("GoodsInfos", "GoodsInfo")),
        totals=_totals(top),
        check_code=clean_identifier(top.text("InvoiceCheckCode")),
        graph_code=_graph_code(top),
    )
    return Reading(Carrier.ORIGINAL_XML, invoice, log.taken(), location)


def _graph_code(top: Cursor) -> str | None:
    """The content of the QR code, or a picture of it in Base64, which may be long."""
    found = top.one("GraphCode")
    text = None if found is None else found.own_text()
    return text if text and len(text) <= MAX_GRAPH_CODE else None


def _totals(top: Cursor) -> Totals:
    net, gross = top.amount("TaxExclusiveTotalAmount"), top.amount("TaxInclusiveTotalAmount")
    tax = masked_tax(top.text("TaxTotalAmount"), "TaxTotalAmount", top.log)
    return Totals(net=net, tax=tax, gross=gross)


def masked_tax(text: str | None, field: str, log: ProblemLog) -> Decimal | None:
    """A tax amount; asterisks stand where none is due, which is lawful and no problem."""
    if text is not None and set(text) == {"*"}:
        return Decimal(0)
    return log.amount(text, field)


def _party(top: Cursor, who: str) -> Party:
    block = top.one(who)
    if block is None:
        return Party()
    return Party(
        name=block.text(f"{who}Name"),
        tax_id=clean_identifier(block.text(f"{who}TaxID")),
        address=block.text(f"{who}AddrTel"),
        bank_account=block.text(f"{who}FinancialAccount"),
    )


def _line(line: Cursor) -> InvoiceLine:
    text = line.text("TaxScheme")
    rate, category = tax_rate(text, line.log)
    return InvoiceLine(
        description=line.text("Item"),
        quantity=line.amount("Quantity"),
        unit=line.text("MeasurementDimension"),
        unit_price=line.amount("Price"),
        net=line.amount("Amount"),
        tax_rate=rate,
        tax_category=category,
        tax=masked_tax(line.text("TaxAmount"), "TaxAmount", line.log),
    )
