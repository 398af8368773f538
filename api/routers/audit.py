"""`/v1/audit/events`: every fact in order of the log, for auditors."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Principal_
from api.deps import Page_, Services_, page_json
from api.schemas.common import Page
from api.schemas.transparency import TraceEventOut
from sealsvc.areas.entities.model import canonicalise
from sealsvc.areas.transparency import service

router = APIRouter(tags=["transparency"])


@router.get("/v1/audit/events", summary="审计事件 · Facts for auditors")
def list_audit_events(
    services: Services_,
    principal: Principal_,
    page: Page_,
    after_index: Annotated[
        int,
        Query(alias="afterIndex", ge=-1, lt=2**53, description="Log index of the last fact seen."),
    ] = -1,
    type_: Annotated[
        str | None,
        Query(alias="type", max_length=64, description="`seal.lost`, or a family as `seal`."),
    ] = None,
    uscc: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[TraceEventOut]:
    """Scope `audit.read`; each call that opens payloads is itself a fact, `audit.opened`.

    A bound client sees the facts about its own entity. Problems: SCOPE_MISSING, ENTITY_NOT_YOURS.
    """
    facts = service.events(
        services.deps,
        principal,
        after_index=after_index if page.after is None else int(str(page.after[0])),
        type=type_,
        uscc=None if uscc is None else canonicalise(uscc),
        limit=page.limit + 1,
    )
    return page_json(page, facts, shape=TraceEventOut.of, position=lambda one: [one.index])
