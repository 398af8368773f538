"""Queries of the register of entities; rows go in and come out as values."""

import unicodedata

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from sealsvc.areas.entities.model import EntityStatus, EntityView, OrganizationType, public_uscc
from sealsvc.areas.entities.tables import EntityRow
from sealsvc.errors import Conflict, NotFound


class EntityNotFound(NotFound):
    """The register holds no entity of this credit code."""

    code = "ENTITY_NOT_FOUND"


class EntityExists(Conflict):
    """The register already holds an entity of this credit code."""

    code = "ENTITY_EXISTS"


def add(session: Session, entity: EntityView, *, by: str) -> None:
    """Insert an entity; by: client id. Raises: EntityExists."""
    if session.get(EntityRow, entity.uscc) is not None:
        raise EntityExists()
    row = EntityRow(uscc=entity.uscc, entity_id=entity.entity_id, registered_by=by)
    row.registered_at = entity.registered_at
    row.natural_person = public_uscc(entity.uscc) is None
    _write(row, entity)
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:  # two at once on PostgreSQL
        raise EntityExists() from error


def save(session: Session, entity: EntityView) -> None:
    """Write the present state of an entity that was loaded for update. Raises: EntityNotFound."""
    _write(_row(session, entity.uscc), entity)


def find(session: Session, uscc: str) -> EntityView | None:
    """The entity of a canonical credit code."""
    row = session.get(EntityRow, uscc)
    return None if row is None else _view(row)


def get(session: Session, uscc: str) -> EntityView:
    """The entity of a canonical credit code. Raises: EntityNotFound."""
    return _view(_row(session, uscc))


def get_for_update(session: Session, uscc: str) -> EntityView:
    """The entity, locked until the transaction ends. Raises: EntityNotFound."""
    return _view(_row(session, uscc, lock=True))


def search(
    session: Session, fragment: str, *, after: str | None, limit: int, persons: bool
) -> list[EntityView]:
    """Entities whose full or a short name holds the fragment, in order of credit code.

    after: the last credit code of the page before. persons: whether individual businesses count.
    """
    column = EntityRow.__table__.c  # type: ignore[attr-defined]
    query = select(EntityRow).order_by(column.uscc).limit(limit)
    if fragment:
        query = query.where(column.search_text.contains(fold(fragment), autoescape=True))
    if after is not None:
        query = query.where(column.uscc > after)
    if not persons:
        query = query.where(column.natural_person.is_(False))
    return [_view(row) for row in session.scalars(query)]


def fold(text: str) -> str:
    """A name as it is compared in searches: full-width and case make no difference."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _row(session: Session, uscc: str, *, lock: bool = False) -> EntityRow:
    row = session.get(EntityRow, uscc, with_for_update=True if lock else None)
    if row is None:
        raise EntityNotFound()
    return row


def _write(row: EntityRow, entity: EntityView) -> None:
    kind = entity.organization_type
    row.legal_name = entity.legal_name
    row.short_names = list(entity.short_names)
    row.search_text = fold("\n".join((entity.legal_name, *entity.short_names)))
    row.legal_representative = entity.legal_representative
    row.registered_address = entity.registered_address
    row.organization_type = None if kind is None else str(kind)
    row.status = str(entity.status)
    row.changed_at = entity.changed_at
    row.cancelled_at = entity.cancelled_at
    row.cancel_reason = entity.cancel_reason
    row.version = entity.version


def _view(row: EntityRow) -> EntityView:
    kind = row.organization_type
    return EntityView(
        uscc=row.uscc,
        legal_name=row.legal_name,
        status=EntityStatus(row.status),
        entity_id=row.entity_id,
        short_names=tuple(row.short_names),
        legal_representative=row.legal_representative,
        registered_address=row.registered_address,
        organization_type=None if kind is None else OrganizationType(kind),
        registered_at=row.registered_at,
        changed_at=row.changed_at,
        cancelled_at=row.cancelled_at,
        cancel_reason=row.cancel_reason,
        version=row.version,
    )
