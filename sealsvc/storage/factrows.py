"""The rows of a fact: itself under its number, its places in the trace index, its turn to wait."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection
from sqlmodel import Session

from sealsvc.storage.db import is_sqlite
from sealsvc.storage.rows import Cell, cell_of, insert_rows
from sealsvc.storage.tables import FactRow, FactSubjectRow, LogQueueRow
from sealsvc.tlog.leaf import Leaf
from sealsvc.values import Fact, FactId, Subject, SubjectKind

_FACT = ("seq", "fact_id", "type", "at", "subjects", "entry", "payload", "salt")
_SUBJECT = ("kind", "subject_id", "type", "seq")
_QUEUED = ("seq", "queued_at", "parked")

# SQLite has one writer, and this runs in its transaction; on PostgreSQL writers run beside another.
_LAST_ON_SQLITE = "SELECT coalesce(max(seq), 0) FROM fact"
_NEXT_ON_POSTGRES = "SELECT nextval('fact_seq') FROM generate_series(1, %s)"


class NewFact(NamedTuple):
    """A fact that its unit of work commits."""

    fact_id: FactId
    fact: Fact
    leaf: Leaf


def insert_facts(session: Session, at: datetime, many: Sequence[NewFact]) -> None:
    """Store facts of one unit of work in this order, and queue them for the log."""
    cell = cell_of(session, at)
    facts: list[tuple[Cell, ...]] = []
    index: list[tuple[Cell, ...]] = []
    queue: list[tuple[Cell, ...]] = []
    for seq, (fact_id, fact, leaf) in zip(_numbers(session, len(many)), many, strict=True):
        subjects = tuple(dict.fromkeys(fact.subjects))
        told = write_subjects(subjects)
        facts.append((seq, fact_id, fact.type, cell, told, leaf.entry, leaf.payload, leaf.salt))
        index += [(str(one.kind), one.id, fact.type, seq) for one in subjects]
        queue.append((seq, cell, False))
    insert_rows(session, FactRow, _FACT, facts)
    insert_rows(session, FactSubjectRow, _SUBJECT, index)
    insert_rows(session, LogQueueRow, _QUEUED, queue)


def write_subjects(subjects: Iterable[Subject]) -> str:
    """Subjects as the fact's row holds them: a JSON array of [kind, id]."""
    return json.dumps([[str(one.kind), one.id] for one in subjects], separators=(",", ":"))


def read_subjects(told: str) -> frozenset[Subject]:
    """What `write_subjects` wrote."""
    return frozenset(Subject(SubjectKind(kind), subject) for kind, subject in json.loads(told))


def _numbers(session: Session, count: int) -> Iterable[int]:
    connection: Connection = session.connection()
    if is_sqlite(connection.engine):
        last = connection.exec_driver_sql(_LAST_ON_SQLITE).scalar_one()
        return range(last + 1, last + 1 + count)
    return connection.exec_driver_sql(_NEXT_ON_POSTGRES, (count,)).scalars().all()
