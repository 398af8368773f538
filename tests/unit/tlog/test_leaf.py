"""Leaves: canonical bytes, limits, commitments."""

import base64
import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.tlog import TlogError
from sealsvc.tlog.leaf import (
    CommitmentMismatch,
    LeafMalformed,
    LeafTooLarge,
    build_leaf,
    canonical,
    format_fact_id,
    open_commitment,
    parse_canonical,
    parse_leaf,
)
from sealsvc.values import Fact, random_id
from tests.unit.tlog.support import AT, DIGEST, ORIGIN, make_leaf

ID = format_fact_id(bytes(range(16)))
SALT = bytes(range(32))
FACT_ID = re.compile(r"evt_[a-z2-7]{25}[aeimquy4]")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEYS = st.text(st.characters(max_codepoint=127), max_size=6)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)


def build(**changes):
    spec = {"fact_id": ID, "at": AT, "salt": SALT, "origin": ORIGIN}
    fact = {"type": "seal.activated", "subjects": (), "public": {"a": 1}, "payload": {"b": 2}}
    fact.update((k, changes.pop(k)) for k in list(changes) if k in fact)
    return build_leaf(fact=Fact(**fact), **(spec | changes))


def test_the_exact_bytes() -> None:
    leaf = build()
    c = sha256(ORIGIN.encode() + b"/commit/v1\n" + SALT + b'{"b":2}').digest()
    assert leaf.payload == b'{"b":2}'
    assert leaf.entry == rfc8785.dumps(
        {
            "v": 1,
            "type": "seal.activated",
            "id": "evt_aaaqeayeaudaocajbifqydiob4",
            "at": "2026-11-21T08:30:15Z",
            "public": {"a": 1},
            "c": base64.b64encode(c).decode(),
        }
    )
    view = parse_leaf(leaf.entry)
    assert (view.type, view.id, view.public) == ("seal.activated", ID, {"a": 1})
    assert view.at == AT.replace(microsecond=0)
    assert view.commitment == c


def test_the_time_is_turned_to_utc() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert build(at=AT.astimezone(shanghai)) == build()


@given(st.binary(min_size=16, max_size=16))
def test_ids_are_lower_case_base32(bits) -> None:
    assert random_id("evt", bits) == format_fact_id(bits)
    assert FACT_ID.fullmatch(random_id("evt", bits))


class Word(StrEnum):
    """Members of a profile may be kinds of string and of integer."""

    ONE = 'wört\u2028"\\\x07'


class Number(IntEnum):
    """See `Word`."""

    ONE = 1


def test_kinds_of_strings_and_integers() -> None:
    value = {"b": Word.ONE, "a": [Number.ONE, True, False, -1, Word.ONE], "\x7f": {}, "c": []}
    assert canonical(value) == rfc8785.dumps(json.loads(json.dumps(value)))


def test_no_value_however_deep_or_odd_is_written() -> None:
    for value in (
        object(),
        {"a": {1}},
        {"a": 1, 2: 3},
        {"a": (1,)},
        {"a": b"x"},
        1e300,
        float("nan"),
    ):
        with pytest.raises(LeafMalformed):
            canonical(value)
    nested = "x"
    for _ in range(31):
        nested = {"a": nested}
    assert canonical(nested)
    for too_deep in ({"a": nested}, [nested]):
        with pytest.raises(LeafMalformed):
            canonical(too_deep)


@given(OBJECTS)
def test_canonical_equals_rfc8785(value) -> None:
    data = canonical(value)
    assert data == rfc8785.dumps(value)
    assert parse_canonical(data) == value


@given(OBJECTS, OBJECTS)
def test_any_leaf_parses_and_opens(public, payload) -> None:
    leaf = build(public=public, payload=payload)
    view = parse_leaf(leaf.entry)
    assert view.public == public
    assert open_commitment(view, leaf.payload, leaf.salt, ORIGIN) == payload


DEEP = json.loads("[" * 40 + "]" * 40)


@pytest.mark.parametrize(
    "value",
    [None, 1.0, 2**53, -(2**53), [None], {"a": {"b": 0.5}}, {"é": 1}, {1: 2}, "\ud800", b"x", DEEP],
)
def test_values_outside_the_profile(value) -> None:
    for member in ("public", "payload"):
        with pytest.raises(LeafMalformed):
            build(**{member: {"x": value}})


@pytest.mark.parametrize(
    "change",
    [
        {"fact_id": ""},
        {"fact_id": "evt_AAAQEAYEAUDAOCAJBIFQYDIOB4"},
        {"fact_id": ID[:-1]},
        {"fact_id": ID[:-1] + "b"},
        {"fact_id": ID + "\n"},
        {"fact_id": "seal_" + ID[4:]},
        {"at": datetime(2026, 11, 21)},
        {"salt": bytes(31)},
        {"salt": b""},
        {"type": "activated"},
        {"type": "Seal.activated"},
        {"type": "seal."},
        {"type": "seal activated"},
    ],
)
def test_parts_outside_the_profile(change) -> None:
    with pytest.raises(LeafMalformed):
        build(**change)


def test_sizes() -> None:
    room = 24 * 1024 - len('{"x":""}')
    build(payload={"x": "a" * room})
    with pytest.raises(LeafTooLarge):
        build(payload={"x": "a" * (room + 1)})
    room = 8 * 1024 - len(build(public={"x": ""}).entry)
    assert len(build(public={"x": "a" * room}).entry) == 8 * 1024
    with pytest.raises(LeafTooLarge):
        build(public={"x": "a" * (room + 1)})


ENTRY = build().entry


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"[]",
        b"1",
        b"\xff",
        b"[" * 8000,
        b"1" * 8000,
        ENTRY + b"\n",
        ENTRY.replace(b":", b": "),
        ENTRY.replace(b'"v":1', b'"v":1.0'),
        ENTRY.replace(b'"v":1', b'"v":1e0'),
        ENTRY.replace(b'"v":1', b'"v":2'),
        ENTRY.replace(b'"v":1', b'"v":true'),
        ENTRY.replace(b'"v":1', b'"v":NaN'),
        ENTRY.replace(b'"v":1', b'"v":1,"v":1'),
        ENTRY.replace(b'"v":1', b'"v":1,"w":1'),
        ENTRY.replace(b',"v":1', b""),
        ENTRY.replace(b'{"a":1}', b"[1]"),
        ENTRY.replace(b'{"a":1}', b'{"a":null}'),
        ENTRY.replace(b'{"a":1}', b'{"a":"\\u0041"}'),
        ENTRY.replace(b'{"a":1}', b'{"b":1,"a":1}'),
        ENTRY.replace(b"2026-11-21T08:30:15Z", b"2026-11-21T08:30:15+00:00"),
        ENTRY.replace(b"2026-11-21T08:30:15Z", b"2026-11-21T08:30:15.5Z"),
        ENTRY.replace(b"2026-11-21T08:30:15Z", b"2026-02-30T08:30:15Z"),
        ENTRY.replace(b"2026-11-21T08:30:15Z", b"2026-11-21T24:00:00Z"),
        ENTRY.replace(b'"at":"2026-11-21T08:30:15Z"', b'"at":5'),
        ENTRY.replace(b'="', b'"'),
        b'{"at":"2026-11-21T08:30:15Z","c":7' + ENTRY[ENTRY.index(b',"id"') :],
    ],
)
def test_entries_that_are_no_leaf(entry) -> None:
    with pytest.raises(LeafMalformed):
        parse_leaf(entry)


@given(st.binary(max_size=120))
def test_random_bytes_are_refused_cleanly(data) -> None:
    for candidate in (data, ENTRY + data[:1] + b" ", ENTRY[: len(data)] + data):
        with pytest.raises(TlogError):
            parse_leaf(candidate)


def test_a_commitment_opens_only_with_its_own_parts() -> None:
    leaf = make_leaf(3)
    view = parse_leaf(leaf.entry)
    assert open_commitment(view, leaf.payload, leaf.salt, ORIGIN)["digest"] == DIGEST
    for payload, salt, origin in (
        (leaf.payload + b" ", leaf.salt, ORIGIN),
        (leaf.payload, make_leaf(4).salt, ORIGIN),
        (leaf.payload, leaf.salt[:-1], ORIGIN),
        (leaf.payload, leaf.salt + leaf.payload[:1], ORIGIN),
        (leaf.payload, leaf.salt, "log.example.org/2027"),
        (b"", leaf.salt + leaf.payload, ORIGIN),
    ):
        with pytest.raises(CommitmentMismatch):
            open_commitment(view, payload, salt, origin)


def test_committed_bytes_that_are_no_object() -> None:
    view = parse_leaf(ENTRY)
    c = sha256(ORIGIN.encode() + b"/commit/v1\n" + SALT + b"[1]").digest()
    with pytest.raises(LeafMalformed):
        open_commitment(dataclasses.replace(view, commitment=c), b"[1]", SALT, ORIGIN)


@pytest.mark.parametrize("bits", [b"", bytes(15), bytes(17)])
def test_fact_ids_have_128_bits(bits) -> None:
    with pytest.raises(LeafMalformed):
        format_fact_id(bits)


def test_the_earliest_time() -> None:
    assert b'"0001-01-01T00:00:00Z"' in build(at=datetime(1, 1, 1, tzinfo=UTC)).entry
