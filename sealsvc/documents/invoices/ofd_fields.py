"""An invoice in an OFD package: attachments, custom data, tagged text and QR pictures.

Source: ofd.md section 8.
"""

from base64 import b64decode
from collections.abc import Iterator
from decimal import Decimal

from sealsvc.documents.invoices.images import find_codes_in_picture
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
from sealsvc.documents.invoices.numbers import DIGITAL_LENGTH, read_code
from sealsvc.documents.invoices.ofd_parts import OfdParts, collect_parts
from sealsvc.documents.invoices.printed import (
    pick_amount,
    pick_words,
    printed_amount,
)
from sealsvc.documents.invoices.qr import MAX_CONTENT, is_invoice_content, read_qr
from sealsvc.documents.invoices.scalars import ProblemLog, clean_identifier
from sealsvc.documents.invoices.xml_any import read_xml
from sealsvc.documents.invoices.xml_cn import tax_rate
from sealsvc.documents.invoices.xmlsafe import Cursor, XmlRefused, parse_xml
from sealsvc.documents.ofd.errors import DocumentEncrypted, DocumentUnreadable

_NUMBER, _CODE = "发票号码", "发票代码"
MAX_TAGGED_LINES = 2_000


def read_ofd(data: bytes, *, codes: bool = True) -> tuple[tuple[Reading, ...], ProblemLog]:
    """Every carrier in the package and the problems of the package itself; never raises.

    codes: also look for QR codes in pictures, which is dear.
    """
    log = ProblemLog()
    try:
        parts = collect_parts(data, log)
    except DocumentEncrypted:
        log.add("DOCUMENT_ENCRYPTED")
        return (), log
    except DocumentUnreadable as error:
        log.add("DOCUMENT_UNREADABLE", str(error.fields.get("reason", "")))
        return (), log
    found = [*_attached(parts, log), *_tagged(parts, log), *_custom(parts)]
    if not codes:
        return tuple(found), log
    found += _codes(parts)
    for reading in list(found):
        if reading.invoice is not None and reading.carrier is Carrier.ORIGINAL_XML:
            found += graph_code(reading)
    return tuple(found), log


def _attached(parts: OfdParts, log: ProblemLog) -> Iterator[Reading]:
    for at, content in enumerate(parts.attachments, start=1):
        if content.lstrip()[:1] not in (b"<", b"\xef"):
            continue
        try:
            reading = read_xml(content, f"attachment {at}")
        except XmlRefused as refused:
            log.add(refused.code, f"attachment {at}: {refused.reason}")
            continue
        if reading is not None:
            yield reading


def graph_code(reading: Reading) -> list[Reading]:
    """The QR content that the original XML repeats, as a carrier of its own."""
    code = reading.invoice.graph_code if reading.invoice else None
    if not code:
        return []
    plain = len(code) <= MAX_CONTENT and is_invoice_content(code)
    texts = (code,) if plain else find_codes_in_picture(_unpacked(code))
    return [read_qr(text, "GraphCode") for text in texts if is_invoice_content(text)]


def _unpacked(text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError:
        return b""


def _codes(parts: OfdParts) -> Iterator[Reading]:
    for at, picture in enumerate(parts.pictures, start=1):
        for text in find_codes_in_picture(picture):
            if is_invoice_content(text):
                yield read_qr(text, f"picture {at}")


def _custom(parts: OfdParts) -> Iterator[Reading]:
    """CustomDatas of DocInfo; a name that stands twice with two values is no value."""
    log = ProblemLog()
    values: dict[str, str] = {}
    for name, text in parts.custom:
        if values.setdefault(name, text) != text:
            log.add("INVOICE_FIELD_REPEATED", "CustomData")
            values[name] = ""
    number = clean_identifier(values.get(_NUMBER))
    if number is None:
        return
    code = clean_identifier(values.get(_CODE))
    invoice = Invoice(
        family=InvoiceFamily.CN,
        kind=kind_of(number, code),
        number=number,
        code=code,
        issued_on=log.date(values.get("开票日期"), "issued_on"),
        seller=Party(tax_id=clean_identifier(values.get("销售方纳税人识别号"))),
        buyer=Party(tax_id=clean_identifier(values.get("购买方纳税人识别号"))),
        totals=Totals(
            net=printed_amount(values.get("合计金额"), "totals.net", log),
            tax=printed_amount(values.get("合计税额"), "totals.tax", log),
        ),
        check_code=clean_identifier(values.get("校验码")),
    )
    yield Reading(Carrier.CUSTOM_DATA, invoice, log.taken(), "DocInfo")


def kind_of(number: str | None, code: str | None) -> InvoiceKind:
    """The kind as far as number and code tell it."""
    if code:
        return read_code(code).kind
    digital = number is not None and len(number) == DIGITAL_LENGTH
    return InvoiceKind.DIGITAL if digital else InvoiceKind.UNKNOWN


def _tagged(parts: OfdParts, log: ProblemLog) -> Iterator[Reading]:
    for at, content in enumerate(parts.tags, start=1):
        try:
            root = parse_xml(content)
        except XmlRefused as refused:
            log.add(refused.code, f"tag {at}: {refused.reason}")
            continue
        reading = _Tags(Cursor(root, ProblemLog()), parts).read(f"tag {at}")
        if reading is not None:
            yield reading


class _Tags:
    """One tag file: fields whose text is that of the page objects they refer to."""

    def __init__(self, top: Cursor, parts: OfdParts) -> None:
        self.top = top
        self.log = top.log
        self.parts = parts

    def read(self, location: str) -> Reading | None:
        number = clean_identifier(self.text(self.top, "InvoiceNo"))
        if number is None:
            return None
        code = clean_identifier(self.text(self.top, "InvoiceCode"))
        gross = self.pieces(self.top, "TaxInclusiveTotalAmount")
        invoice = Invoice(
            family=InvoiceFamily.CN,
            kind=kind_of(number, code),
            number=number,
            code=code,
            issued_on=self.log.date(self.text(self.top, "IssueDate"), "IssueDate"),
            seller=self.party("Seller"),
            buyer=self.party("Buyer"),
            lines=tuple(self.lines()),
            totals=Totals(
                net=self.amount(self.top, "TaxExclusiveTotalAmount"),
                tax=self.amount(self.top, "TaxTotalAmount"),
                gross=pick_amount(gross, "TaxInclusiveTotalAmount", self.log),
            ),
            amount_in_words=pick_words(gross),
            check_code=clean_identifier(self.text(self.top, "InvoiceCheckCode")),
        )
        return Reading(Carrier.CUSTOM_TAG, invoice, self.log.taken(), location)

    def pieces(self, at: Cursor, *path: str) -> list[str]:
        """The texts of the objects that the field refers to, in order."""
        found = []
        for each in at.each(*path, "ObjectRef"):
            key = (each.element.get("PageRef", "").strip(), each.own_text() or "")
            text = self.parts.texts.get(key)
            if text is None:
                self.log.add("INVOICE_TAG_DANGLING", "/".join(path))
            else:
                found.append(text)
        return found

    def text(self, at: Cursor, *path: str) -> str | None:
        return self.log.text("".join(self.pieces(at, *path)), "/".join(path))

    def amount(self, at: Cursor, *path: str) -> Decimal | None:
        return pick_amount(self.pieces(at, *path), "/".join(path), self.log)

    def party(self, who: str) -> Party:
        return Party(
            name=self.text(self.top, who, f"{who}Name"),
            tax_id=clean_identifier(self.text(self.top, who, f"{who}TaxID")),
            address=self.text(self.top, who, f"{who}AddrTel"),
            bank_account=self.text(self.top, who, f"{who}FinancialAccount"),
        )

    def lines(self) -> Iterator[InvoiceLine]:
        groups = self.top.rows("GoodsInfos", "GoodsInfo") or [self.top]
        for group in groups[:MAX_TAGGED_LINES]:
            amounts = self.pieces(group, "Amount")
            if len(amounts) == 1:
                yield self.line(group)
            elif amounts:
                self.log.add("INVOICE_LINES_NOT_SEPARABLE", "Amount")

    def line(self, group: Cursor) -> InvoiceLine:
        rate, category = tax_rate(self.text(group, "TaxScheme"), self.log)
        return InvoiceLine(
            description=self.text(group, "Item"),
            quantity=self.amount(group, "Quantity"),
            unit=self.text(group, "MeasurementDimension"),
            unit_price=self.amount(group, "Price"),
            net=self.amount(group, "Amount"),
            tax_rate=rate,
            tax_category=category,
            tax=self.amount(group, "TaxAmount"),
        )
