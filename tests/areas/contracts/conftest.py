from collections.abc import Callable

import pytest

from sealsvc.areas.deps import Deps
from tests.areas.conftest import SettableClock
from tests.areas.contracts.deal import Deal
from tests.areas.sealing.story import Story


@pytest.fixture
def deps(make_deps: Callable[..., Deps]) -> Deps:
    return make_deps(imprint_dpi=72)


@pytest.fixture
def deal(deps: Deps, clock: SettableClock) -> Deal:
    return Deal(Story(deps, clock).open()).open()
