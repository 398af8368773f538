from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sealsvc.areas.invoices.model import lifecycle as life
from sealsvc.areas.invoices.model.errors import (
    RedLetterAmountInvalid,
    RedLetterLapsed,
    RedLetterNotCounterparty,
)
from sealsvc.areas.invoices.model.identity import canonical_identity, identity_mac
from sealsvc.areas.invoices.model.lifecycle import (
    CLAIM_TRANSITIONS,
    INVOICE_TRANSITIONS,
    RED_LETTER_LIFETIME,
    RED_LETTER_TRANSITIONS,
    ClaimAction,
    ClaimState,
    InvoiceAction,
    InvoiceState,
    RedLetterAction,
    RedLetterState,
    Side,
    claim_step,
    invoice_step,
    mermaid,
    red_letter_state_at,
    red_letter_step,
)
from sealsvc.areas.invoices.model.reading import action_on_taking
from sealsvc.areas.invoices.model.red_letters import (
    RedLetterReason,
    RedLetterView,
    may_act,
    parse_amount,
    remaining,
)
from sealsvc.documents.invoices.model import Invoice, InvoiceFamily, Party
from sealsvc.errors import Conflict, ServiceError

DOCS = Path(__file__).parents[4] / "docs" / "invoices.md"
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SELLER, BUYER = "91320000MA0000001W", "91320000MA0000002T"
R, RA = RedLetterState, RedLetterAction
IS, IA = InvoiceState, InvoiceAction

# Written out by hand from the sheet, sections 4.5 and 4.7, not derived from the tables under test.
INVOICES = {
    (None, IA.TAKE_UNPROVEN): IS.RECEIVED,
    (None, IA.TAKE_PROVEN): IS.VERIFIED,
    (None, IA.TAKE_BAD): IS.REFUSED,
    (IS.RECEIVED, IA.CONFIRM): IS.VERIFIED,
    (IS.VERIFIED, IA.CONFIRM): IS.VERIFIED,
    (IS.BOOKED, IA.CONFIRM): IS.BOOKED,
    (IS.RECEIVED, IA.DOUBT): IS.RECEIVED,
    (IS.VERIFIED, IA.DOUBT): IS.RECEIVED,
    (IS.BOOKED, IA.DOUBT): IS.BOOKED,
    (IS.RECEIVED, IA.REFUSE): IS.REFUSED,
    (IS.VERIFIED, IA.REFUSE): IS.REFUSED,
    (IS.BOOKED, IA.REFUSE): IS.BOOKED,
    (IS.VERIFIED, IA.BOOK): IS.BOOKED,
}
CLAIMS = {
    (None, ClaimAction.CLAIM): ClaimState.HELD,
    (ClaimState.HELD, ClaimAction.RELEASE): ClaimState.RELEASED,
}
FORMS = {
    (None, RA.ENTER_BY_SELLER): R.AWAITING_BUYER,
    (None, RA.ENTER_BY_BUYER): R.AWAITING_SELLER,
    (R.AWAITING_BUYER, RA.CONFIRM): R.CONFIRMED,
    (R.AWAITING_SELLER, RA.CONFIRM): R.CONFIRMED,
    (R.AWAITING_BUYER, RA.REFUSE): R.REFUSED_BY_BUYER,
    (R.AWAITING_SELLER, RA.REFUSE): R.REFUSED_BY_SELLER,
    (R.AWAITING_BUYER, RA.LAPSE): R.LAPSED,
    (R.AWAITING_SELLER, RA.LAPSE): R.LAPSED,
    (R.AWAITING_BUYER, RA.WITHDRAW): R.WITHDRAWN,
    (R.AWAITING_SELLER, RA.WITHDRAW): R.WITHDRAWN,
    (R.CONFIRMED, RA.WITHDRAW): R.WITHDRAWN_AFTER_CONFIRMATION,
}
MACHINES: list[tuple[Any, Any, Any, Any]] = [
    (invoice_step, IS, IA, INVOICES),
    (claim_step, ClaimState, ClaimAction, CLAIMS),
    (red_letter_step, R, RA, FORMS),
]


@pytest.mark.parametrize(("step", "states", "actions", "legal"), MACHINES)
def test_the_tables_permit_what_the_sheet_permits(
    step: Any, states: Any, actions: Any, legal: Any
) -> None:
    for state, action in product([None, *states], actions):
        if (state, action) in legal:
            assert step(state, action).target is legal[state, action]
        else:
            with pytest.raises(Conflict):
                step(state, action)


def test_every_state_is_reached_and_has_a_national_code() -> None:
    for table, states in (
        (INVOICE_TRANSITIONS, IS),
        (CLAIM_TRANSITIONS, ClaimState),
        (RED_LETTER_TRANSITIONS, R),
    ):
        assert {row.target for row in table} == set(states)  # type: ignore[attr-defined]
    assert set(life.NATIONAL_CODES) == set(R)


@pytest.mark.parametrize("table", [INVOICE_TRANSITIONS, CLAIM_TRANSITIONS, RED_LETTER_TRANSITIONS])
def test_the_drawings_in_the_documentation_are_current(table: Any) -> None:
    assert f"```mermaid\n{mermaid(table)}\n```" in DOCS.read_text("utf-8")


def form(state: R = R.AWAITING_SELLER, amount: str = "10.00", at: datetime = NOW) -> RedLetterView:
    return RedLetterView(
        form_id="red_1",
        invoice_id="inv_1",
        identity_mac="m",
        number="1",
        code=None,
        seller_uscc=SELLER,
        buyer_uscc=BUYER,
        entered_by=Side.BUYER,
        amount=amount,
        reason=RedLetterReason.GOODS_RETURNED,
        state=state,
        entered_at=at,
        ended_at=None,
        note=None,
        by="cli",
        fact_id="evt",
    )


@given(st.timedeltas(timedelta(0), timedelta(days=9)), st.sampled_from(R))
def test_time_alone_lapses_what_waits(passed: timedelta, state: R) -> None:
    now = red_letter_state_at(state, NOW, NOW + passed)
    waiting = state in (R.AWAITING_BUYER, R.AWAITING_SELLER)
    assert now is (R.LAPSED if waiting and passed >= RED_LETTER_LIFETIME else state)


def test_whose_turn() -> None:
    may_act(form(), SELLER, RA.CONFIRM, NOW)
    may_act(form(), BUYER, RA.WITHDRAW, NOW)
    for who, action in ((BUYER, RA.CONFIRM), (BUYER, RA.REFUSE), (SELLER, RA.WITHDRAW)):
        with pytest.raises(RedLetterNotCounterparty):
            may_act(form(), who, action, NOW)
    with pytest.raises(RedLetterLapsed):
        may_act(form(), SELLER, RA.CONFIRM, NOW + RED_LETTER_LIFETIME)


@given(st.text(max_size=25))
def test_an_amount_is_exact_or_refused(text: str) -> None:
    try:
        amount = parse_amount(text)
    except RedLetterAmountInvalid:
        return
    assert amount > 0
    assert text.isascii()
    assert Decimal(text) == amount


def test_the_smallest_total_of_both_sides_counts() -> None:
    forms = [form(R.CONFIRMED, "30.00"), form(R.LAPSED, "5.00"), form(amount="1.00")]
    assert remaining(["100.00", "90.00"], forms, NOW) == Decimal("59.00")
    assert remaining(["90.00"], forms, NOW + RED_LETTER_LIFETIME) == Decimal("60.00")


KEY = bytes(32)


def invoice(number: str | None, code: str | None = None, **more: Any) -> Invoice:
    return Invoice(InvoiceFamily.CN, number=number, code=code, **more)


def test_identity_is_code_and_number_and_nothing_else() -> None:
    digital = "26321000000000000017"
    one = invoice(digital)
    assert identity_mac(one, KEY) == identity_mac(invoice(digital, seller=Party("x")), KEY)
    # A digital number has no code: one written beside it makes no second invoice.
    assert identity_mac(one, KEY) == identity_mac(invoice(digital, "032002600111"), KEY)
    assert identity_mac(one, KEY) != identity_mac(one, b"other")
    old = invoice("00000017", "032002600111")
    assert identity_mac(old, KEY) != identity_mac(invoice("00000017", "032002600113"), KEY)
    for unknown in (None, "", "1", "0000001７", "00000017", "x" * 20):
        assert canonical_identity(invoice(unknown)) is None


def test_a_foreign_number_is_its_sellers_own() -> None:
    def foreign(seller: str | None, year: int = 2026) -> Invoice:
        day = date(year, 1, 2)
        party = Party(tax_id=seller)
        return Invoice(InvoiceFamily.EN16931, number="R 1", issued_on=day, seller=party)

    assert identity_mac(foreign("DE1"), KEY) == identity_mac(foreign("de1"), KEY)
    assert identity_mac(foreign("DE1"), KEY) != identity_mac(foreign("DE2"), KEY)
    assert identity_mac(foreign("DE1"), KEY) != identity_mac(foreign("DE1", 2025), KEY)
    assert identity_mac(foreign(None), KEY) is None


@pytest.mark.parametrize("summary", [None, "UNSIGNED", "INTACT", "INDETERMINATE", "TRUSTED"])
@pytest.mark.parametrize("semantics", ["PASSED", "NOT_CHECKED"])
def test_only_the_sellers_trusted_seal_proves(summary: str | None, semantics: str) -> None:
    proven = summary == "TRUSTED" and semantics == "PASSED"
    found = action_on_taking(summary, semantics, sound=True, identified=True)
    assert found is (IA.TAKE_PROVEN if proven else IA.TAKE_UNPROVEN)
    for sound, identified in ((False, True), (True, False)):
        weaker = action_on_taking(summary, semantics, sound=sound, identified=identified)
        assert weaker is IA.TAKE_UNPROVEN


@pytest.mark.parametrize("summary", ["MODIFIED", "INVALID"])
def test_a_bad_file_is_refused(summary: str) -> None:
    assert action_on_taking(summary, "PASSED", sound=True, identified=True) is IA.TAKE_BAD


class Lives(RuleBasedStateMachine):
    """An invoice, a claim and a form, pushed about; each moves as the hand-written maps say."""

    @initialize(taken=st.sampled_from(IA), entered=st.sampled_from(RA))
    def begin(self, taken: IA, entered: RA) -> None:
        self.states: list[Any] = [None, None, None]
        self.push(0, taken)
        self.push(2, entered)

    def push(self, at: int, action: Any) -> None:
        step, _, _, legal = MACHINES[at]
        expected = legal.get((self.states[at], action))
        try:
            row = step(self.states[at], action)
        except ServiceError:
            assert expected is None
            return
        assert row.target is expected
        assert row.fact_type.partition(".")[0] in ("invoice", "redletter")
        self.states[at] = row.target

    @rule(action=st.sampled_from(IA))
    def act_on_invoice(self, action: IA) -> None:
        self.push(0, action)

    @rule(action=st.sampled_from(ClaimAction))
    def act_on_claim(self, action: ClaimAction) -> None:
        self.push(1, action)

    @rule(action=st.sampled_from(RA))
    def act_on_form(self, action: RA) -> None:
        self.push(2, action)

    @invariant()
    def ends_are_ends(self) -> None:
        for at, state in enumerate(getattr(self, "states", [])):
            if state in (IS.REFUSED, ClaimState.RELEASED, R.LAPSED, R.WITHDRAWN):
                assert not any(source is state for source, _ in MACHINES[at][3])


TestLives = Lives.TestCase
