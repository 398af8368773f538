"""`/v1/verifications`: is this document what it seems, and who sealed it."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import JSONResponse

from api.auth import OptionalPrincipal_
from api.deps import Services_
from api.media import BINARY
from api.schemas.verifications import VerificationReportOut, VerifyOptions
from api.uploads import OptionsOf, Upload_
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.verification import keeping, service
from sealsvc.areas.verification.model import VerificationView

router = APIRouter(tags=["verifications"])

_JUDGED: dict[int | str, dict[str, Any]] = {
    413: {"description": "TOO_LARGE"},
    415: {
        "description": "UNSUPPORTED_FORMAT; of a bare seal or signature value (.esl, .dat), which "
        "`sealsvc inspect` shows, `contains` names the kind."
    },
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
    """PDF or OFD. Needs no key; a failed verification is a report too. The document is not kept.
    One that needs more than a worker may use gets an INDETERMINATE report with RESOURCE_LIMIT.

    `evidence=true` with a key of scope `verify` makes the verification itself a fact. Problems:
    UNSUPPORTED_FORMAT, DOCUMENT_ENCRYPTED, DOCUMENT_UNREADABLE, TOO_LARGE, POLICY_UNKNOWN,
    VALIDATION_TIME_IN_FUTURE, USCC_INVALID, EXPECTATION_INVALID, SCOPE_MISSING.
    """
    request = options.request(upload.data, upload.filename)
    return _answer(service.verify(services.deps, principal, request))


class ReportFormat(StrEnum):
    """In which shape a report is wanted; `evidence` is the record a replay stands on."""

    JSON = "json"
    PDF = "pdf"
    ETSI = "etsi"
    EVIDENCE = "evidence"


class ReportLevel(StrEnum):
    """How much a JSON report tells."""

    SIMPLE = "simple"
    DETAILED = "detailed"
    DIAGNOSTIC = "diagnostic"


@router.get(
    "/v1/verifications/{verificationId}",
    response_model=VerificationReportOut,
    responses={
        200: {
            "content": {
                "application/pdf": BINARY,
                "application/xml": {"schema": {"type": "string"}},
            }
        },
        404: {"description": "VERIFICATION_NOT_FOUND, VERIFICATION_EXPIRED, EVIDENCE_NOT_KEPT"},
        409: {"description": "The service's own seal may not be used: ENTITY_ALREADY_CANCELLED, …"},
    },
    summary="验证报告 · A verification report",
)
def get_verification(
    services: Services_,
    verification_id: Annotated[str, Path(alias="verificationId", max_length=40)],
    format: Annotated[ReportFormat, Query()] = ReportFormat.JSON,
    level: Annotated[ReportLevel, Query()] = ReportLevel.SIMPLE,
) -> Response:
    """Who has the id may read it. `json` at level `simple` is the same bytes as first answered;
    the other levels are judged again from the kept evidence. `pdf` is one page under the service's
    own seal; `etsi` is ETSI TS 119 102-2 XML. Reports that are no fact of the log are kept for a
    while only: VERIFICATION_EXPIRED. Problem: OPERATOR_SEAL_MISSING.
    """
    deps = services.deps
    if format is ReportFormat.PDF:
        page = sealing.sealed_report(deps, verification_id)
        return _file(page, "application/pdf", f"{verification_id}.pdf")
    view = service.get(deps, verification_id)
    if format is ReportFormat.EVIDENCE:
        record = keeping.evidence_of(deps, view)
        return _file(record, "application/json", f"{verification_id}.evidence.json")
    if format is ReportFormat.ETSI:
        return _file(keeping.etsi(deps, view), "application/xml", f"{verification_id}.xml")
    if level is ReportLevel.SIMPLE:
        return _answer(view)
    return JSONResponse(
        keeping.shape_of(deps, view, str(level)), headers={"Cache-Control": "no-store"}
    )


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'inline; filename="{name}"',
    }
    return Response(content, headers=headers, media_type=media_type)


def _answer(view: VerificationView) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Location": f"/v1/verifications/{view.verification_id}",
    }
    return Response(view.body, headers=headers, media_type="application/json")
