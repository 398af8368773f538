from datetime import UTC, datetime, timedelta

import pytest

from sealsvc.areas.seals.model.renewal import renewal_due
from sealsvc.values import SealStatus

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", list(SealStatus))
def test_only_seals_in_use_want_renewal(status: SealStatus) -> None:
    living = status in (SealStatus.ACTIVE, SealStatus.SUSPENDED)
    assert renewal_due(status, NOW + timedelta(days=30), NOW) is living
    assert renewal_due(status, NOW - timedelta(days=1), NOW) is living
    assert not renewal_due(status, NOW + timedelta(days=30, seconds=1), NOW)
    assert not renewal_due(status, None, NOW)
