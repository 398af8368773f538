from collections.abc import Iterator

import pytest

from tests.areas.conftest import SettableClock
from tests.attacks.world import World, open_story


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    story, engine = open_story(tmp_path_factory.mktemp("attacks"), SettableClock())
    yield World(story)
    engine.dispose()
