"""Rows of certificates, issuers and CRLs."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, String
from sqlmodel import Field, SQLModel

from sealsvc.storage.tables import Logged, utc
from sealsvc.values import SubjectKind


class CertificateRow(Logged, SQLModel, table=True):
    """One certificate, from its intent on."""

    __tablename__ = "certificate"
    __subject__ = (SubjectKind.CERTIFICATE, "serial_hex")
    __table_args__ = (
        Index("ix_certificate_issuer_status", "issuer_label", "status", "serial_hex"),
        Index("ix_certificate_profile_status", "profile", "status", "intended_at"),
        Index("ix_certificate_seal_status", "seal_id", "status", "intended_at"),
        Index("ix_certificate_status_intended", "status", "intended_at"),
    )

    serial_hex: str = Field(sa_column=Column(String(40), primary_key=True))
    issuer_label: str = Field(sa_column=Column(String(40), nullable=False))
    profile: str = Field(sa_column=Column(String(40), nullable=False))
    status: str = Field(sa_column=Column(String(16), nullable=False))
    uscc: str | None = Field(default=None, sa_column=Column(String(18), nullable=True, index=True))
    seal_id: str | None = Field(default=None, sa_column=Column(String(40), nullable=True))
    key_ref: str = Field(sa_column=Column(String(80), nullable=False))
    suite: str = Field(sa_column=Column(String(40), nullable=False))
    tbs_sha256: str = Field(sa_column=Column(String(64), nullable=False))
    der: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    not_before: datetime = Field(sa_column=utc())
    not_after: datetime = Field(sa_column=utc())
    intended_at: datetime = Field(sa_column=utc())
    revoked_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    reason: int | None = Field(default=None, nullable=True)
    invalid_since: datetime | None = Field(default=None, sa_column=utc(nullable=True))


class IssuerRow(SQLModel, table=True):
    """A CA of ours. label: its name under /pki/; rank: 0 for the root."""

    __tablename__ = "issuer"

    label: str = Field(sa_column=Column(String(40), primary_key=True))
    rank: int = Field(nullable=False)
    serial_hex: str = Field(sa_column=Column(String(40), nullable=False))
    key_ref: str = Field(sa_column=Column(String(80), nullable=False))
    der: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CrlRow(SQLModel, table=True):
    """The newest CRL of an issuer; its number only grows.

    entries_sha256: over the entries it was made from, tells whether a revocation is missing.
    """

    __tablename__ = "crl"

    issuer_label: str = Field(sa_column=Column(String(40), primary_key=True))
    number: int = Field(nullable=False)
    this_update: datetime = Field(sa_column=utc())
    next_update: datetime = Field(sa_column=utc())
    entries_sha256: str = Field(sa_column=Column(String(64), nullable=False))
    der: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
