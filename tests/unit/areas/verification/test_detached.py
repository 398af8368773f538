"""Detached CMS against any bytes: a reading or DocumentUnreadable, and nothing else."""

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.documents.cms_detached import read_detached
from sealsvc.documents.detached import DocumentDigest
from sealsvc.documents.pdf.cades import SignerMaterial, signed_attributes, signed_data
from sealsvc.documents.pdf.errors import DocumentUnreadable
from sealsvc.documents.values import DigestOutcome, SignatureOutcome
from tests.builders.evidence import chain
from tests.builders.x509 import P256

GIVEN = DocumentDigest("sha256", sha256(b"document").digest())


@cache
def signature() -> bytes:
    material = SignerMaterial(chain().leaf_der, (), P256)
    attributes = signed_attributes(material, GIVEN.value)
    return signed_data(material, attributes, chain().leaf_signer.sign(attributes))


def holds(data: bytes, given: DocumentDigest | None) -> bool:
    (one,) = read_detached(data, given).reading.signatures
    verifies = one.signature is SignatureOutcome.VERIFIES
    return verifies and one.digest is DigestOutcome.MATCHES and not one.problems


def test_the_untouched_one_holds() -> None:
    read = read_detached(signature(), GIVEN)
    assert holds(signature(), GIVEN)
    assert read.cades
    assert read.signed == GIVEN
    assert read.reading.kind == "detached"


@pytest.mark.parametrize(
    "given",
    [
        None,
        DocumentDigest("sha256", bytes(32)),
        DocumentDigest("sha512", GIVEN.value),
        DocumentDigest("sha256", b""),
    ],
)
def test_another_digest_never_holds(given: DocumentDigest | None) -> None:
    assert not holds(signature(), given)


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=150, deadline=None)
def test_a_flipped_bit_never_holds_for_another_signer_or_digest(at: int, bit: int) -> None:
    data = bytearray(signature())
    data[at % len(data)] ^= 1 << bit
    try:
        read = read_detached(bytes(data), GIVEN)
    except DocumentUnreadable:
        return
    (one,) = read.reading.signatures
    if one.signature is SignatureOutcome.VERIFIES and one.digest is DigestOutcome.MATCHES:
        assert one.signer_certificate_der == chain().leaf_der
        assert read.signed == GIVEN


@given(st.binary(max_size=200), st.integers(0, 10_000), st.integers(0, 10_000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(piece: bytes, start: int, end: int) -> None:
    data = signature()
    for hostile in (piece, data[:start] + piece + data[end:], data[: start % len(data)], data * 2):
        try:
            read_detached(hostile, GIVEN)
        except DocumentUnreadable:
            continue
