"""`/v1/invoices`: take, look up, claim, book, reverse by red letters."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from api.auth import Principal_
from api.deps import Page_, PageRequest, Services_, page_json
from api.idempotency import require_idempotency_key
from api.schemas.common import Page
from api.schemas.invoices import (
    BookingIn,
    BookingOut,
    ClaimIn,
    ClaimOut,
    InvoiceDetailOut,
    InvoiceOut,
    LookupIn,
    ReasonIn,
    RedLetterIn,
    RedLetterOut,
    TakeOptions,
)
from api.uploads import OptionsOf, Upload_
from sealsvc.areas.invoices import service
from sealsvc.areas.invoices.model.lifecycle import InvoiceState, RedLetterAction

router = APIRouter(tags=["invoices"])

InvoiceId_ = Annotated[str, Path(alias="id", max_length=40, description="发票编号 · Invoice id.")]
ClaimId_ = Annotated[str, Path(alias="claimId", max_length=40)]
FormId_ = Annotated[str, Path(alias="formId", max_length=40, description="Red-letter form id.")]

_ABSENT: dict[int | str, dict[str, Any]] = {404: {"description": "INVOICE_NOT_FOUND"}}
_FORM: dict[int | str, dict[str, Any]] = {
    404: {"description": "RED_LETTER_NOT_FOUND"},
    409: {"description": "RED_LETTER_LAPSED, RED_LETTER_ILLEGAL_TRANSITION"},
}


@router.post(
    "/v1/invoices",
    status_code=201,
    responses={
        200: {"model": InvoiceOut, "description": "The same file was taken before."},
        413: {"description": "TOO_LARGE"},
        415: {"description": "UNSUPPORTED_FORMAT"},
    },
    summary="收票 · Take an invoice on file",
)
def take_invoice(
    services: Services_,
    principal: Principal_,
    upload: Upload_,
    options: Annotated[TakeOptions, Depends(OptionsOf(TakeOptions))],
    response: Response,
) -> InvoiceOut:
    """Scope `verify`, bound to the invoice's seller or buyer, or to anyone where it names no buyer.

    PDF, OFD or XML. The same file of the same entity is the same invoice. Problems:
    UNSUPPORTED_FORMAT, INVOICE_NOT_READ, INVOICE_NOT_YOURS, DOCUMENT_ENCRYPTED,
    DOCUMENT_UNREADABLE, SCOPE_MISSING, ENTITY_NOT_YOURS.
    """
    view, new = service.take(
        services.deps, principal, options.request(upload.data, upload.filename)
    )
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/v1/invoices/{view.invoice_id}"
    return InvoiceOut.of(view)


@router.get("/v1/invoices", summary="发票列表 · Invoices on file")
def list_invoices(
    services: Services_,
    principal: Principal_,
    page: Page_,
    state: Annotated[InvoiceState | None, Query()] = None,
) -> Page[InvoiceOut]:
    """One's own entity's with `verify` or `entity.read`; an auditor sees all."""
    shown = service.search(services.deps, principal, state=state, page=_position(page))
    return page_json(page, shown, shape=InvoiceOut.of, position=lambda one: [one.invoice_id])


@router.get("/v1/invoices/red-letters", summary="红字确认单列表 · Red-letter forms")
def list_red_letters(services: Services_, principal: Principal_, page: Page_) -> Page[RedLetterOut]:
    """Those in which one's own entity is seller or buyer; an auditor sees all."""
    shown = service.red_letters(services.deps, principal, _position(page))
    return page_json(page, shown, shape=RedLetterOut.of, position=lambda one: [one.form_id])


@router.get(
    "/v1/invoices/red-letters/{formId}",
    responses={404: {"description": "RED_LETTER_NOT_FOUND"}},
    summary="红字确认单 · A red-letter form",
)
def get_red_letter(services: Services_, principal: Principal_, form_id: FormId_) -> RedLetterOut:
    """As it stands now: a form that nobody confirmed within 72 hours is LAPSED."""
    return RedLetterOut.of(service.red_letter(services.deps, principal, form_id))


@router.post(
    "/v1/invoices/red-letters/{formId}/confirm",
    responses=_FORM,
    summary="确认红字 · Confirm a red-letter form",
)
def confirm_red_letter(
    services: Services_, principal: Principal_, form_id: FormId_
) -> RedLetterOut:
    """Scope `verify`, the side that did not enter it. Problem: RED_LETTER_NOT_YOUR_TURN."""
    form = service.decide(services.deps, principal, form_id, RedLetterAction.CONFIRM)
    return RedLetterOut.of(form)


class Ending(StrEnum):
    """Ends of a form that need words."""

    REFUSE = "refuse"
    WITHDRAW = "withdraw"


@router.post(
    "/v1/invoices/red-letters/{formId}/{ending}",
    responses=_FORM,
    summary="拒绝或撤销红字 · Refuse or withdraw a red-letter form",
)
def end_red_letter(
    services: Services_,
    principal: Principal_,
    form_id: FormId_,
    ending: Ending,
    body: ReasonIn,
) -> RedLetterOut:
    """Scope `verify`: the other side refuses, who entered it withdraws, even after confirmation.

    Problems: RED_LETTER_NOT_YOUR_TURN, INVOICE_FIELD_INVALID.
    """
    action = RedLetterAction(ending.name)
    form = service.decide(services.deps, principal, form_id, action, body.reason)
    return RedLetterOut.of(form)


@router.get("/v1/invoices/{id}", responses=_ABSENT, summary="发票详情 · One invoice")
def get_invoice(
    services: Services_, principal: Principal_, invoice_id: InvoiceId_
) -> InvoiceDetailOut:
    """With its claims, booking and red letters; for the entity that took it, and auditors."""
    return InvoiceDetailOut.detailed(service.get(services.deps, principal, invoice_id))


@router.get(
    "/v1/invoices/{id}/original",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The file as taken."},
        404: {"description": "INVOICE_NOT_FOUND, INVOICE_ORIGINAL_NOT_KEPT"},
    },
    summary="发票原件 · The file as taken",
)
def get_invoice_original(
    services: Services_, principal: Principal_, invoice_id: InvoiceId_
) -> Response:
    """Only where it was taken with `keep`."""
    view, data = service.original(services.deps, principal, invoice_id)
    extension = view.media_type.rsplit("/", 1)[1]
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{view.invoice_id}.{extension}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, headers=headers, media_type=view.media_type)


@router.post(
    "/v1/invoices/{id}/lookups",
    responses=_ABSENT
    | {
        409: {
            "description": "INVOICE_ILLEGAL_TRANSITION, INVOICE_NOT_SOUND, INVOICE_NOT_IDENTIFIED"
        }
    },
    summary="记录税务查验 · Put a query at the tax bureau on record",
)
def record_invoice_lookup(
    services: Services_, principal: Principal_, invoice_id: InvoiceId_, body: LookupIn
) -> InvoiceOut:
    """Scope `verify`. The entity answers for it: the service does not ask the bureau itself.

    A normal answer verifies a received invoice, VOIDED and FULLY_REVERSED refuse it, a risk mark
    puts it back to RECEIVED. Problem: INVOICE_FIELD_INVALID.
    """
    view = service.record_lookup(services.deps, principal, invoice_id, body.lookup())
    return InvoiceOut.of(view)


@router.post(
    "/v1/invoices/{id}/claims",
    status_code=201,
    dependencies=[Depends(require_idempotency_key)],
    responses=_ABSENT
    | {
        409: {
            "description": "CLAIM_TAKEN, CLAIM_EXISTS, INVOICE_NOT_VERIFIED, "
            "INVOICE_NOT_IDENTIFIED, INVOICE_REVERSED"
        }
    },
    summary="占用发票 · Claim an invoice",
)
def claim_invoice(
    services: Services_, principal: Principal_, invoice_id: InvoiceId_, body: ClaimIn
) -> ClaimOut:
    """Scope `verify`; an Idempotency-Key is required. Only a verified invoice can be claimed.

    While an entity holds a claim, every other one with the same invoice learns CLAIM_TAKEN and
    nothing more. Problems: INVOICE_NOT_FOR_SELLER, IDEMPOTENCY_KEY_MISSING.
    """
    return ClaimOut.of(service.claim(services.deps, principal, invoice_id, body.purpose))


@router.post(
    "/v1/invoices/{id}/claims/{claimId}/release",
    responses={
        404: {"description": "INVOICE_NOT_FOUND, CLAIM_NOT_FOUND"},
        409: {"description": "CLAIM_ILLEGAL_TRANSITION"},
    },
    summary="释放占用 · Release a claim",
)
def release_claim(
    services: Services_,
    principal: Principal_,
    invoice_id: InvoiceId_,
    claim_id: ClaimId_,
    body: ReasonIn,
) -> ClaimOut:
    """Scope `verify`, the claim's holder. Problem: INVOICE_FIELD_INVALID."""
    key = (invoice_id, claim_id)
    return ClaimOut.of(service.release(services.deps, principal, key, body.reason))


@router.post(
    "/v1/invoices/{id}/bookings",
    status_code=201,
    responses=_ABSENT
    | {
        409: {
            "description": "INVOICE_ALREADY_BOOKED, INVOICE_NOT_VERIFIED, INVOICE_NOT_IDENTIFIED, "
            "INVOICE_ORIGINAL_MISMATCH, INVOICE_REVERSED, CLAIM_TAKEN"
        }
    },
    summary="入账 · Book an invoice",
)
def book_invoice(
    services: Services_, principal: Principal_, invoice_id: InvoiceId_, body: BookingIn
) -> BookingOut:
    """Scope `verify`. Once for each entity, whichever of its files of the invoice is booked.

    A printout needs the digest of the electronic original that was verified. Problems:
    INVOICE_ORIGINAL_REQUIRED, INVOICE_FIELD_INVALID.
    """
    return BookingOut.of(service.book(services.deps, principal, invoice_id, body.draft()))


@router.post(
    "/v1/invoices/{id}/red-letters",
    status_code=201,
    responses=_ABSENT
    | {
        409: {
            "description": "RED_LETTER_EXCEEDS_REMAINING, RED_LETTER_PARTIES_UNKNOWN, "
            "RED_LETTER_LIMIT_REACHED, INVOICE_NOT_BLUE, INVOICE_NOT_VERIFIED, "
            "INVOICE_NOT_IDENTIFIED"
        }
    },
    summary="录入红字确认单 · Enter a red-letter form",
)
def enter_red_letter(
    services: Services_,
    principal: Principal_,
    invoice_id: InvoiceId_,
    body: RedLetterIn,
    response: Response,
) -> RedLetterOut:
    """Scope `verify`, the seller or the buyer; the other side has 72 hours to confirm.

    Problem: RED_LETTER_AMOUNT_INVALID.
    """
    form = service.enter(services.deps, principal, invoice_id, body.draft())
    response.headers["Location"] = f"/v1/invoices/red-letters/{form.form_id}"
    return RedLetterOut.of(form)


def _position(page: PageRequest) -> tuple[str | None, int]:
    return None if page.after is None else str(page.after[0]), page.limit + 1
