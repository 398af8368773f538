"""The invoice that a sealed document itself is, read cheaply: no pictures, no rendering.

An XML attached to a PDF counts only where the pages show the same number, or no words at all: an
invoice attached to a contract does not make an invoice of the contract. The words of a page count
only where no structured carrier does. Source: CONTRACT section 1; china-domain.md section 4.4.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2
from stdnum.cn import uscc

from sealsvc.documents.invoices.merge import merge
from sealsvc.documents.invoices.model import (
    Carrier,
    Container,
    Invoice,
    InvoiceFamily,
    InvoiceKind,
    InvoiceReading,
    Reading,
)
from sealsvc.documents.invoices.numbers import Generation, read_number
from sealsvc.documents.invoices.ofd_fields import read_ofd
from sealsvc.documents.invoices.pdf_attachments import attached_xml
from sealsvc.documents.invoices.pdf_fields import read_page_text
from sealsvc.documents.invoices.scalars import ProblemLog
from sealsvc.documents.invoices.xml_any import read_xml
from sealsvc.documents.invoices.xmlsafe import XmlRefused
from sealsvc.documents.pdfium import one_at_a_time

MAX_PAGES = 5
MAX_CHARACTERS = 50_000
# Below it a page is a scan, or drawn as outlines, and says nothing about its attachments.
WORDLESS = 40
MAX_CODES = 10
# Points; what begins within it of each other stands in one column.
COLUMN = 60
_INVOICE = "发票"
_NUMBER = "发票号码"
# All of fixed length, so linear.
_DIGITAL = re.compile(r"(?<![0-9])[0-9]{20}(?![0-9])")
_CREDIT_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Y]{18}(?![0-9A-Za-z])")
# What an embedded file cannot do without, or what may hide it in a compressed object.
_EMBEDDING = (b"/EmbeddedFile", b"/EF", b"/ObjStm")


@dataclass(frozen=True)
class _Words:
    """Of the first pages, in drawing order. codes: the credit codes on the first, buyer's first."""

    text: str = ""
    codes: tuple[str, ...] = ()

    @property
    def flat(self) -> str:
        return "".join(self.text.split())


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
    words = _words(data, log)
    structured = tuple(one for one in attached if _belongs(one, words.flat))
    if structured or _INVOICE not in words.flat or _NUMBER not in words.flat:
        return structured, log
    printed = _printed(words)
    return (() if printed is None else (printed,)), log


def _printed(words: _Words) -> Reading | None:
    """What the pages say by their labels; else by shape, as labels and values may be drawn apart.

    Of two credit codes the seller's stands to the right, in the older layout below. That is how
    invoices are laid out, not what the words say, so it stays an assumption.
    """
    reading = read_page_text(words.text) or _by_shape(words)
    if reading is None or reading.invoice is None or len(words.codes) != 2:
        return reading
    buyer, seller = words.codes
    invoice = replace(
        reading.invoice,
        buyer=replace(reading.invoice.buyer, tax_id=buyer),
        seller=replace(reading.invoice.seller, tax_id=seller),
    )
    return replace(reading, invoice=invoice)


def _by_shape(words: _Words) -> Reading | None:
    """A digital invoice: the one number of 20 digits that keeps the rules of numbering."""
    numbers = {number for number in _DIGITAL.findall(words.text) if _is_digital(number)}
    if len(numbers) != 1 or len(words.codes) != 2:
        return None
    invoice = Invoice(InvoiceFamily.CN, InvoiceKind.DIGITAL, number=next(iter(numbers)))
    return Reading(Carrier.PAGE_TEXT, invoice, (), "pages")


def _is_digital(number: str) -> bool:
    found = read_number(number, None, None)
    return found.generation is Generation.DIGITAL and not found.findings


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


@one_at_a_time
def _words(data: bytes, log: ProblemLog) -> _Words:
    texts: list[str] = []
    codes: tuple[str, ...] = ()
    try:
        with pypdfium2.PdfDocument(data) as document:
            for at in range(min(len(document), MAX_PAGES)):
                page = document[at]
                words = page.get_textpage()
                count = min(words.count_chars(), MAX_CHARACTERS)
                texts.append(str(words.get_text_range(0, count)) if count > 0 else "")
                codes = _codes(words, texts[0]) if at == 0 else codes
                words.close()
                page.close()
    except MemoryError:
        raise
    except Exception as error:  # pdfium's binding raises its own and ctypes' kinds
        log.add("INVOICE_PAGES_UNREADABLE", type(error).__name__)
    return _Words("\n".join(texts), codes)


def _codes(words: Any, text: str) -> tuple[str, ...]:
    """The valid credit codes by their place: from left to right, what is level from top down."""
    if _INVOICE not in text:
        return ()
    found = [code for code in dict.fromkeys(_CREDIT_CODE.findall(text)) if uscc.is_valid(code)]
    places = []
    for code in found[:MAX_CODES]:
        first = words.search(code).get_next()
        if first is None:
            return ()
        left, _, _, top = words.get_charbox(first[0])
        places.append((round(left / COLUMN), -top, code))
    return tuple(code for _, _, code in sorted(places))


def is_printed_only(reading: InvoiceReading) -> bool:
    """Whether it rests on words alone, whose order pdfium does not vouch for."""
    return reading.carriers == (Carrier.PAGE_TEXT,)
