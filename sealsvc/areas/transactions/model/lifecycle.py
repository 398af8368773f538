"""The life of an attestation: one table of transitions."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sealsvc.areas.transactions.model.attestation import (
    AttestationNotIssued,
    AttestationStatus,
    AttestationView,
    Envelope,
)
from sealsvc.values import Transition, Transitions


class AttestationAction(StrEnum):
    """What can be done to an attestation; INTEND brings it into being."""

    INTEND = "INTEND"
    ISSUE = "ISSUE"
    ABANDON = "ABANDON"
    WITHDRAW = "WITHDRAW"


_S, _A = AttestationStatus, AttestationAction
ATTESTATION_TRANSITIONS: Transitions[AttestationStatus, AttestationAction] = Transitions(
    (
        Transition(_A.INTEND, None, _S.INTENDED, "attestation.intended"),
        Transition(_A.ISSUE, _S.INTENDED, _S.ISSUED, "attestation.issued"),
        Transition(_A.ABANDON, _S.INTENDED, _S.ABANDONED, "attestation.abandoned"),
        Transition(_A.WITHDRAW, _S.ISSUED, _S.WITHDRAWN, "attestation.withdrawn"),
    )
)


def attestation_step(
    state: AttestationStatus | None, action: AttestationAction
) -> Transition[AttestationStatus, AttestationAction]:
    """The row for an action on an attestation. Raises: AttestationNotIssued."""
    found = ATTESTATION_TRANSITIONS.find(state, action)
    if found is None:
        raise AttestationNotIssued(status=str(state))
    return found


def issued(view: AttestationView, envelope: Envelope) -> AttestationView:
    """The attestation with its signature. Raises: AttestationNotIssued."""
    step = attestation_step(view.status, AttestationAction.ISSUE)
    return replace(view, status=step.target, envelope=envelope)


def abandoned(view: AttestationView) -> AttestationView:
    """The attestation given up before it was signed. Raises: AttestationNotIssued."""
    return replace(view, status=attestation_step(view.status, AttestationAction.ABANDON).target)


def withdrawn(view: AttestationView, reason: str, at: datetime) -> AttestationView:
    """The attestation after its withdrawal. Raises: AttestationNotIssued."""
    step = attestation_step(view.status, AttestationAction.WITHDRAW)
    return replace(view, status=step.target, withdraw_reason=reason, withdrawn_at=at)
