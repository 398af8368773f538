"""PDF behind the DocumentFormat protocol.

pyHanko costs most of a second to import and is wanted in sandbox workers only, so the modules
that need it are imported when a method first runs there (issue: /healthz within 5 s).
"""

from sealsvc.documents.values import DocumentReading, PreparedSealing, SealingSpec


class PdfFormat:
    """ISO 32000 documents with CMS signatures."""

    name = "pdf"
    media_type = "application/pdf"
    national = False

    def sniff(self, data: bytes) -> bool:
        """The header may stand anywhere in the first 1,024 bytes (ISO 32000-1, Annex H)."""
        return b"%PDF-" in data[:1024]

    def read(self, data: bytes) -> DocumentReading:
        """All signatures of the file. Raises: DocumentEncrypted, DocumentUnreadable."""
        from sealsvc.documents.pdf.reader import read

        return read(data)

    def page_size(self, data: bytes, page: int) -> tuple[float, float]:
        """Width and height in millimetres of a page as shown.

        Raises: DocumentEncrypted, DocumentUnreadable, PageNotFound.
        """
        from sealsvc.documents.pdf.errors import PageNotFound
        from sealsvc.documents.pdf.geometry import pages_of
        from sealsvc.documents.pdf.opening import open_document

        pages = pages_of(open_document(data).reader)
        if not 1 <= page <= len(pages):
            raise PageNotFound(page=page, pages=len(pages))
        return pages[page - 1].view().shown_mm

    def prepare(self, data: bytes, spec: SealingSpec) -> PreparedSealing:
        """A signed revision with a hole. Raises: what `sealer.prepare` raises."""
        from sealsvc.documents.pdf.sealer import prepare

        return prepare(data, spec)

    def finish(self, prepared: PreparedSealing, signature: bytes) -> bytes:
        """The sealed file. Raises: SignatureTooLarge."""
        from sealsvc.documents.pdf.sealer import finish

        return finish(prepared, signature)


PDF = PdfFormat()
