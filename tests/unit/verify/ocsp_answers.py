"""OCSP answers about the demo chain: by the issuer, by a delegate, and by those who may not."""

from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.builders.evidence import chain
from tests.builders.x509 import AT, p256_key


@cache
def responder(purpose: x509.ObjectIdentifier | None, *, days: int = 30) -> x509.Certificate:
    """A certificate by the issuing CA for answering, or for something else."""
    issuer = x509.load_der_x509_certificate(chain().issuing_der)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"responder {days}")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject)
        .public_key(p256_key("responder").public_key())
        .serial_number(4242 + days)
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT - timedelta(days=1) + timedelta(days=days))
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(x509.OCSPNoCheck(), critical=False)
    )
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    return builder.sign(p256_key("demo-ca"), SHA256())


OCSP_SIGNING = ExtendedKeyUsageOID.OCSP_SIGNING


def answer(
    at: datetime,
    *,
    hours: int = 24,
    revoked_at: datetime | None = None,
    maker: x509.Certificate | None = None,
    key: str = "demo-ca",
    about: bytes | None = None,
) -> bytes:
    """An answer about the signer's certificate. maker: a delegate; by default the CA itself."""
    issuer = x509.load_der_x509_certificate(chain().issuing_der)
    subject = x509.load_der_x509_certificate(about or chain().leaf_der)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=subject,
        issuer=issuer,
        algorithm=SHA1(),
        cert_status=ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD,
        this_update=at,
        next_update=at + timedelta(hours=hours),
        revocation_time=revoked_at,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, maker or issuer)
    if maker is not None:
        builder = builder.certificates([maker])
    return builder.sign(p256_key(key), SHA256()).public_bytes(Encoding.DER)


def redated(der: bytes, old: datetime, new: datetime) -> bytes:
    """An answer with one of its times replaced, so that its signature fits no more."""
    times = [at.strftime("%Y%m%d%H%M%SZ").encode() for at in (old, new)]
    assert times[0] in der
    return der.replace(*times)
