"""OFD (GB/T 33190-2016) behind the DocumentFormat protocol; modules are imported when needed."""

from sealsvc.documents.values import DocumentReading, PreparedSealing, SealingSpec

HEAD_BYTES = 1024
_LOCAL_MARK = b"PK\x03\x04"
_ENTRY_POINT = b"OFD.xml"


class OfdFormat:
    """GB/T 33190 packages with electronic seals (GB/T 38540) or signatures (GB/T 35275)."""

    name = "ofd"
    media_type = "application/ofd"
    national = True

    def sniff(self, data: bytes) -> bool:
        """A ZIP, possibly after other bytes, in which the name of the entry point occurs.

        That entry may stand anywhere, so all bytes are searched, and none is interpreted.
        """
        head = data[:HEAD_BYTES]
        zipped = head.startswith(_LOCAL_MARK) or (_LOCAL_MARK in head and b"%PDF-" not in head)
        return zipped and _ENTRY_POINT in data

    def read(self, data: bytes) -> DocumentReading:
        """All signatures of the package.

        Raises: DocumentEncrypted, DocumentUnreadable, UnsupportedFormat.
        """
        from sealsvc.documents.ofd.reader import read

        return read(data)

    def page_size(self, data: bytes, page: int) -> tuple[float, float]:
        """Width and height in millimetres of a page (1-based). Raises: PageNotFound, as `read`."""
        from sealsvc.documents.ofd.reader import page_size

        return page_size(data, page)

    def prepare(self, data: bytes, spec: SealingSpec) -> PreparedSealing:
        """A package with a hole for the signature value. Raises: what `sealer.prepare` raises."""
        from sealsvc.documents.ofd.sealer import prepare

        return prepare(data, spec)

    def finish(self, prepared: PreparedSealing, signature: bytes) -> bytes:
        """The sealed package. Raises: what `sealer.finish` raises."""
        from sealsvc.documents.ofd.sealer import finish

        return finish(prepared, signature)


OFD = OfdFormat()
