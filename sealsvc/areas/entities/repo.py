"""Queries of the register of entities; rows go in and come out as values."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from sealsvc.areas.entities.model import EntityStatus, EntityView, OrganizationType, public_uscc
from sealsvc.areas.entities.model.permits import PermitDraft, PermitView
from sealsvc.areas.entities.tables import EntityRow, PermitRow
from sealsvc.errors import Conflict, NotFound


class EntityNotFound(NotFound):
    """The register holds no entity of this credit code."""

    code = "ENTITY_NOT_FOUND"


class EntityExists(Conflict):
    """The register already holds an entity of this credit code."""

    code = "ENTITY_EXISTS"


class PermitNotFound(NotFound):
    """The entity has no permit of this id."""

    code = "PERMIT_NOT_FOUND"


@dataclass(frozen=True)
class EntityFilter:
    """fragment: part of the full or a short name, empty for any. uscc: canonical, None for any.

    persons: whether individual businesses count.
    """

    fragment: str = ""
    uscc: str | None = None
    persons: bool = False


def add(session: Session, entity: EntityView, *, by: str) -> None:
    """Insert an entity; by: client id. Raises: EntityExists."""
    if session.get(EntityRow, entity.uscc) is not None:
        raise EntityExists()
    row = EntityRow(registered_by=by, **_columns(entity))
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:  # two at once on PostgreSQL
        raise EntityExists() from error


def add_all(session: Session, entities: Sequence[EntityView], *, by: str) -> None:
    """Insert entities at once; by: client id. Raises: EntityExists, and then none is there."""
    if not entities:
        return
    try:
        session.execute(
            insert(EntityRow), [{"registered_by": by, **_columns(one)} for one in entities]
        )
    except IntegrityError as error:  # registered by another since they were looked for
        raise EntityExists() from error


def find_all(session: Session, usccs: Iterable[str]) -> dict[str, EntityView]:
    """The entities of these canonical credit codes that the register holds, by code."""
    column = EntityRow.__table__.c  # type: ignore[attr-defined]
    query = select(EntityRow).where(column.uscc.in_(list(usccs)))
    return {row.uscc: _view(row) for row in session.scalars(query)}


def save(session: Session, entity: EntityView) -> None:
    """Write the present state of an entity that was loaded for update. Raises: EntityNotFound."""
    _row(session, entity.uscc).sqlmodel_update(_columns(entity))


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
    session: Session, wanted: EntityFilter, *, after: str | None, limit: int
) -> list[EntityView]:
    """Entities in order of credit code; after: the last code of the page before."""
    column = EntityRow.__table__.c  # type: ignore[attr-defined]
    query = select(EntityRow).order_by(column.uscc).limit(limit)
    if wanted.fragment:
        query = query.where(column.search_text.contains(fold(wanted.fragment), autoescape=True))
    if wanted.uscc is not None:
        query = query.where(column.uscc == wanted.uscc)
    if not wanted.persons:
        query = query.where(column.natural_person.is_(False))
    if after is not None:
        query = query.where(column.uscc > after)
    return [_view(row) for row in session.scalars(query)]


def add_permit(session: Session, permit: PermitView, *, by: str) -> None:
    """Insert a permit; by: client id."""
    session.add(PermitRow(registered_by=by, **_permit_columns(permit)))


def save_permit(session: Session, permit: PermitView) -> None:
    """Write the present state of a permit that was loaded. Raises: PermitNotFound."""
    row = _permit_row(session, permit.uscc, permit.permit_id)
    row.sqlmodel_update(_permit_columns(permit))


def get_permit(session: Session, uscc: str, permit_id: str) -> PermitView:
    """One permit of an entity. Raises: PermitNotFound."""
    return _permit_view(_permit_row(session, uscc, permit_id))


def permits(
    session: Session, uscc: str, *, after: str | None = None, limit: int
) -> list[PermitView]:
    """Permits of an entity in order of id; after: the last id of the page before."""
    column = PermitRow.__table__.c  # type: ignore[attr-defined]
    query = select(PermitRow).where(column.uscc == uscc).order_by(column.permit_id).limit(limit)
    if after is not None:
        query = query.where(column.permit_id > after)
    return [_permit_view(row) for row in session.scalars(query)]


def count_permits(session: Session, uscc: str) -> int:
    """How many permits of the entity are on file, the withdrawn ones counted."""
    column = PermitRow.__table__.c  # type: ignore[attr-defined]
    query = select(func.count()).select_from(PermitRow).where(column.uscc == uscc)
    return int(session.scalar(query) or 0)


def has_permit(session: Session, permit: PermitView) -> bool:
    """Whether another permit of the entity, not withdrawn, has the same kind and number."""
    column = PermitRow.__table__.c  # type: ignore[attr-defined]
    query = select(column.permit_id).where(
        column.uscc == permit.uscc,
        column.kind == permit.draft.kind,
        column.number == permit.draft.number,
        column.permit_id != permit.permit_id,
        column.withdrawn_from.is_(None),
    )
    return session.scalar(query.limit(1)) is not None


def cancelled_usccs() -> Select[tuple[str]]:
    """Subquery: credit codes of cancelled entities."""
    column = EntityRow.__table__.c  # type: ignore[attr-defined]
    return select(column.uscc).where(column.status == str(EntityStatus.CANCELLED))


def fold(text: str) -> str:
    """A name as it is compared in searches: full-width and case make no difference."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _row(session: Session, uscc: str, *, lock: bool = False) -> EntityRow:
    row = session.get(EntityRow, uscc, with_for_update=True if lock else None)
    if row is None:
        raise EntityNotFound()
    return row


def _columns(entity: EntityView) -> dict[str, Any]:
    kind = entity.organization_type
    return {
        **vars(entity),
        "short_names": list(entity.short_names),
        "search_text": fold("\n".join((entity.legal_name, *entity.short_names))),
        "natural_person": public_uscc(entity.uscc) is None,
        "organization_type": None if kind is None else str(kind),
        "status": str(entity.status),
    }


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
        sealing_suite=row.sealing_suite,
        registered_at=row.registered_at,
        changed_at=row.changed_at,
        cancelled_at=row.cancelled_at,
        cancel_reason=row.cancel_reason,
        version=row.version,
    )


def _permit_row(session: Session, uscc: str, permit_id: str) -> PermitRow:
    row = session.get(PermitRow, (uscc, permit_id))
    if row is None:
        raise PermitNotFound(permitId=permit_id[:40])
    return row


def _permit_columns(permit: PermitView) -> dict[str, Any]:
    plain = {name: value for name, value in vars(permit).items() if name != "draft"}
    return {**plain, **vars(permit.draft)}


def _permit_view(row: PermitRow) -> PermitView:
    return PermitView(
        permit_id=row.permit_id,
        uscc=row.uscc,
        draft=PermitDraft(
            number=row.number,
            kind=row.kind,
            issuer=row.issuer,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            scope=row.scope,
        ),
        registered_at=row.registered_at,
        changed_at=row.changed_at,
        withdrawn_from=row.withdrawn_from,
        withdraw_reason=row.withdraw_reason,
        version=row.version,
    )
