"""Hostile attestations and amounts: a problem or a value, never a traceback."""

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.areas.transactions.model.attestation import (
    AttestationSubjectInvalid,
    AttestationUnreadable,
    clean_subject,
    parse_instant,
    read_envelope,
    whole_utc,
)
from sealsvc.areas.transactions.model.kinds import MemberType, kind_table, read_table
from sealsvc.areas.transactions.model.money import in_bounds, parse_amount, plain
from sealsvc.areas.transactions.model.proof import read_proof
from sealsvc.areas.transactions.model.record import DealRecordInvalid, dump_deal, load_deal
from tests.unit.areas.transactions.deals import PAID, record, sound

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["record", "signature", "v", "kind", "id", "operator", "issuedAt", "subject"]
)


@given(JSON | st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON)))
@settings(max_examples=40, deadline=None)
def test_any_json_is_an_envelope_or_refused(shape: object) -> None:
    with contextlib.suppress(AttestationUnreadable):
        read_envelope(shape)


@given(st.binary(max_size=200), st.binary(max_size=100), st.text(max_size=20))
@settings(max_examples=40, deadline=None)
def test_any_bytes_are_no_signature(der: bytes, signature: bytes, suite: str) -> None:
    from sealsvc.areas.transactions.model.attestation import Envelope

    envelope = Envelope(record("payment", "x", dict(PAID)), suite, signature, der)
    assert not read_proof(envelope).holds


@given(st.dictionaries(st.sampled_from([*PAID, "bonus"]), JSON))
@settings(max_examples=40, deadline=None)
def test_any_subject_is_clean_or_refused(given_members: dict) -> None:
    kind = kind_table().get("payment")
    try:
        clean = clean_subject(kind, given_members)
    except AttestationSubjectInvalid:
        return
    assert clean_subject(kind, clean) == clean


@given(st.text(alphabet="0123456789.-+eE,_ ", max_size=40))
def test_amounts_have_one_spelling(text: str) -> None:
    amount = parse_amount(text)
    if amount is not None:
        assert in_bounds(amount)
        assert parse_amount(plain(amount)) == amount
        assert set(text) <= set("-0123456789.")


@pytest.mark.parametrize(
    "text", ["", "-", ".", "1.", ".1", "1e3", "1" * 30, "0.00001", "NaN", "1,0", "１", " 1", "--1"]
)
def test_what_is_no_amount(text: str) -> None:
    assert parse_amount(text) is None


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+30", "1E-9"])
def test_what_is_out_of_bounds(value: str) -> None:
    assert not in_bounds(Decimal(value))


@given(st.datetimes())
def test_instants_have_one_spelling(at: object) -> None:
    from datetime import UTC, datetime

    assert isinstance(at, datetime)
    whole = at.replace(tzinfo=UTC, microsecond=0)
    if whole.year >= 1000:
        assert parse_instant(whole_utc(whole)) == whole


def test_deal_records_are_exact_and_strict() -> None:
    data = dump_deal(sound())
    assert dump_deal(load_deal(data)) == data
    for bad in (b"", b"{}", b"[" * 9999, data[:-1], data + b" ", data.replace(b'"v":1', b'"v":2')):
        with pytest.raises(DealRecordInvalid):
            load_deal(bad)
    strange = json.loads(data)
    strange["deal"]["bonus"] = 1
    with pytest.raises(DealRecordInvalid):
        load_deal(json.dumps(strange).encode())


def test_the_table_of_kinds_is_whole() -> None:
    table = kind_table()
    for kind in table.kinds.values():
        assert kind.permits
        assert kind.members[kind.number].required
        for member, side in kind.parties:
            assert kind.members[member].type is MemberType.USCC
            assert side in ("seller", "buyer")
        for one in kind.members.values():
            assert one.zh
    with pytest.raises(ValueError, match="nowhere"):
        read_table(
            {
                "version": "x",
                "kinds": {
                    "k": {
                        "zh": "k",
                        "en": "k",
                        "permits": [],
                        "sealTypes": [],
                        "number": "nowhere",
                        "happenedAt": [],
                        "parties": {},
                        "members": {},
                    }
                },
            }
        )
