"""Document formats, pure: bytes in, plain values out (ARCHITECTURE section 5)."""

from typing import Protocol

from sealsvc.documents.pdf import PDF
from sealsvc.documents.values import DocumentReading, PreparedSealing, SealingSpec
from sealsvc.errors import BadInput


class UnsupportedFormat(BadInput):
    """The bytes are of no document format we read."""

    code = "UNSUPPORTED_FORMAT"


class DocumentFormat(Protocol):
    """One kind of document. Only `sniff` may run outside the sandbox."""

    name: str
    media_type: str

    def sniff(self, head: bytes) -> bool:
        """Whether the first 1,024 bytes look like this format."""
        ...

    def read(self, data: bytes) -> DocumentReading:
        """All signatures and what each covers. Raises: DocumentEncrypted, DocumentUnreadable."""
        ...

    def prepare(self, data: bytes, spec: SealingSpec) -> PreparedSealing:
        """A revision with a hole for the signature, and the bytes to sign."""
        ...

    def finish(self, prepared: PreparedSealing, signature: bytes) -> bytes:
        """The sealed document."""
        ...


DOCUMENT_FORMATS: tuple[DocumentFormat, ...] = (PDF,)


def detect(data: bytes) -> DocumentFormat:
    """The format of a document, by its first bytes; the Content-Type is only a hint.

    Raises: UnsupportedFormat.
    """
    head = data[:1024]
    for document_format in DOCUMENT_FORMATS:
        if document_format.sniff(head):
            return document_format
    raise UnsupportedFormat()
