"""What certificates and CRLs share: the signed envelope, one-time signing, ASN.1 times."""

import threading
from datetime import UTC, datetime

from asn1crypto import core, x509

from ca.algorithms import suite_of_key
from ca.errors import (
    PreparedAlreadySigned,
    SignatureDoesNotMatch,
    SignedObjectInvalid,
    SignerBroken,
    SignerMismatch,
    TimeNotAware,
)
from ca.keys import Signer

UTC_TIME_ENDS = 2050


class OneTime:
    """Lets exactly one caller through, also across threads."""

    def __init__(self) -> None:
        self._taken = threading.Lock()

    def spend(self) -> None:
        """Take the one permission. Raises: PreparedAlreadySigned for everyone after the first."""
        if not self._taken.acquire(blocking=False):
            raise PreparedAlreadySigned()


class SignedEnvelope(core.Sequence):  # type: ignore[misc]  # asn1crypto is untyped
    """SEQUENCE {toBeSigned, signatureAlgorithm, signature}. Source: RFC 5280 sections 4.1, 5.1."""

    _fields = [  # noqa: RUF012  # asn1crypto's way to declare fields
        ("tbs", core.Any),
        ("signature_algorithm", core.Any),
        ("signature", core.OctetBitString),
    ]


def ask_signature(tbs_der: bytes, issuer_spki: bytes, once: OneTime, signer: Signer) -> bytes:
    """The one signature over `tbs_der`, verified.

    Spent before the signer is asked: a second signature by a retry would be a second object
    under the same serial number. Raises: SignerMismatch (nothing spent), PreparedAlreadySigned,
    SignerBroken, and what the signer raises.
    """
    suite = suite_of_key(issuer_spki)
    if signer.public_key_spki != issuer_spki or signer.suite != suite.name:
        raise SignerMismatch()
    once.spend()
    signature = signer.sign(tbs_der)
    try:
        suite.verify(issuer_spki, signature, tbs_der)
    except SignatureDoesNotMatch as error:
        raise SignerBroken() from error
    return signature


def seal_envelope(tbs_der: bytes, signature: bytes, issuer_spki: bytes) -> bytes:
    """DER of the signed object, after the signature has been verified over exactly `tbs_der`.

    Raises: SignatureDoesNotMatch, PublicKeyInvalid, UnknownSuite.
    """
    suite = suite_of_key(issuer_spki)
    suite.verify(issuer_spki, signature, tbs_der)
    bit_string = tlv(0x03, b"\x00" + signature)
    return tlv(0x30, tbs_der + suite.algorithm_der + bit_string)


def open_envelope(signed_der: bytes, issuer_spki: bytes) -> bytes:
    """DER of what was signed, after its signature has been verified.

    Raises: SignedObjectInvalid, SignatureDoesNotMatch, PublicKeyInvalid, UnknownSuite.
    """
    suite = suite_of_key(issuer_spki)
    try:
        envelope = SignedEnvelope.load(signed_der, strict=True)
        tbs_der, algorithm = envelope["tbs"].dump(), envelope["signature_algorithm"].dump()
        signature = bytes(envelope["signature"].contents)[1:]
    except (ValueError, TypeError) as error:
        raise SignedObjectInvalid(reason="no signed object") from error
    # asn1crypto overlooks unused bits when they are zero: one signed object in two encodings.
    if signed_der != tlv(0x30, tbs_der + algorithm + tlv(0x03, b"\x00" + signature)):
        raise SignedObjectInvalid(reason="not DER")
    if algorithm != suite.algorithm_der:
        raise SignedObjectInvalid(reason="not the issuer's signature algorithm")
    suite.verify(issuer_spki, signature, tbs_der)
    return bytes(tbs_der)


def whole_seconds(at: datetime) -> datetime:
    """The same instant in UTC, cut to whole seconds. Raises: TimeNotAware."""
    if at.tzinfo is None:
        raise TimeNotAware()
    return at.astimezone(UTC).replace(microsecond=0)


def time_der(at: datetime) -> bytes:
    """UTCTime through 2049, GeneralizedTime from 2050. Source: RFC 5280 section 4.1.2.5."""
    utc = whole_seconds(at)
    if utc.year < UTC_TIME_ENDS:
        return tlv(0x17, f"{utc:%y%m%d%H%M%SZ}".encode())
    return tlv(0x18, f"{utc:%Y%m%d%H%M%SZ}".encode())


def asn1_time(at: datetime) -> x509.Time:
    """The same as `time_der`, for asn1crypto's structures."""
    return x509.Time.load(time_der(at))


def tlv(tag: int, content: bytes) -> bytes:
    """One DER element with a one-byte tag. Source: X.690 section 10.1 (shortest length)."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
