from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.seals.model import (
    IllegalTransition,
    SealAction,
    SealEvent,
    next_state,
    status_at,
)
from sealsvc.values import SealStatus

A, S = SealAction, SealStatus
TARGETS = {
    A.APPLY: S.APPLIED,
    A.APPROVE: S.APPROVED,
    A.REJECT: S.REJECTED,
    A.ISSUE: S.ACTIVE,
    A.SUSPEND: S.SUSPENDED,
    A.RESUME: S.ACTIVE,
    A.REPORT_LOST: S.LOST,
    A.REVOKE: S.REVOKED,
    A.EXPIRE: S.EXPIRED,
    A.REPLACE: S.REPLACED,
    A.VOID: S.VOID,
}
START = datetime(2026, 11, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def event(
    action: SealAction, recorded: float, effective: float | None = None, reason: str | None = None
) -> SealEvent:
    counts = recorded if effective is None else effective
    return SealEvent(action, TARGETS[action], day(recorded), day(counts), reason)


BORN = (event(A.APPLY, 1), event(A.APPROVE, 2), event(A.ISSUE, 3))
SUSPENDED_ONCE = (*BORN, event(A.SUSPEND, 5), event(A.RESUME, 7))
LOST = (*BORN, event(A.SUSPEND, 12), event(A.REPORT_LOST, 15, 10, "遗失"), event(A.REVOKE, 20))
VOIDED = (*LOST, event(A.VOID, 25, 1, "私刻"))
VOIDED_FROM_8 = (*BORN, event(A.REVOKE, 20), event(A.VOID, 25, 8))
EXPIRED_LATE = (*BORN, event(A.EXPIRE, 11, 10))


@pytest.mark.parametrize(
    ("events", "at", "known_at", "status"),
    [
        ((), 5, 5, None),
        (BORN, 0, 30, None),
        (BORN, 0.99, 30, None),
        (BORN, 1, 30, S.APPLIED),
        (BORN, 2, 30, S.APPROVED),
        (BORN, 2.99, 30, S.APPROVED),
        (BORN, 3, 30, S.ACTIVE),
        (BORN, 30, 30, S.ACTIVE),
        (BORN, 30, 2.5, S.APPROVED),
        (BORN, 30, 0.5, None),
        (SUSPENDED_ONCE, 4.99, 30, S.ACTIVE),
        (SUSPENDED_ONCE, 5, 30, S.SUSPENDED),
        (SUSPENDED_ONCE, 6.99, 30, S.SUSPENDED),
        (SUSPENDED_ONCE, 7, 30, S.ACTIVE),
        (SUSPENDED_ONCE, 7, 6, S.SUSPENDED),
        (LOST, 9.99, 30, S.ACTIVE),
        (LOST, 10, 30, S.LOST),
        (LOST, 13, 30, S.LOST),
        (LOST, 10, 14.99, S.ACTIVE),
        (LOST, 13, 14.99, S.SUSPENDED),
        (LOST, 10, 15, S.LOST),
        (LOST, 19.99, 30, S.LOST),
        (LOST, 20, 30, S.REVOKED),
        (LOST, 20, 19, S.LOST),
        (VOIDED, 0.5, 30, None),
        (VOIDED, 1, 30, S.VOID),
        (VOIDED, 4, 30, S.VOID),
        (VOIDED, 21, 30, S.VOID),
        (VOIDED, 4, 24.99, S.ACTIVE),
        (VOIDED, 21, 24.99, S.REVOKED),
        (VOIDED_FROM_8, 7.99, 30, S.ACTIVE),
        (VOIDED_FROM_8, 8, 30, S.VOID),
        (VOIDED_FROM_8, 21, 30, S.VOID),
        (VOIDED_FROM_8, 21, 24, S.REVOKED),
        (EXPIRED_LATE, 10, 30, S.EXPIRED),
        (EXPIRED_LATE, 10, 10.5, S.ACTIVE),
        (EXPIRED_LATE, 9.99, 30, S.ACTIVE),
    ],
)
def test_answers(
    events: tuple[SealEvent, ...], at: float, known_at: float, status: SealStatus | None
) -> None:
    assert status_at(events, day(at), day(known_at)).status is status


def test_both_answers_are_kept() -> None:
    answer = status_at(LOST, day(13), day(14))
    assert (answer.status, answer.since, answer.effective_from) == (S.SUSPENDED, day(12), day(12))
    later = answer.known_later
    assert later is not None
    assert (later.status, later.since, later.effective_from) == (S.LOST, day(15), day(10))
    assert later.reason == "遗失"
    assert later.known_later is None
    assert answer.as_known_now is later


def test_nothing_is_known_later_when_nothing_changed() -> None:
    for at in (4, 9.5):
        answer = status_at(LOST, day(at), day(at))
        assert answer.status is S.ACTIVE
        assert answer.known_later is None
        assert answer.as_known_now is answer


def test_what_happens_after_the_time_asked_for_is_not_known_later() -> None:
    answer = status_at(SUSPENDED_ONCE, day(4), day(4))
    assert answer.known_later is None


def test_a_seal_that_was_not_known_then() -> None:
    answer = status_at(BORN, day(2), day(0))
    assert (answer.status, answer.since, answer.effective_from) == (None, None, None)
    assert answer.as_known_now.status is S.APPROVED


def test_at_the_same_instant_the_later_in_the_sequence_governs() -> None:
    events = (*BORN, event(A.SUSPEND, 5), event(A.REVOKE, 5))
    assert status_at(events, day(5), day(5)).status is S.REVOKED


def test_whole_days_written_in_another_zone_are_the_same_instants() -> None:
    beijing = timezone(timedelta(hours=8))
    shifted = tuple(
        replace(each, effective_from=each.effective_from.astimezone(beijing)) for each in LOST
    )
    for at in (9.99, 10, 13, 20):
        found = status_at(shifted, day(at), day(30).astimezone(beijing))
        assert found.status is status_at(LOST, day(at), day(30)).status


# --- against an oracle ----------------------------------------------------------------------


@st.composite
def lives(draw: st.DrawFn) -> tuple[SealEvent, ...]:
    """Legal lives; LOST, VOID and EXPIRED possibly dated back, several events per instant."""
    events = [event(A.APPLY, 0)]
    clock = 0
    for action in draw(st.lists(st.sampled_from(A), max_size=25)):
        try:
            status = next_state(events[-1].status, action)
        except IllegalTransition:
            continue
        clock += draw(st.integers(0, 3))
        back = draw(st.integers(0, clock)) if action in {A.REPORT_LOST, A.VOID, A.EXPIRE} else 0
        events.append(SealEvent(action, status, day(clock), day(clock - back)))
    return tuple(events)


def oracle(events: tuple[SealEvent, ...], at: int, known_at: int) -> SealStatus | None:
    """Day by day: paint each event, in the order recorded, over all days from its date on."""
    line: dict[int, SealStatus] = {}
    for each in events:
        if each.recorded_at <= day(known_at):
            for number in range(100):
                if day(number) >= each.effective_from:
                    line[number] = each.status
    return line.get(at)


@given(lives(), st.integers(0, 90), st.integers(0, 90))
def test_the_answer_is_the_oracles(events: tuple[SealEvent, ...], at: int, known_at: int) -> None:
    answer = status_at(events, day(at), day(known_at))
    assert answer.status is oracle(events, at, known_at)
    assert answer.as_known_now.status is oracle(events, at, 99)


@given(lives(), st.integers(0, 90), st.integers(0, 90))
def test_governing_dates_are_consistent(
    events: tuple[SealEvent, ...], at: int, known_at: int
) -> None:
    answer = status_at(events, day(at), day(known_at))
    if answer.status is not None:
        assert answer.since is not None
        assert answer.effective_from is not None
        assert answer.effective_from <= answer.at
        assert answer.effective_from <= answer.since <= answer.known_at


@given(lives(), st.integers(0, 90))
def test_the_present_answer_is_the_last_state(events: tuple[SealEvent, ...], more: int) -> None:
    now = max(each.recorded_at for each in events) + timedelta(days=more)
    answer = status_at(events, now, now)
    assert answer.status is events[-1].status
    assert answer.known_later is None


@given(lives(), st.integers(0, 90), st.integers(0, 90))
def test_later_records_never_change_what_was_known_then(
    events: tuple[SealEvent, ...], at: int, known_at: int
) -> None:
    known = tuple(each for each in events if each.recorded_at <= day(known_at))
    full, cut = (status_at(each, day(at), day(known_at)) for each in (events, known))
    assert replace(full, known_later=None) == cut
