"""`/v1/contracts/templates`: publish and look up; a version never changes."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.auth import Principal_
from api.deps import Page_, Services_, page_json
from api.schemas.common import Page
from api.schemas.contract_templates import TemplateIn, TemplateOut
from sealsvc.areas.contracts.service import templates

router = APIRouter(tags=["contracts"])

TemplateId_ = Annotated[str, Path(alias="id", max_length=40, description="范本编号 · Template id.")]


@router.post("/v1/contracts/templates", status_code=201, summary="发布范本 · Publish a template")
def publish_template(
    services: Services_, principal: Principal_, body: TemplateIn, response: Response
) -> TemplateOut:
    """A merchant's own (`seal.sign`), or everybody's by an unbound operator (`entity.write`).

    Problems: CONTRACT_TEMPLATE_INVALID, GLYPH_MISSING.
    """
    view = templates.publish(services.deps, principal, body.draft())
    response.headers["Location"] = f"/v1/contracts/templates/{view.template_id}"
    return TemplateOut.of(view)


@router.get("/v1/contracts/templates", summary="范本列表 · Templates")
def list_templates(services: Services_, principal: Principal_, page: Page_) -> Page[TemplateOut]:
    """The newest version of everybody's templates and of one's own."""
    after = None if page.after is None else str(page.after[0])
    found = templates.search(services.deps, principal, after=after, limit=page.limit)
    return page_json(page, found, shape=TemplateOut.of, position=lambda one: [one.template_id])


@router.get(
    "/v1/contracts/templates/{id}",
    responses={404: {"description": "CONTRACT_TEMPLATE_NOT_FOUND"}},
    summary="范本 · One template",
)
def get_template(
    services: Services_,
    principal: Principal_,
    template_id: TemplateId_,
    version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> TemplateOut:
    """One version, the newest where none is named."""
    return TemplateOut.of(templates.get(services.deps, principal, template_id, version))


@router.post(
    "/v1/contracts/templates/{id}",
    status_code=201,
    responses={404: {"description": "CONTRACT_TEMPLATE_NOT_FOUND"}},
    summary="范本新版本 · The next version of a template",
)
def publish_template_version(
    services: Services_, principal: Principal_, template_id: TemplateId_, body: TemplateIn
) -> TemplateOut:
    """Earlier versions stay as they are. Problems: CONTRACT_TEMPLATE_INVALID, ENTITY_NOT_YOURS."""
    return TemplateOut.of(templates.publish(services.deps, principal, body.draft(), template_id))
