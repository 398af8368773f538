"""Claims, bookings and red letters against a real database."""

from datetime import timedelta

import pytest

from sealsvc.areas.invoices import service as invoices
from sealsvc.areas.invoices.model.errors import (
    ClaimExists,
    ClaimNotFound,
    ClaimTaken,
    InvoiceAlreadyBooked,
    InvoiceFieldInvalid,
    InvoiceNotBlue,
    InvoiceNotForSeller,
    InvoiceNotFound,
    InvoiceNotVerified,
    InvoiceReversed,
    OriginalMismatch,
    OriginalRequired,
    RedLetterAmountInvalid,
    RedLetterExceedsRemaining,
    RedLetterLapsed,
    RedLetterNotCounterparty,
    RedLetterNotFound,
    RedLetterPartiesUnknown,
)
from sealsvc.areas.invoices.model.lifecycle import (
    RED_LETTER_LIFETIME,
    ClaimIllegalTransition,
    ClaimState,
    InvoiceState,
    RedLetterAction,
    RedLetterIllegalTransition,
    RedLetterState,
)
from sealsvc.areas.invoices.model.record import BookingBasis, ClaimPurpose
from sealsvc.areas.invoices.model.red_letters import RedLetterView, RedStatus
from sealsvc.values import SubjectKind
from tests.areas.invoices.world import (
    AUDITOR,
    BUYER,
    SELLER,
    STRANGER,
    World,
    blue,
    client,
    unaddressed,
)
from tests.builders.invoices import make_uscc

OTHER = make_uscc("91320000MA0000004")


def decide(world: World, form: RedLetterView, who: str, action: RedLetterAction) -> RedLetterView:
    note = None if action is RedLetterAction.CONFIRM else "because"
    return invoices.decide(world.deps, client(who), form.form_id, action, note)


def test_only_a_verified_invoice_is_claimed_and_not_by_its_seller(world: World) -> None:
    with pytest.raises(InvoiceNotVerified):
        world.claim(world.take())
    with pytest.raises(InvoiceNotForSeller):
        world.claim(world.verified(by=SELLER))


def test_another_company_learns_only_that_it_is_taken(world: World) -> None:
    first = world.claim(world.verified(unaddressed(), STRANGER))
    other = world.verified(unaddressed(), OTHER)
    for purpose in ClaimPurpose:
        with pytest.raises(ClaimTaken) as taken:
            world.claim(other, purpose)
        assert taken.value.fields == {}
    with pytest.raises(ClaimTaken):
        world.book(other)
    digest = world.facts(other.document_sha256, SubjectKind.DOCUMENT)
    assert {fact.type for fact in digest} == {"invoice.taken"}
    assert world.types(first.claim_id) == ["invoice.claimed"]


def test_one_company_claims_for_each_purpose_once(world: World) -> None:
    view = world.verified()
    first = world.claim(view)
    assert world.claim(view, ClaimPurpose.BOOKING).state is ClaimState.HELD
    with pytest.raises(ClaimExists) as again:
        world.claim(view)
    assert again.value.fields == {"claim_id": first.claim_id}


def test_the_same_invoice_from_another_file_is_the_same_claim(world: World) -> None:
    world.claim(world.verified())
    other_file = world.verified(blue() + b"\n")
    with pytest.raises(ClaimExists):
        world.claim(other_file)


def test_a_released_claim_frees_the_invoice_when_it_is_the_last(world: World) -> None:
    view = world.verified(unaddressed(), STRANGER)
    claims = [world.claim(view), world.claim(view, ClaimPurpose.REIMBURSEMENT)]
    other = world.verified(unaddressed(), OTHER)
    assert world.release(claims[0]).state is ClaimState.RELEASED
    with pytest.raises(ClaimTaken):
        world.claim(other)
    world.release(claims[1])
    assert world.claim(other).state is ClaimState.HELD
    with pytest.raises(ClaimIllegalTransition):
        world.release(claims[0])
    assert world.types(claims[0].claim_id) == ["invoice.claimed", "invoice.released"]


def test_only_the_holder_releases_with_a_reason(world: World) -> None:
    made = world.claim(world.verified())
    key = (made.invoice_id, made.claim_id)
    with pytest.raises(InvoiceNotFound):
        invoices.release(world.deps, client(SELLER), key, "x")
    with pytest.raises(InvoiceFieldInvalid):
        invoices.release(world.deps, client(BUYER), key, "  ")
    with pytest.raises(ClaimNotFound):
        invoices.release(world.deps, client(BUYER), (made.invoice_id, "clm_x"), "x")


def test_an_invoice_is_booked_once_whichever_file(world: World) -> None:
    """R10."""
    view, twin = world.verified(), world.verified(blue() + b"\n")
    made = world.book(view)
    for again in (view, twin):
        with pytest.raises(InvoiceAlreadyBooked) as error:
            world.book(again)
        assert error.value.fields == {"booking_id": made.booking_id}
    shown = invoices.get(world.deps, client(BUYER), view.invoice_id)
    assert shown.invoice.state is InvoiceState.BOOKED
    assert shown.booking is not None
    assert world.types(view.invoice_id) == ["invoice.booked", "invoice.confirmed", "invoice.taken"]


def test_seller_and_buyer_both_book_but_two_holders_are_an_alert(world: World) -> None:
    assert not world.book(world.verified()).booked_elsewhere
    assert not world.book(world.verified(by=SELLER)).booked_elsewhere
    one, two = (world.verified(unaddressed(18), by) for by in (STRANGER, OTHER))
    assert not world.book(one).booked_elsewhere
    assert world.book(two).booked_elsewhere
    assert invoices.get(world.deps, client(STRANGER), one.invoice_id).booked_elsewhere


def test_a_printout_names_its_original(world: World) -> None:
    """R11."""
    view, paper = world.verified(), BookingBasis.PRINTOUT
    with pytest.raises(OriginalRequired):
        world.book(view, basis=paper)
    with pytest.raises(OriginalMismatch):
        world.book(view, basis=paper, original_sha256="0" * 64)
    assert world.book(view, basis=paper, original_sha256=view.document_sha256).draft.basis is paper


@pytest.mark.parametrize(
    "wrong",
    [{"period": "2026-13"}, {"period": "202611"}, {"voucher": ""}, {"period": "２０２６-11"}],
)
def test_a_booking_is_checked(world: World, wrong: dict[str, str]) -> None:
    with pytest.raises(InvoiceFieldInvalid):
        world.book(world.verified(), **wrong)
    with pytest.raises(InvoiceNotVerified):
        world.book(world.take(blue(19)))


def test_partial_red_letters_add_up(world: World) -> None:
    """R09: sum of red <= remaining blue amount; forms that wait count."""
    view, by_seller = world.verified(), world.verified(by=SELLER)
    first = world.red(view, "100")
    assert (first.state, first.amount) == (RedLetterState.AWAITING_SELLER, "100.00")
    with pytest.raises(RedLetterExceedsRemaining) as error:
        world.red(by_seller, "39.00")
    assert error.value.fields == {"remaining": "38.99"}
    second = world.red(by_seller, "38.99")
    decide(world, first, SELLER, RedLetterAction.CONFIRM)
    assert invoices.get(world.deps, client(BUYER), view.invoice_id).red_status is RedStatus.PARTLY
    decide(world, second, BUYER, RedLetterAction.CONFIRM)
    assert invoices.get(world.deps, client(BUYER), view.invoice_id).red_status is RedStatus.FULLY
    with pytest.raises(RedLetterExceedsRemaining):
        world.red(view, "0.01")
    for use in (world.claim, world.book):
        with pytest.raises(InvoiceReversed):
            use(view)


@pytest.mark.parametrize("end", [RedLetterAction.REFUSE, RedLetterAction.WITHDRAW])
def test_a_void_form_gives_its_amount_back(world: World, end: RedLetterAction) -> None:
    view = world.verified()
    form = world.red(view, "138.99")
    decide(world, form, BUYER if end is RedLetterAction.WITHDRAW else SELLER, end)
    assert world.red(view, "138.99").state is RedLetterState.AWAITING_SELLER
    with pytest.raises(RedLetterIllegalTransition):
        decide(world, form, SELLER, RedLetterAction.CONFIRM)


def test_a_form_lapses_after_72_hours_without_housekeeping(world: World) -> None:
    view = world.verified()
    form = world.red(view, "138.99")
    world.clock.forward(hours=72, seconds=-1)
    assert invoices.lapse_due(world.deps) == 0
    with pytest.raises(RedLetterExceedsRemaining):
        world.red(view, "0.01")
    world.clock.forward(seconds=1)
    shown = invoices.red_letter(world.deps, client(SELLER), form.form_id)
    assert (shown.state, shown.ended_at) == (RedLetterState.LAPSED, form.lapses_at)
    with pytest.raises(RedLetterLapsed):
        decide(world, form, SELLER, RedLetterAction.CONFIRM)
    assert world.red(view, "138.99").state is RedLetterState.AWAITING_SELLER
    assert invoices.lapse_due(world.deps) == 1
    assert invoices.lapse_due(world.deps) == 0
    assert world.types(form.form_id) == ["redletter.entered", "redletter.lapsed"]
    assert form.lapses_at - form.entered_at == RED_LETTER_LIFETIME == timedelta(hours=72)


def test_each_side_has_its_own_turn(world: World) -> None:
    form = world.red(world.verified())
    for who, action in (
        (BUYER, RedLetterAction.CONFIRM),
        (BUYER, RedLetterAction.REFUSE),
        (SELLER, RedLetterAction.WITHDRAW),
    ):
        with pytest.raises(RedLetterNotCounterparty):
            decide(world, form, who, action)
    with pytest.raises(RedLetterNotFound):
        decide(world, form, STRANGER, RedLetterAction.CONFIRM)
    with pytest.raises(RedLetterNotFound):
        invoices.red_letter(world.deps, client(STRANGER), form.form_id)
    for reader in (client(SELLER), client(BUYER), AUDITOR):
        assert invoices.red_letters(world.deps, reader, (None, 5)) == [form]
    assert invoices.red_letters(world.deps, client(STRANGER), (None, 5)) == []


@pytest.mark.parametrize("amount", ["", "0", "-1", "1e2", "1.001", "１", "1,5", ".5", "5.", "nan"])
def test_no_amount_is_guessed(world: World, amount: str) -> None:
    with pytest.raises(RedLetterAmountInvalid):
        world.red(world.take(), amount)


def test_what_cannot_be_reversed(world: World) -> None:
    with pytest.raises(InvoiceNotVerified):
        world.red(world.take())
    red = blue(
        20,
        net="-123.00",
        tax="-15.99",
        gross="-138.99",
        blue="N",
        words="（负数）壹佰叁拾捌圆玖角玖分",
        lines=(("-123.00", "0.13", "-15.99"),),
    )
    with pytest.raises(InvoiceNotBlue):
        world.red(world.verified(red))
    with pytest.raises(RedLetterPartiesUnknown):
        world.red(world.verified(unaddressed(21), STRANGER))
