"""Rows of verification reports; the documents themselves are not kept."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, String, column
from sqlmodel import Field, SQLModel

from sealsvc.storage.tables import utc


class VerificationRow(SQLModel, table=True):
    """One report. report: the JSON bytes as answered; evidence_sha256: blob of its evidence."""

    __tablename__ = "verification"
    # Reports with a fact stay for ever: what retention looks for must not lie among them.
    __table_args__ = (
        Index(
            "ix_verification_without_fact",
            "created_at",
            sqlite_where=column("fact_id").is_(None),
            postgresql_where=column("fact_id").is_(None),
        ),
    )

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    document_sha256: str = Field(sa_column=Column(String(64), nullable=False, index=True))
    summary: str = Field(sa_column=Column(String(16), nullable=False, index=True))
    indication: str = Field(sa_column=Column(String(24), nullable=False))
    created_at: datetime = Field(sa_column=utc())
    fact_id: str | None = Field(default=None, sa_column=Column(String(40), nullable=True))
    evidence_sha256: str | None = Field(
        default=None, sa_column=Column(String(64), nullable=True, index=True)
    )
    report: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
