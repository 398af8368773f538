import json
from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta

import httpx

from api.demo.tamper import overpaint
from api.main import create_app
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import service as seals
from sealsvc.areas.verification.retention import expire_reports
from sealsvc.storage.logbook import Logbook
from sealsvc.values import Scope, SealType, time_ordered_id
from tests.api.infra.conftest import Api, FakeServices
from tests.areas.conftest import SettableClock
from tests.areas.sealing.story import A, B, Story, pdf
from tests.builders.pdf import encrypted, imprint

Key = Callable[..., dict[str, str]]
VERIFY = "/v1/verifications"


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_anyone_verifies_and_reads_the_report_again(api: Api, story: Story) -> None:
    sealed = story.invoice(story.seal()).sealed
    answer = api("POST", VERIFY, content=sealed)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert report["summary"] == "TRUSTED"
    assert answer.headers["content-location"] == report["links"]["self"]
    again = api("GET", report["links"]["self"])
    assert again.content == answer.content
    named = api("POST", VERIFY, files={"file": ("发票.pdf", sealed, "image/png")})
    assert named.json()["subject"]["filename"] == "发票.pdf"


def test_options_in_query_and_part(api: Api, story: Story) -> None:
    sealed = story.invoice(story.seal()).sealed
    in_query = api("POST", f"{VERIFY}?expect.sellerUscc={B}&expect.role=invoice", content=sealed)
    assert in_query.json()["summary"] == "INVALID"
    options = {"expect": {"sellerUscc": A, "sealType": "INVOICE"}, "policy": "default"}
    files = {"file": ("a.pdf", sealed, "application/pdf")}
    in_part = api("POST", VERIFY, files=files, data={"options": json.dumps(options)})
    assert in_part.json()["summary"] == "TRUSTED", in_part.text


def test_evidence_needs_a_key_and_gives_a_receipt(api: Api, story: Story, key: Key) -> None:
    sealed = story.invoice(story.seal()).sealed
    url = f"{VERIFY}?evidence=true"
    assert code(api("POST", url, content=sealed)) == (403, "SCOPE_MISSING")
    unfit = key(Scope.ENTITY_READ)
    assert code(api("POST", url, content=sealed, headers=unfit)) == (403, "SCOPE_MISSING")
    report = api("POST", url, content=sealed, headers=key(Scope.VERIFY)).json()
    receipt = api("GET", report["links"]["receipt"])
    assert receipt.status_code in (200, 202)


def test_refused(api: Api, story: Story) -> None:
    def post(data: bytes, more: str = "") -> tuple[int, str]:
        return code(api("POST", VERIFY + more, content=data))

    assert post(imprint()) == (415, "UNSUPPORTED_FORMAT")
    assert post(b"\x00") == (415, "UNSUPPORTED_FORMAT")
    assert post(b"") == (422, "VALIDATION_FAILED")
    assert post(encrypted()) == (422, "DOCUMENT_ENCRYPTED")
    assert post(b"%PDF-1.7") == (422, "DOCUMENT_UNREADABLE")
    assert post(pdf(), "?policy=none") == (422, "POLICY_UNKNOWN")
    assert post(pdf(), "?expect.sellerUscc=x") == (422, "USCC_INVALID")
    assert post(pdf(), "?expect.colour=x") == (422, "VALIDATION_FAILED")
    assert post(pdf(), "?validationTime=yesterday") == (422, "VALIDATION_FAILED")
    assert post(pdf(), "?validationTime=2026-11-21T09:00:00") == (422, "VALIDATION_FAILED")
    future = "?validationTime=2126-11-21T09:00:00Z"
    assert post(pdf(), future) == (422, "VALIDATION_TIME_IN_FUTURE")
    for out_of_years in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"):
        assert post(pdf(), f"?validationTime={out_of_years}") == (422, "VALIDATION_FAILED")
    assert post(bytes(51 * 1024 * 1024)) == (413, "TOO_LARGE")
    assert code(api("GET", f"{VERIFY}/vr_unknown")) == (404, "VERIFICATION_NOT_FOUND")


def test_comparison(api: Api, story: Story, key: Key) -> None:
    seal = story.seal(A, SealType.CONTRACT)
    url = f"/v1/comparisons?seal={seal.seal_id}"
    shop, owner = key(Scope.VERIFY), key(Scope.VERIFY, uscc=A)
    document = api("POST", url, content=story.use(seal).sealed, headers=shop)
    assert document.status_code == 200, document.text
    (one,) = document.json()["signatures"]
    assert one["picture"]["distance"]["pixelIdentical"] is True
    assert one["picture"]["distance"]["byteIdentical"] is None
    picture = api("POST", url, content=seals.imprint(story.deps, seal.seal_id), headers=shop)
    shown = picture.json()
    assert shown["picture"]["distance"]["byteIdentical"] is True
    assert "proves nothing" in shown["statement"]["en"]
    assert not {"verdict", "summary", "indication"} & shown.keys()
    drawn = api("POST", f"{url}&withPicture=true", content=imprint(), headers=owner).json()
    assert b64decode(drawn["picture"]["differencePng"]).startswith(b"\x89PNG")
    refused = api("POST", f"{url}&withPicture=true", content=imprint(), headers=shop)
    assert code(refused) == (403, "SEAL_NOT_YOURS")
    assert code(api("POST", url, content=imprint())) == (401, "UNAUTHENTICATED")
    unknown = api("POST", "/v1/comparisons?seal=seal_x", content=imprint(), headers=shop)
    assert code(unknown) == (404, "SEAL_NOT_FOUND")
    assert code(api("POST", url, content=b"GIF89a", headers=shop)) == (415, "UNSUPPORTED_FORMAT")


def test_changes_are_named_in_the_report_and_on_the_page(api: Api, story: Story) -> None:
    sealed = story.invoice(story.seal()).sealed
    painted = overpaint(sealed, "99999.00", (20.0, 40.0, 30.0, 6.0))
    (signature,) = api("POST", VERIFY, content=painted).json()["signatures"]
    named = [item for change in signature["changesAfter"] for item in change["objects"]]
    assert [(item["kind"], item["page"]) for item in named] == [("PAGE_CHANGED", 1)]
    assert named[0]["message"].startswith("第 1 页")
    files = {"file": ("a.pdf", painted, "application/pdf")}
    assert named[0]["message"] in api("POST", "/verify?lang=zh", files=files).text
    assert named[0]["messageEn"] in api("POST", "/verify?lang=en", files=files).text


def test_signer_expected(api: Api, story: Story) -> None:
    sealed = story.invoice(story.seal()).sealed
    for uscc, summary in ((A, "TRUSTED"), (B, "INVALID")):
        report = api("POST", f"{VERIFY}?expect.signerUscc={uscc}", content=sealed).json()
        assert report["summary"] == summary
    found = [item["code"] for item in report["findings"]]
    assert "SIGNER_MISMATCH" in found
    assert code(api("POST", f"{VERIFY}?expect.signerUscc=1", content=sealed))[1] == "USCC_INVALID"


def test_an_old_unknown_report_is_said_to_be_expired(
    make_deps: Callable[..., Deps], logbook: Logbook, clock: SettableClock
) -> None:
    deps = make_deps(report_lifetime=timedelta(days=30))
    own = Api(create_app(FakeServices(deps, logbook)), clock, FakeServices(deps, logbook), "")
    link = own("POST", VERIFY, content=pdf()).json()["links"]["self"]
    assert own("GET", link).status_code == 200
    clock.forward(days=31)
    expire_reports(deps)
    for form in ("", "?format=evidence", "?format=etsi", "?level=detailed"):
        assert code(own("GET", link + form)) == (404, "VERIFICATION_EXPIRED")
    young = time_ordered_id("vr", clock.now(), bytes(16))
    assert code(own("GET", f"{VERIFY}/{young}")) == (404, "VERIFICATION_NOT_FOUND")
