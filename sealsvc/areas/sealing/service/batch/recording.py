"""The two commits of a chunk: all intents, then all results; and how a chunk is given up."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from sqlalchemy.exc import IntegrityError

from sealsvc.areas.access.idempotency import IdempotencyKeyReused, RequestInProgress
from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing import repo
from sealsvc.areas.sealing.model import (
    SealForUse,
    SealingIntentClosed,
    SealingStatus,
    SealingView,
    for_use,
    may_use,
)
from sealsvc.areas.sealing.repo import Batch
from sealsvc.areas.sealing.service import record
from sealsvc.areas.sealing.service.batch.values import BatchItemChanged, BatchOrder
from sealsvc.areas.sealing.service.record import Intent
from sealsvc.areas.seals import service as seals
from sealsvc.errors import ServiceError
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, time_ordered_id

RESUMED = "BATCH_RESUMED"
"""Why an intent of an earlier run is given up: another run has taken the batch over."""

Outcome = SealingView | ServiceError


@dataclass(frozen=True)
class Done:
    """A stored sealed file, for tx 2. Digests: hex."""

    use: SealingView
    sealed_sha256: str
    signature_sha256: str


def claim(deps: Deps, principal: Principal, order: BatchOrder) -> Batch:
    """The batch of this client and key, new or begun earlier.

    Raises: IdempotencyKeyReused where it was another request's, RequestInProgress.
    """
    key = sha256(order.key.encode("utf-8")).hexdigest()
    try:
        with deps.write() as tx:
            found = repo.find_batch(tx.session, principal.client_id, key)
            if found is None:
                found = Batch(
                    batch_id=time_ordered_id("bat", tx.now, deps.rng.bytes(16)),
                    client_id=principal.client_id,
                    key_sha256=key,
                    seal_id=order.seal_id,
                    fingerprint=order.fingerprint,
                    created_at=tx.now,
                )
                repo.add_batch(tx.session, found)
                tx.commit()
    except IntegrityError as error:  # PostgreSQL: the twin inserted first
        raise RequestInProgress(retry_after_s=1) from error
    if (found.seal_id, found.fingerprint) != (order.seal_id, order.fingerprint):
        raise IdempotencyKeyReused()
    return found


def earlier(deps: Deps, batch: Batch, names: Sequence[str]) -> dict[str, SealingView]:
    """The newest uses under these names, of earlier runs."""
    with deps.read() as session:
        return repo.batch_uses(session, batch.batch_id, names)


def authorise_many(
    deps: Deps, principal: Principal, batch: Batch, intents: Mapping[str, Intent]
) -> dict[str, Outcome]:
    """tx 1: all intents by item name, with the rights once more under lock.

    A name that a run beside this one has completed gives that use; one whose intent a run left
    open loses it, so that whoever still works on it completes nothing.
    Raises: EntityAlreadyCancelled, what `may_use` raises of the seal itself.
    """
    found: dict[str, Outcome] = {}
    with deps.write() as tx:
        seal = for_use(seals.require_usable(tx, batch.seal_id))
        may_use(seal, principal, None, tx.now)
        refused = _refusals(tx, principal, seal, intents.values())
        before = repo.batch_uses(tx.session, batch.batch_id, list(intents))
        fresh: dict[str, SealingView] = {}
        for name, intent in intents.items():
            settled = _settled(before.get(name), intent) or refused(intent)
            if settled is not None:
                found[name] = settled
                continue
            use = record.authorised(tx, deps.rng, principal, seal.owner_uscc, intent)
            found[name] = fresh[name] = use
        _give_up(tx, (before[name].sealing_id for name in fresh if name in before), RESUMED)
        repo.add_many(tx.session, list(fresh.values()))
        repo.put_batch_uses(tx.session, batch.batch_id, fresh, before)
        if fresh:
            tx.commit()
    return found


def complete_many(deps: Deps, principal: Principal, many: Sequence[Done]) -> list[Outcome]:
    """tx 2: all sealed files exist and are stored.

    Raises: EntityAlreadyCancelled, what `may_use` raises, CertificateIntentLost; then nothing of
    the chunk is completed.
    """
    if not many:
        return []
    with deps.write() as tx:
        seal = seals.require_usable(tx, many[0].use.seal_id)  # the seal before the uses, as in tx 1
        may_use(for_use(seal), principal, None, tx.now)
        for serial in {done.use.cert_serial for done in many}:
            certs.require_issued(tx, serial)
        present = repo.locked_statuses(tx.session, [done.use.sealing_id for done in many])
        outcomes: list[Outcome] = []
        for done in many:
            use, digests = done.use, (done.sealed_sha256, done.signature_sha256)
            if (status := present[use.sealing_id]) is not use.status:
                use = replace(use, status=status)
            try:
                outcomes.append(record.completed(tx, use, *digests))
            except SealingIntentClosed as error:
                outcomes.append(error)
        ended = [one for one in outcomes if isinstance(one, SealingView)]
        repo.end_many(tx.session, ended)
        if ended:
            tx.commit()
    return outcomes


def abandon_many(deps: Deps, uses: Sequence[SealingView], reason: str) -> None:
    """End intents without sealed files; those that have ended stay as they are."""
    with deps.write() as tx:
        if _give_up(tx, (use.sealing_id for use in uses), reason):
            tx.commit()


def _give_up(tx: UnitOfWork, sealing_ids: Iterable[str], reason: str) -> int:
    wanted = list(sealing_ids)
    present = repo.locked(tx.session, wanted) if wanted else {}
    ended = [record.abandoned(tx, use, reason, by=use.by) for use in present.values() if use.open]
    repo.end_many(tx.session, ended)
    return len(ended)


def _settled(before: SealingView | None, intent: Intent) -> Outcome | None:
    if before is None or before.status is not SealingStatus.COMPLETED:
        return None
    if before.original_sha256 != intent.original_sha256:
        return BatchItemChanged()
    return before


def _refusals(
    tx: UnitOfWork, principal: Principal, seal: SealForUse, intents: Iterable[Intent]
) -> Callable[[Intent], ServiceError | None]:
    """Why an intent is refused: by its role, or by its certificate; each asked once."""
    wanted = list(intents)
    by_role = {
        role: _error(partial(may_use, seal, principal, role, tx.now))
        for role in {one.role for one in wanted}
    }
    by_serial = {
        serial: _error(partial(certs.require_issued, tx, serial))
        for serial in {one.cert_serial for one in wanted}
    }
    return lambda intent: by_role[intent.role] or by_serial[intent.cert_serial]


def _error(check: Callable[[], object]) -> ServiceError | None:
    try:
        check()
    except ServiceError as error:
        return error
    return None
