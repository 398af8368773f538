"""`/v1/attestations` and `/v1/transactions`: third parties' words, and one verdict over a deal."""

import json
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ValidationError

from api.auth import OptionalPrincipal_, Principal_
from api.deps import Services_
from api.problems import InvalidRequest, MalformedRequest, pointer, rows_of
from api.schemas.common import ProblemRow
from api.schemas.transactions import (
    AttestationIn,
    AttestationKindOut,
    AttestationKindsOut,
    AttestationOut,
    AttestationWithdrawal,
    TransactionIn,
    TransactionReportOut,
)
from api.uploads import OptionsOf, Received, Upload, received
from sealsvc.areas.transactions import service
from sealsvc.areas.transactions.model.attestation import (
    MAX_ENVELOPE_BYTES,
    AttestationUnreadable,
    Envelope,
    read_envelope,
)
from sealsvc.areas.transactions.model.kinds import kind_table
from sealsvc.areas.transactions.model.verification import TransactionRequest, TransactionView

router = APIRouter(tags=["transactions"])

AttestationId_ = Annotated[
    str, Path(alias="id", max_length=40, description="证明编号 · Attestation id.")
]

_JSON = "application/json"
_MAX_JSON_BYTES = 4 * 1024 * 1024
_NO_STORE = {"Cache-Control": "no-store"}
_ATTESTED: dict[int | str, dict[str, Any]] = {
    404: {"description": "SEAL_NOT_FOUND, ATTESTATION_NOT_FOUND"},
    409: {
        "description": "SEAL_NOT_ACTIVE, SEAL_IS_PHYSICAL, SEAL_OUT_OF_VALIDITY, "
        "SEAL_SUITE_MISSING, ENTITY_ALREADY_CANCELLED, ATTESTATION_SEAL_NOT_FIT, "
        "ATTESTATION_NUMBER_TAKEN, ATTESTATION_NOT_ISSUED"
    },
}
_SHOWN: dict[int | str, dict[str, Any]] = {
    404: {"description": "ATTESTATION_NOT_FOUND"},
    409: {"description": "ATTESTATION_NOT_ISSUED"},
}
_JUDGED: dict[int | str, dict[str, Any]] = {
    403: {"description": "TRANSACTION_KEY_REQUIRED, SCOPE_MISSING"},
    404: {"description": "CONTRACT_NOT_FOUND, INVOICE_NOT_FOUND, ATTESTATION_NOT_FOUND"},
    413: {"description": "TOO_LARGE"},
    415: {"description": "UNSUPPORTED_FORMAT"},
}
_BINARY = {"type": "string", "format": "binary"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {"schema": {"$ref": "#/components/schemas/TransactionIn"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "options": {"$ref": "#/components/schemas/TransactionIn"},
                        "contract": _BINARY,
                        "invoice": {"type": "array", "items": _BINARY},
                        "attestation": {"type": "array", "items": _BINARY},
                    },
                },
                "encoding": {"options": {"contentType": _JSON}},
            },
        },
    }
}


@router.get("/v1/attestations/kinds", summary="证明种类 · Kinds of attestation")
def list_kinds() -> AttestationKindsOut:
    """The table in force: a new kind is a new row of it."""
    table = kind_table()
    rows = [AttestationKindOut.of(kind) for kind in table.kinds.values()]
    return AttestationKindsOut(version=table.version, digest=table.digest, data=rows)


@router.post("/v1/attestations", status_code=201, responses=_ATTESTED, summary="出具证明 · Attest")
def create_attestation(
    services: Services_,
    principal: Principal_,
    body: AttestationIn,
    response: Response,
    seal: Annotated[str, Query(max_length=40, description="印章编号 · Id of the operator's seal.")],
) -> AttestationOut:
    """Scope `seal.sign`, bound to the seal's owner, who needs a valid permit of the kind.

    Problems: SCOPE_MISSING, ENTITY_NOT_YOURS, ATTESTATION_KIND_UNKNOWN,
    ATTESTATION_SUBJECT_INVALID, ATTESTATION_OPERATOR_NOT_ENTITLED, ATTESTATION_NOT_YOURS.
    """
    view = service.attest(services.deps, principal, body.request(seal))
    response.headers["Location"] = f"/v1/attestations/{view.attestation_id}"
    response.headers.update(_NO_STORE)
    return AttestationOut.of(view)


@router.get(
    "/v1/attestations/{id}", responses=_SHOWN, summary="证明详情 · One attestation, verified"
)
def get_attestation(
    services: Services_, attestation_id: AttestationId_, response: Response
) -> AttestationOut:
    """Who has the id may read it; `verification` says what can be said of it now."""
    view = service.get_attestation(services.deps, attestation_id)
    response.headers.update(_NO_STORE)
    return AttestationOut.of(view, service.attestation_report(services.deps, view))


@router.post(
    "/v1/attestations/{id}/withdraw",
    responses=_SHOWN,
    summary="撤回证明 · Withdraw an attestation",
)
def withdraw_attestation(
    services: Services_,
    principal: Principal_,
    attestation_id: AttestationId_,
    body: AttestationWithdrawal,
    response: Response,
) -> AttestationOut:
    """Scope `seal.sign`, bound to the operator; there is no way back.

    Problems: ATTESTATION_NOT_YOURS, ATTESTATION_REASON_INVALID.
    """
    view = service.withdraw(services.deps, principal, attestation_id, body.reason)
    response.headers.update(_NO_STORE)
    return AttestationOut.of(view)


class TransactionOptions(OptionsOf[TransactionIn]):
    """Dependency: the references, as a JSON body or as the multipart part `options`."""

    def __init__(self) -> None:
        super().__init__(TransactionIn)
        self.query_names = frozenset()

    async def __call__(
        self, request: Request, received: Annotated[Received, Depends(received)]
    ) -> TransactionIn:
        """The references. Raises: MalformedRequest, InvalidRequest."""
        body = _json_body(received)
        try:
            return TransactionIn.model_validate(received.options if body is None else body)
        except ValidationError as error:
            raise InvalidRequest(rows_of(error, "body")) from error


def transaction_request(
    received: Annotated[Received, Depends(received)],
    asked: Annotated[TransactionIn, Depends(TransactionOptions())],
) -> TransactionRequest:
    """Dependency: the whole request, files sorted by the name of their part.

    Raises: InvalidRequest, AttestationUnreadable, TransactionRequestInvalid.
    """
    parts: dict[str, list[Upload]] = {"contract": [], "invoice": [], "attestation": []}
    for one in received.uploads if _json_body(received) is None else ():
        if one.field not in parts or (one.field == "contract" and parts["contract"]):
            raise InvalidRequest([_row(pointer(one.field[:80]), "EXTRA_FORBIDDEN")])
        parts[one.field].append(one)
    envelopes = [read_envelope(one) for one in asked.attestations]
    envelopes += [_envelope(one) for one in parts["attestation"]]
    contract = next(iter(parts["contract"]), None)
    return asked.request(contract, tuple(parts["invoice"]), tuple(envelopes))


@router.post(
    "/v1/transactions/verifications",
    response_model=TransactionReportOut,
    responses=_JUDGED,
    openapi_extra=_BODY,
    summary="核验交易 · Verify a whole deal",
)
def verify_transaction(
    services: Services_,
    principal: OptionalPrincipal_,
    asked: Annotated[TransactionRequest, Depends(transaction_request)],
) -> Response:
    """One word over merchants, contract, invoices, payment and delivery, and why. Files need no
    key and are not kept; contracts and invoices on file are for their parties, with a key.

    Problems: TRANSACTION_REQUEST_INVALID, TRANSACTION_POLICY_UNKNOWN, ATTESTATION_UNREADABLE,
    USCC_INVALID, DOCUMENT_ENCRYPTED, DOCUMENT_UNREADABLE, TRANSACTION_KEY_REQUIRED.
    """
    return _answer(service.verify(services.deps, principal, asked))


class TransactionFormat(StrEnum):
    """In which shape a report is wanted; `evidence` is the record a replay stands on."""

    JSON = "json"
    EVIDENCE = "evidence"


@router.get(
    "/v1/transactions/verifications/{id}",
    response_model=TransactionReportOut,
    responses={404: {"description": "TRANSACTION_NOT_FOUND, TRANSACTION_EXPIRED"}},
    summary="交易核验报告 · A report on a deal",
)
def get_transaction(
    services: Services_,
    transaction_id: Annotated[str, Path(alias="id", max_length=40)],
    format: Annotated[TransactionFormat, Query()] = TransactionFormat.JSON,
) -> Response:
    """Who has the id may read it, until it expires: the same bytes as first answered."""
    view = service.get(services.deps, transaction_id)
    if format is TransactionFormat.EVIDENCE:
        record = service.deal_record(services.deps, view)
        return Response(record, headers=_NO_STORE, media_type=_JSON)
    return _answer(view)


def _json_body(received: Received) -> Any:
    """The body's JSON; None where the request brings files. Raises: MalformedRequest."""
    first = received.uploads[0]
    kind = (first.content_type or "").partition(";")[0].strip().lower()
    if len(received.uploads) > 1 or first.field != "file" or kind != _JSON:
        return None
    if len(first.data) > _MAX_JSON_BYTES:
        raise InvalidRequest([_row("", "TOO_LONG")])
    try:
        return json.loads(first.data) or {}
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(reason="JSON") from error


def _envelope(upload: Upload) -> Envelope:
    if len(upload.data) > MAX_ENVELOPE_BYTES:
        raise AttestationUnreadable(reason="TOO_LARGE")
    try:
        shape = json.loads(upload.data)
    except (ValueError, RecursionError) as error:
        raise AttestationUnreadable(reason="JSON") from error
    return read_envelope(shape)


def _row(at: str, code: str) -> ProblemRow:
    return ProblemRow.model_validate({"in": "body", "pointer": at, "code": code, "detail": code})


def _answer(view: TransactionView) -> Response:
    headers = {
        **_NO_STORE,
        "Content-Location": f"/v1/transactions/verifications/{view.transaction_id}",
    }
    return Response(view.body, headers=headers, media_type=_JSON)
