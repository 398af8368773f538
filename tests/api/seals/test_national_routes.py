"""What a seal signs with, over HTTP: credentials, its SESeal, reissue, the hint to renew."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from ca.names import SubjectName
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import NATIONAL_SUITE
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.renewal import RENEWAL_WINDOW
from sealsvc.areas.seals.model.views import SealView
from sealsvc.formats import parse_seal
from sealsvc.values import SealMedium, SealType
from tests.api.infra.conftest import Api
from tests.areas.conftest import SettableClock
from tests.areas.seals.world import CODE, REGULATOR, World

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Auth = dict[str, dict[str, str]]
Call = Callable[..., httpx.Response]
READERS = ("owner", "approver", "regulator", "auditor")
MAKER = SubjectName(
    common_name="制章系统", organization="示例印章制作中心", uscc="12420000000000027K"
)


@pytest.fixture
def national(world: World) -> World:
    certs.create_national(world.deps, domain_name="Demo Seals", maker=MAKER)
    return world


@pytest.fixture
def call(api: Api, auth: Auth) -> Call:
    def made(method: str, seal: SealView, path: str = "", who: str = "owner") -> httpx.Response:
        return api(method, f"/v1/seals/{seal.seal_id}{path}", headers=auth[who])

    return made


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_credentials_are_for_those_entitled_and_not_in_lists(
    national: World, call: Call, api: Api, auth: Auth
) -> None:
    seal = national.active()
    for who in ("nobody", "stranger", "shop", "operator"):
        shown = call("GET", seal, who=who)
        assert (shown.json()["credentials"], shown.json()["renewalDue"]) == (None, None)
        assert "eseal" not in shown.json()["links"]
    for who in READERS:
        row: dict[str, Any] = call("GET", seal, who=who).json()
        own, sm2 = row["credentials"]
        assert (own["suite"], own["esealDigest"]) == ("ecdsa-p256-sha256", None)
        assert own["certSerial"] == row["certSerial"]
        assert sm2["suite"] == NATIONAL_SUITE
        assert set(sm2) == {"suite", "certSerial", "esealDigest", "madeAt"}
        assert row["renewalDue"] is False
        der = api("GET", row["links"]["eseal"], headers=auth[who]).content
        assert sm2["esealDigest"] == sha256(der).hexdigest()
    (listed,) = api("GET", "/v1/seals", headers=auth["regulator"]).json()["data"]
    assert (listed["complete"], listed["credentials"]) == (True, None)
    assert listed["renewalDue"] is False


def test_the_eseal_is_for_its_owner_and_authorities(national: World, call: Call) -> None:
    seal = national.active()
    for who in READERS:
        answer = call("GET", seal, "/eseal", who)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"].startswith("private")
        assert parse_seal(answer.content).property.certificates_der
    assert code(call("GET", seal, "/eseal", "nobody")) == (401, "UNAUTHENTICATED")
    for who in ("stranger", "shop", "operator"):
        assert code(call("GET", seal, "/eseal", who)) == (403, "SEAL_NOT_YOURS")


def test_no_eseal_without_a_certificate_of_sm2(world: World, call: Call, api: Api) -> None:
    for seal in (world.active(), world.applied(SealType.OFFICIAL)):
        assert code(call("GET", seal, "/eseal")) == (409, "SEAL_SUITE_MISSING")
        row = call("GET", seal).json()
        assert "eseal" not in row["links"]
        assert [one["esealDigest"] for one in row["credentials"]] in ([None], [])
    assert api("GET", "/v1/seals/seal_x/eseal").status_code == 401


def test_a_reissue_gives_new_certificates_and_a_new_eseal(national: World, call: Call) -> None:
    seal = national.active()
    before, old = call("GET", seal).json(), call("GET", seal, "/eseal").content
    for who, expected in {
        "nobody": (401, "UNAUTHENTICATED"),
        "owner": (403, "SCOPE_MISSING"),
        "stranger": (403, "SCOPE_MISSING"),
        "shop": (403, "SCOPE_MISSING"),
    }.items():
        assert code(call("POST", seal, "/reissue", who)) == expected, who
    answer = call("POST", seal, "/reissue", "approver")
    assert answer.status_code == 200, answer.text
    after = call("GET", seal).json()
    assert after["status"] == "ACTIVE"
    assert after["version"] == before["version"] + 1
    assert after["statusSince"] == before["statusSince"]
    both = zip(before["credentials"], after["credentials"], strict=True)
    assert all(then["certSerial"] != now["certSerial"] for then, now in both)
    assert call("GET", seal, "/eseal").content != old


def test_a_seal_from_before_sm2_gets_it_by_reissue(world: World, call: Call) -> None:
    seal = world.active()
    assert len(call("GET", seal).json()["credentials"]) == 1
    certs.create_national(world.deps, domain_name="Demo Seals", maker=MAKER)
    assert call("POST", seal, "/reissue", "approver").status_code == 200
    assert len(call("GET", seal).json()["credentials"]) == 2
    assert call("GET", seal, "/eseal").status_code == 200


def test_what_cannot_be_reissued(national: World, call: Call, api: Api, auth: Auth) -> None:
    paper = national.active(SealType.OFFICIAL, medium=SealMedium.PHYSICAL, code=CODE)
    assert code(call("POST", paper, "/reissue", "approver")) == (409, "SEAL_HAS_NO_KEY")
    assert call("GET", paper).json()["credentials"] == []
    waiting = national.applied()
    illegal = (409, "SEAL_ILLEGAL_TRANSITION")
    assert code(call("POST", waiting, "/reissue", "approver")) == illegal
    seal = national.active(SealType.INVOICE)
    national.change(seal, SealAction.SUSPEND, REGULATOR)
    assert code(call("POST", seal, "/reissue", "approver")) == illegal
    missing = api("POST", "/v1/seals/seal_x/reissue", headers=auth["approver"])
    assert code(missing) == (404, "SEAL_NOT_FOUND")
    stale = {**auth["approver"], "If-Match": '"old"'}
    path = f"/v1/seals/{seal.seal_id}/reissue"
    assert code(api("POST", path, headers=stale)) == (412, "PRECONDITION_FAILED")


def test_the_hint_to_renew_comes_in_time_and_goes_with_a_reissue(
    national: World, call: Call, clock: SettableClock
) -> None:
    seal = national.active()
    assert seal.valid_until is not None
    clock.at = seal.valid_until - RENEWAL_WINDOW - timedelta(seconds=1)
    assert call("GET", seal).json()["renewalDue"] is False
    clock.forward(seconds=1)
    assert call("GET", seal).json()["renewalDue"] is True
    assert call("GET", seal, who="nobody").json()["renewalDue"] is None
