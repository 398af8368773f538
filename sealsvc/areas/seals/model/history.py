"""What a seal's state was at a time, as known at a time.

Two clocks: `recorded_at` is when the register learnt of a change and never goes back;
`effective_from` is when the change counts, which for LOST, VOID and EXPIRED may lie earlier.

Definition. An event *counts* for the question (at, known_at) when `recorded_at <= known_at` and
`effective_from <= at`. Of those that count the one recorded last governs; among events recorded
at the same instant the one that stands later in the sequence. Where none counts the seal did not
exist yet, as far as was known. So a later record overrides earlier ones from its effective date
on and leaves what was before that date alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sealsvc.areas.seals.model.lifecycle import SealAction
from sealsvc.values import SealStatus


@dataclass(frozen=True)
class SealEvent:
    """One change of state; the first of a seal is its application. All times aware.

    status: the state after it.
    """

    action: SealAction
    status: SealStatus
    recorded_at: datetime
    effective_from: datetime
    reason: str | None = None


@dataclass(frozen=True)
class StatusAnswer:
    """The state at `at` as known at `known_at`.

    status: None before the seal was applied for. since: when the register learnt of it.
    effective_from: from when it counts. known_later: the answer with every event at hand, where
    later records changed the governing event; None where they did not.
    """

    at: datetime
    known_at: datetime
    status: SealStatus | None
    since: datetime | None = None
    effective_from: datetime | None = None
    reason: str | None = None
    known_later: "StatusAnswer | None" = None

    @property
    def as_known_now(self) -> "StatusAnswer":
        """The answer with every event at hand; this one itself where nothing changed."""
        return self.known_later or self


def status_at(events: Sequence[SealEvent], at: datetime, known_at: datetime) -> StatusAnswer:
    """The state of a seal at a time, as known at a time, and what became known later.

    events: every event of one seal known now, in the order they were recorded.
    Source: CONTRACT section 2 (status query), rules R02-R04.
    """
    then = _governing((event for event in events if event.recorded_at <= known_at), at)
    now = _governing(events, at)
    later = None
    if now is not None and now is not then:
        later = _answer(now, at, max(known_at, now.recorded_at), None)
    return _answer(then, at, known_at, later)


def _governing(events: Iterable[SealEvent], at: datetime) -> SealEvent | None:
    """The event recorded last of those effective at `at`."""
    found: SealEvent | None = None
    for event in events:
        if event.effective_from > at:
            continue
        if found is None or event.recorded_at >= found.recorded_at:
            found = event
    return found


def _answer(
    event: SealEvent | None, at: datetime, known_at: datetime, later: StatusAnswer | None
) -> StatusAnswer:
    if event is None:
        return StatusAnswer(at=at, known_at=known_at, status=None, known_later=later)
    return StatusAnswer(
        at=at,
        known_at=known_at,
        status=event.status,
        since=event.recorded_at,
        effective_from=event.effective_from,
        reason=event.reason,
        known_later=later,
    )
