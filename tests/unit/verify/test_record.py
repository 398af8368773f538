import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.documents.values import DocumentReading, SealPicture, SignatureReading
from sealsvc.errors import BadInput
from sealsvc.verify.evidence import Evidence, LogProof, RegisteredSeal
from sealsvc.verify.judge import judge
from sealsvc.verify.policy import ARCHIVAL_POLICY, DEFAULT_POLICY
from sealsvc.verify.record import (
    EvidenceRecordInvalid,
    dump_evidence,
    evidence_digest,
    load_evidence,
    trust_snapshot_digest,
)
from sealsvc.verify.report import to_dict
from tests.builders.evidence import B, chain, sound
from tests.builders.tsa import read_stamp
from tests.builders.x509 import AT
from tests.unit.verify.vectors import VECTORS, Vector

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9.5)), None])
TIMES = st.one_of(st.none(), st.datetimes(timezones=ZONES))
TEXTS = st.text(st.characters(codec=None, categories=None), max_size=8)
BYTES = st.lists(st.binary(max_size=12), max_size=3).map(tuple)
INTEGERS = st.one_of(st.integers(), st.integers(0, 10).map(lambda n: 10 ** (n * 700)))
FLOATS = st.floats(allow_nan=False)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_a_record_gives_the_same_evidence_and_the_same_report(vector: Vector) -> None:
    evidence = vector.given.build()
    record = dump_evidence(evidence)
    again = load_evidence(record)
    assert again == evidence
    first, second = judge(evidence, DEFAULT_POLICY), judge(again, DEFAULT_POLICY)
    assert first == second
    dumped = [json.dumps(to_dict(one, "zh", "diagnostic")) for one in (first, second)]
    assert dumped[0] == dumped[1]


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_whatever_a_reader_hands_over_comes_back(data: st.DataObject) -> None:
    """Half surrogates, numbers of thousands of digits, times in any zone or none."""
    one = sound().stamped(read_stamp(AT)).signatures[0]
    members = st.fixed_dictionaries(
        {
            "field_name": TEXTS,
            "sub_filter": TEXTS,
            "byte_range": st.lists(INTEGERS, max_size=4).map(tuple),
            "claimed_at": TIMES,
            "crls_der": BYTES,
            "signer_certificate_der": st.none() | st.binary(max_size=9),
            "picture": st.none()
            | st.builds(
                SealPicture, st.just(b""), TEXTS, st.integers(), FLOATS, FLOATS, FLOATS, FLOATS
            ),
        }
    )
    reading = replace(one.reading, **data.draw(members))
    signature = replace(one, reading=reading)
    evidence = replace(sound().build(), signatures=(signature,), filename=data.draw(TEXTS))
    record = dump_evidence(evidence)
    again = load_evidence(record)
    assert again == evidence
    assert dump_evidence(again) == record
    report = judge(evidence, ARCHIVAL_POLICY)
    assert judge(again, ARCHIVAL_POLICY) == report
    shape: Any = to_dict(report, level="diagnostic")
    assert rfc8785.dumps(shape) == rfc8785.dumps(
        to_dict(judge(again, ARCHIVAL_POLICY), level="diagnostic")  # type: ignore[arg-type]
    )


def test_the_picture_is_left_out_and_its_digest_kept() -> None:
    shown = sound().signatures[0].reading.picture
    assert shown is not None
    with_png = sound().reading(picture=replace(shown, png=b"PNG" * 1000)).build()
    again = load_evidence(dump_evidence(with_png))
    kept = again.signatures[0].reading.picture
    assert kept == shown
    assert b"UE5H" not in dump_evidence(with_png)
    assert evidence_digest(with_png) == evidence_digest(again)
    assert judge(with_png, DEFAULT_POLICY) == judge(again, DEFAULT_POLICY)


def test_shape_of_a_record() -> None:
    record = dump_evidence(sound().build())
    shape = json.loads(record)
    assert rfc8785.dumps(shape) == record
    evidence = shape["evidence"]
    assert evidence["validationTime"] == "2026-11-21T09:00:00.000000Z"
    root = shape["blobs"][evidence["anchorsDer"][0]]
    assert root.startswith("MII")
    assert "ocspsDer" not in evidence  # equal to its default


def test_every_certificate_stands_once() -> None:
    many = sound().and_then().and_then().and_then().build()
    shape = json.loads(dump_evidence(many))
    assert len(shape["blobs"]) == len(json.loads(dump_evidence(sound().build()))["blobs"])


def broken(change: Any) -> bytes:
    shape = json.loads(dump_evidence(sound().stamped(read_stamp(AT)).build()))
    change(shape)
    return rfc8785.dumps(shape)


def drop(shape: dict[str, Any], name: str) -> None:
    del shape["evidence"][name]


MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "no-json": b"{",
    "a-list": b"[]",
    "a-number": b"1",
    "null": b"null",
    "deep": b"[" * 100_000,
    "digits": b"1" * 100_000,
    "utf-16": '{"v":1}'.encode("utf-16"),
    "other-kind": broken(lambda s: s.update(kind="other")),
    "other-version": broken(lambda s: s.update(v=2)),
    "more-members": broken(lambda s: s.update(more=1)),
    "unknown-member": broken(lambda s: s["evidence"].update(more=1)),
    "missing-member": broken(lambda s: drop(s, "anchorsDer")),
    "missing-blob": broken(lambda s: s["blobs"].popitem()),
    "unused-blob": broken(
        lambda s: s["blobs"].update(
            e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855=""
        )
    ),
    "wrong-blob": broken(lambda s: s["blobs"].update({next(iter(s["blobs"])): "AAAA"})),
    "bad-base64": broken(lambda s: s["blobs"].update({next(iter(s["blobs"])): "*"})),
    "bad-time": broken(lambda s: s["evidence"].update(gatheredAt="yesterday")),
    "other-time": broken(lambda s: s["evidence"].update(gatheredAt="2026-11-21T09:00:00Z")),
    "text-for-flag": broken(lambda s: s["evidence"].update(registryAsked="true")),
    "flag-for-number": broken(lambda s: s["evidence"]["reading"].update(pageCount=True)),
    "number-for-text": broken(lambda s: s["evidence"].update(filename=7)),
    "unknown-word": broken(lambda s: s["evidence"]["signatures"][0]["reading"].update(digest="?")),
    "null-for-list": broken(lambda s: s["evidence"].update(crlsDer=None)),
    "spaces": json.dumps(json.loads(dump_evidence(sound().build()))).encode(),
    "twice": dump_evidence(sound().build()).replace(b'{"blobs"', b'{"v":1,"blobs"', 1),
    "tail": dump_evidence(sound().build()) + b" ",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_records(name: str) -> None:
    with pytest.raises(EvidenceRecordInvalid) as caught:
        load_evidence(MALFORMED[name])
    assert isinstance(caught.value, BadInput)
    assert caught.value.code == "EVIDENCE_RECORD_INVALID"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_altered_records_are_other_evidence_or_none(data: st.DataObject) -> None:
    record = dump_evidence(sound().build())
    at = data.draw(st.integers(0, len(record) - 1))
    altered = record[:at] + data.draw(st.binary(min_size=1, max_size=3)) + record[at + 1 :]
    try:
        found = load_evidence(altered)
    except EvidenceRecordInvalid:
        return
    assert (dump_evidence(found) == record) == (altered == record)


def test_too_large() -> None:
    class Huge(bytes):
        def __len__(self) -> int:
            return 10**12

    with pytest.raises(EvidenceRecordInvalid):
        load_evidence(Huge(b"{}"))


def test_every_member_is_recorded() -> None:
    """A member that the record forgot would make two different verdicts of one record."""
    seal = sound().signatures[0].seal
    assert seal is not None
    evidence = sound().build()
    for changed in (
        replace(evidence, stamp_anchors_der=(chain().root_der,)),
        replace(evidence, ocsps_der=(b"1",)),
        replace(evidence, registry_asked=False),
        sound().seal(asked_at=AT).build(),
        sound().stamped(read_stamp(AT)).build(),
        sound().expect(seller_uscc=B).build(),
        sound().proof(AT).build(),
    ):
        assert evidence_digest(changed) != evidence_digest(evidence)
    for kind in (Evidence, DocumentReading, SignatureReading, RegisteredSeal, LogProof):
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_trust_digest_covers_what_is_trusted_and_no_order() -> None:
    evidence = sound().build()
    known = trust_snapshot_digest(evidence)
    assert trust_snapshot_digest(replace(evidence, crls_der=evidence.crls_der[::-1])) == known
    assert trust_snapshot_digest(sound().reading(crls_der=(b"1",)).build()) == known
    others = (
        replace(evidence, anchors_der=()),
        replace(evidence, issuers_der=()),
        replace(evidence, crls_der=()),
        replace(evidence, ocsps_der=(b"1",)),
        replace(evidence, stamp_anchors_der=(b"1",)),
    )
    assert len({known, *map(trust_snapshot_digest, others)}) == 1 + len(others)


def test_a_time_that_no_zone_can_hold_is_no_time() -> None:
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    report = judge(sound().proof(None).reading(claimed_at=early).build(), DEFAULT_POLICY)
    assert report.signatures[0].view.claimed_at is None
