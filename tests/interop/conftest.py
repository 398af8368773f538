"""The live service of `tests/live`, for counterparts that check what it sealed."""

from tests.live.fixtures import live, sealed

__all__ = ["live", "sealed"]
