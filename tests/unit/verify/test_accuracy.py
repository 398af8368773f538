"""A time-stamp proves existence by the latest time that its accuracy allows, no earlier."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.documents.pdf.tokens import MAX_ACCURACY_US, accuracy_us
from sealsvc.verify.evidence import earliest_of, latest_of, likely_signing_time
from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY
from sealsvc.verify.record import dump_evidence, load_evidence
from tests.builders.evidence import SIGNED, leaf_revoked, sound
from tests.builders.tsa import make_token, read_stamp
from tests.builders.x509 import AT as T0

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (None, 0),
        ({"seconds": 1}, 1_000_000),
        ({"millis": 999}, 999_000),
        ({"micros": 1}, 1),
        ({"seconds": 2, "millis": 3, "micros": 4}, 2_003_004),
        ({"seconds": -5}, 0),
        ({"seconds": 10**30}, MAX_ACCURACY_US),
    ],
)
def test_stated_accuracy(stated: dict[str, int] | None, expected: int) -> None:
    assert accuracy_us(make_token(b"x", SIGNED, accuracy=stated)) == expected


@given(st.binary(max_size=200), st.integers(0, 600))
def test_hostile_tokens_state_nothing(junk: bytes, at: int) -> None:
    assert accuracy_us(junk) == 0
    token = make_token(b"x", SIGNED, accuracy={"seconds": 1})
    assert 0 <= accuracy_us(token[:at] + junk + token[at:]) <= MAX_ACCURACY_US


def test_the_latest_time_is_the_proven_one() -> None:
    stamp = read_stamp(SIGNED, accuracy={"seconds": 90})
    evidence = sound().proof(None).stamped(stamp).build()
    (one,) = judge(evidence, DEFAULT_POLICY).signatures
    assert one.view.best_at == SIGNED + timedelta(seconds=90)
    reading = evidence.signatures[0].reading
    assert likely_signing_time(reading, None) == SIGNED + timedelta(seconds=90)
    assert load_evidence(dump_evidence(evidence)) == evidence


@pytest.mark.parametrize(("seconds", "passes"), [(60, True), (10_000, False)])
def test_a_vague_stamp_does_not_rescue_a_revoked_certificate(seconds: int, passes: bool) -> None:
    """The certificate was revoked half an hour after its issue; signed before, says the stamp."""
    revoked = leaf_revoked(T0 + 30 * MINUTE, T0 + 40 * MINUTE)
    stamp = read_stamp(SIGNED, accuracy={"seconds": seconds})
    given_ = sound().proof(None).stamped(stamp).evidence(crls_der=revoked)
    codes = {item.code for item in judge(given_.build(), DEFAULT_POLICY).findings}
    assert ("REVOKED_AFTER_SIGNING" in codes) is passes


def test_ends_of_the_calendar() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    first = datetime.min.replace(tzinfo=UTC)
    assert latest_of(last, 1) == last
    assert earliest_of(first, 1) == first
    assert latest_of(SIGNED, 0) == earliest_of(SIGNED, 0) == SIGNED
