"""Rows of invoices, claims, bookings and red-letter forms."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from sealsvc.storage.tables import Logged, utc
from sealsvc.values import SubjectKind


def _text(length: int, **kwargs: Any) -> Any:
    nullable = kwargs.pop("nullable", False)
    return Column(String(length), nullable=nullable, **kwargs)


def _invoice_id() -> Any:
    return Column(String(40), ForeignKey("invoice.id"), nullable=False, index=True)


class InvoiceIdentityRow(SQLModel, table=True):
    """One invoice, whoever has files of it; the row that all who act on it lock.

    mac: keyed digest of its code and number, hex. holder_uscc: who holds claims on it, if anyone.
    """

    __tablename__ = "invoice_identity"

    mac: str = Field(sa_column=Column(String(64), primary_key=True))
    holder_uscc: str | None = Field(default=None, sa_column=_text(18, nullable=True))


class InvoiceRow(Logged, SQLModel, table=True):
    """An invoice on one entity's file. gross: plain decimal, too long for none."""

    __tablename__ = "invoice"
    __subject__ = (SubjectKind.INVOICE, "id")
    __table_args__ = (
        UniqueConstraint("entity_uscc", "document_sha256"),
        Index("ix_invoice_entity_id", "entity_uscc", "id"),
        Index("ix_invoice_state_id", "state", "id"),
    )

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    entity_uscc: str = Field(sa_column=_text(18))
    side: str = Field(sa_column=_text(8))
    state: str = Field(sa_column=_text(12))
    document_sha256: str = Field(sa_column=_text(64, index=True))
    media_type: str = Field(sa_column=_text(80))
    size_bytes: int = Field(nullable=False)
    kept: bool = Field(nullable=False)
    fields: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    findings: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    sound: bool = Field(nullable=False)
    red: bool = Field(nullable=False)
    gross: str | None = Field(default=None, sa_column=_text(60, nullable=True))
    seller_uscc: str | None = Field(default=None, sa_column=_text(18, nullable=True))
    buyer_uscc: str | None = Field(default=None, sa_column=_text(18, nullable=True))
    identity_mac: str | None = Field(
        default=None,
        sa_column=Column(String(64), ForeignKey("invoice_identity.mac"), nullable=True, index=True),
    )
    verification_id: str | None = Field(default=None, sa_column=_text(40, nullable=True))
    summary: str | None = Field(default=None, sa_column=_text(16, nullable=True))
    proof: str | None = Field(default=None, sa_column=_text(8, nullable=True))
    lookup: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    by: str = Field(sa_column=_text(40))
    taken_at: datetime = Field(sa_column=utc(index=True))
    changed_at: datetime = Field(sa_column=utc())
    fact_id: str = Field(sa_column=_text(40))


class InvoiceClaimRow(Logged, SQLModel, table=True):
    """A claim. held_mac: the invoice's identity while HELD, else None, so that the database itself
    keeps a second claim of the same purpose out.
    """

    __tablename__ = "invoice_claim"
    __subject__ = (SubjectKind.INVOICE, "id")
    __table_args__ = (UniqueConstraint("held_mac", "purpose"),)

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    invoice_id: str = Field(sa_column=_invoice_id())
    entity_uscc: str = Field(sa_column=_text(18))
    identity_mac: str = Field(sa_column=_text(64, index=True))
    held_mac: str | None = Field(default=None, sa_column=_text(64, nullable=True))
    purpose: str = Field(sa_column=_text(16))
    state: str = Field(sa_column=_text(12))
    claimed_at: datetime = Field(sa_column=utc())
    released_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    by: str = Field(sa_column=_text(40))
    fact_id: str = Field(sa_column=_text(40))


class InvoiceBookingRow(Logged, SQLModel, table=True):
    """An invoice in an entity's books: once for each entity (rule R10)."""

    __tablename__ = "invoice_booking"
    __subject__ = (SubjectKind.INVOICE, "invoice_id")
    __table_args__ = (UniqueConstraint("entity_uscc", "identity_mac"),)

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    invoice_id: str = Field(sa_column=_invoice_id())
    entity_uscc: str = Field(sa_column=_text(18))
    identity_mac: str = Field(sa_column=_text(64, index=True))
    side: str = Field(sa_column=_text(8))
    voucher: str = Field(sa_column=_text(200))
    posted_on: date = Field(sa_column=Column(Date, nullable=False))
    period: str = Field(sa_column=_text(7))
    basis: str = Field(sa_column=_text(12))
    original_sha256: str | None = Field(
        default=None, sa_column=_text(64, nullable=True, index=True)
    )
    booked_at: datetime = Field(sa_column=utc())
    by: str = Field(sa_column=_text(40))
    fact_id: str = Field(sa_column=_text(40))


class InvoiceRedLetterRow(Logged, SQLModel, table=True):
    """A red-letter form against a blue invoice. amount: plain decimal with two places."""

    __tablename__ = "invoice_red_letter"
    __subject__ = (SubjectKind.INVOICE, "id")
    __table_args__ = (Index("ix_invoice_red_letter_state_entered", "state", "entered_at"),)

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    invoice_id: str = Field(sa_column=_invoice_id())
    identity_mac: str = Field(sa_column=_text(64, index=True))
    number: str = Field(sa_column=_text(60))
    code: str | None = Field(default=None, sa_column=_text(60, nullable=True))
    seller_uscc: str = Field(sa_column=_text(18, index=True))
    buyer_uscc: str = Field(sa_column=_text(18, index=True))
    entered_by: str = Field(sa_column=_text(8))
    amount: str = Field(sa_column=_text(24))
    reason: str = Field(sa_column=_text(20))
    state: str = Field(sa_column=_text(32))
    entered_at: datetime = Field(sa_column=utc())
    ended_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    note: str | None = Field(default=None, sa_column=_text(1000, nullable=True))
    by: str = Field(sa_column=_text(40))
    fact_id: str = Field(sa_column=_text(40))
