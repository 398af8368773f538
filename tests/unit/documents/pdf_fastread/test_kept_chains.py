"""A chain that was kept is the chain that would be built, at every instant around every date."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.verify.case import Chain, PathResult
from sealsvc.verify.checks.kept import MARGIN
from sealsvc.verify.checks.paths import build_chain, forget_chains
from sealsvc.verify.evidence import CertificateRecord, Evidence, SigningTime
from sealsvc.verify.policy import (
    ARCHIVAL_POLICY,
    DEFAULT_POLICY,
    STRICT_POLICY,
    Policy,
    RevocationMode,
)
from tests.builders.evidence import issuer_revoked, leaf_revoked, lists, sound
from tests.builders.x509 import AT as T0

POLICIES = (
    DEFAULT_POLICY,
    STRICT_POLICY,
    ARCHIVAL_POLICY,
    replace(DEFAULT_POLICY, revocation_mode=RevocationMode.NONE),
    replace(DEFAULT_POLICY, revocation_freshness_s=3600, ca_revocation_freshness_s=7200),
)
HOUR = timedelta(hours=1)
REVOKED = T0 + timedelta(hours=3)
LISTS = (
    (),
    lists(),
    lists(T0 + 2 * HOUR, 4),
    leaf_revoked(REVOKED, T0 + 5 * HOUR, 6),
    leaf_revoked(REVOKED, T0 + 5 * HOUR, 6, T0 + HOUR),
    issuer_revoked(REVOKED, T0 + 4 * HOUR),
    lists() + lists(T0 + 2 * HOUR, 4),
)
RECORDS = (
    None,
    CertificateRecord("01", None, None),
    CertificateRecord("01", None, T0 + timedelta(hours=4)),
)

anchor_hours = st.sampled_from([-1, 0, 1, 2, 3, 4, 5, 6, 8, 11, 24, 28, 365 * 24, 2 * 365 * 24])
near = st.sampled_from([-61, -6, -5, -4, -2, -1, 0, 1, 2, 4, 5, 6, 61, 1800, 3600])
moments = st.builds(
    lambda hours, seconds: T0 + timedelta(hours=hours, seconds=seconds), anchor_hours, near
)
times = st.one_of(
    st.none(), moments.map(lambda at: SigningTime(at, True, ("LOG",))),
    moments.map(lambda at: SigningTime(at, False, ("CLAIMED",))),
)  # fmt: skip


def _evidence(crls: tuple[bytes, ...], record: CertificateRecord | None, now: datetime) -> Evidence:
    found = sound().build()
    signature = replace(found.signatures[0], issued_by_us=record)
    return replace(found, signatures=(signature,), crls_der=crls, validation_time=now)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(LISTS),
    st.sampled_from(RECORDS),
    st.sampled_from(POLICIES),
    st.lists(st.tuples(moments, times), min_size=2, max_size=5),
)
def test_kept_and_built_are_the_same(
    crls: tuple[bytes, ...],
    record: CertificateRecord | None,
    policy: Policy,
    asked: list[tuple[datetime, SigningTime | None]],
) -> None:
    forget_chains()
    kept = [_chain(_evidence(crls, record, now), policy, time) for now, time in asked]
    for (now, time), found in zip(asked, kept, strict=True):
        forget_chains()
        assert _chain(_evidence(crls, record, now), policy, time) == found


def _chain(
    evidence: Evidence, policy: Policy = DEFAULT_POLICY, time: SigningTime | None = None
) -> Chain:
    when = time or SigningTime(None, False, ())
    return build_chain(evidence.signatures[0], evidence, policy, when)


def test_second_question_is_not_built() -> None:
    first = _chain(_evidence(lists(), None, T0 + timedelta(minutes=10)))
    assert first.result is PathResult.VALID
    for minutes in (20, 50):
        assert _chain(_evidence(lists(), None, T0 + timedelta(minutes=minutes))) is first
    forget_chains()
    assert _chain(_evidence(lists(), None, T0 + timedelta(minutes=10))) is not first


@pytest.mark.parametrize(
    "other",
    [
        {"crls_der": lists(T0 + HOUR)},
        {"anchors_der": ()},
        {"issuers_der": ()},
        {"validation_time": T0 + timedelta(days=3)},
    ],
)
def test_another_question_is(other: dict[str, object]) -> None:
    evidence = _evidence(lists(), None, T0 + timedelta(minutes=30))
    first = _chain(evidence)
    assert _chain(evidence) is first
    assert _chain(replace(evidence, **other)) is not first  # type: ignore[arg-type]


def test_another_policy_of_the_same_name_is() -> None:
    evidence = _evidence(lists(), None, T0 + timedelta(minutes=30))
    lenient = replace(DEFAULT_POLICY, revocation_mode=RevocationMode.NONE)
    assert _chain(evidence).links[0].revocation != _chain(evidence, lenient).links[0].revocation
    assert _chain(evidence) == _chain(evidence)


def test_close_to_a_date_nothing_is_kept() -> None:
    issued = T0 + 2 * HOUR
    for distance in (-MARGIN, timedelta(0), MARGIN):
        evidence = _evidence(lists(issued, 4), None, issued + distance)
        assert _chain(evidence) is not _chain(evidence)


def test_lists_of_the_document_are_not_kept() -> None:
    evidence = _evidence(lists(), None, T0 + timedelta(minutes=30))
    reading = replace(evidence.signatures[0].reading, crls_der=lists())
    signature = replace(evidence.signatures[0], reading=reading)
    evidence = replace(evidence, signatures=(signature,))
    assert _chain(evidence) is not _chain(evidence)
