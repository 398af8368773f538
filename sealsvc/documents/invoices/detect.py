"""Any file into an invoice: the bytes decide what it is, every carrier inside is read."""

from stdnum.cn import uscc

from sealsvc.documents.invoices.merge import merge
from sealsvc.documents.invoices.model import (
    Carrier,
    Container,
    Invoice,
    InvoiceReading,
    Reading,
)
from sealsvc.documents.invoices.ofd_fields import graph_code, read_ofd
from sealsvc.documents.invoices.pdf_fields import read_pdf
from sealsvc.documents.invoices.scalars import ProblemLog
from sealsvc.documents.invoices.xml_any import read_xml
from sealsvc.documents.invoices.xmlsafe import XmlRefused

MAX_FILE = 64 * 1024 * 1024
_PDF_HEADER = 1024
_ZIP_TAIL = 66_000
_XML_STARTS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def container_of(data: bytes) -> Container:
    """What the bytes are, by their beginning."""
    if b"%PDF-" in data[:_PDF_HEADER]:
        return Container.PDF
    if data.startswith(b"PK\x03\x04"):
        return Container.OFD
    if data[:_PDF_HEADER].lstrip().startswith(_XML_STARTS):
        return Container.XML
    # Bytes before the first local header are met in the field (ofd.md section 2).
    if data.rfind(b"PK\x05\x06", max(0, len(data) - _ZIP_TAIL)) >= 0:
        return Container.OFD
    return Container.UNKNOWN


def read_invoice(data: bytes) -> InvoiceReading:
    """The invoice in a PDF, OFD or XML file; never raises.

    `problems` hold those of the file and of every carrier. An invoice with problems or
    disagreements was read, not found right.
    """
    container = container_of(data)
    log = ProblemLog()
    if len(data) > MAX_FILE:
        log.add("INVOICE_FILE_TOO_LARGE")
        return InvoiceReading(container, None, (), (), log.taken())
    readings, log = _readings(container, data)
    merged = merge(list(readings))
    for reading in readings:
        for problem in reading.problems:
            log.add(problem.code, problem.detail)
    if merged is None:
        if container in (Container.PDF, Container.OFD):
            log.add("INVOICE_NOT_FOUND")
        return InvoiceReading(container, None, readings, (), log.taken())
    _note_missing(merged.invoice, log)
    return InvoiceReading(container, merged.invoice, readings, merged.disagreements, log.taken())


def _readings(container: Container, data: bytes) -> tuple[tuple[Reading, ...], ProblemLog]:
    if container is Container.PDF:
        return read_pdf(data)
    if container is Container.OFD:
        return read_ofd(data)
    if container is Container.XML:
        return _xml(data)
    log = ProblemLog()
    log.add("INVOICE_FORMAT_UNKNOWN")
    return (), log


def _xml(data: bytes) -> tuple[tuple[Reading, ...], ProblemLog]:
    log = ProblemLog()
    try:
        reading = read_xml(data)
    except XmlRefused as refused:
        log.add(refused.code, refused.reason)
        return (), log
    if reading is None:
        log.add("INVOICE_ROOT_UNKNOWN")
        return (), log
    if reading.carrier is Carrier.ORIGINAL_XML:
        return (reading, *graph_code(reading)), log
    return (reading,), log


def _note_missing(invoice: Invoice, log: ProblemLog) -> None:
    """What no invoice can do without. Source: EN 16931 BR-02, BR-03, BR-06, BR-14; sheet 4.6."""
    needed = {
        "number": invoice.number,
        "issued_on": invoice.issued_on,
        "seller.name": invoice.seller.name,
        "totals.gross": invoice.totals.gross,
    }
    for name, value in needed.items():
        if value is None:
            log.add("INVOICE_FIELD_MISSING", name)


def seller_uscc(invoice: Invoice) -> str | None:
    """The seller's tax number where it is a valid unified social credit code, else None."""
    number = invoice.seller.tax_id
    return number if number is not None and uscc.is_valid(number) else None
