"""Rows of uses of seals."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, String, UniqueConstraint, column
from sqlmodel import Field, SQLModel

from sealsvc.storage.tables import Logged, utc
from sealsvc.values import SubjectKind

_OPEN = column("status", String) == "AUTHORISED"


class SealUseRow(Logged, SQLModel, table=True):
    """One use of a seal, from its intent on. Digests: hex; page is None where invisible."""

    __tablename__ = "seal_use"
    __subject__ = (SubjectKind.SEALING, "id")
    __table_args__ = (
        Index("ix_seal_use_original_seal", "original_sha256", "seal_id"),
        # Nearly all uses are completed; housekeeping asks for the others.
        Index("ix_seal_use_open", "created_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    status: str = Field(sa_column=Column(String(12), nullable=False))
    seal_id: str = Field(sa_column=Column(String(40), ForeignKey("seal.id"), nullable=False))
    owner_uscc: str = Field(sa_column=Column(String(18), nullable=False))
    cert_serial: str = Field(
        sa_column=Column(String(40), ForeignKey("certificate.serial_hex"), nullable=False)
    )
    original_sha256: str = Field(sa_column=Column(String(64), nullable=False))
    tbs_sha256: str = Field(sa_column=Column(String(64), nullable=False))
    signature_sha256: str | None = Field(
        default=None, sa_column=Column(String(64), nullable=True, unique=True)
    )
    sealed_sha256: str | None = Field(
        default=None, sa_column=Column(String(64), nullable=True, index=True)
    )
    media_type: str = Field(sa_column=Column(String(80), nullable=False))
    declaration: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    page: int | None = Field(default=None, nullable=True)
    x_mm: float | None = Field(default=None, nullable=True)
    y_mm: float | None = Field(default=None, nullable=True)
    width_mm: float | None = Field(default=None, nullable=True)
    by: str = Field(sa_column=Column(String(40), nullable=False))
    created_at: datetime = Field(sa_column=utc())
    completed_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    authorised_fact_id: str = Field(sa_column=Column(String(40), nullable=False))
    completed_fact_id: str | None = Field(default=None, sa_column=Column(String(40), nullable=True))
    abandoned_reason: str | None = Field(default=None, sa_column=Column(String(64), nullable=True))


class SealingBatchRow(SQLModel, table=True):
    """A batch by its client's key. Digests: hex; fingerprint: of the whole request."""

    __tablename__ = "sealing_batch"
    __table_args__ = (UniqueConstraint("client_id", "key_sha256"),)

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    client_id: str = Field(sa_column=Column(String(40), nullable=False))
    key_sha256: str = Field(sa_column=Column(String(64), nullable=False))
    seal_id: str = Field(sa_column=Column(String(40), ForeignKey("seal.id"), nullable=False))
    fingerprint: str = Field(sa_column=Column(String(64), nullable=False))
    created_at: datetime = Field(sa_column=utc())


class SealingBatchItemRow(SQLModel, table=True):
    """The newest use of the seal for one name of a batch; written with its intent."""

    __tablename__ = "sealing_batch_item"
    __table_args__ = ({"sqlite_with_rowid": False},)

    batch_id: str = Field(
        sa_column=Column(String(40), ForeignKey("sealing_batch.id"), primary_key=True)
    )
    name: str = Field(sa_column=Column(String(255), primary_key=True))
    sealing_id: str = Field(sa_column=Column(String(40), ForeignKey("seal_use.id"), nullable=False))
