"""`/v1/entities` over HTTP: shapes, problems, tags, pages."""

import pytest

from sealsvc.values import Scope

LEGAL, OTHER = "91110000MA00000152", "31310000MD0000016Y"
BODY = {
    "uscc": LEGAL,
    "legalName": "甲乙丙测试有限公司",
    "shortNames": ["甲乙丙"],
    "legalRepresentative": "测试人",
    "registeredAddress": "测试路 1 号",
    "organizationType": "ENTERPRISE",
}
PUBLIC = {"uscc", "legalName", "status", "complete", "usccCheck"}


@pytest.fixture
def writer(key):
    return key(Scope.ENTITY_WRITE, Scope.ENTITY_READ)


@pytest.fixture
def entity(api, writer):
    answer = api("POST", "/v1/entities", json=BODY, headers=writer)
    assert answer.status_code == 201, answer.text
    return answer


def filled(shape: dict) -> set[str]:
    return {name for name, value in shape.items() if value not in (None, [])}


def test_registering(api, entity, writer) -> None:
    assert entity.headers["Location"] == f"/v1/entities/{LEGAL}"
    assert entity.json().items() >= BODY.items()
    assert entity.json()["usccCheck"]["status"] == "valid"
    again = api("GET", f"/v1/entities/{LEGAL}", headers=writer)
    assert again.json() == entity.json()
    assert again.headers["ETag"] == entity.headers["ETag"]
    assert api("POST", "/v1/entities", json=BODY, headers=writer).json()["code"] == "ENTITY_EXISTS"


def test_anyone_sees_the_public_members(api, entity, key) -> None:
    for headers in ({}, key(Scope.VERIFY), key(Scope.ENTITY_READ, uscc=OTHER)):
        answer = api("GET", f"/v1/entities/{LEGAL.lower()}", headers=headers)
        assert answer.status_code == 200
        assert filled(answer.json()) == PUBLIC
        assert answer.json()["complete"] is False
        found = api("GET", "/v1/entities", params={"name": "甲乙"}, headers=headers).json()["data"]
        assert [filled(one) for one in found] == [PUBLIC - {"usccCheck"}]
        assert "测试人" not in answer.text


def test_changing_with_a_tag(api, entity, writer) -> None:
    tag = entity.headers["ETag"]
    url = f"/v1/entities/{LEGAL}"
    change = {"registeredAddress": None, "legalName": "新名"}
    changed = api("PATCH", url, json=change, headers={**writer, "If-Match": tag})
    assert changed.status_code == 200, changed.text
    assert changed.json()["registeredAddress"] is None
    assert changed.json()["shortNames"] == ["甲乙丙"]
    stale = api("PATCH", url, json={"legalName": "x"}, headers={**writer, "If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "PRECONDITION_FAILED")
    same = api("PATCH", url, json=change, headers=writer)
    assert (same.status_code, same.json()["code"]) == (409, "ENTITY_UNCHANGED")


def test_cancelling(api, entity, writer) -> None:
    url = f"/v1/entities/{LEGAL}"
    gone = api("POST", f"{url}/cancel", json={"reason": "注销"}, headers=writer)
    assert (gone.status_code, gone.json()["status"]) == (200, "CANCELLED")
    again = api("POST", f"{url}/cancel", json={"reason": "注销"}, headers=writer)
    assert (again.status_code, again.json()["code"]) == (409, "ENTITY_ALREADY_CANCELLED")


def test_history_in_pages(api, entity, writer, key, logbook) -> None:
    for name in ("a", "b", "c"):
        api("PATCH", f"/v1/entities/{LEGAL}", json={"legalName": name}, headers=writer)
    logbook.sequence()
    url = f"/v1/entities/{LEGAL}/history"
    first = api("GET", url, params={"limit": 3}).json()
    assert first["hasMore"] is True
    second = api("GET", url, params={"limit": 3, "cursor": first["nextCursor"]}).json()
    events = first["data"] + second["data"]
    assert [one["type"] for one in events] == ["entity.registered", *["entity.changed"] * 3]
    assert all(one["payload"] is None for one in events)
    assert second["hasMore"] is False
    own = api("GET", url, headers=key(Scope.VERIFY, uscc=LEGAL)).json()["data"]
    assert own[0]["payload"]["legalRepresentative"] == "测试人"


@pytest.mark.parametrize(
    ("code", "issue"),
    [
        ("91110000MA00000153", "CHECK"),
        ("9111O000MA00000152", "ALPHABET"),
        ("123", "LENGTH"),
        ("B1110000MA00000152", "DEPT_UNKNOWN"),
    ],
)
def test_codes_that_cannot_be(api, writer, code: str, issue: str) -> None:
    asked = api("GET", f"/v1/entities/{code}")
    posted = api("POST", "/v1/entities", json={**BODY, "uscc": code}, headers=writer)
    for answer, place in ((asked, "path"), (posted, "body")):
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "USCC_INVALID")
        assert issue in [row["code"] for row in problem["errors"]]
        assert {(row["in"], row["pointer"]) for row in problem["errors"]} == {(place, "/uscc")}


def test_unknown_entities(api, writer) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/history", None),
        ("PATCH", "", {"legalName": "x"}),
        ("POST", "/cancel", {"reason": "x"}),
    ):
        answer = api(method, f"/v1/entities/{LEGAL}{path}", json=body, headers=writer)
        assert (answer.status_code, answer.json()["code"]) == (404, "ENTITY_NOT_FOUND"), path
    assert api("GET", f"/v1/entities/{LEGAL}").json()["usccStatus"] == "valid"


@pytest.mark.parametrize(
    "change",
    [
        {"legalName": " "},
        {"legalName": "x\u202ey"},
        {"uscc": OTHER},
        {"unknown": 1},
        {"shortNames": "a"},
        {"organizationType": "PERSON"},
        {"organizationType": "INDIVIDUAL_BUSINESS"},
        {"legalName": None},
    ],
)
def test_unfit_changes(api, entity, writer, change) -> None:
    answer = api("PATCH", f"/v1/entities/{LEGAL}", json=change, headers=writer)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


def test_who_may_write(api, entity, key) -> None:
    change = ("PATCH", f"/v1/entities/{LEGAL}")
    for headers, status, code in (
        ({}, 401, "UNAUTHENTICATED"),
        ({"Authorization": "Bearer cli_x.sk_y"}, 401, "CREDENTIALS_REJECTED"),
        (key(Scope.ENTITY_READ), 403, "SCOPE_MISSING"),
        (key(Scope.ENTITY_WRITE, uscc=OTHER), 403, "ENTITY_NOT_YOURS"),
    ):
        answer = api(*change, json={"legalName": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_searching_in_pages(api, entity, writer) -> None:
    other = {"uscc": OTHER, "legalName": "丁测试事务所"}
    assert api("POST", "/v1/entities", json=other, headers=writer).status_code == 201
    first = api("GET", "/v1/entities", params={"name": "测试", "limit": 1}).json()
    cursor = first["nextCursor"]
    second = api("GET", "/v1/entities", params={"name": "测试", "limit": 1, "cursor": cursor})
    assert [one["uscc"] for one in first["data"] + second.json()["data"]] == [OTHER, LEGAL]
    by_code = api("GET", "/v1/entities", params={"uscc": f" {LEGAL.lower()}"}).json()
    assert [one["uscc"] for one in by_code["data"]] == [LEGAL]
    assert api("GET", "/v1/entities", params={"nombre": "x"}).status_code in (400, 422)
