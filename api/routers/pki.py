"""`/pki/…`: our CA certificates and CRLs, as certificates point to them."""

from datetime import datetime
from email.utils import format_datetime
from typing import Annotated, Any

from asn1crypto import pem
from fastapi import APIRouter, Header, Path, Response

from api.deps import Services_, etag_of
from api.media import BINARY
from api.schemas.certs import PkiIssuerOut, PkiOut
from sealsvc.areas.certs import service

router = APIRouter(tags=["pki"], prefix="/pki")

_CERTIFICATE_TYPE = "application/pkix-cert"
_CRL_TYPE = "application/pkix-crl"
_PEM_TYPE = "application/x-pem-file"
_DAY_S = 86_400
# A revocation must reach readers soon, whatever nextUpdate says.
_CRL_AGE_S = 60

Label_ = Annotated[str, Path(max_length=40, examples=["issuing"])]
IfNoneMatch_ = Annotated[str | None, Header(alias="If-None-Match", max_length=2000)]


def _answers(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"content": {media_type: BINARY}},
        304: {"description": "The caller has this one."},
        404: {"description": "PKI_OBJECT_NOT_FOUND"},
    }


@router.get("/", summary="证书体系 · Our CAs")
def list_pki(services: Services_) -> PkiOut:
    """Every CA of the trust domain, with its certificate's and newest CRL's addresses."""
    found = service.pki_objects(services.deps)
    return PkiOut(issuers=[PkiIssuerOut.of(one) for one in found])


@router.get(
    "/chain.pem",
    response_class=Response,
    responses=_answers(_PEM_TYPE),
    summary="全部 CA 证书 · Chains",
)
def get_chain_pem(services: Services_, if_none_match: IfNoneMatch_ = None) -> Response:
    """Roots and issuing CAs, international and SM2, in one PEM file: for verifying offline."""
    known = service.trust_material(services.deps)
    ders = (*known.anchors_der, *known.issuers_der)
    return _cached(b"".join(map(_pem, ders)), _PEM_TYPE, _DAY_S, if_none_match)


@router.get(
    "/{label}.pem", response_class=Response, responses=_answers(_PEM_TYPE), summary="CA 证书 · PEM"
)
def get_ca_pem(services: Services_, label: Label_, if_none_match: IfNoneMatch_ = None) -> Response:
    """A CA's certificate as PEM: `root` and `sm2-root` are the trust anchors."""
    der = service.issuer_certificate(services.deps, label)
    return _cached(_pem(der), _PEM_TYPE, _DAY_S, if_none_match)


@router.get(
    "/{label}.cer",
    response_class=Response,
    responses=_answers(_CERTIFICATE_TYPE),
    summary="CA 证书 · CA certificate",
)
def get_ca_certificate(
    services: Services_, label: Label_, if_none_match: IfNoneMatch_ = None
) -> Response:
    """DER of a CA's certificate (RFC 5280 section 4.2.2.1)."""
    der = service.issuer_certificate(services.deps, label)
    return _cached(der, _CERTIFICATE_TYPE, _DAY_S, if_none_match)


@router.get(
    "/{label}.crl",
    response_class=Response,
    responses=_answers(_CRL_TYPE),
    summary="证书吊销列表 · Revocation list",
)
def get_crl(services: Services_, label: Label_, if_none_match: IfNoneMatch_ = None) -> Response:
    """DER of a CA's newest CRL (RFC 5280 section 5)."""
    crl = service.newest_crl(services.deps, label)
    answer = _cached(crl.der, _CRL_TYPE, _CRL_AGE_S, if_none_match)
    answer.headers["Last-Modified"] = _http_date(crl.this_update)
    return answer


def _pem(der: bytes) -> bytes:
    # Not by a certificate class: not every library reads a key on the SM2 curve.
    armoured: bytes = pem.armor("CERTIFICATE", der)
    return armoured


def _cached(data: bytes, media_type: str, age_s: int, if_none_match: str | None) -> Response:
    """The bytes, or 304 where the caller has them. Source: RFC 9110 section 13.1.2."""
    etag = etag_of(data.hex())
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, max-age={age_s}",
        "Access-Control-Allow-Origin": "*",
    }
    known = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=media_type)


def _http_date(at: datetime) -> str:
    return format_datetime(at.replace(microsecond=0), usegmt=True)
