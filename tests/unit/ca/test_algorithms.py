import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.algorithms import (
    SUITES,
    SignatureSuite,
    key_identifier,
    leaf_suites,
    suite_named,
    suite_of_key,
    suites_with_oid,
)
from ca.errors import CaBadInput, PublicKeyInvalid, SignatureDoesNotMatch, UnknownSuite
from tests.builders.x509 import P256, make_signer

EC = make_signer("algorithms")
FAST = ("ecdsa-p256-sha256", "rsa2048-sha256", "sm2-sm3")


def spki_of(key: ec.EllipticCurvePublicKey | x25519.X25519PublicKey | rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("name", FAST)
def test_what_a_suite_signs_it_verifies(name: str) -> None:
    suite = suite_named(name)
    key = suite.load(suite.generate())
    suite.verify(key.public_key_spki, suite.sign(key, b"data"), b"data")
    assert suite_of_key(key.public_key_spki) is suite


@pytest.mark.parametrize("name", FAST)
def test_other_bytes_or_keys_do_not_verify(name: str) -> None:
    suite, signer = suite_named(name), make_signer("a", name)
    signature = signer.sign(b"data")
    with pytest.raises(SignatureDoesNotMatch):
        suite.verify(signer.public_key_spki, signature, b"date")
    with pytest.raises(SignatureDoesNotMatch):
        suite.verify(make_signer("b", name).public_key_spki, signature, b"data")
    for broken in (b"", signature[:-1], signature + b"\x00", bytes(len(signature))):
        with pytest.raises(SignatureDoesNotMatch):
            suite.verify(signer.public_key_spki, broken, b"data")


def test_a_key_of_another_suite_is_refused() -> None:
    rsa_suite = suite_named("rsa2048-sha256")
    ec_key = suite_named(P256).load(suite_named(P256).generate())
    with pytest.raises(UnknownSuite):
        rsa_suite.sign(ec_key, b"data")
    with pytest.raises(UnknownSuite):
        rsa_suite.verify(ec_key.public_key_spki, b"", b"data")
    with pytest.raises(UnknownSuite):
        rsa_suite.load(suite_named(P256).generate())
    rsa_pkcs8 = rsa_suite.generate()
    with pytest.raises(UnknownSuite):
        suite_named(P256).load(rsa_pkcs8)


def test_names_are_unique_and_found() -> None:
    names = [suite.name for suite in SUITES]
    assert len(set(names)) == len(names)
    assert [suite_named(name).name for name in names] == names
    with pytest.raises(UnknownSuite):
        suite_named("md5-rsa512")


def test_oids_find_every_key_size() -> None:
    assert [s.name for s in suites_with_oid("1.2.840.10045.4.3.2")] == [P256]
    assert len(suites_with_oid("1.2.840.113549.1.1.11")) == 3
    with pytest.raises(UnknownSuite):
        suites_with_oid("1.2.840.113549.1.1.5")


def test_leaves_do_not_use_the_root_s_suite() -> None:
    assert leaf_suites() == (
        "ecdsa-p256-sha256",
        "rsa2048-sha256",
        "rsa3072-sha256",
        "sm2-sm3",
    )


@pytest.mark.parametrize(
    "key",
    [
        ec.derive_private_key(5, ec.SECP384R1()).public_key(),
        ec.derive_private_key(5, ec.SECP256K1()).public_key(),
        rsa.RSAPublicNumbers(65537, (1 << 1023) | 1).public_key(),
        rsa.RSAPublicNumbers(65537, (1 << 2559) | 1).public_key(),
    ],
)
def test_other_curves_and_sizes_have_no_suite(
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
) -> None:
    with pytest.raises(UnknownSuite):
        suite_of_key(spki_of(key))


def test_other_kinds_of_key_are_refused() -> None:
    key = x25519.X25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    with pytest.raises(PublicKeyInvalid):
        suite_of_key(spki_of(key))


def test_compressed_points_are_not_canonical() -> None:
    spki_der = EC.public_key_spki
    prefix = 2 + spki_der[-1] % 2
    point = bytes([prefix]) + spki_der[-64:-32]
    compressed = b"\x30\x39" + spki_der[2:23] + b"\x03\x22\x00" + point
    with pytest.raises(PublicKeyInvalid):
        suite_of_key(compressed)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_no_public_key(junk: bytes) -> None:
    with pytest.raises(CaBadInput):
        suite_of_key(junk)


@settings(deadline=None)
@given(st.integers(0, len(EC.public_key_spki) - 1), st.integers(1, 255))
def test_a_changed_public_key_is_another_key_or_refused(index: int, flip: int) -> None:
    changed = bytearray(EC.public_key_spki)
    changed[index] ^= flip
    with pytest.raises(CaBadInput):
        suite_named(P256).verify(bytes(changed), EC.sign(b"data"), b"data")


def test_private_keys_show_and_pickle_nothing() -> None:
    suite: SignatureSuite = suite_named(P256)
    key = suite.load(suite.generate())
    assert repr(key) == "<private key>"
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_suites_load_what_openssl_writes() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pkcs8_der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert suite_named(P256).load(pkcs8_der).public_key_spki == spki_of(key.public_key())


def test_key_identifiers_are_160_bits_and_differ() -> None:
    first, second = (key_identifier(make_signer(n).public_key_spki) for n in "ab")
    assert len(first) == 20
    assert first != second
