"""The same application as for the transparency routes, with two merchants and contract seals."""

from collections.abc import Callable

import pytest

from sealsvc.areas.deps import Deps
from tests.api.transparency.conftest import api, clock, engine, key, logbook, make_deps, rng, store
from tests.areas.conftest import SettableClock
from tests.areas.contracts.deal import Deal
from tests.areas.sealing.story import Story

__all__ = ["api", "clock", "engine", "key", "logbook", "make_deps", "rng", "store"]


@pytest.fixture
def deps(make_deps: Callable[..., Deps]) -> Deps:
    from tests.areas.sealing.story import B

    return make_deps(imprint_dpi=72, operator_uscc=B)


@pytest.fixture
def deal(deps: Deps, clock: SettableClock) -> Deal:
    return Deal(Story(deps, clock).open()).open()
