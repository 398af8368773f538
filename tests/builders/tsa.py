"""A time-stamping authority under the demo chain, and tokens as it makes them (RFC 3161)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import new, sha256
from typing import Any

from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sealsvc.documents.pdf.cms import CmsReading
from sealsvc.documents.pdf.tokens import read_tokens
from sealsvc.documents.values import TimestampReading
from tests.builders.x509 import AT, make_chain, p256_key

STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
SIGNATURE_VALUE = b"signature value"
TSA_KEY = "tsa"


@dataclass(frozen=True)
class Tsa:
    """A certificate (DER) and the key that signs tokens, which need not fit."""

    certificate_der: bytes
    key: ec.EllipticCurvePrivateKey
    issuer_der: bytes


@cache
def make_tsa(
    label: str = TSA_KEY,
    *,
    chain_label: str = "demo",
    starts: datetime = AT - timedelta(days=1),
    days: int = 365,
    critical: bool = True,
    purposes: tuple[x509.ObjectIdentifier, ...] = (STAMPING,),
) -> Tsa:
    """A TSA certified by the issuing CA of that chain. Its serial number is `tsa_serial(label)`."""
    issuer_der = make_chain(label=chain_label).issuing_der
    issuer = x509.load_der_x509_certificate(issuer_der)
    key = p256_key(label)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"TSA {label}")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(tsa_serial(label))
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=days))
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, False, False, False, False),
            critical=True,
        )
    )
    if purposes:
        usage = x509.ExtendedKeyUsage(list(purposes))
        builder = builder.add_extension(usage, critical=critical)
    signed = builder.sign(p256_key(f"{chain_label}-ca"), SHA256())
    return Tsa(signed.public_bytes(Encoding.DER), key, issuer_der)


def tsa_serial(label: str = TSA_KEY) -> int:
    return int.from_bytes(sha256(label.encode()).digest()[:8], "big")


def make_token(
    stamped: bytes,
    at: datetime,
    tsa: Tsa | None = None,
    *,
    imprint: str = "sha256",
    binding: str | None = "sha256",
    key: ec.EllipticCurvePrivateKey | None = None,
    hashed: bytes | None = None,
    accuracy: dict[str, int] | None = None,
) -> bytes:
    """A token over `stamped`, or over what has the digest `hashed`.

    accuracy: seconds, millis, micros; None leaves it out.
    binding: digest naming the certificate, None leaves it out.
    """
    tsa = tsa or make_tsa()
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.2.3.4",
            "message_imprint": {
                "hash_algorithm": {"algorithm": imprint},
                "hashed_message": hashed or new(imprint, stamped, usedforsecurity=False).digest(),
            },
            "serial_number": 1,
            "gen_time": at.astimezone(UTC),
            **({} if accuracy is None else {"accuracy": accuracy}),
        }
    )
    certificate = asn1_x509.Certificate.load(tsa.certificate_der)
    attributes = [
        _attribute("content_type", "tst_info"),
        _attribute("message_digest", sha256(info.dump()).digest()),
    ]
    if binding is not None:
        attributes.append(_binding(certificate, binding))
    signed = cms.CMSAttributes(attributes)
    value = (key or tsa.key).sign(signed.dump(), ec.ECDSA(SHA256()))
    return _content_info(info, certificate, signed, value)


def read_stamp(
    at: datetime, tsa: Tsa | None = None, *, stamped: bytes = SIGNATURE_VALUE, **options: Any
) -> TimestampReading:
    """A token over `stamped` as read inside a signature whose value is SIGNATURE_VALUE."""
    token = make_token(stamped, at, tsa, **options)
    host = CmsReading(signature_value=SIGNATURE_VALUE, signature_stamps_der=(token,))
    (reading,) = read_tokens(host, None)
    return reading


def read_content_stamp(at: datetime, content: bytes = b"content") -> TimestampReading:
    """A token over signed content, as read inside a signature over `content`."""
    host = CmsReading(content_stamps_der=(make_token(b"content", at),))
    (reading,) = read_tokens(host, content)
    return reading


def _attribute(kind: str, value: Any) -> Any:
    return cms.CMSAttribute({"type": kind, "values": (value,)})


def _binding(certificate: Any, digest: str) -> Any:
    hashed = new(digest, certificate.dump(), usedforsecurity=False).digest()
    if digest == "sha1":
        first = tsp.SigningCertificate({"certs": [tsp.ESSCertID({"cert_hash": hashed})]})
        return _attribute("signing_certificate", first)
    identifier = tsp.ESSCertIDv2({"hash_algorithm": {"algorithm": digest}, "cert_hash": hashed})
    second = tsp.SigningCertificateV2({"certs": [identifier]})
    return _attribute("signing_certificate_v2", second)


def _content_info(info: Any, certificate: Any, signed: Any, value: bytes) -> bytes:
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    sid = cms.IssuerAndSerialNumber(
        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    )
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier("issuer_and_serial_number", sid),
            "digest_algorithm": digest,
            "signed_attrs": signed,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": value,
        }
    )
    content = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [digest],
            "encap_content_info": {"content_type": "tst_info", "content": info},
            "certificates": [certificate],
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())
