"""A seal with its history and credentials, in one look."""

from dataclasses import dataclass

from sqlmodel import Session

from sealsvc.areas.certs.service.kept import Kept
from sealsvc.areas.entities.model import EntityStatus
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model.views import SealCredential, SealHistoryEvent, SealView
from sealsvc.values import SealId

DOSSIERS_KEPT = 1024


@dataclass(frozen=True)
class SealRecord:
    """What was recorded of a seal up to one version of it.

    log: in the order of recording; credentials: the newest first.
    """

    log: tuple[SealHistoryEvent, ...]
    credentials: tuple[SealCredential, ...]


@dataclass(frozen=True)
class Dossier:
    """A seal as it is now, its record, and of its owner what its use depends on.

    owner_suite: of new sealings, where the owner chose one.
    """

    seal: SealView
    record: SealRecord
    owner_active: bool
    owner_suite: str | None


# Both tables are append-only, and whatever is appended raises the version in the same unit.
_RECORDS: Kept[SealRecord] = Kept(DOSSIERS_KEPT)


def dossier_in(session: Session, seal_id: SealId) -> Dossier:
    """A seal and its record. Raises: SealNotFound.

    session: one that changes nothing, so that what is remembered is what was committed.
    """
    found = repo.owned(session, seal_id)
    seal = found.seal
    engine = session.get_bind().engine
    record = _RECORDS.get(engine, (seal_id, seal.version), lambda: _record(session, seal_id))
    active = found.owner_status is EntityStatus.ACTIVE
    return Dossier(seal, record, active, found.owner_suite)


def _record(session: Session, seal_id: SealId) -> SealRecord:
    log = repo.history(session, seal_id)
    return SealRecord(tuple(log), tuple(repo.credentials(session, seal_id)))
