"""Our seals before pyHanko's full validation with difference analysis, revocation left out."""

from io import BytesIO

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from sealsvc.values import DocumentRole, Placement
from tests.builders import pdf
from tests.builders.x509 import DemoChain

pytestmark = pytest.mark.interop


def statuses(data: bytes, *chains: DemoChain) -> list[PdfSignatureStatus]:
    """pyHanko's word on every signature, judged at the time of signing."""
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(chain.root_der) for chain in chains],
        moment=pdf.SIGNED_AT,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    usage = KeyUsageConstraints(key_usage={"digital_signature"})
    reader = PdfFileReader(BytesIO(data))
    return [
        validate_pdf_signature(one, context, key_usage_settings=usage)
        for one in reader.embedded_signatures
    ]


@pytest.mark.parametrize("suite", ["ecdsa-p256-sha256", "rsa2048-sha256"])
@pytest.mark.parametrize("role", [DocumentRole.INVOICE, DocumentRole.CONTRACT])
@pytest.mark.parametrize("base", [pdf.plain(2), pdf.xref_stream(2)], ids=["table", "stream"])
def test_one_seal(suite: str, role: DocumentRole, base: bytes) -> None:
    chain = pdf.chain_named("suite", suite)

    (status,) = statuses(pdf.sealed(base, chain, role=role), chain)

    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_three_seals() -> None:
    chains = [pdf.chain_named(label) for label in ("demo", "second", "third")]

    found = statuses(pdf.sealed_thrice(), *chains)

    assert [one.bottom_line for one in found] == [True, True, True]
    assert [one.modification_level.name for one in found if one.modification_level] == [
        "FORM_FILLING",
        "FORM_FILLING",
        "NONE",
    ]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_turned_pages(rotate: int) -> None:
    base = pdf.PdfBuilder().rotated(rotate).build()
    place = Placement(page=1, x_mm=150, y_mm=20, width_mm=40)

    (status,) = statuses(pdf.sealed(base, placement=place), pdf.chain_named())

    assert status.bottom_line
