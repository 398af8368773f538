"""The same application as for the transparency routes, with entities and persons in it."""

from collections.abc import Callable

import pytest

from sealsvc.areas.access.model import ClientDraft
from sealsvc.areas.access.service import create_client
from sealsvc.areas.deps import Deps
from sealsvc.values import Principal
from tests.api.transparency.conftest import api, clock, engine, key, logbook, make_deps, rng, store
from tests.areas.conftest import SettableClock
from tests.areas.seals.world import (
    APPROVER,
    AUDITOR,
    OPERATOR,
    OWNER,
    REGULATOR,
    REGULATOR2,
    SHOP,
    STRANGER,
    World,
)

__all__ = ["api", "clock", "engine", "key", "logbook", "make_deps", "rng", "store"]

WHO = {
    "owner": OWNER,
    "stranger": STRANGER,
    "approver": APPROVER,
    "regulator": REGULATOR,
    "regulator2": REGULATOR2,
    "auditor": AUDITOR,
    "operator": OPERATOR,
    "shop": SHOP,
}


@pytest.fixture
def deps(make_deps: Callable[..., Deps]) -> Deps:
    return make_deps(imprint_dpi=100)


@pytest.fixture
def world(deps: Deps, clock: SettableClock) -> World:
    return World(deps, clock).open()


@pytest.fixture
def auth(deps: Deps) -> dict[str, dict[str, str]]:
    """Headers by person; nobody's are empty."""

    def headers(who: Principal) -> dict[str, str]:
        draft = ClientDraft(who.name, who.scopes, who.entity_uscc)
        return {"Authorization": f"Bearer {create_client(deps, None, draft)[1]}"}

    return {"nobody": {}, **{name: headers(who) for name, who in WHO.items()}}
