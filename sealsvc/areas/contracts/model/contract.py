"""A contract as a value, and every decision about it that needs no database."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sealsvc.areas.contracts.model.lifecycle import (
    SEALING,
    Actor,
    ContractAction,
    ContractIllegalTransition,
    ContractStatus,
    next_state,
    transition,
)
from sealsvc.errors import BadInput, Conflict, NotAllowed, NotFound
from sealsvc.values import JsonObject, Placement, Principal, Scope

REASON_LIMIT = 500


class ContractNotFound(NotFound):
    """No contract has this id, or the caller may not know of it."""

    code = "CONTRACT_NOT_FOUND"


class ContractActorRefused(NotAllowed):
    """The caller's part in the contract does not carry this action; `action` names it."""

    code = "CONTRACT_ACTOR_REFUSED"


class ContractDeadlinePassed(Conflict):
    """The contract's deadline for sealing is over."""

    code = "CONTRACT_DEADLINE_PASSED"


class ContractAlreadySealed(Conflict):
    """The party has sealed this contract already."""

    code = "CONTRACT_ALREADY_SEALED"


class ContractNotYourTurn(Conflict):
    """Sealing goes in turn and another party comes first; `next` is its credit code."""

    code = "CONTRACT_NOT_YOUR_TURN"


class ContractSealingInProgress(Conflict):
    """A party is sealing just now; `until` is when its slot comes free at the latest."""

    code = "CONTRACT_SEALING_IN_PROGRESS"


class ContractConsentPending(Conflict):
    """The caller has proposed this itself; another signer must agree."""

    code = "CONTRACT_CONSENT_PENDING"


class ContractReasonRequired(BadInput):
    """The action needs a reason and none was given, or it is too long."""

    code = "CONTRACT_REASON_REQUIRED"


class ContractChanged(Conflict):
    """The contract has changed since the caller read it; `version` is the present one."""

    code = "CONTRACT_CHANGED"


class ContractBaseChanged(Conflict):
    """The contract that this one is to replace is in a state that cannot be replaced."""

    code = "CONTRACT_BASE_CHANGED"


class ContractSlotLost(Conflict):
    """Sealing took longer than its slot; the sealed file was not taken into the contract."""

    code = "CONTRACT_SLOT_LOST"


class PartyRole(StrEnum):
    """A party's part in the contract. COPY: reads along, does not seal."""

    SELLER = "SELLER"
    BUYER = "BUYER"
    GUARANTOR = "GUARANTOR"
    LESSOR = "LESSOR"
    LESSEE = "LESSEE"
    PRINCIPAL = "PRINCIPAL"
    AGENT = "AGENT"
    WITNESS = "WITNESS"
    OTHER = "OTHER"
    COPY = "COPY"


class SealingOrder(StrEnum):
    """PARALLEL: whoever comes, one after the other. IN_TURN: in the order of the parties."""

    PARALLEL = "PARALLEL"
    IN_TURN = "IN_TURN"


class SuccessionKind(StrEnum):
    """How a contract replaces another."""

    AMENDMENT = "AMENDMENT"
    RENEWAL = "RENEWAL"


@dataclass(frozen=True)
class Party:
    """One party. place, keyword: where its seal goes unless it says otherwise."""

    uscc: str
    role: PartyRole
    name: str = ""
    place: Placement | None = None
    keyword: str | None = None

    @property
    def signs(self) -> bool:
        """Whether the contract waits for this party's seal."""
        return self.role is not PartyRole.COPY


@dataclass(frozen=True)
class SealingStep:
    """One party's seal on the contract: the evidence as it was at that moment.

    Digests: SHA-256 of the whole file before and after, hex. statement: what the client says its
    user agreed to. seal_status: as the registry had it when the seal was used.
    """

    step: int
    uscc: str
    name: str
    client_id: str
    client_name: str
    seal_id: str
    seal_name: str
    seal_type: str
    seal_status: str
    cert_serial: str
    sealing_id: str
    digest_before: str
    digest_after: str
    signature_sha256: str
    intended_at: datetime
    sealed_at: datetime
    intent_fact_id: str
    fact_id: str
    sealing_fact_id: str
    statement: str | None = None
    statement_version: str | None = None


@dataclass(frozen=True)
class Pending:
    """A change that one signer proposed and another has to agree to."""

    action: ContractAction
    by_uscc: str
    reason: str | None


@dataclass(frozen=True)
class ContractView:
    """One contract. shared: other parties than the initiator may see it.

    original_sha256: of the text before any seal; current_sha256: of the newest file. version grows
    with each change. supersedes: the contract that this one replaces once concluded.
    """

    contract_id: str
    title: str
    number: str
    status: ContractStatus
    status_since: datetime
    version: int
    initiator_uscc: str
    order: SealingOrder
    deadline: datetime
    media_type: str
    original_sha256: str
    current_sha256: str
    created_at: datetime
    parties: tuple[Party, ...]
    steps: tuple[SealingStep, ...] = ()
    shared: bool = False
    template_id: str | None = None
    template_version: int | None = None
    clause_data: JsonObject | None = field(default=None)
    supersedes: str | None = None
    succession: SuccessionKind | None = None
    superseded_by: str | None = None
    concluded_at: datetime | None = None
    pending: Pending | None = None

    @property
    def signers(self) -> tuple[str, ...]:
        """Credit codes of those who seal, in order."""
        return tuple(party.uscc for party in self.parties if party.signs)

    @property
    def sealed_by(self) -> tuple[str, ...]:
        """Credit codes of those who have sealed, in the order in which they did."""
        return tuple(step.uscc for step in self.steps)

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """Credit codes of signers that have not sealed, in order."""
        return tuple(uscc for uscc in self.signers if uscc not in self.sealed_by)

    def party(self, uscc: str) -> Party | None:
        """The party with this credit code."""
        return next((one for one in self.parties if one.uscc == uscc), None)


@dataclass(frozen=True)
class Slot:
    """Who is sealing just now. token: random; a lease that has run out frees the slot."""

    contract_id: str
    uscc: str
    token: str
    document_sha256: str
    claimed_at: datetime
    leased_until: datetime
    intent_fact_id: str


def is_auditor(viewer: Principal) -> bool:
    """An unbound client with `audit.read`."""
    return viewer.entity_uscc is None and Scope.AUDIT_READ in viewer.scopes


def may_see(contract: ContractView, viewer: Principal) -> None:
    """Let pass the initiator, auditors, and once it is shared all parties.

    Raises: ContractNotFound, so that an id tells strangers nothing.
    """
    if is_auditor(viewer) or viewer.entity_uscc == contract.initiator_uscc:
        return
    if viewer.entity_uscc is None or not contract.shared:
        raise ContractNotFound()
    if contract.party(viewer.entity_uscc) is None:
        raise ContractNotFound()


def require_free(slot: Slot | None, now: datetime) -> None:
    """Let pass while nobody is sealing. Raises: ContractSealingInProgress."""
    if slot is not None and now < slot.leased_until:
        raise ContractSealingInProgress(until=slot.leased_until.isoformat())


def require_action(
    contract: ContractView, action: ContractAction, uscc: str | None, now: datetime
) -> None:
    """Let pass the actor of the table in a state of the table, within the deadline.

    uscc: whom the client acts for; None: the clock, or a successor.
    Raises: ContractActorRefused, ContractIllegalTransition, ContractDeadlinePassed,
    ContractAlreadySealed.
    """
    row = transition(action)
    if not _fits(contract, row.actor, uscc):
        raise ContractActorRefused(action=str(action))
    if uscc in contract.sealed_by and action in (ContractAction.SEAL, ContractAction.REJECT):
        raise ContractAlreadySealed()
    next_state(contract.status, action)
    if row.within_deadline and now >= contract.deadline:
        raise ContractDeadlinePassed(deadline=contract.deadline.isoformat())


def require_turn(contract: ContractView, uscc: str, now: datetime) -> None:
    """Let pass the party whose seal may come next.

    Raises: ContractNotYourTurn, and as `require_action`.
    """
    require_action(contract, ContractAction.SEAL, uscc, now)
    first = contract.waiting_for[0]
    if contract.order is SealingOrder.IN_TURN and first != uscc:
        raise ContractNotYourTurn(next=first)


def moved(contract: ContractView, action: ContractAction, now: datetime) -> ContractView:
    """The contract after the action, whoever made it. Raises: ContractIllegalTransition."""
    shared = contract.shared or action in (ContractAction.NEGOTIATE, ContractAction.OPEN)
    target = next_state(contract.status, action)
    return replace(
        contract,
        status=target,
        status_since=now,
        version=contract.version + 1,
        shared=shared,
        pending=None,
        concluded_at=now if action is ContractAction.CONCLUDE else contract.concluded_at,
    )


def proposed_or_moved(
    contract: ContractView, action: ContractAction, uscc: str, reason: str | None, now: datetime
) -> ContractView:
    """After a signer's word: moved, or the proposal noted for another signer to agree.

    Raises: ContractConsentPending, and as `require_action`.
    """
    require_action(contract, action, uscc, now)
    if not transition(action).by_consent:
        return moved(contract, action, now)
    pending = contract.pending
    if pending is None or pending.action is not action:
        return replace(
            contract, pending=Pending(action, uscc, reason), version=contract.version + 1
        )
    if pending.by_uscc == uscc:
        raise ContractConsentPending(action=str(action))
    return moved(contract, action, now)


def sealed(contract: ContractView, step: SealingStep) -> ContractView:
    """The contract with one more seal, SIGNING; whether it is concluded is `is_complete`.

    Raises: ContractIllegalTransition.
    """
    after = moved(contract, ContractAction.SEAL, step.sealed_at)
    return replace(after, steps=(*contract.steps, step), current_sha256=step.digest_after)


def is_complete(contract: ContractView) -> bool:
    """Whether every signer has sealed."""
    return contract.status is ContractStatus.SIGNING and not contract.waiting_for


def succession_action(kind: SuccessionKind | None) -> ContractAction:
    """What the conclusion of a successor does to the contract before it."""
    return ContractAction.RENEW if kind is SuccessionKind.RENEWAL else ContractAction.AMEND


def require_replaceable(base: ContractView, kind: SuccessionKind | None) -> None:
    """Let pass a contract that can still be replaced so. Raises: ContractBaseChanged."""
    try:
        next_state(base.status, succession_action(kind))
    except ContractIllegalTransition as error:
        raise ContractBaseChanged(status=str(base.status)) from error


def require_slot(contract: ContractView, slot: Slot | None, token: str) -> None:
    """Let pass who still holds the slot for the file that was sealed. Raises: ContractSlotLost."""
    held = slot is not None and slot.token == token
    if not held or contract.status not in SEALING or slot is None:
        raise ContractSlotLost()
    if slot.document_sha256 != contract.current_sha256:
        raise ContractSlotLost()


def require_reason(action: ContractAction, reason: str | None) -> str | None:
    """The reason without outer blanks. Raises: ContractReasonRequired."""
    text = (reason or "").strip()
    if len(text) > REASON_LIMIT or (not text and transition(action).reason_required):
        raise ContractReasonRequired(action=str(action), limit=REASON_LIMIT)
    return text or None


def require_version(contract: ContractView, wanted: int | None) -> None:
    """Let pass a client that saw this version or names none. Raises: ContractChanged."""
    if wanted is not None and contract.version != wanted:
        raise ContractChanged(version=contract.version)


def _fits(contract: ContractView, actor: Actor, uscc: str | None) -> bool:
    if actor in (Actor.CLOCK, Actor.SUCCESSOR):
        return uscc is None
    if actor is Actor.INITIATOR:
        return uscc == contract.initiator_uscc
    signer = uscc in contract.signers
    return signer and (actor is Actor.SIGNER or uscc != contract.initiator_uscc)
