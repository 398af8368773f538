"""Checking a signature value of a seal: which algorithm, which form, does it hold?

Exactly one message is ever tried (seal-formats.md section 11 item 4): a verifier that tries
alternatives until one passes would accept a swapped seal.
"""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from ca import sm2
from ca.algorithms import load_public_key
from ca.errors import PublicKeyInvalid, SignatureDoesNotMatch
from sealsvc.formats import der, encode
from sealsvc.formats.certificate import KeyKind, read_certificate
from sealsvc.formats.der import DerInvalid
from sealsvc.formats.problems import Fault, Leniency, Problems
from sealsvc.formats.values import SignatureOutcome

SM2_SM3_OID = "1.2.156.10197.1.501"
SM2_SIGNATURE_OID = "1.2.156.10197.1.301.1"
SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
RAW_OCTETS = 64
_HALF = 32


@dataclass(frozen=True)
class SealAlgorithm:
    """One way seals are signed. name as in CMS readings; digest: also that of dataHash."""

    oid: str
    key_kind: KeyKind
    name: str
    digest: str
    legacy: bool


SEAL_ALGORITHMS = (
    SealAlgorithm(SM2_SM3_OID, KeyKind.SM2, "sm2_sm3", "sm3", legacy=False),
    SealAlgorithm("1.2.840.113549.1.1.11", KeyKind.RSA, "sha256_rsa", "sha256", legacy=True),
    SealAlgorithm("1.2.840.113549.1.1.5", KeyKind.RSA, "sha1_rsa", "sha1", legacy=True),
)
# Inside a SignerInfo the bare signature OID is the standard's, .501 is met as well.
SIGNER_INFO_ALGORITHMS = (
    SealAlgorithm(SM2_SIGNATURE_OID, KeyKind.SM2, "sm2_sm3", "sm3", legacy=False),
    SealAlgorithm(SM2_SM3_OID, KeyKind.SM2, "sm2_sm3", "sm3", legacy=False),
)


@dataclass(frozen=True)
class SignedMessage:
    """What to check: the algorithm's OID, the signer's certificate, the value and the message."""

    algorithm_oid: str
    certificate_der: bytes
    value: bytes
    message: bytes


def algorithm_of(
    oid: str, table: tuple[SealAlgorithm, ...] = SEAL_ALGORITHMS
) -> SealAlgorithm | None:
    """The row of that OID, or None."""
    return next((row for row in table if row.oid == oid), None)


def check_value(
    signed: SignedMessage,
    problems: Problems,
    table: tuple[SealAlgorithm, ...] = SEAL_ALGORITHMS,
) -> SignatureOutcome:
    """Does the value hold over the message? What is wrong goes to `problems`.

    Raises: ca.errors.CaUnavailable when SM2 cannot be computed here.
    """
    row = algorithm_of(signed.algorithm_oid, table)
    if row is None:
        problems.add(Fault.ALGORITHM_UNSUPPORTED, "unknown")
        return SignatureOutcome.NOT_CHECKED
    if row.legacy:
        problems.add(Leniency.ALGORITHM_LEGACY, row.name)
    try:
        fields = read_certificate(signed.certificate_der)
    except DerInvalid:
        problems.add(Fault.FORMAT_INVALID, "certificate")
        return SignatureOutcome.NOT_CHECKED
    if fields.key_kind is not row.key_kind:
        problems.add(Fault.ALGORITHM_UNSUPPORTED, "does not fit the key")
        return SignatureOutcome.NOT_CHECKED
    if fields.odd_curve:
        problems.add(Leniency.KEY_CURVE_OID)
    return _arithmetic(row, fields.spki_der, signed, problems)


def _arithmetic(
    row: SealAlgorithm, spki_der: bytes, signed: SignedMessage, problems: Problems
) -> SignatureOutcome:
    try:
        if row.key_kind is KeyKind.SM2:
            value = sm2_value(signed.value)
            if value != signed.value:
                problems.add(Leniency.SIGNATURE_RAW)
            sm2.check(spki_der, value, signed.message)
        else:
            _check_rsa(spki_der, row.digest, signed)
    except PublicKeyInvalid:
        problems.add(Fault.ALGORITHM_UNSUPPORTED, "public key")
        return SignatureOutcome.NOT_CHECKED
    except (SignatureDoesNotMatch, DerInvalid) as error:
        detail = "form of the value" if isinstance(error, DerInvalid) else ""
        problems.add(Fault.SIGNATURE_INVALID, detail)
        return SignatureOutcome.FAILS
    return SignatureOutcome.VERIFIES


def sm2_value(value: bytes) -> bytes:
    """The value as DER, whether stored so or as 64 octets; r and s in 1..n-1, shortest form.

    Raises: DerInvalid. Source: GM/T 0009; seal-formats.md section 3.
    """
    if len(value) == RAW_OCTETS and value[:1] != b"\x30":
        return _raw(value)
    try:
        r, s = der.parts(der.read_one(value), "signature value", 2, 2)
        numbers = der.unsigned(r, "r", _HALF), der.unsigned(s, "s", _HALF)
    except DerInvalid:
        if len(value) != RAW_OCTETS:
            raise
        return _raw(value)  # r happens to begin with 0x30
    _in_range(numbers)
    return value


def _raw(value: bytes) -> bytes:
    numbers = int.from_bytes(value[:_HALF], "big"), int.from_bytes(value[_HALF:], "big")
    _in_range(numbers)
    return encode.sequence(*(encode.integer(number) for number in numbers))


def _in_range(numbers: tuple[int, int]) -> None:
    if not all(1 <= number < SM2_ORDER for number in numbers):
        raise DerInvalid("signature value")


_RSA_DIGESTS: dict[str, HashAlgorithm] = {"sha1": SHA1(), "sha256": SHA256()}  # noqa: S303


def _check_rsa(spki_der: bytes, digest: str, signed: SignedMessage) -> None:
    key = load_public_key(spki_der)
    if not isinstance(key, rsa.RSAPublicKey):
        raise PublicKeyInvalid(reason="kind")
    try:
        key.verify(signed.value, signed.message, padding.PKCS1v15(), _RSA_DIGESTS[digest])
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as error:
        raise SignatureDoesNotMatch() from error


def digest_of(name: str, data: bytes) -> bytes:
    """The digest of `data` by one of the names in the tables."""
    if name == "sm3":
        return sm2.sm3(data)
    return hashlib.new(name, data).digest()
