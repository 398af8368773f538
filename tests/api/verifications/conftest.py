"""The same application as for the transparency routes, with merchants and seals in it."""

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

__all__ = ["api", "clock", "deps", "engine", "key", "logbook", "make_deps", "rng", "store"]


@pytest.fixture
def story(deps: Deps, clock: SettableClock) -> Story:
    return Story(deps, clock).open()
