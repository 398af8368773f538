"""Two clients that cost much must not cost the others anything."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.limits import GuardMiddleware, Quota
from api.load import Hold, Job, JobSlots, TooManyRunning, TooManyUploads, UploadBudget, UploadsBusy
from sealsvc.settings import Settings
from sealsvc.worker import rate_limits
from tests.api.infra.conftest import Api, Limits
from tests.api.infra.test_edge import assert_problem

MakeApi = Callable[..., Api]
GREEDY, OTHER = "192.0.2.7", "198.51.100.7"


def slow(milliseconds: int, address: str = GREEDY, **more: Any) -> tuple[str, str, dict[str, Any]]:
    return ("POST", "/v1/slow", {"content": b"%06d" % milliseconds, "address": address, **more})


def guard_of(api: Api) -> GuardMiddleware:
    layer: Any = api.app.middleware_stack
    while not isinstance(layer, GuardMiddleware):
        layer = layer.app
    return layer


# ---- running slots


def test_one_address_waits_while_another_is_served(make_api: MakeApi) -> None:
    api = make_api(rate_limits=Limits(jobs_per_address=1, job_wait_s=0.1))
    first, second, other = api.many([slow(600), slow(600), slow(0, OTHER)])
    assert {first.status_code, second.status_code} == {200, 429}
    refused = first if first.status_code == 429 else second
    assert_problem(refused, 429, "TOO_MANY_RUNNING")
    assert int(refused.headers["retry-after"]) >= 1
    assert other.status_code == 200
    guard = guard_of(api)
    assert (guard.slots.running, guard.slots.waiting, guard.budget.by_key) == ({}, {}, {})


def test_a_slot_is_given_on_within_the_wait(make_api: MakeApi) -> None:
    api = make_api(rate_limits=Limits(jobs_per_address=1, job_wait_s=5))
    assert [one.status_code for one in api.many([slow(100)] * 3)] == [200] * 3


def test_a_key_holds_no_slot(make_api: MakeApi) -> None:
    api = make_api(rate_limits=Limits(jobs_per_address=1, job_wait_s=0))
    answers = api.many([slow(200, headers=api.auth), slow(200, headers=api.auth)])
    assert [one.status_code for one in answers] == [200, 200]


def test_an_exempt_network_holds_no_slot(make_api: MakeApi) -> None:
    limits = Limits(jobs_per_address=1, job_wait_s=0, exempt=("192.0.2.0/24",))
    answers = make_api(rate_limits=limits).many([slow(200), slow(200)])
    assert [one.status_code for one in answers] == [200, 200]


def test_a_drawn_report_needs_a_slot_too(make_api: MakeApi) -> None:
    api = make_api(rate_limits=Limits(jobs_per_address=1, job_wait_s=0))
    drawn = ("GET", "/v1/drawn?format=pdf", {"address": GREEDY})
    plain = ("GET", "/v1/drawn?format=json", {"address": GREEDY})
    answers = api.many([slow(400), drawn, plain])
    # Which of the first two comes first is the loop's choice; the plain one never waits.
    assert sorted(one.status_code for one in answers[:2]) in ([200, 200], [200, 429])
    assert answers[2].status_code == 200


def test_a_failed_request_gives_its_slot_back(make_api: MakeApi) -> None:
    api = make_api(rate_limits=Limits(jobs_per_address=1, job_wait_s=0))
    for _ in range(3):
        answer = api("POST", "/v1/slow", content=b"", address=GREEDY)
        assert_problem(answer, 422, "VALIDATION_FAILED")
    assert guard_of(api).slots.running == {}


def test_waiting_is_bounded() -> None:
    async def story() -> None:
        slots = JobSlots(1, wait_s=0.3)
        await slots.start("a")
        waiting = [asyncio.ensure_future(slots.start("a")) for _ in range(8)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyRunning):
            await asyncio.wait_for(slots.start("a"), 0.1)
        await slots.start("b")
        for one in waiting:
            with pytest.raises(TooManyRunning):
                await one
        slots.finish("a"), slots.finish("b")
        assert (slots.running, slots.waiting) == ({}, {})

    asyncio.run(story())


def test_a_cancelled_wait_is_forgotten() -> None:
    async def story() -> None:
        slots = JobSlots(1, wait_s=30)
        await slots.start("a")
        waiting = asyncio.ensure_future(slots.start("a"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (slots.running, slots.waiting) == ({"a": 1}, {})

    asyncio.run(story())


def test_a_job_begins_once_and_ends_once() -> None:
    async def story() -> None:
        slots = JobSlots(1, 0)
        job = Job(slots, "a")
        job.end()
        await job.begin()
        await job.begin()
        assert slots.running == {"a": 1}
        job.end()
        job.end()
        assert slots.running == {}

    asyncio.run(story())


def test_no_address_gets_all_workers() -> None:
    for workers, wanted, given_ in [(1, 4, 1), (2, 4, 1), (4, 9, 3), (4, 2, 2)]:
        settings = Settings(workers=workers, jobs_per_address=wanted)
        assert rate_limits(settings).jobs_per_address == given_
    assert rate_limits(Settings()).jobs_per_address == 1


# ---- bytes in flight


def test_declared_beyond_the_budget_is_refused_unread(make_api: MakeApi) -> None:
    api = make_api(rate_limits=Limits(upload_bytes_per_address=1000))
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x" * 2000

    headers = {"Content-Length": "2000"}
    answer = api("POST", "/v1/check", content=body(), headers=headers)
    assert_problem(answer, 429, "TOO_MANY_UPLOADS")
    assert "retry-after" in answer.headers


def test_undeclared_bytes_are_counted_as_they_come(make_api: MakeApi) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 500

    api = make_api(rate_limits=Limits(upload_bytes=2000))
    answer = api("POST", "/v1/check", content=body())
    assert_problem(answer, 503, "UPLOADS_BUSY")
    assert "retry-after" in answer.headers
    budget = guard_of(api).budget
    assert (budget.held, budget.by_key) == (0, {})
    assert api("POST", "/v1/check", content=b"x" * 1500).status_code == 200


def test_one_address_does_not_keep_another_from_uploading(make_api: MakeApi) -> None:
    limits = Limits(upload_bytes_per_address=1500, upload_bytes=10_000, job_wait_s=5)
    api = make_api(rate_limits=limits)
    padded = b"000300" + b" " * 1000
    both = [("POST", "/v1/slow", {"content": padded, "address": GREEDY}) for _ in range(2)]
    other = ("POST", "/v1/slow", {"content": padded, "address": OTHER})
    first, second, served = api.many([*both, other])
    assert sorted([first.status_code, second.status_code]) == [200, 429]
    assert served.status_code == 200


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 60)), max_size=30))
def test_budget_never_holds_more_than_it_may(steps: list[tuple[str | None, int]]) -> None:
    budget = UploadBudget(100, 50)
    holds = []
    for key, size in steps:
        hold = Hold(budget, key)
        holds.append(hold)
        try:
            hold.add(size)
        except (TooManyUploads, UploadsBusy):
            continue
        assert 0 <= budget.held <= 100
        assert all(0 < count <= 50 for count in budget.by_key.values())
    for hold in holds:
        hold.release()
        hold.release()
    assert (budget.held, budget.by_key) == (0, {})


# ---- costs


def test_drawn_pages_cost_more(make_api: MakeApi) -> None:
    api = make_api(rate_limits=Limits(per_minute=25, cost_heavy=10))
    codes = [api("GET", "/v1/drawn?format=pdf").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert [api("GET", "/v1/drawn").status_code for _ in range(3)] == [200] * 3


def test_long_work_is_paid_for_afterwards(make_api: MakeApi) -> None:
    api = make_api(rate_limits=Limits(per_minute=30, cost_per_second=1000))
    assert api.many([slow(1100)])[0].status_code == 200
    answer = api("GET", "/v1/items/1", address=GREEDY)
    assert_problem(answer, 429, "QUOTA_EXCEEDED")
    assert 1 <= int(answer.headers["retry-after"]) <= 70
    assert api("GET", "/v1/items/1", address=OTHER).status_code == 200


def test_a_bucket_owes_at_most_a_minute() -> None:
    now = [0.0]
    quota = Quota(60, clock=lambda: now[0])
    quota.charge("a", 1_000_000)
    assert quota.take("a") == -61
    now[0] = 61.5
    assert quota.take("a") is not None
    assert (quota.left("a") or 0) < 1


def test_what_costs_more_than_a_bucket_takes_a_whole_one() -> None:
    quota = Quota(5, clock=lambda: 0.0)
    assert quota.take("a", 10) == 0
    assert quota.take("a", 1) == -1


def test_refused_takes_nothing() -> None:
    quota = Quota(5, clock=lambda: 0.0)
    assert quota.take("a", 3) == 2
    assert quota.take("a", 3) == -1
    assert quota.take("a", 2) == 0


def test_keys_that_are_none_are_charged(make_api: MakeApi) -> None:
    api = make_api(rate_limits=Limits(per_minute=100, failed_keys_per_minute=2))
    wrong = {"Authorization": "Bearer sk_wrong"}
    codes = [api("POST", "/v1/check", content=b"x", headers=wrong).status_code for _ in range(3)]
    assert codes == [401, 401, 429]
    right = api("POST", "/v1/check", content=b"x", headers=api.auth)
    assert_problem(right, 429, "QUOTA_EXCEEDED")  # guessing stops, whatever comes next
    elsewhere = api("POST", "/v1/check", content=b"x", headers=api.auth, address=OTHER)
    assert elsewhere.status_code == 200
    left = httpx.Headers(api("GET", "/v1/items/1").headers)["ratelimit"]
    assert int(left.split("r=")[1].split(";")[0]) <= 97


def test_good_keys_are_not_charged(make_api: MakeApi) -> None:
    api = make_api(rate_limits=Limits(per_minute=100, failed_keys_per_minute=1))
    for _ in range(3):
        assert api("POST", "/v1/check", content=b"x", headers=api.auth).status_code == 200
