"""Remake a seal (重新制作): the old one ends, an application for its successor stands."""

from sqlmodel import Session

from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import SealAction, may, next_state, require_reason
from sealsvc.areas.seals.model.views import SealApplication, SealView
from sealsvc.areas.seals.repo import SealRow
from sealsvc.areas.seals.service._record import Change, record_change
from sealsvc.areas.seals.service.apply import (
    insert_application,
    make_imprint,
    record_application,
    set_imprint,
)
from sealsvc.areas.seals.service.change import check_version, publish_if_ended
from sealsvc.values import Principal, SealId, SealMedium, SealStatus, SealType


def replace(
    deps: Deps,
    principal: Principal,
    seal_id: SealId,
    reason: str | None,
    if_version: int | None = None,
) -> SealView:
    """The successor's application; both seals change in one unit of work.

    The successor is drawn anew from the entity's record, so a renamed entity gets its new name. A
    physical successor gets its code with its imprint (`file_imprint`), so none is taken over.
    Raises: SealNotFound, IllegalTransition, ReasonRequired, SealChanged, SealOwnerChanged,
    EntityAlreadyCancelled, and what `may` and the drawing raise.
    """
    with deps.read() as session:
        old = repo.get_seal(session, seal_id)
        seen, successor = repo.view(old), _successor(session, old)
        may(principal, SealAction.REPLACE, seen.parties())
        check_version(old, if_version)
        next_state(seen.status, SealAction.REPLACE)
        owner = entities.get_active_in(session, seen.owner_uscc)
    checked_reason = require_reason(SealAction.REPLACE, reason)
    imprint = make_imprint(deps, owner, successor)
    by = principal.client_id
    with deps.write() as tx:
        entities.lock_active_in(tx.session, owner.uscc)  # owner before seals, as in `apply`
        row = repo.get_family_for_update(tx.session, seal_id)
        may(principal, SealAction.REPLACE, repo.view(row).parties())
        check_version(row, if_version)
        status = next_state(SealStatus(row.status), SealAction.REPLACE)
        row.status = str(status)  # frees the old one's place before the successor asks for it
        tx.session.add(row)
        tx.session.flush()
        made = insert_application(tx, deps, principal, successor, owner)
        made.supersedes, row.superseded_by = row.id, made.id
        set_imprint(made, imprint)
        details = {"successorSealId": made.id}
        change = Change(SealAction.REPLACE, status, by, tx.now, checked_reason, dict(details))
        record_change(tx, row, change)
        record_application(tx, made, principal)
        tx.commit()
    publish_if_ended(deps, row, SealAction.REPLACE)
    return repo.view(made)


def _successor(session: Session, old: SealRow) -> SealApplication:
    """The same seal again; linked with the other medium where that still lives."""
    electronic = old.medium == SealMedium.ELECTRONIC
    linked = next(iter(repo.counterparts(session, old)), None)
    return SealApplication(
        uscc=old.owner_uscc,
        seal_type=SealType(old.seal_type),
        medium=SealMedium(old.medium),
        name=old.name,
        person_name=old.person_name,
        sequence=old.sequence,
        suite=old.suite if electronic else None,
        counterpart_seal_id=None if linked is None else SealId(linked.id),
    )
