"""PDF behind the DocumentFormat protocol.

pyHanko costs most of a second to import and is wanted in sandbox workers only, so the modules
that need it are imported when a method first runs there (issue: /healthz within 5 s).
"""

from sealsvc.documents.values import DocumentReading, PreparedSealing, SealingSpec


class PdfFormat:
    """ISO 32000 documents with CMS signatures."""

    name = "pdf"
    media_type = "application/pdf"

    def sniff(self, head: bytes) -> bool:
        """The header may stand anywhere in the first 1,024 bytes (ISO 32000-1, Annex H)."""
        return b"%PDF-" in head

    def read(self, data: bytes) -> DocumentReading:
        """All signatures of the file. Raises: DocumentEncrypted, DocumentUnreadable."""
        from sealsvc.documents.pdf.reader import read

        return read(data)

    def prepare(self, data: bytes, spec: SealingSpec) -> PreparedSealing:
        """A signed revision with a hole. Raises: what `sealer.prepare` raises."""
        from sealsvc.documents.pdf.sealer import prepare

        return prepare(data, spec)

    def finish(self, prepared: PreparedSealing, signature: bytes) -> bytes:
        """The sealed file. Raises: SignatureTooLarge."""
        from sealsvc.documents.pdf.sealer import finish

        return finish(prepared, signature)


PDF = PdfFormat()
