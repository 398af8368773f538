"""The same application as for the verification routes."""

from tests.api.verifications.conftest import (
    api,
    clock,
    deps,
    engine,
    key,
    logbook,
    make_deps,
    rng,
    store,
    story,
)

__all__ = [
    "api",
    "clock",
    "deps",
    "engine",
    "key",
    "logbook",
    "make_deps",
    "rng",
    "store",
    "story",
]
