"""The same application as for the transparency routes."""

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

__all__ = ["api", "clock", "deps", "engine", "key", "logbook", "make_deps", "rng", "store"]
