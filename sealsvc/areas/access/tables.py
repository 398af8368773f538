"""Rows of API clients."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary, String
from sqlmodel import Field, SQLModel

from sealsvc.storage.tables import Logged, utc
from sealsvc.values import SubjectKind


class ClientRow(Logged, SQLModel, table=True):
    """An API client. secret_sha256: all that is kept of its key. scopes: names with blanks between.

    created_by, revoked_by: client id, or `operator` for the command line.
    """

    __tablename__ = "client"
    __subject__ = (SubjectKind.CLIENT, "client_id")

    client_id: str = Field(sa_column=Column(String(40), primary_key=True))
    name: str = Field(sa_column=Column(String(80), nullable=False))
    scopes: str = Field(sa_column=Column(String(200), nullable=False))
    entity_uscc: str | None = Field(sa_column=Column(String(18), nullable=True, index=True))
    secret_sha256: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    created_at: datetime = Field(sa_column=utc())
    created_by: str = Field(sa_column=Column(String(40), nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=utc(nullable=True))
    revoked_by: str | None = Field(default=None, sa_column=Column(String(40), nullable=True))
    revoked_reason: str | None = Field(default=None, sa_column=Column(String(300), nullable=True))
