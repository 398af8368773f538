"""Invoices on file, claims and red-letter forms through every step of their tables."""

from datetime import date
from pathlib import Path

import pytest

from sealsvc.areas.invoices import service as invoices
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
)
from sealsvc.areas.invoices.model.record import (
    BookingDraft,
    BureauRisk,
    BureauStatus,
    ClaimPurpose,
    Lookup,
)
from sealsvc.areas.invoices.model.red_letters import RedLetterDraft, RedLetterReason
from tests.areas.invoices import world as paper
from tests.areas.lifecycles.stage import Stage
from tests.areas.lifecycles.walking import Driver, Walk, check_any_order, check_each_step
from tests.areas.sealing.story import B, Story, merchant
from tests.areas.transactions.world import World, invoice_pdf

SITE = "inv-veri.chinatax.gov.cn"
ANSWERS = {
    InvoiceAction.CONFIRM: (BureauStatus.NORMAL, BureauRisk.NORMAL),
    InvoiceAction.DOUBT: (BureauStatus.NORMAL, BureauRisk.DOUBTFUL),
    InvoiceAction.REFUSE: (BureauStatus.VOIDED, BureauRisk.NORMAL),
}


class InvoiceLife(Driver):
    """An invoice on the buyer's file, proven by the seller's seal, by nobody, or changed."""

    table = INVOICE_TRANSITIONS
    refusal = "INVOICE_ILLEGAL_TRANSITION"

    @staticmethod
    def prepare(stage: Stage) -> None:
        world = World(Story(stage.deps, stage.clock).open())
        bare = invoice_pdf(stage.clock.now()).data
        sealed = world.invoice()
        changed = sealed.replace(b"/Type /Page", b"/Type /Pagf", 1)
        assert changed != sealed
        for name, data in (
            (InvoiceAction.TAKE_UNPROVEN, bare),
            (InvoiceAction.TAKE_PROVEN, sealed),
            (InvoiceAction.TAKE_BAD, changed),
        ):
            (stage.folder / name).write_bytes(data)

    def do(self, action: InvoiceAction, target: object) -> None:
        deps, who = self.deps, merchant(B)
        self.stage.clock.forward(minutes=1)
        if action in ANSWERS:
            lookup = Lookup(SITE, self.stage.clock.now(), *ANSWERS[action])
            invoices.record_lookup(deps, who, self._invoice, lookup)
        elif action is InvoiceAction.BOOK:
            invoices.book(
                deps, who, self._invoice, BookingDraft("V-1", date(2026, 11, 20), "2026-11")
            )
        else:
            request = invoices.TakeRequest((self.stage.folder / action).read_bytes())
            taken, _ = invoices.take(deps, who, request)
            self.stage.memo["invoice"] = taken.invoice_id

    def state(self) -> InvoiceState:
        """As the file answers it; one that is not proven names no proof."""
        detail = invoices.get(self.deps, merchant(B), self._invoice)
        state = detail.invoice.state
        assert (detail.booking is not None) == (state is InvoiceState.BOOKED)
        proven = state in (InvoiceState.VERIFIED, InvoiceState.BOOKED)
        assert (detail.invoice.proof is not None) == proven
        return state

    def subject(self) -> str:
        found = self.stage.memo.get("invoice")
        return f"invoice:{found}" if found else ""

    def refused_with(self, state: object, action: object) -> str:
        """To book names what is missing: the proof, or that it was done."""
        if action is InvoiceAction.BOOK:
            booked = state is InvoiceState.BOOKED
            return "INVOICE_ALREADY_BOOKED" if booked else "INVOICE_NOT_VERIFIED"
        return self.refusal

    @property
    def _invoice(self) -> str:
        return self.stage.memo["invoice"]


class ClaimLife(Driver):
    table = CLAIM_TRANSITIONS
    refusal = "CLAIM_ILLEGAL_TRANSITION"

    @staticmethod
    def prepare(stage: Stage) -> None:
        world = paper.World(stage.deps, stage.clock)
        stage.memo["invoice"] = world.verified().invoice_id

    def do(self, action: ClaimAction, target: object) -> None:
        memo, who = self.stage.memo, paper.client(paper.BUYER)
        if action is ClaimAction.CLAIM:
            made = invoices.claim(self.deps, who, memo["invoice"], ClaimPurpose.DEDUCTION)
            memo["claim"] = made.claim_id
        else:
            invoices.release(self.deps, who, (memo["invoice"], memo["claim"]), "returned")

    def state(self) -> ClaimState:
        detail = invoices.get(self.deps, paper.client(paper.BUYER), self.stage.memo["invoice"])
        (found,) = detail.claims
        assert (found.released_at is not None) == (found.state is ClaimState.RELEASED)
        return found.state

    def subject(self) -> str:
        return f"invoice:{self.stage.memo['invoice']}"


class RedLetterLife(Driver):
    """A form that one side enters and the other decides; the clock lapses it."""

    table = RED_LETTER_TRANSITIONS
    refusal = "RED_LETTER_ILLEGAL_TRANSITION"
    quiet = frozenset({RedLetterAction.LAPSE})

    @staticmethod
    def prepare(stage: Stage) -> None:
        world = paper.World(stage.deps, stage.clock)
        for uscc in (paper.SELLER, paper.BUYER):
            stage.memo[uscc] = world.verified(by=uscc).invoice_id

    def do(self, action: RedLetterAction, target: object) -> None:
        memo, clock = self.stage.memo, self.stage.clock
        if action in (RedLetterAction.ENTER_BY_SELLER, RedLetterAction.ENTER_BY_BUYER):
            own = paper.SELLER if action is RedLetterAction.ENTER_BY_SELLER else paper.BUYER
            draft = RedLetterDraft("10.00", RedLetterReason.GOODS_RETURNED)
            form = invoices.enter(self.deps, paper.client(own), memo[own], draft)
            memo["form"], memo["own"] = form.form_id, own
        elif action is RedLetterAction.LAPSE:
            assert invoices.lapse_due(self.deps) == 0  # not before its 72 hours are over
            now = clock.now()
            clock.at = now + RED_LETTER_LIFETIME
            if invoices.lapse_due(self.deps) == 0:
                clock.at = now
        else:
            withdraws = action is RedLetterAction.WITHDRAW
            note = None if action is RedLetterAction.CONFIRM else "because"
            who = paper.client(memo["own"] if withdraws else self._other)
            invoices.decide(self.deps, who, memo["form"], action, note)

    def state(self) -> RedLetterState:
        """As both sides see it."""
        seen = {
            invoices.red_letter(self.deps, paper.client(who), self.stage.memo["form"]).state
            for who in (paper.SELLER, paper.BUYER)
        }
        (found,) = seen
        return found

    def subject(self) -> str:
        found = self.stage.memo.get("form")
        return f"invoice:{found}" if found else ""

    @property
    def _other(self) -> str:
        return paper.BUYER if self.stage.memo["own"] == paper.SELLER else paper.SELLER


LIVES = pytest.mark.parametrize("life", [InvoiceLife, ClaimLife, RedLetterLife])


@LIVES
def test_each_step_and_each_refusal(life: type[Driver], tmp_path: Path) -> None:
    check_each_step(Walk(life, tmp_path))


@LIVES
def test_any_order(life: type[Driver], tmp_path: Path) -> None:
    check_any_order(Walk(life, tmp_path), steps=8)
