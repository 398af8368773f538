"""The library's own way, as its documentation shows it, for files of any kind."""

from collections.abc import Callable
from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from bench.pdf_seal import Party

FIELD = "Bench-0123456789ab"  # a name no file of the corpus has taken


def library_seal(one: Party, data: bytes) -> Callable[[], None]:
    """`PdfSigner.sign_pdf` with a `SimpleSigner`, in place, invisible."""
    meta = signers.PdfSignatureMetadata(field_name=FIELD)

    def run() -> None:
        writer = IncrementalPdfFileWriter(BytesIO(data))
        signers.PdfSigner(meta, one.pyhanko).sign_pdf(writer, in_place=True)

    return run
