"""Many at once: exactly the right one wins, and a crash bars nobody for ever."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sealsvc.areas.contracts import repo
from sealsvc.areas.contracts import service as contracts
from sealsvc.areas.contracts.model.contract import (
    ContractAlreadySealed,
    ContractNotYourTurn,
    ContractSealingInProgress,
    ContractSlotLost,
    ContractView,
    SuccessionKind,
)
from sealsvc.areas.contracts.model.lifecycle import (
    ContractAction,
    ContractIllegalTransition,
    ContractStatus,
)
from sealsvc.areas.contracts.service import PartySeal
from sealsvc.areas.contracts.service.seal import LEASE, _claim, _order, _release, _take
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.errors import ServiceError
from tests.areas.contracts.deal import Deal, in_turn
from tests.areas.sealing.story import A, B, merchant, pdf

S, X = ContractStatus, ContractAction
LOST = (ContractSealingInProgress, ContractAlreadySealed, ContractIllegalTransition)


def outcomes(*verbs: Callable[[], object]) -> list[object]:
    """What each verb gave or raised; all begin together."""

    def caught(verb: Callable[[], object]) -> object:
        try:
            return verb()
        except ServiceError as error:
            return error

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(caught, verbs))


def sealing_by(deal: Deal, contract: ContractView, who: str) -> Callable[[], ContractView]:
    place = PlaceWish(1, 30 if who == A else 110, 200)
    request = PartySeal(deal.seals[who].seal_id, place=place)
    return lambda: contracts.seal(deal.deps, merchant(who), contract.contract_id, request)


def won(results: list[object]) -> list[ContractView]:
    return [one for one in results if isinstance(one, ContractView)]


def test_one_party_many_times(deal: Deal) -> None:
    contract = deal.ready()
    results = outcomes(*[sealing_by(deal, contract, A) for _ in range(4)])
    assert len(won(results)) == 1
    assert all(isinstance(one, (*LOST, ContractView)) for one in results), results
    assert deal.get(contract).sealed_by == (A,)


def test_two_parties_at_once_in_any_order(deal: Deal) -> None:
    contract = deal.ready()
    results = outcomes(sealing_by(deal, contract, A), sealing_by(deal, contract, B))
    winners = won(results)
    assert winners
    assert all(isinstance(one, (*LOST, ContractView)) for one in results), results
    after = deal.get(contract)
    assert len(after.steps) == len(winners)
    for uscc in after.waiting_for:
        deal.seal(contract, uscc)
    done = deal.get(contract)
    assert done.status is S.CONCLUDED
    assert done.steps[0].digest_before == done.original_sha256
    assert done.steps[1].digest_before == done.steps[0].digest_after
    data = contracts.document(deal.deps, merchant(A), contract.contract_id)[1]
    assert deal.story.verify(data)["summary"] == "TRUSTED"


def test_two_parties_at_once_in_turn(deal: Deal) -> None:
    contract = deal.ready(**in_turn())
    results = outcomes(sealing_by(deal, contract, B), sealing_by(deal, contract, A))
    assert isinstance(results[1], ContractView)
    if not isinstance(results[0], ContractView):  # B came before A was done
        assert isinstance(results[0], ContractNotYourTurn | ContractSealingInProgress)
        assert deal.get(contract).sealed_by == (A,)
    else:
        assert deal.get(contract).sealed_by == (A, B)


def test_sealing_against_rejecting_and_withdrawing(deal: Deal) -> None:
    contract = deal.ready()
    results = outcomes(
        sealing_by(deal, contract, A),
        lambda: deal.act(contract, X.REJECT, B),
        lambda: deal.act(contract, X.WITHDRAW, A),
    )
    after = deal.get(contract)
    assert sum(isinstance(one, ContractView) for one in results) >= 1
    if after.status is S.SIGNING:
        assert isinstance(results[0], ContractView)
    else:
        assert after.status in (S.REJECTED, S.WITHDRAWN)
        assert len([one for one in results[1:] if isinstance(one, ContractView)]) == 1


def test_one_amendment_wins(deal: Deal) -> None:
    old = deal.concluded()
    rivals = []
    for _ in range(2):
        draft = contracts.Draft(deal.terms(), pdf("Amended"))
        new = contracts.amend(
            deal.deps, merchant(A), old.contract_id, draft, SuccessionKind.AMENDMENT
        )
        deal.act(new, X.OPEN, A)
        deal.seal(new, A)
        rivals.append(new)
    results = outcomes(*[sealing_by(deal, one, B) for one in rivals])
    assert len(won(results)) == 1
    assert deal.get(old).superseded_by == won(results)[0].contract_id


def test_a_crash_frees_the_slot_when_its_lease_is_over(deal: Deal) -> None:
    contract = deal.ready()
    request = PartySeal(deal.seals[A].seal_id, place=PlaceWish(1, 30, 200))
    who = merchant(A)
    _claim(deal.deps, who, contract.contract_id, request)  # and then the process dies
    for verb in (
        lambda: deal.seal(contract, A),
        lambda: deal.seal(contract, B),
        lambda: deal.act(contract, X.WITHDRAW, A),
        lambda: deal.act(contract, X.REJECT, B),
    ):
        with pytest.raises(ContractSealingInProgress):
            verb()
    deal.story.clock.at += LEASE
    assert deal.seal(contract, B).sealed_by == (B,)


def test_who_took_too_long_changes_nothing(deal: Deal) -> None:
    contract = deal.ready()
    request = PartySeal(deal.seals[A].seal_id, place=PlaceWish(1, 30, 200))
    who = merchant(A)
    seen, slot = _claim(deal.deps, who, contract.contract_id, request)
    made = sealing.seal(deal.deps, who, _order(deal.deps, seen, A, request))
    deal.story.clock.at += LEASE
    after = deal.seal(contract, B)
    with pytest.raises(ContractSlotLost):
        _take(deal.deps, who, slot, request, (deal.seals[A], made.view))
    _release(deal.deps, slot)
    assert deal.get(contract) == after


def test_a_slow_sealing_that_nobody_overtook_still_counts(deal: Deal) -> None:
    contract = deal.ready()
    request = PartySeal(deal.seals[A].seal_id, place=PlaceWish(1, 30, 200))
    who = merchant(A)
    seen, slot = _claim(deal.deps, who, contract.contract_id, request)
    made = sealing.seal(deal.deps, who, _order(deal.deps, seen, A, request))
    deal.story.clock.at += 2 * LEASE
    after = _take(deal.deps, who, slot, request, (deal.seals[A], made.view))
    assert after.sealed_by == (A,)
    with deal.deps.read() as session:
        assert repo.find_slot(session, contract.contract_id) is None


def test_expiry_waits_for_a_running_sealing(deal: Deal) -> None:
    contract = deal.ready()
    request = PartySeal(deal.seals[A].seal_id)
    deal.story.clock.at = contract.deadline - LEASE / 2
    _claim(deal.deps, merchant(A), contract.contract_id, request)
    deal.story.clock.at = contract.deadline
    assert contracts.expire_due(deal.deps) == 0
    deal.story.clock.at += LEASE
    assert contracts.expire_due(deal.deps) == 1


def test_two_housekeepers_expire_once(deal: Deal) -> None:
    contract = deal.ready()
    deal.story.clock.at = contract.deadline
    results = outcomes(*[lambda: contracts.expire_due(deal.deps)] * 2)
    assert sum(results) == 1  # type: ignore[arg-type]
    assert deal.get(contract).status is S.EXPIRED
