"""`/v1/seals` over HTTP: shapes, rights, problems."""

import base64
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from lxml import etree
from PIL import Image

from api.schemas.common import rfc3339
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityPatch
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import SealView
from sealsvc.documents.ofd.render.page import render_page
from sealsvc.imprint.compare import compare
from sealsvc.values import SealMedium, SealType
from tests.api.infra.conftest import Api
from tests.areas.seals.world import (
    CODE,
    NAMES,
    OPERATOR,
    PERSON,
    A,
    B,
    World,
    picture,
)

Auth = dict[str, dict[str, str]]
ELECTRONIC = {"uscc": A, "type": "CONTRACT", "medium": "ELECTRONIC", "name": "合同专用章"}
PHYSICAL = {**ELECTRONIC, "medium": "PHYSICAL"}


@pytest.fixture
def post(api: Api, auth: Auth) -> Callable[..., httpx.Response]:
    def call(path: str, body: Any = None, who: str = "owner", **headers: str) -> httpx.Response:
        extra = {"json": body} if body is not None else {}
        return api("POST", path, headers={**auth[who], **headers}, **extra)

    return call


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/problems/{code}")
    return body


def test_from_application_to_use(world: World, post: Any, api: Api, auth: Auth) -> None:
    answer = post("/v1/seals", ELECTRONIC)
    assert answer.status_code == 201
    row = answer.json()
    own = f"/v1/seals/{row['id']}"
    assert answer.headers["location"] == own
    assert (row["status"], row["version"], row["complete"]) == ("APPLIED", 1, True)
    assert (row["ownerUscc"], row["ownerName"]) == (A, NAMES[A])
    assert row["imprint"]["widthMm"] == 38.0
    first_tag = answer.headers["etag"]
    # any reader gets a tag of its own, so the approver asks first
    tag = api("GET", own, headers=auth["approver"]).headers["etag"]
    assert tag == first_tag
    approved = post(f"{own}/approve", None, "approver", **{"If-Match": tag})
    assert approved.json()["status"] == "APPROVED"
    stale = post(f"{own}/issue", None, "approver", **{"If-Match": tag})
    problem(stale, 412, "PRECONDITION_FAILED")
    fresh = {"If-Match": approved.headers["etag"]}
    issued = post(f"{own}/issue", {}, "approver", **fresh).json()
    assert (issued["status"], issued["version"]) == ("ACTIVE", 3)
    assert issued["certSerial"]
    assert issued["validUntil"].endswith("Z")
    shown = api("GET", own, headers=auth["owner"])
    assert shown.json() == issued
    suspended = post(f"{own}/suspend", {"reason": "盘点"}, **{"If-Match": "*"}).json()
    assert suspended["status"] == "SUSPENDED"
    assert post(f"{own}/resume", {"reason": "完毕"}).json()["status"] == "ACTIVE"
    assert post(f"{own}/revoke", {"reason": "停用"}).json()["status"] == "REVOKED"
    problem(post(f"{own}/resume", {"reason": "x"}), 409, "SEAL_ILLEGAL_TRANSITION")


def test_what_strangers_see(world: World, api: Api, auth: Auth) -> None:
    seal = world.active()
    for who in ("nobody", "stranger", "shop", "operator"):
        row = api("GET", f"/v1/seals/{seal.seal_id}", headers=auth[who]).json()
        assert row["complete"] is False
        assert (row["ownerUscc"], row["status"]) == (A, "ACTIVE")
        assert row["certSerial"] == seal.cert_serial
        for hidden in ("applicantClientId", "imprint", "suite", "underReview", "voidProposal"):
            assert row[hidden] is None
    for who in ("owner", "approver", "regulator", "auditor"):
        answer = api("GET", f"/v1/seals/{seal.seal_id}", headers=auth[who])
        assert answer.json()["applicantClientId"] == seal.applicant_client_id
        assert "keyRef" not in answer.text
        assert str(seal.key_ref) not in answer.text


def test_natural_person(world: World, api: Api, auth: Auth) -> None:
    seal = world.applied(uscc=PERSON)
    row = api("GET", f"/v1/seals/{seal.seal_id}").json()
    assert row["ownerUscc"] is None
    assert PERSON not in api("GET", f"/v1/seals?uscc={PERSON}").text
    assert api("GET", "/v1/seals").json()["data"] == []
    assert len(api("GET", "/v1/seals", headers=auth["regulator"]).json()["data"]) == 1


def test_search_and_pages(world: World, api: Api, auth: Auth) -> None:
    made = [world.applied() for _ in range(3)]
    paper = world.active(SealType.OFFICIAL, medium=SealMedium.PHYSICAL, code=CODE)
    other = world.applied(SealType.INVOICE, uscc=B)

    def found(query: str) -> set[str]:
        answer = api("GET", f"/v1/seals?{query}")
        assert answer.status_code == 200, answer.text
        return {row["id"] for row in answer.json()["data"]}

    assert found(f"uscc={B}") == {other.seal_id}
    assert found(f"code={CODE}") == {paper.seal_id}
    assert found("type=OFFICIAL&status=ACTIVE") == {paper.seal_id}
    assert found("type=CONTRACT") == {seal.seal_id for seal in made}
    page = api("GET", "/v1/seals?limit=2").json()
    assert page["hasMore"]
    seen = [row["id"] for row in page["data"]]
    while page["hasMore"]:
        page = api("GET", f"/v1/seals?limit=2&cursor={page['nextCursor']}").json()
        seen += [row["id"] for row in page["data"]]
    assert seen == sorted({*(seal.seal_id for seal in made), paper.seal_id, other.seal_id})


@pytest.mark.parametrize("query", ["type=X", "status=X", "limit=0", "unknown=1", "cursor=abc"])
def test_bad_searches(world: World, api: Api, query: str) -> None:
    problem(api("GET", f"/v1/seals?{query}"), 422, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": "NONE"}, "/type"),
        ({"medium": None}, "/medium"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 61}, "/name"),
        ({"sequence": 0}, "/sequence"),
        ({"imprint": "%%%"}, "/imprint"),
        ({"imprint": 7}, "/imprint"),
        ({"keyRef": "key_x"}, "/keyRef"),
        ({"seal_type": "CONTRACT"}, "/seal_type"),
    ],
)
def test_bad_applications(post: Any, change: dict[str, Any], pointer: str) -> None:
    body = problem(post("/v1/seals", {**ELECTRONIC, **change}), 422, "VALIDATION_FAILED")
    assert pointer in {row["pointer"] for row in body["errors"]}


def test_applications_the_domain_refuses(world: World, post: Any) -> None:
    wrong = problem(
        post("/v1/seals", {**ELECTRONIC, "code": CODE}), 422, "SEAL_APPLICATION_INVALID"
    )
    assert wrong["errors"][0]["pointer"] == "/code"
    problem(post("/v1/seals", {**PHYSICAL, "code": "1"}), 422, "SEAL_CODE_INVALID")
    problem(post("/v1/seals", {**ELECTRONIC, "uscc": B}), 403, "ENTITY_NOT_YOURS")
    problem(
        post("/v1/seals", {**ELECTRONIC, "uscc": "113300000000000199"}), 404, "ENTITY_NOT_FOUND"
    )
    problem(post("/v1/seals", ELECTRONIC, "shop"), 403, "SCOPE_MISSING")
    problem(post("/v1/seals", ELECTRONIC, "nobody"), 401, "UNAUTHENTICATED")
    lone = {**ELECTRONIC, "type": "LEGAL_REPRESENTATIVE"}
    assert post("/v1/seals", lone).status_code == 201
    problem(post("/v1/seals", lone), 409, "SEAL_LIMIT_REACHED")
    garbage = base64.b64encode(b"no picture").decode()
    problem(post("/v1/seals", {**PHYSICAL, "imprint": garbage}), 422, "IMPRINT_PICTURE_UNREADABLE")
    entities.change(world.deps, OPERATOR, A, {"legal_name": "长" * 65})
    body = problem(post("/v1/seals", ELECTRONIC), 422, "SEAL_APPLICATION_INVALID")
    assert body["reason"] == "TOO_LONG_FOR_CERTIFICATE"


def test_rights_matrix(world: World, post: Any) -> None:
    seal = world.active()
    own = f"/v1/seals/{seal.seal_id}"
    reason = {"reason": "x"}
    for verb, who, status, code in (
        ("approve", "owner", 403, "SCOPE_MISSING"),
        ("approve", "nobody", 401, "UNAUTHENTICATED"),
        ("issue", "regulator", 403, "SCOPE_MISSING"),
        ("suspend", "stranger", 403, "ENTITY_NOT_YOURS"),
        ("suspend", "approver", 403, "SCOPE_MISSING"),
        ("report-lost", "regulator", 403, "ENTITY_NOT_YOURS"),
        ("replace", "stranger", 403, "ENTITY_NOT_YOURS"),
        ("void", "owner", 403, "UNBOUND_CLIENT_REQUIRED"),
        ("approve", "approver", 409, "SEAL_ILLEGAL_TRANSITION"),
    ):
        body = None if verb == "issue" else reason
        problem(post(f"{own}/{verb}", body, who), status, code)
    assert world.get(seal) == seal


@pytest.mark.parametrize("verb", ["reject", "suspend", "resume", "report-lost", "revoke", "void"])
def test_absent_seal(world: World, post: Any, verb: str) -> None:
    who = {"reject": "approver"}.get(verb, "regulator" if verb == "void" else "owner")
    problem(post(f"/v1/seals/seal_nowhere/{verb}", {"reason": "x"}, who), 404, "SEAL_NOT_FOUND")


@pytest.mark.parametrize("verb", ["suspend", "report-lost", "revoke", "replace"])
def test_reasons(world: World, post: Any, verb: str) -> None:
    seal = world.active()
    own = f"/v1/seals/{seal.seal_id}/{verb}"
    problem(post(own), 422, "REASON_REQUIRED")
    problem(post(own, {"reason": "  "}), 422, "REASON_REQUIRED")
    problem(post(own, {"reason": "x" * 501}), 422, "REASON_REQUIRED")
    problem(post(own, {"reason": "x", "more": 1}), 422, "VALIDATION_FAILED")
    problem(post(own, {"reason": "x", "effectiveFrom": "yesterday"}), 422, "VALIDATION_FAILED")
    assert world.get(seal) == seal


def test_dates(world: World, post: Any) -> None:
    seal = world.active()
    own = f"/v1/seals/{seal.seal_id}"
    future = rfc3339(world.clock.now() + timedelta(hours=1))
    body = {"reason": "x", "effectiveFrom": future}
    problem(post(f"{own}/report-lost", body), 422, "EFFECTIVE_FROM_INVALID")
    past = {"reason": "x", "effectiveFrom": rfc3339(seal.applied_at + timedelta(minutes=1))}
    problem(post(f"{own}/suspend", past), 422, "EFFECTIVE_FROM_INVALID")
    naive = {"reason": "x", "effectiveFrom": "2026-11-21T09:00:00"}
    problem(post(f"{own}/report-lost", naive), 422, "VALIDATION_FAILED")
    issue = post(f"{own}/issue", {"reason": "x"}, "approver")
    problem(issue, 422, "VALIDATION_FAILED")


def test_status_over_time(world: World, post: Any, api: Api) -> None:
    seal = world.active()
    used_at = world.clock.now()
    world.clock.forward(hours=2)
    own = f"/v1/seals/{seal.seal_id}"
    since = used_at - timedelta(seconds=30)
    post(f"{own}/report-lost", {"reason": "遗失", "effectiveFrom": rfc3339(since)})
    world.clock.forward(hours=1)
    then = rfc3339(used_at)
    answer = api("GET", f"{own}/status?at={then}&knownAt={then}")
    assert answer.headers["cache-control"] == "no-cache"
    told = answer.json()
    assert (told["status"], told["statusNow"]) == ("ACTIVE", "LOST")
    assert (told["at"], told["knownAt"]) == (then, then)
    assert told["thisUpdate"] == rfc3339(world.clock.now())
    assert told["receipt"] == f"/v1/receipts/{told['factId']}"
    later = told["knownLater"]
    assert (later["status"], later["effectiveFrom"]) == ("LOST", rfc3339(since))
    assert later["factId"] == world.facts(seal)[-1].id
    assert "遗失" not in answer.text
    now = api("GET", f"{own}/status").json()
    assert (now["status"], now["knownLater"]) == ("LOST", None)
    before = api("GET", f"{own}/status?at=2020-01-01T00:00:00Z").json()
    assert (before["status"], before["factId"], before["receipt"]) == (None, None, None)
    problem(api("GET", f"{own}/status?at=2020-01-01T00:00:00"), 422, "VALIDATION_FAILED")
    problem(api("GET", "/v1/seals/seal_x/status"), 404, "SEAL_NOT_FOUND")


def test_void_by_two(world: World, post: Any, api: Api, auth: Auth) -> None:
    seal = world.active()
    own = f"/v1/seals/{seal.seal_id}"
    proposed = post(f"{own}/void", {"reason": "伪造"}, "regulator")
    assert proposed.status_code == 200
    row = proposed.json()
    assert (row["status"], row["voidProposal"]["reason"]) == ("ACTIVE", "伪造")
    assert row["voidProposal"]["effectiveFrom"] == rfc3339(seal.applied_at)
    assert api("GET", own).json()["voidProposal"] is None
    problem(post(f"{own}/void", {"reason": "x"}, "regulator"), 403, "DUAL_CONTROL_REQUIRED")
    confirmed = post(f"{own}/void", None, "regulator2").json()
    assert (confirmed["status"], confirmed["voidProposal"]) == ("VOID", None)
    events = api("GET", f"{own}/history", headers=auth["regulator"]).json()["data"]
    assert (events[-1]["action"], events[-1]["reason"]) == ("VOID", "伪造")


def test_replace(world: World, post: Any) -> None:
    seal = world.active()
    answer = post(f"/v1/seals/{seal.seal_id}/replace", {"reason": "损坏"})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/v1/seals/{made['id']}"
    assert (made["status"], made["supersedes"]) == ("APPLIED", seal.seal_id)
    assert world.get(seal).superseded_by == made["id"]


def test_history(world: World, api: Api, auth: Auth) -> None:
    seal = world.active()
    world.change(seal, SealAction.SUSPEND)
    path = f"/v1/seals/{seal.seal_id}/history"
    rows = api("GET", path, headers=auth["owner"]).json()["data"]
    assert [row["action"] for row in rows] == ["APPLY", "APPROVE", "ISSUE", "SUSPEND"]
    assert [row["factId"] for row in rows] == [fact.id for fact in world.facts(seal)]
    assert rows[-1]["reason"] == "because"
    problem(api("GET", path), 401, "UNAUTHENTICATED")
    problem(api("GET", path, headers=auth["stranger"]), 403, "SEAL_NOT_YOURS")
    problem(api("GET", path, headers=auth["shop"]), 403, "SEAL_NOT_YOURS")


def test_imprint(world: World, api: Api, auth: Auth) -> None:
    seal = world.applied()
    path = f"/v1/seals/{seal.seal_id}/imprint"
    for who in ("owner", "approver", "auditor"):
        answer = api("GET", path, headers=auth[who])
        assert answer.headers["content-type"] == "image/png"
        assert "private" in answer.headers["cache-control"]
        assert Image.open(BytesIO(answer.content)).format == "PNG"
    problem(api("GET", path), 401, "UNAUTHENTICATED")
    for who in ("stranger", "shop", "operator"):
        problem(api("GET", path, headers=auth[who]), 403, "SEAL_NOT_YOURS")


DRAWN = (
    SealType.OFFICIAL,
    SealType.CONTRACT,
    SealType.INVOICE,
    SealType.FINANCE,
    SealType.LEGAL_REPRESENTATIVE,
)


def test_an_imprint_as_outlines(world: World, api: Api, auth: Auth) -> None:
    own = {kind: world.applied(kind) for kind in DRAWN}
    paths = {kind: f"/v1/seals/{seal.seal_id}/imprint" for kind, seal in own.items()}
    pictures = {kind: api("GET", path, headers=auth["owner"]) for kind, path in paths.items()}
    for kind, path in paths.items():
        drawn = api("GET", path, headers={**auth["owner"], "Accept": "image/svg+xml"})
        assert drawn.headers["content-type"] == "image/svg+xml"
        assert drawn.headers["vary"] == "Accept"
        assert etree.fromstring(drawn.content).get("width") == f"{own[kind].width_mm:g}mm"
        package = api("GET", path, headers={**auth["auditor"], "Accept": "application/ofd"})
        assert package.headers["content-type"] == "application/ofd"
        page = render_page(package.content, 1, 600).png
        near = {one: compare(png.content, page).ink_overlap for one, png in pictures.items()}
        assert max(near, key=near.__getitem__) is kind
        assert near[kind] > 0.8


@pytest.mark.parametrize("who", ["stranger", "shop", "operator"])
@pytest.mark.parametrize("form", ["image/svg+xml", "application/ofd"])
def test_outlines_are_shown_to_no_one_else(
    world: World, api: Api, auth: Auth, who: str, form: str
) -> None:
    path = f"/v1/seals/{world.applied().seal_id}/imprint"
    problem(api("GET", path, headers={**auth[who], "Accept": form}), 403, "SEAL_NOT_YOURS")


@pytest.mark.parametrize("dpi", [None, 300, 50_000])
def test_a_picture_from_outside_has_no_outlines(
    world: World, api: Api, auth: Auth, dpi: int | None
) -> None:
    seal = world.approved(medium=SealMedium.PHYSICAL)
    path = f"/v1/seals/{seal.seal_id}/imprint"
    filed = api("PUT", path, headers=auth["owner"], content=picture(dpi=dpi))
    assert filed.status_code == 200
    assert api("GET", path, headers=auth["owner"]).status_code == 200
    svg = api("GET", path, headers={**auth["owner"], "Accept": "image/svg+xml"})
    problem(svg, 409, "IMPRINT_NOT_DRAWN")


@pytest.mark.parametrize("name", ["北京新名商贸有限公司", "北京𪛖商贸有限公司", "长" * 100])
def test_outlines_are_not_those_of_a_later_name(
    world: World, api: Api, auth: Auth, name: str
) -> None:
    seal = world.applied()
    entities.change(world.deps, OPERATOR, A, EntityPatch(legal_name=name))
    path = f"/v1/seals/{seal.seal_id}/imprint"
    svg = api("GET", path, headers={**auth["owner"], "Accept": "image/svg+xml"})
    problem(svg, 409, "IMPRINT_NOT_DRAWN")


def test_physical_seal(world: World, post: Any, api: Api, auth: Auth) -> None:
    row = post("/v1/seals", PHYSICAL).json()
    own = f"/v1/seals/{row['id']}"
    imprint = f"{own}/imprint"
    problem(api("GET", imprint, headers=auth["owner"]), 404, "BLOB_NOT_FOUND")
    post(f"{own}/approve", None, "approver")
    problem(post(f"{own}/issue", None, "approver"), 409, "SEAL_IMPRINT_MISSING")

    def put(who: str, query: str = "", **kwargs: Any) -> httpx.Response:
        return api("PUT", f"{imprint}{query}", headers=auth[who], **kwargs)

    problem(put("stranger", content=picture()), 403, "ENTITY_NOT_YOURS")
    problem(put("nobody", content=picture()), 401, "UNAUTHENTICATED")
    problem(put("owner", content=b"no picture"), 422, "IMPRINT_PICTURE_UNREADABLE")
    problem(put("owner", "?code=12", content=picture()), 422, "SEAL_CODE_INVALID")
    problem(put("owner"), 422, "VALIDATION_FAILED")
    filed = put("owner", f"?code={CODE}", content=picture("JPEG")).json()
    assert (filed["code"], filed["status"]) == (CODE, "APPROVED")
    again = put("owner", files={"file": ("seal.bmp", picture("BMP"), "image/bmp")}).json()
    assert again["version"] == filed["version"] + 1
    issued = post(f"{own}/issue", None, "approver").json()
    assert (issued["status"], issued["suite"]) == ("ACTIVE", None)
    problem(put("owner", content=picture()), 409, "SEAL_ILLEGAL_TRANSITION")


def test_physical_seal_in_one_request(world: World, post: Any) -> None:
    imprint = base64.b64encode(picture()).decode()
    row = post("/v1/seals", {**PHYSICAL, "code": CODE, "imprint": imprint}).json()
    assert row["imprint"]["widthMm"] == pytest.approx(10.16)
    problem(post("/v1/seals", {**PHYSICAL, "code": CODE}), 409, "SEAL_CODE_TAKEN")


def test_repeated_request_is_one_application(world: World, post: Any, api: Api) -> None:
    key = {"Idempotency-Key": "one"}
    first, second = post("/v1/seals", ELECTRONIC, **key), post("/v1/seals", ELECTRONIC, **key)
    assert first.json() == second.json()
    assert len(api("GET", "/v1/seals").json()["data"]) == 1
    other = post("/v1/seals", {**ELECTRONIC, "name": "另一枚"}, **key)
    problem(other, 422, "IDEMPOTENCY_KEY_REUSED")


def test_counterpart(world: World, post: Any) -> None:
    paper: SealView = world.active(medium=SealMedium.PHYSICAL, code=CODE)
    row = post("/v1/seals", {**ELECTRONIC, "counterpartSealId": paper.seal_id}).json()
    assert row["counterpartSealId"] == paper.seal_id
    wrong = {**PHYSICAL, "counterpartSealId": paper.seal_id}
    problem(post("/v1/seals", wrong), 422, "SEAL_COUNTERPART_INVALID")
    post(f"/v1/seals/{paper.seal_id}/report-lost", {"reason": "遗失"})
    assert seals.get(world.deps, row["id"]).under_review
