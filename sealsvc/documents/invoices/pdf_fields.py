"""An invoice in a PDF: embedded XML, the printed labels of Chinese invoices, QR codes.

Text is the weakest carrier: pdfium gives it in drawing order, so what stands after which label is
partly an assumption, and is marked as one. Source: china-domain.md sections 4.2 to 4.4.
"""

import re
from collections.abc import Iterator
from typing import Any

import pypdfium2

from sealsvc.documents.invoices.model import (
    Carrier,
    Invoice,
    InvoiceFamily,
    Party,
    Reading,
    Totals,
)
from sealsvc.documents.invoices.ofd_fields import graph_code, kind_of
from sealsvc.documents.invoices.pdf_attachments import attached_xml
from sealsvc.documents.invoices.printed import pick_words, printed_amount
from sealsvc.documents.invoices.qr import find_codes, is_invoice_content, read_qr
from sealsvc.documents.invoices.scalars import ProblemLog, clean_identifier
from sealsvc.documents.invoices.xml_any import read_xml
from sealsvc.documents.invoices.xmlsafe import XmlRefused
from sealsvc.documents.pdfium import one_at_a_time

MAX_PAGES = 5
MAX_CHARACTERS = 50_000
MAX_PIXELS = 6_000_000
MAX_SIDE = 8_000
_SCALE = 3.0
_SCAN_CHARACTERS = 40
_AMOUNT = r"[¥￥]?(-?[¥￥]?[0-9][0-9,]{0,20}(?:\.[0-9]{1,6})?)"
# Blanks are taken out first; every repetition is bounded, so no pattern can go quadratic.
_NUMBER = re.compile(r"发票号码[:：]?\n?([0-9]{20}|[0-9]{8})(?![0-9])")
_CODE = re.compile(r"发票代码[:：]?\n?([0-9]{12}|[0-9]{10})(?![0-9])")
_DATE = re.compile(r"开票日期[:：]?\n?([0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日)")
_CHECK = re.compile(r"校验码[:：]?\n?([0-9]{20}|[0-9A-Fa-f]{5})(?![0-9A-Za-z])")
_TAX_ID = re.compile(r"纳税人识别号[:：]\n?([0-9A-Za-z]{15,20})(?![0-9A-Za-z])")
_NAME = re.compile(r"(?<!物)名称[:：]([^\n:：]{2,120}?)(?=\n|统一社会|纳税人|名称[:：]|$)")
_GROSS = re.compile(rf"[(（]小写[)）]\n?{_AMOUNT}")
_WORDS = re.compile(
    r"[(（]大写[)）]\n?((?:[(（]负数[)）])?[零〇壹贰叁肆伍陆柒捌玖拾佰仟万亿圆元角分整正弍貳陸參萬億圓]{2,60})"
)
_SUM = re.compile(rf"合计\n?{_AMOUNT}\n?(?:{_AMOUNT}|(\*{{1,6}}))")


def read_pdf(data: bytes) -> tuple[tuple[Reading, ...], ProblemLog]:
    """Every carrier in the file and the problems of the file itself; never raises."""
    log = ProblemLog()
    found = list(_attached(data, log))
    for reading in list(found):
        if reading.carrier is Carrier.ORIGINAL_XML:
            found += graph_code(reading)
    european = any(
        one.invoice is not None and one.invoice.family is InvoiceFamily.EN16931 for one in found
    )
    if not european:
        found += _pages(data, log)
    return tuple(found), log


def _attached(data: bytes, log: ProblemLog) -> Iterator[Reading]:
    for at, content in enumerate(attached_xml(data, log), start=1):
        try:
            reading = read_xml(content, f"attachment {at}")
        except XmlRefused as refused:
            log.add(refused.code, f"attachment {at}: {refused.reason}")
            continue
        if reading is not None:
            yield reading


@one_at_a_time
def _pages(data: bytes, log: ProblemLog) -> list[Reading]:
    found: list[Reading] = []
    try:
        document = pypdfium2.PdfDocument(data)
        try:
            texts = []
            for at in range(min(len(document), MAX_PAGES)):
                page = document[at]
                texts.append(_text(page))
                if _may_show_code(texts[-1]):
                    found += _codes(page, at + 1)
                page.close()
        finally:
            document.close()
    except MemoryError:
        raise
    except Exception as error:  # pdfium's binding raises its own and ctypes' kinds
        log.add("INVOICE_PAGES_UNREADABLE", type(error).__name__)
        return found
    reading = read_page_text("\n".join(texts))
    return [*([reading] if reading is not None else []), *found]


def _may_show_code(text: str) -> bool:
    """Rendering is dear: only a page that names an invoice, or a scan, is looked at."""
    flat = "".join(text.split())
    return "发票" in flat or len(flat) < _SCAN_CHARACTERS


def _text(page: Any) -> str:
    text_page = page.get_textpage()
    try:
        count = min(text_page.count_chars(), MAX_CHARACTERS)
        return str(text_page.get_text_range(0, count)) if count > 0 else ""
    finally:
        text_page.close()


def _codes(page: Any, number: int) -> list[Reading]:
    width, height = page.get_size()
    if not width > 0 or not height > 0:
        return []
    scale = min(_SCALE, (MAX_PIXELS / (width * height)) ** 0.5, MAX_SIDE / max(width, height))
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        texts = find_codes(bitmap.to_pil())
    finally:
        bitmap.close()
    return [read_qr(text, f"page {number}") for text in texts if is_invoice_content(text)]


def read_page_text(text: str) -> Reading | None:
    """The invoice that the printed labels of a Chinese invoice tell; None without its number."""
    log = ProblemLog()
    lines = ("".join(line.split()) for line in text[: MAX_PAGES * MAX_CHARACTERS].splitlines())
    flat = "\n".join(line for line in lines if line)
    number = _only(_NUMBER, flat, "number", log)
    if number is None:
        return None
    code = _only(_CODE, flat, "code", log)
    names, tax_ids = _NAME.findall(flat), _TAX_ID.findall(flat)
    buyer, seller = _parties(names, tax_ids, log)
    words = _only(_WORDS, flat, "amount_in_words", log)
    invoice = Invoice(
        family=InvoiceFamily.CN,
        kind=kind_of(number, code),
        number=number,
        code=code,
        issued_on=log.date(_only(_DATE, flat, "issued_on", log), "issued_on"),
        buyer=buyer,
        seller=seller,
        totals=_totals(flat, log),
        amount_in_words=pick_words([words]) if words else None,
        check_code=_only(_CHECK, flat, "check_code", log),
    )
    return Reading(Carrier.PAGE_TEXT, invoice, log.taken(), "pages")


def _only(pattern: re.Pattern[str], text: str, field: str, log: ProblemLog) -> str | None:
    """The one value after a label; two different ones are no value."""
    found = {match.group(1) for match in pattern.finditer(text)}
    if len(found) > 1:
        log.add("INVOICE_FIELD_REPEATED", field)
        return None
    return next(iter(found), None)


def _parties(names: list[str], tax_ids: list[str], log: ProblemLog) -> tuple[Party, Party]:
    """Buyer and seller, taken to be printed in that order; else left open."""
    two_names, two_ids = len(names) == 2, len(tax_ids) == 2
    if names or tax_ids:
        log.add("INVOICE_TEXT_ORDER_ASSUMED" if two_names or two_ids else "INVOICE_TEXT_AMBIGUOUS")
    parties = [
        Party(
            name=names[at] if two_names else None,
            tax_id=clean_identifier(tax_ids[at]) if two_ids else None,
        )
        for at in (0, 1)
    ]
    return parties[0], parties[1]


def _totals(text: str, log: ProblemLog) -> Totals:
    gross = printed_amount(_only(_GROSS, text, "totals.gross", log), "totals.gross", log)
    sums = {match.groups() for match in _SUM.finditer(text)}
    if len(sums) != 1:
        if sums:
            log.add("INVOICE_FIELD_REPEATED", "totals.net")
        return Totals(gross=gross)
    net, tax, masked = next(iter(sums))
    return Totals(
        net=printed_amount(net, "totals.net", log),
        tax=printed_amount(tax or masked, "totals.tax", log),
        gross=gross,
    )
