"""SM3, ZA and the encodings of SM2 keys and signatures: arithmetic on bytes, no provider.

Source: GB/T 32918.2 (ZA, signature), GB/T 32918.5 (curve), GB/T 32905 (SM3), GB/T 35276 and
GM/T 0009 (default user id, DER of keys and signatures).
"""

import hashlib
from typing import Any

from asn1crypto import keys
from cryptography.hazmat.primitives.hashes import SM3, Hash

from ca.errors import PublicKeyInvalid, SignatureDoesNotMatch, UnknownSuite

DEFAULT_ID = b"1234567812345678"
DIGEST_BYTES = 32
MAX_ID_BYTES = 0xFFFF // 8  # ENTL counts bits in two octets
MAX_SIGNATURE_DER = 72
_SHORT = 1 << 16

# Source: GB/T 32918.5.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
G_X = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
G_Y = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
CURVE_OID = "1.2.156.10197.1.301"

_CURVE_PARAMETERS = b"".join(value.to_bytes(32, "big") for value in (A, B, G_X, G_Y))
# AlgorithmIdentifier {id-ecPublicKey, SM2 curve}. Source: RFC 5480 section 2.1, GM/T 0006.
_ALGORITHM = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")
_ODD_ALGORITHM = bytes.fromhex("301406072a8648ce3d020106092a811ccf5501822d01")
_POINT = bytes.fromhex("03420004")  # BIT STRING of an uncompressed point
_SPKI_HEAD = b"\x30\x59" + _ALGORITHM + _POINT
_ODD_SPKI_HEAD = b"\x30\x5a" + _ODD_ALGORITHM + _POINT
_SPKI_BYTES = len(_SPKI_HEAD) + 64
# PrivateKeyInfo {0, algorithm, ECPrivateKey {1, d, [1] point}}. Source: RFC 5208, RFC 5915.
_PKCS8_HEAD = bytes.fromhex("308187020100") + _ALGORITHM + bytes.fromhex("046d306b0201010420")
_PKCS8_MIDDLE = bytes.fromhex("a144") + _POINT


def _hashlib_has_sm3() -> bool:
    try:
        hashlib.new("sm3")
    except ValueError:
        return False
    return True


# hashlib's digest lets go of the interpreter's lock and is a little quicker; not every Python's
# OpenSSL has SM3, while `cryptography` brings its own.
_HASHLIB = _hashlib_has_sm3()


def _new_hash() -> Any:
    return hashlib.new("sm3") if _HASHLIB else Hash(SM3())


def sm3(data: bytes) -> bytes:
    """SM3 of `data`, 32 bytes. Source: GB/T 32905."""
    return hashlib.new("sm3", data).digest() if _HASHLIB else Sm3(data).digest()


class Sm3:
    """SM3 of what comes in parts. Source: GB/T 32905."""

    name = "sm3"
    digest_size = DIGEST_BYTES

    def __init__(self, data: bytes = b"") -> None:
        self._hash = _new_hash()
        if data:
            self._hash.update(data)

    def update(self, data: bytes | memoryview) -> None:
        """Add the next bytes."""
        self._hash.update(data)

    def copy(self) -> "Sm3":
        """A second digest that goes on from here."""
        other = Sm3()
        other._hash = self._hash.copy()
        return other

    def digest(self) -> bytes:
        """32 bytes; more may be added afterwards."""
        copied = self._hash.copy()
        return bytes(copied.digest() if _HASHLIB else copied.finalize())

    def hexdigest(self) -> str:
        """The same, lower-case hex."""
        return self.digest().hex()


def signed_digest(own_za: bytes, data: bytes) -> bytes:
    """e = SM3(ZA + data), 32 bytes; large data is not copied. Source: GB/T 32918.2 section 6.1."""
    if len(data) < _SHORT:
        return sm3(own_za + data)
    found = Sm3(own_za)
    found.update(data)
    return found.digest()


def spki_of(point: bytes) -> bytes:
    """Canonical SubjectPublicKeyInfo of x and y, 64 bytes."""
    return _SPKI_HEAD + point


def pkcs8_of(d: bytes, point: bytes) -> bytes:
    """PKCS#8 of d, 32 bytes, and its x and y. Source: RFC 5208, RFC 5915."""
    return _PKCS8_HEAD + d + _PKCS8_MIDDLE + point


def is_sm2_key(spki_der: bytes) -> bool:
    """Whether a SubjectPublicKeyInfo names the SM2 curve; its point may still be wrong."""
    return spki_der[:1] == b"\x30" and spki_der[2 : 2 + len(_ALGORITHM)] == _ALGORITHM


def canonical_spki(spki_der: bytes) -> bytes:
    """The same key under the curve's own OID; other keys come back as they are.

    Real certificates are met whose curve parameter is .301.1 (a signature algorithm); no library
    reads them. The caller warns. Source: seal-formats.md section 2.
    """
    if not spki_der.startswith(_ODD_SPKI_HEAD) or len(spki_der) != _SPKI_BYTES + 1:
        return spki_der
    return _SPKI_HEAD + spki_der[len(_ODD_SPKI_HEAD) :]


def za(spki_der: bytes, user_id: bytes = DEFAULT_ID) -> bytes:
    """ZA, 32 bytes: SM3 over user id, curve and public key.

    Raises: PublicKeyInvalid; ValueError for an id over 8191 bytes.
    Source: GB/T 32918.2 section 5.5.
    """
    return za_of_point(point_of(spki_der), user_id)


def za_of_point(point: bytes, user_id: bytes) -> bytes:
    """ZA of x and y, 64 bytes, known to lie on the curve. Raises: ValueError for a long id."""
    if len(user_id) > MAX_ID_BYTES:
        raise ValueError("SM2 user id too long")
    length = (8 * len(user_id)).to_bytes(2, "big")
    return sm3(length + user_id + _CURVE_PARAMETERS + point)


def point_of(spki_der: bytes) -> bytes:
    """x and y, 64 bytes, of a canonical key whose point lies on the curve.

    The curve has cofactor 1, so its every point but infinity is of order n. Raises:
    PublicKeyInvalid.
    """
    if len(spki_der) != _SPKI_BYTES or not spki_der.startswith(_SPKI_HEAD):
        raise PublicKeyInvalid(reason="not canonical SM2")
    point = spki_der[len(_SPKI_HEAD) :]
    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    if x >= P or y >= P or (y * y - (x * x * x + A * x + B)) % P:
        raise PublicKeyInvalid(reason="not on the SM2 curve")
    return point


def raw_from_signature(signature_der: bytes) -> bytes:
    """r and s, 32 bytes each, of a strict DER signature.

    Strict: minimal positive INTEGERs from 1 to n-1 and nothing behind them.
    Raises: SignatureDoesNotMatch. Source: GM/T 0009 section 7.3; X.690 section 10.
    """
    if not 8 <= len(signature_der) <= MAX_SIGNATURE_DER:
        raise SignatureDoesNotMatch(reason="length")
    if signature_der[0] != 0x30 or signature_der[1] != len(signature_der) - 2:
        raise SignatureDoesNotMatch(reason="encoding")
    r, behind = _integer(signature_der, 2)
    s, behind = _integer(signature_der, behind)
    if behind != len(signature_der):
        raise SignatureDoesNotMatch(reason="encoding")
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _integer(der: bytes, at: int) -> tuple[int, int]:
    """A DER INTEGER from 1 to n-1, and the offset behind it."""
    if len(der) < at + 3 or der[at] != 0x02:
        raise SignatureDoesNotMatch(reason="encoding")
    content = der[at + 2 : at + 2 + der[at + 1]]
    if not content or len(content) != der[at + 1] or content[0] & 0x80:
        raise SignatureDoesNotMatch(reason="encoding")
    if content[0] == 0 and len(content) > 1 and not content[1] & 0x80:
        raise SignatureDoesNotMatch(reason="encoding")
    return _in_range(content), at + 2 + len(content)


def _in_range(content: bytes) -> int:
    value = int.from_bytes(content, "big")
    if not 1 <= value < N:
        raise SignatureDoesNotMatch(reason="range")
    return value


def signature_from_raw(raw: bytes) -> bytes:
    """DER of the bare 64 bytes r and s that some vendors write.

    Raises: SignatureDoesNotMatch for another length or values outside 1 to n-1.
    Source: seal-formats.md section 3.
    """
    if len(raw) != 64:
        raise SignatureDoesNotMatch(reason="length")
    content = b"".join(_integer_der(_in_range(half)) for half in (raw[:32], raw[32:]))
    return bytes([0x30, len(content)]) + content


def _integer_der(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return bytes([0x02, size]) + value.to_bytes(size, "big")


def private_parts(pkcs8_der: bytes) -> tuple[int, bytes]:
    """d and the 64 bytes of the point. What cannot be read is not quoted: it is secret."""
    try:
        info = keys.PrivateKeyInfo.load(pkcs8_der, strict=True)
        algorithm = info["private_key_algorithm"]
        inner = info["private_key"].parsed
        named = algorithm["algorithm"].native == "ec" and (
            algorithm["parameters"].chosen.dotted == CURVE_OID
        )
        d, encoded = int(inner["private_key"].native), bytes(inner["public_key"].native)
    except Exception:  # asn1crypto raises nearly anything on foreign bytes
        raise UnknownSuite(reason="not an SM2 key") from None
    if not named or not 1 <= d <= N - 2 or len(encoded) != 65 or encoded[0] != 4:
        raise UnknownSuite(reason="not an SM2 key")
    return d, encoded[1:]
