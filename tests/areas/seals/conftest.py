from collections.abc import Callable

import pytest

from sealsvc.areas.deps import Deps
from tests.areas.conftest import SettableClock
from tests.areas.seals.world import World


@pytest.fixture
def deps(make_deps: Callable[..., Deps]) -> Deps:
    return make_deps(imprint_dpi=100)


@pytest.fixture
def world(deps: Deps, clock: SettableClock) -> World:
    return World(deps, clock).open()
