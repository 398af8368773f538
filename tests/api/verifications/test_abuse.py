"""Two clients without a key that loop on a file too heavy for a worker: a third is served."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from api.main import create_app
from sealsvc.adapters.sandbox import ProcessSandbox
from sealsvc.areas.deps import Deps
from sealsvc.storage.logbook import Logbook
from tests.api.infra.conftest import Api, FakeServices, Limits
from tests.api.infra.test_load import guard_of
from tests.attacks.bombs import BOMBS
from tests.builders.pdf import sealed_once

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("engine", ["sqlite"], indirect=True),
]

FIRST, SECOND = "192.0.2.7", "192.0.2.8"
THIRD, FOURTH = "198.51.100.7", "2001:db8::7"
HEAVY = "xref stream that claims 10^9 entries"  # runs to the worker's limit on any machine
Call = tuple[str, str, dict[str, Any]]


@pytest.fixture
def guarded(deps: Deps, logbook: Logbook, clock: Any) -> Iterator[Api]:
    sandbox = ProcessSandbox(workers=2, timeout_s=4)
    limits = Limits(per_minute=600, jobs_per_address=1, job_wait_s=0.5, cost_per_second=2000)
    services = FakeServices(replace(deps, sandbox=sandbox), logbook, rate_limits=limits)
    deadline = time.monotonic() + 30
    while not sandbox.ready() and time.monotonic() < deadline:
        time.sleep(0.1)
    yield Api(create_app(services), clock, services, "")
    sandbox.close()


def verify(data: bytes, address: str) -> Call:
    return ("POST", "/v1/verifications", {"content": data, "address": address})


def test_a_third_client_is_served(guarded: Api) -> None:
    bomb, honest = BOMBS[HEAVY](), sealed_once()
    looping = [verify(bomb, address) for address in (FIRST, SECOND) for _ in range(3)]
    answers = guarded.many([*looping, *(verify(honest, one) for one in (THIRD, FOURTH))])
    attacks, served = answers[:6], answers[6:]

    for one in served:
        assert one.status_code == 200, one.text
        assert one.json()["signaturesCount"] == 1
    for address in range(2):
        codes = sorted(one.status_code for one in attacks[3 * address : 3 * address + 3])
        assert codes == [200, 429, 429]
    refused = [one for one in attacks if one.status_code == 429]
    assert {one.json()["code"] for one in refused} == {"TOO_MANY_RUNNING"}
    assert all("retry-after" in one.headers for one in refused)

    # The time that was spent is paid for: they come no more, the third does.
    again = guarded.many([verify(bomb, FIRST), verify(bomb, SECOND), verify(honest, THIRD)])
    assert [one.status_code for one in again] == [429, 429, 200]
    assert again[0].json()["code"] == "QUOTA_EXCEEDED"
    guard = guard_of(guarded)
    assert (guard.slots.running, guard.budget.held) == ({}, 0)
