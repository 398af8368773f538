"""The facts of a deal as bytes and back, exactly: what a replay stands on.

A record is canonical JSON (RFC 8785) `{deal, kind, v}`. Members are the fields of the dataclasses
in camelCase; a member that has a default and equals it is left out.
"""

import json
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

import rfc8785

from sealsvc.areas.transactions.model.deal import Deal
from sealsvc.errors import BadInput
from sealsvc.values import Json, JsonObject

KIND = "sealsvc.deal"
RECORD_VERSION = 1
MAX_RECORD_BYTES = 8 * 1024 * 1024


class DealRecordInvalid(BadInput):
    """Bytes that are no record of a deal, or not the one way to write one."""

    code = "DEAL_RECORD_INVALID"


def dump_deal(deal: Deal) -> bytes:
    """The record of a deal's facts; the same facts always give the same bytes."""
    record = {"kind": KIND, "v": RECORD_VERSION, "deal": _encode(deal)}
    return rfc8785.dumps(cast(Any, record))


def load_deal(data: bytes) -> Deal:
    """The facts of a record. Raises: DealRecordInvalid."""
    if len(data) > MAX_RECORD_BYTES:
        raise DealRecordInvalid(reason="TOO_LARGE")
    try:
        record = json.loads(data)
        if set(record) != {"kind", "v", "deal"} or record["kind"] != KIND:
            raise ValueError("members")
        if record["v"] != RECORD_VERSION:
            raise ValueError("version")
        deal = cast(Deal, _decode(Deal, record["deal"]))
        written = dump_deal(deal)
    except Exception as error:  # hostile JSON: types, depth, digits, encodings
        raise DealRecordInvalid(reason=type(error).__name__) from error
    if written != data:
        raise DealRecordInvalid(reason="NOT_CANONICAL")
    return deal


def _encode(value: Any) -> Json:
    if is_dataclass(value):
        shape: JsonObject = {}
        for item in fields(value):
            member = getattr(value, item.name)
            if item.default is MISSING or member != item.default:
                shape[_camel(item.name)] = _encode(member)
        return shape
    if isinstance(value, tuple):
        return [_encode(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return cast(Json, value)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _decode(kind: Any, shape: Any) -> object:
    """The value of a type from its shape. Raises: whatever a wrong shape makes it raise."""
    if get_origin(kind) is UnionType:
        if shape is None:
            return None
        (kind,) = (item for item in get_args(kind) if item is not NoneType)
    if get_origin(kind) is tuple:
        (inner, _) = get_args(kind)
        return tuple(_decode(inner, one) for one in _typed(shape, list))
    if is_dataclass(kind):
        return _decode_members(cast(type, kind), dict(_typed(shape, dict)))
    if kind in _SCALARS:
        return _SCALARS[kind](shape)
    return _typed(shape, dict)  # a subject: JSON as it is


def _decode_members(kind: type, given: dict[str, Any]) -> object:
    hints, members = _hints(kind), dict[str, object]()
    for item in fields(kind):
        name = _camel(item.name)
        if name in given:
            members[item.name] = _decode(hints[item.name], given.pop(name))
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


_SCALARS: dict[Any, Callable[[Any], object]] = {
    str: lambda shape: _typed(shape, str),
    bool: lambda shape: _typed(shape, bool),
    datetime: lambda shape: datetime.fromisoformat(_typed(shape, str)),
    date: lambda shape: date.fromisoformat(_typed(shape, str)),
    Decimal: lambda shape: Decimal(_typed(shape, str)),
}
