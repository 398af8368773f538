"""The library's own way, as its documentation shows it, for files of any kind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from sealsvc.documents.pdf import pyhanko_api

FIELD = "Bench-0123456789ab"  # a name no file of the corpus has taken


@contextmanager
def as_published() -> Iterator[None]:
    """pyHanko without what this project puts in place of one of its functions."""
    ours = pyhanko_api.generic.read_hex_string_from_stream
    pyhanko_api.generic.read_hex_string_from_stream = pyhanko_api.published_read_hex_string
    try:
        yield
    finally:
        pyhanko_api.generic.read_hex_string_from_stream = ours


def library_seal(signer: signers.SimpleSigner, data: bytes) -> Callable[[], None]:
    """`PdfSigner.sign_pdf` with a `SimpleSigner`, in place, invisible."""
    meta = signers.PdfSignatureMetadata(field_name=FIELD)

    def run() -> None:
        with as_published():
            writer = IncrementalPdfFileWriter(BytesIO(data))
            signers.PdfSigner(meta, signer).sign_pdf(writer, in_place=True)

    return run
