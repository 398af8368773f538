"""The few fields of a certificate that seal checks need; the rest is judged elsewhere.

Source: RFC 5280 section 4.1; GB/T 20518; seal-formats.md section 2 (the odd curve OID).
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from sealsvc.formats import der, encode
from sealsvc.formats.der import DerInvalid, Tlv

MAX_CERTIFICATE_BYTES = 65_536
CACHED = 256
EC_PUBLIC_KEY = encode.oid("1.2.840.10045.2.1")
SM2_CURVE = encode.oid("1.2.156.10197.1.301")
SM2_SIGNATURE = encode.oid("1.2.156.10197.1.301.1")
RSA_ENCRYPTION = encode.oid("1.2.840.113549.1.1.1")


class KeyKind(StrEnum):
    """Which algorithms a key can be used with."""

    SM2 = "SM2"
    RSA = "RSA"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class CertificateFields:
    """spki_der: as stored, but with the SM2 curve's own OID. odd_curve: it had another there.

    issuer_der: encoded Name; serial_der: encoded INTEGER.
    """

    key_kind: KeyKind
    spki_der: bytes
    odd_curve: bool
    issuer_der: bytes
    serial_der: bytes


def read_certificate(certificate_der: bytes) -> CertificateFields:
    """The fields of one DER certificate. Raises: DerInvalid."""
    if len(certificate_der) > MAX_CERTIFICATE_BYTES:
        raise DerInvalid("certificate")
    return _read(certificate_der)


def is_certificate(certificate_der: bytes) -> bool:
    """Can its fields be read?"""
    try:
        read_certificate(certificate_der)
    except DerInvalid:
        return False
    return True


@lru_cache(maxsize=CACHED)
def _read(certificate_der: bytes) -> CertificateFields:
    outer = der.parts(der.read_one(certificate_der), "certificate", 3, 3)
    tbs = der.expect(outer[0], der.SEQUENCE, "certificate").children()
    rest = tbs[1:] if tbs and tbs[0].tag == der.CONTEXT_0 else tbs
    if len(rest) < 6:
        raise DerInvalid("certificate")
    serial, _, issuer, _, _, spki = rest[:6]
    der.expect(serial, der.INTEGER, "certificate serial")
    der.expect(issuer, der.SEQUENCE, "certificate issuer")
    kind, spki_der, odd = _key(spki)
    return CertificateFields(kind, spki_der, odd, issuer.encoded, serial.encoded)


def _key(spki: Tlv) -> tuple[KeyKind, bytes, bool]:
    algorithm, value = der.parts(spki, "public key", 2, 2)
    named = der.parts(algorithm, "public key", 1, 2)
    kind, parameter = named[0].encoded, named[-1].encoded
    if kind == RSA_ENCRYPTION:
        return KeyKind.RSA, spki.encoded, False
    if kind != EC_PUBLIC_KEY or parameter not in (SM2_CURVE, SM2_SIGNATURE):
        return KeyKind.OTHER, spki.encoded, False
    usual = encode.sequence(encode.sequence(EC_PUBLIC_KEY, SM2_CURVE), value.encoded)
    return KeyKind.SM2, usual, parameter == SM2_SIGNATURE
