"""Queries over the log and its trace index. The tables belong to `storage`."""

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
from sealsvc.storage.factrows import read_subjects
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
    families (`seal`), empty for all. or_of_entity: of the facts `about` something, those that are
    about this entity too count whatever their type.
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
    if session.connection().scalar(select(_queue.seq).limit(1)) is None:
        return []
    query = _columns().join(LogQueueRow, _queue.seq == _fact.seq)
    query = query.where(_entry.idx.is_(None), *_conditions(session, wanted))
    return _load(session, query.order_by(_queue.seq).limit(limit))


def completion_of(session: Session, signature_sha256: str) -> StoredFact | None:
    """The fact by which a signature was completed: the earliest one, sequenced before queued."""
    row = session.connection().execute(_COMPLETION, {"sha256": signature_sha256}).first()
    return None if row is None else _fact_of(row)


def authorised_at(session: Session, completion: StoredFact) -> datetime | None:
    """When the sealing of that completion was authorised, by its earliest fact."""
    sealings = [one.id for one in completion.subjects if one.kind is SubjectKind.SEALING]
    found = session.connection().execute(_AUTHORISATION, {"sealings": sealings}).first()
    return None if found is None else cast(datetime, found.at)


def sealings_of_document(session: Session, sha256: str) -> list[Subject]:
    """The sealings that made this file; sha256: of the sealed file, lower-case hex."""
    document = _is(Subject(SubjectKind.DOCUMENT, sha256))
    query = (
        select(_fact.subjects)
        .join_from(FactSubjectRow, FactRow, _fact.seq == _subject.seq)
        .where(document, _subject.type == SEALING_COMPLETED)
    )
    told = session.connection().scalars(query)
    found = {one for subjects in told for one in read_subjects(subjects)}
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
    fact = (_fact.fact_id, _fact.type, _fact.at, _fact.subjects, _fact.entry, _fact.payload)
    return select(*fact, _fact.salt, _entry.idx).join_from(
        FactRow, LogEntryRow, _entry.seq == _fact.seq, isouter=True
    )


def _conditions(session: Session, wanted: FactFilter) -> list[ColumnElement[bool]]:
    if not wanted.about:
        types = [_of_type(_fact.type, one) for one in wanted.types]
        return [or_(*types)] if types else []
    few = _few(session, wanted)
    if few is not None:
        return [_fact.seq.in_(few)]
    numbers = select(_subject.seq).where(or_(*(_is(one) for one in wanted.about)))
    if wanted.types:
        numbers = numbers.where(_type_condition(wanted))
    return [_fact.seq.in_(numbers)]


def _few(session: Session, wanted: FactFilter) -> list[int] | None:
    """The numbers of the facts that are wanted, None where they are more than a few.

    Asked for first: of the whole query PostgreSQL expects as many facts of a registry type as of
    any other, and would rather walk the log from its beginning until it has found a page of them.
    """
    parts = [
        select(_subject.seq).where(_is(one), _of_type(_subject.type, kind))
        for one in wanted.about
        for kind in wanted.types
    ] or [select(_subject.seq).where(_is(one)) for one in wanted.about]
    if wanted.types and wanted.or_of_entity is not None:
        own = FactSubjectRow.__table__.alias("own")  # type: ignore[attr-defined]
        theirs = (own.c.kind == str(SubjectKind.ENTITY), own.c.subject_id == wanted.or_of_entity)
        same = and_(own.c.type == _subject.type, own.c.seq == _subject.seq)
        both = select(_subject.seq).join_from(FactSubjectRow, own, same)
        parts += [both.where(_is(one), *theirs) for one in wanted.about]
    found = session.connection().scalars(union_all(*parts).limit(FEW + 1)).all()
    return None if len(found) > FEW else list(dict.fromkeys(map(int, found)))


def _type_condition(wanted: FactFilter) -> ColumnElement[bool]:
    listed = [_of_type(_subject.type, one) for one in wanted.types]
    if wanted.or_of_entity is not None:
        own = FactSubjectRow.__table__.alias("own")  # type: ignore[attr-defined]
        listed.append(
            exists().where(
                own.c.kind == str(SubjectKind.ENTITY),
                own.c.subject_id == wanted.or_of_entity,
                own.c.type == _subject.type,
                own.c.seq == _subject.seq,
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
    return [_fact_of(row) for row in session.connection().execute(query)]


def _fact_of(row: Row[Any]) -> StoredFact:
    return StoredFact(
        fact_id=row.fact_id,
        type=row.type,
        at=row.at,
        entry=bytes(row.entry),
        payload=None if row.payload is None else bytes(row.payload),
        salt=None if row.salt is None else bytes(row.salt),
        index=row.idx,
        subjects=read_subjects(row.subjects),
    )


def _earliest(query: Select[Any]) -> Select[Any]:
    """The first of some facts in the order of the log, then of the queue."""
    return query.order_by(_entry.idx.is_(None), _entry.idx, _fact.seq).limit(1)


def _completion() -> Select[Any]:
    query = _columns().join(FactSubjectRow, _subject.seq == _fact.seq)
    return _earliest(
        query.where(
            _subject.kind == str(SubjectKind.SIGNATURE),
            _subject.subject_id == bindparam("sha256"),
            _subject.type == SEALING_COMPLETED,
        )
    )


def _authorisation() -> Select[Any]:
    query = (
        select(_fact.at, _entry.idx)
        .join_from(FactSubjectRow, FactRow, _fact.seq == _subject.seq)
        .join(LogEntryRow, _entry.seq == _fact.seq, isouter=True)
        .where(
            _subject.kind == str(SubjectKind.SEALING),
            _subject.subject_id.in_(bindparam("sealings", expanding=True)),
            _subject.type == SEALING_AUTHORISED,
        )
    )
    return _earliest(query)


# Asked for each signature of each verification, so built once.
_COMPLETION, _AUTHORISATION = _completion(), _authorisation()
