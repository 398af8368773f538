"""What schemathesis found, kept: each stands for a request that was answered otherwise once."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from api.schemas.common import UtcTime

TIME: TypeAdapter[datetime] = TypeAdapter(UtcTime)


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        0,
        True,
        "0.5",
        "1700000000",
        "",
        "2026-11-21",
        "2026-11-21T10:00Z",
        "2026-11-21T10:00:00",  # no zone
        "2026-11-21T10:00:00 Z",
        "2026-11-21T10:00:00Z\n",
        "２０２６-11-21T10:00:00Z",
        "2026-13-21T10:00:00Z",
        "2026-11-21T10:00:00+25:00",
        None,
    ],
)
def test_a_time_is_written_as_rfc_3339_writes_it(value: object) -> None:
    """`GET …/status?knownAt=0.5` was answered with the status of 1970."""
    with pytest.raises(ValidationError):
        TIME.validate_python(value)


@pytest.mark.parametrize(
    "text",
    ["2026-11-21T10:00:00Z", "2026-11-21t10:00:00.000z", "2026-11-21T18:00:00+08:00"],
)
def test_a_good_time_becomes_utc(text: str) -> None:
    assert TIME.validate_python(text) == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert TIME.validate_python(text).tzinfo is UTC
