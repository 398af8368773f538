"""Invoices on file, claims, bookings and lookups: their values, and who may do what."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing, require
from sealsvc.areas.invoices.model.errors import (
    InvoiceFieldInvalid,
    InvoiceNotForSeller,
    InvoiceNotFound,
    InvoiceNotIdentified,
    InvoiceNotSound,
    InvoiceNotVerified,
    InvoiceNotYours,
    OriginalMismatch,
    OriginalRequired,
)
from sealsvc.areas.invoices.model.lifecycle import (
    PROVEN,
    ClaimState,
    InvoiceAction,
    InvoiceState,
    Side,
)
from sealsvc.values import JsonObject, Principal, Scope

TEXT_LIMIT = 200
REASON_LIMIT = 1000


class Proof(StrEnum):
    """What a VERIFIED invoice stands on. SEAL: its seller's registered seal. LOOKUP: a query at the
    tax bureau that the entity put on record; we did not ask the bureau ourselves.
    """

    SEAL = "SEAL"
    LOOKUP = "LOOKUP"


class ClaimPurpose(StrEnum):
    """What an invoice is claimed for: 入账, 抵扣, 报销."""

    BOOKING = "BOOKING"
    DEDUCTION = "DEDUCTION"
    REIMBURSEMENT = "REIMBURSEMENT"


class BookingBasis(StrEnum):
    """What the voucher was made from."""

    ELECTRONIC = "ELECTRONIC"
    PRINTOUT = "PRINTOUT"


class BureauStatus(StrEnum):
    """`fpzt` as the tax bureau gives it [V S42 S43]."""

    NORMAL = "NORMAL"
    VOIDED = "VOIDED"
    FULLY_REVERSED = "FULLY_REVERSED"
    PARTLY_REVERSED = "PARTLY_REVERSED"


class BureauRisk(StrEnum):
    """Risk mark of the tax bureau [V S42 S43]."""

    NORMAL = "NORMAL"
    ABNORMAL = "ABNORMAL"
    DOUBTFUL = "DOUBTFUL"


@dataclass(frozen=True)
class InvoiceView:
    """An invoice on an entity's file. identity_mac: see `identity`; None where it says too little.

    fields, findings: wire shapes of what was read. verification_id, summary: of the file's
    verification, None for a file that cannot carry seals. fact_id: of the last change.
    """

    invoice_id: str
    entity_uscc: str
    side: Side
    state: InvoiceState
    document_sha256: str
    media_type: str
    size_bytes: int
    kept: bool
    fields: JsonObject
    findings: tuple[JsonObject, ...]
    sound: bool
    red: bool
    gross: str | None
    seller_uscc: str | None
    buyer_uscc: str | None
    identity_mac: str | None
    verification_id: str | None
    summary: str | None
    proof: Proof | None
    lookup: JsonObject | None
    by: str
    taken_at: datetime
    changed_at: datetime
    fact_id: str


@dataclass(frozen=True)
class ClaimView:
    """A claim on an invoice. fact_id: of the last change."""

    claim_id: str
    invoice_id: str
    entity_uscc: str
    identity_mac: str
    purpose: ClaimPurpose
    state: ClaimState
    claimed_at: datetime
    released_at: datetime | None
    by: str
    fact_id: str


@dataclass(frozen=True)
class BookingDraft:
    """How an invoice is booked. period: YYYY-MM; original_sha256: hex, needed for a printout."""

    voucher: str
    posted_on: date
    period: str
    basis: BookingBasis = BookingBasis.ELECTRONIC
    original_sha256: str | None = None


@dataclass(frozen=True)
class BookingView:
    """An invoice in an entity's books. booked_elsewhere: another entity on the same side has booked
    it too; which one is not told.
    """

    booking_id: str
    invoice_id: str
    entity_uscc: str
    identity_mac: str
    side: Side
    draft: BookingDraft
    booked_at: datetime
    by: str
    fact_id: str
    booked_elsewhere: bool = False


@dataclass(frozen=True)
class Lookup:
    """A query at the tax bureau, as the entity puts it on record. reference: of a kept result."""

    source: str
    queried_at: datetime
    status: BureauStatus
    risk: BureauRisk = BureauRisk.NORMAL
    reference: str | None = None

    def to_json(self) -> JsonObject:
        """As kept, shown and committed to."""
        return {
            "source": self.source,
            "queriedAt": self.queried_at.isoformat().replace("+00:00", "Z"),
            "status": str(self.status),
            "risk": str(self.risk),
            "reference": self.reference,
        }

    @property
    def action(self) -> InvoiceAction:
        """What it does to the invoice. Source: china-domain.md section 4.1 (status, risk)."""
        if self.status in (BureauStatus.VOIDED, BureauStatus.FULLY_REVERSED):
            return InvoiceAction.REFUSE
        return InvoiceAction.CONFIRM if self.risk is BureauRisk.NORMAL else InvoiceAction.DOUBT


def acting_entity(principal: Principal) -> str:
    """The entity that the client acts for: scope `verify`, and bound.

    Raises: ScopeMissing, NotYourEntity.
    """
    require(principal, Scope.VERIFY)
    if principal.entity_uscc is None:
        raise NotYourEntity()
    return principal.entity_uscc


def reading_entity(principal: Principal) -> str | None:
    """Whose invoices the client may read: its entity's, or everybody's (None) for an auditor.

    Raises: ScopeMissing.
    """
    if principal.entity_uscc is None:
        require(principal, Scope.AUDIT_READ)
        return None
    if not principal.scopes & {Scope.VERIFY, Scope.ENTITY_READ}:
        raise ScopeMissing(scope=str(Scope.VERIFY))
    return principal.entity_uscc


def may_see(view: InvoiceView, reader: str | None) -> None:
    """Let pass the entity on whose file it is, and auditors. reader: of `reading_entity`.

    Raises: InvoiceNotFound, so that an id tells strangers nothing.
    """
    if reader is not None and reader != view.entity_uscc:
        raise InvoiceNotFound()


def side_of(entity: str, seller: str | None, buyer: str | None) -> Side:
    """On which side the entity stands. seller, buyer: valid credit codes, None where not named.

    An invoice to a person, or a ticket, names no buyer by credit code: whoever has it may be the
    one to book it. Raises: InvoiceNotYours.
    """
    if entity == buyer:
        return Side.BUYER
    if entity == seller:
        return Side.SELLER
    if buyer is not None:
        raise InvoiceNotYours()
    return Side.HOLDER


def require_claimable(view: InvoiceView) -> str:
    """The identity of an invoice that may be claimed. Raises: InvoiceNotForSeller,
    InvoiceNotVerified, InvoiceNotIdentified.
    """
    if view.side is Side.SELLER:
        raise InvoiceNotForSeller()
    return require_proven(view)


def require_proven(view: InvoiceView) -> str:
    """The identity of a verified invoice. Raises: InvoiceNotVerified, InvoiceNotIdentified."""
    if view.state not in PROVEN:
        raise InvoiceNotVerified(state=str(view.state))
    if view.identity_mac is None:
        raise InvoiceNotIdentified()
    return view.identity_mac


def require_confirmable(view: InvoiceView) -> None:
    """A file that contradicts itself is not proven by what the bureau says of its number.

    Raises: InvoiceNotSound, InvoiceNotIdentified.
    """
    if not view.sound:
        raise InvoiceNotSound()
    if view.identity_mac is None:
        raise InvoiceNotIdentified()


def validate_lookup(lookup: Lookup, now: datetime) -> Lookup:
    """The lookup with its texts cleaned. Raises: InvoiceFieldInvalid."""
    if lookup.queried_at > now:
        raise InvoiceFieldInvalid(field="queriedAt", reason="IN_FUTURE")
    reference = lookup.reference
    return Lookup(
        source=clean_text("source", lookup.source, TEXT_LIMIT),
        queried_at=lookup.queried_at,
        status=lookup.status,
        risk=lookup.risk,
        reference=None if reference is None else clean_text("reference", reference, TEXT_LIMIT),
    )


def validate_booking(draft: BookingDraft, document_sha256: str) -> BookingDraft:
    """The booking, cleaned; a printout must name the file that was verified (R11).

    Raises: InvoiceFieldInvalid, OriginalRequired, OriginalMismatch.
    """
    year, dash, month = draft.period.partition("-")
    plain = (year + month).isascii() and (year + month).isdigit()
    if not (dash and plain and len(year) == 4 and len(month) == 2 and 1 <= int(month) <= 12):
        raise InvoiceFieldInvalid(field="period", reason="YYYY-MM")
    original = draft.original_sha256
    if draft.basis is BookingBasis.PRINTOUT and original is None:
        raise OriginalRequired(field="originalDigest", reason="REQUIRED")
    if original is not None and original != document_sha256:
        raise OriginalMismatch()
    voucher = clean_text("voucher", draft.voucher, TEXT_LIMIT)
    return BookingDraft(voucher, draft.posted_on, draft.period, draft.basis, original)


def clean_text(field: str, text: str, limit: int) -> str:
    """NFC without outer blanks. Raises: InvoiceFieldInvalid."""
    clean = unicodedata.normalize("NFC", text[: 4 * limit]).strip()
    if not clean or len(clean) > limit or not clean.replace("\n", " ").isprintable():
        raise InvoiceFieldInvalid(field=field, reason="TEXT")
    return clean
