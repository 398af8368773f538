"""Look seals up: by id, by filter, by certificate; status at a time as known at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sealsvc.areas.certs.service.kept import Kept
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities.model import canonicalise, require_active
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import SealEvent, StatusAnswer, status_at
from sealsvc.areas.seals.model.views import (
    PublicSeal,
    SealFilter,
    SealHistoryEvent,
    SealView,
    may_read,
    require_reader,
)
from sealsvc.areas.seals.service.dossier import Dossier, dossier_in
from sealsvc.ports import BlobMissing
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, SealId, SealStatus
from sealsvc.verify.evidence import RegisteredSeal

_INPUT_LIMIT = 64
_SECOND = timedelta(seconds=1)
IMPRINTS_KEPT = 64
_IMPRINTS: Kept[bytes] = Kept(IMPRINTS_KEPT)


@dataclass(frozen=True)
class SealStatusAnswer:
    """The state asked for and the present one, with the facts that prove them.

    fact_id: of the change that governs `answer`; later_fact_id: of the one that governs
    `answer.known_later`; answered_at: when the registry was asked.
    """

    seal: SealView
    answer: StatusAnswer
    fact_id: str | None
    status_now: SealStatus
    answered_at: datetime
    later_fact_id: str | None = None


def get(deps: Deps, seal_id: SealId) -> SealView:
    """One seal. Raises: SealNotFound."""
    with deps.read() as session:
        return repo.view(repo.get_seal(session, seal_id))


def lock(tx: UnitOfWork, seal_id: SealId) -> SealView:
    """One seal inside the caller's unit of work, unchanged by others until it ends.

    Raises: SealNotFound.
    """
    return repo.view(repo.get_for_update(tx.session, seal_id))


def require_usable(tx: UnitOfWork, seal_id: SealId) -> SealView:
    """As `lock`, of an owner that can still act.

    Raises: SealNotFound, EntityAlreadyCancelled.
    """
    found = repo.owned(tx.session, seal_id, lock=True)
    require_active(found.owner_status)
    return found.seal


def look_up(deps: Deps, viewer: Principal | None, seal_id: SealId) -> SealView | PublicSeal:
    """One seal as far as the reader may see it. Raises: SealNotFound."""
    return get(deps, seal_id).seen_by(viewer)


def search(deps: Deps, viewer: Principal | None, wanted: SealFilter) -> list[SealView | PublicSeal]:
    """Seals by filter, by id; one more than `wanted.limit` where there are more.

    Seals of natural persons are listed only to authorities, or where code or uscc names them.
    """
    wanted = replace(
        wanted,
        uscc=None if wanted.uscc is None else canonicalise(wanted.uscc[:_INPUT_LIMIT]),
        code=None if wanted.code is None else canonicalise(wanted.code[:_INPUT_LIMIT]),
        persons=may_read(viewer, None),
    )
    with deps.read() as session:
        return [repo.view(row).seen_by(viewer) for row in repo.search(session, wanted)]


def history(deps: Deps, viewer: Principal, seal_id: SealId) -> list[SealHistoryEvent]:
    """All changes in the order of recording, with reasons and persons.

    Raises: SealNotFound, SealNotYours.
    """
    with deps.read() as session:
        require_reader(viewer, repo.get_seal(session, seal_id).owner_uscc)
        return repo.history(session, seal_id)


def status(
    deps: Deps, seal_id: SealId, at: datetime | None, known_at: datetime | None
) -> SealStatusAnswer:
    """The state at a time as known at a time; both default to now. Raises: SealNotFound.

    Source: CONTRACT section 2.
    """
    now = deps.clock.now()
    with deps.read() as session:
        seal = repo.view(repo.get_seal(session, seal_id))
        log = repo.history(session, seal_id)
    events = [_event(item) for item in log]
    answer = status_at(events, at or now, known_at or now)
    later = answer.known_later
    return SealStatusAnswer(
        seal=seal,
        answer=answer,
        fact_id=_governing_fact(log, answer),
        status_now=status_at(events, now, now).status or seal.status,
        answered_at=now,
        later_fact_id=None if later is None else _governing_fact(log, later),
    )


def imprint(deps: Deps, seal_id: SealId) -> bytes:
    """The imprint's file, a PNG. Raises: SealNotFound, BlobMissing."""
    return imprint_of(deps, get(deps, seal_id))


def imprint_of(deps: Deps, seal: SealView) -> bytes:
    """The same of a seal at hand. Raises: BlobMissing."""
    digest = seal.imprint_sha256
    if digest is None:
        raise BlobMissing(sealId=seal.seal_id)
    return _IMPRINTS.get(deps.blobs, digest, lambda: deps.blobs.get(digest))


def show_imprint(deps: Deps, viewer: Principal, seal_id: SealId) -> bytes:
    """The same for those entitled: whoever has the picture can fake a paper seal.

    Raises: SealNotFound, SealNotYours, BlobMissing. Source: china-domain section 3.4.
    """
    require_reader(viewer, get(deps, seal_id).owner_uscc)
    return imprint(deps, seal_id)


def registered_seal(deps: Deps, seal_id: SealId, signed_at: datetime | None) -> RegisteredSeal:
    """What a judgement needs to know of a seal; signed_at: best signing time, if there is one.

    Raises: SealNotFound.
    """
    now = deps.clock.now()
    with deps.read() as session:
        dossier = dossier_in(session, seal_id)
    return registered_in(dossier, signed_at, now)


def registered_in(dossier: Dossier, signed_at: datetime | None, now: datetime) -> RegisteredSeal:
    """As `registered_seal`, of what was looked up before."""
    seal, log = dossier.seal, dossier.record.log
    events = [_event(item) for item in log]
    moment = None if signed_at is None else _within_second(events, signed_at)
    at_signing = None if moment is None else status_at(events, moment, moment)
    as_known_now = None if at_signing is None else at_signing.as_known_now
    return RegisteredSeal(
        seal_id=seal.seal_id,
        name=seal.name,
        seal_type=seal.seal_type,
        medium=seal.medium,
        owner_uscc=seal.owner_uscc,
        owner_name=seal.owner_name,
        owner_active=dossier.owner_active,
        status_at_signing=None if as_known_now is None else as_known_now.status,
        status_then_known=None if at_signing is None else at_signing.status,
        status_now=status_at(events, now, now).status or seal.status,
        status_now_since=seal.status_since.replace(microsecond=0),
        status_fact_id=None if as_known_now is None else _governing_fact(log, as_known_now),
        valid_from=None if seal.valid_from is None else seal.valid_from.replace(microsecond=0),
        valid_to=seal.valid_until,
        imprint_rgba_sha256=seal.imprint_rgba_sha256,
        asked_at=signed_at,
    )


def _within_second(events: Sequence[SealEvent], signed_at: datetime) -> datetime:
    """When in the second of a signing time to ask for the status.

    Signatures and leaves count whole seconds, the registry finer: a seal activated and used in
    the same second was active when it was used. The use had to pass our own check, so within
    the second the seal counts as active if it ever was.
    """
    if signed_at.microsecond:
        return signed_at
    end = signed_at + _SECOND
    changes = [item.effective_from for item in events if signed_at < item.effective_from < end]
    for moment in (signed_at, *changes):
        if status_at(events, moment, moment).status is SealStatus.ACTIVE:
            return moment
    return signed_at


def _event(item: SealHistoryEvent) -> SealEvent:
    return SealEvent(item.action, item.status, item.recorded_at, item.effective_from, item.reason)


def _governing_fact(log: Sequence[SealHistoryEvent], answer: StatusAnswer) -> str | None:
    for item in reversed(log):
        if item.recorded_at == answer.since and item.status is answer.status:
            return item.fact_id
    return None
