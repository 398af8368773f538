import pytest

from sealsvc.areas.deps import Deps
from tests.areas.conftest import SettableClock
from tests.areas.sealing.story import Story
from tests.areas.transactions.world import World


@pytest.fixture
def world(deps: Deps, clock: SettableClock) -> World:
    return World(Story(deps, clock).open()).open()
