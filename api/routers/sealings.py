"""`/v1/sealings`: put a seal on a document; the record and the sealed file."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import JSONResponse

from api.auth import Principal_
from api.deps import Services_
from api.media import BINARY, Accept_, wants
from api.schemas.sealings import SealingOptions, SealingOut
from api.uploads import OptionsOf, Upload_
from sealsvc.areas.sealing import service
from sealsvc.areas.sealing.model import SealingView

router = APIRouter(tags=["sealings"])


_JSON = "application/json"
_FILE: dict[str, Any] = {"application/pdf": BINARY, "application/ofd": BINARY}
_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}
_SEALED: dict[int | str, dict[str, Any]] = {
    201: {
        "model": SealingOut,
        "content": _FILE,
        "description": "The sealed file where its media type is accepted, else the record.",
        "headers": {
            "Location": {"schema": {"type": "string"}},
            "Sealing-Id": {"schema": {"type": "string"}},
            "Sealing-Warnings": {"schema": {"type": "string"}},
        },
    },
    404: {"description": "SEAL_NOT_FOUND"},
    409: {
        "description": "SEAL_NOT_ACTIVE, SEAL_IS_PHYSICAL, SEAL_TYPE_NOT_ALLOWED, "
        "SEAL_OUT_OF_VALIDITY, ENTITY_ALREADY_CANCELLED, EXISTING_SIGNATURE_BROKEN, "
        "DOCMDP_FORBIDS_SEAL, OFD_LOCKED_BY_SIGNATURE, SEAL_SUITE_MISSING, "
        "SEALING_INTENT_CLOSED"
    },
    415: {"description": "UNSUPPORTED_FORMAT"},
}
_SHOWN: dict[int | str, dict[str, Any]] = {
    200: {"content": _FILE, "description": "The record, or the file where it is accepted."},
    404: {"description": "SEALING_NOT_FOUND"},
    409: {"description": "SEALING_NOT_COMPLETED"},
}


@router.post(
    "/v1/sealings",
    status_code=201,
    response_model=SealingOut,
    responses=_SEALED,
    summary="用章 · Seal a document",
)
def create_sealing(
    services: Services_,
    principal: Principal_,
    upload: Upload_,
    options: Annotated[SealingOptions, Depends(OptionsOf(SealingOptions))],
    seal: Annotated[str, Query(max_length=40, description="印章编号 · Id of the seal.")],
    accept: Accept_ = "*/*",
) -> Response:
    """Scope `seal.sign`, bound to the seal's owner. The file leaves only after a self-check.

    A PDF is sealed in the seal's own suite or in `suite`; an OFD always by GB/T 38540 with SM2,
    with `straddle` also over the pages' edge. `Accept: application/pdf` (or `application/ofd`)
    answers the sealed file. Problems: SEAL_NOT_FOUND, SCOPE_MISSING,
    ENTITY_NOT_YOURS, SEAL_NOT_ACTIVE, SEAL_IS_PHYSICAL, SEAL_TYPE_NOT_ALLOWED,
    SEAL_OUT_OF_VALIDITY, ENTITY_ALREADY_CANCELLED, DECLARATION_INVALID, PLACEMENT_INVALID,
    PAGE_NOT_FOUND, PLACEMENT_OUT_OF_PAGE, UNSUPPORTED_FORMAT, DOCUMENT_ENCRYPTED,
    DOCUMENT_UNREADABLE, EXISTING_SIGNATURE_BROKEN, DOCMDP_FORBIDS_SEAL, SEALING_SUITE_INVALID,
    SEAL_SUITE_MISSING, STRADDLE_NOT_SUPPORTED, OFD_LOCKED_BY_SIGNATURE, OFD_SEVERAL_DOCUMENTS,
    SEALING_INTENT_CLOSED.
    """
    result = service.seal(services.deps, principal, options.request(seal, upload.data))
    headers = _headers(result.view)
    if wants(accept, result.view.media_type, over=_JSON):
        return _file(result.view, result.sealed, 201, headers)
    return _json(SealingOut.of(result.view), 201, headers)


@router.get(
    "/v1/sealings/{sealingId}",
    response_model=SealingOut,
    responses=_SHOWN,
    summary="用章记录 · A sealing, or its sealed file",
)
def get_sealing(
    services: Services_,
    principal: Principal_,
    sealing_id: Annotated[str, Path(alias="sealingId", max_length=40)],
    accept: Accept_ = "*/*",
) -> Response:
    """For the seal's owner and auditors. Problems: SEALING_NOT_FOUND, SEALING_NOT_COMPLETED."""
    view = service.get(services.deps, principal, sealing_id)
    if wants(accept, view.media_type, over=_JSON):
        view, sealed = service.document(services.deps, principal, sealing_id)
        return _file(view, sealed, 200, _headers(view))
    return _json(SealingOut.of(view), 200, _HEADERS)


def _headers(view: SealingView) -> dict[str, str]:
    location = f"/v1/sealings/{view.sealing_id}"
    named = _HEADERS | {"Location": location, "Sealing-Id": view.sealing_id}
    return named | {"Sealing-Warnings": ", ".join(view.warnings)} if view.warnings else named


def _file(view: SealingView, sealed: bytes, status: int, headers: dict[str, str]) -> Response:
    extension = view.media_type.rsplit("/", 1)[1]
    named = {"Content-Disposition": f'attachment; filename="{view.sealing_id}.{extension}"'}
    return Response(sealed, status, headers | named, media_type=view.media_type)


def _json(shape: SealingOut, status: int, headers: dict[str, str]) -> Response:
    return JSONResponse(shape.model_dump(mode="json"), status, headers)
