"""Algorithms and certificates by their exact DER: read once by the general library, then known.

The names are those that `documents.pdf.cms` gives, as both ask the same library.
Source: RFC 5754; RFC 5758; RFC 4055; GB/T 33560, GB/T 35275 (SM2 and SM3).
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple, Protocol

from asn1crypto import algos, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ca.algorithms import (
    SM2_SIGNATURE_OID,
    SM2_SM3_OID,
    check_sm2,
    concerns_sm2,
    load_public_key,
)
from ca.errors import SignatureDoesNotMatch
from ca.sm2 import Sm3
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.errors import ServiceError

MAX_CERTIFICATES = 1024
MAX_ALGORITHMS = 128
MAX_CERTIFICATE_BYTES = 16_384
"""What is kept is bounded in bytes too; larger certificates are the general reader's."""
MAX_ALGORITHM_BYTES = 64

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
_PKCS1 = padding.PKCS1v15()

Check = Callable[[bytes, bytes], bool]
"""(signature, signed bytes) → whether the key made it."""


class RunningDigest(Protocol):
    """A digest in the making."""

    def update(self, data: memoryview, /) -> None:
        """Take in more bytes."""

    def copy(self) -> "RunningDigest":
        """A fork."""

    def digest(self) -> bytes:
        """The value so far."""


_STARTS: dict[str, Callable[[], RunningDigest]] = {
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
    "sm3": Sm3,
}


def start_digest(name: str) -> RunningDigest:
    """A new digest of a name that `digest_name` gave."""
    return _STARTS[name]()


@lru_cache(maxsize=MAX_ALGORITHMS)
def digest_name(identifier_der: bytes) -> str:
    """The digest that an AlgorithmIdentifier names. Raises: NotUnderstood."""
    _refuse_long(identifier_der)
    _, name = _named(algos.DigestAlgorithm, identifier_der)
    if name not in _STARTS:
        raise NotUnderstood("digest algorithm")
    return name


def _named(kind: Any, identifier_der: bytes) -> tuple[str, str]:
    """OID and asn1crypto's name of an AlgorithmIdentifier without parameters."""
    try:
        identifier = kind.load(identifier_der, strict=True)
        named = identifier["algorithm"].dotted, str(identifier["algorithm"].native)
        plain = identifier["parameters"].native is None
    except (ValueError, TypeError, KeyError) as error:
        raise NotUnderstood("algorithm identifier") from error
    if not plain:
        raise NotUnderstood("algorithm parameters")
    return named


@lru_cache(maxsize=MAX_ALGORITHMS)
def fingerprint_of(certificate_der: bytes, digest: str) -> bytes:
    """A certificate's digest."""
    running = start_digest(digest)
    running.update(memoryview(certificate_der))
    return running.digest()


class SignatureAlgorithm(NamedTuple):
    """name: as the general library says it; digest: the one it demands, None for any."""

    name: str
    oid: str
    digest: str | None
    kind: str


@lru_cache(maxsize=MAX_ALGORITHMS)
def signature_algorithm(identifier_der: bytes) -> SignatureAlgorithm:
    """The algorithm that an AlgorithmIdentifier names. Raises: NotUnderstood."""
    _refuse_long(identifier_der)
    oid, name = _named(algos.SignedDigestAlgorithm, identifier_der)
    if oid in (SM2_SM3_OID, SM2_SIGNATURE_OID):
        return SignatureAlgorithm(name, oid, "sm3", "sm2")
    if oid == _RSA_ENCRYPTION:
        return SignatureAlgorithm(name, oid, None, "rsa")
    digest, _, family = name.partition("_")
    if family not in ("ecdsa", "rsa") or digest not in _HASHES:
        raise NotUnderstood("signature algorithm")
    return SignatureAlgorithm(name, oid, digest, family)


def _refuse_long(identifier_der: bytes) -> None:
    if len(identifier_der) > MAX_ALGORITHM_BYTES:
        raise NotUnderstood("algorithm identifier")


class CertificateNames(NamedTuple):
    """How a certificate is named. issuer, serial: DER elements; spki: of its key."""

    issuer: bytes
    serial: bytes
    spki: bytes


@lru_cache(maxsize=MAX_CERTIFICATES)
def certificate_names(der: bytes) -> CertificateNames:
    """The names of a certificate that reads as a whole. Raises: NotUnderstood."""
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise NotUnderstood("size of a certificate")
    try:
        certificate = x509.Certificate.load(der, strict=True)
        to_be_signed = certificate["tbs_certificate"]
        found = CertificateNames(
            bytes(to_be_signed["issuer"].dump()),
            bytes(to_be_signed["serial_number"].dump()),
            bytes(to_be_signed["subject_public_key_info"].dump()),
        )
        _ = certificate.native, certificate.serial_number  # all of it must decode
        same = certificate.dump() == der
    except MemoryError:
        raise
    except Exception as error:  # hostile DER makes asn1crypto raise nearly anything
        raise NotUnderstood("certificate") from error
    if not same:
        raise NotUnderstood("certificate")
    return found


@lru_cache(maxsize=MAX_CERTIFICATES)
def checker_of(spki_der: bytes, algorithm: SignatureAlgorithm, digest: str) -> Check:
    """What checks signatures of a key by an algorithm over a digest.

    Raises: NotUnderstood where key, algorithm and digest do not go together.
    """
    if algorithm.digest not in (None, digest):
        raise NotUnderstood("digest of the signature")
    if algorithm.kind == "sm2":
        if not concerns_sm2("", spki_der):
            raise NotUnderstood("key")
        return partial(_check_sm2, algorithm.oid, spki_der)
    if concerns_sm2("", spki_der) or digest not in _HASHES:
        raise NotUnderstood("key")
    try:
        key = load_public_key(spki_der)
    except (ServiceError, UnsupportedAlgorithm) as error:
        raise NotUnderstood("key") from error
    if algorithm.kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
        return partial(_check_ec, key, ec.ECDSA(_HASHES[digest]))
    if algorithm.kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
        return partial(_check_rsa, key, _HASHES[digest])
    raise NotUnderstood("key")


def _check_ec(
    key: ec.EllipticCurvePublicKey, algorithm: ec.ECDSA, signature: bytes, signed: bytes
) -> bool:
    try:
        key.verify(signature, signed, algorithm)
    except InvalidSignature:
        return False
    return True


def _check_rsa(
    key: rsa.RSAPublicKey, digest: hashes.HashAlgorithm, signature: bytes, signed: bytes
) -> bool:
    try:
        key.verify(signature, signed, _PKCS1, digest)
    except InvalidSignature:
        return False
    return True


def _check_sm2(oid: str, spki_der: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        check_sm2(oid, spki_der, signature, signed)
    except SignatureDoesNotMatch:
        return False
    except ServiceError as error:  # no provider: nothing was checked
        raise NotUnderstood("SM2") from error
    return True
