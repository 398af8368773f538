"""Register, change, cancel and find entities."""

from dataclasses import replace

from sqlmodel import Session

from sealsvc.areas.access.model import require, require_entity
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import repo
from sealsvc.areas.entities.model import (
    EntityDraft,
    EntityPatch,
    EntityStatus,
    EntityView,
    PublicEntity,
    UsccPolicy,
    UsccResult,
    canonicalise,
    check_uscc,
    entity_cancelled,
    entity_changed,
    entity_registered,
    may_read,
    require_active,
    require_uscc,
    validate_draft,
    validate_reason,
)
from sealsvc.areas.entities.model.lifecycle import EntityAction, entity_step
from sealsvc.areas.transparency.model import MAX_LIMIT, TraceEvent, TraceQuery
from sealsvc.areas.transparency.service import trace
from sealsvc.errors import Conflict
from sealsvc.values import Principal, Scope, random_id

FAMILY = "entity"


class EntityVersionStale(Conflict):
    """The entity was changed since the version that the caller has seen."""

    code = "PRECONDITION_FAILED"


def register(deps: Deps, principal: Principal, draft: EntityDraft) -> EntityView:
    """Take an entity into the register.

    Raises: ScopeMissing, NotYourEntity, UsccInvalid, EntityFieldInvalid, EntityExists.
    """
    require(principal, Scope.ENTITY_WRITE)
    clean = validate_draft(draft, policy=policy_of(deps))
    require_entity(principal, clean.uscc)
    with deps.write() as tx:
        entity = EntityView(
            entity_id=random_id("ent", deps.rng.bytes(16)),
            status=entity_step(None, EntityAction.REGISTER).target,
            registered_at=tx.now,
            changed_at=tx.now,
            **vars(clean),
        )
        repo.add(tx.session, entity, by=principal.client_id)
        tx.record(entity_registered(clean, by=principal.client_id))
        tx.commit()
    return entity


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
    code = writable(deps, principal, uscc)
    with deps.write() as tx:
        old = repo.get_for_update(tx.session, code)
        _require_version(old, seen_version)
        step = entity_step(old.status, EntityAction.CHANGE)
        draft = validate_draft(old.patched(patch), policy=policy_of(deps))
        tx.record(entity_changed(old.draft, draft, by=principal.client_id))
        new = replace(
            old,
            **vars(draft),
            status=step.target,
            changed_at=tx.now,
            version=old.version + 1,
        )
        repo.save(tx.session, new)
        tx.commit()
    return new


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
    code = writable(deps, principal, uscc)
    clean = validate_reason(reason)
    with deps.write() as tx:
        old = repo.get_for_update(tx.session, code)
        _require_version(old, seen_version)
        step = entity_step(old.status, EntityAction.CANCEL)
        new = replace(
            old,
            status=step.target,
            cancel_reason=clean,
            cancelled_at=tx.now,
            changed_at=tx.now,
            version=old.version + 1,
        )
        repo.save(tx.session, new)
        tx.record(entity_cancelled(code, by=principal.client_id, reason=clean))
        tx.commit()
    return new


def get(deps: Deps, viewer: Principal | None, uscc: str) -> EntityView | PublicEntity:
    """The entity as far as the reader may see it; the code may be in any spelling.

    Raises: UsccInvalid, EntityNotFound.
    """
    checked = require_uscc(uscc, policy=policy_of(deps))
    with deps.read() as session:
        entity = repo.find(session, checked.code)
    if entity is None:
        issues = ",".join(issue.code for issue in checked.issues)
        raise repo.EntityNotFound(uscc_status=str(checked.status), uscc_issues=issues)
    return _seen_by(viewer, entity)


def find(deps: Deps, viewer: Principal | None, uscc: str) -> EntityView | PublicEntity | None:
    """The entity as far as the reader may see it, None for a code that the register lacks."""
    with deps.read() as session:
        entity = repo.find(session, canonicalise(uscc)[:18])
        return None if entity is None else _seen_by(viewer, entity)


def search(
    deps: Deps,
    viewer: Principal | None,
    fragment: str = "",
    *,
    uscc: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[EntityView | PublicEntity]:
    """Entities whose full or short name holds the fragment, in order of credit code.

    uscc: only the entity of this code, in any spelling. after: the last credit code of the page
    before. Individual businesses, whose codes belong to natural persons, are listed to unbound
    readers with `entity.read`, and to whoever names the code.
    """
    wanted = repo.EntityFilter(
        fragment=fragment.strip(),
        uscc=None if uscc is None else canonicalise(uscc)[:18],
        persons=uscc is not None or may_read(viewer, None),
    )
    with deps.read() as session:
        found = repo.search(session, wanted, after=after, limit=limit)
    return [_seen_by(viewer, entity) for entity in found]


def history(
    deps: Deps,
    viewer: Principal | None,
    uscc: str,
    *,
    after_index: int = -1,
    limit: int = MAX_LIMIT,
) -> list[TraceEvent]:
    """The entity's own facts in the order of the log, opened for those entitled.

    Raises: UsccInvalid, EntityNotFound.
    """
    code = get(deps, viewer, uscc).uscc
    query = TraceQuery(uscc=code, family=FAMILY, after_index=after_index, limit=limit)
    return trace(deps, viewer, query)


def check(deps: Deps, uscc: str) -> UsccResult:
    """What can be said of a credit code without asking the register."""
    return check_uscc(uscc, policy=policy_of(deps))


def find_in(session: Session, uscc: str) -> EntityView | None:
    """The whole entity inside another area's unit of work; canonical credit code."""
    return repo.find(session, uscc)


def get_active_in(session: Session, uscc: str) -> EntityView:
    """The entity inside another area's unit of work, when it can still act.

    Raises: EntityNotFound, EntityAlreadyCancelled.
    """
    entity = repo.get(session, uscc)
    require_active(entity.status)
    return entity


def is_active_in(session: Session, uscc: str) -> bool:
    """Whether the register holds the entity and it was not cancelled; canonical credit code."""
    entity = repo.find(session, uscc)
    return entity is not None and entity.status is EntityStatus.ACTIVE


def lock_active_in(session: Session, uscc: str) -> EntityView:
    """As `get_active_in`, the entity unchanged by others until the unit of work ends.

    Raises: EntityNotFound, EntityAlreadyCancelled.
    """
    entity = repo.get_for_update(session, uscc)
    require_active(entity.status)
    return entity


def policy_of(deps: Deps) -> UsccPolicy:
    """How strictly this domain judges credit codes."""
    return UsccPolicy(strict_org_check=deps.config.strict_org_check)


def writable(deps: Deps, principal: Principal, uscc: str) -> str:
    """The canonical code of an entity that the principal may write.

    Raises: ScopeMissing, UsccInvalid, NotYourEntity.
    """
    require(principal, Scope.ENTITY_WRITE)
    code = require_uscc(uscc, policy=policy_of(deps)).code
    require_entity(principal, code)
    return code


def _require_version(entity: EntityView, seen: int | None) -> None:
    if seen is not None and entity.version != seen:
        raise EntityVersionStale()


def _seen_by(viewer: Principal | None, entity: EntityView) -> EntityView | PublicEntity:
    return entity if may_read(viewer, entity.uscc) else entity.public()
