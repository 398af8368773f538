"""What a live service refuses: each with a documented status, problem+json, and its code."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import httpx
import pikepdf
import pytest
from stdnum.cn.uscc import calc_check_digit

from api.texts import TEXTS
from sealsvc.values import time_ordered_id
from tests.live.papers import MERCHANTS, Sealed, make_seal, seal
from tests.live.service import PDF, LiveService

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(17)
LIMIT = 50 * 1024 * 1024


@pytest.fixture(scope="module")
def documented(live: LiveService) -> dict[str, Any]:
    """Path template → method → operation, of the service's own description."""
    paths: dict[str, Any] = live.http.get("/openapi.json").json()["paths"]
    return paths


def encrypted(data: bytes) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(data)) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


def sealing(sealed: Sealed, data: bytes, seal_id: str, by: str, **more: Any) -> httpx.Response:
    return seal(sealed.service, data, seal_id, by=by, **more)


def verification(sealed: Sealed, data: bytes, name: str = "a.pdf") -> httpx.Response:
    files = {"file": (name, data, "application/pdf")}
    return sealed.service.call("POST", "/v1/verifications", files=files)


def entity(sealed: Sealed, uscc: str) -> httpx.Response:
    return sealed.service.call("GET", f"/v1/entities/{uscc}")


def action(sealed: Sealed, seal_id: str, verb: str, by: str, reason: str = "x") -> httpx.Response:
    path = f"/v1/seals/{seal_id}/{verb}"
    return sealed.service.call("POST", path, by=by, json={"reason": reason})


def pending(sealed: Sealed, upto: str = "apply") -> str:
    return make_seal(sealed.service, "c", "FINANCE", "财务专用章", upto)


def self_approval(sealed: Sealed) -> httpx.Response:
    """The applicant's own client, which lacks the scope: nobody has both scopes in the demo."""
    return action(sealed, pending(sealed), "approve", "merchant-c")


def unknown_report() -> str:
    """An id of this moment: an older one could belong to a report that has expired."""
    return time_ordered_id("vr", datetime.now(UTC), os.urandom(16))


def key_reused(sealed: Sealed) -> httpx.Response:
    options: dict[str, Any] = {"by": "merchant-a", "headers": {"Idempotency-Key": "live-bad-1"}}
    first = sealing(sealed, sealed.plain, sealed.a_contract, **options)
    assert first.status_code == 201, first.text
    again = sealing(sealed, sealed.plain, sealed.a_contract, **options)
    assert again.content == first.content
    return sealing(sealed, sealed.plain + b"\n", sealed.a_contract, **options)


Case = tuple[int, str, str, str, Callable[[Sealed], httpx.Response]]
ENTITY, SEALING, VERIFY, APPROVE = (
    "/v1/entities/{uscc}",
    "/v1/sealings",
    "/v1/verifications",
    "/v1/seals/{id}/approve",
)
A_USCC = MERCHANTS["a"].uscc
WRONG_USCC = A_USCC[:-1] + ("3" if A_USCC[-1] != "3" else "4")
_BODY = "91310115MA2122339"
UNREGISTERED = _BODY + calc_check_digit(_BODY)
UNKNOWN = "seal_" + "a" * 26
CUT_OFF = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF'

CASES: dict[str, Case] = {
    "wrong check character": (422, "USCC_INVALID", "get", ENTITY, lambda s: entity(s, WRONG_USCC)),
    "credit code too short": (422, "USCC_INVALID", "get", ENTITY, lambda s: entity(s, "9111")),
    "unknown entity": (404, "ENTITY_NOT_FOUND", "get", ENTITY, lambda s: entity(s, UNREGISTERED)),
    "unknown seal": (
        404,
        "SEAL_NOT_FOUND",
        "post",
        SEALING,
        lambda s: sealing(s, s.plain, UNKNOWN, "merchant-a"),
    ),
    "seal not active": (
        409,
        "SEAL_NOT_ACTIVE",
        "post",
        SEALING,
        lambda s: sealing(s, s.plain, pending(s), "merchant-c"),
    ),
    "no key": (
        401,
        "UNAUTHENTICATED",
        "post",
        SEALING,
        lambda s: s.service.call(
            "POST", "/v1/sealings", params={"seal": s.a_invoice}, content=s.plain, headers=PDF
        ),
    ),
    "wrong key": (
        401,
        "CREDENTIALS_REJECTED",
        "post",
        SEALING,
        lambda s: s.service.call(
            "POST",
            "/v1/sealings",
            params={"seal": s.a_invoice},
            content=s.plain,
            headers=PDF | {"Authorization": "Bearer cli_x.sk_y"},
        ),
    ),
    "wrong scope": (
        403,
        "SCOPE_MISSING",
        "post",
        SEALING,
        lambda s: sealing(s, s.plain, s.a_invoice, "shop"),
    ),
    "another's seal": (
        403,
        "ENTITY_NOT_YOURS",
        "post",
        SEALING,
        lambda s: sealing(s, s.plain, s.a_invoice, "merchant-b"),
    ),
    "applicant approves": (403, "SCOPE_MISSING", "post", APPROVE, self_approval),
    "illegal transition": (
        409,
        "SEAL_ILLEGAL_TRANSITION",
        "post",
        APPROVE,
        lambda s: action(s, s.a_invoice, "approve", "approver"),
    ),
    "resume an active seal": (
        409,
        "SEAL_ILLEGAL_TRANSITION",
        "post",
        "/v1/seals/{id}/resume",
        lambda s: action(s, s.a_invoice, "resume", "merchant-a"),
    ),
    "reason missing": (
        422,
        "REASON_REQUIRED",
        "post",
        "/v1/seals/{id}/suspend",
        lambda s: s.service.call(
            "POST", f"/v1/seals/{s.a_invoice}/suspend", by="merchant-a", json={}
        ),
    ),
    "key reused": (422, "IDEMPOTENCY_KEY_REUSED", "post", SEALING, key_reused),
    "seal: encrypted": (
        422,
        "DOCUMENT_ENCRYPTED",
        "post",
        SEALING,
        lambda s: sealing(s, encrypted(s.plain), s.a_contract, "merchant-a"),
    ),
    "seal: PNG": (
        415,
        "UNSUPPORTED_FORMAT",
        "post",
        SEALING,
        lambda s: sealing(s, PNG, s.a_contract, "merchant-a"),
    ),
    "seal: truncated": (
        422,
        "DOCUMENT_UNREADABLE",
        "post",
        SEALING,
        lambda s: sealing(s, s.plain[: len(s.plain) // 2], s.a_contract, "merchant-a"),
    ),
    "seal: no such page": (
        422,
        "PAGE_NOT_FOUND",
        "post",
        SEALING,
        lambda s: s.service.call(
            "POST",
            "/v1/sealings",
            by="merchant-a",
            params={"seal": s.a_contract, "page": 99},
            content=s.plain,
            headers=PDF,
        ),
    ),
    "seal: certified invoice again": (
        409,
        "DOCMDP_FORBIDS_SEAL",
        "post",
        SEALING,
        lambda s: sealing(s, s.invoice, s.a_contract, "merchant-a"),
    ),
    "seal: type and role": (
        409,
        "SEAL_TYPE_NOT_ALLOWED",
        "post",
        SEALING,
        lambda s: sealing(s, s.plain, s.a_contract, "merchant-a", params={"role": "invoice"}),
    ),
    "seal: unknown parameter": (
        422,
        "VALIDATION_FAILED",
        "post",
        SEALING,
        lambda s: sealing(s, s.plain, s.a_contract, "merchant-a", params={"pgae": "1"}),
    ),
    "verify: too large": (
        413,
        "TOO_LARGE",
        "post",
        VERIFY,
        lambda s: s.service.call(
            "POST",
            "/v1/verifications",
            content=s.plain + bytes(LIMIT + 1 - len(s.plain)),
            headers=PDF,
        ),
    ),
    "verify: encrypted": (
        422,
        "DOCUMENT_ENCRYPTED",
        "post",
        VERIFY,
        lambda s: verification(s, encrypted(s.plain)),
    ),
    "verify: PNG called .pdf": (
        415,
        "UNSUPPORTED_FORMAT",
        "post",
        VERIFY,
        lambda s: verification(s, PNG),
    ),
    "verify: truncated": (
        422,
        "DOCUMENT_UNREADABLE",
        "post",
        VERIFY,
        lambda s: verification(s, s.plain[: len(s.plain) // 2]),
    ),
    "verify: empty": (422, "VALIDATION_FAILED", "post", VERIFY, lambda s: verification(s, b"")),
    "verify: multipart cut off": (
        400,
        "MALFORMED_REQUEST",
        "post",
        VERIFY,
        lambda s: s.service.call(
            "POST",
            "/v1/verifications",
            content=CUT_OFF,
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        ),
    ),
    "verify: unknown policy": (
        422,
        "POLICY_UNKNOWN",
        "post",
        VERIFY,
        lambda s: s.service.call(
            "POST", "/v1/verifications", params={"policy": "no-such"}, content=s.plain, headers=PDF
        ),
    ),
    "verify: wrong method": (
        405,
        "METHOD_NOT_ALLOWED",
        "post",
        VERIFY,
        lambda s: s.service.call("DELETE", "/v1/verifications"),
    ),
    "no such report": (
        404,
        "VERIFICATION_NOT_FOUND",
        "get",
        "/v1/verifications/{verificationId}",
        lambda s: s.service.call("GET", f"/v1/verifications/{unknown_report()}"),
    ),
    "no such receipt": (
        404,
        "FACT_NOT_FOUND",
        "get",
        "/v1/receipts/{factId}",
        lambda s: s.service.call("GET", "/v1/receipts/evt_" + "a" * 26),
    ),
    "no such tile": (
        404,
        "TILE_NOT_FOUND",
        "get",
        "/log/tile/{path}",
        lambda s: s.service.call("GET", "/log/tile/0/x999/999"),
    ),
    "no such CRL": (
        404,
        "PKI_OBJECT_NOT_FOUND",
        "get",
        "/pki/{label}.crl",
        lambda s: s.service.call("GET", "/pki/nobody.crl"),
    ),
    "trace of nothing": (
        422,
        "TRACE_QUERY_INVALID",
        "get",
        "/v1/trace",
        lambda s: s.service.call("GET", "/v1/trace"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_as_documented(sealed: Sealed, documented: dict[str, Any], name: str) -> None:
    status, code, method, path, attempt = CASES[name]

    answer = attempt(sealed)

    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"/problems/{code}"
    assert problem["status"] == status
    assert problem["title"] == TEXTS[code].zh
    assert problem["detail"]
    assert problem["requestId"] == answer.headers["X-Request-Id"]
    assert str(status) in documented[path][method]["responses"]
    explained = sealed.service.http.get(problem["type"], headers={"Accept": "text/html"})
    assert explained.status_code == 200
    assert code in explained.text


def test_every_refusal_speaks_english_too(sealed: Sealed) -> None:
    answer = sealed.service.call("GET", "/v1/entities/9111", headers={"Accept-Language": "en"})

    assert answer.json()["title"] == TEXTS["USCC_INVALID"].en


def test_a_browser_gets_a_page_instead_of_json(sealed: Sealed) -> None:
    answer = sealed.service.http.post(
        "/verify", content=b"x" * (LIMIT + 2_000_000), headers={"Accept": "text/html,*/*;q=0.8"}
    )

    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")
    assert "TOO_LARGE" in answer.text
    assert "{" not in answer.text


def test_the_page_takes_more_than_a_megabyte(sealed: Sealed) -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(sealed.plain)) as document:
        document.Root.Large = document.make_stream(bytes(2_000_000))
        document.save(out, compress_streams=False)

    answer = sealed.service.http.post("/verify", files={"file": ("a.pdf", out.getvalue())})

    assert answer.status_code == 200
