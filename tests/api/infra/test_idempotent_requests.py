import json
from typing import Any

import pytest

from sealsvc.areas.access import idempotency
from sealsvc.ports import StorageFull
from tests.api.infra.conftest import Api
from tests.api.infra.fake_router import RUNS
from tests.api.infra.test_edge import assert_problem


@pytest.fixture(autouse=True)
def _no_runs() -> None:
    RUNS.clear()


def post(api: Api, key: str | None = "k1", mode: str = "ok", **body: Any) -> Any:
    headers = api.auth if key is None else api.auth | {"Idempotency-Key": key}
    url = f"/v1/things?mode={mode}"
    return api("POST", url, json=body or {"name": "a"}, headers=headers)


def test_second_is_a_replay_byte_for_byte(api: Api) -> None:
    first, second = post(api), post(api)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["location"] == second.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert len(second.headers.get_list("x-request-id")) == 1
    assert RUNS == ["ok"]


def test_quoted_and_bare_are_the_same_key(api: Api) -> None:
    post(api, "8e03978e-40d5")
    assert post(api, '"8e03978e-40d5"').headers["idempotency-replayed"] == "true"


def test_without_key_each_runs(api: Api) -> None:
    post(api, None)
    post(api, None)
    assert len(RUNS) == 2


@pytest.mark.parametrize(
    "key", ["", '""', '"a', "a b", "a" * 256, '"' + "a" * 256 + '"', "\xe9", 'a"b']
)
def test_bad_keys(api: Api, key: str) -> None:
    pairs = [(b"Authorization", api.auth["Authorization"].encode())]
    headers = [*pairs, (b"Idempotency-Key", key.encode("latin-1"))]
    answer = api("POST", "/v1/things", json={"name": "a"}, headers=headers)
    assert_problem(answer, 400, "MALFORMED_REQUEST")
    assert RUNS == []


def test_two_keys(api: Api) -> None:
    pair = [("Authorization", api.auth["Authorization"]), ("Idempotency-Key", "a")]
    headers = [*pair, ("Idempotency-Key", "a")]
    answer = api("POST", "/v1/things", json={"name": "a"}, headers=headers)
    assert_problem(answer, 400, "MALFORMED_REQUEST")


def test_other_body_or_query_is_refused(api: Api) -> None:
    post(api)
    assert_problem(post(api, name="b"), 422, "IDEMPOTENCY_KEY_REUSED")
    assert_problem(post(api, mode="slow"), 422, "IDEMPOTENCY_KEY_REUSED")
    assert RUNS == ["ok"]


def test_scope_is_the_path(api: Api) -> None:
    headers = api.auth | {"Idempotency-Key": "k"}
    assert api("DELETE", "/v1/things/a", headers=headers).json() == {"name": "a"}
    assert api("DELETE", "/v1/things/b", headers=headers).json() == {"name": "b"}
    assert api("DELETE", "/v1/things/a", headers=headers).headers["idempotency-replayed"]
    assert RUNS == ["a", "b"]


def test_scope_is_the_client(api: Api, make_api: Any) -> None:
    other = make_api()
    post(api)
    assert "idempotency-replayed" not in post(other).headers


def test_errors_that_last_are_replayed(api: Api) -> None:
    first, second = post(api, mode="conflict"), post(api, mode="conflict")
    assert first.status_code == second.status_code == 409
    assert first.content == second.content
    assert second.headers["content-type"] == "application/problem+json"
    bad = [post(api, "k2", unknown=1) for _ in range(2)]
    assert [answer.status_code for answer in bad] == [422, 422]
    assert bad[1].headers["idempotency-replayed"] == "true"
    assert RUNS == ["conflict"]


def test_errors_that_may_pass_are_not(api: Api) -> None:
    assert [post(api, mode="busy").status_code for _ in range(3)] == [503] * 3
    assert len(RUNS) == 3


def test_failure_after_effect_names_the_facts(api: Api) -> None:
    assert_problem(post(api, mode="crash"), 500, "INTERNAL")
    body = assert_problem(post(api, mode="crash"), 409, "REQUEST_INTERRUPTED")
    assert str(body["factIds"]).startswith("evt_")
    assert RUNS == ["crash"]


def test_process_that_died_before_the_answer(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise StorageFull()

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "finish", dies)
        first = post(api)
    assert first.status_code == 201  # an answer that cannot be kept is still an answer
    assert_problem(post(api), 409, "REQUEST_IN_PROGRESS")
    api.clock.forward(121)
    body = assert_problem(post(api), 409, "REQUEST_INTERRUPTED")
    assert body["factIds"] == first.json()["factId"]


def test_process_that_died_before_the_effect(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "abandon", lambda *_: None)
        assert post(api, mode="busy").status_code == 503
    answer = post(api, mode="busy")
    assert_problem(answer, 409, "REQUEST_IN_PROGRESS")
    assert int(answer.headers["retry-after"]) >= 1
    api.clock.forward(121)
    assert_problem(post(api, mode="busy"), 503, "WORKERS_BUSY")


def test_at_once_only_one_runs(api: Api) -> None:
    request = ("POST", "/v1/things?mode=slow")
    headers = api.auth | {"Idempotency-Key": "same"}
    answers = api.many([(*request, {"json": {"name": "a"}, "headers": headers})] * 6)
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201, 409, 409, 409, 409, 409]
    assert RUNS == ["slow"]


def test_marks_of_neighbours_do_not_mix(api: Api) -> None:
    requests = [
        (
            "POST",
            "/v1/things?mode=crash",
            {"json": {"name": f"n{n}"}, "headers": api.auth | {"Idempotency-Key": f"key-{n}"}},
        )
        for n in range(5)
    ]
    assert {answer.status_code for answer in api.many(requests)} == {500}
    facts = {answer.json()["factIds"] for answer in api.many(requests)}
    assert len(facts) == 5


def test_a_bad_key_claims_nothing(api: Api) -> None:
    headers = {"Authorization": "Bearer nonsense", "Idempotency-Key": "k1"}
    answer = api("POST", "/v1/things", json={"name": "a"}, headers=headers)
    assert_problem(answer, 401, "CREDENTIALS_REJECTED")
    assert post(api).status_code == 201


def test_key_without_authorization_is_ignored(api: Api) -> None:
    answer = api("POST", "/v1/check", content=b"x", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 200
    assert "idempotency-replayed" not in answer.headers


def test_required(api: Api) -> None:
    files = {"file": ("f", b"abc")}
    answer = api("POST", "/v1/batch", files=files, headers=api.auth)
    assert_problem(answer, 400, "IDEMPOTENCY_KEY_MISSING")


def test_form_with_a_new_boundary_is_the_same_request(api: Api) -> None:
    files = {"file": ("f", b"abc")}
    headers = api.auth | {"Idempotency-Key": "form"}
    answers = [api("POST", "/v1/batch", files=files, headers=headers) for _ in range(2)]
    bodies = [json.loads(answer.content) for answer in answers]
    assert bodies == [[3], [3]]
    assert answers[1].headers["idempotency-replayed"] == "true"
    other = api("POST", "/v1/batch", files={"file": ("f", b"abd")}, headers=headers)
    assert_problem(other, 422, "IDEMPOTENCY_KEY_REUSED")


def test_a_day_later_the_key_is_free(api: Api) -> None:
    post(api)
    api.clock.forward(24 * 3600)
    assert "idempotency-replayed" not in post(api, name="other").headers


def test_large_body_passes_through_the_spool(api: Api) -> None:
    headers = api.auth | {"Idempotency-Key": "large"}
    answers = [api("POST", "/v1/check", content=bytes(200_000), headers=headers) for _ in range(2)]
    assert [answer.json()["bytes"] for answer in answers] == [200_000, 200_000]
