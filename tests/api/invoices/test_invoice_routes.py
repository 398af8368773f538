from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from sealsvc.values import Scope
from tests.api.infra.conftest import Api
from tests.areas.invoices.world import BUYER, SELLER, blue
from tests.builders.invoices import make_uscc

Key = Callable[..., dict[str, str]]
LOOKUP = {"source": "site", "queriedAt": "2026-11-21T08:00:00Z", "status": "NORMAL"}
BOOKING = {"voucher": "V-1", "postedOn": "2026-11-20", "period": "2026-11"}


@pytest.fixture
def buyer(key: Key) -> dict[str, str]:
    return key(Scope.VERIFY, uscc=BUYER)


@pytest.fixture
def seller(key: Key) -> dict[str, str]:
    return key(Scope.VERIFY, uscc=SELLER)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def take(api: Api, who: dict[str, str], data: bytes | None = None, query: str = "") -> Any:
    content = blue() if data is None else data
    answer = api("POST", f"/v1/invoices{query}", content=content, headers=who)
    assert answer.status_code in (200, 201), answer.text
    return answer


def verified(api: Api, who: dict[str, str]) -> str:
    url = take(api, who).headers["location"]
    looked = api("POST", f"{url}/lookups", json=LOOKUP, headers=who)
    assert looked.json()["state"] == "VERIFIED", looked.text
    assert looked.json()["proof"] == "LOOKUP"
    return str(url)


def once(who: dict[str, str], key: str = "k1") -> dict[str, str]:
    return who | {"Idempotency-Key": key}


def test_an_invoice_is_taken_shown_and_listed(api: Api, buyer: dict[str, str]) -> None:
    made = take(api, buyer)
    body = made.json()
    assert made.status_code == 201
    assert body["digest"] == sha256(blue()).hexdigest()
    assert body["verdict"] is None
    assert body["invoice"]["seller"]["taxId"] == SELLER
    assert take(api, buyer).status_code == 200
    shown = api("GET", body["links"]["self"], headers=buyer).json()
    assert shown["redStatus"] == "NONE"
    assert shown["claims"] == []
    listed = api("GET", "/v1/invoices?state=RECEIVED&limit=1", headers=buyer).json()
    assert [one["id"] for one in listed["data"]] == [body["id"]]
    original = f"{body['links']['self']}/original"
    assert code(api("GET", original, headers=buyer)) == (404, "INVOICE_ORIGINAL_NOT_KEPT")
    take(api, buyer, query="?keep=true")
    kept = api("GET", original, headers=buyer)
    assert kept.content == blue()
    assert kept.headers["content-type"] == "application/xml"


def test_multipart_and_refusals(api: Api, buyer: dict[str, str], key: Key) -> None:
    sent = api("POST", "/v1/invoices", files={"file": ("a.xml", blue(), "x/y")}, headers=buyer)
    assert sent.status_code == 201, sent.text
    stranger = key(Scope.VERIFY, uscc=make_uscc("91320000MA0000009"))
    post = lambda who, data: code(api("POST", "/v1/invoices", content=data, headers=who))  # noqa: E731
    assert post({}, blue()) == (401, "UNAUTHENTICATED")
    assert post(stranger, blue()) == (403, "INVOICE_NOT_YOURS")
    assert post(key(Scope.VERIFY), blue()) == (403, "ENTITY_NOT_YOURS")
    assert post(key(Scope.ENTITY_READ, uscc=BUYER), blue()) == (403, "SCOPE_MISSING")
    assert post(buyer, b"plain words") == (415, "UNSUPPORTED_FORMAT")
    assert post(buyer, b"<a/>") == (422, "INVOICE_NOT_READ")


def test_a_claim_needs_its_key_and_happens_once(api: Api, buyer: dict[str, str]) -> None:
    url, body = verified(api, buyer), {"purpose": "DEDUCTION"}
    bare = api("POST", f"{url}/claims", json=body, headers=buyer)
    assert code(bare) == (400, "IDEMPOTENCY_KEY_MISSING")
    first = api("POST", f"{url}/claims", json=body, headers=once(buyer))
    assert first.status_code == 201, first.text
    again = api("POST", f"{url}/claims", json=body, headers=once(buyer))
    assert again.json() == first.json()
    other = api("POST", f"{url}/claims", json=body, headers=once(buyer, "k2"))
    assert code(other) == (409, "CLAIM_EXISTS")
    release = f"{url}/claims/{first.json()['id']}/release"
    assert api("POST", release, json={"reason": "x"}, headers=buyer).json()["state"] == "RELEASED"
    assert code(api("POST", release, json={"reason": "x"}, headers=buyer))[0] == 409


def test_an_unverified_invoice_is_not_claimed(api: Api, buyer: dict[str, str]) -> None:
    url = take(api, buyer).headers["location"]
    answer = api("POST", f"{url}/claims", json={"purpose": "BOOKING"}, headers=once(buyer))
    assert code(answer) == (409, "INVOICE_NOT_VERIFIED")


def test_booking_once_and_by_printout(api: Api, buyer: dict[str, str]) -> None:
    url = verified(api, buyer)
    paper = BOOKING | {"basis": "PRINTOUT"}
    post = lambda body: api("POST", f"{url}/bookings", json=body, headers=buyer)  # noqa: E731
    assert code(post(paper)) == (422, "INVOICE_ORIGINAL_REQUIRED")
    assert code(post(paper | {"originalDigest": "0" * 64})) == (409, "INVOICE_ORIGINAL_MISMATCH")
    made = post(paper | {"originalDigest": sha256(blue()).hexdigest()})
    assert made.status_code == 201, made.text
    assert made.json()["alerts"] == []
    assert code(post(BOOKING)) == (409, "INVOICE_ALREADY_BOOKED")


def test_a_red_letter_is_entered_and_confirmed(
    api: Api, buyer: dict[str, str], seller: dict[str, str]
) -> None:
    url = verified(api, buyer)
    body = {"amount": "38.99", "reason": "PRICE_REDUCTION"}
    made = api("POST", f"{url}/red-letters", json=body, headers=buyer)
    assert made.status_code == 201, made.text
    form = made.json()
    assert (form["state"], form["nationalCode"]) == ("AWAITING_SELLER", "03")
    own = made.headers["location"]
    assert code(api("POST", f"{own}/confirm", headers=buyer)) == (403, "RED_LETTER_NOT_YOUR_TURN")
    assert api("GET", own, headers=seller).json() == form
    assert len(api("GET", "/v1/invoices/red-letters", headers=seller).json()["data"]) == 1
    done = api("POST", f"{own}/confirm", headers=seller)
    assert (done.json()["state"], done.json()["nationalCode"]) == ("CONFIRMED", "04")
    refused = api("POST", f"{own}/refuse", json={"reason": "late"}, headers=seller)
    assert code(refused) == (409, "RED_LETTER_ILLEGAL_TRANSITION")
    ended = api("POST", f"{own}/withdraw", json={"reason": "late"}, headers=buyer)
    assert ended.json()["nationalCode"] == "09"
    more = api("POST", f"{url}/red-letters", json=body | {"amount": "999"}, headers=buyer)
    assert code(more) == (409, "RED_LETTER_EXCEEDS_REMAINING")
    assert api("GET", url, headers=buyer).json()["redStatus"] == "NONE"


def test_auditors_read_and_strangers_find_nothing(
    api: Api, key: Key, buyer: dict[str, str], seller: dict[str, str]
) -> None:
    url = take(api, buyer).headers["location"]
    assert api("GET", url, headers=key(Scope.AUDIT_READ)).status_code == 200
    assert code(api("GET", url, headers=seller)) == (404, "INVOICE_NOT_FOUND")
    assert code(api("GET", url, headers=key(Scope.VERIFY))) == (403, "SCOPE_MISSING")
    lookups = api("POST", f"{url}/lookups", json=LOOKUP, headers=seller)
    assert code(lookups) == (404, "INVOICE_NOT_FOUND")
