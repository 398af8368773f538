import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.areas.contracts.checking import Checker
from sealsvc.storage.logbook import Logbook
from sealsvc.values import Scope
from tests.api.infra.conftest import Api
from tests.areas.contracts.deal import DATA, Deal
from tests.areas.contracts.test_evidence import with_operator
from tests.areas.sealing.story import A, B, pdf

Key = Callable[..., dict[str, str]]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def terms(deal: Deal, **more: Any) -> dict[str, Any]:
    deadline = deal.story.clock.now() + timedelta(days=5)
    return {
        "title": "买卖合同",
        "number": "HT-9",
        "parties": [{"uscc": A, "role": "SELLER"}, {"uscc": B, "role": "BUYER"}],
        "deadline": deadline.isoformat(),
        **more,
    }


def upload(api: Api, url: str, options: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    return api(
        "POST",
        url,
        files={"file": ("a.pdf", pdf("Contract"), "application/pdf")},
        data={"options": json.dumps(options)},
        headers=headers,
    )


@pytest.fixture
def seller(key: Key) -> dict[str, str]:
    return key(Scope.SEAL_SIGN, uscc=A)


@pytest.fixture
def buyer(key: Key) -> dict[str, str]:
    return key(Scope.SEAL_SIGN, uscc=B)


def test_the_whole_way(
    api: Api,
    deal: Deal,
    seller: dict[str, str],
    buyer: dict[str, str],
    key: Key,
    logbook: Logbook,
) -> None:
    with_operator(deal)
    made = upload(api, "/v1/contracts", terms(deal, order="IN_TURN"), seller)
    assert made.status_code == 201, made.text
    url = made.headers["location"]
    assert made.json()["status"] == "DRAFT"
    assert code(api("GET", url, headers=buyer)) == (404, "CONTRACT_NOT_FOUND")
    etag = api("GET", url, headers=seller).headers["etag"]
    opened = api("POST", f"{url}/open", headers=seller | {"If-Match": etag})
    assert opened.json()["status"] == "READY", opened.text
    stale = api("POST", f"{url}/withdraw", headers=seller | {"If-Match": etag})
    assert code(stale) == (412, "PRECONDITION_FAILED")
    body = {"sealId": deal.seals[B].seal_id, "keyword": "Contract", "statement": "同意"}
    assert code(api("POST", f"{url}/seal", json=body, headers=buyer)) == (
        409,
        "CONTRACT_NOT_YOUR_TURN",
    )
    assert code(api("POST", f"{url}/seal", json=body, headers=seller)) == (403, "ENTITY_NOT_YOURS")
    mine = {
        "sealId": deal.seals[A].seal_id,
        "place": {"page": 1, "x": 20, "y": 200, "width": 40},
    }
    first = api("POST", f"{url}/seal", json=mine, headers=seller | {"Idempotency-Key": '"k1"'})
    assert first.json()["waitingFor"] == [B], first.text
    again = api("POST", f"{url}/seal", json=mine, headers=seller | {"Idempotency-Key": '"k1"'})
    assert again.json() == first.json()
    assert code(api("POST", f"{url}/seal", json=mine, headers=seller)) == (
        409,
        "CONTRACT_ALREADY_SEALED",
    )
    done = api("POST", f"{url}/seal", json=body, headers=buyer)
    assert done.json()["status"] == "CONCLUDED", done.text
    file = api("GET", f"{url}/document", headers=buyer)
    assert file.headers["content-type"] == "application/pdf"
    assert deal.story.verify(file.content)["summary"] == "TRUSTED"
    assert api("GET", f"{url}/document?step=0", headers=buyer).content == pdf("Contract")
    assert code(api("GET", f"{url}/document?step=9", headers=buyer)) == (404, "CONTRACT_NOT_FOUND")
    pending = api("GET", f"{url}/evidence", headers=buyer)
    assert code(pending) == (503, "CONTRACT_EVIDENCE_PENDING")
    logbook.sequence()
    package = api("GET", f"{url}/evidence", headers=buyer)
    assert package.headers["content-type"] == "application/zip", package.text
    assert Checker(InlineSandbox(), deal.story.clock).check(package.content).sound
    assert api("GET", f"{url}/evidence", headers=key(Scope.AUDIT_READ)).content == package.content
    kinds = [one["type"] for one in api("GET", f"{url}/history", headers=buyer).json()["data"]]
    assert kinds[-2:] == ["contract.concluded", "contract.evidence_issued"]
    listed = api("GET", "/v1/contracts?number=HT-9", headers=buyer).json()["data"]
    assert [one["id"] for one in listed] == [made.json()["id"]]
    for stranger in (key(Scope.VERIFY), key(Scope.ENTITY_READ)):
        for path in ("", "/document", "/evidence", "/history"):
            assert code(api("GET", url + path, headers=stranger)) == (404, "CONTRACT_NOT_FOUND")
    assert code(api("GET", url)) == (401, "UNAUTHENTICATED")


def test_templates_and_amendment(
    api: Api, deal: Deal, seller: dict[str, str], buyer: dict[str, str]
) -> None:
    template = {
        "title": "范本",
        "clauses": [{"heading": "第一条", "text": "出售{goods}{count}件，{price}元。"}],
        "placeholders": [{"name": name, "label": name} for name in DATA],
    }
    made = api("POST", "/v1/contracts/templates", json=template, headers=seller)
    assert made.status_code == 201, made.text
    url = made.headers["location"]
    assert api("POST", url, json=template, headers=seller).json()["version"] == 2
    assert api("GET", f"{url}?version=1", headers=seller).json()["version"] == 1
    assert code(api("GET", url, headers=buyer)) == (404, "CONTRACT_TEMPLATE_NOT_FOUND")
    assert len(api("GET", "/v1/contracts/templates", headers=seller).json()["data"]) == 1
    assert api("GET", "/v1/contracts/templates", headers=buyer).json()["data"] == []
    bad = template | {"placeholders": []}
    assert code(api("POST", url, json=bad, headers=seller)) == (422, "CONTRACT_TEMPLATE_INVALID")
    body = terms(deal, templateId=made.json()["id"], data=DATA)
    drawn = api("POST", "/v1/contracts/from-template", json=body, headers=seller)
    assert drawn.status_code == 201, drawn.text
    at = drawn.headers["location"]
    wrong = body | {"data": {}}
    assert code(api("POST", "/v1/contracts/from-template", json=wrong, headers=seller)) == (
        422,
        "CONTRACT_CLAUSE_DATA_INVALID",
    )
    revised = api("POST", f"{at}/revise-from-template", json=body, headers=seller)
    assert revised.json()["version"] == 2, revised.text
    assert upload(api, f"{at}/revise", terms(deal), seller).json()["version"] == 3
    early = upload(api, f"{at}/amend", terms(deal, kind="RENEWAL"), seller)
    assert code(early) == (409, "CONTRACT_BASE_CHANGED")
    old = deal.concluded().contract_id
    amended = upload(api, f"/v1/contracts/{old}/amend", terms(deal), buyer)
    assert (amended.status_code, amended.json()["supersedes"]) == (201, old)
    renewed = api(
        "POST",
        f"/v1/contracts/{old}/amend-from-template",
        json=body | {"kind": "RENEWAL"},
        headers=seller,
    )
    assert renewed.json()["succession"] == "RENEWAL", renewed.text


def test_refused(
    api: Api, deal: Deal, seller: dict[str, str], buyer: dict[str, str], key: Key
) -> None:
    def post(headers: dict[str, str] = seller, **more: Any) -> tuple[int, str]:
        return code(upload(api, "/v1/contracts", terms(deal, **more), headers))

    assert post({}) == (401, "UNAUTHENTICATED")
    assert post(key(Scope.VERIFY, uscc=A)) == (403, "SCOPE_MISSING")
    assert post(title="") == (422, "CONTRACT_INVALID")
    assert post(parties=[]) == (422, "CONTRACT_INVALID")
    assert post(parties="all") == (422, "VALIDATION_FAILED")
    assert post(deadline="tomorrow") == (422, "VALIDATION_FAILED")
    assert post(order="RANDOM") == (422, "VALIDATION_FAILED")
    assert post(colour="red") == (422, "VALIDATION_FAILED")
    assert code(api("GET", "/v1/contracts", headers=key(Scope.VERIFY))) == (
        403,
        "ENTITY_NOT_YOURS",
    )
    contract = deal.ready()
    url = f"/v1/contracts/{contract.contract_id}"
    assert code(api("POST", f"{url}/reject", headers=buyer)) == (422, "CONTRACT_REASON_REQUIRED")
    why = {"reason": "no"}
    assert code(api("POST", f"{url}/reject", json=why, headers=seller)) == (
        403,
        "CONTRACT_ACTOR_REFUSED",
    )
    for action in ("terminate", "perform", "dispute", "resolve"):
        assert code(api("POST", f"{url}/{action}", json=why, headers=buyer)) == (
            409,
            "CONTRACT_ILLEGAL_TRANSITION",
        )
    assert code(api("GET", f"{url}/evidence", headers=buyer)) == (409, "CONTRACT_NOT_SEALED")
    assert api("POST", f"{url}/expire", headers=buyer).status_code in (404, 405)
    done = api("POST", f"{url}/reject", json=why, headers=buyer)
    assert done.json()["status"] == "REJECTED"


def test_a_keyword_for_ordinary_sealings(api: Api, deal: Deal, seller: dict[str, str]) -> None:
    url = f"/v1/sealings?seal={deal.seals[A].seal_id}"
    file = pdf("Contract")
    sealed = api("POST", f"{url}&keyword=Contract", content=file, headers=seller)
    assert sealed.status_code == 201, sealed.text
    assert sealed.json()["placement"]["page"] == 1
    answer = api("POST", f"{url}&keyword=nowhere", content=file, headers=seller)
    assert code(answer) == (422, "KEYWORD_NOT_FOUND")
    answer = api("POST", f"{url}&keyword=Contract&x=1&y=1", content=file, headers=seller)
    assert code(answer) == (422, "PLACEMENT_INVALID")
    answer = api("POST", f"{url}&keyword=%20", content=file, headers=seller)
    assert code(answer) == (422, "KEYWORD_INVALID")
