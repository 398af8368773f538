"""The whole application over a real database and a real log."""

from collections.abc import Callable

import pytest

from api.main import create_app
from sealsvc.areas.access.model import ClientDraft
from sealsvc.areas.access.service import create_client
from sealsvc.areas.deps import Deps
from sealsvc.storage.logbook import Logbook
from sealsvc.values import Scope
from tests.api.infra.conftest import Api, FakeServices
from tests.areas.conftest import clock, deps, engine, logbook, make_deps, rng, store

__all__ = ["clock", "deps", "engine", "logbook", "make_deps", "rng", "store"]

Key = Callable[..., dict[str, str]]


@pytest.fixture
def key(deps: Deps) -> Key:
    """Headers of a fresh client with these scopes, bound to an entity when one is named."""

    def make(*scopes: Scope, uscc: str | None = None) -> dict[str, str]:
        draft = ClientDraft("client", frozenset(scopes), uscc)
        return {"Authorization": f"Bearer {create_client(deps, None, draft)[1]}"}

    return make


@pytest.fixture
def api(deps: Deps, logbook: Logbook, clock) -> Api:
    services = FakeServices(deps, logbook)
    return Api(create_app(services), clock, services, "")
