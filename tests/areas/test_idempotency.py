from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sealsvc.areas.access import idempotency
from sealsvc.areas.access.idempotency import (
    Begun,
    IdempotencyKeyReused,
    Replay,
    RequestInProgress,
    RequestInterrupted,
    abandon,
    begin,
    finish,
    forget_expired,
    running,
)
from sealsvc.areas.deps import Deps
from sealsvc.values import Fact, FactId, Subject, SubjectKind
from tests.areas.conftest import SettableClock

ROUTE = "POST /v1/things 0123456789abcdef"
PRINT = "a" * 64
HEADERS = (("content-type", "application/json"), ("location", "/v1/things/1"))


def claim(deps: Deps, key: str = "k", fingerprint: str = PRINT, client: str = "cli_a") -> Begun:
    found = begin(deps, client, ROUTE, key, fingerprint)
    assert isinstance(found, Begun)
    return found


def take_effect(deps: Deps, begun: Begun, facts: int = 1) -> list[FactId]:
    with running(begun), deps.write() as tx:
        made = [
            tx.record(Fact("thing.made", (Subject(SubjectKind.CLIENT, "x"),))) for _ in range(facts)
        ]
        tx.commit()
    return made


def test_first_use_claims(deps: Deps) -> None:
    assert claim(deps).key == "k"


def test_while_the_first_runs(deps: Deps) -> None:
    claim(deps)
    with pytest.raises(RequestInProgress) as caught:
        claim(deps)
    assert caught.value.fields["retry_after_s"] == 5


@pytest.mark.parametrize("status", [200, 201, 204, 404, 409, 422])
def test_finished_is_replayed(deps: Deps, status: int) -> None:
    finish(deps, claim(deps), status, HEADERS, b'{"a":1}')
    assert begin(deps, "cli_a", ROUTE, "k", PRINT) == Replay(status, HEADERS, b'{"a":1}')


def test_other_body_is_refused_running_and_finished(deps: Deps) -> None:
    begun = claim(deps)
    with pytest.raises(IdempotencyKeyReused):
        claim(deps, fingerprint="b" * 64)
    finish(deps, begun, 200, HEADERS, b"")
    with pytest.raises(IdempotencyKeyReused):
        claim(deps, fingerprint="b" * 64)


def test_keys_of_other_clients_and_routes_are_other_keys(deps: Deps) -> None:
    claim(deps)
    claim(deps, client="cli_b")
    assert isinstance(begin(deps, "cli_a", "POST /v1/others 0", "k", PRINT), Begun)
    long = "POST /" + "x" * 300
    assert isinstance(begin(deps, "cli_a", long, "k", PRINT), Begun)
    assert isinstance(begin(deps, "cli_a", long + "y", "k", PRINT), Begun)


def test_lease_over_without_effect_runs_again(deps: Deps, clock: SettableClock) -> None:
    first = claim(deps)
    clock.forward(seconds=120)
    second = claim(deps)
    finish(deps, first, 200, HEADERS, b"late")  # the first comes back: its claim is lost
    with pytest.raises(RequestInProgress):
        claim(deps)
    finish(deps, second, 201, HEADERS, b"second")
    found = begin(deps, "cli_a", ROUTE, "k", PRINT)
    assert isinstance(found, Replay)
    assert found.body == b"second"


def test_lease_over_after_effect_names_the_facts(deps: Deps, clock: SettableClock) -> None:
    facts = take_effect(deps, claim(deps))
    with pytest.raises(RequestInProgress):
        claim(deps)
    clock.forward(seconds=121)
    with pytest.raises(RequestInterrupted) as caught:
        claim(deps)
    assert caught.value.fields == {"fact_ids": facts[0]}


def test_cut_off_fact_ids_are_not_shown(deps: Deps, clock: SettableClock) -> None:
    facts = take_effect(deps, claim(deps), facts=8)
    clock.forward(seconds=121)
    with pytest.raises(RequestInterrupted) as caught:
        claim(deps)
    shown = str(caught.value.fields["fact_ids"]).split()
    assert shown == [str(fact) for fact in facts[: len(shown)]]
    assert shown


def test_rolled_back_unit_leaves_no_mark(deps: Deps, clock: SettableClock) -> None:
    begun = claim(deps)
    with running(begun), deps.write() as tx:
        tx.record(Fact("thing.made", (Subject(SubjectKind.CLIENT, "x"),)))
    clock.forward(seconds=121)
    assert claim(deps)


def test_a_unit_outside_the_request_leaves_no_mark(deps: Deps, clock: SettableClock) -> None:
    begun = claim(deps)
    with running(begun):
        pass
    with deps.write() as tx:
        tx.record(Fact("thing.made", (Subject(SubjectKind.CLIENT, "x"),)))
        tx.commit()
    clock.forward(seconds=121)
    assert claim(deps)


def test_abandoned_without_effect_is_free_at_once(deps: Deps) -> None:
    abandon(deps, claim(deps))
    assert claim(deps)


def test_abandoned_after_effect_is_interrupted_at_once(deps: Deps) -> None:
    begun = claim(deps)
    take_effect(deps, begun)
    abandon(deps, begun)
    with pytest.raises(RequestInterrupted):
        claim(deps)


def test_abandon_does_not_touch_a_later_claim(deps: Deps, clock: SettableClock) -> None:
    first = claim(deps)
    clock.forward(seconds=121)
    claim(deps)
    abandon(deps, first)
    with pytest.raises(RequestInProgress):
        claim(deps)


def test_after_a_day_the_key_is_new(deps: Deps, clock: SettableClock) -> None:
    finish(deps, claim(deps), 200, HEADERS, b"")
    clock.forward(hours=24)
    assert claim(deps, fingerprint="c" * 64)


def test_forget_expired(deps: Deps, clock: SettableClock) -> None:
    claim(deps, "old")
    clock.forward(hours=25)
    claim(deps, "new")
    assert forget_expired(deps) == 1
    with pytest.raises(RequestInProgress):
        claim(deps, "new")


def test_lost_answer_blob_is_an_interruption(deps: Deps) -> None:
    begun = claim(deps)
    finish(deps, begun, 200, HEADERS, b"gone")

    class Empty:
        def put(self, data: bytes) -> str:
            return ""

        def get(self, sha256: str) -> bytes:
            from sealsvc.ports import BlobMissing

            raise BlobMissing()

    with pytest.raises(RequestInterrupted):
        begin(replace(deps, blobs=Empty()), "cli_a", ROUTE, "k", PRINT)


def test_of_many_at_once_one_runs(deps: Deps) -> None:
    def attempt(_: int) -> str:
        try:
            claim(deps)
        except RequestInProgress:
            return "waits"
        return "runs"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(16)))
    assert outcomes.count("runs") == 1


def test_of_many_that_find_a_stale_claim_one_runs(deps: Deps, clock: SettableClock) -> None:
    claim(deps)
    clock.forward(seconds=121)

    def attempt(_: int) -> str:
        try:
            claim(deps)
        except RequestInProgress:
            return "waits"
        return "runs"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(16)))
    assert outcomes.count("runs") == 1


def test_constants() -> None:
    assert idempotency.KEEP.total_seconds() == 86_400
    assert idempotency.LEASE.total_seconds() == 120
