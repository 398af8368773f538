"""Real files, sealed and stamped by pyHanko with our test TSA: read, then judged."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import cache
from io import BytesIO

import pytest
from asn1crypto import cms, keys, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSigner, PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import DigestOutcome, DocumentReading, SignatureOutcome
from sealsvc.verify.evidence import SignatureEvidence
from sealsvc.verify.indications import Summary
from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY
from sealsvc.verify.record import dump_evidence, load_evidence
from sealsvc.verify.verdict import Report
from tests.builders.evidence import NOW, SEAL, SIGNED, chain, sound
from tests.builders.pdf import plain
from tests.builders.tsa import make_token, make_tsa
from tests.builders.x509 import p256_key
from tests.unit.verify.vectors.base import REVOKED_LATER

STAMPED_AT = SIGNED + timedelta(seconds=3)


def private_key(label: str) -> keys.PrivateKeyInfo:
    der = p256_key(label).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return keys.PrivateKeyInfo.load(der)


class Stamper(TimeStamper):
    """pyHanko's interface to our test TSA."""

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        token = make_token(b"", STAMPED_AT, imprint=md_algorithm, hashed=message_digest)
        return cms.ContentInfo.load(token)

    async def async_request_tsa_response(self, req: object) -> object:
        raise AssertionError(req)


@cache
def sealed(*, token: bool, document: bool) -> bytes:
    signer = SimpleSigner(
        signing_cert=x509.Certificate.load(chain().leaf_der),
        signing_key=private_key("demo-leaf"),
        cert_registry=SimpleCertificateStore(),
        prefer_pss=False,
    )
    meta = PdfSignatureMetadata(
        field_name="seal-1", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    pdf_signer = PdfSigner(meta, signer, timestamper=Stamper() if token else None)
    out = BytesIO()
    writer = IncrementalPdfFileWriter(BytesIO(plain()))
    asyncio.run(pdf_signer.async_sign_pdf(writer, output=out))
    if document:
        again = IncrementalPdfFileWriter(BytesIO(out.getvalue()))
        out = BytesIO()
        work = PdfTimeStamper(Stamper()).async_timestamp_pdf(
            again, "sha256", validation_context=None, output=out
        )
        asyncio.run(work)
    return out.getvalue()


def judged(reading: DocumentReading) -> Report:
    """The seal's certificate is revoked since; nothing but the time-stamps proves it was not."""
    signatures = tuple(
        SignatureEvidence(one, None, None if one.is_timestamp else SEAL, None, None)
        for one in reading.signatures
    )
    base = sound().evidence(crls_der=REVOKED_LATER, validation_time=NOW).build()
    evidence = replace(base, reading=reading, signatures=signatures)
    report = judge(evidence, DEFAULT_POLICY)
    assert judge(load_evidence(dump_evidence(evidence)), DEFAULT_POLICY) == report
    return report


@pytest.mark.parametrize(("token", "document"), [(True, False), (False, True), (True, True)])
def test_stamps_of_a_real_file_settle_the_revocation(token: bool, document: bool) -> None:
    reading = read(sealed(token=token, document=document))
    report = judged(reading)
    assert report.summary is Summary.TRUSTED, [f.code for f in report.findings]
    assert report.signatures[0].view.best_at == STAMPED_AT
    assert report.signatures[0].view.poe_sources == ("TSA",)


def test_without_a_stamp_the_revocation_stays() -> None:
    assert judged(read(sealed(token=False, document=False))).summary is Summary.INDETERMINATE


def test_what_is_read_of_a_token() -> None:
    (signature,) = read(sealed(token=True, document=False)).signatures
    (stamp,) = signature.timestamps
    assert (stamp.digest, stamp.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)
    assert stamp.made_at == STAMPED_AT
    assert stamp.signer_certificate_der == make_tsa().certificate_der
    assert (stamp.imprint_algorithm, signature.binding_digest) == ("sha256", "sha256")


def test_a_token_of_another_file_proves_nothing() -> None:
    """The whole token is genuine; it only stands in the wrong signature."""
    (theirs,) = read(sealed(token=True, document=False)).signatures
    ours = read(sealed(token=False, document=False))
    (signature,) = ours.signatures
    moved = replace(theirs.timestamps[0], digest=DigestOutcome.DIFFERS)
    reading = replace(ours, signatures=(replace(signature, timestamps=(moved,)),))
    assert judged(reading).summary is Summary.INDETERMINATE


@pytest.mark.parametrize("step", range(40, 4000, 331))
def test_no_altered_byte_of_a_token_is_believed(step: int) -> None:
    """Unsigned attributes are covered by nothing but their own signature."""
    data = bytearray(sealed(token=True, document=False))
    (signature,) = read(bytes(data)).signatures
    start, end = signature.byte_range[1] + 1, signature.byte_range[2] - 1
    contents = bytes.fromhex(data[start:end].decode())
    token = contents.find(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e") + 11
    used = len(contents.rstrip(b"\0"))
    at = start + 2 * (token + step * (used - token) // 4000)
    data[at : at + 2] = b"%02x" % (int(data[at : at + 2], 16) ^ 0x15)
    report = judged(read(bytes(data)))
    assert report.summary in (Summary.INDETERMINATE, Summary.INVALID)
