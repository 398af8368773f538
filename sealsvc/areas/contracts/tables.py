"""Rows of contracts, their parties, seals and events, templates and packages."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String
from sqlmodel import Field, SQLModel

from sealsvc.storage.tables import Logged, utc
from sealsvc.values import SubjectKind


def _text(length: int, **kwargs: Any) -> Any:
    kwargs.setdefault("nullable", False)
    return Column(String(length), **kwargs)


def _contract(**kwargs: Any) -> Any:
    return Column(String(40), ForeignKey("contract.id"), nullable=False, **kwargs)


def _position() -> Any:
    return Column(Integer, primary_key=True, autoincrement=False)


class ContractRow(Logged, SQLModel, table=True):
    """One contract. Digests: hex, names of blobs. pending_*: proposed, not yet agreed."""

    __tablename__ = "contract"
    __subject__ = (SubjectKind.CONTRACT, "id")
    __table_args__ = (
        Index("ix_contract_number_id", "number", "id"),
        Index("ix_contract_status_id", "status", "id"),
    )

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    title: str = Field(sa_column=_text(120))
    number: str = Field(sa_column=_text(100))
    status: str = Field(sa_column=_text(12))
    status_since: datetime = Field(sa_column=utc())
    version: int = Field(default=1, nullable=False)
    initiator_uscc: str = Field(
        sa_column=Column(String(18), ForeignKey("entity.uscc"), nullable=False, index=True)
    )
    order: str = Field(sa_column=_text(8))
    deadline: datetime = Field(sa_column=utc(index=True))
    media_type: str = Field(sa_column=_text(80))
    original_sha256: str = Field(sa_column=_text(64, index=True))
    current_sha256: str = Field(sa_column=_text(64, index=True))
    created_at: datetime = Field(sa_column=utc())
    shared: bool = Field(default=False, nullable=False)
    template_id: str | None = Field(default=None, sa_column=_text(40, nullable=True))
    template_version: int | None = Field(default=None, nullable=True)
    clause_data: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    supersedes: str | None = Field(default=None, sa_column=_text(40, nullable=True))
    succession: str | None = Field(default=None, sa_column=_text(12, nullable=True))
    superseded_by: str | None = Field(default=None, sa_column=_text(40, nullable=True))
    concluded_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    pending_action: str | None = Field(default=None, sa_column=_text(12, nullable=True))
    pending_by_uscc: str | None = Field(default=None, sa_column=_text(18, nullable=True))
    pending_reason: str | None = Field(default=None, sa_column=_text(500, nullable=True))


class ContractPartyRow(Logged, SQLModel, table=True):
    """One party. position: order of sealing. Millimetres as in Placement; page None: no place."""

    __tablename__ = "contract_party"
    __subject__ = (SubjectKind.CONTRACT, "contract_id")

    contract_id: str = Field(sa_column=_contract(primary_key=True))
    position: int = Field(sa_column=_position())
    uscc: str = Field(
        sa_column=Column(String(18), ForeignKey("entity.uscc"), nullable=False, index=True)
    )
    name: str = Field(sa_column=_text(160))
    role: str = Field(sa_column=_text(12))
    page: int | None = Field(default=None, nullable=True)
    x_mm: float | None = Field(default=None, nullable=True)
    y_mm: float | None = Field(default=None, nullable=True)
    width_mm: float | None = Field(default=None, nullable=True)
    keyword: str | None = Field(default=None, sa_column=_text(80, nullable=True))


class ContractSealingRow(Logged, SQLModel, table=True):
    """One party's seal on a contract, append-only. step: 1-based."""

    __tablename__ = "contract_sealing"
    __subject__ = (SubjectKind.CONTRACT, "contract_id")

    contract_id: str = Field(sa_column=_contract(primary_key=True))
    step: int = Field(sa_column=_position())
    uscc: str = Field(sa_column=_text(18))
    name: str = Field(sa_column=_text(160))
    client_id: str = Field(sa_column=_text(40))
    client_name: str = Field(sa_column=_text(80))
    seal_id: str = Field(sa_column=_text(40))
    seal_name: str = Field(sa_column=_text(80))
    seal_type: str = Field(sa_column=_text(24))
    seal_status: str = Field(sa_column=_text(12))
    cert_serial: str = Field(sa_column=_text(40))
    sealing_id: str = Field(
        sa_column=Column(String(40), ForeignKey("seal_use.id"), nullable=False, unique=True)
    )
    digest_before: str = Field(sa_column=_text(64, index=True))
    digest_after: str = Field(sa_column=_text(64, index=True))
    signature_sha256: str = Field(sa_column=_text(64))
    intended_at: datetime = Field(sa_column=utc())
    sealed_at: datetime = Field(sa_column=utc())
    intent_fact_id: str = Field(sa_column=_text(40))
    fact_id: str = Field(sa_column=_text(40))
    sealing_fact_id: str = Field(sa_column=_text(40))
    statement: str | None = Field(default=None, sa_column=_text(500, nullable=True))
    statement_version: str | None = Field(default=None, sa_column=_text(40, nullable=True))


class ContractEventRow(Logged, SQLModel, table=True):
    """One recorded fact of a contract, in order; append-only."""

    __tablename__ = "contract_event"
    __subject__ = (SubjectKind.CONTRACT, "contract_id")

    position: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    contract_id: str = Field(sa_column=_contract(index=True))
    type: str = Field(sa_column=_text(63))
    status: str = Field(sa_column=_text(12))
    digest: str = Field(sa_column=_text(64, index=True))
    recorded_at: datetime = Field(sa_column=utc())
    fact_id: str = Field(sa_column=_text(40))
    by: str = Field(sa_column=_text(40))
    uscc: str | None = Field(default=None, sa_column=_text(18, nullable=True))
    reason: str | None = Field(default=None, sa_column=_text(500, nullable=True))


class ContractSlotRow(SQLModel, table=True):
    """Who is sealing a contract just now; says nothing that lasts, so it needs no fact."""

    __tablename__ = "contract_slot"

    contract_id: str = Field(sa_column=_contract(primary_key=True))
    uscc: str = Field(sa_column=_text(18))
    token: str = Field(sa_column=_text(40))
    document_sha256: str = Field(sa_column=_text(64, index=True))
    claimed_at: datetime = Field(sa_column=utc())
    leased_until: datetime = Field(sa_column=utc())
    intent_fact_id: str = Field(sa_column=_text(40))


class ContractEvidenceRow(Logged, SQLModel, table=True):
    """The evidence package of one version of a contract. sha256: name of its blob."""

    __tablename__ = "contract_evidence"
    __subject__ = (SubjectKind.CONTRACT, "contract_id")

    contract_id: str = Field(sa_column=_contract(primary_key=True))
    version: int = Field(sa_column=_position())
    sha256: str = Field(sa_column=_text(64, index=True))
    made_at: datetime = Field(sa_column=utc())
    fact_id: str = Field(sa_column=_text(40))


class ContractTemplateRow(Logged, SQLModel, table=True):
    """One version of a template, append-only. owner_uscc: None where it is everybody's."""

    __tablename__ = "contract_template"
    __subject__ = (SubjectKind.CONTRACT, "id")

    id: str = Field(sa_column=Column(String(40), primary_key=True))
    version: int = Field(sa_column=_position())
    owner_uscc: str | None = Field(default=None, sa_column=_text(18, nullable=True, index=True))
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_column=utc())
    by: str = Field(sa_column=_text(40))
    fact_id: str = Field(sa_column=_text(40))
