"""`/v1/comparisons`: measure a document's seals, or a picture, against a registered seal."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.auth import Principal_
from api.deps import Services_
from api.schemas.verifications import ComparisonOut
from api.uploads import Upload_
from sealsvc.areas.verification import service
from sealsvc.areas.verification.service import ComparisonRequest
from sealsvc.values import SealId

router = APIRouter(tags=["verifications"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"description": "SEAL_NOT_FOUND"},
    415: {"description": "UNSUPPORTED_FORMAT"},
}


@router.post("/v1/comparisons", responses=_ANSWERS, summary="比对 · Compare with a registered seal")
def compare_seal(
    services: Services_,
    principal: Principal_,
    upload: Upload_,
    seal: Annotated[str, Query(max_length=40, description="印章编号 · Id of the seal.")],
    with_picture: Annotated[
        bool, Query(alias="withPicture", description="Draw the difference as a PNG.")
    ] = False,
) -> ComparisonOut:
    """A PDF or OFD, or a picture (PNG, JPEG, BMP). Scope `verify`. Measures, never a verdict.

    A document's seal is measured twice: the picture embedded for it, and, as `rendered`, what a
    reader sees in its place, with the words under the seal and whatever lies over it; not where
    an OFD shows it in slices only.

    Problems: SEAL_NOT_FOUND, SEAL_NOT_YOURS (withPicture), SCOPE_MISSING, UNSUPPORTED_FORMAT,
    DOCUMENT_ENCRYPTED, DOCUMENT_UNREADABLE, IMPRINT_PICTURE_UNREADABLE, RESOURCE_LIMIT.
    """
    request = ComparisonRequest(upload.data, SealId(seal), with_picture)
    return ComparisonOut.of(service.compare(services.deps, principal, request))
