"""Permits as values: their status at a time, and what may not stand in one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.entities.model.permits import (
    PermitDraft,
    PermitFieldInvalid,
    PermitStatus,
    PermitView,
    validate_permit,
    validate_withdrawal,
)

DRAFT = PermitDraft(
    number="JY1110000000001",
    kind="食品经营许可证",
    issuer="示例市场监督管理局",
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
VIEW = PermitView("prm_x", "91110000MA00000152", DRAFT, NOW, NOW)


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2025-12-31T15:59:59+00:00", PermitStatus.NOT_YET_VALID),
        ("2025-12-31T16:00:00+00:00", PermitStatus.VALID),
        ("2026-12-31T15:59:59+00:00", PermitStatus.VALID),
        ("2026-12-31T16:00:00+00:00", PermitStatus.EXPIRED),
        ("2026-12-31T20:00:00-04:00", PermitStatus.EXPIRED),
    ],
)
def test_days_are_days_in_china(moment: str, status: PermitStatus) -> None:
    assert VIEW.status(datetime.fromisoformat(moment)) is status


def test_a_withdrawal_outweighs_the_days() -> None:
    gone = replace(VIEW, withdrawn_from=NOW)
    assert gone.status(NOW) is PermitStatus.WITHDRAWN
    assert gone.status(NOW - timedelta(seconds=1)) is PermitStatus.VALID
    assert gone.status(NOW + timedelta(days=999)) is PermitStatus.WITHDRAWN


def test_without_an_end() -> None:
    endless = replace(VIEW, draft=replace(DRAFT, valid_to=None))
    assert endless.status(datetime(9990, 1, 1, tzinfo=UTC)) is PermitStatus.VALID


@pytest.mark.parametrize(
    ("field", "wrong", "reason"),
    [
        ("number", " ", "EMPTY"),
        ("number", "x" * 65, "TOO_LONG"),
        ("number", "\ud800", "UNPRINTABLE"),
        ("kind", "a\u202eb", "UNPRINTABLE"),
        ("issuer", "\x00", "UNPRINTABLE"),
        ("scope", "", "EMPTY"),
        ("scope", "x" * 1001, "TOO_LONG"),
        ("valid_to", date(2025, 12, 31), "BEFORE_VALID_FROM"),
    ],
)
def test_fields_that_are_refused(field: str, wrong: object, reason: str) -> None:
    with pytest.raises(PermitFieldInvalid) as found:
        validate_permit(replace(DRAFT, **{field: wrong}))
    assert found.value.fields["reason"] == reason


def test_withdrawals_that_are_refused() -> None:
    assert validate_withdrawal(" 吊销 ", NOW, NOW) == "吊销"
    for reason, moment in (("", None), ("x" * 301, None), ("ok", NOW + timedelta(seconds=1))):
        with pytest.raises(PermitFieldInvalid):
            validate_withdrawal(reason, moment, NOW)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 9999), st.integers(0, 99999))
def test_every_moment_has_one_status_and_time_goes_forward(
    start: date, days: int, hours: int
) -> None:
    order = list(PermitStatus)
    draft = replace(DRAFT, valid_from=start, valid_to=start + timedelta(days=days))
    view = replace(VIEW, draft=draft)
    before = datetime(start.year, start.month, start.day, tzinfo=UTC) - timedelta(days=2)
    earlier, later = view.status(before), view.status(before + timedelta(hours=hours))
    assert order.index(earlier) <= order.index(later)
