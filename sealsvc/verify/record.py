"""Evidence as bytes and back, exactly: what a replay of an old verdict stands on.

A record is canonical JSON (RFC 8785) `{evidence, blobs, kind, v}`. Members are the fields of the
dataclasses in camelCase; a member that has a default and equals it is left out, so a record of an
older engine is still the record of the same evidence. Bytes stand once in `blobs`, base64 by the
hex of their SHA-256, and are referred to by that. Times are RFC 3339 with microseconds. The seal
picture's PNG and an electronic seal's own picture are left out: no judgement looks at them, and
`rgbaSha256` and `derSha256` name what they were.
"""

import hashlib
import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

import rfc8785

from sealsvc.documents.values import ESealReading, SealPicture
from sealsvc.errors import BadInput
from sealsvc.values import Json, JsonObject
from sealsvc.verify.evidence import Evidence

KIND = "sealsvc.evidence"
RECORD_VERSION = 1
MAX_RECORD_BYTES = 128 * 1024 * 1024
_SAFE_INTEGER = 2**53 - 1
_SMALLEST_PLAIN = 1e-4
_LEFT_OUT = ((SealPicture, "png"), (ESealReading, "picture"))
_NOT_FINITE = ("nan", "inf", "-inf")


class EvidenceRecordInvalid(BadInput):
    """Bytes that are no evidence record, or not the one way to write one."""

    code = "EVIDENCE_RECORD_INVALID"


def dump_evidence(evidence: Evidence) -> bytes:
    """The record of some evidence; the same evidence always gives the same bytes."""
    blobs = _Blobs()
    body = _encode(evidence, blobs)
    record = {"kind": KIND, "v": RECORD_VERSION, "evidence": body, "blobs": blobs}
    return rfc8785.dumps(cast(Any, record)) if blobs.odd_fractions else _plainly(record)


def load_evidence(data: bytes) -> Evidence:
    """The evidence of a record. Raises: EvidenceRecordInvalid."""
    if len(data) > MAX_RECORD_BYTES:
        raise EvidenceRecordInvalid(reason="TOO_LARGE")
    try:
        record = json.loads(data)
        if set(record) != {"kind", "v", "evidence", "blobs"} or record["kind"] != KIND:
            raise ValueError("members")
        if record["v"] != RECORD_VERSION:
            raise ValueError("version")
        evidence = cast(Evidence, _decode(Evidence, record["evidence"], _blobs(record["blobs"])))
        written = dump_evidence(evidence)
    except Exception as error:  # hostile JSON: types, depth, digits, encodings
        raise EvidenceRecordInvalid(reason=type(error).__name__) from error
    if written != data:
        raise EvidenceRecordInvalid(reason="NOT_CANONICAL")
    return evidence


def evidence_digest(evidence: Evidence) -> str:
    """Hex SHA-256 of the record."""
    return hashlib.sha256(dump_evidence(evidence)).hexdigest()


def trust_snapshot_digest(evidence: Evidence) -> str:
    """Hex SHA-256 over what was trusted and known of the trusted, whatever its order.

    Covers anchors, gathered issuers, lists and answers; not what the document brought along.
    """
    members = {
        "anchors": evidence.anchors_der,
        "stampAnchors": evidence.stamp_anchors_der,
        "issuers": evidence.issuers_der,
        "crls": evidence.crls_der,
        "ocsps": evidence.ocsps_der,
    }
    named = {
        name: sorted({hashlib.sha256(der).hexdigest() for der in ders})
        for name, ders in members.items()
    }
    return hashlib.sha256(_plainly(named)).hexdigest()


class _Blobs(dict[str, str]):
    """Base64 by digest. odd_fractions: a number was met that only RFC 8785's own rules spell."""

    odd_fractions = False


def _plainly(value: object) -> bytes:
    """Canonical JSON by the standard library, which agrees with RFC 8785 where all names are ASCII,
    integers are safe, fractions are `_is_plain` and no string holds half a surrogate pair.
    """
    text = json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    )
    return text.encode()


def _is_plain(value: float) -> bool:
    """Whether Python and ECMAScript write a fraction alike. Source: RFC 8785 section 3.2.2.3."""
    return not value.is_integer() and _SMALLEST_PLAIN <= abs(value) <= _SAFE_INTEGER


def _encode(value: object, blobs: _Blobs) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return str(value)
    if is_dataclass(value):
        return _encode_members(value, blobs)
    if isinstance(value, tuple):
        return [_encode(item, blobs) for item in value]
    if isinstance(value, bytes):
        name = hashlib.sha256(value).hexdigest()
        blobs[name] = b64encode(value).decode()
        return name
    if isinstance(value, float):
        return _encode_fraction(value, blobs)
    return _encode_scalar(value)


def _encode_fraction(value: float, blobs: _Blobs) -> Json:
    if not math.isfinite(value):
        return str(value)
    if value.is_integer() and abs(value) <= _SAFE_INTEGER:
        return int(value)  # written without a point, and zero without a sign
    if not _is_plain(value):
        blobs.odd_fractions = True
    # Canonical JSON knows fractions, though `Json` (made for facts) does not.
    return cast(Json, value)


def _encode_scalar(value: object) -> Json:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:  # half a surrogate pair, from a hostile name
            return {"utf16": b64encode(value.encode("utf-16-be", "surrogatepass")).decode()}
        return value
    if isinstance(value, int):
        return value if abs(value) <= _SAFE_INTEGER else hex(value)
    raise TypeError(type(value).__name__)


def _encode_members(value: Any, blobs: _Blobs) -> JsonObject:
    shape: JsonObject = {}
    kind: type = type(value)
    for name, shown, default in _members(kind):
        member = getattr(value, name)
        if member is not default and (default is MISSING or member != default):
            shape[shown] = _encode(member, blobs)
    return shape


@lru_cache(maxsize=64)
def _members(kind: type) -> tuple[tuple[str, str, object], ...]:
    """Of each field that is kept: its name, the name in the record, its default or MISSING."""
    return tuple(
        (item.name, _camel(item.name), item.default) for item in fields(kind) if _kept(kind, item)
    )


def _kept(kind: type, item: Field[Any]) -> bool:
    return (kind, item.name) not in _LEFT_OUT


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _blobs(shape: dict[str, str]) -> dict[str, bytes]:
    found = {name: b64decode(text, validate=True) for name, text in shape.items()}
    for name, blob in found.items():
        if hashlib.sha256(blob).hexdigest() != name:
            raise ValueError("blob")
    return found


def _decode(kind: Any, shape: Any, blobs: dict[str, bytes]) -> object:
    """The value of a type from its shape. Raises: whatever a wrong shape makes it raise."""
    if get_origin(kind) is UnionType:
        if shape is None:
            return None
        (kind,) = (item for item in get_args(kind) if item is not NoneType)
    if get_origin(kind) is tuple:
        (inner, _) = get_args(kind)
        return tuple(_decode(inner, item, blobs) for item in _typed(shape, list))
    if is_dataclass(kind):
        return _decode_members(cast(type, kind), _typed(shape, dict), blobs)
    if kind is bytes:
        return blobs[shape]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(_typed(shape, str))
    return _SCALARS[kind](shape)


def _decode_members(kind: type, shape: dict[str, Any], blobs: dict[str, bytes]) -> object:
    hints, given = _hints(kind), dict(shape)
    members: dict[str, object] = {}
    for item in fields(kind):
        name = _camel(item.name)
        if not _kept(kind, item):
            members[item.name] = b""
        elif name in given:
            members[item.name] = _decode(hints[item.name], given.pop(name), blobs)
        elif item.default is MISSING:
            raise KeyError(name)
    if given:
        raise ValueError("unknown members")
    return kind(**members)


@lru_cache(maxsize=32)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _typed(shape: Any, kind: type) -> Any:
    if type(shape) is not kind:
        raise TypeError(kind.__name__)
    return shape


def _text(shape: Any) -> str:
    if isinstance(shape, dict):
        return b64decode(shape["utf16"], validate=True).decode("utf-16-be", "surrogatepass")
    return str(_typed(shape, str))


def _integer(shape: Any) -> int:
    return int(shape, 16) if isinstance(shape, str) else int(_typed(shape, int))


def _fraction(shape: Any) -> float:
    if isinstance(shape, str) and shape in _NOT_FINITE:
        return float(shape)
    if type(shape) not in (int, float):
        raise TypeError("number")
    return float(shape)


_SCALARS: dict[Any, Callable[[Any], object]] = {
    str: _text,
    int: _integer,
    float: _fraction,
    bool: lambda shape: _typed(shape, bool),
    datetime: lambda shape: datetime.fromisoformat(_typed(shape, str)),
}
