"""Every query on invoices, claims, bookings and red-letter forms."""

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from sealsvc.areas.invoices.model.errors import ClaimNotFound, InvoiceNotFound, RedLetterNotFound
from sealsvc.areas.invoices.model.lifecycle import (
    AWAITING,
    PROVEN,
    ClaimState,
    InvoiceState,
    RedLetterState,
    Side,
)
from sealsvc.areas.invoices.model.record import (
    BookingBasis,
    BookingDraft,
    BookingView,
    ClaimPurpose,
    ClaimView,
    InvoiceView,
    Proof,
)
from sealsvc.areas.invoices.model.red_letters import (
    FORMS_LIMIT,
    RedLetterReason,
    RedLetterView,
)
from sealsvc.areas.invoices.tables import (
    InvoiceBookingRow,
    InvoiceClaimRow,
    InvoiceIdentityRow,
    InvoiceRedLetterRow,
    InvoiceRow,
)
from sealsvc.storage.seeking import beside

Row = TypeVar("Row")
_IDENTITY = InvoiceIdentityRow.__table__  # type: ignore[attr-defined]


def ensure_identity(session: Session, mac: str) -> None:
    """Make the invoice's shared row where nobody has; two at once make one."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(_IDENTITY).values(mac=mac, holder_uscc=None)
    session.execute(insert.on_conflict_do_nothing(index_elements=["mac"]))


def lock_identity(session: Session, mac: str) -> str | None:
    """Lock the invoice for all companies until the transaction ends; who holds claims on it."""
    return _locked_identity(session, mac).holder_uscc


def set_holder(session: Session, mac: str, holder: str | None) -> None:
    """Who holds claims on the invoice from now on; it must be locked."""
    row = _locked_identity(session, mac)
    row.holder_uscc = holder
    session.add(row)


def add(session: Session, view: InvoiceView) -> None:
    """A new invoice on file."""
    session.add(InvoiceRow(**_columns(view, "invoice_id")))


def save(session: Session, view: InvoiceView) -> None:
    """State, proof, lookup and last change of a locked invoice; what was read never changes."""
    row = session.get(InvoiceRow, view.invoice_id)
    if row is None:
        raise InvoiceNotFound()
    row.state = str(view.state)
    row.proof = None if view.proof is None else str(view.proof)
    row.lookup = view.lookup
    row.changed_at = view.changed_at
    row.fact_id = view.fact_id
    session.add(row)


def keep_file(session: Session, invoice_id: str) -> None:
    """Remember that the file itself is kept now. Raises: InvoiceNotFound."""
    row = session.get(InvoiceRow, invoice_id)
    if row is None:
        raise InvoiceNotFound()
    row.kept = True
    session.add(row)


def get(session: Session, invoice_id: str, *, lock: bool = False) -> InvoiceView:
    """One invoice; lock: until the transaction ends. Raises: InvoiceNotFound."""
    query = select(InvoiceRow).where(InvoiceRow.id == invoice_id)
    row = session.exec(_locking(query) if lock else query).one_or_none()
    if row is None:
        raise InvoiceNotFound()
    return _invoice(row)


def find_by_digest(session: Session, entity: str, document_sha256: str) -> InvoiceView | None:
    """The invoice that the entity took with this very file."""
    query = select(InvoiceRow).where(
        InvoiceRow.entity_uscc == entity, InvoiceRow.document_sha256 == document_sha256
    )
    row = session.exec(query).one_or_none()
    return None if row is None else _invoice(row)


def search(
    session: Session,
    entity: str | None,
    *,
    state: InvoiceState | None,
    page: tuple[str | None, int],
) -> list[InvoiceView]:
    """Invoices of an entity, or of all, in order of id. page: last id before, and how many."""
    after, limit = page
    query = select(InvoiceRow).order_by(col(InvoiceRow.id)).limit(limit)
    if entity is not None:
        query = query.where(InvoiceRow.entity_uscc == entity)
    if state is not None:
        found = col(InvoiceRow.state) if entity is None else beside(InvoiceRow.state)
        query = query.where(found == str(state))
    if after is not None:
        query = query.where(col(InvoiceRow.id) > after)
    return [_invoice(row) for row in session.exec(query).all()]


def proven_totals(session: Session, mac: str, parties: tuple[str, str]) -> list[str]:
    """Totals on the verified files that seller and buyer have of one invoice."""
    query = select(InvoiceRow.gross).where(
        InvoiceRow.identity_mac == mac,
        col(InvoiceRow.entity_uscc).in_(parties),
        col(InvoiceRow.state).in_([str(state) for state in PROVEN]),
        col(InvoiceRow.gross).is_not(None),
    )
    return [gross for gross in session.exec(query).all() if gross is not None]


def add_claim(session: Session, claim: ClaimView) -> None:
    """A new claim, HELD."""
    row = InvoiceClaimRow(**_columns(claim, "claim_id"), held_mac=claim.identity_mac)
    session.add(row)


def release_claim(session: Session, claim: ClaimView) -> None:
    """Store the end of a claim. Raises: ClaimNotFound."""
    row = session.get(InvoiceClaimRow, claim.claim_id)
    if row is None:
        raise ClaimNotFound()
    row.state, row.held_mac = str(claim.state), None
    row.released_at, row.fact_id = claim.released_at, claim.fact_id
    session.add(row)


def get_claim(session: Session, invoice_id: str, claim_id: str, *, lock: bool = False) -> ClaimView:
    """A claim on an invoice; lock: until the transaction ends. Raises: ClaimNotFound."""
    query = select(InvoiceClaimRow).where(
        InvoiceClaimRow.id == claim_id, InvoiceClaimRow.invoice_id == invoice_id
    )
    row = session.exec(_locking(query) if lock else query).one_or_none()
    if row is None:
        raise ClaimNotFound()
    return _claim(row)


def claims_of(session: Session, invoice_id: str) -> list[ClaimView]:
    """All claims on one entity's invoice, the oldest first."""
    order = (col(InvoiceClaimRow.claimed_at), col(InvoiceClaimRow.id))
    query = select(InvoiceClaimRow).where(InvoiceClaimRow.invoice_id == invoice_id)
    return [_claim(row) for row in session.exec(query.order_by(*order)).all()]


def held_claims(session: Session, mac: str) -> list[ClaimView]:
    """The claims that stand on an invoice, whoever's file they are on."""
    query = select(InvoiceClaimRow).where(InvoiceClaimRow.held_mac == mac)
    return [_claim(row) for row in session.exec(query).all()]


def add_booking(session: Session, booking: BookingView) -> None:
    """A booking."""
    draft = booking.draft
    session.add(
        InvoiceBookingRow(
            id=booking.booking_id,
            invoice_id=booking.invoice_id,
            entity_uscc=booking.entity_uscc,
            identity_mac=booking.identity_mac,
            side=str(booking.side),
            voucher=draft.voucher,
            posted_on=draft.posted_on,
            period=draft.period,
            basis=str(draft.basis),
            original_sha256=draft.original_sha256,
            booked_at=booking.booked_at,
            by=booking.by,
            fact_id=booking.fact_id,
        )
    )


def bookings(session: Session, mac: str) -> list[BookingView]:
    """All bookings of one invoice, whoever's."""
    query = select(InvoiceBookingRow).where(InvoiceBookingRow.identity_mac == mac)
    return [_booking(row) for row in session.exec(query).all()]


def add_form(session: Session, form: RedLetterView) -> None:
    """A new red-letter form."""
    session.add(InvoiceRedLetterRow(**_columns(form, "form_id")))


def save_form(session: Session, form: RedLetterView) -> None:
    """State and end of a locked form. Raises: RedLetterNotFound."""
    row = session.get(InvoiceRedLetterRow, form.form_id)
    if row is None:
        raise RedLetterNotFound()
    row.state, row.ended_at = str(form.state), form.ended_at
    row.note, row.fact_id = form.note, form.fact_id
    session.add(row)


def get_form(session: Session, form_id: str, *, lock: bool = False) -> RedLetterView:
    """One form. Raises: RedLetterNotFound."""
    query = select(InvoiceRedLetterRow).where(InvoiceRedLetterRow.id == form_id)
    row = session.exec(_locking(query) if lock else query).one_or_none()
    if row is None:
        raise RedLetterNotFound()
    return _form(row)


def forms_against(session: Session, mac: str) -> list[RedLetterView]:
    """All forms against one invoice, the oldest first."""
    order = (col(InvoiceRedLetterRow.entered_at), col(InvoiceRedLetterRow.id))
    query = select(InvoiceRedLetterRow).where(InvoiceRedLetterRow.identity_mac == mac)
    return [_form(row) for row in session.exec(query.order_by(*order).limit(FORMS_LIMIT)).all()]


def search_forms(
    session: Session, entity: str | None, page: tuple[str | None, int]
) -> list[RedLetterView]:
    """Forms in which an entity is seller or buyer, or all, in order of id."""
    after, limit = page
    query = select(InvoiceRedLetterRow).order_by(col(InvoiceRedLetterRow.id)).limit(limit)
    if entity is not None:
        query = query.where(
            or_(
                col(InvoiceRedLetterRow.seller_uscc) == entity,
                col(InvoiceRedLetterRow.buyer_uscc) == entity,
            )
        )
    if after is not None:
        query = query.where(col(InvoiceRedLetterRow.id) > after)
    return [_form(row) for row in session.exec(query).all()]


def overdue_forms(session: Session, before: datetime, limit: int) -> list[RedLetterView]:
    """Forms entered up to `before` that still wait, locked, the oldest first."""
    query = (
        select(InvoiceRedLetterRow)
        .where(
            col(InvoiceRedLetterRow.state).in_([str(state) for state in AWAITING]),
            col(InvoiceRedLetterRow.entered_at) <= before,
        )
        .order_by(col(InvoiceRedLetterRow.entered_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_form(row) for row in session.exec(query).all()]


def _locked_identity(session: Session, mac: str) -> InvoiceIdentityRow:
    query = select(InvoiceIdentityRow).where(InvoiceIdentityRow.mac == mac)
    return session.exec(_locking(query)).one()


def _locking(query: SelectOfScalar[Row]) -> SelectOfScalar[Row]:
    """Whoever waited for a lock must see what the one before has written."""
    return query.with_for_update().execution_options(populate_existing=True)


def _columns(view: Any, id_name: str) -> dict[str, Any]:
    """The members of a view as columns: its id under `id`, enumerations as text."""
    plain = {
        name: str(value) if isinstance(value, str) else value for name, value in vars(view).items()
    }
    plain["id"] = plain.pop(id_name)
    if isinstance(plain.get("findings"), tuple):
        plain["findings"] = list(plain["findings"])
    return plain


def _invoice(row: InvoiceRow) -> InvoiceView:
    plain = row.model_dump(exclude={"id"})
    plain |= {
        "invoice_id": row.id,
        "side": Side(row.side),
        "state": InvoiceState(row.state),
        "findings": tuple(row.findings),
        "proof": None if row.proof is None else Proof(row.proof),
    }
    return InvoiceView(**plain)


def _claim(row: InvoiceClaimRow) -> ClaimView:
    plain = row.model_dump(exclude={"id", "held_mac"})
    plain |= {
        "claim_id": row.id,
        "purpose": ClaimPurpose(row.purpose),
        "state": ClaimState(row.state),
    }
    return ClaimView(**plain)


def _booking(row: InvoiceBookingRow) -> BookingView:
    return BookingView(
        booking_id=row.id,
        invoice_id=row.invoice_id,
        entity_uscc=row.entity_uscc,
        identity_mac=row.identity_mac,
        side=Side(row.side),
        draft=BookingDraft(
            row.voucher, row.posted_on, row.period, BookingBasis(row.basis), row.original_sha256
        ),
        booked_at=row.booked_at,
        by=row.by,
        fact_id=row.fact_id,
    )


def _form(row: InvoiceRedLetterRow) -> RedLetterView:
    plain = row.model_dump(exclude={"id"})
    plain |= {
        "form_id": row.id,
        "entered_by": Side(row.entered_by),
        "reason": RedLetterReason(row.reason),
        "state": RedLetterState(row.state),
    }
    return RedLetterView(**plain)
