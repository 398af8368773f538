"""Rows of the log and of the unit of work; the mixin `Logged` for rows that matter."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Sequence, String
from sqlmodel import Field, SQLModel

from sealsvc.storage.db import UtcDateTime
from sealsvc.values import SubjectKind

LOGGED: dict[str, tuple[SubjectKind, str]] = {}


class Logged:
    """Mixin: a change of such a row commits only with a fact that names its subject.

    A table with the mixin sets `__subject__` = (kind, column); the column must stand in every
    INSERT and, as equality, in the WHERE of every UPDATE and DELETE (the ORM uses the primary
    key, so it is the primary key or the table is append-only). Source: ARCHITECTURE section 7.3.
    """

    __subject__: ClassVar[tuple[SubjectKind, str]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        LOGGED[str(cls.__tablename__)] = cls.__subject__  # type: ignore[attr-defined]


def utc(**kwargs: Any) -> Any:
    """A column for an aware UTC datetime."""
    nullable = kwargs.pop("nullable", False)
    return Column(UtcDateTime(), nullable=nullable, **kwargs)


# The one column of SQLite whose type makes it the number that rows lie by.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _seq(**kwargs: Any) -> Any:
    """A column for the number of a fact that another row speaks of."""
    return Column(_NUMBER, autoincrement=False, nullable=False, **kwargs)


class FactRow(SQLModel, table=True):
    """A committed fact: the exact leaf bytes, and the opening of its commitment.

    seq: order of insertion, gaps are harmless; all that the log keeps of facts lies by it, so that
    new rows lie together, where ids, which are random, would scatter them over every page.
    subjects: whom it speaks of, as `write_subjects` writes them. payload and salt are None after
    erasure (transparency-log section 13.5).
    """

    __tablename__ = "fact"

    # PostgreSQL's writers take their numbers from the sequence, SQLite's one writer the next one.
    seq: int = Field(
        sa_column=Column(_NUMBER, Sequence("fact_seq"), primary_key=True, autoincrement=False)
    )
    fact_id: str = Field(sa_column=Column(String(40), nullable=False, unique=True))
    type: str = Field(sa_column=Column(String(64), nullable=False, index=True))
    at: datetime = Field(sa_column=utc())
    subjects: str = Field(sa_column=Column(String, nullable=False))
    entry: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    payload: bytes | None = Field(sa_column=Column(LargeBinary, nullable=True))
    salt: bytes | None = Field(sa_column=Column(LargeBinary, nullable=True))


class FactSubjectRow(SQLModel, table=True):
    """The trace index: which facts speak of a subject.

    type: the fact's, repeated here so that the few registry facts of a seal are found without
    walking over the many documents it sealed; compared byte by byte on both databases, so that a
    family of types is a range of the key.
    """

    __tablename__ = "fact_subject"
    __table_args__ = ({"sqlite_with_rowid": False},)

    kind: str = Field(sa_column=Column(String(16), primary_key=True))
    subject_id: str = Field(sa_column=Column(String(80), primary_key=True))
    type: str = Field(
        sa_column=Column(
            String(64).with_variant(String(64, collation="C"), "postgresql"), primary_key=True
        )
    )
    seq: int = Field(sa_column=_seq(primary_key=True))


class LogQueueRow(SQLModel, table=True):
    """A fact that waits for its index."""

    __tablename__ = "log_queue"

    seq: int = Field(sa_column=_seq(primary_key=True))
    queued_at: datetime = Field(sa_column=utc())
    parked: bool = Field(default=False, nullable=False)


class LogEntryRow(SQLModel, table=True):
    """Leaf number `idx` of the log, 0-based, without a gap."""

    __tablename__ = "log_entry"
    __table_args__ = ({"sqlite_with_rowid": False},)

    idx: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    seq: int = Field(sa_column=_seq(unique=True))
    leaf_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LogTileRow(SQLModel, table=True):
    """A hash tile at its present width; narrower ones are cut from it. data: 32 bytes a hash."""

    __tablename__ = "log_tile"

    level: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    n: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LogHeadRow(SQLModel, table=True):
    """The one head: what the log has committed itself to. checkpoint: the signed note."""

    __tablename__ = "log_head"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    origin: str = Field(sa_column=Column(String(255), nullable=False))
    vkey: str = Field(sa_column=Column(String(400), nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    checkpoint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=utc())


class CheckpointRow(SQLModel, table=True):
    """A checkpoint kept for history: one an hour, and every cosigned one."""

    __tablename__ = "checkpoint"

    size: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    note: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=utc(index=True))


class IdempotencyRow(SQLModel, table=True):
    """One use of an Idempotency-Key. scope: client and route.

    status None while the first request runs; committed: facts of the request are in the
    database, so it must not run again even if its answer was lost.
    """

    __tablename__ = "idempotency"

    scope: str = Field(sa_column=Column(String(200), primary_key=True))
    key: str = Field(sa_column=Column(String(255), primary_key=True))
    fingerprint: str = Field(sa_column=Column(String(64), nullable=False))
    started_at: datetime = Field(sa_column=utc(index=True))
    committed: str | None = Field(sa_column=Column(String(2000), nullable=True))
    status: int | None = Field(sa_column=Column(Integer, nullable=True))
    headers: str | None = Field(sa_column=Column(String, nullable=True))
    body_sha256: str | None = Field(sa_column=Column(String(64), nullable=True, index=True))


class DomainRow(SQLModel, table=True):
    """The trust domain's founding choices; one row, written by `sealsvc init`, never changed."""

    __tablename__ = "domain"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    name: str = Field(sa_column=Column(String(120), nullable=False))
    base_url: str = Field(sa_column=Column(String(200), nullable=False))
    origin: str = Field(sa_column=Column(String(200), nullable=False))
    log_key_ref: str = Field(sa_column=Column(String(80), nullable=False))
    demo: bool = Field(nullable=False)
    operator_uscc: str | None = Field(sa_column=Column(String(18), nullable=True))
    founded_at: datetime = Field(sa_column=utc())
