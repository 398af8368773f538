"""What a seal comes to when its owner is cancelled, and the whole table for a drawing."""

from types import MappingProxyType

from sealsvc.areas.seals.model.lifecycle import TRANSITIONS, SealAction, transition
from sealsvc.values import SealStatus, Transition

# An approved seal has no way back for a client (CONTRACT section 2): only its owner's end leads
# there, and what never was in use is turned down, not revoked.
OWNER_ENDINGS = MappingProxyType(
    {
        SealStatus.APPLIED: SealAction.REJECT,
        SealStatus.APPROVED: SealAction.REJECT,
        SealStatus.ACTIVE: SealAction.REVOKE,
        SealStatus.SUSPENDED: SealAction.REVOKE,
    }
)


def owner_ended(status: SealStatus) -> tuple[SealAction, SealStatus] | None:
    """What is done to a seal of a cancelled owner, and its last state; None where nothing is."""
    action = OWNER_ENDINGS.get(status)
    return None if action is None else (action, transition(action).target)


def seal_transitions() -> tuple[Transition[SealStatus, SealAction], ...]:
    """Every way from one state to another: the table's, and those that only the owner's end has."""
    drawn: list[Transition[SealStatus, SealAction]] = []
    for row in TRANSITIONS:
        ended = {one for one, action in OWNER_ENDINGS.items() if action is row.action}
        starts: list[SealStatus | None] = [s for s in SealStatus if s in row.sources | ended]
        drawn += [
            Transition(row.action, source, row.target, row.fact_type) for source in starts or [None]
        ]
    return tuple(drawn)
