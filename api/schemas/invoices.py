"""HTTP shapes of invoices, claims, bookings and red letters."""

from datetime import date
from typing import Any

from pydantic import Field

from api.schemas.common import JsonMap, RequestModel, ResponseModel, UtcTime
from api.schemas.permits import Day
from sealsvc.areas.invoices.model.lifecycle import (
    NATIONAL_CODES,
    ClaimState,
    InvoiceState,
    RedLetterState,
    Side,
)
from sealsvc.areas.invoices.model.record import (
    BookingBasis,
    BookingDraft,
    BookingView,
    BureauRisk,
    BureauStatus,
    ClaimPurpose,
    ClaimView,
    InvoiceView,
    Lookup,
    Proof,
)
from sealsvc.areas.invoices.model.red_letters import (
    RedLetterDraft,
    RedLetterReason,
    RedLetterView,
    RedStatus,
)
from sealsvc.areas.invoices.service import InvoiceDetail, TakeRequest


class TakeOptions(RequestModel):
    """How an invoice is taken."""

    keep: bool = Field(False, description="保存原件 · Keep the file, not only its digest.")

    def request(self, data: bytes, filename: str | None) -> TakeRequest:
        """What the domain is asked."""
        return TakeRequest(data, filename, keep=self.keep)


class LookupIn(RequestModel):
    """查验结果 · What a query at the tax bureau gave; the service did not ask the bureau itself."""

    source: str = Field(max_length=800, description="Where it was asked, as a site's name.")
    queried_at: UtcTime
    status: BureauStatus
    risk: BureauRisk = BureauRisk.NORMAL
    reference: str | None = Field(None, max_length=800)

    def lookup(self) -> Lookup:
        """As the domain knows it."""
        return Lookup(self.source, self.queried_at, self.status, self.risk, self.reference)


class ClaimIn(RequestModel):
    """占用发票 · What the invoice is claimed for."""

    purpose: ClaimPurpose = Field(description="BOOKING 入账, DEDUCTION 抵扣, REIMBURSEMENT 报销.")


class ReasonIn(RequestModel):
    """Why."""

    reason: str = Field(max_length=4000)


class BookingIn(RequestModel):
    """入账 · The voucher an invoice is booked with."""

    voucher: str = Field(max_length=800, description="凭证号 · Number of the voucher.")
    posted_on: Day
    period: str = Field(max_length=7, examples=["2026-11"])
    basis: BookingBasis = BookingBasis.ELECTRONIC
    original_digest: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of the electronic original; required for a PRINTOUT.",
    )

    def draft(self) -> BookingDraft:
        """As the domain knows it."""
        return BookingDraft(
            self.voucher, self.posted_on, self.period, self.basis, self.original_digest
        )


class RedLetterIn(RequestModel):
    """红字信息确认单 · A red-letter form; the amount includes tax and is above zero."""

    amount: str = Field(max_length=20, examples=["12.50"])
    reason: RedLetterReason

    def draft(self) -> RedLetterDraft:
        """As the domain knows it."""
        return RedLetterDraft(self.amount, self.reason)


class ClaimOut(ResponseModel):
    """A claim of the asker's own entity."""

    object: str = "invoiceClaim"
    id: str
    invoice_id: str
    purpose: ClaimPurpose
    state: ClaimState
    claimed_at: UtcTime
    released_at: UtcTime | None
    links: dict[str, str]

    @classmethod
    def of(cls, view: ClaimView) -> "ClaimOut":
        """The shape of a claim."""
        return cls(
            id=view.claim_id,
            invoice_id=view.invoice_id,
            purpose=view.purpose,
            state=view.state,
            claimed_at=view.claimed_at,
            released_at=view.released_at,
            links={
                "invoice": f"/v1/invoices/{view.invoice_id}",
                "receipt": f"/v1/receipts/{view.fact_id}",
            },
        )


class BookingOut(ResponseModel):
    """An invoice in the entity's books; alerts: BOOKED_ELSEWHERE."""

    object: str = "invoiceBooking"
    id: str
    invoice_id: str
    voucher: str
    posted_on: date
    period: str
    basis: BookingBasis
    original_digest: str | None
    booked_at: UtcTime
    alerts: list[str]
    links: dict[str, str]

    @classmethod
    def of(cls, view: BookingView) -> "BookingOut":
        """The shape of a booking."""
        draft = view.draft
        return cls(
            id=view.booking_id,
            invoice_id=view.invoice_id,
            voucher=draft.voucher,
            posted_on=draft.posted_on,
            period=draft.period,
            basis=draft.basis,
            original_digest=draft.original_sha256,
            booked_at=view.booked_at,
            alerts=["BOOKED_ELSEWHERE"] if view.booked_elsewhere else [],
            links={
                "invoice": f"/v1/invoices/{view.invoice_id}",
                "receipt": f"/v1/receipts/{view.fact_id}",
            },
        )


class RedLetterOut(ResponseModel):
    """A red-letter form as it stands now; nationalCode: the state's number at the tax bureau."""

    object: str = "redLetter"
    id: str
    number: str
    code: str | None
    seller_uscc: str
    buyer_uscc: str
    entered_by: Side
    amount: str
    reason: RedLetterReason
    state: RedLetterState
    national_code: str
    entered_at: UtcTime
    lapses_at: UtcTime
    ended_at: UtcTime | None
    note: str | None
    links: dict[str, str]

    @classmethod
    def of(cls, view: RedLetterView) -> "RedLetterOut":
        """The shape of a form."""
        return cls(
            id=view.form_id,
            number=view.number,
            code=view.code,
            seller_uscc=view.seller_uscc,
            buyer_uscc=view.buyer_uscc,
            entered_by=view.entered_by,
            amount=view.amount,
            reason=view.reason,
            state=view.state,
            national_code=NATIONAL_CODES[view.state],
            entered_at=view.entered_at,
            lapses_at=view.lapses_at,
            ended_at=view.ended_at,
            note=view.note,
            links={
                "self": f"/v1/invoices/red-letters/{view.form_id}",
                "receipt": f"/v1/receipts/{view.fact_id}",
            },
        )


class InvoiceOut(ResponseModel):
    """An invoice on file. verdict: the summary word of the file's verification, null for XML.

    A file without a seal is not held against the invoice; `proof` says what a verified one stands
    on: SEAL, or LOOKUP, which is the entity's own word on what the tax bureau answered.
    """

    object: str = "invoice"
    id: str
    state: InvoiceState
    side: Side
    proof: Proof | None
    digest: str = Field(description="SHA-256 of the file, lower-case hex.")
    media_type: str
    size_bytes: int
    kept: bool
    verdict: str | None
    invoice: JsonMap = Field(description="What was read; see docs/invoices.md.")
    findings: list[JsonMap] = Field(description="Of number, amounts and carriers; errors first.")
    sound: bool = Field(description="Whether no finding is an error.")
    lookup: JsonMap | None
    taken_at: UtcTime
    changed_at: UtcTime
    links: dict[str, str]

    @classmethod
    def of(cls, view: InvoiceView) -> "InvoiceOut":
        """The shape of an invoice."""
        return cls(**_members(view))


class InvoiceDetailOut(InvoiceOut):
    """An invoice with its claims, booking and red letters."""

    claims: list[ClaimOut]
    booking: BookingOut | None
    red_letters: list[RedLetterOut]
    red_status: RedStatus
    alerts: list[str]

    @classmethod
    def detailed(cls, detail: InvoiceDetail) -> "InvoiceDetailOut":
        """The shape of an invoice with all that stands on it."""
        booking = detail.booking
        return cls(
            **_members(detail.invoice),
            claims=[ClaimOut.of(one) for one in detail.claims],
            booking=None if booking is None else BookingOut.of(booking),
            red_letters=[RedLetterOut.of(one) for one in detail.red_letters],
            red_status=detail.red_status,
            alerts=["BOOKED_ELSEWHERE"] if detail.booked_elsewhere else [],
        )


def _members(view: InvoiceView) -> dict[str, Any]:
    own = f"/v1/invoices/{view.invoice_id}"
    links = {"self": own, "receipt": f"/v1/receipts/{view.fact_id}"}
    if view.verification_id is not None:
        links["verification"] = f"/v1/verifications/{view.verification_id}"
    if view.kept:
        links["original"] = f"{own}/original"
    return {
        "id": view.invoice_id,
        "state": view.state,
        "side": view.side,
        "proof": view.proof,
        "digest": view.document_sha256,
        "media_type": view.media_type,
        "size_bytes": view.size_bytes,
        "kept": view.kept,
        "verdict": view.summary,
        "invoice": view.fields,
        "findings": list(view.findings),
        "sound": view.sound,
        "lookup": view.lookup,
        "taken_at": view.taken_at,
        "changed_at": view.changed_at,
        "links": links,
    }
