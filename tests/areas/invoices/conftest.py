import pytest

from sealsvc.areas.deps import Deps
from tests.areas.conftest import SettableClock
from tests.areas.invoices.world import World
from tests.areas.sealing.story import Story


@pytest.fixture
def story(deps: Deps, clock: SettableClock) -> Story:
    return Story(deps, clock).open()


@pytest.fixture
def world(deps: Deps, clock: SettableClock) -> World:
    return World(deps, clock)
