"""SM2 signatures and SM3 digests; the only file that knows the provider, libcrypto 3 through cffi.

cffi's ABI mode lets go of the interpreter's lock during each call. What is shared between calls,
threads and forks is only the finished EVP_PKEY of a key; every operation makes its own context.
Source: GB/T 32918.2 (signature), GB/T 32918.5 (curve), GB/T 32905 (SM3), GB/T 35276 and GM/T 0009
(use of SM2: the default user id, DER of keys and signatures).
"""

import ctypes.util
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import cffi

from ca.errors import (
    CaError,
    CaUnavailable,
    PublicKeyInvalid,
    SignatureDoesNotMatch,
    UnknownSuite,
)
from ca.sm2_encoding import (
    DEFAULT_ID,
    DIGEST_BYTES,
    Sm3,
    canonical_spki,
    is_sm2_key,
    pkcs8_of,
    point_of,
    private_parts,
    raw_from_signature,
    signature_from_raw,
    signed_digest,
    sm3,
    spki_of,
    za,
    za_of_point,
)

__all__ = [
    "DEFAULT_ID",
    "Sm2PrivateKey",
    "Sm2PublicKey",
    "Sm3",
    "canonical_spki",
    "check",
    "check_digest",
    "generate",
    "is_sm2_key",
    "load",
    "load_public_key",
    "raw_from_signature",
    "signature_from_raw",
    "sm3",
    "za",
]

LIBRARY_VARIABLE = "SEALSVC_LIBCRYPTO"
CACHED_PUBLIC_KEYS = 4096

_DECLARATIONS = """
typedef struct { const char *key; unsigned int data_type; void *data; size_t data_size;
                 size_t return_size; } OSSL_PARAM;
unsigned long OpenSSL_version_num(void);
void ERR_clear_error(void);
void *EVP_PKEY_CTX_new_from_name(void *, const char *, const char *);
void *EVP_PKEY_CTX_new_from_pkey(void *, void *, const char *);
void EVP_PKEY_CTX_free(void *);
void EVP_PKEY_free(void *);
int EVP_PKEY_keygen_init(void *);
int EVP_PKEY_generate(void *, void **);
int EVP_PKEY_fromdata_init(void *);
int EVP_PKEY_fromdata(void *, void **, int, OSSL_PARAM *);
int EVP_PKEY_pairwise_check(void *);
int EVP_PKEY_get_bn_param(void *, const char *, void **);
int EVP_PKEY_get_octet_string_param(void *, const char *, unsigned char *, size_t, size_t *);
int BN_bn2binpad(void *, unsigned char *, int);
void BN_clear_free(void *);
int EVP_PKEY_sign_init(void *);
int EVP_PKEY_sign(void *, unsigned char *, size_t *, const unsigned char *, size_t);
int EVP_PKEY_verify_init(void *);
int EVP_PKEY_verify(void *, const unsigned char *, size_t, const unsigned char *, size_t);
"""
_OPENSSL_3 = 0x30000000
_KEYPAIR, _PUBLIC_KEY = 0x87, 0x86  # EVP_PKEY_KEYPAIR, EVP_PKEY_PUBLIC_KEY: selections
_UNSIGNED, _UTF8, _OCTETS = 2, 4, 5  # OSSL_PARAM data types
_ROOM = 80  # for a DER signature of at most 72 bytes
_FUNCTIONS = re.findall(r"(\w+)\([^()]*\);", _DECLARATIONS)
_ffi = cffi.FFI()
_ffi.cdef(_DECLARATIONS)

_NAMES = ("libcrypto.so.3", "libcrypto.3.dylib")

_MISSING = (
    "SM2 needs OpenSSL 3 with SM2: install libcrypto.so.3 (Debian and Ubuntu: apt-get install "
    f"libssl3) or name the library in {LIBRARY_VARIABLE}"
)


def _unavailable(what: str) -> CaUnavailable:
    return CaUnavailable(provider="libcrypto", reason=what, remedy=_MISSING)


class Sm2PublicKey:
    """A checked public key, its provider object and its ZA under the default id."""

    __slots__ = ("pkey", "point", "za")

    def __init__(self, lib: Any, spki_der: bytes) -> None:
        self.point = point_of(spki_der)
        self.za = za_of_point(self.point, DEFAULT_ID)
        self.pkey = _import(lib, _PUBLIC_KEY, b"\x04" + self.point, None)


class Sm2PrivateKey:
    """A loaded private key, usable from several threads."""

    __slots__ = ("_pkey", "_za", "public_key_spki")

    def __init__(self, pkey: object, spki_der: bytes) -> None:
        self._pkey = pkey
        self._za = za(spki_der)
        self.public_key_spki = spki_der

    def sign(self, data: bytes) -> bytes:
        """DER signature over `data` with ZA of the default id. Raises: CaUnavailable."""
        return self.sign_digest(signed_digest(self._za, data))

    def sign_digest(self, e: bytes) -> bytes:
        """DER signature over e = SM3(ZA + message), 32 bytes. Raises: CaUnavailable."""
        _require_digest(e)
        return _sign(_provider(), self._pkey, e)

    def __repr__(self) -> str:
        return "<private key>"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("private keys are not pickled")


def generate() -> bytes:
    """A new key as PKCS#8 DER with its public point. Raises: CaUnavailable."""
    lib = _provider()
    found, number, size = _ffi.new("void **"), _ffi.new("void **"), _ffi.new("size_t *")
    secret, point = _ffi.new("unsigned char[]", 32), _ffi.new("unsigned char[]", 65)
    context = lib.EVP_PKEY_CTX_new_from_name(_ffi.NULL, b"SM2", _ffi.NULL)
    try:
        made = (
            context != _ffi.NULL
            and lib.EVP_PKEY_keygen_init(context) == 1
            and lib.EVP_PKEY_generate(context, found) == 1
            and lib.EVP_PKEY_get_bn_param(found[0], b"priv", number) == 1
            and lib.BN_bn2binpad(number[0], secret, 32) == 32
            and lib.EVP_PKEY_get_octet_string_param(found[0], b"pub", point, 65, size) == 1
            and size[0] == 65
        )
        if not made:
            lib.ERR_clear_error()
            raise _unavailable("key generation failed")
        d, xy = bytes(_ffi.buffer(secret)), bytes(_ffi.buffer(point))[1:]
    finally:
        _ffi.memmove(secret, bytes(32), 32)
        lib.BN_clear_free(number[0])
        lib.EVP_PKEY_free(found[0])
        lib.EVP_PKEY_CTX_free(context)
    return pkcs8_of(d, xy)


def load(pkcs8_der: bytes) -> Sm2PrivateKey:
    """The private key of a PKCS#8 that holds its public point too.

    Raises: UnknownSuite when it is none of the SM2 curve, its halves do not belong together or d
    is not in 1 to n-2; CaUnavailable. Source: RFC 5208, RFC 5915, GB/T 32918.1 section 6.1.
    """
    d, point = private_parts(pkcs8_der)
    spki_der = spki_of(point)
    lib = _provider()
    try:
        point_of(spki_der)
        pkey = _import(lib, _KEYPAIR, b"\x04" + point, d)
    except PublicKeyInvalid:
        raise UnknownSuite(reason="not an SM2 key") from None
    with _context(lib, pkey) as context:
        if lib.EVP_PKEY_pairwise_check(context) != 1:
            raise UnknownSuite(reason="not an SM2 key")
    return Sm2PrivateKey(pkey, spki_der)


def check(spki_der: bytes, signature_der: bytes, data: bytes, user_id: bytes = DEFAULT_ID) -> None:
    """Return when the DER signature is the key's over `data` under `user_id`.

    Raises: SignatureDoesNotMatch, PublicKeyInvalid, CaUnavailable. Source: GB/T 32918.2 section 7.
    """
    key = load_public_key(spki_der)
    own_za = key.za if user_id == DEFAULT_ID else za_of_point(key.point, user_id)
    _check(_provider(), key, signature_der, signed_digest(own_za, data))


def check_digest(spki_der: bytes, signature_der: bytes, e: bytes) -> None:
    """Return when the DER signature is the key's over e = SM3(ZA + message), 32 bytes.

    Raises: as `check`.
    """
    _require_digest(e)
    _check(_provider(), load_public_key(spki_der), signature_der, e)


def _sign(lib: Any, pkey: object, e: bytes) -> bytes:
    out, size = _ffi.new("unsigned char[]", _ROOM), _ffi.new("size_t *", _ROOM)
    with _context(lib, pkey) as context:
        if lib.EVP_PKEY_sign_init(context) != 1 or (
            lib.EVP_PKEY_sign(context, out, size, e, DIGEST_BYTES) != 1
        ):
            raise _unavailable("signing failed")
    return bytes(_ffi.buffer(out, size[0]))


def _check(lib: Any, key: Sm2PublicKey, signature_der: bytes, e: bytes) -> None:
    raw_from_signature(signature_der)
    with _context(lib, key.pkey) as context:
        if lib.EVP_PKEY_verify_init(context) != 1:
            raise _unavailable("verification failed")
        answer = lib.EVP_PKEY_verify(context, signature_der, len(signature_der), e, DIGEST_BYTES)
    if answer == 0:
        raise SignatureDoesNotMatch()
    if answer != 1:  # the encoding is known to be good, so this is the provider's trouble
        raise _unavailable("verification failed")


def _require_digest(e: bytes) -> None:
    if len(e) != DIGEST_BYTES:
        raise ValueError("an SM3 digest has 32 bytes")


@lru_cache(maxsize=CACHED_PUBLIC_KEYS)  # a dropped entry frees its EVP_PKEY once nobody uses it
def load_public_key(spki_der: bytes) -> Sm2PublicKey:
    """The key of a canonical SubjectPublicKeyInfo. Raises: PublicKeyInvalid, CaUnavailable."""
    return Sm2PublicKey(_provider(), spki_der)


@contextmanager
def _context(lib: Any, pkey: object) -> Iterator[Any]:
    """A context of one operation. Python's ssl shares the error queue, so it is left empty."""
    context = lib.EVP_PKEY_CTX_new_from_pkey(_ffi.NULL, pkey, _ffi.NULL)
    if context == _ffi.NULL:
        lib.ERR_clear_error()
        raise _unavailable("out of memory")
    try:
        yield context
    finally:
        lib.EVP_PKEY_CTX_free(context)
        lib.ERR_clear_error()


def _import(lib: Any, selection: int, point: bytes, d: int | None) -> Any:
    """An EVP_PKEY that frees itself. Raises: PublicKeyInvalid when the provider refuses it."""
    kept = [_octets(b"group", b"SM2", _UTF8), _octets(b"pub", point, _OCTETS)]
    if d is not None:  # OSSL_PARAM integers stand in the machine's own byte order
        kept.append(_octets(b"priv", d.to_bytes(32, sys.byteorder), _UNSIGNED))
    parameters = _ffi.new("OSSL_PARAM[]", [entry for entry, _buffers in kept] + [{}])
    found = _ffi.new("void **")
    context = lib.EVP_PKEY_CTX_new_from_name(_ffi.NULL, b"SM2", _ffi.NULL)
    try:
        if context == _ffi.NULL or lib.EVP_PKEY_fromdata_init(context) != 1:
            raise _unavailable("no SM2")
        if lib.EVP_PKEY_fromdata(context, found, selection, parameters) != 1:
            raise PublicKeyInvalid(reason="refused by the provider")
    finally:
        lib.EVP_PKEY_CTX_free(context)
        lib.ERR_clear_error()
        for _entry, (_name, value) in kept[2:]:
            _ffi.memmove(value, bytes(32), 32)
    return _ffi.gc(found[0], lib.EVP_PKEY_free)


def _octets(name: bytes, value: bytes, kind: int) -> tuple[dict[str, Any], tuple[Any, Any]]:
    """One OSSL_PARAM, and the buffers that must live as long as it does."""
    key, data = _ffi.new("char[]", name), _ffi.new("unsigned char[]", value)
    entry = {"key": key, "data_type": kind, "data": data, "data_size": len(value)}
    return entry, (key, data)


@lru_cache(maxsize=1)  # a failure is not kept: the library may be installed meanwhile
def _provider() -> Any:
    """The library, proven on a known answer. Raises: CaUnavailable."""
    reasons: list[str] = []
    for name in _candidates():
        try:
            lib = _ffi.dlopen(name)
            if lib.OpenSSL_version_num() < _OPENSSL_3:
                raise OSError("older than OpenSSL 3")
            for function in _FUNCTIONS:
                getattr(lib, function)
        except (OSError, AttributeError) as error:
            reasons.append(f"{name}: {error}"[:200])
            continue
        _probe(lib)
        return lib
    raise _unavailable("; ".join(reasons) or "no library found")


def _candidates() -> Iterator[str]:
    """What the operator named and nothing else, or else the usual places."""
    named = os.environ.get(LIBRARY_VARIABLE)
    if named:
        yield named
        return
    yield from _NAMES
    found = ctypes.util.find_library("crypto")
    if found:
        yield found


def _probe(lib: Any) -> None:
    """The standard's own example verifies and a changed one does not; a signature made here does.

    Raises: CaUnavailable. Source: GB/T 32918.5 annex A.2.
    """
    try:
        d, point = private_parts(pkcs8_of(_EXAMPLE_D, _EXAMPLE_POINT))
        public = Sm2PublicKey(lib, spki_of(point))
        _check(lib, public, signature_from_raw(_EXAMPLE_SIGNATURE), _EXAMPLE_E)
        fresh = _sign(lib, _import(lib, _KEYPAIR, b"\x04" + point, d), _EXAMPLE_E)
        _check(lib, public, fresh, _EXAMPLE_E)
    except CaError as error:
        raise _unavailable("the known answer does not come out") from error
    if signed_digest(public.za, b"message digest") != _EXAMPLE_E:
        raise _unavailable("SM3 gives another answer")
    with suppress(SignatureDoesNotMatch):
        _check(lib, public, signature_from_raw(_EXAMPLE_SIGNATURE), bytes(DIGEST_BYTES))
        raise _unavailable("a wrong signature verifies")


_EXAMPLE_D = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
_EXAMPLE_POINT = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_EXAMPLE_E = bytes.fromhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
_EXAMPLE_SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
