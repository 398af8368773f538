"""Queries of the register of entities."""

import unicodedata

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from sealsvc.areas.entities.tables import EntityRow
from sealsvc.errors import Conflict, NotFound


class EntityNotFound(NotFound):
    """The register holds no entity of this credit code."""

    code = "ENTITY_NOT_FOUND"


class EntityExists(Conflict):
    """The register already holds an entity of this credit code."""

    code = "ENTITY_EXISTS"


def add(session: Session, row: EntityRow) -> None:
    """Insert an entity. Raises: EntityExists."""
    if session.get(EntityRow, row.uscc) is not None:
        raise EntityExists()
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:  # two at once on PostgreSQL
        raise EntityExists() from error


def find(session: Session, uscc: str) -> EntityRow | None:
    """The entity of a canonical credit code."""
    return session.get(EntityRow, uscc)


def get(session: Session, uscc: str) -> EntityRow:
    """The entity of a canonical credit code. Raises: EntityNotFound."""
    row = find(session, uscc)
    if row is None:
        raise EntityNotFound()
    return row


def get_for_update(session: Session, uscc: str) -> EntityRow:
    """The entity, locked until the transaction ends. Raises: EntityNotFound."""
    row = session.get(EntityRow, uscc, with_for_update=True)
    if row is None:
        raise EntityNotFound()
    return row


def search(
    session: Session, fragment: str, *, after: str | None, limit: int, persons: bool
) -> list[EntityRow]:
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
    return list(session.scalars(query))


def fold(text: str) -> str:
    """A name as it is compared in searches: full-width and case make no difference."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
