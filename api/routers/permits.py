"""`/v1/entities/{uscc}/permits`: permits and licences of an entity."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.auth import OptionalPrincipal_, Principal_
from api.deps import IfMatch_, Page_, Services_, etag_of, page_json, require_match
from api.routers.entities import PathUscc_
from api.schemas.common import Page, UtcTime
from api.schemas.permits import PermitCorrection, PermitIn, PermitOut, PermitWithdrawal
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import permits
from sealsvc.areas.entities.model.permits import PermitStatus, ShownPermit
from sealsvc.values import Principal

router = APIRouter(tags=["entities"])

PermitId_ = Annotated[str, Path(alias="id", max_length=200, description="许可编号 · Permit id.")]
At_ = Annotated[UtcTime | None, Query(description="Status at this time; now by default.")]

_ABSENT: dict[int | str, dict[str, Any]] = {404: {"description": "ENTITY_NOT_FOUND"}}
_NO_PERMIT: dict[int | str, dict[str, Any]] = {
    404: {"description": "ENTITY_NOT_FOUND, PERMIT_NOT_FOUND"}
}
_STALE: dict[int | str, dict[str, Any]] = {
    409: {"description": "PERMIT_ALREADY_WITHDRAWN, PERMIT_UNCHANGED, PERMIT_EXISTS"},
    412: {"description": "PRECONDITION_FAILED"},
}


@router.post(
    "/v1/entities/{uscc}/permits",
    status_code=201,
    summary="登记许可 · Register a permit",
    responses=_ABSENT
    | {409: {"description": "PERMIT_EXISTS, PERMIT_LIMIT_REACHED, ENTITY_ALREADY_CANCELLED"}},
)
def register_permit(
    services: Services_,
    principal: Principal_,
    uscc: PathUscc_,
    body: PermitIn,
    response: Response,
) -> PermitOut:
    """Scope `entity.write`. Problems: USCC_INVALID, PERMIT_FIELD_INVALID, ENTITY_NOT_YOURS."""
    shown = permits.register(services.deps, principal, uscc, body.draft())
    permit = shown.permit
    response.headers["Location"] = f"/v1/entities/{permit.uscc}/permits/{permit.permit_id}"
    return _answer(response, shown)


@router.get(
    "/v1/entities/{uscc}/permits", responses=_ABSENT, summary="许可列表 · Permits of an entity"
)
def list_permits(
    services: Services_,
    viewer: OptionalPrincipal_,
    uscc: PathUscc_,
    page: Page_,
    at: At_ = None,
    status: Annotated[PermitStatus | None, Query()] = None,
) -> Page[PermitOut]:
    """Anyone may ask; a natural person's numbers are shown with `entity.read` only."""
    after = None if page.after is None else str(page.after[0])
    shown = permits.search(
        services.deps, viewer, uscc, status=status, at=at, page=(after, page.limit + 1)
    )
    return page_json(page, shown, shape=PermitOut.of, position=lambda one: [one.permit.permit_id])


@router.get(
    "/v1/entities/{uscc}/permits/{id}", responses=_NO_PERMIT, summary="许可详情 · One permit"
)
def get_permit(
    services: Services_,
    viewer: OptionalPrincipal_,
    uscc: PathUscc_,
    permit_id: PermitId_,
    response: Response,
    at: At_ = None,
) -> PermitOut:
    """With its status at a time. Problems: USCC_INVALID."""
    return _answer(response, permits.get(services.deps, viewer, uscc, permit_id, at=at))


@router.patch(
    "/v1/entities/{uscc}/permits/{id}",
    responses=_NO_PERMIT | _STALE,
    summary="更正许可 · Correct a permit",
)
def correct_permit(
    services: Services_,
    principal: Principal_,
    uscc: PathUscc_,
    permit_id: PermitId_,
    body: PermitCorrection,
    response: Response,
    if_match: IfMatch_ = None,
) -> PermitOut:
    """Scope `entity.write`. Problems: USCC_INVALID, PERMIT_FIELD_INVALID, ENTITY_NOT_YOURS."""
    key = (uscc, permit_id)
    seen = _seen_version(services.deps, principal, key, if_match)
    shown = permits.correct(services.deps, principal, key, body.patch(), seen_version=seen)
    return _answer(response, shown)


@router.post(
    "/v1/entities/{uscc}/permits/{id}/withdraw",
    responses=_NO_PERMIT | _STALE,
    summary="撤回许可 · Withdraw a permit",
)
def withdraw_permit(
    services: Services_,
    principal: Principal_,
    uscc: PathUscc_,
    permit_id: PermitId_,
    body: PermitWithdrawal,
    response: Response,
    if_match: IfMatch_ = None,
) -> PermitOut:
    """Scope `entity.write`; there is no way back. Problems: as for a correction."""
    key = (uscc, permit_id)
    seen = _seen_version(services.deps, principal, key, if_match)
    shown = permits.withdraw(
        services.deps,
        principal,
        key,
        body.reason,
        effective_from=body.effective_from,
        seen_version=seen,
    )
    return _answer(response, shown)


def _answer(response: Response, shown: ShownPermit) -> PermitOut:
    response.headers["ETag"] = _etag(shown)
    return PermitOut.of(shown)


def _etag(shown: ShownPermit) -> str:
    permit = shown.permit
    return etag_of(permit.permit_id, permit.version, str(shown.status), str(shown.complete))


def _seen_version(
    deps: Deps, principal: Principal, key: tuple[str, str], if_match: str | None
) -> int | None:
    """The version that If-Match names; the service compares it again where it counts."""
    if if_match is None:
        return None
    shown = permits.get(deps, principal, *key)
    require_match(if_match, _etag(shown))
    return shown.permit.version
