"""The application of the seals' routes: entities, persons, a log."""

from tests.api.seals.conftest import (
    api,
    auth,
    clock,
    deps,
    engine,
    key,
    logbook,
    make_deps,
    rng,
    store,
    world,
)

__all__ = [
    "api",
    "auth",
    "clock",
    "deps",
    "engine",
    "key",
    "logbook",
    "make_deps",
    "rng",
    "store",
    "world",
]
