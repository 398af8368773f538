"""The parsers of foreign bytes, each as a function that must not raise on any input.

A target lets through only the errors its parser documents. Whoever adds a parser adds a target.
"""

from collections.abc import Callable
from pathlib import Path

from sealsvc.areas.entities.model.uscc import check_uscc
from sealsvc.documents import UnsupportedFormat
from sealsvc.documents.invoices.detect import read_invoice
from sealsvc.documents.ofd import OFD
from sealsvc.documents.pdf.cms import read_cms
from sealsvc.documents.pdf.errors import DocumentEncrypted, DocumentUnreadable
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.pdf.tokens import read_tokens
from sealsvc.imprint.picture import ImprintPictureUnreadable, inspect_picture
from sealsvc.tlog import TlogError
from sealsvc.tlog.leaf import parse_leaf
from sealsvc.tlog.note import parse_note
from sealsvc.tlog.policy import parse_policy
from sealsvc.tlog.proof import parse_opening, parse_tlog_proof
from sealsvc.tlog.tiles import decode_bundle
from tests.unit.formats.fuzzing import formats

HERE = Path(__file__).parent
CORPUS, REGRESSIONS = HERE / "corpus", HERE / "regressions"
Target = Callable[[bytes], None]


def pdf(data: bytes) -> None:
    """A whole document. Source: documents.pdf.reader.read."""
    try:
        read(data)
    except (DocumentEncrypted, DocumentUnreadable):
        return


def cms(data: bytes) -> None:
    """The value of a signature, as CAdES and as a time-stamp; never raises."""
    for timestamp in (False, True):
        read_tokens(read_cms(data, b"covered", timestamp=timestamp, cades=True), b"covered")


def picture(data: bytes) -> None:
    """A foreign picture of a seal."""
    try:
        inspect_picture(data)
    except ImprintPictureUnreadable:
        return


def _tlog(parse: Callable[[bytes], object]) -> Target:
    def target(data: bytes) -> None:
        try:
            parse(data)
        except TlogError:
            return

    return target


def ofd(data: bytes) -> None:
    """A whole package, its seals and signatures. Source: documents.ofd.reader.read."""
    try:
        OFD.read(data)
    except (DocumentEncrypted, DocumentUnreadable, UnsupportedFormat):
        return


def invoice(data: bytes) -> None:
    """The fields of an invoice in whatever carrier; never raises."""
    read_invoice(data)


def uscc(data: bytes) -> None:
    """A credit code in any spelling; never raises."""
    check_uscc(data.decode("utf-8", "replace"))


TARGETS: dict[str, Target] = {
    "pdf": pdf,
    "cms": cms,
    "formats": formats,
    "ofd": ofd,
    "invoice": invoice,
    "picture": picture,
    "note": _tlog(parse_note),
    "proof": _tlog(parse_tlog_proof),
    "opening": _tlog(parse_opening),
    "leaf": _tlog(parse_leaf),
    "policy": _tlog(parse_policy),
    "bundle": _tlog(lambda data: decode_bundle(data[1:], data[0] + 1 if data else 1)),
    "uscc": uscc,
}


def seeds(name: str) -> list[Path]:
    """The target's corpus: small good inputs, and all that once went wrong."""
    return sorted([*(CORPUS / name).glob("*"), *(REGRESSIONS / name).glob("*")])
