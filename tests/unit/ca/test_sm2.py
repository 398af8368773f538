"""SM2 against the standard's example, gmalg, real signature values and hostile encodings."""

import base64
import hashlib
import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cffi
import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from gmalg import SM2  # type: ignore[import-untyped]
from gmalg.base import PC_MODE  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import sm2, sm2_encoding
from ca.errors import CaUnavailable, PublicKeyInvalid, SignatureDoesNotMatch, UnknownSuite

ROOT = Path(__file__).parents[3]
VECTORS = ROOT.parent / "shared" / "samples-real" / "certs" / "sm2" / "sm2-vectors.json"
N, P = sm2_encoding.N, sm2_encoding.P

# GB/T 32918.5 annex A.2.
D = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
POINT = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
ZA = bytes.fromhex("b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3")
E = bytes.fromhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
RAW = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
MESSAGE = b"message digest"
SPKI = sm2_encoding.spki_of(POINT)
PKCS8 = sm2_encoding.pkcs8_of(D, POINT)
KEY = sm2.load(PKCS8)
SIGNED = KEY.sign(b"data")


def der(r: int, s: int) -> bytes:
    return sequence(integer(r) + integer(s))


def integer(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return b"\x02" + bytes([size]) + value.to_bytes(size, "big", signed=value < 0)


def sequence(content: bytes) -> bytes:
    return b"\x30" + bytes([len(content)]) + content


def test_the_standard_s_example() -> None:
    assert sm2.za(SPKI) == ZA
    assert sm2.sm3(ZA + MESSAGE) == E
    sm2.check(SPKI, sm2.signature_from_raw(RAW), MESSAGE)
    sm2.check_digest(SPKI, sm2.signature_from_raw(RAW), E)


def test_sm3_of_the_standard() -> None:
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm2.sm3(b"abc").hex() == expected
    found = sm2.Sm3(b"a")
    copied = found.copy()
    found.update(memoryview(b"bc"))
    assert (found.hexdigest(), found.digest().hex()) == (expected, expected)
    assert copied.hexdigest() != expected


def test_sm3_without_hashlib_s_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = sm2.sm3(b"x" * 1000)
    monkeypatch.setattr(sm2_encoding, "_HASHLIB", False)
    found = sm2.Sm3(b"x" * 500)
    found.copy().update(b"y")
    found.update(b"x" * 500)
    assert found.digest() == found.digest() == sm2.sm3(b"x" * 1000) == expected


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 200_000])
def test_what_is_signed_verifies_at_every_size(size: int) -> None:
    sm2.check(SPKI, KEY.sign(b"x" * size), b"x" * size)
    sm2.check_digest(SPKI, KEY.sign_digest(E), E)


def test_gmalg_accepts_ours_and_we_its() -> None:
    fresh = sm2.load(sm2.generate())
    point = b"\x04" + fresh.public_key_spki[-64:]
    raw = sm2.raw_from_signature(fresh.sign(b"data"))
    other = SM2(pk=point, uid=sm2.DEFAULT_ID, pc_mode=PC_MODE.RAW)
    assert other.verify(b"data", raw[:32], raw[32:])
    assert not other.verify(b"date", raw[:32], raw[32:])
    for user_id in (sm2.DEFAULT_ID, b"ALICE123@YAHOO.COM"):
        signer = SM2(sk=D, pk=b"\x04" + POINT, uid=user_id, pc_mode=PC_MODE.RAW)
        r, s = signer.sign(b"data")
        sm2.check(SPKI, sm2.signature_from_raw(r + s), b"data", user_id)


def test_real_signature_values() -> None:
    if not VECTORS.exists():
        pytest.skip("../shared/samples-real is not here")
    cases = json.loads(VECTORS.read_text("utf-8"))
    assert len(cases) == 9
    for case in cases:
        texts = (case[name] for name in ("cert", "msg", "sig"))
        certificate, message, signature = (_decoded(text) for text in texts)
        spki = sm2.canonical_spki(x509.Certificate.load(certificate).public_key.dump())
        if not case["openssl"]:
            with pytest.raises(SignatureDoesNotMatch):
                sm2.check(spki, signature, message)
            continue
        sm2.check(spki, signature, message)
        with pytest.raises(SignatureDoesNotMatch):
            sm2.check(spki, signature, message + b"\x00")


def _decoded(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return base64.b64decode(text)


@pytest.mark.parametrize("user_id", [b"", b"1234567812345679", b"123456781234567", b"x" * 8191])
def test_another_id_does_not_verify(user_id: bytes) -> None:
    with pytest.raises(SignatureDoesNotMatch):
        sm2.check(SPKI, SIGNED, b"data", user_id)


def test_an_id_has_its_limit() -> None:
    with pytest.raises(ValueError, match="too long"):
        sm2.za(SPKI, b"x" * 8192)


def test_other_data_or_keys_do_not_verify() -> None:
    other = sm2.load(sm2.generate()).public_key_spki
    for spki, data in ((SPKI, b"date"), (SPKI, b""), (other, b"data")):
        with pytest.raises(SignatureDoesNotMatch):
            sm2.check(spki, SIGNED, data)
    with pytest.raises(SignatureDoesNotMatch):
        sm2.check_digest(SPKI, SIGNED, bytes(32))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_digest_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KEY.sign_digest(bytes(size))
    with pytest.raises(ValueError, match="32 bytes"):
        sm2.check_digest(SPKI, SIGNED, bytes(size))


R, S = (int.from_bytes(half, "big") for half in (RAW[:32], RAW[32:]))
LONG = b"\x02\x22\x00\x00"


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\x30\x00",
        RAW,
        der(0, S),
        der(R, 0),
        der(N, S),
        der(R, N),
        der(R + N, S),
        der(R, S + N),
        der(R, N - R),  # t = r + s = 0
        der(-R, S),
        der(R - (1 << 256), S),
        der(R, -S),
        der(R, S) + b"\x00",
        der(R, S)[:-1],
        sequence(integer(R)),
        sequence(integer(R) + integer(S) + integer(1)),
        sequence(integer(R) + integer(S) + b"\x05\x00"),
        sequence(LONG + R.to_bytes(32, "big") + integer(S)),
        sequence(b"\x02\x00" + integer(S)),
        sequence(b"\x04" + integer(R)[1:] + integer(S)),
        sequence(b"\x02\x7f" + R.to_bytes(32, "big")),
        b"\x31" + der(R, S)[1:],
        b"\x30\x81" + der(R, S)[1:],
        b"\x30\x80" + der(R, S)[2:] + b"\x00\x00",
        der(1 << 300, S),
        der(1, 1),
        der(N - 1, N - 1),
        b"\x30\xff" * 40,
    ],
)
def test_broken_or_foreign_signatures_do_not_verify(signature: bytes) -> None:
    with pytest.raises(SignatureDoesNotMatch):
        sm2.check(SPKI, signature, MESSAGE)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        RAW[:-1],
        RAW + b"\x00",
        bytes(64),
        RAW[:32] + bytes(32),
        bytes(32) + RAW[32:],
        N.to_bytes(32, "big") + RAW[32:],
        RAW[:32] + b"\xff" * 32,
    ],
)
def test_broken_raw_forms_are_refused(raw: bytes) -> None:
    with pytest.raises(SignatureDoesNotMatch):
        sm2.signature_from_raw(raw)


NUMBERS = st.one_of(st.integers(1, N - 1), st.integers(1, 1 << 16), st.integers(N - 3, N - 1))


@given(r=NUMBERS, s=NUMBERS)
def test_raw_and_der_are_one(r: int, s: int) -> None:
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert sm2.signature_from_raw(raw) == der(r, s)
    assert sm2.raw_from_signature(der(r, s)) == raw


@given(st.binary(max_size=80))
def test_only_one_encoding_is_read(data: bytes) -> None:
    try:
        raw = sm2.raw_from_signature(data)
    except SignatureDoesNotMatch:
        return
    assert sm2.signature_from_raw(raw) == data


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(SIGNED) - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_verifies(at: int, bit: int) -> None:
    changed = bytearray(SIGNED)
    changed[at] ^= 1 << bit
    with pytest.raises(SignatureDoesNotMatch):
        sm2.check(SPKI, bytes(changed), b"data")


def p256_spki() -> bytes:
    key = ec.derive_private_key(5, ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def spki_with(x: int, y: int) -> bytes:
    return sm2_encoding.spki_of(x.to_bytes(32, "big") + y.to_bytes(32, "big"))


X, Y = (int.from_bytes(half, "big") for half in (POINT[:32], POINT[32:]))
ODD = bytes.fromhex("305a301406072a8648ce3d020106092a811ccf5501822d0103420004") + POINT


@pytest.mark.parametrize(
    "spki",
    [
        b"",
        p256_spki(),
        SPKI[:-1],
        SPKI + b"\x00",
        ODD,
        spki_with(X, Y ^ 1),
        spki_with(0, 0),
        spki_with(Y, X),
        spki_with(P, Y),
        spki_with(X, (1 << 256) - 1),
        SPKI.replace(b"\x03\x42\x00\x04", b"\x03\x42\x01\x04"),
        SPKI.replace(b"\x03\x42\x00\x04", b"\x03\x42\x00\x06"),
        b"\x30\x39" + SPKI[2:23] + b"\x03\x22\x00\x02" + POINT[:32],
        b"\x30\x1a" + SPKI[2:23] + b"\x03\x02\x00\x00",
    ],
)
def test_other_keys_are_refused(spki: bytes) -> None:
    for call in (lambda: sm2.check(spki, SIGNED, b"data"), lambda: sm2.za(spki)):
        with pytest.raises(PublicKeyInvalid):
            call()
    with pytest.raises(PublicKeyInvalid):
        sm2.check_digest(spki, SIGNED, E)


@given(st.binary(max_size=120))
def test_no_bytes_are_a_key_by_chance(data: bytes) -> None:
    assert not sm2.is_sm2_key(data)
    assert sm2.canonical_spki(data) == data
    with pytest.raises(PublicKeyInvalid):
        sm2.load_public_key(data)


def test_the_odd_curve_parameter_is_mapped() -> None:
    assert not sm2.is_sm2_key(ODD)
    assert sm2.canonical_spki(ODD) == SPKI
    assert sm2.is_sm2_key(SPKI)
    assert sm2.canonical_spki(SPKI) == SPKI
    assert sm2.canonical_spki(ODD + b"\x00") == ODD + b"\x00"
    assert sm2.canonical_spki(p256_spki()) == p256_spki()


def p256_pkcs8() -> bytes:
    key = ec.derive_private_key(5, ec.SECP256R1())
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "pkcs8",
    [
        b"",
        PKCS8[:-1],
        PKCS8 + b"\x00",
        p256_pkcs8(),
        sm2_encoding.pkcs8_of(bytes(32), POINT),
        sm2_encoding.pkcs8_of((N - 1).to_bytes(32, "big"), POINT),
        sm2_encoding.pkcs8_of(N.to_bytes(32, "big"), POINT),
        sm2_encoding.pkcs8_of(D[:-1] + bytes([D[-1] ^ 1]), POINT),
        sm2_encoding.pkcs8_of(D, POINT[:-1] + b"\x00"),
        sm2_encoding.pkcs8_of(D, bytes(64)),
        b"\x30\x41\x02\x01\x00" + PKCS8[6:27] + b"\x04\x27\x30\x25\x02\x01\x01\x04\x20" + D,
    ],
)
def test_what_is_no_private_key_is_refused_and_not_quoted(pkcs8: bytes) -> None:
    with pytest.raises(UnknownSuite) as caught:
        sm2.load(pkcs8)
    assert D.hex() not in repr(caught.value)
    assert caught.value.__cause__ is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(PKCS8)))
def test_hostile_private_keys_raise_one_error(data: bytes, at: int) -> None:
    changed = PKCS8[:at] + data + PKCS8[at + len(data) :]
    try:
        key = sm2.load(changed)
    except UnknownSuite:
        return
    assert key.public_key_spki == SPKI


def test_private_keys_show_and_give_nothing_away() -> None:
    assert repr(KEY) == "<private key>"
    assert not hasattr(KEY, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(KEY)


def test_generated_keys_differ() -> None:
    made = {sm2.generate() for _ in range(4)}
    assert len(made) == 4
    assert all(sm2.load(one).sign(b"x") for one in made)


def test_keys_serve_many_threads() -> None:
    keys = [sm2.load(sm2.generate()) for _ in range(3)]

    def work(number: int) -> None:
        key, data = keys[number % 3], str(number).encode()
        sm2.check(key.public_key_spki, key.sign(data), data)
        with pytest.raises(SignatureDoesNotMatch):
            sm2.check(keys[(number + 1) % 3].public_key_spki, key.sign(data), data)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(90))) == [None] * 90


def test_dropped_public_keys_are_freed_and_come_back() -> None:
    for _ in range(3):
        sm2.load_public_key.cache_clear()
        sm2.check(SPKI, SIGNED, b"data")
    assert sm2.load_public_key.cache_info().currsize == 1
    assert sm2.load_public_key.cache_info().maxsize == sm2.CACHED_PUBLIC_KEYS


def test_forked_children_sign_differently() -> None:
    """A nonce used twice tells the private key: the child's random source must move on."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child's own process
        os.close(reading)
        os.write(writing, KEY.sign_digest(E))
        os._exit(0)
    os.close(writing)
    ours = KEY.sign_digest(E)
    with open(reading, "rb") as pipe:
        its = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    sm2.check_digest(SPKI, its, E)
    assert sm2.raw_from_signature(its)[:32] != sm2.raw_from_signature(ours)[:32]


def in_another_process(code: str, library: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, sm2.LIBRARY_VARIABLE: library, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr[-600:]


NO_SM2 = """
from ca.algorithms import suite_named, suite_of_key
from ca.errors import CaUnavailable
suite = suite_named("ecdsa-p256-sha256")
key = suite.load(suite.generate())
assert suite_of_key(key.public_key_spki) is suite
for use in (suite_named("sm2-sm3").generate, lambda: suite_of_key(bytes.fromhex("SPKI"))):
    try:
        use()
    except CaUnavailable as error:
        print(error)
"""


@pytest.mark.parametrize("library", ["/nowhere/libcrypto.so.3", "libm.so.6", "/etc/hostname"])
def test_a_missing_or_wrong_library_is_named_only_when_needed(library: str) -> None:
    said = in_another_process(NO_SM2.replace("SPKI", SPKI.hex()), library)
    assert said.count("CA_UNAVAILABLE") == 2
    assert "install libcrypto.so.3" in said
    assert sm2.LIBRARY_VARIABLE in said
    assert library in said


def test_a_library_that_errs_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm2, "_EXAMPLE_E", hashlib.sha256(b"").digest())
    lib = sm2._provider()
    with pytest.raises(CaUnavailable, match="known answer"):
        sm2._probe(lib)


def test_a_library_that_says_yes_to_everything_is_not_used() -> None:
    real = sm2._provider()

    class Yes:
        def __getattr__(self, name: str) -> Any:
            return (lambda *_: 1) if name == "EVP_PKEY_verify" else getattr(real, name)

    with pytest.raises(CaUnavailable, match="wrong signature"):
        sm2._probe(Yes())


def test_a_library_that_fails_is_told_from_a_wrong_signature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = sm2._provider()

    class Failing:
        def __getattr__(self, name: str) -> Any:
            broken = name in ("EVP_PKEY_verify", "EVP_PKEY_sign", "EVP_PKEY_generate")
            return (lambda *_: -1) if broken else getattr(real, name)

    monkeypatch.setattr(sm2, "_provider", Failing)
    for use in (lambda: sm2.check(SPKI, SIGNED, b"data"), lambda: KEY.sign(b""), sm2.generate):
        with pytest.raises(CaUnavailable):
            use()


def test_no_error_is_left_in_the_queue_that_ssl_shares() -> None:
    asking = cffi.FFI()
    asking.cdef("unsigned long ERR_peek_error(void);")
    lib = asking.dlopen(os.environ.get(sm2.LIBRARY_VARIABLE, "libcrypto.so.3"))
    for signature, data in ((SIGNED, b"date"), (der(1, 1), b"")):
        with pytest.raises(SignatureDoesNotMatch):
            sm2.check(SPKI, signature, data)
    assert lib.ERR_peek_error() == 0
