"""`/v1/receipts/{factId}`: proofs that verify offline."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import JSONResponse

from api.auth import OptionalPrincipal_
from api.deps import Services_
from api.schemas.transparency import PendingOut, ReceiptOut
from sealsvc.areas.transparency import service
from sealsvc.areas.transparency.model import Pending

router = APIRouter(tags=["transparency"])

_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/plain": {"schema": {"type": "string"}}},
        "description": "tlog-proof text; JSON around it with `Accept: application/json`.",
    },
    202: {"model": PendingOut, "description": "Committed, no index yet; see Retry-After."},
    404: {"description": "FACT_NOT_FOUND"},
}


@router.get(
    "/v1/receipts/{factId}",
    response_model=ReceiptOut,
    responses=_ANSWERS,
    summary="收据 · Receipt of a fact",
)
def get_receipt(
    services: Services_,
    viewer: OptionalPrincipal_,
    fact_id: Annotated[str, Path(alias="factId", max_length=40)],
    digest: Annotated[
        str | None, Query(max_length=64, description="SHA-256 of the document, lower-case hex.")
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "*/*",
) -> Response:
    """With the document's digest or an entitled key it carries payload and salt; for everyone
    else the public entry alone. Problems: FACT_NOT_FOUND, DIGEST_INVALID.
    """
    found = service.receipt(services.deps, services.logbook, fact_id, viewer, digest=digest)
    if isinstance(found, Pending):
        waiting = {"Retry-After": str(found.retry_after_s)}
        return JSONResponse(PendingOut.of(found).model_dump(by_alias=True), 202, _HEADERS | waiting)
    if "application/json" in accept and "text/plain" not in accept:
        shape = ReceiptOut.of(found)
        return JSONResponse(shape.model_dump(by_alias=True, mode="json"), headers=_HEADERS)
    named = {"Content-Disposition": f'inline; filename="{found.fact_id}.tlog-proof"'}
    return Response(found.text, headers=_HEADERS | named, media_type="text/plain; charset=utf-8")
