"""Rows of seals and of the changes of their state."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String
from sqlmodel import Field, SQLModel

from sealsvc.storage.tables import Logged, utc
from sealsvc.values import SubjectKind


def _text(length: int, **kwargs: Any) -> Any:
    kwargs.setdefault("nullable", False)
    return Column(String(length), **kwargs)


class SealRow(Logged, SQLModel, table=True):
    """One seal, physical or electronic. owner_is_person: the credit code is a natural person's."""

    __tablename__ = "seal"
    __subject__ = (SubjectKind.SEAL, "id")
    __table_args__ = (
        Index("ix_seal_owner_kind", "owner_uscc", "seal_type", "medium"),
        Index("ix_seal_owner_id", "owner_uscc", "id"),
        Index("ix_seal_owner_status", "owner_uscc", "status"),
        Index("ix_seal_status_id", "status", "id"),
        Index("ix_seal_status_valid_until", "status", "valid_until"),
        Index("ix_seal_type_id", "seal_type", "id"),
    )

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    owner_uscc: str = Field(sa_column=Column(String(18), ForeignKey("entity.uscc"), nullable=False))
    owner_name: str = Field(sa_column=_text(160))
    owner_is_person: bool = Field(nullable=False)
    seal_type: str = Field(sa_column=_text(24))
    medium: str = Field(sa_column=_text(12))
    name: str = Field(sa_column=_text(80))
    status: str = Field(sa_column=_text(12))
    status_since: datetime = Field(sa_column=utc())
    version: int = Field(default=1, nullable=False)
    applied_at: datetime = Field(sa_column=utc())
    applicant_client_id: str = Field(sa_column=_text(40))
    code: str | None = Field(default=None, sa_column=_text(14, nullable=True, unique=True))
    person_name: str | None = Field(default=None, sa_column=_text(160, nullable=True))
    sequence: int | None = Field(default=None, nullable=True)
    imprint_sha256: str | None = Field(default=None, sa_column=_text(64, nullable=True, index=True))
    imprint_rgba_sha256: str | None = Field(default=None, sa_column=_text(64, nullable=True))
    width_mm: float | None = Field(default=None, nullable=True)
    height_mm: float | None = Field(default=None, nullable=True)
    key_ref: str | None = Field(default=None, sa_column=_text(80, nullable=True))
    suite: str | None = Field(default=None, sa_column=_text(40, nullable=True))
    cert_serial: str | None = Field(default=None, sa_column=_text(40, nullable=True))
    valid_from: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    valid_until: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    filed_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    made_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    counterpart_seal_id: str | None = Field(
        default=None, sa_column=_text(40, nullable=True, index=True)
    )
    supersedes: str | None = Field(default=None, sa_column=_text(40, nullable=True))
    superseded_by: str | None = Field(default=None, sa_column=_text(40, nullable=True))
    under_review: bool = Field(default=False, nullable=False)
    suspended_by_regulator: bool = Field(default=False, nullable=False)
    void_proposer: str | None = Field(default=None, sa_column=_text(40, nullable=True))
    void_proposed_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    void_effective_from: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    void_reason: str | None = Field(default=None, sa_column=_text(500, nullable=True))


class SealEventRow(Logged, SQLModel, table=True):
    """One change of a seal's state; append-only. position: the order of recording."""

    __tablename__ = "seal_event"
    __subject__ = (SubjectKind.SEAL, "seal_id")

    position: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    seal_id: str = Field(
        sa_column=Column(String(40), ForeignKey("seal.id"), nullable=False, index=True)
    )
    action: str = Field(sa_column=_text(16))
    status: str = Field(sa_column=_text(12))
    recorded_at: datetime = Field(sa_column=utc())
    effective_from: datetime = Field(sa_column=utc())
    fact_id: str = Field(sa_column=_text(40))
    by: str = Field(sa_column=_text(40))
    reason: str | None = Field(default=None, sa_column=_text(500, nullable=True))


class SealCredentialRow(Logged, SQLModel, table=True):
    """A certificate of a seal for one suite, and the electronic seal (SESeal) made of it.

    Append-only; the newest of a suite is in use. eseal_sha256: hex over the SESeal's DER and name
    of its blob; only a national suite has one.
    """

    __tablename__ = "seal_credential"
    __subject__ = (SubjectKind.SEAL, "seal_id")

    position: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    seal_id: str = Field(
        sa_column=Column(String(40), ForeignKey("seal.id"), nullable=False, index=True)
    )
    suite: str = Field(sa_column=_text(40))
    key_ref: str = Field(sa_column=_text(80))
    cert_serial: str = Field(sa_column=_text(40, index=True))
    eseal_sha256: str | None = Field(default=None, sa_column=_text(64, nullable=True, index=True))
    made_at: datetime = Field(sa_column=utc())
