"""A live service for these tests; what it logged is shown where one fails."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.live.fixtures import live, new_service, sealed
from tests.live.service import LiveService

__all__ = ["live", "new_service", "sealed"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            service = value if isinstance(value, LiveService) else getattr(value, "service", None)
            if isinstance(service, LiveService) and service.log.exists():
                report.sections.append(("end of the service's log", service.log_tail()))
                break
    return report
