"""Register, change, cancel and find entities."""

from sqlmodel import Session

from sealsvc.areas.access.model import require, require_entity
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import repo
from sealsvc.areas.entities.model import (
    EntityDraft,
    EntityPatch,
    EntityStatus,
    EntityView,
    OrganizationType,
    UsccPolicy,
    UsccResult,
    canonicalise,
    check_uscc,
    entity_cancelled,
    entity_changed,
    entity_registered,
    may_read,
    public_part,
    public_uscc,
    require_active,
    require_uscc,
    validate_draft,
    validate_reason,
)
from sealsvc.areas.entities.tables import EntityRow
from sealsvc.areas.transparency import service as transparency
from sealsvc.areas.transparency.model import TraceEvent
from sealsvc.errors import Conflict
from sealsvc.values import Principal, Scope, Subject, SubjectKind, random_id

FACTS = "entity"


class EntityVersionStale(Conflict):
    """The entity was changed since the version that the caller has seen."""

    code = "PRECONDITION_FAILED"


def register(deps: Deps, principal: Principal, draft: EntityDraft) -> EntityView:
    """Take an entity into the register.

    Raises: ScopeMissing, NotYourEntity, UsccInvalid, EntityFieldInvalid, EntityExists.
    """
    require(principal, Scope.ENTITY_WRITE)
    clean = validate_draft(draft, policy=_policy(deps))
    require_entity(principal, clean.uscc)
    with deps.write() as tx:
        row = EntityRow(
            uscc=clean.uscc,
            entity_id=random_id("ent", deps.rng.bytes(16)),
            natural_person=public_uscc(clean.uscc) is None,
            status=str(EntityStatus.ACTIVE),
            registered_at=tx.now,
            registered_by=principal.client_id,
            changed_at=tx.now,
            **_columns(clean),
        )
        repo.add(tx.session, row)
        tx.record(entity_registered(clean, by=principal.client_id))
        tx.commit()
        return _view(row)


def change(
    deps: Deps,
    principal: Principal,
    uscc: str,
    patch: EntityPatch,
    *,
    seen_version: int | None = None,
) -> EntityView:
    """Change the fields that the patch names.

    seen_version: when given, the change applies to that version only.
    Raises: ScopeMissing, NotYourEntity, UsccInvalid, EntityNotFound, EntityAlreadyCancelled,
    EntityFieldInvalid, EntityUnchanged, EntityVersionStale.
    """
    code = _writable(deps, principal, uscc)
    with deps.write() as tx:
        row = repo.get_for_update(tx.session, code)
        _require_version(row, seen_version)
        old = _view(row)
        require_active(old.status)
        new = validate_draft(old.patched(patch), policy=_policy(deps))
        tx.record(entity_changed(old.draft, new, by=principal.client_id))
        for name, value in _columns(new).items():
            setattr(row, name, value)
        row.changed_at, row.version = tx.now, row.version + 1
        tx.commit()
        return _view(row)


def cancel(
    deps: Deps,
    principal: Principal,
    uscc: str,
    reason: str,
    *,
    seen_version: int | None = None,
) -> EntityView:
    """Mark an entity as cancelled (注销); it stays readable and can never change again.

    Raises: as `change`.
    """
    code = _writable(deps, principal, uscc)
    clean = validate_reason(reason)
    with deps.write() as tx:
        row = repo.get_for_update(tx.session, code)
        _require_version(row, seen_version)
        require_active(EntityStatus(row.status))
        row.status, row.cancel_reason = str(EntityStatus.CANCELLED), clean
        row.cancelled_at = row.changed_at = tx.now
        row.version += 1
        tx.record(entity_cancelled(code, by=principal.client_id, reason=clean))
        tx.commit()
        return _view(row)


def get(deps: Deps, viewer: Principal | None, uscc: str) -> EntityView:
    """The entity as far as the reader may see it; the code may be in any spelling.

    Raises: UsccInvalid, EntityNotFound.
    """
    code = require_uscc(uscc, policy=_policy(deps)).code
    with deps.read() as session:
        return _seen_by(viewer, _view(repo.get(session, code)))


def find(deps: Deps, viewer: Principal | None, uscc: str) -> EntityView | None:
    """The entity as far as the reader may see it, None for a code that the register lacks."""
    with deps.read() as session:
        row = repo.find(session, canonicalise(uscc)[:18])
        return None if row is None else _seen_by(viewer, _view(row))


def search(
    deps: Deps,
    viewer: Principal | None,
    fragment: str = "",
    *,
    after: str | None = None,
    limit: int = 50,
) -> list[EntityView]:
    """Entities whose name holds the fragment, in order of credit code, up to `limit`.

    after: the last credit code of the page before. Individual businesses, whose codes belong to
    natural persons, are listed only to unbound readers with `entity.read`.
    """
    persons = viewer is not None and Scope.ENTITY_READ in viewer.scopes
    persons = persons and viewer is not None and viewer.entity_uscc is None
    with deps.read() as session:
        rows = repo.search(session, fragment.strip(), after=after, limit=limit, persons=persons)
        return [_seen_by(viewer, _view(row)) for row in rows]


def history(deps: Deps, viewer: Principal | None, uscc: str) -> list[TraceEvent]:
    """The entity's own facts in the order of the log, opened for those entitled.

    Raises: UsccInvalid, EntityNotFound.
    """
    code = get(deps, viewer, uscc).uscc
    subject = Subject(SubjectKind.ENTITY, code)
    return transparency.trace_subject(deps, viewer, subject, family=FACTS)


def check(deps: Deps, uscc: str) -> UsccResult:
    """What can be said of a credit code without asking the register."""
    return check_uscc(uscc, policy=_policy(deps))


def find_in(session: Session, uscc: str) -> EntityView | None:
    """The whole entity inside another area's unit of work; canonical credit code."""
    row = repo.find(session, uscc)
    return None if row is None else _view(row)


def get_active_in(session: Session, uscc: str) -> EntityView:
    """The entity inside another area's unit of work, when it can still act.

    Raises: EntityNotFound, EntityAlreadyCancelled.
    """
    entity = _view(repo.get(session, uscc))
    require_active(entity.status)
    return entity


def _policy(deps: Deps) -> UsccPolicy:
    return UsccPolicy(strict_org_check=deps.config.strict_org_check)


def _writable(deps: Deps, principal: Principal, uscc: str) -> str:
    """The canonical code of an entity that the principal may write."""
    require(principal, Scope.ENTITY_WRITE)
    code = require_uscc(uscc, policy=_policy(deps)).code
    require_entity(principal, code)
    return code


def _require_version(row: EntityRow, seen: int | None) -> None:
    if seen is not None and row.version != seen:
        raise EntityVersionStale()


def _seen_by(viewer: Principal | None, entity: EntityView) -> EntityView:
    return entity if may_read(viewer, entity.uscc) else public_part(entity)


def _columns(draft: EntityDraft) -> dict[str, object]:
    names = "\n".join((draft.legal_name, *draft.short_names))
    return {
        "legal_name": draft.legal_name,
        "short_names": list(draft.short_names),
        "search_text": repo.fold(names),
        "legal_representative": draft.legal_representative,
        "registered_address": draft.registered_address,
        "organization_type": draft.organization_type and str(draft.organization_type),
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
        registered_at=row.registered_at,
        changed_at=row.changed_at,
        cancelled_at=row.cancelled_at,
        version=row.version,
    )
