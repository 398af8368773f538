"""`/v1/attestations`, `/v1/transactions/verifications` and the page of a verdict, over HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

from sealsvc.areas.contracts import service as contracts
from sealsvc.values import Scope, SealType
from tests.api.infra.conftest import Api
from tests.areas.sealing.story import A, B
from tests.areas.transactions.world import CARRIER, ORDER, PAYER, PRICE, World, acts

Key = Callable[..., dict[str, str]]
DEALS = "/v1/transactions/verifications"
ATTESTATIONS = "/v1/attestations"

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def subject(**changes: Any) -> dict[str, Any]:
    said = {
        "payer": B,
        "payee": A,
        "amount": PRICE,
        "currency": "CNY",
        "paidAt": "2026-11-21T09:30:00Z",
        "paymentNumber": "PAY-7",
        "orderNumber": ORDER,
    }
    return {name: one for name, one in {**said, **changes}.items() if one is not None}


def test_attest_read_withdraw(api: Api, world: World, key: Key) -> None:
    seal = world.seal(PAYER, SealType.OFFICIAL)
    signer = key(Scope.SEAL_SIGN, uscc=PAYER)
    url = f"{ATTESTATIONS}?seal={seal.seal_id}"
    body = {"kind": "payment", "subject": subject()}
    made = api("POST", url, json=body, headers=signer)
    assert made.status_code == 201, made.text
    where = made.headers["location"]
    shown = api("GET", where).json()
    assert shown["verification"] == {"summary": "TRUSTED", "findings": []}
    assert shown["record"]["operator"] == PAYER
    assert api("GET", shown["receipt"]).status_code in (200, 202)

    assert code(api("POST", url, json=body, headers=signer)) == (409, "ATTESTATION_NUMBER_TAKEN")
    assert code(api("POST", url, json=body)) == (401, "UNAUTHENTICATED")
    gift = {"kind": "gift", "subject": {}}
    assert code(api("POST", url, json=gift, headers=signer)) == (422, "ATTESTATION_KIND_UNKNOWN")
    bad = {"kind": "payment", "subject": subject(amount="1" * 30)}
    assert code(api("POST", url, json=bad, headers=signer)) == (422, "ATTESTATION_SUBJECT_INVALID")
    carrier = world.seal(CARRIER, SealType.OFFICIAL)
    other = key(Scope.SEAL_SIGN, uscc=CARRIER)
    refused = api("POST", f"{ATTESTATIONS}?seal={carrier.seal_id}", json=body, headers=other)
    assert code(refused) == (403, "ATTESTATION_OPERATOR_NOT_ENTITLED")

    reason = {"reason": "refund"}
    withdraw = f"{where}/withdraw"
    assert code(api("POST", withdraw, json=reason, headers=other)) == (403, "ATTESTATION_NOT_YOURS")
    ended = api("POST", withdraw, json=reason, headers=signer)
    assert ended.json()["status"] == "WITHDRAWN"
    assert api("GET", where).json()["verification"]["summary"] == "INVALID"
    again = api("POST", withdraw, json=reason, headers=signer)
    assert code(again) == (409, "ATTESTATION_NOT_ISSUED")
    unknown = f"{ATTESTATIONS}/att_{'a' * 26}"
    assert code(api("GET", unknown)) == (404, "ATTESTATION_NOT_FOUND")


def test_kinds_are_public(api: Api) -> None:
    shown = api("GET", f"{ATTESTATIONS}/kinds").json()
    assert [one["kind"] for one in shown["data"]] == ["payment", "waybill", "customsRelease"]


def test_a_deal_by_references_by_files_and_as_a_page(api: Api, world: World, key: Key) -> None:
    whole = world.whole()
    asked: dict[str, Any] = {
        "contractId": whole.contract_id,
        "invoiceIds": list(whole.invoice_ids),
        "attestationIds": list(whole.attestation_ids),
        "expect": {"sellerUscc": A, "buyerUscc": B, "amount": PRICE, "orderNumber": ORDER},
        "expiresInDays": 1,
    }
    buyer = key(Scope.VERIFY, uscc=B)
    assert code(api("POST", DEALS, json=asked)) == (403, "TRANSACTION_KEY_REQUIRED")
    stranger = key(Scope.VERIFY, uscc=CARRIER)
    assert code(api("POST", DEALS, json=asked, headers=stranger)) == (404, "CONTRACT_NOT_FOUND")
    answer = api("POST", DEALS, json=asked, headers=buyer)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert report["summary"] == "TRUSTED", report["findings"]
    assert api("GET", report["links"]["self"]).content == answer.content
    evidence = api("GET", report["links"]["evidence"]).json()
    assert evidence["kind"] == "sealsvc.deal"
    recorded = api("POST", DEALS, json=asked | {"evidence": True}, headers=buyer).json()
    assert recorded["receipt"]["format"] == "c2sp.org/tlog-proof@v1"
    _page(api, report)
    _files(api, world, whole.contract_id or "")
    world.story.clock.forward(days=2)
    assert code(api("GET", report["links"]["self"])) == (404, "TRANSACTION_EXPIRED")
    expired = api("GET", report["links"]["page"])
    assert expired.status_code == 404
    assert "过期" in expired.text


def _page(api: Api, report: dict[str, Any]) -> None:
    for language, word in (("zh", "可信"), ("en", "Trusted")):
        page = api("GET", f"{report['links']['page']}?lang={language}")
        assert page.status_code == 200, page.text
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-robots-tag"] == "noindex"
        shown = html.document_fromstring(page.text)
        assert shown.xpath("//*[@data-summary]/@data-summary") == ["TRUSTED"]
        assert word in page.text
        assert len(shown.xpath("//*[@data-check]")) == len(report["checks"])
    assert api("GET", "/transactions/txn_nothing").status_code == 404


def _files(api: Api, world: World, contract_id: str) -> None:
    """The same by files: the bytes prove themselves, no key is needed."""
    _, contract = contracts.document(world.deps, acts(A), contract_id)
    payment = world.payment(paymentNumber="PAY-8")
    envelope = api("GET", f"{ATTESTATIONS}/{payment.attestation_id}").content
    options = {"expect": {"orderNumber": ORDER, "sellerUscc": A, "buyerUscc": B}}
    parts = [
        ("options", (None, json.dumps(options), "application/json")),
        ("contract", ("合同.pdf", contract, "application/pdf")),
        ("attestation", ("payment.json", envelope, "application/json")),
    ]
    report = api("POST", DEALS, files=parts).json()
    assert report["summary"] == "INDETERMINATE"  # no invoice
    assert {one["code"] for one in report["findings"]} == {"TXN_PART_MISSING", "TXN_AMOUNT_UNKNOWN"}
    strange = [*parts, ("receipt", ("x", b"x", "text/plain"))]
    assert code(api("POST", DEALS, files=strange)) == (422, "VALIDATION_FAILED")
    twice = [*parts, parts[1]]
    assert code(api("POST", DEALS, files=twice)) == (422, "VALIDATION_FAILED")
    torn = [*parts[:2], ("attestation", ("payment.json", b"{", "application/json"))]
    assert code(api("POST", DEALS, files=torn)) == (422, "ATTESTATION_UNREADABLE")


BAD: tuple[tuple[object, int, str], ...] = (
    ({}, 422, "TRANSACTION_REQUEST_INVALID"),
    ([], 422, "TRANSACTION_REQUEST_INVALID"),
    ({"bonus": 1}, 422, "VALIDATION_FAILED"),
    ({"contractId": "../x"}, 422, "VALIDATION_FAILED"),
    ({"contractId": "\ud800"}, 422, "VALIDATION_FAILED"),
    ({"attestationIds": ["att_" + "a" * 26]}, 404, "ATTESTATION_NOT_FOUND"),
    ({"attestations": [{}]}, 422, "ATTESTATION_UNREADABLE"),
    ({"attestations": [{"record": {"v": 1}, "signature": 3}]}, 422, "ATTESTATION_UNREADABLE"),
    ({"attestationIds": ["att_" + "a" * 26] * 51}, 422, "VALIDATION_FAILED"),
    ({"attestationIds": ["att_" + "a" * 26], "policy": "x"}, 422, "TRANSACTION_POLICY_UNKNOWN"),
    (
        {"attestationIds": ["att_" + "a" * 26], "expect": {"amount": "1" * 30}},
        422,
        "TRANSACTION_REQUEST_INVALID",
    ),
    (
        {"attestationIds": ["att_" + "a" * 26], "expect": {"sellerUscc": "123"}},
        422,
        "USCC_INVALID",
    ),
    (
        {"attestationIds": ["att_" + "a" * 26], "expect": {"notBefore": 7}},
        422,
        "VALIDATION_FAILED",
    ),
)


def test_what_cannot_be_asked(api: Api) -> None:
    for body, status, wanted in BAD:
        answer = api(
            "POST", DEALS, content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert code(answer) == (status, wanted), (body, answer.text)
    torn = api("POST", DEALS, content=b"{", headers={"Content-Type": "application/json"})
    assert code(torn) == (400, "MALFORMED_REQUEST")
    deep = b'{"attestations":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = api("POST", DEALS, content=deep, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
