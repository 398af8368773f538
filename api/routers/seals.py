"""`/v1/seals`: apply, decide, issue, change, look up."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response

from api.auth import OptionalPrincipal_, Principal_
from api.deps import IfMatch_, Page_, Services_, etag_of, page_json, require_match
from api.media import BINARY, Accept_, wants
from api.schemas.common import Page, UtcTime
from api.schemas.seals import (
    NothingIn,
    SealApplicationIn,
    SealChangeIn,
    SealEventOut,
    SealHistoryOut,
    SealOut,
    SealReasonIn,
    SealStatusOut,
)
from api.uploads import Upload_
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import service
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.pictures import OutlineForm
from sealsvc.areas.seals.model.views import PublicSeal, SealFilter, SealView
from sealsvc.values import Principal, SealId, SealStatus, SealType

router = APIRouter(tags=["seals"])

SealId_ = Annotated[str, Path(alias="id", max_length=200, description="印章编号 · Seal id.")]
Change_ = Annotated[SealChangeIn, Body(default_factory=SealChangeIn)]
Reason_ = Annotated[SealReasonIn, Body(default_factory=SealReasonIn)]
Nothing_ = Annotated[NothingIn | None, Body()]

_Answers = dict[int | str, dict[str, Any]]
_ABSENT: _Answers = {404: {"description": "SEAL_NOT_FOUND"}}
_CHANGED: _Answers = {
    **_ABSENT,
    409: {"description": "SEAL_ILLEGAL_TRANSITION, ENTITY_ALREADY_CANCELLED"},
    412: {"description": "PRECONDITION_FAILED: If-Match names another version."},
}
_PNG = "image/png"
_IMPRINT: _Answers = {
    200: {"content": dict.fromkeys((_PNG, *OutlineForm), BINARY)},
    404: {"description": "SEAL_NOT_FOUND, BLOB_NOT_FOUND"},
    409: {"description": "IMPRINT_NOT_DRAWN"},
}
_DER: _Answers = {
    200: {"content": {"application/octet-stream": BINARY}},
    404: {"description": "SEAL_NOT_FOUND, BLOB_NOT_FOUND"},
    409: {"description": "SEAL_SUITE_MISSING"},
}


@router.post(
    "/v1/seals",
    status_code=201,
    summary="申请印章 · Apply for a seal",
    responses={
        404: {"description": "ENTITY_NOT_FOUND"},
        409: {"description": "SEAL_LIMIT_REACHED, SEAL_CODE_TAKEN, ENTITY_ALREADY_CANCELLED"},
    },
)
def apply_for_seal(
    services: Services_, principal: Principal_, body: SealApplicationIn, response: Response
) -> SealOut:
    """Scope `seal.apply`; an electronic seal's imprint is drawn from its owner's record.

    Problems: SEAL_APPLICATION_INVALID, SEAL_CODE_INVALID, SEAL_COUNTERPART_INVALID,
    IMPRINT_PICTURE_UNREADABLE, GLYPH_MISSING, IMPRINT_TEXT_TOO_LONG, ENTITY_NOT_YOURS.
    """
    seal = service.apply(services.deps, principal, body.application())
    return _created(services.deps, response, principal, seal)


@router.get("/v1/seals", summary="查询印章 · Search seals")
def search_seals(
    services: Services_,
    viewer: OptionalPrincipal_,
    page: Page_,
    uscc: Annotated[str | None, Query(max_length=64, description="The owner's code.")] = None,
    code: Annotated[str | None, Query(max_length=64, description="Seal code.")] = None,
    seal_type: Annotated[SealType | None, Query(alias="type")] = None,
    status: Annotated[SealStatus | None, Query()] = None,
) -> Page[SealOut]:
    """Public members without a key; seals of natural persons only by `uscc` or `code`."""
    after = None if page.after is None else str(page.after[0])
    wanted = SealFilter(uscc, code, seal_type, status, after, page.limit)
    found = service.search(services.deps, viewer, wanted)
    shape = partial(SealOut.of, now=services.deps.clock.now())
    return page_json(page, found, shape=shape, position=lambda one: [one.seal_id])


@router.get("/v1/seals/{id}", responses=_ABSENT, summary="印章详情 · One seal")
def get_seal(
    services: Services_, viewer: OptionalPrincipal_, seal_id: SealId_, response: Response
) -> SealOut:
    """Public members without a key; all for its owner and for authorities, `credentials` (what it
    signs with, one per suite) and `renewalDue` among them.
    """
    seal = service.look_up(services.deps, viewer, SealId(seal_id))
    return _answer(services.deps, response, seal)


@router.post("/v1/seals/{id}/approve", responses=_CHANGED, summary="批准 · Approve")
def approve_seal(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    body: Change_,
    response: Response,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Scope `seal.approve`, another client than the applicant. Problems: DUAL_CONTROL_REQUIRED."""
    seal = _change(services.deps, principal, seal_id, (SealAction.APPROVE, body), if_match)
    return _answer(services.deps, response, seal.seen_by(principal))


@router.post("/v1/seals/{id}/reject", responses=_CHANGED, summary="驳回 · Reject")
def reject_seal(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    body: Change_,
    response: Response,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Scope `seal.approve`. Problems: REASON_REQUIRED."""
    seal = _change(services.deps, principal, seal_id, (SealAction.REJECT, body), if_match)
    return _answer(services.deps, response, seal.seen_by(principal))


@router.post("/v1/seals/{id}/issue", responses=_CHANGED, summary="制发 · Issue")
def issue_seal(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    response: Response,
    body: Nothing_ = None,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Scope `seal.approve`: makes key and certificate, or files a physical seal.

    Problems: SEAL_IMPRINT_MISSING, SEAL_OWNER_CHANGED, CERTIFICATE_INTENT_LOST.
    """
    version = _seen_version(services.deps, principal, seal_id, if_match)
    seal = service.issue(services.deps, principal, SealId(seal_id), version)
    return _answer(services.deps, response, seal.seen_by(principal))


@router.post("/v1/seals/{id}/reissue", responses=_CHANGED, summary="换发证书 · Reissue")
def reissue_seal(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    response: Response,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Scope `seal.approve`: new certificates for the same keys, a new electronic seal (SESeal).

    Problems: SEAL_ILLEGAL_TRANSITION, SEAL_OWNER_CHANGED, SEAL_HAS_NO_KEY.
    """
    version = _seen_version(services.deps, principal, seal_id, if_match)
    seal = service.reissue(services.deps, principal, SealId(seal_id), version)
    return _answer(services.deps, response, seal.seen_by(principal))


@router.post("/v1/seals/{id}/suspend", responses=_CHANGED, summary="冻结 · Suspend")
def suspend_seal(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    body: Change_,
    response: Response,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Scope `seal.manage`. Problems: REASON_REQUIRED, ENTITY_NOT_YOURS."""
    seal = _change(services.deps, principal, seal_id, (SealAction.SUSPEND, body), if_match)
    return _answer(services.deps, response, seal.seen_by(principal))


@router.post("/v1/seals/{id}/resume", responses=_CHANGED, summary="解冻 · Resume")
def resume_seal(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    body: Change_,
    response: Response,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Scope `seal.manage`. Problems: REASON_REQUIRED, SUSPENDED_BY_REGULATOR."""
    seal = _change(services.deps, principal, seal_id, (SealAction.RESUME, body), if_match)
    return _answer(services.deps, response, seal.seen_by(principal))


@router.post("/v1/seals/{id}/report-lost", responses=_CHANGED, summary="挂失 · Report lost")
def report_seal_lost(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    body: Change_,
    response: Response,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Scope `seal.manage`, the owner's own client; may be dated back.

    Problems: REASON_REQUIRED, EFFECTIVE_FROM_INVALID.
    """
    seal = _change(services.deps, principal, seal_id, (SealAction.REPORT_LOST, body), if_match)
    return _answer(services.deps, response, seal.seen_by(principal))


@router.post("/v1/seals/{id}/revoke", responses=_CHANGED, summary="注销 · Revoke")
def revoke_seal(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    body: Change_,
    response: Response,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Scope `seal.manage`; there is no way back. Problems: REASON_REQUIRED."""
    seal = _change(services.deps, principal, seal_id, (SealAction.REVOKE, body), if_match)
    return _answer(services.deps, response, seal.seen_by(principal))


@router.post(
    "/v1/seals/{id}/replace", status_code=201, responses=_CHANGED, summary="重新制作 · Replace"
)
def replace_seal(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    body: Reason_,
    response: Response,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Scope `seal.manage`, the owner's own client; ends the seal, answers its successor.

    Problems: REASON_REQUIRED, SUSPENDED_BY_REGULATOR, SEAL_OWNER_CHANGED.
    """
    version = _seen_version(services.deps, principal, seal_id, if_match)
    made = service.replace(services.deps, principal, SealId(seal_id), body.reason, version)
    return _created(services.deps, response, principal, made)


@router.post("/v1/seals/{id}/void", responses=_CHANGED, summary="作废 · Void")
def void_seal(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    body: Change_,
    response: Response,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Two regulators: the first call proposes (`voidProposal` is filled), another's confirms.

    Problems: DUAL_CONTROL_REQUIRED, REASON_REQUIRED, EFFECTIVE_FROM_INVALID.
    """
    version = _seen_version(services.deps, principal, seal_id, if_match)
    request = body.request(SealAction.VOID, version)
    seal, _step = service.void(services.deps, principal, SealId(seal_id), request)
    return _answer(services.deps, response, seal.seen_by(principal))


@router.get("/v1/seals/{id}/status", responses=_ABSENT, summary="印章状态 · Status at a time")
def get_seal_status(
    services: Services_,
    seal_id: SealId_,
    response: Response,
    at: Annotated[UtcTime | None, Query(description="Now by default.")] = None,
    known_at: Annotated[
        UtcTime | None, Query(alias="knownAt", description="As known then; now by default.")
    ] = None,
) -> SealStatusOut:
    """Anyone may ask. `receipt` leads to the log's proof of the change that governs."""
    response.headers["Cache-Control"] = "no-cache"
    found = service.status(services.deps, SealId(seal_id), at, known_at)
    return SealStatusOut.of(found)


@router.get("/v1/seals/{id}/history", responses=_ABSENT, summary="印章沿革 · History of a seal")
def list_seal_history(
    services: Services_, principal: Principal_, seal_id: SealId_
) -> SealHistoryOut:
    """For its owner and for authorities. Problems: SEAL_NOT_YOURS."""
    events = service.history(services.deps, principal, SealId(seal_id))
    return SealHistoryOut(data=[SealEventOut.of(event) for event in events])


@router.get(
    "/v1/seals/{id}/imprint", response_class=Response, responses=_IMPRINT, summary="印模 · Imprint"
)
def get_seal_imprint(
    services: Services_, principal: Principal_, seal_id: SealId_, accept: Accept_ = "*/*"
) -> Response:
    """For its owner and for authorities: PNG, or by `Accept` the same imprint as outlines, SVG or
    a one-page OFD. Problems: SEAL_NOT_YOURS, IMPRINT_NOT_DRAWN (a picture filed from outside, or of
    an owner whose record has changed since).
    """
    form = next((one for one in OutlineForm if wants(accept, one, over=_PNG)), None)
    if form is None:
        data = service.show_imprint(services.deps, principal, SealId(seal_id))
    else:
        data = service.show_outlines(services.deps, principal, SealId(seal_id), form)
    headers = {"Cache-Control": "private, no-cache", "ETag": etag_of(data.hex()), "Vary": "Accept"}
    return Response(data, headers=headers, media_type=form or _PNG)


@router.get(
    "/v1/seals/{id}/eseal", response_class=Response, responses=_DER, summary="电子印章 · SESeal"
)
def get_seal_eseal(services: Services_, principal: Principal_, seal_id: SealId_) -> Response:
    """DER of the GB/T 38540 seal, for its owner and for authorities: it holds the imprint.

    Problems: SEAL_NOT_YOURS, SEAL_SUITE_MISSING.
    """
    der = service.show_eseal(services.deps, principal, SealId(seal_id))
    headers = {"Cache-Control": "private, no-cache", "ETag": etag_of(der.hex())}
    return Response(der, headers=headers, media_type="application/octet-stream")


@router.put("/v1/seals/{id}/imprint", responses=_CHANGED, summary="备案印模 · File an imprint")
def file_seal_imprint(
    services: Services_,
    principal: Principal_,
    seal_id: SealId_,
    upload: Upload_,
    response: Response,
    code: Annotated[str | None, Query(max_length=64, description="Seal code.")] = None,
    if_match: IfMatch_ = None,
) -> SealOut:
    """Scope `seal.apply`: PNG, JPEG or BMP of a physical seal while its application is open.

    Problems: SEAL_APPLICATION_INVALID, SEAL_CODE_INVALID, SEAL_CODE_TAKEN,
    IMPRINT_PICTURE_UNREADABLE.
    """
    version = _seen_version(services.deps, principal, seal_id, if_match)
    filing = service.Filing(upload.data, code, version)
    seal = service.file_imprint(services.deps, principal, SealId(seal_id), filing)
    return _answer(services.deps, response, seal.seen_by(principal))


def _change(
    deps: Deps,
    principal: Principal,
    seal_id: str,
    wanted: tuple[SealAction, SealChangeIn],
    if_match: str | None,
) -> SealView:
    action, body = wanted
    request = body.request(action, _seen_version(deps, principal, seal_id, if_match))
    return service.change(deps, principal, SealId(seal_id), request)


def _created(deps: Deps, response: Response, principal: Principal, seal: SealView) -> SealOut:
    response.headers["Location"] = f"/v1/seals/{seal.seal_id}"
    return _answer(deps, response, seal.seen_by(principal))


def _answer(deps: Deps, response: Response, seal: SealView | PublicSeal) -> SealOut:
    response.headers["ETag"] = _etag(seal)
    credentials = service.current(deps, seal) if isinstance(seal, SealView) else None
    return SealOut.of(seal, deps.clock.now(), credentials)


def _etag(seal: SealView | PublicSeal) -> str:
    return etag_of(seal.seal_id, seal.version, type(seal).__name__)


def _seen_version(
    deps: Deps, principal: Principal, seal_id: str, if_match: str | None
) -> int | None:
    """The version that If-Match names; the service compares it again where it counts."""
    if if_match is None:
        return None
    seal = service.look_up(deps, principal, SealId(seal_id))
    require_match(if_match, _etag(seal))
    return seal.version
