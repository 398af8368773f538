"""`/pki/…` over HTTP: what certificates point to is there."""

from pathlib import Path

import httpx
import pytest
from cryptography import x509

from sealsvc.areas.certs import service as certs
from sealsvc.areas.seals.model import SealAction
from tests.api.infra.conftest import Api
from tests.areas.seals.world import World


def get(api: Api, path: str, **headers: str) -> httpx.Response:
    return api("GET", path, headers=headers)


def test_listing(world: World, api: Api) -> None:
    body = get(api, "/pki/").json()
    assert body["root"] == "/pki/root.pem"
    root, issuing = body["issuers"]
    assert (root["label"], root["root"]) == ("root", True)
    assert (issuing["label"], issuing["root"], issuing["crlNumber"]) == ("issuing", False, 1)
    for row in body["issuers"]:
        certificate = x509.load_der_x509_certificate(get(api, row["certificate"]).content)
        assert f"{certificate.serial_number:x}" == row["serial"]
        assert get(api, row["crl"]).status_code == 200
        assert row["nextUpdate"] > row["thisUpdate"]


def test_listing_before_there_is_anything(api: Api) -> None:
    assert get(api, "/pki/").json()["issuers"] == []
    assert get(api, "/pki/root.pem").status_code == 404


def test_what_a_seal_certificate_points_to(world: World, api: Api) -> None:
    seal = world.active()
    found = certs.find(world.deps, str(seal.cert_serial))
    assert found is not None
    assert found.der is not None
    leaf = x509.load_der_x509_certificate(found.der)
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name is not None
    base = world.deps.config.base_url
    answer = get(api, access[0].access_location.value.removeprefix(base))
    assert answer.headers["content-type"] == "application/pkix-cert"
    issuer = x509.load_der_x509_certificate(answer.content)
    leaf.verify_directly_issued_by(issuer)
    answer = get(api, points[0].full_name[0].value.removeprefix(base))
    assert answer.headers["content-type"] == "application/pkix-crl"
    crl = x509.load_der_x509_crl(answer.content)
    assert crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert len(crl) == 0


def test_root_pem(world: World, api: Api, tmp_path: Path) -> None:
    answer = get(api, "/pki/root.pem")
    anchor = x509.load_pem_x509_certificate(answer.content)
    anchor.verify_directly_issued_by(anchor)
    assert "max-age=86400" in answer.headers["cache-control"]


def test_caching_ends_with_a_revocation(world: World, api: Api) -> None:
    seal = world.active()
    first = get(api, "/pki/issuing.crl")
    tag = first.headers["etag"]
    assert "max-age=60" in first.headers["cache-control"]
    assert first.headers["last-modified"].endswith("GMT")
    same = get(api, "/pki/issuing.crl", **{"If-None-Match": f'"other", W/{tag}'})
    assert (same.status_code, same.content) == (304, b"")
    world.change(seal, SealAction.REVOKE)
    changed = get(api, "/pki/issuing.crl", **{"If-None-Match": tag})
    assert changed.status_code == 200
    assert len(x509.load_der_x509_crl(changed.content)) == 1


@pytest.mark.parametrize(
    "path", ["/pki/none.cer", "/pki/none.crl", "/pki/" + "x" * 40 + ".crl", "/pki/%E5%8D%B0.cer"]
)
def test_absent(world: World, api: Api, path: str) -> None:
    answer = get(api, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "PKI_OBJECT_NOT_FOUND")


@pytest.mark.parametrize("path", ["/pki/root.key", "/pki/issuing", "/pki/../root.cer", "/pki/a/b"])
def test_nothing_else_is_there(world: World, api: Api, path: str) -> None:
    assert get(api, path).status_code == 404


def test_only_reading(world: World, api: Api) -> None:
    answer = api("POST", "/pki/issuing.crl")
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert api("HEAD", "/pki/issuing.crl").status_code == 200
