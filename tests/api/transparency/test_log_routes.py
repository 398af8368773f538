"""Trace, receipts, audit list and the log over HTTP."""

import httpx
import pytest

from sealsvc.adapters.log_http import audit_url
from sealsvc.tlog.policy import policy_of_key
from sealsvc.tlog.proof import verify_receipt
from sealsvc.values import Scope
from tests.areas.transparency.support import (
    OWNER_USCC,
    SEAL,
    digest,
    record,
    seal_activated,
    seal_document,
)

PROOF = "text/plain; charset=utf-8"


@pytest.fixture
def doc(deps, logbook):
    record(deps, seal_activated())
    doc = seal_document(deps, "one")
    logbook.sequence()
    return doc


def test_tracing_by_digest(api, doc) -> None:
    answer = api("GET", "/v1/trace", params={"digest": doc.sealed}).json()
    authorised, completed = answer["data"]
    assert (authorised["type"], authorised["payload"]) == ("sealing.authorised", None)
    assert (completed["openedFor"], completed["payload"]["digest"]) == ("DOCUMENT", doc.sealed)
    assert completed["receipt"] == f"/v1/receipts/{doc.completed}"
    assert (completed["index"], completed["at"]) == (3, "2026-11-21T09:00:00Z")
    unknown = api("GET", "/v1/trace", params={"digest": digest("other")})
    assert unknown.json() == {"data": [], "hasMore": False, "nextCursor": None}


def test_tracing_a_seal_and_its_owner(api, doc, key) -> None:
    for params in ({"sealId": SEAL}, {"uscc": OWNER_USCC.lower()}):
        (public,) = api("GET", "/v1/trace", params=params).json()["data"]
        assert (public["type"], public["payload"]) == ("seal.activated", None)
        own = key(Scope.VERIFY, uscc=OWNER_USCC)
        seen = api("GET", "/v1/trace", params={**params, "limit": 2}, headers=own).json()
        assert [one["openedFor"] for one in seen["data"]] == ["SUBJECT", "SUBJECT"]
        params |= {"cursor": seen["nextCursor"]}
        (last,) = api("GET", "/v1/trace", params=params, headers=own).json()["data"]
        assert last["factId"] == doc.completed


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "TRACE_QUERY_INVALID"),
        ({"digest": "0" * 64, "uscc": OWNER_USCC}, "TRACE_QUERY_INVALID"),
        ({"digest": "A" * 64}, "DIGEST_INVALID"),
        ({"digest": ""}, "DIGEST_INVALID"),
        ({"uscc": OWNER_USCC, "limit": 0}, "VALIDATION_FAILED"),
        ({"uscc": OWNER_USCC, "cursor": "x"}, "VALIDATION_FAILED"),
        ({"hash": "0" * 64}, "VALIDATION_FAILED"),
    ],
)
def test_traces_that_are_none(api, params, code: str) -> None:
    answer = api("GET", "/v1/trace", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_receipt_as_text_and_as_json(api, doc) -> None:
    url = f"/v1/receipts/{doc.completed}"
    vkey = api("GET", "/log/key").text.strip()
    closed = api("GET", url)
    assert (closed.status_code, closed.headers["Content-Type"]) == (200, PROOF)
    assert closed.headers["Cache-Control"] == "no-store"
    found = verify_receipt(closed.content, policy_of_key(vkey))
    assert (found.index, found.opened) == (3, False)
    opened = api("GET", url, params={"digest": doc.sealed})
    verified = verify_receipt(opened.content, policy_of_key(vkey), document_sha256=doc.sealed)
    assert verified.opened
    shape = api(
        "GET", url, params={"digest": doc.sealed}, headers={"Accept": "application/json"}
    ).json()
    assert shape["proof"] == opened.text
    assert (shape["opened"], shape["stage"], shape["index"]) == (True, "provisional", 3)


def test_a_receipt_that_has_to_wait(api, deps, logbook) -> None:
    (fact_id,) = record(deps, seal_activated())
    waiting = api("GET", f"/v1/receipts/{fact_id}")
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (202, "1")
    assert waiting.json() == {"factId": fact_id, "status": "PENDING"}
    logbook.sequence()
    assert api("GET", f"/v1/receipts/{fact_id}").status_code == 200


def test_receipts_that_are_none(api, doc) -> None:
    unknown = api("GET", "/v1/receipts/evt_unknown")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "FACT_NOT_FOUND")
    wrong = api("GET", f"/v1/receipts/{doc.completed}", params={"digest": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "DIGEST_INVALID")


def test_the_auditors_list(api, doc, key) -> None:
    auditor = key(Scope.AUDIT_READ)
    first = api("GET", "/v1/audit/events", params={"limit": 2}, headers=auditor).json()
    assert [one["index"] for one in first["data"]] == [0, 1]
    params = {"limit": 2, "cursor": first["nextCursor"]}
    second = api("GET", "/v1/audit/events", params=params, headers=auditor).json()
    assert [one["openedFor"] for one in second["data"]] == ["AUDIT", "AUDIT"]
    behind = api("GET", "/v1/audit/events", params={"afterIndex": 2}, headers=auditor).json()
    assert behind["data"][0]["index"] == 3
    sealings = {"type": "sealing", "uscc": OWNER_USCC}
    only = api("GET", "/v1/audit/events", params=sealings, headers=auditor).json()
    assert [one["index"] for one in only["data"]] == [2, 3]
    for headers, status in (({}, 401), (key(Scope.ENTITY_READ), 403)):
        assert api("GET", "/v1/audit/events", headers=headers).status_code == status
    for odd in (2**63, 2**53, -2):  # no database holds such an index
        params = {"afterIndex": odd}
        assert api("GET", "/v1/audit/events", params=params, headers=auditor).status_code == 422


def test_the_log_as_files(api, deps, logbook) -> None:
    record(deps, *(seal_activated() for _ in range(299)))
    logbook.sequence()
    checkpoint = api("GET", "/log/checkpoint")
    assert checkpoint.headers["Content-Type"] == PROOF
    assert checkpoint.headers["Cache-Control"] == "public, max-age=2"
    assert checkpoint.content == logbook.head().checkpoint
    for path in ("0/000", "0/001.p/44", "1/000.p/1", "entries/000", "entries/001.p/44"):
        answer = api("GET", f"/log/tile/{path}")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert "immutable" in answer.headers["Cache-Control"]
    for path in ("0/001", "0/001.p/45", "0/001.p/0", "entries/001", "0/0", "x", "0/000/", ""):
        answer = api("GET", f"/log/tile/{path}")
        assert answer.status_code == 404, path
        assert answer.headers["Cache-Control"] == "no-store"

    def fetch(path: str) -> bytes:
        answer: httpx.Response = api("GET", f"/log/{path}")
        assert answer.status_code == 200, path
        return answer.content

    assert audit_url(fetch, fetch("key").decode().strip()).report.size == 300
