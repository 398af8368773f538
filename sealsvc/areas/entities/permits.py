"""Register, correct, withdraw and list the permits of an entity."""

from dataclasses import replace
from datetime import datetime

from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import repo, service
from sealsvc.areas.entities.model import may_read
from sealsvc.areas.entities.model.lifecycle import PermitAction, require_permit_step
from sealsvc.areas.entities.model.permits import (
    PERMITS_LIMIT,
    PermitDraft,
    PermitPatch,
    PermitStatus,
    PermitView,
    ShownPermit,
    permit_corrected,
    permit_registered,
    permit_withdrawn,
    validate_permit,
    validate_withdrawal,
)
from sealsvc.errors import Conflict
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, random_id


class PermitExists(Conflict):
    """The entity already has a permit of this kind and number that was not withdrawn."""

    code = "PERMIT_EXISTS"


class PermitLimitReached(Conflict):
    """The entity has as many permits on file as one may have."""

    code = "PERMIT_LIMIT_REACHED"


class PermitVersionStale(Conflict):
    """The permit was changed since the version that the caller has seen."""

    code = "PRECONDITION_FAILED"


def register(deps: Deps, principal: Principal, uscc: str, draft: PermitDraft) -> ShownPermit:
    """Take a permit of an active entity on file.

    Raises: ScopeMissing, NotYourEntity, UsccInvalid, EntityNotFound, EntityAlreadyCancelled,
    PermitFieldInvalid, PermitExists, PermitLimitReached.
    """
    code = service.writable(deps, principal, uscc)
    clean = validate_permit(draft)
    with deps.write() as tx:
        # The entity's lock serialises what is filed for it, so two equal ones cannot both pass.
        service.lock_active_in(tx.session, code)
        permit = PermitView(
            permit_id=random_id("prm", deps.rng.bytes(16)),
            uscc=code,
            draft=clean,
            registered_at=tx.now,
            changed_at=tx.now,
        )
        _require_new(tx, permit)
        if repo.count_permits(tx.session, code) >= PERMITS_LIMIT:
            raise PermitLimitReached(limit=PERMITS_LIMIT)
        repo.add_permit(tx.session, permit, by=principal.client_id)
        tx.record(permit_registered(permit, by=principal.client_id))
        tx.commit()
    return _shown(permit, tx.now, complete=True)


def correct(
    deps: Deps,
    principal: Principal,
    key: tuple[str, str],
    patch: PermitPatch,
    *,
    seen_version: int | None = None,
) -> ShownPermit:
    """Change the fields that the patch names; key: credit code and permit id.

    seen_version: when given, the correction applies to that version only.
    Raises: as `register`; PermitNotFound, PermitAlreadyWithdrawn, PermitUnchanged,
    PermitVersionStale.
    """
    code = service.writable(deps, principal, key[0])
    with deps.write() as tx:
        old = _changeable(tx, (code, key[1]), PermitAction.CORRECT, seen_version)
        draft = validate_permit(old.patched(patch))
        new = replace(old, draft=draft, changed_at=tx.now, version=old.version + 1)
        _require_new(tx, new)
        tx.record(permit_corrected(old, new, by=principal.client_id))
        repo.save_permit(tx.session, new)
        tx.commit()
    return _shown(new, tx.now, complete=True)


def withdraw(
    deps: Deps,
    principal: Principal,
    key: tuple[str, str],
    reason: str,
    *,
    effective_from: datetime | None = None,
    seen_version: int | None = None,
) -> ShownPermit:
    """Mark a permit as withdrawn (吊销、撤销、注销), from now or from an earlier time.

    Raises: as `correct`.
    """
    code = service.writable(deps, principal, key[0])
    with deps.write() as tx:
        clean = validate_withdrawal(reason, effective_from, tx.now)
        old = _changeable(tx, (code, key[1]), PermitAction.WITHDRAW, seen_version)
        new = replace(
            old,
            withdrawn_from=effective_from or tx.now,
            withdraw_reason=clean,
            changed_at=tx.now,
            version=old.version + 1,
        )
        repo.save_permit(tx.session, new)
        tx.record(permit_withdrawn(new, by=principal.client_id))
        tx.commit()
    return _shown(new, tx.now, complete=True)


def get(
    deps: Deps,
    viewer: Principal | None,
    uscc: str,
    permit_id: str,
    *,
    at: datetime | None = None,
) -> ShownPermit:
    """One permit with its status at a time, now by default.

    Raises: UsccInvalid, EntityNotFound, PermitNotFound.
    """
    code = service.get(deps, viewer, uscc).uscc
    with deps.read() as session:
        permit = repo.get_permit(session, code, permit_id)
    return _shown(permit, at or deps.clock.now(), complete=may_read(viewer, code))


def search(
    deps: Deps,
    viewer: Principal | None,
    uscc: str,
    *,
    status: PermitStatus | None = None,
    at: datetime | None = None,
    page: tuple[str | None, int] = (None, PERMITS_LIMIT),
) -> list[ShownPermit]:
    """Permits of an entity in order of id, each with its status at a time, now by default.

    status: only those that had it then. page: the last id of the page before, and how many.
    Raises: UsccInvalid, EntityNotFound.
    """
    code = service.get(deps, viewer, uscc).uscc
    moment = at or deps.clock.now()
    complete = may_read(viewer, code)
    after, limit = page
    with deps.read() as session:
        # An entity has few enough to look through, and the status is computed here.
        found = repo.permits(session, code, after=after, limit=PERMITS_LIMIT)
    shown = [_shown(permit, moment, complete=complete) for permit in found]
    return [one for one in shown if status is None or one.status is status][:limit]


def _changeable(
    tx: UnitOfWork, key: tuple[str, str], action: PermitAction, seen: int | None
) -> PermitView:
    """The permit under its entity's lock, when it may still change."""
    service.lock_active_in(tx.session, key[0])
    permit = repo.get_permit(tx.session, *key)
    if seen is not None and permit.version != seen:
        raise PermitVersionStale()
    require_permit_step(permit, action, tx.now)
    return permit


def _require_new(tx: UnitOfWork, permit: PermitView) -> None:
    if repo.has_permit(tx.session, permit):
        raise PermitExists(field="number")


def _shown(permit: PermitView, at: datetime, *, complete: bool) -> ShownPermit:
    return ShownPermit(permit, permit.status(at), at, complete)
