"""Contracts of three signers through every step of their table."""

from datetime import timedelta
from typing import Any

import pytest

from api.lifecycles import contract_transitions
from sealsvc.areas.contracts import service as contracts
from sealsvc.areas.contracts.model.contract import (
    ContractNotFound,
    ContractView,
    PartyRole,
    SuccessionKind,
)
from sealsvc.areas.contracts.model.lifecycle import (
    PLAIN_ACTIONS,
    ContractAction,
    ContractStatus,
    transition,
)
from sealsvc.areas.contracts.model.terms import ContractTerms, PartyDraft
from sealsvc.areas.contracts.service import Draft, PartySeal
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.values import SealId, SealType
from tests.areas.lifecycles.stage import Stage
from tests.areas.lifecycles.walking import Driver, Row, Walk, check_any_order, check_each_step
from tests.areas.sealing.story import A, B, Story, pdf
from tests.areas.transactions.world import C, World, acts

SIGNERS = (A, B, C)
X, S = ContractAction, ContractStatus
SUCCESSIONS = {X.AMEND: SuccessionKind.AMENDMENT, X.RENEW: SuccessionKind.RENEWAL}


class ContractLife(Driver):
    """A makes it, A and then B and C seal it, C is who rejects."""

    table = contract_transitions()
    refusal = "CONTRACT_ILLEGAL_TRANSITION"
    quiet = frozenset({X.EXPIRE})
    # Nobody asks for it: it follows from the last seal.
    clock = frozenset({X.CONCLUDE})

    @staticmethod
    def prepare(stage: Stage) -> None:
        world = World(Story(stage.deps, stage.clock).open()).open()
        for uscc in SIGNERS:
            stage.memo[uscc] = world.seal(uscc, SealType.CONTRACT).seal_id

    def do(self, action: ContractAction, target: object) -> None:
        deps, memo = self.deps, self.stage.memo
        self.stage.clock.forward(minutes=1)
        if action is X.CREATE:
            memo["contract"] = contracts.create(deps, acts(A), self._draft()).contract_id
        elif action is X.REVISE:
            contracts.revise(deps, acts(A), self._id, self._draft())
        elif action is X.SEAL:
            self._seal(self._id, (self._view().waiting_for or SIGNERS)[0])
        elif action is X.CONCLUDE:
            self._conclude(self._id)
        elif action is X.EXPIRE:
            self._expire()
        elif action in SUCCESSIONS:
            kind = SUCCESSIONS[action]
            made = contracts.amend(deps, acts(A), self._id, self._draft(), kind)
            contracts.change(deps, acts(A), made.contract_id, X.OPEN)
            self._conclude(made.contract_id)
        else:
            assert action in PLAIN_ACTIONS
            self._say(action)

    def state(self) -> ContractStatus:
        """As the register answers it; concluded means that everybody has sealed."""
        view = self._view()
        if view.concluded_at is not None:
            assert not view.waiting_for
        if view.status in (S.CONCLUDED, S.PERFORMED, S.DISPUTED, S.AMENDED, S.RENEWED):
            assert view.concluded_at is not None
        assert (view.superseded_by is not None) >= (view.status in (S.AMENDED, S.RENEWED))
        return view.status

    def subject(self) -> str:
        found = self.stage.memo.get("contract")
        return f"contract:{found}" if found else ""

    def possible(self, row: Row) -> bool:
        """The last seal concludes, so a seal that leaves it SIGNING needs two who wait."""
        if row.action is X.SEAL:
            return len(self._view().waiting_for) > 1
        return True

    def beside(self, row: Row) -> list[str]:
        if row.action is X.SEAL:
            return ["contract.seal_intended"]
        if row.action is X.CONCLUDE:
            return ["contract.seal_intended", "contract.sealed"] * int(self.stage.memo["seals"])
        by_consent = transition(row.action).by_consent
        return ["contract.change_proposed"] if by_consent else []

    def refused_with(self, state: object, action: object) -> str:
        if action in SUCCESSIONS:
            return "CONTRACT_BASE_CHANGED"
        if action in (X.SEAL, X.REJECT):
            view = self._view()
            if action is X.REJECT and not self._seen_by(C):
                return "CONTRACT_NOT_FOUND"
            if not view.waiting_for:
                return "CONTRACT_ALREADY_SEALED"
        return self.refusal

    @property
    def _id(self) -> str:
        return self.stage.memo["contract"]

    def _view(self) -> ContractView:
        return contracts.get(self.deps, acts(A), self._id)

    def _seen_by(self, uscc: str) -> bool:
        try:
            contracts.get(self.deps, acts(uscc), self._id)
        except ContractNotFound:
            return False
        return True

    def _draft(self) -> Draft:
        parties = (
            PartyDraft(A, PartyRole.SELLER),
            PartyDraft(B, PartyRole.BUYER),
            PartyDraft(C, PartyRole.GUARANTOR),
        )
        deadline = self.stage.clock.now() + timedelta(days=7)
        return Draft(ContractTerms("买卖合同", "HT-1", parties, deadline), pdf("Contract"))

    def _say(self, action: ContractAction) -> None:
        """By who may; where two are needed, one proposes, which changes nothing, one agrees."""
        who = C if action is X.REJECT else A
        options: dict[str, Any] = {"reason": "because"}
        if transition(action).by_consent:
            before = self._view().status
            contracts.change(self.deps, acts(A), self._id, action, **options)
            assert self._view().status is before
            who = B
        contracts.change(self.deps, acts(who), self._id, action, **options)

    def _seal(self, contract_id: str, uscc: str) -> None:
        place = PlaceWish(1, 20 + 60 * SIGNERS.index(uscc), 200)
        request = PartySeal(SealId(self.stage.memo[uscc]), place=place)
        contracts.seal(self.deps, acts(uscc), contract_id, request)

    def _conclude(self, contract_id: str) -> None:
        waiting = contracts.get(self.deps, acts(A), contract_id).waiting_for
        self.stage.memo["seals"] = str(len(waiting))
        for uscc in waiting:
            self._seal(contract_id, uscc)

    def _expire(self) -> None:
        """Past the deadline; back where nothing happens after it."""
        assert contracts.expire_due(self.deps) == 0
        now = self.stage.clock.now()
        self.stage.clock.at = max(self._view().deadline, now)
        if contracts.expire_due(self.deps) == 0:
            self.stage.clock.at = now


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    return Walk(ContractLife, tmp_path_factory.mktemp("contracts"))


def test_each_step_and_each_refusal(walk: Walk) -> None:
    check_each_step(walk)


def test_any_order(walk: Walk) -> None:
    check_any_order(walk, steps=10)
