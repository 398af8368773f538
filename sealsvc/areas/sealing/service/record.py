"""The three ends of a use of a seal in the register: authorised, completed, abandoned.

Each is one unit of work with its fact. Between the first and the second the key signs, and what
it signed leaves only after the second (ARCHITECTURE section 7.4 and 7.7).
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing import repo
from sealsvc.areas.sealing.model import (
    SealingAction,
    SealingIntentClosed,
    SealingRef,
    SealingView,
    declaration_from,
    for_use,
    may_use,
    sealing_abandoned,
    sealing_authorised,
    sealing_completed,
    sealing_step,
)
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SYSTEM
from sealsvc.ports import Rng
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import (
    Declaration,
    DocumentRole,
    Placement,
    Principal,
    SealId,
    time_ordered_id,
)

INTENT_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True)
class Intent:
    """What is about to be signed. role: None where the sealer declared none."""

    seal_id: SealId
    role: DocumentRole | None
    declaration: Declaration
    cert_serial: str
    original_sha256: str
    tbs_sha256: str
    media_type: str
    placement: Placement | None


def authorise(deps: Deps, principal: Principal, intent: Intent) -> SealingView:
    """tx 1: what will be signed, before it is; the rights once more, now under lock.

    Raises: EntityAlreadyCancelled, what `may_use` raises.
    """
    with deps.write() as tx:
        seal = for_use(seals.require_usable(tx, intent.seal_id))
        may_use(seal, principal, intent.role, tx.now)
        use = authorised(tx, deps.rng, principal, seal.owner_uscc, intent)
        repo.add_many(tx.session, [use])
        tx.commit()
    return use


def authorised(
    tx: UnitOfWork, rng: Rng, principal: Principal, owner_uscc: str, intent: Intent
) -> SealingView:
    """A new use and its fact, in a unit of work that stores and commits it."""
    ref = SealingRef(
        sealing_id=time_ordered_id("slg", tx.now, rng.bytes(16)),
        seal_id=intent.seal_id,
        owner_uscc=owner_uscc,
        cert_serial=intent.cert_serial,
        by=principal.client_id,
        declaration=intent.declaration,
    )
    fact = sealing_authorised(
        ref, original_sha256=intent.original_sha256, tbs_sha256=intent.tbs_sha256
    )
    return SealingView(
        sealing_id=ref.sealing_id,
        status=sealing_step(None, SealingAction.AUTHORISE).target,
        seal_id=ref.seal_id,
        owner_uscc=ref.owner_uscc,
        cert_serial=ref.cert_serial,
        original_sha256=intent.original_sha256,
        tbs_sha256=intent.tbs_sha256,
        media_type=intent.media_type,
        declaration=intent.declaration.to_json(),
        placement=intent.placement,
        by=ref.by,
        created_at=tx.now,
        authorised_fact_id=tx.record(fact),
    )


def complete(
    deps: Deps,
    principal: Principal,
    use: SealingView,
    *,
    sealed_sha256: str,
    signature_sha256: str,
    checked_version: int | None = None,
) -> SealingView:
    """tx 2: the sealed file exists; its blob is stored already.

    The seal is asked once more: one that was suspended, lost or revoked since tx 1 completes
    nothing, as the file has not left this process yet; whoever suspends a seal can rely on it
    from the moment the suspension has committed.
    checked_version: of the seal that the self-check stands on, where it looked before tx 1; then
    any change since closes the intent.
    Raises: SealingIntentClosed, EntityAlreadyCancelled, what `may_use` raises.
    """
    with deps.write() as tx:
        seal = seals.require_usable(tx, use.seal_id)  # the seal before the use, as in tx 1
        present = repo.get_for_update(tx.session, use.sealing_id)
        sealing_step(present.status, SealingAction.COMPLETE)
        may_use(for_use(seal), principal, None, tx.now)
        if checked_version not in (None, seal.version):
            raise SealingIntentClosed(reason="SEAL_CHANGED")
        ended = completed(tx, present, sealed_sha256, signature_sha256)
        repo.end_many(tx.session, [ended])
        tx.commit()
    return ended


def completed(
    tx: UnitOfWork, use: SealingView, sealed_sha256: str, signature_sha256: str
) -> SealingView:
    """The use with its result, and its fact, in a unit of work that stores and commits it.

    Raises: SealingIntentClosed.
    """
    step = sealing_step(use.status, SealingAction.COMPLETE)
    fact = sealing_completed(
        _ref(use),
        original_sha256=use.original_sha256,
        sealed_sha256=sealed_sha256,
        signature_sha256=signature_sha256,
    )
    return replace(
        use,
        status=step.target,
        signature_sha256=signature_sha256,
        sealed_sha256=sealed_sha256,
        completed_at=tx.now,
        completed_fact_id=tx.record(fact),
    )


def abandon(deps: Deps, sealing_id: str, reason: str) -> None:
    """End an intent without a sealed file; one that has ended stays as it is."""
    with deps.write() as tx:
        use = repo.get_for_update(tx.session, sealing_id)
        if use.open:
            _abandon(tx, use, reason, by=use.by)
            tx.commit()


def reconcile(deps: Deps) -> int:
    """Abandon intents that a crash left behind; how many.

    A sealing that is merely slow finds its intent closed and delivers nothing.
    """
    with deps.write() as tx:
        stale = repo.stale_intents(tx.session, tx.now - INTENT_LIFETIME)
        for use in stale:
            _abandon(tx, use, "INTERRUPTED", by=SYSTEM)
        if stale:
            tx.commit()
        return len(stale)


def _abandon(tx: UnitOfWork, use: SealingView, reason: str, *, by: str) -> None:
    repo.end(tx.session, abandoned(tx, use, reason, by=by))


def abandoned(tx: UnitOfWork, use: SealingView, reason: str, *, by: str) -> SealingView:
    """The use given up, and its fact, in a unit of work that stores and commits it.

    Raises: SealingIntentClosed.
    """
    step = sealing_step(use.status, SealingAction.ABANDON)
    ref = replace(_ref(use), by=by)
    tx.record(sealing_abandoned(ref, original_sha256=use.original_sha256, reason=reason))
    return replace(use, status=step.target, abandoned_reason=reason)


def _ref(use: SealingView) -> SealingRef:
    return SealingRef(
        sealing_id=use.sealing_id,
        seal_id=use.seal_id,
        owner_uscc=use.owner_uscc,
        cert_serial=use.cert_serial,
        by=use.by,
        declaration=declaration_from(use.declaration),
    )
