"""Look seals up: by id, by filter, by certificate; status at a time as known at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import SealEvent, StatusAnswer, status_at
from sealsvc.areas.seals.model.views import SealHistoryEvent, SealView
from sealsvc.ports import BlobMissing
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import SealId
from sealsvc.verify.evidence import RegisteredSeal


@dataclass(frozen=True)
class SealStatusAnswer:
    """The state asked for, the present one, and the fact that proves the governing change."""

    seal: SealView
    answer: StatusAnswer
    fact_id: str | None


def get(deps: Deps, seal_id: SealId) -> SealView:
    """One seal. Raises: SealNotFound."""
    with deps.read() as session:
        return repo.view(repo.get_seal(session, seal_id))


def lock(tx: UnitOfWork, seal_id: SealId) -> SealView:
    """One seal inside the caller's unit of work, unchanged by others until it ends.

    Raises: SealNotFound.
    """
    return repo.view(repo.get_for_update(tx.session, seal_id))


def search(deps: Deps, wanted: repo.SealFilter) -> list[SealView]:
    """Seals by filter, by id; one more than `wanted.limit` where there are more."""
    with deps.read() as session:
        return [repo.view(row) for row in repo.search(session, wanted)]


def history(deps: Deps, seal_id: SealId) -> list[SealHistoryEvent]:
    """All changes in the order of recording. Raises: SealNotFound."""
    with deps.read() as session:
        repo.get_seal(session, seal_id)
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
    answer = status_at([_event(item) for item in log], at or now, known_at or now)
    return SealStatusAnswer(seal, answer, _governing_fact(log, answer))


def imprint(deps: Deps, seal_id: SealId) -> bytes:
    """The imprint's file. Raises: SealNotFound, BlobMissing."""
    seal = get(deps, seal_id)
    if seal.imprint_sha256 is None:
        raise BlobMissing(sealId=seal_id)
    return deps.blobs.get(seal.imprint_sha256)


def registered_seal(deps: Deps, seal_id: SealId, signed_at: datetime | None) -> RegisteredSeal:
    """What a judgement needs to know of a seal; signed_at: best signing time, if there is one.

    Raises: SealNotFound.
    """
    now = deps.clock.now()
    with deps.read() as session:
        seal = repo.view(repo.get_seal(session, seal_id))
        log = repo.history(session, seal_id)
    events = [_event(item) for item in log]
    at_signing = None if signed_at is None else status_at(events, signed_at, signed_at)
    as_known_now = None if at_signing is None else at_signing.as_known_now
    return RegisteredSeal(
        seal_id=seal.seal_id,
        name=seal.name,
        seal_type=seal.seal_type,
        medium=seal.medium,
        owner_uscc=seal.owner_uscc,
        owner_name=seal.owner_name,
        owner_active=entities.is_active(deps, seal.owner_uscc),
        status_at_signing=None if as_known_now is None else as_known_now.status,
        status_then_known=None if at_signing is None else at_signing.status,
        status_now=status_at(events, now, now).status or seal.status,
        status_now_since=seal.status_since,
        status_fact_id=None if as_known_now is None else _governing_fact(log, as_known_now),
        valid_from=seal.valid_from,
        valid_to=seal.valid_until,
        imprint_rgba_sha256=seal.imprint_rgba_sha256,
    )


def _event(item: SealHistoryEvent) -> SealEvent:
    return SealEvent(item.action, item.status, item.recorded_at, item.effective_from, item.reason)


def _governing_fact(log: Sequence[SealHistoryEvent], answer: StatusAnswer) -> str | None:
    for item in reversed(log):
        if item.recorded_at == answer.since and item.status is answer.status:
            return item.fact_id
    return None
