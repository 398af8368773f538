"""`/v1/trace`: what happened to a document, a seal or an entity."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth import OptionalPrincipal_
from api.deps import Page_, Services_, page_json
from api.schemas.common import Page
from api.schemas.transparency import TraceEventOut
from sealsvc.areas.entities.model import canonicalise
from sealsvc.areas.transparency import service
from sealsvc.areas.transparency.model import TraceQuery

router = APIRouter(tags=["transparency"])


async def trace_query(
    page: Page_,
    digest: Annotated[
        str | None, Query(max_length=64, description="SHA-256 of the sealed file, lower-case hex.")
    ] = None,
    seal_id: Annotated[str | None, Query(alias="sealId", max_length=40)] = None,
    uscc: Annotated[str | None, Query(max_length=64)] = None,
    fact_id: Annotated[str | None, Query(alias="factId", max_length=40)] = None,
) -> TraceQuery:
    """Dependency: what is searched for. Raises: TraceQueryInvalid, DigestInvalid."""
    return TraceQuery(
        digest=digest,
        seal_id=seal_id,
        uscc=None if uscc is None else canonicalise(uscc),
        fact_id=fact_id,
        after_index=-1 if page.after is None else int(str(page.after[0])),
        limit=page.limit + 1,
    )


@router.get(
    "/v1/trace",
    responses={404: {"description": "FACT_NOT_FOUND"}},
    summary="追溯 · Trace a document, a seal or an entity",
)
def get_trace(
    services: Services_,
    viewer: OptionalPrincipal_,
    page: Page_,
    query: Annotated[TraceQuery, Depends(trace_query)],
) -> Page[TraceEventOut]:
    """Exactly one of the four. Whoever holds the file opens its facts by `digest`; a key opens
    those of its own entity; without either only public leaves are listed.

    Problems: TRACE_QUERY_INVALID, DIGEST_INVALID, FACT_NOT_FOUND.
    """
    facts = service.trace(services.deps, viewer, query)
    return page_json(page, facts, shape=TraceEventOut.of, position=lambda one: [one.index])
