from collections.abc import Iterator

import pytest

from tests.areas.conftest import SettableClock
from tests.attacks.ofd.nation import Nation
from tests.attacks.world import open_story


@pytest.fixture(scope="package")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    story, engine = open_story(tmp_path_factory.mktemp("national"), SettableClock())
    yield Nation(story).found()
    engine.dispose()
