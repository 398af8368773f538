"""The lives of an entity and of a permit in the register: two tables of transitions."""

from datetime import datetime
from enum import StrEnum

from sealsvc.areas.entities.model.permits import PermitAlreadyWithdrawn, PermitStatus, PermitView
from sealsvc.areas.entities.model.record import EntityAlreadyCancelled, EntityStatus
from sealsvc.values import Transition, Transitions


class EntityAction(StrEnum):
    """What can be done to an entity; REGISTER brings it into being."""

    REGISTER = "REGISTER"
    CHANGE = "CHANGE"
    CANCEL = "CANCEL"


class PermitAction(StrEnum):
    """What can be done to a permit; REGISTER brings it into being.

    BEGIN and END are the clock's.
    """

    REGISTER = "REGISTER"
    CORRECT = "CORRECT"
    WITHDRAW = "WITHDRAW"
    BEGIN = "BEGIN"
    END = "END"


_E, _EA = EntityStatus, EntityAction
ENTITY_TRANSITIONS: Transitions[EntityStatus, EntityAction] = Transitions(
    (
        Transition(_EA.REGISTER, None, _E.ACTIVE, "entity.registered"),
        Transition(_EA.CHANGE, _E.ACTIVE, _E.ACTIVE, "entity.changed"),
        Transition(_EA.CANCEL, _E.ACTIVE, _E.CANCELLED, "entity.cancelled"),
    )
)

_P, _PA = PermitStatus, PermitAction
_DATED = (_P.NOT_YET_VALID, _P.VALID, _P.EXPIRED)
# What a permit is worth follows from its days, so whoever files or corrects them sets its state.
PERMIT_TRANSITIONS: Transitions[PermitStatus, PermitAction] = Transitions(
    (
        *(Transition(_PA.REGISTER, None, to, "entity.permit_registered") for to in _DATED),
        Transition(_PA.BEGIN, _P.NOT_YET_VALID, _P.VALID, ""),
        Transition(_PA.END, _P.VALID, _P.EXPIRED, ""),
        *(
            Transition(_PA.CORRECT, source, target, "entity.permit_corrected")
            for source in _DATED
            for target in _DATED
        ),
        *(Transition(_PA.WITHDRAW, one, _P.WITHDRAWN, "entity.permit_withdrawn") for one in _DATED),
    )
)


def entity_step(
    state: EntityStatus | None, action: EntityAction
) -> Transition[EntityStatus, EntityAction]:
    """The row for an action on an entity. Raises: EntityAlreadyCancelled."""
    found = ENTITY_TRANSITIONS.find(state, action)
    if found is None:
        raise EntityAlreadyCancelled(status=str(state))
    return found


def require_permit_step(permit: PermitView, action: PermitAction, now: datetime) -> None:
    """Let an action pass that the table has in the permit's state. Raises: PermitAlreadyWithdrawn.

    A withdrawal on record counts at once, whatever the clock says.
    """
    withdrawn = permit.withdrawn_from is not None
    state = PermitStatus.WITHDRAWN if withdrawn else permit.status(now)
    if PERMIT_TRANSITIONS.find(state, action) is None:
        raise PermitAlreadyWithdrawn(permitId=permit.permit_id)
