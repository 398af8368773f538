"""The three ends of a use of a seal in the register: authorised, completed, abandoned.

Each is one unit of work with its fact. Between the first and the second the key signs, and what
it signed leaves only after the second (ARCHITECTURE section 7.4 and 7.7).
"""

from dataclasses import dataclass
from datetime import timedelta

from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing import repo
from sealsvc.areas.sealing.model import (
    SealingIntentClosed,
    SealingRef,
    SealingStatus,
    SealingView,
    for_use,
    may_use,
    sealing_abandoned,
    sealing_authorised,
    sealing_completed,
)
from sealsvc.areas.sealing.tables import SealUseRow
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SYSTEM
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
        sealing_id = time_ordered_id("slg", tx.now, deps.rng.bytes(16))
        place = intent.placement
        row = SealUseRow(
            id=sealing_id,
            status=str(SealingStatus.AUTHORISED),
            seal_id=intent.seal_id,
            owner_uscc=seal.owner_uscc,
            cert_serial=intent.cert_serial,
            original_sha256=intent.original_sha256,
            tbs_sha256=intent.tbs_sha256,
            media_type=intent.media_type,
            declaration=intent.declaration.to_json(),
            page=None if place is None else place.page,
            x_mm=None if place is None else place.x_mm,
            y_mm=None if place is None else place.y_mm,
            width_mm=None if place is None else place.width_mm,
            by=principal.client_id,
            created_at=tx.now,
            authorised_fact_id="",
        )
        fact = sealing_authorised(
            _ref(row), original_sha256=intent.original_sha256, tbs_sha256=intent.tbs_sha256
        )
        row.authorised_fact_id = tx.record(fact)
        tx.session.add(row)
        tx.commit()
    return repo.view(row)


def complete(
    deps: Deps, principal: Principal, use: SealingView, *, sealed_sha256: str, signature_sha256: str
) -> SealingView:
    """tx 2: the sealed file exists; its blob is stored already.

    The seal is asked once more: one that was suspended, lost or revoked since tx 1 completes
    nothing, as the file has not left this process yet; whoever suspends a seal can rely on it
    from the moment the suspension has committed.
    Raises: SealingIntentClosed, EntityAlreadyCancelled, what `may_use` raises.
    """
    with deps.write() as tx:
        seal = seals.require_usable(tx, use.seal_id)  # the seal before the use, as in tx 1
        row = repo.get_for_update(tx.session, use.sealing_id)
        if row.status != SealingStatus.AUTHORISED:
            raise SealingIntentClosed(status=row.status)
        may_use(for_use(seal), principal, None, tx.now)
        row.status = str(SealingStatus.COMPLETED)
        row.signature_sha256 = signature_sha256
        row.sealed_sha256 = sealed_sha256
        row.completed_at = tx.now
        fact = sealing_completed(
            _ref(row),
            original_sha256=row.original_sha256,
            sealed_sha256=sealed_sha256,
            signature_sha256=signature_sha256,
        )
        row.completed_fact_id = tx.record(fact)
        tx.session.add(row)
        tx.commit()
    return repo.view(row)


def abandon(deps: Deps, sealing_id: str, reason: str) -> None:
    """End an intent without a sealed file; one that has ended stays as it is."""
    with deps.write() as tx:
        row = repo.get_for_update(tx.session, sealing_id)
        if row.status == SealingStatus.AUTHORISED:
            _abandon(tx, row, reason)
            tx.commit()


def reconcile(deps: Deps) -> int:
    """Abandon intents that a crash left behind; how many.

    A sealing that is merely slow finds its intent closed and delivers nothing.
    """
    with deps.write() as tx:
        stale = repo.stale_intents(tx.session, tx.now - INTENT_LIFETIME)
        for row in stale:
            _abandon(tx, row, "INTERRUPTED")
        if stale:
            tx.commit()
        return len(stale)


def _abandon(tx: UnitOfWork, row: SealUseRow, reason: str) -> None:
    row.status = str(SealingStatus.ABANDONED)
    row.abandoned_reason = reason
    tx.session.add(row)
    by = SYSTEM if reason == "INTERRUPTED" else row.by
    fact = sealing_abandoned(_ref(row, by), original_sha256=row.original_sha256, reason=reason)
    tx.record(fact)


def _ref(row: SealUseRow, by: str | None = None) -> SealingRef:
    return SealingRef(
        sealing_id=row.id,
        seal_id=SealId(row.seal_id),
        owner_uscc=row.owner_uscc,
        cert_serial=row.cert_serial,
        by=by or row.by,
        declaration=declaration_of(row),
    )


def declaration_of(row: SealUseRow) -> Declaration:
    """The declaration as it was made; the row keeps its wire shape."""
    shape = row.declaration
    number, seller, parties = (shape.get(key) for key in ("number", "sellerUscc", "partyUsccs"))
    return Declaration(
        role=DocumentRole(str(shape["role"])),
        number=None if number is None else str(number),
        seller_uscc=None if seller is None else str(seller),
        party_usccs=tuple(str(one) for one in parties) if isinstance(parties, list) else (),
    )
