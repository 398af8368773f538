"""`/v1/entities/{uscc}/permits` over HTTP: shapes, times, tags, problems."""

import pytest

from sealsvc.values import Scope
from tests.areas.entities.test_register import LEGAL, OTHER, PERSON

URL = f"/v1/entities/{LEGAL}/permits"
BODY = {
    "number": "JY1110000000001",
    "kind": "食品经营许可证",
    "issuer": "示例市场监督管理局",
    "validFrom": "2026-01-01",
    "validTo": "2026-12-31",
    "scope": "预包装食品销售",
}


@pytest.fixture
def writer(api, key):
    headers = key(Scope.ENTITY_WRITE, Scope.ENTITY_READ)
    for uscc in (LEGAL, PERSON):
        body = {"uscc": uscc, "legalName": "甲乙丙"}
        assert api("POST", "/v1/entities", json=body, headers=headers).status_code == 201
    return headers


@pytest.fixture
def permit(api, writer):
    answer = api("POST", URL, json=BODY, headers=writer)
    assert answer.status_code == 201, answer.text
    return answer


def test_registering_and_looking(api, permit, writer) -> None:
    shape = permit.json()
    assert shape.items() >= BODY.items()
    assert (shape["status"], shape["complete"], shape["version"]) == ("VALID", True, 1)
    url = permit.headers["Location"]
    assert url == f"{URL}/{shape['id']}"
    assert api("GET", url, headers=writer).headers["ETag"] == permit.headers["ETag"]
    stranger = api("GET", url).json()
    assert stranger["number"] == BODY["number"]
    assert (stranger["complete"], stranger["registeredAt"]) == (False, None)


def test_status_at_a_time(api, permit) -> None:
    for at, status in (
        ("2025-12-31T15:59:59Z", "NOT_YET_VALID"),
        ("2026-12-31T23:59:59+08:00", "VALID"),
        ("2027-01-01T00:00:00+08:00", "EXPIRED"),
    ):
        (one,) = api("GET", URL, params={"at": at}).json()["data"]
        assert one["status"] == status
        found = api("GET", URL, params={"at": at, "status": "VALID"}).json()["data"]
        assert len(found) == (status == "VALID")


def test_correcting_and_withdrawing_with_a_tag(api, permit, writer) -> None:
    url, tag = permit.headers["Location"], permit.headers["ETag"]
    changed = api("PATCH", url, json={"validTo": None}, headers={**writer, "If-Match": tag})
    assert (changed.status_code, changed.json()["validTo"]) == (200, None)
    stale = api("PATCH", url, json={"number": "2"}, headers={**writer, "If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "PRECONDITION_FAILED")
    same = api("PATCH", url, json={"validTo": None}, headers=writer)
    assert (same.status_code, same.json()["code"]) == (409, "PERMIT_UNCHANGED")
    body = {"reason": "吊销", "effectiveFrom": "2026-03-01T00:00:00Z"}
    gone = api("POST", f"{url}/withdraw", json=body, headers=writer)
    assert (gone.status_code, gone.json()["status"]) == (200, "WITHDRAWN")
    assert api("GET", url, params={"at": "2026-02-01T00:00:00Z"}).json()["status"] == "VALID"
    again = api("POST", f"{url}/withdraw", json=body, headers=writer)
    assert (again.status_code, again.json()["code"]) == (409, "PERMIT_ALREADY_WITHDRAWN")
    assert "吊销" not in api("GET", url).text


def test_a_natural_persons_number_is_shown_to_its_own(api, writer) -> None:
    url = f"/v1/entities/{PERSON}/permits"
    api("POST", url, json=BODY, headers=writer)
    assert api("GET", url).json()["data"][0]["number"] is None
    assert api("GET", url, headers=writer).json()["data"][0]["number"] == BODY["number"]


def test_pages(api, permit, writer) -> None:
    for number in ("2", "3"):
        api("POST", URL, json={**BODY, "number": number}, headers=writer)
    first = api("GET", URL, params={"limit": 2}).json()
    second = api("GET", URL, params={"limit": 2, "cursor": first["nextCursor"]}).json()
    assert [len(one["data"]) for one in (first, second)] == [2, 1]
    assert second["hasMore"] is False


def test_problems(api, permit, writer, key) -> None:
    def code(method: str, url: str, **options) -> tuple[int, str]:
        answer = api(method, url, **{"headers": writer, **options})
        return answer.status_code, answer.json()["code"]

    assert code("POST", URL, json=BODY) == (409, "PERMIT_EXISTS")
    for wrong in (
        {"validFrom": 20260101},
        {"validFrom": "2026-01-01T00:00:00Z"},
        {"validFrom": "2026-02-30"},
        {"number": None},
        {"colour": "red"},
    ):
        assert code("POST", URL, json={**BODY, **wrong}) == (422, "VALIDATION_FAILED"), wrong
    early = {**BODY, "number": "2", "validTo": "2025-01-01"}
    assert code("POST", URL, json=early) == (422, "PERMIT_FIELD_INVALID")
    assert code("POST", URL, json=BODY, headers={}) == (401, "UNAUTHENTICATED")
    assert code("POST", URL, json=BODY, headers=key(Scope.ENTITY_READ)) == (403, "SCOPE_MISSING")
    foreign = key(Scope.ENTITY_WRITE, uscc=OTHER)
    assert code("POST", URL, json=BODY, headers=foreign) == (403, "ENTITY_NOT_YOURS")
    assert code("GET", f"{URL}/prm_none") == (404, "PERMIT_NOT_FOUND")
    assert code("GET", f"/v1/entities/{OTHER}/permits") == (404, "ENTITY_NOT_FOUND")
    assert code("GET", "/v1/entities/nothing/permits") == (422, "USCC_INVALID")
    assert code("GET", URL, params={"at": "yesterday"}) == (422, "VALIDATION_FAILED")
