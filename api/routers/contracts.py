"""`/v1/contracts`: draft, seal in order, end, give evidence."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Response

from api.auth import Principal_
from api.deps import IfMatch_, Page_, Services, Services_, etag_of, page_json, require_match
from api.media import BINARY
from api.schemas.common import Page
from api.schemas.contracts import (
    AmendmentFromTemplateIn,
    AmendmentTermsIn,
    ContractEventOut,
    ContractFromTemplateIn,
    ContractHistoryOut,
    ContractOut,
    ContractReasonIn,
    ContractSealIn,
    ContractTermsIn,
)
from api.uploads import OptionsOf, Upload_
from sealsvc.areas.contracts import service
from sealsvc.areas.contracts.model.contract import ContractView
from sealsvc.areas.contracts.model.lifecycle import (
    PLAIN_ACTIONS,
    ContractAction,
    ContractStatus,
    transition,
)
from sealsvc.areas.contracts.model.views import ContractFilter
from sealsvc.values import Principal

router = APIRouter(tags=["contracts"])

ContractId_ = Annotated[str, Path(alias="id", max_length=40, description="合同编号 · Contract id.")]
Terms_ = Annotated[ContractTermsIn, Depends(OptionsOf(ContractTermsIn))]
AmendmentTerms_ = Annotated[AmendmentTermsIn, Depends(OptionsOf(AmendmentTermsIn))]
Reason_ = Annotated[ContractReasonIn, Body(default_factory=ContractReasonIn)]

_Answers = dict[int | str, dict[str, Any]]
_ABSENT: _Answers = {404: {"description": "CONTRACT_NOT_FOUND"}}
_MADE: _Answers = {
    404: {"description": "CONTRACT_NOT_FOUND, CONTRACT_TEMPLATE_NOT_FOUND"},
    409: {"description": "CONTRACT_ILLEGAL_TRANSITION, CONTRACT_BASE_CHANGED, CONTRACT_CHANGED"},
    415: {"description": "UNSUPPORTED_FORMAT"},
}
_CHANGED: _Answers = {
    **_ABSENT,
    409: {
        "description": "CONTRACT_ILLEGAL_TRANSITION, CONTRACT_DEADLINE_PASSED, "
        "CONTRACT_ALREADY_SEALED, CONTRACT_SEALING_IN_PROGRESS, CONTRACT_CONSENT_PENDING"
    },
    412: {"description": "PRECONDITION_FAILED: If-Match names another version."},
}
_SEALED: _Answers = {
    404: {"description": "CONTRACT_NOT_FOUND, SEAL_NOT_FOUND"},
    409: {
        "description": "CONTRACT_ILLEGAL_TRANSITION, CONTRACT_DEADLINE_PASSED, "
        "CONTRACT_ALREADY_SEALED, CONTRACT_NOT_YOUR_TURN, CONTRACT_SEALING_IN_PROGRESS, "
        "CONTRACT_SLOT_LOST, CONTRACT_BASE_CHANGED, and as for POST /v1/sealings"
    },
    412: {"description": "PRECONDITION_FAILED: If-Match names another version."},
}
_FILE: _Answers = {
    200: {"content": {"application/pdf": BINARY, "application/ofd": BINARY}},
    404: {"description": "CONTRACT_NOT_FOUND, BLOB_NOT_FOUND"},
}
_ZIP: _Answers = {
    200: {"content": {"application/zip": BINARY}},
    404: {"description": "CONTRACT_NOT_FOUND"},
    409: {"description": "CONTRACT_NOT_SEALED, CONTRACT_EVIDENCE_TOO_LARGE"},
}
_SUMMARIES = {
    ContractAction.NEGOTIATE: "提交协商 · Show to the parties",
    ContractAction.OPEN: "定稿待签 · Fix the text and open for sealing",
    ContractAction.REJECT: "拒签 · Reject",
    ContractAction.WITHDRAW: "撤回 · Withdraw",
    ContractAction.PERFORM: "履行完毕 · Performed (two signers)",
    ContractAction.TERMINATE: "解除 · Terminate (two signers)",
    ContractAction.DISPUTE: "争议 · Declare a dispute",
    ContractAction.RESOLVE: "争议解决 · Resolve (two signers)",
    ContractAction.ARCHIVE: "归档 · Archive",
}


@router.post(
    "/v1/contracts", status_code=201, responses=_MADE, summary="发起合同 · Begin from a file"
)
def create_contract(
    services: Services_,
    principal: Principal_,
    upload: Upload_,
    options: Terms_,
    response: Response,
) -> ContractOut:
    """Multipart: `file` and `options`. Scope `seal.sign`, bound to a party; others see nothing yet.

    Problems: CONTRACT_INVALID, CONTRACT_PARTY_UNKNOWN, CONTRACT_DOCUMENT_TOO_LARGE,
    KEYWORD_NOT_FOUND, DOCUMENT_ENCRYPTED, DOCUMENT_UNREADABLE, ENTITY_NOT_YOURS.
    """
    made = service.create(services.deps, principal, options.draft_of(upload.data))
    return _created(response, made)


@router.post(
    "/v1/contracts/from-template",
    status_code=201,
    responses=_MADE,
    summary="由范本发起合同 · Begin from a template",
)
def create_contract_from_template(
    services: Services_, principal: Principal_, body: ContractFromTemplateIn, response: Response
) -> ContractOut:
    """As POST /v1/contracts, the text drawn as PDF or OFD. Problems: CONTRACT_CLAUSE_DATA_INVALID,
    GLYPH_MISSING.
    """
    return _created(response, service.create(services.deps, principal, body.draft()))


@router.get("/v1/contracts", summary="合同列表 · Contracts")
def list_contracts(
    services: Services_,
    principal: Principal_,
    page: Page_,
    status: Annotated[ContractStatus | None, Query()] = None,
    number: Annotated[str | None, Query(max_length=400)] = None,
) -> Page[ContractOut]:
    """One's own, the newest first; all of them for auditors. Problems: ENTITY_NOT_YOURS."""
    wanted = ContractFilter(None, status, number, _after(page), page.limit)
    found = service.search(services.deps, principal, wanted)
    return page_json(page, found, shape=ContractOut.of, position=lambda one: [one.contract_id])


@router.get("/v1/contracts/{id}", responses=_ABSENT, summary="合同详情 · One contract")
def get_contract(
    services: Services_, principal: Principal_, contract_id: ContractId_, response: Response
) -> ContractOut:
    """For its parties and auditors; a draft for its initiator and auditors."""
    return _answer(response, service.get(services.deps, principal, contract_id))


@router.get("/v1/contracts/{id}/history", responses=_ABSENT, summary="合同记录 · Its facts")
def get_contract_history(
    services: Services_, principal: Principal_, contract_id: ContractId_
) -> ContractHistoryOut:
    """Every recorded fact in order, with the id of its receipt."""
    found = service.history(services.deps, principal, contract_id)
    return ContractHistoryOut(data=[ContractEventOut.of(one) for one in found])


@router.get(
    "/v1/contracts/{id}/document",
    response_class=Response,
    responses=_FILE,
    summary="下载合同 · Its file",
)
def get_contract_document(
    services: Services_,
    principal: Principal_,
    contract_id: ContractId_,
    step: Annotated[
        int | None, Query(ge=0, le=100, description="0: the text; n: after the n-th seal.")
    ] = None,
) -> Response:
    """The newest file, or an earlier one."""
    view, data = service.document(services.deps, principal, contract_id, step)
    return _download(data, view.media_type, f"{view.contract_id}.{view.media_type[-3:]}")


@router.get(
    "/v1/contracts/{id}/evidence",
    response_class=Response,
    responses=_ZIP,
    summary="出证 · Evidence package",
)
def get_contract_evidence(
    services: Services_, principal: Principal_, contract_id: ContractId_
) -> Response:
    """A zip that `sealsvc evidence verify` checks offline; the same file for everybody.

    Problems: CONTRACT_NOT_SEALED, CONTRACT_EVIDENCE_TOO_LARGE; 503 for a moment while facts are
    not in the log yet (CONTRACT_EVIDENCE_PENDING), or OPERATOR_SEAL_MISSING.
    """
    deps, logbook = services.deps, services.logbook
    view, data = service.evidence(deps, logbook, principal, contract_id)
    return _download(data, "application/zip", f"{view.contract_id}-evidence.zip")


@router.post("/v1/contracts/{id}/seal", responses=_SEALED, summary="签署 · Seal the contract")
def seal_contract(
    services: Services_,
    principal: Principal_,
    contract_id: ContractId_,
    body: ContractSealIn,
    response: Response,
    if_match: IfMatch_ = None,
) -> ContractOut:
    """The party's own seal on the newest file, at its turn; the last seal concludes the contract.

    Problems: CONTRACT_ACTOR_REFUSED, KEYWORD_NOT_FOUND, PLACEMENT_OUT_OF_PAGE, and as for
    POST /v1/sealings.
    """
    version = _seen_version(services, principal, contract_id, if_match)
    made = service.seal(services.deps, principal, contract_id, body.request(version))
    return _answer(response, made)


@router.post("/v1/contracts/{id}/revise", responses=_MADE, summary="修改草稿 · Another file")
def revise_contract(
    services: Services_,
    principal: Principal_,
    contract_id: ContractId_,
    upload: Upload_,
    options: Terms_,
    if_match: IfMatch_ = None,
) -> ContractOut:
    """Other terms and another text, before the contract is opened for sealing; DRAFT again."""
    version = _seen_version(services, principal, contract_id, if_match)
    draft = options.draft_of(upload.data)
    return ContractOut.of(service.revise(services.deps, principal, contract_id, draft, version))


@router.post(
    "/v1/contracts/{id}/revise-from-template",
    responses=_MADE,
    summary="修改草稿 · Another text from a template",
)
def revise_contract_from_template(
    services: Services_,
    principal: Principal_,
    contract_id: ContractId_,
    body: ContractFromTemplateIn,
    if_match: IfMatch_ = None,
) -> ContractOut:
    """As revise."""
    version = _seen_version(services, principal, contract_id, if_match)
    return ContractOut.of(
        service.revise(services.deps, principal, contract_id, body.draft(), version)
    )


@router.post(
    "/v1/contracts/{id}/amend",
    status_code=201,
    responses=_MADE,
    summary="变更或续签 · Amend or renew, from a file",
)
def amend_contract(
    services: Services_,
    principal: Principal_,
    contract_id: ContractId_,
    upload: Upload_,
    options: AmendmentTerms_,
    response: Response,
) -> ContractOut:
    """A new contract, which replaces this one once it is concluded; the sealed old one stays.

    Problems: CONTRACT_ACTOR_REFUSED, CONTRACT_BASE_CHANGED.
    """
    draft = options.draft_of(upload.data)
    made = service.amend(services.deps, principal, contract_id, draft, options.kind)
    return _created(response, made)


@router.post(
    "/v1/contracts/{id}/amend-from-template",
    status_code=201,
    responses=_MADE,
    summary="变更或续签 · Amend or renew, from a template",
)
def amend_contract_from_template(
    services: Services_,
    principal: Principal_,
    contract_id: ContractId_,
    body: AmendmentFromTemplateIn,
    response: Response,
) -> ContractOut:
    """As amend."""
    made = service.amend(services.deps, principal, contract_id, body.draft(), body.kind)
    return _created(response, made)


def _plain(action: ContractAction) -> Callable[..., ContractOut]:
    """The route of an action that needs no text and no seal."""

    def act(
        services: Services_,
        principal: Principal_,
        contract_id: ContractId_,
        body: Reason_,
        response: Response,
        if_match: IfMatch_ = None,
    ) -> ContractOut:
        version = _seen_version(services, principal, contract_id, if_match)
        changed = service.change(
            services.deps,
            principal,
            contract_id,
            action,
            reason=body.reason,
            if_version=version,
        )
        return _answer(response, changed)

    row = transition(action)
    act.__doc__ = (
        f"By: {row.actor}. From: {', '.join(sorted(row.sources))}. Problems: "
        "CONTRACT_ACTOR_REFUSED, CONTRACT_REASON_REQUIRED."
    )
    return act


for _action in PLAIN_ACTIONS:
    router.add_api_route(
        f"/v1/contracts/{{id}}/{_action.lower()}",
        _plain(_action),
        methods=["POST"],
        name=f"{_action.lower()}_contract",
        responses=_CHANGED,
        summary=_SUMMARIES[_action],
        response_model=ContractOut,
    )


def _after(page: Page_) -> str | None:
    return None if page.after is None else str(page.after[0])


def _etag(view: ContractView) -> str:
    return etag_of(view.contract_id, view.version)


def _seen_version(
    services: Services, principal: Principal, contract_id: str, if_match: str | None
) -> int | None:
    """The version that If-Match names. Raises: ContractNotFound, PreconditionFailed."""
    if if_match is None:
        return None
    view = service.get(services.deps, principal, contract_id)
    require_match(if_match, _etag(view))
    return view.version


def _answer(response: Response, view: ContractView) -> ContractOut:
    response.headers["ETag"] = _etag(view)
    response.headers["Cache-Control"] = "no-store"
    return ContractOut.of(view)


def _created(response: Response, view: ContractView) -> ContractOut:
    response.headers["Location"] = f"/v1/contracts/{view.contract_id}"
    return _answer(response, view)


def _download(data: bytes, media_type: str, name: str) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Vary": "Authorization",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(data, headers=headers, media_type=media_type)
