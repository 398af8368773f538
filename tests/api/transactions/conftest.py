"""The whole application with a deal in it."""

import pytest

from sealsvc.areas.deps import Deps
from tests.api.transparency.conftest import (
    api,
    clock,
    deps,
    engine,
    key,
    logbook,
    make_deps,
    rng,
    store,
)
from tests.areas.conftest import SettableClock
from tests.areas.sealing.story import Story
from tests.areas.transactions.world import World

__all__ = ["api", "clock", "deps", "engine", "key", "logbook", "make_deps", "rng", "store"]


@pytest.fixture
def world(deps: Deps, clock: SettableClock) -> World:
    return World(Story(deps, clock).open()).open()
