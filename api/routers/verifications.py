"""`/v1/verifications`: is this document what it seems, and who sealed it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from api.auth import OptionalPrincipal_
from api.deps import Services_
from api.schemas.verifications import VerificationReportOut, VerifyOptions
from api.uploads import OptionsOf, Upload_
from sealsvc.areas.verification import service
from sealsvc.areas.verification.model import VerificationView

router = APIRouter(tags=["verifications"])

_JUDGED: dict[int | str, dict[str, Any]] = {
    413: {"description": "TOO_LARGE"},
    415: {"description": "UNSUPPORTED_FORMAT"},
}


@router.post(
    "/v1/verifications",
    response_model=VerificationReportOut,
    responses=_JUDGED,
    summary="验证 · Verify a document",
)
def verify_document(
    services: Services_,
    principal: OptionalPrincipal_,
    upload: Upload_,
    options: Annotated[VerifyOptions, Depends(OptionsOf(VerifyOptions))],
) -> Response:
    """Needs no key; a failed verification is a report too. The document is not kept.

    `evidence=true` with a key of scope `verify` makes the verification itself a fact. Problems:
    UNSUPPORTED_FORMAT, DOCUMENT_ENCRYPTED, DOCUMENT_UNREADABLE, TOO_LARGE, RESOURCE_LIMIT,
    POLICY_UNKNOWN, VALIDATION_TIME_IN_FUTURE, USCC_INVALID, EXPECTATION_INVALID, SCOPE_MISSING.
    """
    request = options.request(upload.data, upload.filename)
    return _answer(service.verify(services.deps, principal, request))


@router.get(
    "/v1/verifications/{verificationId}",
    response_model=VerificationReportOut,
    responses={404: {"description": "VERIFICATION_NOT_FOUND"}},
    summary="验证报告 · A verification report",
)
def get_verification(
    services: Services_,
    verification_id: Annotated[str, Path(alias="verificationId", max_length=40)],
) -> Response:
    """The same bytes as first answered; who has the id may read it."""
    return _answer(service.get(services.deps, verification_id))


def _answer(view: VerificationView) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Location": f"/v1/verifications/{view.verification_id}",
    }
    return Response(view.body, headers=headers, media_type="application/json")
