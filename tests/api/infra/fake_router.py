"""A small area of its own, to drive the edge."""

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from api.auth import OptionalPrincipal_, Principal_
from api.deps import IfMatch_, Page_, Services_, etag_of, page_json, require_match
from api.idempotency import require_idempotency_key
from api.schemas.common import Page, RequestModel, ResponseModel, UtcTime
from api.uploads import OptionsOf, Upload_, Uploads_
from sealsvc.errors import BadInput, Conflict, Internal, Unavailable
from sealsvc.ports import work_meter
from sealsvc.values import Fact, Subject, SubjectKind

router = APIRouter(tags=["fake"])
RUNS: list[str] = []


class Busy(Unavailable):
    code = "WORKERS_BUSY"


class Broken(Internal):
    code = "BROKEN_SECRET_DETAIL"


class WrongState(Conflict):
    code = "STATE_CONFLICT"


class BadField(BadInput):
    code = "VALIDATION_FAILED"


class Item(ResponseModel):
    item_id: int


class Thing(RequestModel):
    name: str
    made_at: UtcTime | None = None
    tags: tuple[str, ...] = ()
    amount: float = 0


class Expect(RequestModel):
    role: Literal["invoice", "contract"] | None = None
    party_usccs: tuple[str, ...] = ()


class Options(RequestModel):
    policy: str | None = None
    evidence: bool = False
    expect: Expect | None = None


@router.get("/v1/items")
def list_items(page: Page_, kind: str | None = None) -> Page[Item]:
    first = int(str(page.after[0])) + 1 if page.after else 0
    rows = list(range(first, min(first + page.limit + 1, 120)))
    return page_json(page, rows, shape=lambda n: Item(item_id=n), position=lambda n: [n])


@router.get("/v1/items/{item_id}")
def get_item(item_id: int, response: Response) -> Item:
    response.headers["ETag"] = etag_of("item", item_id)
    return Item(item_id=item_id)


@router.post("/v1/items/{item_id}/touch")
def touch_item(item_id: int, if_match: IfMatch_ = None) -> Item:
    require_match(if_match, etag_of("item", item_id))
    return Item(item_id=item_id)


@router.post("/v1/things", status_code=201)
def make_thing(
    thing: Thing,
    principal: Principal_,
    services: Services_,
    response: Response,
    mode: Annotated[str, Query()] = "ok",
) -> dict[str, str]:
    RUNS.append(mode)
    if mode == "slow":
        time.sleep(0.2)
    if mode == "busy":
        raise Busy()
    if mode == "conflict":
        raise WrongState(status="LOST", seal_id="seal_1", type="X")
    with services.deps.write() as tx:
        fact_id = tx.record(Fact("thing.made", (Subject(SubjectKind.CLIENT, thing.name),)))
        tx.commit()
    if mode == "crash":
        raise RuntimeError("sk_secret in a message")
    response.headers["Location"] = f"/v1/things/{fact_id}"
    return {"factId": fact_id, "by": principal.client_id, "name": thing.name}


@router.delete("/v1/things/{name}")
def drop_thing(name: str, principal: Principal_) -> dict[str, str]:
    RUNS.append(name)
    return {"name": name}


@router.post("/v1/batch", dependencies=[Depends(require_idempotency_key)])
def batch(principal: Principal_, uploads: Uploads_) -> list[int]:
    RUNS.append("batch")
    return [len(upload.data) for upload in uploads]


@router.post("/v1/check")
def check(
    principal: OptionalPrincipal_,
    upload: Upload_,
    options: Annotated[Options, Depends(OptionsOf(Options))],
) -> dict[str, object]:
    return {
        "who": principal.name if principal else None,
        "bytes": len(upload.data),
        "filename": upload.filename,
        "type": upload.content_type,
        "options": options.model_dump(by_alias=True, exclude_none=True),
    }


@router.post("/v1/slow")
def slow(principal: OptionalPrincipal_, upload: Upload_) -> dict[str, object]:
    """Works on a document for as many milliseconds as it says."""
    seconds = int(upload.data[:6]) / 1000
    time.sleep(seconds)
    meter = work_meter.get()
    if meter is not None:  # as the sandbox does
        meter.seconds += seconds
    return {"bytes": len(upload.data)}


@router.get("/v1/drawn")
def drawn(format: str = "json") -> dict[str, str]:
    return {"format": format}


@router.get("/v1/fail/{how}")
def fail(how: str) -> None:
    if how == "internal":
        raise Broken(secret="do not tell")
    if how == "field":
        raise BadField(field="party.0.uscc", reason="CHECK_DIGIT")
    if how == "busy":
        raise Busy()
    raise RuntimeError("sk_secret in a message")
