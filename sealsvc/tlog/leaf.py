"""Leaves: a fact as canonical bytes, with public members in clear and the rest committed to.

Source: CONTRACT section 4; transparency-log sections 10 and 13.
"""

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Final

from sealsvc.tlog import TlogError
from sealsvc.tlog.encoding import b64, unb64_hash
from sealsvc.values import Fact, Json, JsonObject

LEAF_VERSION: Final = 1
GENESIS_TYPE: Final = "log.created"
MAX_ENTRY_BYTES: Final = 8 * 1024
MAX_PAYLOAD_BYTES: Final = 24 * 1024
SALT_BYTES: Final = 32

_MEMBERS: Final = frozenset({"v", "type", "id", "at", "public", "c"})
_MAX_DEPTH: Final = 32
_TYPE: Final = re.compile(r"[a-z][a-z0-9]*(?:\.[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*)+")
_FACT_ID: Final = re.compile(r"evt_[a-z2-7]{25}[aeimquy4]")  # last of 26 digits holds 3 bits
_AT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z")


class LeafMalformed(TlogError):
    """A fact or an entry breaks the leaf's form: members, kinds of value, canonical bytes."""

    code = "LEAF_MALFORMED"


class LeafTooLarge(TlogError):
    """An entry is over 8 KiB or a payload over 24 KiB, so that no receipt could carry it."""

    code = "LEAF_TOO_LARGE"


class CommitmentMismatch(TlogError):
    """Payload and salt do not open the commitment of this leaf under this origin."""

    code = "COMMITMENT_MISMATCH"


@dataclass(frozen=True)
class Leaf:
    """A leaf ready for the log: the exact entry bytes and the opening of its commitment.

    payload: RFC 8785 bytes. salt: 32 bytes.
    """

    entry: bytes
    payload: bytes
    salt: bytes


@dataclass(frozen=True)
class LeafView:
    """A parsed entry. at: aware UTC, whole seconds. commitment: 32 bytes."""

    type: str
    id: str
    at: datetime
    public: JsonObject
    commitment: bytes


def format_fact_id(bits: bytes) -> str:
    """`evt_` and the lower-case base32 of 16 random bytes. Raises: LeafMalformed."""
    if len(bits) != 16:
        raise LeafMalformed(member="id")
    return "evt_" + base64.b32encode(bits).decode("ascii").rstrip("=").lower()


def canonical(value: Json) -> bytes:
    """RFC 8785 bytes of a value of the restricted kinds.

    Allowed: objects with ASCII keys, lists, strings, booleans, integers within +-(2**53 - 1); in
    that range sorted-key compact JSON is RFC 8785 byte for byte. Floats and null are refused.
    Raises: LeafMalformed. Source: transparency-log section 10.
    """
    try:
        return _text(value, _MAX_DEPTH).encode()
    except UnicodeEncodeError as error:
        raise LeafMalformed(reason="lone surrogate in a string") from error


def parse_canonical(data: bytes) -> JsonObject:
    """Read an object whose bytes are exactly those that `canonical` writes.

    Raises: LeafMalformed.
    """
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise LeafMalformed(reason="not JSON in UTF-8") from error
    if not isinstance(value, dict) or canonical(value) != data:
        raise LeafMalformed(reason="not a canonical object")
    return value


def commitment(origin: str, salt: bytes, payload: bytes) -> bytes:
    """The salted commitment to a payload, bound to one log.

    salt: 32 bytes, fresh for each leaf. payload: RFC 8785 bytes. Raises: LeafMalformed.
    Source: transparency-log section 13.2.
    """
    if len(salt) != SALT_BYTES:
        raise LeafMalformed(member="salt")
    return sha256(origin.encode() + b"/commit/v1\n" + salt + payload).digest()


def build_leaf(*, fact: Fact, fact_id: str, at: datetime, salt: bytes, origin: str) -> Leaf:
    """The leaf of a fact.

    at: aware; the leaf carries it in UTC, cut to whole seconds.
    Raises: LeafMalformed, LeafTooLarge. Source: CONTRACT section 4.
    """
    if at.tzinfo is None:
        raise LeafMalformed(member="at")
    payload = canonical(fact.payload)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise LeafTooLarge(member="payload", length=len(payload))
    instant = at.astimezone(UTC).replace(tzinfo=None)
    members: JsonObject = {
        "v": LEAF_VERSION,
        "type": fact.type,
        "id": fact_id,
        "at": instant.isoformat(timespec="seconds") + "Z",
        "public": fact.public,
        "c": b64(commitment(origin, salt, payload)),
    }
    entry = canonical(members)
    # What `parse_leaf` would find wrong and the lines above do not make right by themselves.
    _require_length(entry)
    _require_object(members["public"])
    _matching(members, "type", _TYPE)
    _matching(members, "id", _FACT_ID)
    return Leaf(entry, payload, salt)


def parse_leaf(entry: bytes) -> LeafView:
    """Read the exact bytes of an entry of our profile.

    Strict: the six members, nothing else, and canonical bytes.
    Raises: LeafMalformed, LeafTooLarge. Source: CONTRACT section 4.
    """
    _require_length(entry)
    members = parse_canonical(entry)
    if members.keys() != _MEMBERS:
        raise LeafMalformed(reason="other members than v, type, id, at, public, c")
    if members["v"] is True or members["v"] != LEAF_VERSION:
        raise LeafMalformed(member="v")
    public = _require_object(members["public"])
    return LeafView(
        type=_matching(members, "type", _TYPE),
        id=_matching(members, "id", _FACT_ID),
        at=_parse_at(_matching(members, "at", _AT)),
        public=public,
        commitment=_parse_commitment(members["c"]),
    )


def open_commitment(leaf: LeafView, payload: bytes, salt: bytes, origin: str) -> JsonObject:
    """The payload, once payload and salt are shown to be what the leaf committed to.

    Raises: CommitmentMismatch; LeafMalformed when the committed bytes are not canonical JSON.
    Source: transparency-log section 13.2.
    """
    if len(salt) != SALT_BYTES or commitment(origin, salt, payload) != leaf.commitment:
        raise CommitmentMismatch(id=leaf.id)
    return parse_canonical(payload)


def _require_length(entry: bytes) -> None:
    if len(entry) > MAX_ENTRY_BYTES:
        raise LeafTooLarge(member="entry", length=len(entry))


def _require_object(public: Json) -> JsonObject:
    if not isinstance(public, dict):
        raise LeafMalformed(member="public")
    return public


def _text(value: object, depth: int) -> str:
    """Checked and written in one pass: a sealing writes four of these, mostly short strings."""
    if depth == 0:
        raise LeafMalformed(reason="nested too deeply")
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        _check_keys(value)
        members = [
            # Most values are strings, and a call for each would be most of the time.
            f"{encode_basestring(key)}:{encode_basestring(inner)}"
            if type(inner) is str and depth > 1
            else f"{encode_basestring(key)}:{_text(inner, depth - 1)}"
            for key, inner in sorted(value.items())
        ]
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join([_text(inner, depth - 1) for inner in value])}]"
    return _number_text(value)


def _check_keys(value: dict[str, object]) -> None:
    try:
        plain = "".join(value).isascii()
    except TypeError:
        plain = False
    if not plain:
        raise LeafMalformed(reason="key is not ASCII")


def _number_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int):
        raise LeafMalformed(reason="null, float or a foreign kind of value")
    if abs(value) >= 2**53:
        raise LeafMalformed(reason="integer of 2**53 or more")
    return int.__repr__(value)


def _matching(members: JsonObject, name: str, pattern: re.Pattern[str]) -> str:
    value = members[name]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise LeafMalformed(member=name)
    return value


def _parse_at(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise LeafMalformed(member="at") from error


def _parse_commitment(value: Json) -> bytes:
    if not isinstance(value, str):
        raise LeafMalformed(member="c")
    try:
        return unb64_hash(value)
    except ValueError as error:
        raise LeafMalformed(member="c") from error
