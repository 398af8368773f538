"""Red-letter forms (红字信息确认单): amounts, sides and the rule of 72 hours.

Source: china-domain.md section 4.5, rule R09.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sealsvc.areas.invoices.model.errors import (
    InvoiceNotBlue,
    RedLetterAmountInvalid,
    RedLetterExceedsRemaining,
    RedLetterLapsed,
    RedLetterNotCounterparty,
    RedLetterNotFound,
    RedLetterPartiesUnknown,
)
from sealsvc.areas.invoices.model.lifecycle import (
    AWAITING,
    COUNTED,
    RED_LETTER_LIFETIME,
    RedLetterAction,
    RedLetterState,
    Side,
    red_letter_state_at,
)
from sealsvc.areas.invoices.model.record import InvoiceView

FORMS_LIMIT = 200
"""Forms against one blue invoice, void ones included."""
_LONGEST = 20
_CENT = Decimal("0.01")


class RedLetterReason(StrEnum):
    """Why an invoice is reversed; the sheet's 01 to 04 [V S44b]."""

    ISSUED_IN_ERROR = "ISSUED_IN_ERROR"
    GOODS_RETURNED = "GOODS_RETURNED"
    SERVICE_STOPPED = "SERVICE_STOPPED"
    PRICE_REDUCTION = "PRICE_REDUCTION"


class RedStatus(StrEnum):
    """How much of an invoice confirmed red letters take back."""

    NONE = "NONE"
    PARTLY = "PARTLY"
    FULLY = "FULLY"


@dataclass(frozen=True)
class RedLetterDraft:
    """What one side files. amount: tax included, as written, above zero."""

    amount: str
    reason: RedLetterReason


@dataclass(frozen=True)
class RedLetterView:
    """A form. amount: two places. ended_at: of the last decision; note: its words.

    `state` is as recorded; `at` gives it as time makes it.
    """

    form_id: str
    invoice_id: str
    identity_mac: str
    number: str
    code: str | None
    seller_uscc: str
    buyer_uscc: str
    entered_by: Side
    amount: str
    reason: RedLetterReason
    state: RedLetterState
    entered_at: datetime
    ended_at: datetime | None
    note: str | None
    by: str
    fact_id: str

    @property
    def lapses_at(self) -> datetime:
        """When it is void unless confirmed before."""
        return self.entered_at + RED_LETTER_LIFETIME

    def at(self, moment: datetime) -> "RedLetterView":
        """The form as it stands then, whether or not housekeeping has recorded a lapse."""
        state = red_letter_state_at(self.state, self.entered_at, moment)
        return self if state is self.state else replace(self, state=state, ended_at=self.lapses_at)


def parse_amount(text: str) -> Decimal:
    """An amount above zero with at most two places. Raises: RedLetterAmountInvalid."""
    whole, _, places = text.partition(".")
    digits = whole + places
    plain = digits.isascii() and digits.isdigit() and whole and len(text) <= _LONGEST
    if not plain or len(places) > 2 or text.endswith("."):
        raise RedLetterAmountInvalid(field="amount", reason="DECIMAL")
    amount = Decimal(text).quantize(_CENT)
    if amount <= 0:
        raise RedLetterAmountInvalid(field="amount", reason="NOT_POSITIVE")
    return amount


def blue_parties(view: InvoiceView) -> tuple[str, str]:
    """Seller and buyer of an invoice that may be reversed.

    Raises: InvoiceNotBlue, RedLetterPartiesUnknown.
    """
    if view.red or view.gross is None:
        raise InvoiceNotBlue()
    seller, buyer = view.seller_uscc, view.buyer_uscc
    if seller is None or buyer is None or seller == buyer:
        raise RedLetterPartiesUnknown()
    return seller, buyer


def remaining(gross: Iterable[str], forms: Iterable[RedLetterView], now: datetime) -> Decimal:
    """What is left of a blue invoice: its total less all forms that wait or are confirmed.

    gross: the totals on all verified files of the invoice, of which the smallest counts.
    """
    taken = sum((Decimal(one.amount) for one in forms if one.at(now).state in COUNTED), Decimal(0))
    return min(Decimal(one) for one in gross) - taken


def require_within(amount: Decimal, left: Decimal) -> None:
    """Raises: RedLetterExceedsRemaining. Source: rule R09."""
    if amount > left:
        raise RedLetterExceedsRemaining(remaining=format(max(left, Decimal(0)), "f"))


def red_status(gross: str | None, forms: Iterable[RedLetterView]) -> RedStatus:
    """How much confirmed forms take back of an invoice's total."""
    confirmed = [one for one in forms if one.state is RedLetterState.CONFIRMED]
    if not confirmed or gross is None:
        return RedStatus.NONE
    taken = sum((Decimal(one.amount) for one in confirmed), Decimal(0))
    return RedStatus.FULLY if taken >= Decimal(gross) else RedStatus.PARTLY


def side_in(form: RedLetterView, entity: str) -> Side:
    """Which side of the form the entity is. Raises: RedLetterNotFound."""
    if entity == form.seller_uscc:
        return Side.SELLER
    if entity == form.buyer_uscc:
        return Side.BUYER
    raise RedLetterNotFound()


def may_act(form: RedLetterView, entity: str, action: RedLetterAction, now: datetime) -> None:
    """Let pass the side whose turn it is, in time.

    Raises: RedLetterNotFound, RedLetterNotCounterparty, RedLetterLapsed.
    """
    own = side_in(form, entity) is form.entered_by
    if own is not (action is RedLetterAction.WITHDRAW):
        raise RedLetterNotCounterparty()
    if form.state in AWAITING and form.at(now).state is RedLetterState.LAPSED:
        raise RedLetterLapsed(lapsed_at=form.lapses_at.isoformat())
