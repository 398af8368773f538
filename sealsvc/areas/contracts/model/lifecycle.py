"""The life of a contract: one table of transitions, who may make them, and its drawing."""

from dataclasses import dataclass
from enum import StrEnum

from sealsvc.errors import Conflict


class ContractStatus(StrEnum):
    """States of a contract (china-domain section 7).

    DRAFT: known to its initiator. NEGOTIATING: shown to all parties, may change. READY: the text is
    fixed, nobody has sealed. SIGNING: some have. CONCLUDED: all have.
    """

    DRAFT = "DRAFT"
    NEGOTIATING = "NEGOTIATING"
    READY = "READY"
    SIGNING = "SIGNING"
    CONCLUDED = "CONCLUDED"
    AMENDED = "AMENDED"
    RENEWED = "RENEWED"
    PERFORMED = "PERFORMED"
    TERMINATED = "TERMINATED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    DISPUTED = "DISPUTED"
    ARCHIVED = "ARCHIVED"


class ContractAction(StrEnum):
    """What can be done to a contract; CREATE brings it into being."""

    CREATE = "CREATE"
    NEGOTIATE = "NEGOTIATE"
    REVISE = "REVISE"
    OPEN = "OPEN"
    SEAL = "SEAL"
    CONCLUDE = "CONCLUDE"
    REJECT = "REJECT"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"
    AMEND = "AMEND"
    RENEW = "RENEW"
    PERFORM = "PERFORM"
    TERMINATE = "TERMINATE"
    DISPUTE = "DISPUTE"
    RESOLVE = "RESOLVE"
    ARCHIVE = "ARCHIVE"


class Actor(StrEnum):
    """Who may act. INITIATOR: who made the contract. SIGNER: a party that seals.

    COUNTERPARTY: a signer that has not sealed and is not the initiator. CLOCK: only the passing
    of time. SUCCESSOR: nobody; it follows from the conclusion of a contract that replaces this one.
    """

    INITIATOR = "INITIATOR"
    SIGNER = "SIGNER"
    COUNTERPARTY = "COUNTERPARTY"
    CLOCK = "CLOCK"
    SUCCESSOR = "SUCCESSOR"


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    sources: states it starts from, empty for CREATE. by_consent: one signer proposes, another
    agrees. within_deadline: refused once the deadline has passed.
    """

    action: ContractAction
    sources: frozenset[ContractStatus]
    target: ContractStatus
    fact_type: str
    actor: Actor
    reason_required: bool = False
    by_consent: bool = False
    within_deadline: bool = False


_S, _A = ContractStatus, ContractAction
_UNSIGNED = frozenset({_S.DRAFT, _S.NEGOTIATING})
_SEALING = frozenset({_S.READY, _S.SIGNING})
_OPEN = _UNSIGNED | _SEALING
_ENDED = frozenset(
    {
        _S.AMENDED,
        _S.RENEWED,
        _S.PERFORMED,
        _S.TERMINATED,
        _S.REJECTED,
        _S.WITHDRAWN,
        _S.EXPIRED,
    }
)

# Source: china-domain section 7 (states; GB/T 36320 section 6.2: create, sign, change, renew,
# terminate). What changes a concluded contract for everybody needs a second signer's word.
TRANSITIONS: tuple[Transition, ...] = (
    Transition(_A.CREATE, frozenset(), _S.DRAFT, "contract.created", Actor.INITIATOR),
    Transition(
        _A.NEGOTIATE,
        frozenset({_S.DRAFT}),
        _S.NEGOTIATING,
        "contract.negotiated",
        Actor.INITIATOR,
        within_deadline=True,
    ),
    Transition(_A.REVISE, _UNSIGNED, _S.DRAFT, "contract.revised", Actor.INITIATOR),
    Transition(
        _A.OPEN, _UNSIGNED, _S.READY, "contract.opened", Actor.INITIATOR, within_deadline=True
    ),
    Transition(
        _A.SEAL, _SEALING, _S.SIGNING, "contract.sealed", Actor.SIGNER, within_deadline=True
    ),
    Transition(
        _A.CONCLUDE, frozenset({_S.SIGNING}), _S.CONCLUDED, "contract.concluded", Actor.SIGNER
    ),
    Transition(
        _A.REJECT,
        _SEALING | {_S.NEGOTIATING},
        _S.REJECTED,
        "contract.rejected",
        Actor.COUNTERPARTY,
        reason_required=True,
    ),
    Transition(
        _A.WITHDRAW,
        _OPEN,
        _S.WITHDRAWN,
        "contract.withdrawn",
        Actor.INITIATOR,
        reason_required=True,
    ),
    Transition(_A.EXPIRE, _OPEN, _S.EXPIRED, "contract.expired", Actor.CLOCK),
    Transition(
        _A.AMEND, frozenset({_S.CONCLUDED}), _S.AMENDED, "contract.amended", Actor.SUCCESSOR
    ),
    Transition(
        _A.RENEW,
        frozenset({_S.CONCLUDED, _S.PERFORMED}),
        _S.RENEWED,
        "contract.renewed",
        Actor.SUCCESSOR,
    ),
    Transition(
        _A.PERFORM,
        frozenset({_S.CONCLUDED}),
        _S.PERFORMED,
        "contract.performed",
        Actor.SIGNER,
        by_consent=True,
    ),
    Transition(
        _A.TERMINATE,
        frozenset({_S.CONCLUDED, _S.DISPUTED}),
        _S.TERMINATED,
        "contract.terminated",
        Actor.SIGNER,
        reason_required=True,
        by_consent=True,
    ),
    Transition(
        _A.DISPUTE,
        frozenset({_S.CONCLUDED, _S.PERFORMED}),
        _S.DISPUTED,
        "contract.disputed",
        Actor.SIGNER,
        reason_required=True,
    ),
    Transition(
        _A.RESOLVE,
        frozenset({_S.DISPUTED}),
        _S.CONCLUDED,
        "contract.resolved",
        Actor.SIGNER,
        by_consent=True,
    ),
    Transition(_A.ARCHIVE, _ENDED, _S.ARCHIVED, "contract.archived", Actor.INITIATOR),
)
_BY_ACTION = {row.action: row for row in TRANSITIONS}

# Verbs of their own make the others: a text, a seal, the clock or another contract belongs to them.
PLAIN_ACTIONS: tuple[ContractAction, ...] = (
    _A.NEGOTIATE,
    _A.OPEN,
    _A.REJECT,
    _A.WITHDRAW,
    _A.PERFORM,
    _A.TERMINATE,
    _A.DISPUTE,
    _A.RESOLVE,
    _A.ARCHIVE,
)
EXPIRING = frozenset(_OPEN)
SEALING = frozenset(_SEALING)


class ContractIllegalTransition(Conflict):
    """The contract's state does not permit the action; `status` and `action` name both."""

    code = "CONTRACT_ILLEGAL_TRANSITION"


def transition(action: ContractAction) -> Transition:
    """The row of the table for an action."""
    return _BY_ACTION[action]


def next_state(status: ContractStatus, action: ContractAction) -> ContractStatus:
    """The state after the action. Raises: ContractIllegalTransition."""
    row = transition(action)
    if status not in row.sources:
        raise ContractIllegalTransition(status=str(status), action=str(action))
    return row.target


def as_rows() -> list[tuple[str, str, str, str, str]]:
    """The table flat: (from, action, to, actor, fact type); from is `[*]` for CREATE."""
    return [
        (source, str(row.action), str(row.target), str(row.actor), row.fact_type)
        for row in TRANSITIONS
        for source in (sorted(map(str, row.sources)) or ["[*]"])
    ]


def as_mermaid() -> str:
    """The table as a mermaid state diagram, for docs/contracts.md; ends with a line break."""
    lines = ["stateDiagram-v2"]
    lines += [
        f"    {source} --> {target}: {action} ({actor})"
        for source, action, target, actor, _ in as_rows()
    ]
    lines.append(f"    {ContractStatus.ARCHIVED} --> [*]")
    return "\n".join(lines) + "\n"
