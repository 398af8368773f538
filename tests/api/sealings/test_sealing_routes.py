import json
from collections.abc import Callable
from hashlib import sha256

import httpx
import pytest

from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import SealView
from sealsvc.values import Scope, SealType
from tests.api.infra.conftest import Api
from tests.areas.sealing.story import A, B, Story, merchant, pdf
from tests.builders.pdf import encrypted, imprint

Key = Callable[..., dict[str, str]]
PDF = {"Accept": "application/pdf"}


@pytest.fixture
def seal(story: Story) -> SealView:
    return story.seal(A, SealType.CONTRACT)


@pytest.fixture
def signer(key: Key) -> dict[str, str]:
    return key(Scope.SEAL_SIGN, uscc=A)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_sealing_answers_the_file_or_the_record(
    api: Api, story: Story, seal: SealView, signer: dict[str, str]
) -> None:
    url = f"/v1/sealings?seal={seal.seal_id}&role=contract&number=HT-1&partyUsccs={A},{B}"
    sealed = api("POST", url, content=pdf(), headers=signer | PDF)
    assert sealed.status_code == 201, sealed.text
    assert sealed.headers["content-type"] == "application/pdf"
    sealing_id = sealed.headers["sealing-id"]
    location = sealed.headers["location"]
    assert location == f"/v1/sealings/{sealing_id}"
    assert "sealing-warnings" not in sealed.headers
    shown = api("GET", location, headers=signer).json()
    assert shown["digest"] == sha256(sealed.content).hexdigest()
    assert shown["status"] == "COMPLETED"
    assert shown["declaration"] == {"role": "contract", "number": "HT-1", "partyUsccs": [A, B]}
    assert shown["placement"]["page"] == 1
    assert shown["links"]["receipt"] == f"/v1/receipts/{shown['completedFactId']}"
    assert api("GET", location, headers=signer | PDF).content == sealed.content
    assert api("GET", shown["links"]["trace"]).json()["data"][-1]["payload"]["digest"]
    assert story.verify(sealed.content)["summary"] == "TRUSTED"


def test_multipart_with_options_answers_json(
    api: Api, seal: SealView, signer: dict[str, str]
) -> None:
    options = {"page": 1, "x": 20.5, "y": 30, "width": 35, "sellerUscc": B}
    answer = api(
        "POST",
        f"/v1/sealings?seal={seal.seal_id}",
        files={"file": ("a.pdf", pdf(), "application/pdf")},
        data={"options": json.dumps(options)},
        headers=signer | {"Accept": "application/json, application/pdf;q=0.5"},
    )
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["placement"] == {"page": 1, "x": 20.5, "y": 30.0, "width": 35.0}
    assert body["warnings"] == ["SELLER_SEAL_MISMATCH"]
    assert answer.headers["sealing-warnings"] == "SELLER_SEAL_MISMATCH"


def test_an_idempotency_key_seals_once(
    api: Api, story: Story, seal: SealView, signer: dict[str, str]
) -> None:
    headers = signer | PDF | {"Idempotency-Key": '"once"'}
    url = f"/v1/sealings?seal={seal.seal_id}&invisible=true"
    first, second = (api("POST", url, content=pdf(), headers=headers) for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert first.headers["sealing-id"] == second.headers["sealing-id"]


def test_refused(api: Api, story: Story, seal: SealView, signer: dict[str, str], key: Key) -> None:
    url = f"/v1/sealings?seal={seal.seal_id}"

    def post(
        data: bytes = b"", more: str = "", headers: dict[str, str] = signer, at: str = url
    ) -> tuple[int, str]:
        return code(api("POST", at + more, content=data or pdf(), headers=headers))

    assert post(headers={}) == (401, "UNAUTHENTICATED")
    assert post(headers=key(Scope.VERIFY, uscc=A)) == (403, "SCOPE_MISSING")
    assert post(headers=key(Scope.SEAL_SIGN, uscc=B)) == (403, "ENTITY_NOT_YOURS")
    assert post(at="/v1/sealings?seal=seal_unknown") == (404, "SEAL_NOT_FOUND")
    assert post(at="/v1/sealings") == (422, "VALIDATION_FAILED")
    assert post(more="&colour=red") == (422, "VALIDATION_FAILED")
    assert post(more="&role=will") == (422, "VALIDATION_FAILED")
    assert post(more="&x=1") == (422, "PLACEMENT_INVALID")
    assert post(more="&page=1&invisible=true") == (422, "PLACEMENT_INVALID")
    assert post(more="&x=-1&y=1") == (422, "VALIDATION_FAILED")
    assert post(more="&x=nan&y=1") == (422, "VALIDATION_FAILED")
    assert post(more="&page=9") == (422, "PAGE_NOT_FOUND")
    assert post(more="&x=205&y=1") == (422, "PLACEMENT_OUT_OF_PAGE")
    assert post(more="&sellerUscc=x") == (422, "DECLARATION_INVALID")
    assert post(more="&role=invoice") == (409, "SEAL_TYPE_NOT_ALLOWED")
    assert post(imprint()) == (415, "UNSUPPORTED_FORMAT")
    assert post(encrypted()) == (422, "DOCUMENT_ENCRYPTED")
    assert post(pdf()[:300]) == (422, "DOCUMENT_UNREADABLE")
    story.change(seal, SealAction.SUSPEND)
    assert post() == (409, "SEAL_NOT_ACTIVE")


def test_too_large(api: Api, seal: SealView, signer: dict[str, str]) -> None:
    url = f"/v1/sealings?seal={seal.seal_id}"
    answer = api("POST", url, content=bytes(51 * 1024 * 1024), headers=signer)
    assert code(answer) == (413, "TOO_LARGE")


def test_records_are_for_owner_and_auditor(
    api: Api, story: Story, seal: SealView, signer: dict[str, str], key: Key
) -> None:
    made = story.use(seal, who=merchant(A))
    url = f"/v1/sealings/{made.view.sealing_id}"
    assert api("GET", url, headers=key(Scope.AUDIT_READ)).status_code == 200
    assert code(api("GET", url)) == (401, "UNAUTHENTICATED")
    for stranger in (key(Scope.VERIFY), key(Scope.SEAL_SIGN, uscc=B)):
        assert code(api("GET", url, headers=stranger)) == (404, "SEALING_NOT_FOUND")
        assert code(api("GET", url, headers=stranger | PDF)) == (404, "SEALING_NOT_FOUND")
    assert code(api("GET", "/v1/sealings/slg_x", headers=signer)) == (404, "SEALING_NOT_FOUND")
