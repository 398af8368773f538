"""Certificates that our own CA engine would refuse to make, issued under the demo chain."""

from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA224, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tests.builders.evidence import A, chain
from tests.builders.x509 import AT, P256_ORDER

DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")


def key(label: str) -> ec.EllipticCurvePrivateKey:
    """The same key as `make_signer(label)` holds."""
    secret = int.from_bytes(sha256(label.encode()).digest(), "big") % (P256_ORDER - 1) + 1
    return ec.derive_private_key(secret, ec.SECP256R1())


def _name(uscc: str | None, common_name: str) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if uscc is not None:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, uscc))
    return x509.Name(attributes)


@cache
def odd_leaf(
    label: str = "odd",
    *,
    uscc: str | None = A,
    purpose: ObjectIdentifier | None = DOCUMENT_SIGNING,
    signing: bool = True,
    is_ca: bool = False,
    rsa_bits: int = 0,
    forged: bool = False,
    self_signed: bool = False,
    critical_unknown: bool = False,
    weak_digest: bool = False,
    starts: datetime = AT,
) -> bytes:
    """One end-entity certificate with one thing out of order. forged: signed by the wrong key."""
    issuer = x509.load_der_x509_certificate(chain().issuing_der)
    subject = _name(uscc, label)
    own = rsa.generate_private_key(65537, rsa_bits) if rsa_bits else key(label)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if self_signed else issuer.subject)
        .public_key(own.public_key())
        .serial_number(int.from_bytes(sha256(label.encode()).digest()[:8], "big"))
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=365))
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(
            x509.KeyUsage(signing, signing, not signing, False, False, is_ca, False, False, False),
            critical=True,
        )
    )
    if purpose is not None:
        usage = x509.ExtendedKeyUsage([purpose])
        builder = builder.add_extension(usage, critical=purpose == STAMPING)
    if critical_unknown:
        extension = x509.UnrecognizedExtension(ObjectIdentifier("2.25.12345"), b"\x05\x00")
        builder = builder.add_extension(extension, critical=True)
    signer = key("demo-ca")
    if forged:
        signer = key("somebody else")
    elif self_signed and isinstance(own, ec.EllipticCurvePrivateKey):
        signer = own
    return builder.sign(signer, SHA224() if weak_digest else SHA256()).public_bytes(Encoding.DER)


@cache
def imitation() -> tuple[bytes, bytes]:
    """A signer's certificate and its CA, which names our root as its issuer but is not of it."""
    root = x509.load_der_x509_certificate(chain().root_der)
    fake, thief = _name(None, "fake"), key("somebody else")
    ca_builder = (
        x509.CertificateBuilder()
        .subject_name(fake)
        .issuer_name(root.subject)
        .public_key(key("fake").public_key())
        .serial_number(77)
        .not_valid_before(AT)
        .not_valid_after(AT + timedelta(days=365))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(thief.public_key()), critical=False
        )
    )
    leaf_builder = (
        x509.CertificateBuilder()
        .subject_name(_name(A, "victim"))
        .issuer_name(fake)
        .public_key(key("victim").public_key())
        .serial_number(78)
        .not_valid_before(AT)
        .not_valid_after(AT + timedelta(days=365))
    )
    leaf = leaf_builder.sign(key("fake"), SHA256())
    return leaf.public_bytes(Encoding.DER), ca_builder.sign(thief, SHA256()).public_bytes(
        Encoding.DER
    )


SERVER = ExtendedKeyUsageOID.SERVER_AUTH
STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
