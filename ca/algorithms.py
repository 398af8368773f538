"""The table of signature suites; a new suite is one row.

A row works on encoded keys only (PKCS#8 and SubjectPublicKeyInfo, both DER), so that a suite of
another provider fits without a change here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Protocol, cast

from asn1crypto import algos, keys
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from ca import sm2
from ca.errors import PublicKeyInvalid, SignatureDoesNotMatch, UnknownSuite

ECDSA_SHA256_OID = "1.2.840.10045.4.3.2"
ED25519_OID = "1.3.101.112"
RSA_SHA256_OID = "1.2.840.113549.1.1.11"
SM2_SM3_OID = "1.2.156.10197.1.501"
SM2_SIGNATURE_OID = "1.2.156.10197.1.301.1"
SM2_SM3 = "sm2-sm3"
PUBLIC_KEY_CACHE = 1024

_ReadableKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
PublicKey = _ReadableKey | sm2.Sm2PublicKey


class PrivateKey(Protocol):
    """A loaded private key of any suite; opaque but for its public half."""

    @property
    def public_key_spki(self) -> bytes:
        """DER SubjectPublicKeyInfo."""

    def sign(self, data: bytes) -> bytes:
        """Signature over `data` (hashed inside), in the encoding certificates use."""


@dataclass(frozen=True)
class SignatureSuite:
    """One way to sign.

    signature_oid, digest: as certificates and CMS name them; algorithm_der: the DER
    AlgorithmIdentifier of the signature; leaf_ok, ca_ok: may stand in end-entity and in CA
    certificates (neither: for other signatures, such as the log's checkpoints).
    generate() -> PKCS#8 DER; load(PKCS#8 DER) -> PrivateKey; owns(SPKI DER) -> is it this suite's
    kind of key; check(SPKI DER, signature, data) raises SignatureDoesNotMatch.
    """

    name: str
    signature_oid: str
    digest: str
    algorithm_der: bytes
    leaf_ok: bool
    ca_ok: bool
    generate: Callable[[], bytes]
    load: Callable[[bytes], PrivateKey]
    owns: Callable[[bytes], bool]
    check: Callable[[bytes, bytes, bytes], None]

    def sign(self, private_key: PrivateKey, data: bytes) -> bytes:
        """Signature of `private_key` over `data`. Raises: UnknownSuite for another suite's key."""
        if not self.owns(private_key.public_key_spki):
            raise UnknownSuite(suite=self.name)
        return private_key.sign(data)

    def verify(self, public_key_spki: bytes, signature: bytes, data: bytes) -> None:
        """Return when the signature is the key's over `data`.

        Raises: SignatureDoesNotMatch, PublicKeyInvalid; UnknownSuite for another suite's key.
        """
        if not self.owns(public_key_spki):
            raise UnknownSuite(suite=self.name)
        self.check(public_key_spki, signature, data)


@lru_cache(maxsize=PUBLIC_KEY_CACHE)
def load_public_key(spki_der: bytes) -> PublicKey:
    """The key of a canonical DER SubjectPublicKeyInfo.

    Raises: PublicKeyInvalid; CaUnavailable for an SM2 key where no provider of SM2 is.
    Source: RFC 3279 section 2.3, RFC 5480 section 2 (named curves), GM/T 0009 (SM2).
    """
    if sm2.is_sm2_key(spki_der):  # `cryptography` does not know the curve
        return sm2.load_public_key(spki_der)
    try:
        key = load_der_public_key(spki_der)
        if not isinstance(key, _ReadableKey):
            raise PublicKeyInvalid(reason="kind")
        canonical = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PublicKeyInvalid(reason="unreadable") from error
    if canonical != spki_der:
        raise PublicKeyInvalid(reason="not canonical")
    return key


class _LoadedKey:
    """A private key of the `cryptography` package behind the opaque PrivateKey."""

    __slots__ = ("_sign", "public_key_spki")

    def __init__(self, spki_der: bytes, sign: Callable[[bytes], bytes]) -> None:
        self.public_key_spki = spki_der
        self._sign = sign

    def sign(self, data: bytes) -> bytes:
        return self._sign(data)

    def __repr__(self) -> str:
        return "<private key>"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("private keys are not pickled")


def _spki(key: _ReadableKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _pkcs8(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _ec_generate(curve: ec.EllipticCurve) -> bytes:
    return _pkcs8(ec.generate_private_key(curve))


def _ec_load(digest: HashAlgorithm, pkcs8_der: bytes) -> PrivateKey:
    key = load_der_private_key(pkcs8_der, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise UnknownSuite(reason="not an EC key")
    return _LoadedKey(
        _spki(key.public_key()), partial(key.sign, signature_algorithm=ec.ECDSA(digest))
    )


def _ec_owns(curve: ec.EllipticCurve, spki_der: bytes) -> bool:
    key = load_public_key(spki_der)
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == curve.name


def _ec_check(digest: HashAlgorithm, spki_der: bytes, signature: bytes, data: bytes) -> None:
    key = cast(ec.EllipticCurvePublicKey, load_public_key(spki_der))
    try:
        key.verify(signature, data, ec.ECDSA(digest))
    except InvalidSignature as error:
        raise SignatureDoesNotMatch() from error


def _rsa_generate(bits: int) -> bytes:
    return _pkcs8(rsa.generate_private_key(65537, bits))


def _rsa_load(digest: HashAlgorithm, pkcs8_der: bytes) -> PrivateKey:
    key = load_der_private_key(pkcs8_der, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise UnknownSuite(reason="not an RSA key")
    sign = partial(key.sign, padding=padding.PKCS1v15(), algorithm=digest)
    return _LoadedKey(_spki(key.public_key()), sign)


def _rsa_owns(bits: int, spki_der: bytes) -> bool:
    key = load_public_key(spki_der)
    return isinstance(key, rsa.RSAPublicKey) and key.key_size == bits


def _rsa_check(digest: HashAlgorithm, spki_der: bytes, signature: bytes, data: bytes) -> None:
    key = cast(rsa.RSAPublicKey, load_public_key(spki_der))
    try:
        key.verify(signature, data, padding.PKCS1v15(), digest)
    except InvalidSignature as error:
        raise SignatureDoesNotMatch() from error


def _ec_suite(name: str, curve: ec.EllipticCurve) -> SignatureSuite:
    """A row for ECDSA with SHA-256. Source: RFC 5758 section 3.2 (no parameters)."""
    return SignatureSuite(
        name=name,
        signature_oid=ECDSA_SHA256_OID,
        digest="sha256",
        algorithm_der=_algorithm_der("sha256_ecdsa"),
        leaf_ok=True,
        ca_ok=True,
        generate=partial(_ec_generate, curve),
        load=partial(_ec_load, SHA256()),
        owns=partial(_ec_owns, curve),
        check=partial(_ec_check, SHA256()),
    )


def _rsa_suite(name: str, bits: int, *, leaf_ok: bool = True) -> SignatureSuite:
    """A row for RSASSA-PKCS1-v1_5 with SHA-256. Source: RFC 4055 section 5 (NULL parameters)."""
    return SignatureSuite(
        name=name,
        signature_oid=RSA_SHA256_OID,
        digest="sha256",
        algorithm_der=_algorithm_der("sha256_rsa"),
        leaf_ok=leaf_ok,
        ca_ok=True,
        generate=partial(_rsa_generate, bits),
        load=partial(_rsa_load, SHA256()),
        owns=partial(_rsa_owns, bits),
        check=partial(_rsa_check, SHA256()),
    )


def _ed25519_generate() -> bytes:
    return _pkcs8(ed25519.Ed25519PrivateKey.generate())


def _ed25519_load(pkcs8_der: bytes) -> PrivateKey:
    key = load_der_private_key(pkcs8_der, None)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise UnknownSuite(reason="not an Ed25519 key")
    return _LoadedKey(_spki(key.public_key()), key.sign)


def _ed25519_owns(spki_der: bytes) -> bool:
    return isinstance(load_public_key(spki_der), ed25519.Ed25519PublicKey)


def _ed25519_check(spki_der: bytes, signature: bytes, data: bytes) -> None:
    key = cast(ed25519.Ed25519PublicKey, load_public_key(spki_der))
    try:
        key.verify(signature, data)
    except InvalidSignature as error:
        raise SignatureDoesNotMatch() from error


def _ed25519_suite() -> SignatureSuite:
    """Ed25519, for checkpoints of the log. Source: RFC 8410; C2SP signed-note."""
    return SignatureSuite(
        name="ed25519",
        signature_oid=ED25519_OID,
        digest="sha512",
        algorithm_der=_algorithm_der("ed25519"),
        leaf_ok=False,
        ca_ok=False,
        generate=_ed25519_generate,
        load=_ed25519_load,
        owns=_ed25519_owns,
        check=_ed25519_check,
    )


def _sm2_owns(spki_der: bytes) -> bool:
    return isinstance(load_public_key(spki_der), sm2.Sm2PublicKey)


def _sm2_suite() -> SignatureSuite:
    """SM2 with SM3 under the default user id. Source: GB/T 35276, GM/T 0009, GB/T 20518.

    The AlgorithmIdentifier has no parameters, as OpenSSL writes it.
    """
    return SignatureSuite(
        name=SM2_SM3,
        signature_oid=SM2_SM3_OID,
        digest="sm3",
        algorithm_der=_algorithm_der("sm2_sm3"),
        leaf_ok=True,
        ca_ok=True,
        generate=sm2.generate,
        load=sm2.load,
        owns=_sm2_owns,
        check=sm2.check,
    )


def _algorithm_der(name: str) -> bytes:
    return bytes(algos.SignedDigestAlgorithm({"algorithm": name}).dump())


SUITES: tuple[SignatureSuite, ...] = (
    _ec_suite("ecdsa-p256-sha256", ec.SECP256R1()),
    _rsa_suite("rsa2048-sha256", 2048),
    _rsa_suite("rsa3072-sha256", 3072),
    _rsa_suite("rsa4096-sha256", 4096, leaf_ok=False),
    _ed25519_suite(),
    _sm2_suite(),
)


def suite_named(name: str) -> SignatureSuite:
    """The suite of that name. Raises: UnknownSuite."""
    for suite in SUITES:
        if suite.name == name:
            return suite
    raise UnknownSuite(suite=name)


def suite_of_key(spki_der: bytes) -> SignatureSuite:
    """The suite a public key (SubjectPublicKeyInfo DER) signs with.

    Raises: PublicKeyInvalid for unreadable or non-canonical keys, UnknownSuite.
    """
    for suite in SUITES:
        if suite.owns(spki_der):
            return suite
    raise UnknownSuite(reason="no suite for this public key")


def suites_with_oid(signature_oid: str) -> tuple[SignatureSuite, ...]:
    """Every suite whose signatures carry this algorithm OID; key sizes share one OID.

    Raises: UnknownSuite when there is none.
    """
    found = tuple(suite for suite in SUITES if suite.signature_oid == signature_oid)
    if not found:
        raise UnknownSuite(oid=signature_oid)
    return found


def leaf_suites() -> tuple[str, ...]:
    """Names of the suites end-entity certificates may use, the default first."""
    return tuple(suite.name for suite in SUITES if suite.leaf_ok)


def ca_suites() -> tuple[str, ...]:
    """Names of the suites CA certificates may use."""
    return tuple(suite.name for suite in SUITES if suite.ca_ok)


def key_identifier(spki_der: bytes) -> bytes:
    """20-byte subject key identifier: the left 160 bits of SHA-256 over the key's BIT STRING.

    Source: RFC 7093 section 2 method 1 (RFC 5280 section 4.2.1.2 leaves the method open).
    """
    info = keys.PublicKeyInfo.load(spki_der)
    return bytes(info.sha256[:20])


def concerns_sm2(signature_oid: str, spki_der: bytes) -> bool:
    """Whether a signature's algorithm or its key is SM2, so that `check_sm2` must judge it."""
    return signature_oid in _SM2_OIDS or sm2.is_sm2_key(sm2.canonical_spki(spki_der))


def check_sm2(signature_oid: str, spki_der: bytes, signature_der: bytes, data: bytes) -> None:
    """Return when a found signature, algorithm and key all SM2, is the key's over `data`.

    More lenient than a suite with what others made: either OID of the algorithm, and the curve
    under its odd OID. Raises: SignatureDoesNotMatch, PublicKeyInvalid, CaUnavailable.
    Source: seal-formats.md section 2.
    """
    if signature_oid not in _SM2_OIDS:
        raise SignatureDoesNotMatch(reason="the algorithm is not the key's")
    sm2.check(sm2.canonical_spki(spki_der), signature_der, data)


_SM2_OIDS = frozenset({SM2_SM3_OID, SM2_SIGNATURE_OID})
