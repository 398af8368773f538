"""The invoice that a sealed document itself is, read cheaply: no pictures, no rendering.

An XML attached to a PDF counts only where the pages show the same number, or no words at all: an
invoice attached to a contract does not make an invoice of the contract. The words of a page count
only where no structured carrier does. Source: CONTRACT section 1; china-domain.md section 4.4.
"""

import pypdfium2

from sealsvc.documents.invoices.merge import merge
from sealsvc.documents.invoices.model import Carrier, Container, InvoiceReading, Reading
from sealsvc.documents.invoices.ofd_fields import read_ofd
from sealsvc.documents.invoices.pdf_attachments import attached_xml
from sealsvc.documents.invoices.pdf_fields import read_page_text
from sealsvc.documents.invoices.scalars import ProblemLog
from sealsvc.documents.invoices.xml_any import read_xml
from sealsvc.documents.invoices.xmlsafe import XmlRefused

MAX_PAGES = 5
MAX_CHARACTERS = 50_000
# Below it a page is a scan, or drawn as outlines, and says nothing about its attachments.
WORDLESS = 40
_INVOICE = "发票"
_NUMBER = "发票号码"
# What an embedded file cannot do without, or what may hide it in a compressed object.
_EMBEDDING = (b"/EmbeddedFile", b"/EF", b"/ObjStm")


def read_own(container: Container, data: bytes) -> InvoiceReading | None:
    """The document's own invoice, None where it shows none; never raises but MemoryError."""
    if container is Container.OFD:
        readings, log = read_ofd(data, codes=False)
    elif container is Container.PDF:
        readings, log = _pdf(data)
    else:
        return None
    merged = merge(list(readings))
    if merged is None:
        return None
    for reading in readings:
        for problem in reading.problems:
            log.add(problem.code, problem.detail)
    return InvoiceReading(container, merged.invoice, readings, merged.disagreements, log.taken())


def _pdf(data: bytes) -> tuple[tuple[Reading, ...], ProblemLog]:
    log = ProblemLog()
    attached = _attached(data, log) if any(mark in data for mark in _EMBEDDING) else []
    text = _text(data, log)
    flat = "".join(text.split())
    structured = tuple(one for one in attached if _belongs(one, flat))
    if structured or _INVOICE not in flat or _NUMBER not in flat:
        return structured, log
    printed = read_page_text(text)
    return (() if printed is None else (printed,)), log


def _attached(data: bytes, log: ProblemLog) -> list[Reading]:
    found = []
    for at, content in enumerate(attached_xml(data, log), start=1):
        try:
            reading = read_xml(content, f"attachment {at}")
        except XmlRefused as refused:
            log.add(refused.code, f"attachment {at}: {refused.reason}")
            continue
        if reading is not None and reading.invoice is not None:
            found.append(reading)
    return found


def _belongs(reading: Reading, flat: str) -> bool:
    """Whether the pages are that invoice, as far as their words tell."""
    number = None if reading.invoice is None else reading.invoice.number
    if number is None:
        return False
    return len(flat) < WORDLESS or "".join(number.split()) in flat


def _text(data: bytes, log: ProblemLog) -> str:
    """The words of the first pages, in drawing order."""
    texts: list[str] = []
    try:
        with pypdfium2.PdfDocument(data) as document:
            for at in range(min(len(document), MAX_PAGES)):
                page = document[at]
                words = page.get_textpage()
                count = min(words.count_chars(), MAX_CHARACTERS)
                texts.append(str(words.get_text_range(0, count)) if count > 0 else "")
                words.close()
                page.close()
    except MemoryError:
        raise
    except Exception as error:  # pdfium's binding raises its own and ctypes' kinds
        log.add("INVOICE_PAGES_UNREADABLE", type(error).__name__)
    return "\n".join(texts)


def is_printed_only(reading: InvoiceReading) -> bool:
    """Whether it rests on words alone, whose order pdfium does not vouch for."""
    return reading.carriers == (Carrier.PAGE_TEXT,)
