"""Document formats, pure: bytes in, plain values out (ARCHITECTURE section 5)."""

from typing import Protocol

from sealsvc.documents.ofd import OFD
from sealsvc.documents.pdf import PDF
from sealsvc.documents.values import DocumentReading, PreparedSealing, SealingSpec
from sealsvc.errors import BadInput


class UnsupportedFormat(BadInput):
    """The bytes are of no document format we read."""

    code = "UNSUPPORTED_FORMAT"


class DocumentFormat(Protocol):
    """One kind of document. Only `sniff` may run outside the sandbox.

    national: its seals are GB/T 38540 structures signed with SM2.
    """

    name: str
    media_type: str
    national: bool

    def sniff(self, data: bytes) -> bool:
        """Whether the bytes look like this format; they are searched, never interpreted."""
        ...

    def read(self, data: bytes) -> DocumentReading:
        """All signatures and what each covers.

        Raises: DocumentEncrypted, DocumentUnreadable; UnsupportedFormat where only the whole file
        shows that it is of another kind (a ZIP that is no OFD).
        """
        ...

    def page_size(self, data: bytes, page: int) -> tuple[float, float]:
        """Width and height in millimetres of a page (1-based) as shown. Raises: PageNotFound."""
        ...

    def prepare(self, data: bytes, spec: SealingSpec) -> PreparedSealing:
        """A revision with a hole for the signature, and the bytes to sign."""
        ...

    def finish(self, prepared: PreparedSealing, signature: bytes) -> bytes:
        """The sealed document."""
        ...


# A package that begins like one is no PDF, whatever stands inside it.
DOCUMENT_FORMATS: tuple[DocumentFormat, ...] = (OFD, PDF)


def detect(data: bytes) -> DocumentFormat:
    """The format of a document, by its first bytes; the Content-Type is only a hint.

    Raises: UnsupportedFormat.
    """
    for document_format in DOCUMENT_FORMATS:
        if document_format.sniff(data):
            return document_format
    raise UnsupportedFormat()
