"""Book an invoice once. Source: rules R10 and R11."""

from dataclasses import replace

from sealsvc.areas.deps import Deps
from sealsvc.areas.invoices import repo
from sealsvc.areas.invoices.model.errors import InvoiceAlreadyBooked, InvoiceReversed
from sealsvc.areas.invoices.model.facts import invoice_booked
from sealsvc.areas.invoices.model.lifecycle import InvoiceAction, Side, invoice_step
from sealsvc.areas.invoices.model.record import (
    BookingDraft,
    BookingView,
    InvoiceView,
    acting_entity,
    may_see,
    require_proven,
    validate_booking,
)
from sealsvc.areas.invoices.model.red_letters import RedStatus, red_status
from sealsvc.areas.invoices.service.claims import require_not_held
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, random_id


def book(deps: Deps, principal: Principal, invoice_id: str, draft: BookingDraft) -> BookingView:
    """Put a verified invoice into the entity's books, once, whichever of its files it came from.

    Raises: ScopeMissing, NotYourEntity, InvoiceNotFound, InvoiceAlreadyBooked, InvoiceNotVerified,
    InvoiceNotIdentified, InvoiceReversed, ClaimTaken, InvoiceFieldInvalid, OriginalRequired,
    OriginalMismatch.
    """
    entity = acting_entity(principal)
    with deps.write() as tx:
        view = repo.get(tx.session, invoice_id, lock=True)
        may_see(view, entity)
        mac = require_proven(view)
        clean = validate_booking(draft, view.document_sha256)
        elsewhere = _require_first(tx, view, mac)
        step = invoice_step(view.state, InvoiceAction.BOOK)
        made = BookingView(
            booking_id=random_id("bkg", deps.rng.bytes(16)),
            invoice_id=invoice_id,
            entity_uscc=entity,
            identity_mac=mac,
            side=view.side,
            draft=clean,
            booked_at=tx.now,
            by=principal.client_id,
            fact_id="",
            booked_elsewhere=elsewhere,
        )
        made = replace(made, fact_id=tx.record(invoice_booked(view, made)))
        repo.add_booking(tx.session, made)
        changed = replace(view, state=step.target, changed_at=tx.now, fact_id=made.fact_id)
        repo.save(tx.session, changed)
        tx.commit()
    return made


def _require_first(tx: UnitOfWork, view: InvoiceView, mac: str) -> bool:
    """Whether another entity on the same side has booked it: an alert, no refusal (sheet 4.7).

    Raises: ClaimTaken, InvoiceAlreadyBooked, InvoiceReversed.
    """
    if view.side is Side.SELLER:
        repo.lock_identity(tx.session, mac)
    else:
        require_not_held(tx, mac, view.entity_uscc)
    booked = repo.bookings(tx.session, mac)
    for one in booked:
        if one.entity_uscc == view.entity_uscc:
            raise InvoiceAlreadyBooked(booking_id=one.booking_id)
    if red_status(view.gross, repo.forms_against(tx.session, mac)) is RedStatus.FULLY:
        raise InvoiceReversed()
    return is_elsewhere(booked, view)


def is_elsewhere(booked: list[BookingView], view: InvoiceView) -> bool:
    """Whether one of the bookings is another entity's on the same side of the invoice.

    Seller and buyer both book rightly; a buyer and somebody who merely holds the file do not.
    """
    seller = view.side is Side.SELLER
    return any(
        one.entity_uscc != view.entity_uscc and (one.side is Side.SELLER) is seller
        for one in booked
    )
