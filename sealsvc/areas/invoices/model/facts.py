"""Facts about invoices: commitments all, nothing is public but that something happened.

Only `invoice.taken` is found by the document's digest, and it tells no holder of the file who took
it. Claims, bookings and red letters are found by the entities that they are about, and by auditors:
whoever else holds the file must not learn from the log whose it is.
Source: CONTRACT section 4.
"""

from sealsvc.areas.invoices.model.record import BookingView, ClaimView, InvoiceView
from sealsvc.areas.invoices.model.red_letters import RedLetterView
from sealsvc.values import Fact, JsonObject, Subject, SubjectKind


def invoice_taken(view: InvoiceView) -> Fact:
    """`invoice.taken`: a file with an invoice came on an entity's file."""
    payload: JsonObject = {
        "digest": view.document_sha256,
        "state": str(view.state),
        "summary": view.summary,
    }
    document = Subject(SubjectKind.DOCUMENT, view.document_sha256)
    return _committed("invoice.taken", (*_subjects(view), document), payload)


def invoice_looked_up(fact_type: str, view: InvoiceView, *, by: str) -> Fact:
    """`invoice.confirmed`, `.doubted`, `.refused`: what a query at the tax bureau gave."""
    payload: JsonObject = {
        "by": by,
        "invoiceId": view.invoice_id,
        "originalDigest": view.document_sha256,
        "state": str(view.state),
        "lookup": view.lookup,
    }
    return _committed(fact_type, _subjects(view), payload)


def invoice_booked(view: InvoiceView, booking: BookingView) -> Fact:
    """`invoice.booked`: it stands in the entity's books. Source: rules R10 and R11."""
    draft = booking.draft
    payload: JsonObject = {
        "by": booking.by,
        "invoiceId": view.invoice_id,
        "bookingId": booking.booking_id,
        "originalDigest": view.document_sha256,
        "voucher": draft.voucher,
        "postedOn": draft.posted_on.isoformat(),
        "period": draft.period,
        "basis": str(draft.basis),
    }
    return _committed("invoice.booked", _subjects(view), payload)


def invoice_claimed(view: InvoiceView, claim: ClaimView) -> Fact:
    """`invoice.claimed`: the entity uses the invoice for a purpose, and no other entity may."""
    return _committed("invoice.claimed", _of_claim(view, claim), _claim(view, claim, claim.by))


def invoice_released(view: InvoiceView, claim: ClaimView, *, by: str, reason: str) -> Fact:
    """`invoice.released`: a claim was given back. Source: rule R12 (reason)."""
    payload = {**_claim(view, claim, by), "reason": reason}
    return _committed("invoice.released", _of_claim(view, claim), payload)


def red_letter_changed(fact_type: str, form: RedLetterView, *, by: str | None) -> Fact:
    """`redletter.entered|confirmed|refused|withdrawn|lapsed`; by: None where only time passed."""
    payload: JsonObject = {
        "by": by,
        "formId": form.form_id,
        "state": str(form.state),
        "amount": form.amount,
        "reason": str(form.reason),
        "note": form.note,
    }
    subjects = [
        Subject(SubjectKind.INVOICE, form.form_id),
        Subject(SubjectKind.ENTITY, form.seller_uscc),
        Subject(SubjectKind.ENTITY, form.buyer_uscc),
    ]
    if by is not None:
        subjects.append(Subject(SubjectKind.CLIENT, by))
    return _committed(fact_type, tuple(subjects), payload)


def _committed(fact_type: str, subjects: tuple[Subject, ...], payload: JsonObject) -> Fact:
    """A fact with nothing public; a commitment knows no null (transparency-log section 10)."""
    return Fact(fact_type, subjects, {}, _plain(payload))


def _plain(shape: JsonObject) -> JsonObject:
    return {
        name: _plain(value) if isinstance(value, dict) else value
        for name, value in shape.items()
        if value is not None
    }


def _claim(view: InvoiceView, claim: ClaimView, by: str) -> JsonObject:
    return {
        "by": by,
        "invoiceId": view.invoice_id,
        "claimId": claim.claim_id,
        "originalDigest": view.document_sha256,
        "purpose": str(claim.purpose),
    }


def _of_claim(view: InvoiceView, claim: ClaimView) -> tuple[Subject, ...]:
    return (*_subjects(view), Subject(SubjectKind.INVOICE, claim.claim_id))


def _subjects(view: InvoiceView) -> tuple[Subject, ...]:
    return (
        Subject(SubjectKind.INVOICE, view.invoice_id),
        Subject(SubjectKind.ENTITY, view.entity_uscc),
        Subject(SubjectKind.CLIENT, view.by),
    )
