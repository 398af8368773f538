"""Queries over the log and its trace index. The tables belong to `storage`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, or_, select, union_all
from sqlmodel import Session

from sealsvc.areas.transparency.model import (
    SEALING_AUTHORISED,
    SEALING_COMPLETED,
    FactNotFound,
    StoredFact,
)
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

FEW = 500


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
    query = _columns().where(_entry.idx > after, *_conditions(session, wanted))
    return _load(session, query.order_by(_entry.idx).limit(limit))


def queued(session: Session, wanted: FactFilter, *, limit: int) -> list[StoredFact]:
    """Facts that wait for their index, the oldest first."""
    # The queue is nearly always empty; then what was ever recorded need not be looked through.
    if session.connection().scalar(select(_queue.position).limit(1)) is None:
        return []
    query = _columns().join(LogQueueRow, _queue.fact_id == _fact.fact_id)
    query = query.where(_entry.idx.is_(None), *_conditions(session, wanted))
    return _load(session, query.order_by(_queue.position).limit(limit))


def completion_of(session: Session, signature_sha256: str) -> StoredFact | None:
    """The fact by which a signature was completed: the earliest one, sequenced before queued.

    Its `subjects` are left empty.
    """
    row = session.connection().execute(_COMPLETION, {"sha256": signature_sha256}).first()
    return None if row is None else _fact_of(row, frozenset())


def authorised_at(session: Session, completion_id: str) -> datetime | None:
    """When the sealing of that completion was authorised, by its earliest fact."""
    found = session.connection().execute(_AUTHORISATION, {"fact_id": completion_id}).first()
    return None if found is None else cast(datetime, found.at)


def sealings_of_document(session: Session, sha256: str) -> list[Subject]:
    """The sealings that made this file; sha256: of the sealed file, lower-case hex."""
    # Two steps: of a join, SQLite would walk over all sealings there are.
    document = _is(Subject(SubjectKind.DOCUMENT, sha256))
    query = select(_subject.fact_id).where(document, _subject.type == SEALING_COMPLETED)
    named = _subjects(session, session.connection().scalars(query))
    found = {one for subjects in named.values() for one in subjects}
    return sorted((one for one in found if one.kind is SubjectKind.SEALING), key=lambda one: one.id)


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


def _conditions(session: Session, wanted: FactFilter) -> list[ColumnElement[bool]]:
    if not wanted.about:
        return [_type_condition(wanted, _fact.type, _fact.fact_id)] if wanted.types else []
    few = _few(session, wanted)
    if few is not None:
        return [_fact.fact_id.in_(few)]
    ids = select(_subject.fact_id).where(or_(*(_is(one) for one in wanted.about)))
    if wanted.types:
        ids = ids.where(_type_condition(wanted, _subject.type, _subject.fact_id))
    return [_fact.fact_id.in_(ids)]


def _few(session: Session, wanted: FactFilter) -> list[str] | None:
    """The ids of the facts that are wanted, None where they are more than a few.

    Asked for first: of the whole query PostgreSQL expects as many facts of a registry type as of
    any other, and would rather walk the log from its beginning until it has found a page of them.
    """
    parts = [
        select(_subject.fact_id).where(_is(one), _of_type(_subject.type, kind))
        for one in wanted.about
        for kind in wanted.types
    ] or [select(_subject.fact_id).where(_is(one)) for one in wanted.about]
    if wanted.types and wanted.or_of_entity is not None:
        own = FactSubjectRow.__table__.alias("own")  # type: ignore[attr-defined]
        theirs = (own.c.kind == str(SubjectKind.ENTITY), own.c.subject_id == wanted.or_of_entity)
        both = select(_subject.fact_id).join_from(
            FactSubjectRow, own, own.c.fact_id == _subject.fact_id
        )
        parts += [both.where(_is(one), *theirs) for one in wanted.about]
    found = session.connection().scalars(union_all(*parts).limit(FEW + 1)).all()
    return None if len(found) > FEW else list(dict.fromkeys(map(str, found)))


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
    if type_column is _subject.type:
        # Compared byte by byte (see the table), so a range of the index; "/" comes behind ".".
        return and_(type_column >= f"{wanted}.", type_column < f"{wanted}/")
    return type_column.startswith(f"{wanted}.", autoescape=True)


def _load(session: Session, query: Select[Any]) -> list[StoredFact]:
    rows = session.connection().execute(query).all()
    subjects = _subjects(session, [row.fact_id for row in rows])
    return [_fact_of(row, frozenset(subjects.get(row.fact_id, ()))) for row in rows]


def _fact_of(row: Row[Any], subjects: frozenset[Subject]) -> StoredFact:
    return StoredFact(
        fact_id=row.fact_id,
        type=row.type,
        at=row.at,
        entry=bytes(row.entry),
        payload=None if row.payload is None else bytes(row.payload),
        salt=None if row.salt is None else bytes(row.salt),
        index=row.idx,
        subjects=subjects,
    )


def _subjects(session: Session, fact_ids: Iterable[str]) -> dict[str, list[Subject]]:
    query = select(_subject.fact_id, _subject.kind, _subject.subject_id)
    found: dict[str, list[Subject]] = {}
    wanted = _subject.fact_id.in_(list(fact_ids))
    for row in session.connection().execute(query.where(wanted)):
        found.setdefault(row.fact_id, []).append(Subject(SubjectKind(row.kind), row.subject_id))
    return found


def _earliest(query: Select[Any]) -> Select[Any]:
    """The first of some facts in the order of the log, then of the queue."""
    query = query.join(LogQueueRow, _queue.fact_id == _fact.fact_id, isouter=True)
    return query.order_by(_entry.idx.is_(None), _entry.idx, _queue.position).limit(1)


def _completion() -> Select[Any]:
    query = _columns().join(FactSubjectRow, _subject.fact_id == _fact.fact_id)
    return _earliest(
        query.where(
            _subject.kind == str(SubjectKind.SIGNATURE),
            _subject.subject_id == bindparam("sha256"),
            _subject.type == SEALING_COMPLETED,
        )
    )


def _authorisation() -> Select[Any]:
    own = FactSubjectRow.__table__.alias("own")  # type: ignore[attr-defined]
    kind = str(SubjectKind.SEALING)
    # Not a join: of one, SQLite would walk over all sealings there are.
    sealing = select(own.c.subject_id).where(
        own.c.fact_id == bindparam("fact_id"), own.c.kind == kind
    )
    query = (
        select(_fact.at, _entry.idx)
        .join_from(FactSubjectRow, FactRow, _fact.fact_id == _subject.fact_id)
        .join(LogEntryRow, _entry.fact_id == _fact.fact_id, isouter=True)
        .where(_subject.subject_id.in_(sealing))
        .where(_subject.kind == kind, _subject.type == SEALING_AUTHORISED)
    )
    return _earliest(query)


# Asked for each signature of each verification, so built once.
_COMPLETION, _AUTHORISATION = _completion(), _authorisation()
