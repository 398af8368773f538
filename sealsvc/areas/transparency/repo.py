"""Queries over the log and its trace index. The tables belong to `storage`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlmodel import Session

from sealsvc.areas.transparency.model import SEALING_COMPLETED, FactNotFound, StoredFact
from sealsvc.storage.logbook import read_entries
from sealsvc.storage.tables import FactRow, FactSubjectRow, LogEntryRow, LogQueueRow
from sealsvc.storage.tiledata import tile_reader
from sealsvc.tlog.tilerows import TileNodes
from sealsvc.tlog.tiles import Bundle, Tile, encode_bundle
from sealsvc.tlog.tree import inclusion_path
from sealsvc.values import Subject, SubjectKind

_fact = FactRow.__table__.c  # type: ignore[attr-defined]
_subject = FactSubjectRow.__table__.c  # type: ignore[attr-defined]
_queue = LogQueueRow.__table__.c  # type: ignore[attr-defined]
_entry = LogEntryRow.__table__.c  # type: ignore[attr-defined]


@dataclass(frozen=True)
class FactFilter:
    """Which facts are looked for.

    about: any of these subjects, empty for all facts. types: exact types (`seal.lost`) or
    families (`seal`), empty for all. or_of_entity: facts about this entity count whatever their
    type.
    """

    about: tuple[Subject, ...] = ()
    types: tuple[str, ...] = ()
    or_of_entity: str | None = None


def get(session: Session, fact_id: str) -> StoredFact:
    """One fact. Raises: FactNotFound."""
    found = _load(session, _columns().where(_fact.fact_id == fact_id))
    if not found:
        raise FactNotFound()
    return found[0]


def sequenced(session: Session, wanted: FactFilter, *, after: int, limit: int) -> list[StoredFact]:
    """Facts with a log index above `after`, in order of index."""
    query = _columns().where(_entry.idx > after, *_conditions(wanted))
    return _load(session, query.order_by(_entry.idx).limit(limit))


def queued(session: Session, wanted: FactFilter, *, limit: int) -> list[StoredFact]:
    """Facts that wait for their index, the oldest first."""
    # The queue is nearly always empty; then what was ever recorded need not be looked through.
    if session.scalar(select(_queue.position).limit(1)) is None:
        return []
    query = _columns().join(LogQueueRow, _queue.fact_id == _fact.fact_id)
    query = query.where(_entry.idx.is_(None), *_conditions(wanted))
    return _load(session, query.order_by(_queue.position).limit(limit))


def sealings_of_document(session: Session, sha256: str) -> list[Subject]:
    """The sealings that made this file; sha256: of the sealed file, lower-case hex."""
    document = FactSubjectRow.__table__.alias("document")  # type: ignore[attr-defined]
    query = (
        select(_subject.subject_id)
        .join_from(FactSubjectRow, document, document.c.fact_id == _subject.fact_id)
        .join(FactRow, _fact.fact_id == _subject.fact_id)
        .where(_subject.kind == str(SubjectKind.SEALING), _fact.type == SEALING_COMPLETED)
        .where(document.c.kind == str(SubjectKind.DOCUMENT), document.c.subject_id == sha256)
        .distinct()
    )
    return [Subject(SubjectKind.SEALING, one) for one in session.scalars(query)]


def inclusion(session: Session, index: int, size: int) -> list[bytes]:
    """Inclusion path of leaf `index` in the tree of `size` leaves. Raises: TileNotFound."""
    return inclusion_path(index, size, TileNodes(size, tile_reader(session)))


def tile(session: Session, wanted: Tile) -> bytes:
    """Content of a hash tile. Raises: TileNotFound."""
    return tile_reader(session)(wanted)


def bundle(session: Session, wanted: Bundle) -> bytes:
    """Content of an entry bundle, from the exact bytes that were hashed."""
    return encode_bundle(read_entries(session, wanted.index * 256, wanted.width))


def _columns() -> Select[Any]:
    return select(
        _fact.fact_id, _fact.type, _fact.at, _fact.entry, _fact.payload, _fact.salt, _entry.idx
    ).join_from(FactRow, LogEntryRow, _entry.fact_id == _fact.fact_id, isouter=True)


def _conditions(wanted: FactFilter) -> list[ColumnElement[bool]]:
    if not wanted.about:
        return [_type_condition(wanted, _fact.type, _fact.fact_id)] if wanted.types else []
    ids = select(_subject.fact_id).where(or_(*(_is(one) for one in wanted.about)))
    if wanted.types:
        ids = ids.where(_type_condition(wanted, _subject.type, _subject.fact_id))
    return [_fact.fact_id.in_(ids)]


def _type_condition(
    wanted: FactFilter, type_column: ColumnElement[str], fact_id: ColumnElement[str]
) -> ColumnElement[bool]:
    listed = [_of_type(type_column, one) for one in wanted.types]
    if wanted.or_of_entity is not None:
        own = FactSubjectRow.__table__.alias("own")  # type: ignore[attr-defined]
        listed.append(
            exists().where(
                own.c.fact_id == fact_id,
                own.c.kind == str(SubjectKind.ENTITY),
                own.c.subject_id == wanted.or_of_entity,
            )
        )
    return or_(*listed)


def _is(subject: Subject) -> ColumnElement[bool]:
    return and_(_subject.kind == str(subject.kind), _subject.subject_id == subject.id)


def _of_type(type_column: ColumnElement[str], wanted: str) -> ColumnElement[bool]:
    if "." in wanted:
        return type_column == wanted
    return type_column.startswith(f"{wanted}.", autoescape=True)


def _load(session: Session, query: Select[Any]) -> list[StoredFact]:
    rows = session.execute(query).all()
    subjects = _subjects(session, [row.fact_id for row in rows])
    return [
        StoredFact(
            fact_id=row.fact_id,
            type=row.type,
            at=row.at,
            entry=bytes(row.entry),
            payload=None if row.payload is None else bytes(row.payload),
            salt=None if row.salt is None else bytes(row.salt),
            index=row.idx,
            subjects=frozenset(subjects.get(row.fact_id, ())),
        )
        for row in rows
    ]


def _subjects(session: Session, fact_ids: Iterable[str]) -> dict[str, list[Subject]]:
    query = select(_subject.fact_id, _subject.kind, _subject.subject_id)
    found: dict[str, list[Subject]] = {}
    for row in session.execute(query.where(_subject.fact_id.in_(list(fact_ids)))):
        found.setdefault(row.fact_id, []).append(Subject(SubjectKind(row.kind), row.subject_id))
    return found
