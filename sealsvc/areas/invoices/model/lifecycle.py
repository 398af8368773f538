"""The lives of an invoice on file, of a claim and of a red-letter form: three tables, drawn.

Source: china-domain.md sections 4.5 and 4.7; rules R09 and R10.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from sealsvc.errors import Conflict
from sealsvc.values import Action, State, Transition, Transitions

RED_LETTER_LIFETIME = timedelta(hours=72)
"""A red-letter form that is not confirmed within it is void: rule R09 [V]."""


class InvoiceIllegalTransition(Conflict):
    """The invoice's state does not permit the action."""

    code = "INVOICE_ILLEGAL_TRANSITION"


class ClaimIllegalTransition(Conflict):
    """The claim's state does not permit the action."""

    code = "CLAIM_ILLEGAL_TRANSITION"


class RedLetterIllegalTransition(Conflict):
    """The red-letter form's state does not permit the action."""

    code = "RED_LETTER_ILLEGAL_TRANSITION"


class InvoiceState(StrEnum):
    """States of an invoice on one entity's file.

    RECEIVED: read, not yet proven by anyone. VERIFIED: proven by its seller's registered seal, or
    by a query at the tax bureau that the entity put on record. REFUSED: the file was changed or
    carries a bad seal, or the tax bureau calls the invoice void or reversed.
    """

    RECEIVED = "RECEIVED"
    VERIFIED = "VERIFIED"
    REFUSED = "REFUSED"
    BOOKED = "BOOKED"


class InvoiceAction(StrEnum):
    """What can be done to an invoice; TAKE_… bring it on file, by what its verification found."""

    TAKE_UNPROVEN = "TAKE_UNPROVEN"
    TAKE_PROVEN = "TAKE_PROVEN"
    TAKE_BAD = "TAKE_BAD"
    CONFIRM = "CONFIRM"
    DOUBT = "DOUBT"
    REFUSE = "REFUSE"
    BOOK = "BOOK"


class ClaimState(StrEnum):
    """States of a claim."""

    HELD = "HELD"
    RELEASED = "RELEASED"


class ClaimAction(StrEnum):
    """What can be done to a claim; CLAIM brings it into being."""

    CLAIM = "CLAIM"
    RELEASE = "RELEASE"


class RedLetterState(StrEnum):
    """States of a red-letter form (红字信息确认单). LAPSED: not confirmed within 72 hours."""

    AWAITING_BUYER = "AWAITING_BUYER"
    AWAITING_SELLER = "AWAITING_SELLER"
    CONFIRMED = "CONFIRMED"
    REFUSED_BY_BUYER = "REFUSED_BY_BUYER"
    REFUSED_BY_SELLER = "REFUSED_BY_SELLER"
    LAPSED = "LAPSED"
    WITHDRAWN = "WITHDRAWN"
    WITHDRAWN_AFTER_CONFIRMATION = "WITHDRAWN_AFTER_CONFIRMATION"


class RedLetterAction(StrEnum):
    """What can be done to a red-letter form; ENTER_… bring it into being."""

    ENTER_BY_SELLER = "ENTER_BY_SELLER"
    ENTER_BY_BUYER = "ENTER_BY_BUYER"
    CONFIRM = "CONFIRM"
    REFUSE = "REFUSE"
    LAPSE = "LAPSE"
    WITHDRAW = "WITHDRAW"


class Side(StrEnum):
    """On which side of an invoice an entity stands. HOLDER: it has the file and is not named."""

    SELLER = "SELLER"
    BUYER = "BUYER"
    HOLDER = "HOLDER"


_I, _IA = InvoiceState, InvoiceAction
INVOICE_TRANSITIONS: Transitions[InvoiceState, InvoiceAction] = Transitions(
    (
        Transition(_IA.TAKE_UNPROVEN, None, _I.RECEIVED, "invoice.taken"),
        Transition(_IA.TAKE_PROVEN, None, _I.VERIFIED, "invoice.taken"),
        Transition(_IA.TAKE_BAD, None, _I.REFUSED, "invoice.taken"),
        Transition(_IA.CONFIRM, _I.RECEIVED, _I.VERIFIED, "invoice.confirmed"),
        Transition(_IA.CONFIRM, _I.VERIFIED, _I.VERIFIED, "invoice.confirmed"),
        Transition(_IA.CONFIRM, _I.BOOKED, _I.BOOKED, "invoice.confirmed"),
        Transition(_IA.DOUBT, _I.RECEIVED, _I.RECEIVED, "invoice.doubted"),
        Transition(_IA.DOUBT, _I.VERIFIED, _I.RECEIVED, "invoice.doubted"),
        Transition(_IA.DOUBT, _I.BOOKED, _I.BOOKED, "invoice.doubted"),
        Transition(_IA.REFUSE, _I.RECEIVED, _I.REFUSED, "invoice.refused"),
        Transition(_IA.REFUSE, _I.VERIFIED, _I.REFUSED, "invoice.refused"),
        # A booked voucher is corrected in the books; that the invoice turned bad is an alert on it.
        Transition(_IA.REFUSE, _I.BOOKED, _I.BOOKED, "invoice.refused"),
        Transition(_IA.BOOK, _I.VERIFIED, _I.BOOKED, "invoice.booked"),
    )
)

_C, _CA = ClaimState, ClaimAction
CLAIM_TRANSITIONS: Transitions[ClaimState, ClaimAction] = Transitions(
    (
        Transition(_CA.CLAIM, None, _C.HELD, "invoice.claimed"),
        Transition(_CA.RELEASE, _C.HELD, _C.RELEASED, "invoice.released"),
    )
)

_R, _RA = RedLetterState, RedLetterAction
RED_LETTER_TRANSITIONS: Transitions[RedLetterState, RedLetterAction] = Transitions(
    (
        Transition(_RA.ENTER_BY_SELLER, None, _R.AWAITING_BUYER, "redletter.entered"),
        Transition(_RA.ENTER_BY_BUYER, None, _R.AWAITING_SELLER, "redletter.entered"),
        Transition(_RA.CONFIRM, _R.AWAITING_BUYER, _R.CONFIRMED, "redletter.confirmed"),
        Transition(_RA.CONFIRM, _R.AWAITING_SELLER, _R.CONFIRMED, "redletter.confirmed"),
        Transition(_RA.REFUSE, _R.AWAITING_BUYER, _R.REFUSED_BY_BUYER, "redletter.refused"),
        Transition(_RA.REFUSE, _R.AWAITING_SELLER, _R.REFUSED_BY_SELLER, "redletter.refused"),
        Transition(_RA.LAPSE, _R.AWAITING_BUYER, _R.LAPSED, "redletter.lapsed"),
        Transition(_RA.LAPSE, _R.AWAITING_SELLER, _R.LAPSED, "redletter.lapsed"),
        Transition(_RA.WITHDRAW, _R.AWAITING_BUYER, _R.WITHDRAWN, "redletter.withdrawn"),
        Transition(_RA.WITHDRAW, _R.AWAITING_SELLER, _R.WITHDRAWN, "redletter.withdrawn"),
        Transition(
            _RA.WITHDRAW, _R.CONFIRMED, _R.WITHDRAWN_AFTER_CONFIRMATION, "redletter.withdrawn"
        ),
    )
)

AWAITING = frozenset({_R.AWAITING_BUYER, _R.AWAITING_SELLER})
COUNTED = AWAITING | {_R.CONFIRMED}
"""States whose amount is taken from what is left of the blue invoice."""

PROVEN = frozenset({_I.VERIFIED, _I.BOOKED})
"""States in which an invoice may be claimed or reversed."""

# How the tax bureau's systems number the states; six integrations agree [V S44b]. 01 (no
# confirmation needed) is not offered: when it applies is only remembered [R].
NATIONAL_CODES = MappingProxyType(
    {
        _R.AWAITING_BUYER: "02",
        _R.AWAITING_SELLER: "03",
        _R.CONFIRMED: "04",
        _R.REFUSED_BY_BUYER: "05",
        _R.REFUSED_BY_SELLER: "06",
        _R.LAPSED: "07",
        _R.WITHDRAWN: "08",
        _R.WITHDRAWN_AFTER_CONFIRMATION: "09",
    }
)


def invoice_step(
    state: InvoiceState | None, action: InvoiceAction
) -> Transition[InvoiceState, InvoiceAction]:
    """The row for an action on an invoice. Raises: InvoiceIllegalTransition."""
    found = INVOICE_TRANSITIONS.find(state, action)
    if found is None:
        raise InvoiceIllegalTransition(state=None if state is None else str(state))
    return found


def claim_step(
    state: ClaimState | None, action: ClaimAction
) -> Transition[ClaimState, ClaimAction]:
    """The row for an action on a claim. Raises: ClaimIllegalTransition."""
    found = CLAIM_TRANSITIONS.find(state, action)
    if found is None:
        raise ClaimIllegalTransition(state=None if state is None else str(state))
    return found


def red_letter_step(
    state: RedLetterState | None, action: RedLetterAction
) -> Transition[RedLetterState, RedLetterAction]:
    """The row for an action on a red-letter form. Raises: RedLetterIllegalTransition."""
    found = RED_LETTER_TRANSITIONS.find(state, action)
    if found is None:
        raise RedLetterIllegalTransition(state=None if state is None else str(state))
    return found


def red_letter_state_at(
    state: RedLetterState, entered_at: datetime, at: datetime
) -> RedLetterState:
    """The state as time alone makes it: a form still waiting after 72 hours has lapsed."""
    if state in AWAITING and at >= entered_at + RED_LETTER_LIFETIME:
        return RedLetterState.LAPSED
    return state


def mermaid(table: tuple[Transition[State, Action], ...]) -> str:
    """A table as a mermaid state diagram; docs/invoices.md shows it."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {row.source or '[*]'} --> {row.target}: {row.action}" for row in table]
    left = {row.source for row in table}
    lines += [
        f"    {state} --> [*]"
        for state in dict.fromkeys(row.target for row in table)
        if state not in left
    ]
    return "\n".join(lines)
