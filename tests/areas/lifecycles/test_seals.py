"""Electronic seals through every step of their table; what only their owner's end leads to."""

import pytest

from sealsvc.areas.entities import service as entities
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.endings import OWNER_ENDINGS, owner_ended, seal_transitions
from sealsvc.areas.seals.model.views import ChangeRequest
from sealsvc.areas.seals.service.change import PLAIN_ACTIONS
from sealsvc.values import SealId, SealStatus
from tests.areas.lifecycles.stage import Stage
from tests.areas.lifecycles.walking import (
    Driver,
    Row,
    Walk,
    check_any_order,
    check_each_step,
    refuse,
)
from tests.areas.seals.world import (
    APPROVER,
    OPERATOR,
    OWNER,
    REGULATOR,
    REGULATOR2,
    A,
    World,
    asked,
)

BY = {SealAction.APPROVE: APPROVER, SealAction.REJECT: APPROVER}


class SealLife(Driver):
    table = seal_transitions()
    refusal = "SEAL_ILLEGAL_TRANSITION"
    quiet = frozenset({SealAction.EXPIRE})

    @staticmethod
    def prepare(stage: Stage) -> None:
        World(stage.deps, stage.clock).open()

    def do(self, action: SealAction, target: object) -> None:
        deps = self.deps
        self.stage.clock.forward(minutes=1)
        if action is SealAction.APPLY:
            self.stage.memo["seal"] = seals.apply(deps, OWNER, asked()).seal_id
        elif action is SealAction.EXPIRE:
            self._expire()
        elif action is SealAction.REJECT and self.state() is SealStatus.APPROVED:
            entities.cancel(deps, OPERATOR, A, "dissolved")
            assert seals.follow_entities(deps) == 1
        elif action in PLAIN_ACTIONS:
            request = ChangeRequest(action, reason="because")
            seals.change(deps, BY.get(action, OWNER), self._seal, request)
        elif action is SealAction.ISSUE:
            seals.issue(deps, APPROVER, self._seal)
        elif action is SealAction.REISSUE:
            seals.reissue(deps, APPROVER, self._seal)
        elif action is SealAction.REPLACE:
            seals.replace(deps, OWNER, self._seal, "because")
        else:
            request, before = ChangeRequest(action, reason="because"), self.state()
            seals.void(deps, REGULATOR, self._seal, request)
            assert self.state() is before  # one person's word changes nothing
            seals.void(deps, REGULATOR2, self._seal, request)

    def state(self) -> SealStatus:
        """As the registry answers it; the seal's history says the same of this instant."""
        view = seals.get(self.deps, self._seal)
        answer = seals.status(self.deps, self._seal, None, None)
        assert answer.status_now is view.status
        return view.status

    def subject(self) -> str:
        found = self.stage.memo.get("seal")
        return f"seal:{found}" if found else ""

    def beside(self, row: Row) -> list[str]:
        return ["seal.void_proposed"] if row.action is SealAction.VOID else []

    @property
    def _seal(self) -> SealId:
        return SealId(self.stage.memo["seal"])

    def _expire(self) -> None:
        """Up to the end of validity nothing happens; back where nothing may happen after it."""
        ends, now = seals.get(self.deps, self._seal).valid_until, self.stage.clock.now()
        assert seals.expire_due(self.deps) == 0
        if ends is None:
            return
        self.stage.clock.at = max(ends, now)
        if seals.expire_due(self.deps) == 0:
            self.stage.clock.at = now


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    return Walk(SealLife, tmp_path_factory.mktemp("seals"))


def test_each_step_and_each_refusal(walk: Walk) -> None:
    check_each_step(walk)


def test_any_order(walk: Walk) -> None:
    check_any_order(walk, examples=8, steps=10)


def test_an_approved_seal_is_turned_down_by_no_client(walk: Walk) -> None:
    driver = walk.at(SealStatus.APPROVED)

    class ByAClient(SealLife):
        def do(self, action: SealAction, target: object) -> None:
            request = ChangeRequest(action, reason="because")
            seals.change(self.deps, APPROVER, self._seal, request)

    refuse(ByAClient(driver.stage), SealStatus.APPROVED, SealAction.REJECT)
    walk.done(driver)


@pytest.mark.parametrize("status", list(SealStatus))
def test_a_cancelled_owner_ends_what_is_in_use_or_on_the_way(
    walk: Walk, status: SealStatus
) -> None:
    driver = walk.at(status)
    before = driver.recorded()
    entities.cancel(driver.deps, OPERATOR, A, "dissolved")
    ending = owner_ended(status)
    # A seal that was replaced has a successor, whose application ends with the owner too.
    successor = status is SealStatus.REPLACED
    assert seals.follow_entities(driver.deps) == int(ending is not None) + int(successor)
    if ending is None:
        assert driver.state() is status
        assert driver.recorded() == before
    else:
        action, target = ending
        assert driver.state() is target
        wanted = next(row.fact_type for row in SealLife.table if row.action is action)
        assert driver.recorded() == [*before, wanted]
    assert seals.follow_entities(driver.deps) == 0
    walk.done(driver)


def test_the_endings_are_steps_of_the_table() -> None:
    drawn = {(row.source, row.action): row.target for row in SealLife.table}
    for status in OWNER_ENDINGS:
        ending = owner_ended(status)
        assert ending is not None
        assert drawn[status, ending[0]] is ending[1]
