import json
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
from asn1crypto import x509

from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest
from tests.api.infra.conftest import Api
from tests.areas.sealing.story import A, Story, merchant, pdf
from tests.builders.pdf import encrypted, imprint

VALIDATE = "/compat/siva/validate"


def post(api: Api, data: bytes, **more: Any) -> httpx.Response:
    body = {"filename": "a.pdf", "document": b64encode(data).decode(), **more}
    return api("POST", VALIDATE, json=body)


def conclusion(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["validationReport"]["validationConclusion"]
    return found


def refused(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/json"
    (row,) = answer.json()["requestErrors"]
    assert set(row) == {"key", "message"}
    return row["key"], row["message"]


def test_a_sealed_invoice(api: Api, story: Story) -> None:
    sealed = story.invoice(story.seal()).sealed
    answer = post(api, sealed, filename="发票.pdf")
    found = conclusion(answer)
    assert (found["signaturesCount"], found["validSignaturesCount"]) == (1, 1)
    assert found["validatedDocument"] == {
        "filename": "发票.pdf",
        "fileHash": b64encode(sha256(sealed).digest()).decode(),
        "hashAlgo": "SHA256",
    }
    assert found["signatureForm"] == "PAdES"
    (one,) = found["signatures"]
    assert one["indication"] == "TOTAL-PASSED"
    assert one["signatureFormat"] == "PAdES_BASELINE_B"
    assert one["signatureLevel"] == "ADESEAL"
    assert one["signatureMethod"].endswith("#ecdsa-sha256")
    assert one["signedBy"] == one["subjectDistinguishedName"]["commonName"]
    assert one["subjectDistinguishedName"]["serialNumber"] == A
    assert one["signatureScopes"][0]["scope"] == "FULL"
    assert one["info"]["bestSignatureTime"]
    (signing,) = one["certificates"]
    assert signing["type"] == "SIGNING"
    x509.Certificate.load(b64decode(signing["content"]), strict=True)
    root = b64decode(signing["issuer"]["issuer"]["content"])
    assert x509.Certificate.load(root).self_signed == "maybe"
    kept = api("GET", answer.headers["content-location"]).json()
    assert kept["summary"] == "TRUSTED"


def test_a_modified_and_an_unsigned_document(api: Api, story: Story) -> None:
    sealed = story.invoice(story.seal()).sealed
    (one,) = conclusion(post(api, sealed + b"\n% more\n"))["signatures"]
    assert one["indication"] == "TOTAL-FAILED"
    assert one["errors"]
    found = conclusion(post(api, pdf()))
    assert (found["signaturesCount"], found["signatures"]) == (0, [])


def test_what_the_register_or_the_meaning_condemns_does_not_pass(api: Api, story: Story) -> None:
    seal = story.seal()
    before = story.clock.at - timedelta(seconds=30)
    sealed = story.invoice(seal).sealed
    request = ChangeRequest(SealAction.REPORT_LOST, reason="because", effective_from=before)
    seals.change(story.deps, merchant(A), seal.seal_id, request)
    assert api("POST", "/v1/verifications", content=sealed).json()["summary"] == "INVALID"
    found = conclusion(post(api, sealed))
    (one,) = found["signatures"]
    assert one["indication"] != "TOTAL-PASSED"
    assert one["errors"]
    assert found["validSignaturesCount"] == 0


def test_report_types_and_policies(api: Api, story: Story) -> None:
    sealed = story.invoice(story.seal()).sealed
    detailed = post(api, sealed, reportType="Detailed").json()["validationReport"]
    assert detailed["validationProcess"]["signatures"][0]["basicBuildingBlocks"]["CV"] == "PASSED"
    diagnostic = post(api, sealed, reportType="Diagnostic").json()["validationReport"]
    assert diagnostic["diagnosticData"]["reports"][0]["summary"] == "TRUSTED"
    simple = conclusion(post(api, sealed, signaturePolicy="POLv4"))
    assert simple["policy"]["policyName"] != "POLv4"
    assert "POLv4" in simple["validationWarnings"][0]["content"]
    assert "validationWarnings" not in conclusion(post(api, sealed, signaturePolicy="default"))
    assert conclusion(post(api, sealed, documentType="PDF", signaturePolicy=None))


FILENAMES = (
    "../../etc/passwd",
    "a\u202efdp.exe",
    "C:\\x\\发票.pdf",
    "<script>.pdf",
    "\x00",
    "a" * 255,
    "😀",
)


def test_hostile_filenames_are_shown_clean(api: Api) -> None:
    for filename in FILENAMES:
        shown = conclusion(post(api, pdf(), filename=filename))["validatedDocument"]["filename"]
        assert "/" not in shown
        assert "\\" not in shown
        assert not shown or shown.isprintable()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"filename": ""}, "filename"),
    ({"filename": None}, "filename"),
    ({"filename": "a" * 256}, "filename"),
    ({"filename": 7}, "filename"),
    ({"document": ""}, "document"),
    ({"document": "\n"}, "document"),
    ({"document": None}, "document"),
    ({"document": "%%%"}, "document"),
    ({"document": "QUJD*"}, "document"),
    ({"document": "QUJ"}, "document"),
    ({"document": "äöü="}, "document"),
    ({"document": ["QUJD"]}, "document"),
    ({"document": "QUJD"}, "document"),
    ({"reportType": "Everything"}, "reportType"),
    ({"reportType": None}, "reportType"),
    ({"signaturePolicy": "POLv9"}, "signaturePolicy"),
    ({"signaturePolicy": ""}, "signaturePolicy"),
    ({"signaturePolicy": "x" * 65}, "signaturePolicy"),
    ({"signaturePolicy": {}}, "signaturePolicy"),
]


def test_refused_in_sivas_format(api: Api) -> None:
    for change, key in REFUSED:
        assert refused(post(api, pdf(), **change))[0] == key, change


def test_refused_documents(api: Api) -> None:
    malformed = "Document malformed or not matching documentType"
    assert refused(post(api, imprint())) == ("document", malformed)
    assert refused(post(api, b"%PDF-1.7")) == ("document", malformed)
    assert refused(post(api, encrypted()))[0] == "document"


def test_refused_bodies(api: Api) -> None:
    for body in (b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"7"):
        key, message = refused(api("POST", VALIDATE, content=body))
        assert key == "request"
        assert message


def test_a_lone_surrogate_is_no_text(api: Api) -> None:
    body = json.dumps({"filename": "\ud800", "document": "QUJD"}).encode()
    assert refused(api("POST", VALIDATE, content=body))[0] in {"request", "document", "filename"}


def test_what_is_not_sivas_stays_a_problem(api: Api) -> None:
    form = api("POST", VALIDATE, files={"file": ("a.pdf", pdf(), "application/pdf")})
    assert refused(form) == ("request", "JSON expected")
    wrong = api("GET", VALIDATE)
    assert (wrong.status_code, wrong.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    unknown = api("POST", f"{VALIDATE}?x=1", json={})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "VALIDATION_FAILED")
    large = api("POST", VALIDATE, content=bytes(51 * 1024 * 1024))
    assert (large.status_code, large.json()["code"]) == (413, "TOO_LARGE")


def test_white_space_in_base64_is_nothing(api: Api) -> None:
    text = b64encode(pdf()).decode()
    lines = "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    body = {"filename": "a.pdf", "document": lines}
    assert conclusion(api("POST", VALIDATE, json=body))["signaturesCount"] == 0


def test_described_in_openapi(api: Api) -> None:
    operation = api.app.openapi()["paths"][VALIDATE]["post"]
    refusal = operation["responses"]["400"]["content"]["application/json"]["schema"]
    assert refusal["$ref"].endswith("/SivaErrorsOut")
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert sorted(body["required"]) == ["document", "filename"]
    assert operation["responses"]["405"]
