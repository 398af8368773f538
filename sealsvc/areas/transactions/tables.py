"""Rows of attestations and of reports on transactions."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, String, column
from sqlmodel import Field, SQLModel

from sealsvc.storage.tables import Logged, utc
from sealsvc.values import SubjectKind


class AttestationRow(Logged, SQLModel, table=True):
    """One attestation, from its intent on.

    live_key: operator, kind and number while it is issued, so that none stands twice.
    """

    __tablename__ = "attestation"
    __subject__ = (SubjectKind.ATTESTATION, "id")

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    kind: str = Field(sa_column=Column(String(40), nullable=False))
    operator_uscc: str = Field(sa_column=Column(String(18), nullable=False, index=True))
    number: str = Field(sa_column=Column(String(100), nullable=False))
    live_key: str | None = Field(
        default=None, sa_column=Column(String(200), nullable=True, unique=True)
    )
    status: str = Field(sa_column=Column(String(12), nullable=False, index=True))
    record: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    envelope: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    seal_id: str = Field(sa_column=Column(String(40), ForeignKey("seal.id"), nullable=False))
    cert_serial: str = Field(sa_column=Column(String(40), nullable=False))
    created_at: datetime = Field(sa_column=utc(index=True))
    by: str = Field(sa_column=Column(String(40), nullable=False))
    intended_fact_id: str | None = Field(default=None, sa_column=Column(String(40), nullable=True))
    issued_fact_id: str | None = Field(default=None, sa_column=Column(String(40), nullable=True))
    withdrawn_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    withdraw_reason: str | None = Field(default=None, sa_column=Column(String(300), nullable=True))
    withdrawn_fact_id: str | None = Field(default=None, sa_column=Column(String(40), nullable=True))


class TransactionRow(SQLModel, table=True):
    """One report. report: the JSON bytes as answered; deal_sha256: blob of its facts."""

    __tablename__ = "transaction_report"
    # Reports with a fact stay for ever: what retention looks for must not lie among them.
    __table_args__ = (
        Index(
            "ix_transaction_report_without_fact",
            "expires_at",
            sqlite_where=column("fact_id").is_(None),
            postgresql_where=column("fact_id").is_(None),
        ),
    )

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    summary: str = Field(sa_column=Column(String(16), nullable=False))
    created_at: datetime = Field(sa_column=utc(index=True))
    expires_at: datetime = Field(sa_column=utc())
    fact_id: str | None = Field(default=None, sa_column=Column(String(40), nullable=True))
    deal_sha256: str = Field(sa_column=Column(String(64), nullable=False, index=True))
    report: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
