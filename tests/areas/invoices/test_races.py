"""Fifty at once, on both databases."""

import threading
from collections import Counter
from collections.abc import Callable

from sealsvc.areas.invoices import service as invoices
from sealsvc.areas.invoices.model.record import ClaimPurpose
from sealsvc.areas.invoices.model.red_letters import RedLetterDraft, RedLetterReason
from sealsvc.areas.invoices.service import TakeRequest
from sealsvc.errors import ServiceError
from tests.areas.invoices.world import BUYER, SELLER, World, blue, client, unaddressed
from tests.builders.invoices import make_uscc

CLIENTS = 50


def together(works: list[Callable[[], object]]) -> Counter[str]:
    """All at once; how often each came out as what."""
    outcomes: list[str] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait(30)
        try:
            work()
            outcomes.append("done")
        except ServiceError as error:
            outcomes.append(error.code)
        except BaseException as error:
            outcomes.append(repr(error))

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(outcomes)


def test_of_fifty_companies_one_claims(world: World) -> None:
    companies = [make_uscc(f"91320000MA{at:07d}") for at in range(100, 100 + CLIENTS)]
    views = [world.verified(unaddressed(), by) for by in companies]
    outcome = together([lambda view=view: world.claim(view) for view in views])
    assert outcome == {"done": 1, "CLAIM_TAKEN": CLIENTS - 1}


def test_of_fifty_clients_of_one_company_one_claims(world: World) -> None:
    view = world.verified()
    claim = ClaimPurpose.DEDUCTION
    works = [lambda: invoices.claim(world.deps, client(BUYER), view.invoice_id, claim)] * CLIENTS
    assert together(works) == {"done": 1, "CLAIM_EXISTS": CLIENTS - 1}


def test_of_many_bookings_from_two_files_one_stands(world: World) -> None:
    views = [world.verified(), world.verified(blue() + b"\n")]
    outcome = together([lambda view=view: world.book(view) for view in views * 8])
    assert outcome == {"done": 1, "INVOICE_ALREADY_BOOKED": 15}


def test_both_sides_cannot_reverse_more_than_there_is(world: World) -> None:
    views = [world.verified(), world.verified(by=SELLER)]
    draft = RedLetterDraft("50", RedLetterReason.GOODS_RETURNED)
    works = [
        lambda view=view: invoices.enter(
            world.deps, client(view.entity_uscc), view.invoice_id, draft
        )
        for view in views * 6
    ]
    assert together(works) == {"done": 2, "RED_LETTER_EXCEEDS_REMAINING": 10}


def test_the_same_file_taken_at_once_is_one_invoice(world: World) -> None:
    ids: list[str] = []

    def take() -> None:
        ids.append(invoices.take(world.deps, client(BUYER), TakeRequest(blue()))[0].invoice_id)

    assert together([take] * 8) == {"done": 8}
    assert len(set(ids)) == 1
