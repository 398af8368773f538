"""The life of a seal: one table of transitions, and who may make them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sealsvc.areas.access.model import (
    require,
    require_bound_to,
    require_entity,
    require_unbound,
)
from sealsvc.errors import BadInput, Conflict, NotAllowed
from sealsvc.values import Principal, Scope, SealStatus


class SealAction(StrEnum):
    """What can be done to a seal; APPLY brings it into being."""

    APPLY = "APPLY"
    APPROVE = "APPROVE"
    REJECT = "REJECT"
    ISSUE = "ISSUE"
    REISSUE = "REISSUE"
    SUSPEND = "SUSPEND"
    RESUME = "RESUME"
    REPORT_LOST = "REPORT_LOST"
    REVOKE = "REVOKE"
    EXPIRE = "EXPIRE"
    REPLACE = "REPLACE"
    VOID = "VOID"


class Actors(StrEnum):
    """Who may act: by binding, beside the scope.

    ANYONE: the entity's own clients and unbound ones. OWNER: the entity's own clients only.
    UNBOUND: approvers and regulators. CLOCK: no client, only the passing of time.
    """

    ANYONE = "ANYONE"
    OWNER = "OWNER"
    UNBOUND = "UNBOUND"
    CLOCK = "CLOCK"


class SecondPerson(StrEnum):
    """How a second person comes in: not at all, never the applicant, or propose and confirm."""

    NO = "NO"
    NOT_APPLICANT = "NOT_APPLICANT"
    CONFIRMS = "CONFIRMS"


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    sources: states it starts from, empty for APPLY. may_be_past: the caller (for EXPIRE the
    clock) may date it back. lifts_suspension: barred to the owner after a regulator's suspension.
    """

    action: SealAction
    sources: frozenset[SealStatus]
    target: SealStatus
    fact_type: str
    scope: Scope | None
    actors: Actors
    second_person: SecondPerson = SecondPerson.NO
    reason_required: bool = True
    may_be_past: bool = False
    lifts_suspension: bool = False


_IN_USE = frozenset({SealStatus.ACTIVE, SealStatus.SUSPENDED})

# Source: CONTRACT section 2; reasons: rule R12. A regulator may not report a loss: dated back, it
# would undo old signatures by one person's word, which is what VOID needs two persons for.
TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        action=SealAction.APPLY,
        sources=frozenset(),
        target=SealStatus.APPLIED,
        fact_type="seal.applied",
        scope=Scope.SEAL_APPLY,
        actors=Actors.ANYONE,
        reason_required=False,
    ),
    Transition(
        action=SealAction.APPROVE,
        sources=frozenset({SealStatus.APPLIED}),
        target=SealStatus.APPROVED,
        fact_type="seal.approved",
        scope=Scope.SEAL_APPROVE,
        actors=Actors.UNBOUND,
        second_person=SecondPerson.NOT_APPLICANT,
        reason_required=False,
    ),
    Transition(
        action=SealAction.REJECT,
        sources=frozenset({SealStatus.APPLIED}),
        target=SealStatus.REJECTED,
        fact_type="seal.rejected",
        scope=Scope.SEAL_APPROVE,
        actors=Actors.UNBOUND,
    ),
    Transition(
        action=SealAction.ISSUE,
        sources=frozenset({SealStatus.APPROVED}),
        target=SealStatus.ACTIVE,
        fact_type="seal.activated",
        scope=Scope.SEAL_APPROVE,
        actors=Actors.UNBOUND,
        reason_required=False,
    ),
    Transition(  # new certificates and a new SESeal for the same keys
        action=SealAction.REISSUE,
        sources=frozenset({SealStatus.ACTIVE}),
        target=SealStatus.ACTIVE,
        fact_type="seal.reissued",
        scope=Scope.SEAL_APPROVE,
        actors=Actors.UNBOUND,
        reason_required=False,
    ),
    Transition(
        action=SealAction.SUSPEND,
        sources=frozenset({SealStatus.ACTIVE}),
        target=SealStatus.SUSPENDED,
        fact_type="seal.suspended",
        scope=Scope.SEAL_MANAGE,
        actors=Actors.ANYONE,
    ),
    Transition(
        action=SealAction.RESUME,
        sources=frozenset({SealStatus.SUSPENDED}),
        target=SealStatus.ACTIVE,
        fact_type="seal.resumed",
        scope=Scope.SEAL_MANAGE,
        actors=Actors.ANYONE,
        lifts_suspension=True,
    ),
    Transition(
        action=SealAction.REPORT_LOST,
        sources=_IN_USE,
        target=SealStatus.LOST,
        fact_type="seal.lost",
        scope=Scope.SEAL_MANAGE,
        actors=Actors.OWNER,
        may_be_past=True,
    ),
    Transition(
        action=SealAction.REVOKE,
        sources=_IN_USE | {SealStatus.LOST},
        target=SealStatus.REVOKED,
        fact_type="seal.revoked",
        scope=Scope.SEAL_MANAGE,
        actors=Actors.ANYONE,
    ),
    Transition(
        action=SealAction.EXPIRE,
        sources=_IN_USE,
        target=SealStatus.EXPIRED,
        fact_type="seal.expired",
        scope=None,
        actors=Actors.CLOCK,
        reason_required=False,
        may_be_past=True,
    ),
    Transition(
        action=SealAction.REPLACE,
        sources=_IN_USE,
        target=SealStatus.REPLACED,
        fact_type="seal.replaced",
        scope=Scope.SEAL_MANAGE,
        actors=Actors.OWNER,
        lifts_suspension=True,
    ),
    Transition(
        action=SealAction.VOID,
        sources=frozenset(SealStatus) - {SealStatus.VOID},
        target=SealStatus.VOID,
        fact_type="seal.voided",
        scope=Scope.SEAL_MANAGE,
        actors=Actors.UNBOUND,
        second_person=SecondPerson.CONFIRMS,
        may_be_past=True,
    ),
)
_BY_ACTION = {row.action: row for row in TRANSITIONS}


class IllegalTransition(Conflict):
    """The seal's state does not permit the action; `status` and `action` name both."""

    code = "SEAL_ILLEGAL_TRANSITION"


class DualControlRequired(NotAllowed):
    """The client that applied or proposed also wants to decide; another one must."""

    code = "DUAL_CONTROL_REQUIRED"


class SuspendedByRegulator(NotAllowed):
    """The owner wants to undo a suspension that a regulator imposed."""

    code = "SUSPENDED_BY_REGULATOR"


class ActionIsAutomatic(NotAllowed):
    """A client asked for a change that only the passing of time makes."""

    code = "SEAL_ACTION_AUTOMATIC"


class ReasonRequired(BadInput):
    """The action needs a reason and none was given, or it is too long."""

    code = "REASON_REQUIRED"


class EffectiveFromInvalid(BadInput):
    """A change is dated into the future, before the seal, or dated back though it may not be."""

    code = "EFFECTIVE_FROM_INVALID"


REASON_LIMIT = 500


@dataclass(frozen=True)
class SealParties:
    """The persons around a seal, as far as rights depend on them.

    proposer_client_id: who proposed to void it, None where nobody has.
    """

    owner_uscc: str
    applicant_client_id: str
    proposer_client_id: str | None = None
    suspended_by_regulator: bool = False


def transition(action: SealAction) -> Transition:
    """The row of the table for an action."""
    return _BY_ACTION[action]


def next_state(status: SealStatus, action: SealAction) -> SealStatus:
    """The state after the action.

    Raises: IllegalTransition.
    """
    row = transition(action)
    if status not in row.sources:
        raise IllegalTransition(status=str(status), action=str(action))
    return row.target


def may(
    principal: Principal,
    action: SealAction,
    parties: SealParties,
    *,
    never_by_applicant: frozenset[SealAction] = frozenset(),
) -> None:
    """Let pass who has the right to do this to the seal.

    never_by_applicant: configured actions that, like approval, need another client than the
    applicant. Proposing to void passes, confirming one's own proposal does not.
    Raises: ActionIsAutomatic, ScopeMissing, NotYourEntity, UnboundRequired, DualControlRequired,
    SuspendedByRegulator.
    """
    row = transition(action)
    if row.scope is None:
        raise ActionIsAutomatic(action=str(action))
    require(principal, row.scope)
    _require_actor(principal, row.actors, parties.owner_uscc)
    not_applicant = row.second_person is SecondPerson.NOT_APPLICANT or action in never_by_applicant
    if not_applicant and principal.client_id == parties.applicant_client_id:
        raise DualControlRequired(action=str(action))
    if (
        row.second_person is SecondPerson.CONFIRMS
        and principal.client_id == parties.proposer_client_id
    ):
        raise DualControlRequired(action=str(action))
    if row.lifts_suspension and parties.suspended_by_regulator and not is_regulator(principal):
        raise SuspendedByRegulator(action=str(action))


def is_regulator(principal: Principal) -> bool:
    """Whether the client may manage any seal: unbound, with `seal.manage`.

    The service keeps the answer on the row when it suspends a seal.
    """
    return principal.entity_uscc is None and Scope.SEAL_MANAGE in principal.scopes


def require_reason(action: SealAction, reason: str | None) -> str | None:
    """The reason without outer blanks, None where none is given and none is needed.

    Raises: ReasonRequired.
    """
    text = (reason or "").strip()
    if len(text) > REASON_LIMIT or (not text and transition(action).reason_required):
        raise ReasonRequired(action=str(action), limit=REASON_LIMIT)
    return text or None


def resolve_effective_from(
    action: SealAction, requested: datetime | None, now: datetime, not_before: datetime
) -> datetime:
    """From when the action counts.

    not_before: the seal's application for VOID, its activation otherwise. Without a request VOID
    counts from not_before ("the beginning"), everything else from now. All times aware.
    Raises: EffectiveFromInvalid.
    """
    if requested is None:
        return not_before if action is SealAction.VOID else now
    if requested.tzinfo is None:
        raise EffectiveFromInvalid(action=str(action), reason="NO_TIME_ZONE")
    if requested != now and not transition(action).may_be_past:
        raise EffectiveFromInvalid(action=str(action), reason="NOT_DATABLE")
    if requested > now:
        raise EffectiveFromInvalid(action=str(action), reason="FUTURE")
    if requested < not_before:
        raise EffectiveFromInvalid(action=str(action), reason="BEFORE_SEAL")
    return requested


@dataclass(frozen=True)
class VoidProposal:
    """One regulator's proposal to void a seal, waiting for another's confirmation.

    The confirmation carries out the proposal as it stands, its date and reason included.
    """

    seal_id: str
    proposer_client_id: str
    proposed_at: datetime
    effective_from: datetime
    reason: str


class VoidStep(StrEnum):
    """What a regulator's call to void amounts to."""

    PROPOSE = "propose"
    CONFIRM = "confirm"


def decide_void(proposal: VoidProposal | None, principal: Principal) -> VoidStep:
    """Whether this client proposes to void the seal or confirms another's proposal.

    Raises: ScopeMissing, UnboundRequired, DualControlRequired.
    """
    require(principal, Scope.SEAL_MANAGE)
    require_unbound(principal)
    if proposal is None:
        return VoidStep.PROPOSE
    if proposal.proposer_client_id == principal.client_id:
        raise DualControlRequired(action=str(SealAction.VOID))
    return VoidStep.CONFIRM


def as_rows() -> list[tuple[str, str, str, str]]:
    """The table flat, for a drawing: (from, action, to, fact type); from is `-` for APPLY."""
    return [
        (source, str(row.action), str(row.target), row.fact_type)
        for row in TRANSITIONS
        for source in (sorted(map(str, row.sources)) or ["-"])
    ]


def _require_actor(principal: Principal, actors: Actors, owner_uscc: str) -> None:
    if actors is Actors.UNBOUND:
        require_unbound(principal)
    elif actors is Actors.OWNER:
        require_bound_to(principal, owner_uscc)
    else:
        require_entity(principal, owner_uscc)
