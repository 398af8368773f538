"""Entities, permits and API clients through every step of their tables."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sealsvc.areas.access import service as access
from sealsvc.areas.access.model import (
    CLIENT_TRANSITIONS,
    ClientAction,
    ClientDraft,
    ClientStatus,
    CredentialsRejected,
)
from sealsvc.areas.entities import permits
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityDraft, EntityView
from sealsvc.areas.entities.model.lifecycle import (
    ENTITY_TRANSITIONS,
    PERMIT_TRANSITIONS,
    EntityAction,
    PermitAction,
)
from sealsvc.areas.entities.model.permits import CHINA, PermitDraft, PermitStatus
from sealsvc.values import Scope
from tests.areas.lifecycles.stage import Stage
from tests.areas.lifecycles.walking import Driver, Walk, check_any_order, check_each_step
from tests.areas.seals.world import OPERATOR, A


class EntityLife(Driver):
    table = ENTITY_TRANSITIONS
    refusal = "ENTITY_ALREADY_CANCELLED"

    def do(self, action: EntityAction, target: object) -> None:
        if action is EntityAction.REGISTER:
            entities.register(self.deps, OPERATOR, EntityDraft(A, "示例一"))
            self.stage.memo["names"] = "1"
        elif action is EntityAction.CHANGE:
            turn = self.stage.memo["names"] + "1"
            entities.change(self.deps, OPERATOR, A, {"legal_name": f"示例{turn}"})
            self.stage.memo["names"] = turn
        else:
            entities.cancel(self.deps, OPERATOR, A, "closed")

    def state(self) -> object:
        found = entities.get(self.deps, OPERATOR, A)
        assert isinstance(found, EntityView)
        assert (found.cancelled_at is not None) == (found.status == "CANCELLED")
        return found.status

    def subject(self) -> str:
        return f"entity:{A}"


class PermitLife(Driver):
    table = PERMIT_TRANSITIONS
    refusal = "PERMIT_ALREADY_WITHDRAWN"
    clock = frozenset({PermitAction.BEGIN, PermitAction.END})

    @staticmethod
    def prepare(stage: Stage) -> None:
        entities.register(stage.deps, OPERATOR, EntityDraft(A, "示例一"))

    def do(self, action: PermitAction, target: PermitStatus) -> None:
        memo, deps = self.stage.memo, self.deps
        if action is PermitAction.REGISTER:
            made = permits.register(deps, OPERATOR, A, self._draft(target))
            memo["permit"] = made.permit.permit_id
        elif action is PermitAction.CORRECT:
            draft = self._draft(target)
            patch = {
                "number": draft.number,
                "valid_from": draft.valid_from,
                "valid_to": draft.valid_to,
            }
            permits.correct(deps, OPERATOR, (A, memo["permit"]), patch)  # type: ignore[arg-type]
        elif action is PermitAction.WITHDRAW:
            permits.withdraw(deps, OPERATOR, (A, memo["permit"]), "revoked")
        else:
            draft = permits.get(deps, OPERATOR, A, memo["permit"]).permit.draft
            assert draft.valid_to is not None
            begin = action is PermitAction.BEGIN
            day = draft.valid_from if begin else draft.valid_to + timedelta(days=1)
            midnight = datetime(day.year, day.month, day.day, tzinfo=CHINA)
            self.stage.clock.at = midnight - timedelta(seconds=1)
            before = PermitStatus.NOT_YET_VALID if begin else PermitStatus.VALID
            assert self.state() is before  # until the last second
            self.stage.clock.at = midnight

    def state(self) -> object:
        return permits.get(self.deps, OPERATOR, A, self.stage.memo["permit"]).status

    def subject(self) -> str:
        return f"entity:{A}"

    def recorded(self) -> list[str]:
        return [one for one in super().recorded() if "permit" in one]

    def _draft(self, target: PermitStatus) -> PermitDraft:
        """Days around now that give the state; a number of its own, so nothing stays the same."""
        turn = self.stage.memo.get("numbers", "") + "1"
        self.stage.memo["numbers"] = turn
        first, last = {
            PermitStatus.NOT_YET_VALID: (10, 20),
            PermitStatus.VALID: (-3, 3),
            PermitStatus.EXPIRED: (-20, -10),
            PermitStatus.WITHDRAWN: (-3, 3),
        }[target]
        day = self.stage.clock.now().astimezone(CHINA).date()
        span = (day + timedelta(days=first), day + timedelta(days=last))
        return PermitDraft(f"N{len(turn)}", "食品经营许可证", "示例机关", *span)


class ClientLife(Driver):
    table = CLIENT_TRANSITIONS
    refusal = "CLIENT_ALREADY_REVOKED"

    def do(self, action: ClientAction, target: object) -> None:
        memo = self.stage.memo
        if action is ClientAction.CREATE:
            draft = ClientDraft("shop", frozenset({Scope.VERIFY}))
            client, memo["key"] = access.create_client(self.deps, None, draft)
            memo["client"] = client.client_id
        else:
            access.revoke_client(self.deps, None, memo["client"], reason="lost")

    def state(self) -> object:
        """As the list says it; the key itself agrees."""
        (found,) = access.list_clients(self.deps, None)
        try:
            access.authenticate(self.deps, self.stage.memo["key"])
        except CredentialsRejected:
            assert found.status is ClientStatus.REVOKED
        else:
            assert found.status is ClientStatus.ACTIVE
        return found.status

    def subject(self) -> str:
        found = self.stage.memo.get("client")
        return f"client:{found}" if found else ""


LIVES = pytest.mark.parametrize("life", [EntityLife, PermitLife, ClientLife])


@LIVES
def test_each_step_and_each_refusal(life: type[Driver], tmp_path: Path) -> None:
    check_each_step(Walk(life, tmp_path))


@LIVES
def test_any_order(life: type[Driver], tmp_path: Path) -> None:
    check_any_order(Walk(life, tmp_path))
