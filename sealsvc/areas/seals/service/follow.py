"""What happens to seals when their owner is cancelled.

Entities are below and only record a fact; the worker calls this. Source: china-domain section 3.1
("cancel": dissolution and the like must cancel the seals).
"""

from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import SYSTEM
from sealsvc.areas.seals.model.endings import owner_ended
from sealsvc.areas.seals.service._record import Change, record_change
from sealsvc.values import SealStatus

OWNER_CANCELLED = "ENTITY_CANCELLED"


def follow_entities(deps: Deps) -> int:
    """End the seals of cancelled owners, each in a unit of work of its own; how many."""
    with deps.read() as session:
        waiting = [row.id for row in repo.of_cancelled_owners(session)]
    ended = [_end(deps, seal_id) for seal_id in waiting]
    if SealStatus.REVOKED in ended:
        certs.publish_revocations(deps)
    return sum(status is not None for status in ended)


def _end(deps: Deps, seal_id: str) -> SealStatus | None:
    """The seal's last state; None where somebody else ended it first."""
    with deps.write() as tx:
        row = repo.get_family_for_update(tx.session, seal_id)
        ending = owner_ended(SealStatus(row.status))
        if ending is None:
            return None
        action, status = ending
        record_change(tx, row, Change(action, status, SYSTEM, tx.now, OWNER_CANCELLED))
        tx.commit()
    return status
