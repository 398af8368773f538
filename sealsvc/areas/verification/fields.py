"""The document's own fields as evidence; runs in the sandbox, on hostile bytes."""

from collections.abc import Iterable, Iterator

from sealsvc.documents.invoices.arithmetic import check_reading
from sealsvc.documents.invoices.detect import seller_uscc
from sealsvc.documents.invoices.findings import Severity, plain
from sealsvc.documents.invoices.model import Container, Invoice, InvoiceReading, TaxSignature
from sealsvc.documents.invoices.numbers import check_number
from sealsvc.documents.invoices.own import is_printed_only, read_own
from sealsvc.values import DocumentRole
from sealsvc.verify.evidence import DocumentFields

# Of one document; what is beyond says nothing new.
MAX_NAMED = 20
MAX_TEXT = 100
_CONTAINERS = {"pdf": Container.PDF, "ofd": Container.OFD}


def read_fields(kind: str, data: bytes) -> DocumentFields | None:
    """What the document says of the invoice it is; None where it shows no invoice.

    kind: name of the document format. Raises: MemoryError.
    """
    container = _CONTAINERS.get(kind.lower())
    reading = None if container is None else read_own(container, data)
    if reading is None or reading.invoice is None:
        return None
    return _fields(reading, reading.invoice)


def _fields(reading: InvoiceReading, invoice: Invoice) -> DocumentFields:
    numbering, gross = check_number(invoice), invoice.totals.gross
    wrong = () if numbering is None else numbering.findings
    return DocumentFields(
        role=DocumentRole.INVOICE,
        number=_short(invoice.number),
        code=_short(invoice.code),
        seller_uscc=seller_uscc(invoice),
        buyer_uscc=_short(invoice.buyer.tax_id),
        gross=None if gross is None else plain(gross),
        source=str(next(iter(reading.carriers), "")),
        printed_only=is_printed_only(reading),
        disagreements=_named(one.field for one in reading.disagreements),
        arithmetic_errors=_named(_broken_sums(reading)),
        number_errors=_named(one.code for one in wrong if one.severity is Severity.ERROR),
        tax_signature=invoice.tax_signature is TaxSignature.PRESENT_UNVERIFIED,
    )


def _broken_sums(reading: InvoiceReading) -> Iterator[str]:
    """A carrier that states no total at all is no wrong sum."""
    for one in check_reading(reading).errors:
        if one.code != "INVOICE_TOTAL_MISSING":
            yield one.code


def _short(text: str | None) -> str | None:
    return None if text is None else text[:MAX_TEXT]


def _named(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:MAX_NAMED]
