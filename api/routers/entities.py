"""`/v1/entities`: the register of entities."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from api.auth import OptionalPrincipal_, Principal_
from api.deps import IfMatch_, Page_, Services_, etag_of, page_json, require_match
from api.problems import InvalidRequest, pointer
from api.schemas.common import Page, ProblemRow
from api.schemas.entities import (
    EntityCancellation,
    EntityDetailOut,
    EntityOut,
    EntityRegistration,
    EntityUpdate,
)
from api.schemas.transparency import TraceEventOut
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service
from sealsvc.areas.entities.model import EntityView, PublicEntity, Severity
from sealsvc.values import Principal

router = APIRouter(tags=["entities"])

_ABSENT: dict[int | str, dict[str, Any]] = {
    404: {"description": "ENTITY_NOT_FOUND; `usccStatus` tells what the code itself says."},
}
_STALE: dict[int | str, dict[str, Any]] = {
    409: {"description": "ENTITY_ALREADY_CANCELLED, ENTITY_UNCHANGED"},
    412: {"description": "PRECONDITION_FAILED"},
}


class EntityCodeInvalid(InvalidRequest):
    """A request names a credit code that cannot be one; each row names what is wrong."""

    code = "USCC_INVALID"


async def path_uscc(
    services: Services_,
    uscc: Annotated[str, Path(max_length=64, description="统一社会信用代码 · Credit code.")],
) -> str:
    """Dependency: the canonical credit code of the path. Raises: EntityCodeInvalid."""
    return _checked(services.deps, uscc, "path")


PathUscc_ = Annotated[str, Depends(path_uscc)]


@router.post(
    "/v1/entities",
    status_code=201,
    summary="登记主体 · Register an entity",
    responses={409: {"description": "ENTITY_EXISTS"}},
)
def register_entity(
    services: Services_, principal: Principal_, body: EntityRegistration, response: Response
) -> EntityDetailOut:
    """Scope `entity.write`; bound clients register their own entity only.

    Problems: USCC_INVALID, ENTITY_FIELD_INVALID, ENTITY_EXISTS, ENTITY_NOT_YOURS.
    """
    _checked(services.deps, body.uscc, "body")
    entity = service.register(services.deps, principal, body.draft())
    response.headers["Location"] = f"/v1/entities/{entity.uscc}"
    return _answer(services.deps, response, entity)


@router.get("/v1/entities", summary="查询主体 · Search entities")
def search_entities(
    services: Services_,
    viewer: OptionalPrincipal_,
    page: Page_,
    name: Annotated[str, Query(max_length=120, description="Part of a full or short name.")] = "",
    uscc: Annotated[str | None, Query(max_length=64, description="Credit code.")] = None,
) -> Page[EntityOut]:
    """Public members without a key; individual businesses only for unbound `entity.read`."""
    after = None if page.after is None else str(page.after[0])
    found = service.search(
        services.deps, viewer, name, uscc=uscc, after=after, limit=page.limit + 1
    )
    return page_json(page, found, shape=EntityOut.of, position=lambda one: [one.uscc])


@router.get("/v1/entities/{uscc}", responses=_ABSENT, summary="主体与信用代码校验 · One entity")
def get_entity(
    services: Services_, viewer: OptionalPrincipal_, uscc: PathUscc_, response: Response
) -> EntityDetailOut:
    """Public members without a key; all with `entity.read`. Problems: USCC_INVALID."""
    return _answer(services.deps, response, service.get(services.deps, viewer, uscc))


@router.patch(
    "/v1/entities/{uscc}", responses=_ABSENT | _STALE, summary="变更主体 · Change an entity"
)
def change_entity(
    services: Services_,
    principal: Principal_,
    uscc: PathUscc_,
    body: EntityUpdate,
    response: Response,
    if_match: IfMatch_ = None,
) -> EntityDetailOut:
    """Scope `entity.write`. Problems: USCC_INVALID, ENTITY_FIELD_INVALID, ENTITY_NOT_YOURS."""
    seen = _seen_version(services.deps, principal, uscc, if_match)
    entity = service.change(services.deps, principal, uscc, body.patch(), seen_version=seen)
    return _answer(services.deps, response, entity)


@router.post(
    "/v1/entities/{uscc}/cancel",
    responses=_ABSENT | _STALE,
    summary="注销主体 · Cancel an entity",
)
def cancel_entity(
    services: Services_,
    principal: Principal_,
    uscc: PathUscc_,
    body: EntityCancellation,
    response: Response,
    if_match: IfMatch_ = None,
) -> EntityDetailOut:
    """Scope `entity.write`; there is no way back. Problems: as for a change."""
    seen = _seen_version(services.deps, principal, uscc, if_match)
    entity = service.cancel(services.deps, principal, uscc, body.reason, seen_version=seen)
    return _answer(services.deps, response, entity)


@router.get(
    "/v1/entities/{uscc}/history", responses=_ABSENT, summary="主体沿革 · History of an entity"
)
def list_entity_history(
    services: Services_, viewer: OptionalPrincipal_, uscc: PathUscc_, page: Page_
) -> Page[TraceEventOut]:
    """The entity's facts in order of the log; payloads for its own clients and for auditors."""
    after = -1 if page.after is None else int(str(page.after[0]))
    facts = service.history(services.deps, viewer, uscc, after_index=after, limit=page.limit + 1)
    return page_json(page, facts, shape=TraceEventOut.of, position=lambda one: [one.index])


def _answer(deps: Deps, response: Response, entity: EntityView | PublicEntity) -> EntityDetailOut:
    response.headers["ETag"] = _etag(entity)
    return EntityDetailOut.with_check(entity, service.check(deps, entity.uscc))


def _etag(entity: EntityView | PublicEntity) -> str:
    return etag_of(entity.uscc, entity.version, type(entity).__name__)


def _seen_version(deps: Deps, principal: Principal, uscc: str, if_match: str | None) -> int | None:
    """The version that If-Match names; the service compares it again where it counts."""
    if if_match is None:
        return None
    entity = service.get(deps, principal, uscc)
    require_match(if_match, _etag(entity))
    return entity.version


def _checked(deps: Deps, uscc: str, place: Literal["path", "body"]) -> str:
    result = service.check(deps, uscc)
    rows = [
        ProblemRow.model_validate(
            {
                "in": place,
                "pointer": pointer("uscc"),
                "code": str(issue.code),
                "detail": issue.message("en") + (f" ({issue.hint})" if issue.hint else ""),
            }
        )
        for issue in result.issues
        if issue.severity is Severity.ERROR
    ]
    if rows:
        raise EntityCodeInvalid(rows)
    return result.code
