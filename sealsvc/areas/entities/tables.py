"""Rows of the register of entities."""

from datetime import date, datetime

from sqlalchemy import JSON, Column, Date, ForeignKey, Integer, String
from sqlmodel import Field, SQLModel

from sealsvc.storage.tables import Logged, utc
from sealsvc.values import SubjectKind


class EntityRow(Logged, SQLModel, table=True):
    """A legal person or individual business. status: EntityStatus.

    search_text: full and short names folded for search, one a line. natural_person: the credit
    code belongs to a person, so that searches by strangers leave the row out.
    """

    __tablename__ = "entity"
    __subject__ = (SubjectKind.ENTITY, "uscc")

    uscc: str = Field(sa_column=Column(String(18), primary_key=True))
    entity_id: str = Field(sa_column=Column(String(40), nullable=False, unique=True))
    legal_name: str = Field(sa_column=Column(String(120), nullable=False))
    short_names: list[str] = Field(sa_column=Column(JSON, nullable=False))
    search_text: str = Field(sa_column=Column(String, nullable=False))
    natural_person: bool = Field(nullable=False)
    legal_representative: str | None = Field(sa_column=Column(String(120), nullable=True))
    registered_address: str | None = Field(sa_column=Column(String(300), nullable=True))
    organization_type: str | None = Field(sa_column=Column(String(32), nullable=True))
    sealing_suite: str | None = Field(default=None, sa_column=Column(String(40), nullable=True))
    status: str = Field(sa_column=Column(String(16), nullable=False, index=True))
    registered_at: datetime = Field(sa_column=utc())
    registered_by: str = Field(sa_column=Column(String(40), nullable=False))
    changed_at: datetime = Field(sa_column=utc())
    cancelled_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    cancel_reason: str | None = Field(default=None, sa_column=Column(String(300), nullable=True))
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False))


class PermitRow(Logged, SQLModel, table=True):
    """A permit or licence of an entity; its status at a time is computed, never stored.

    valid_from, valid_to: days in China, both included; valid_to None = without an end.
    """

    __tablename__ = "permit"
    __subject__ = (SubjectKind.ENTITY, "uscc")

    # Both columns form the key, so that every UPDATE names the entity (see `Logged`).
    uscc: str = Field(sa_column=Column(String(18), ForeignKey("entity.uscc"), primary_key=True))
    permit_id: str = Field(sa_column=Column(String(40), primary_key=True))
    number: str = Field(sa_column=Column(String(64), nullable=False))
    kind: str = Field(sa_column=Column(String(80), nullable=False))
    issuer: str = Field(sa_column=Column(String(120), nullable=False))
    scope: str | None = Field(sa_column=Column(String(1000), nullable=True))
    valid_from: date = Field(sa_column=Column(Date, nullable=False))
    valid_to: date | None = Field(sa_column=Column(Date, nullable=True))
    registered_at: datetime = Field(sa_column=utc())
    registered_by: str = Field(sa_column=Column(String(40), nullable=False))
    changed_at: datetime = Field(sa_column=utc())
    withdrawn_from: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    withdraw_reason: str | None = Field(default=None, sa_column=Column(String(300), nullable=True))
    version: int = Field(default=1, sa_column=Column(Integer, nullable=False))
