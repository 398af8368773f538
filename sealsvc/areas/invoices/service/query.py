"""Look invoices and red-letter forms up."""

from dataclasses import dataclass

from sealsvc.areas.deps import Deps
from sealsvc.areas.invoices import repo
from sealsvc.areas.invoices.model.errors import InvoiceOriginalNotKept
from sealsvc.areas.invoices.model.lifecycle import InvoiceState
from sealsvc.areas.invoices.model.record import (
    BookingView,
    ClaimView,
    InvoiceView,
    may_see,
    reading_entity,
)
from sealsvc.areas.invoices.model.red_letters import (
    RedLetterView,
    RedStatus,
    red_status,
    side_in,
)
from sealsvc.areas.invoices.service.bookings import is_elsewhere
from sealsvc.values import Principal


@dataclass(frozen=True)
class InvoiceDetail:
    """An invoice with all that stands on it. booked_elsewhere: see `BookingView`."""

    invoice: InvoiceView
    claims: tuple[ClaimView, ...] = ()
    booking: BookingView | None = None
    red_letters: tuple[RedLetterView, ...] = ()
    red_status: RedStatus = RedStatus.NONE
    booked_elsewhere: bool = False


def get(deps: Deps, principal: Principal, invoice_id: str) -> InvoiceDetail:
    """One invoice, for the entity on whose file it is, and for auditors.

    Raises: ScopeMissing, InvoiceNotFound.
    """
    reader = reading_entity(principal)
    with deps.read() as session:
        view = repo.get(session, invoice_id)
        may_see(view, reader)
        mac = view.identity_mac
        if mac is None:
            return InvoiceDetail(view)
        claims, booked = repo.claims_of(session, invoice_id), repo.bookings(session, mac)
        forms = [form.at(deps.clock.now()) for form in repo.forms_against(session, mac)]
    parties = {view.seller_uscc, view.buyer_uscc}
    own = tuple(form for form in forms if {form.seller_uscc, form.buyer_uscc} == parties)
    return InvoiceDetail(
        invoice=view,
        claims=tuple(claims),
        booking=next((one for one in booked if one.entity_uscc == view.entity_uscc), None),
        red_letters=own,
        red_status=red_status(view.gross, own),
        booked_elsewhere=is_elsewhere(booked, view),
    )


def search(
    deps: Deps,
    principal: Principal,
    *,
    state: InvoiceState | None = None,
    page: tuple[str | None, int],
) -> list[InvoiceView]:
    """The entity's invoices, or everybody's for an auditor, in order of id. page: the last id of
    the page before, and how many. Raises: ScopeMissing.
    """
    reader = reading_entity(principal)
    with deps.read() as session:
        return repo.search(session, reader, state=state, page=page)


def original(deps: Deps, principal: Principal, invoice_id: str) -> tuple[InvoiceView, bytes]:
    """The file as taken. Raises: as `get`; InvoiceOriginalNotKept, BlobMissing."""
    view = get(deps, principal, invoice_id).invoice
    if not view.kept:
        raise InvoiceOriginalNotKept()
    return view, deps.blobs.get(view.document_sha256)


def red_letter(deps: Deps, principal: Principal, form_id: str) -> RedLetterView:
    """One form, for seller, buyer and auditors. Raises: ScopeMissing, RedLetterNotFound."""
    reader = reading_entity(principal)
    with deps.read() as session:
        form = repo.get_form(session, form_id)
    if reader is not None:
        side_in(form, reader)
    return form.at(deps.clock.now())


def red_letters(
    deps: Deps, principal: Principal, page: tuple[str | None, int]
) -> list[RedLetterView]:
    """Forms in which the entity is seller or buyer, or all for an auditor, in order of id.

    Raises: ScopeMissing.
    """
    reader, now = reading_entity(principal), deps.clock.now()
    with deps.read() as session:
        return [form.at(now) for form in repo.search_forms(session, reader, page)]
