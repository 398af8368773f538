"""Verifier keys of signed notes: vkey strings, key ids, and the message each type signs.

Source: C2SP signed-note, tlog-cosignature, static-ct-api; transparency-log sections 3 and 5.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sealsvc.tlog import TlogError
from sealsvc.tlog.checkpoint import Checkpoint, CheckpointInvalid, parse_checkpoint
from sealsvc.tlog.encoding import MAX_NUMBER, b64, unb64


class KeyInvalid(TlogError):
    """A verifier key string or its parts do not form a key of a supported type."""

    code = "VKEY_INVALID"


class SignatureInvalid(TlogError):
    """A signature value does not verify under the key that it names."""

    code = "NOTE_SIGNATURE_INVALID"


class KeyType(IntEnum):
    """Signature type bytes. Source: C2SP signed-note, "Signature types"."""

    ED25519 = 0x01
    ECDSA = 0x02
    COSIGNATURE_ED25519 = 0x04
    RFC6962_TREE_HEAD = 0x05
    COSIGNATURE_ML_DSA_44 = 0x06


COSIGNATURE_TYPES: Final = frozenset({KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_ML_DSA_44})

_RAW_LENGTH: Final = {
    KeyType.ED25519: 32,
    KeyType.COSIGNATURE_ED25519: 32,
    KeyType.COSIGNATURE_ML_DSA_44: 1312,
}
_CURVES: Final = (SECP256R1, SECP384R1, SECP521R1)


@dataclass(frozen=True)
class VerifierKey:
    """A named public key that verifies note signatures of one type.

    public_key: raw bytes (Ed25519 32, ML-DSA-44 1312) or SPKI DER (types 0x02 and 0x05).
    Raises: KeyInvalid.
    """

    name: str
    type: KeyType
    public_key: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        length = _RAW_LENGTH.get(self.type)
        if length is None:
            _load_ecdsa(self.public_key)
        elif len(self.public_key) != length:
            raise KeyInvalid(reason="length of the public key")

    @cached_property
    def key_id(self) -> bytes:
        """4 bytes that stand before each signature. Source: C2SP signed-note, "Signatures"."""
        if self.type is KeyType.ECDSA:
            return sha256(self.public_key).digest()[:4]
        material = self.public_key
        if self.type is KeyType.RFC6962_TREE_HEAD:
            material = sha256(material).digest()
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + material).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64(bytes([self.type]) + self.public_key)}"

    def as_cosigner(self) -> "VerifierKey":
        """The same Ed25519 key as a cosignature key; other types unchanged.

        Witness tools publish one vkey of type 0x01 and cosign under type 0x04.
        """
        if self.type is not KeyType.ED25519:
            return self
        return VerifierKey(self.name, KeyType.COSIGNATURE_ED25519, self.public_key)

    def verify(self, text: bytes, signature: bytes) -> int | None:
        """Check a signature (the bytes after the key id) over a note's text.

        Result: POSIX seconds of a cosignature, milliseconds never; None for untimed types.
        Raises: SignatureInvalid. Source: transparency-log sections 3 and 5.
        """
        try:
            return self._verify(text, signature)
        except (InvalidSignature, UnsupportedAlgorithm, CheckpointInvalid, ValueError) as error:
            raise SignatureInvalid(key=self.name) from error

    def _verify(self, text: bytes, signature: bytes) -> int | None:
        if self.type is KeyType.ED25519:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
            return None
        if self.type is KeyType.ECDSA:
            _load_ecdsa(self.public_key).verify(signature, text, ECDSA(SHA256()))
            return None
        at, value = _split_timestamp(signature)
        if self.type is KeyType.RFC6962_TREE_HEAD:
            message = tree_head_message(parse_checkpoint(text), at)
            _load_ecdsa(self.public_key).verify(_digitally_signed(value), message, ECDSA(SHA256()))
            return None
        message = cosignature_message(self, text, at)
        if self.type is KeyType.COSIGNATURE_ED25519:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(value, message)
        else:
            MLDSA44PublicKey.from_public_bytes(self.public_key).verify(value, message)
        return at


def parse_vkey(vkey: str) -> VerifierKey:
    """Read `<name>+<key id hex>+<base64 of type and public key>`; the key id must recompute.

    Raises: KeyInvalid. Source: C2SP signed-note, "Verifier keys".
    """
    parts = vkey.split("+", 2)
    if len(parts) != 3:
        raise KeyInvalid(reason="not name+id+key")
    name, key_id, encoded = parts
    try:
        material = unb64(encoded)
        key = VerifierKey(name, KeyType(material[0]), material[1:])
    except (ValueError, IndexError) as error:
        raise KeyInvalid(reason="base64 or type") from error
    if key.key_id.hex() != key_id:
        raise KeyInvalid(reason="key id differs")
    return key


def check_key_name(name: str) -> None:
    """Raises: KeyInvalid for an empty name, white space, `+` or what a note cannot hold.

    Source: C2SP signed-note, "Signatures".
    """
    if not name or "+" in name or any(char.isspace() or char < " " for char in name):
        raise KeyInvalid(reason="name")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise KeyInvalid(reason="name") from error


def cosignature_message(key: VerifierKey, text: bytes, at_s: int) -> bytes:
    """What a cosigner signs for a checkpoint text at POSIX second `at_s`.

    Raises: CheckpointInvalid, ValueError for a name or origin over 255 bytes.
    Source: C2SP tlog-cosignature; transparency-log section 5.
    """
    if key.type is KeyType.COSIGNATURE_ML_DSA_44:
        checkpoint = parse_checkpoint(text)
        return subtree_message(key.name, at_s, checkpoint)
    return b"cosignature/v1\ntime %d\n" % at_s + text


def subtree_message(cosigner: str, at_s: int, checkpoint: Checkpoint) -> bytes:
    """The ML-DSA-44 message over a whole tree (start 0); extension lines are not covered.

    Raises: ValueError for a name or origin over 255 bytes.
    Source: C2SP tlog-cosignature, "ML-DSA-44 (sub)tree cosignatures".
    """
    parts = [b"subtree/v1\n\0", _short_string(cosigner), at_s.to_bytes(8, "big")]
    parts += [_short_string(checkpoint.origin), bytes(8), checkpoint.size.to_bytes(8, "big")]
    return b"".join([*parts, checkpoint.root])


def tree_head_message(checkpoint: Checkpoint, at_ms: int) -> bytes:
    """The TreeHeadSignature input of a static CT log. Source: RFC 6962 section 3.5."""
    head = b"\0\x01" + at_ms.to_bytes(8, "big") + checkpoint.size.to_bytes(8, "big")
    return head + checkpoint.root


def _short_string(text: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= 255:
        raise ValueError("name or origin is not 1..255 bytes")
    return bytes([len(data)]) + data


def _split_timestamp(signature: bytes) -> tuple[int, bytes]:
    at = int.from_bytes(signature[:8], "big")
    if len(signature) <= 8 or at > MAX_NUMBER:
        raise ValueError("no timestamped signature")
    return at, signature[8:]


def _digitally_signed(value: bytes) -> bytes:
    """The ECDSA value of a TLS DigitallySigned (SHA-256, ECDSA). Source: RFC 5246 section 4.7."""
    if value[:2] != b"\x04\x03" or int.from_bytes(value[2:4], "big") != len(value) - 4:
        raise ValueError("not SHA-256 with ECDSA")
    return value[4:]


def _load_ecdsa(spki_der: bytes) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(spki_der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyInvalid(reason="not a public key") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, _CURVES):
        raise KeyInvalid(reason="not an ECDSA key on a NIST curve")
    return key
