"""300 deaths between the steps of ARCHITECTURE section 7 (transparency-log section 11)."""

import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealsvc.tlog.checkpoint import Checkpoint
from tests.crash.examiner import History, Zygote, examine, order_for, prove
from tests.crash.fuse import NAMED
from tests.crash.world import Place, create_world, open_world, postgres_place, sqlite_place

FOLDERS, DEATHS_EACH = 20, 15
POSTGRES_FOLDERS = 4
_deaths: Counter[str] = Counter()


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: a killed process loses nothing that it wrote, so
    that waiting for the disk would test nothing more."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        yield Path(name)


def die_again_and_again(zygote: Zygote, place: Place, seed: int) -> History:
    chance = random.Random(seed)
    create_world(place).engine.dispose()
    history, number = History(), seed * DEATHS_EACH
    while history.deaths.total() - history.deaths["end"] < DEATHS_EACH:
        fresh = history.take(zygote.kill_one(order_for(place, number, chance)))
        examine(place, history, list(dict.fromkeys(fresh)))
        number += 1
    return history


def prove_all(place: Place, history: History) -> None:
    world = open_world(place)
    head = world.logbook.head()
    present = Checkpoint(head.origin, head.size, head.root)
    with world.store.read() as session:
        for size, root in history.released.items():
            prove(session, Checkpoint(head.origin, size, root), present)
    world.engine.dispose()


@pytest.mark.parametrize("seed", range(FOLDERS))
def test_nothing_acknowledged_is_lost_and_no_fork(zygote: Zygote, folder: Path, seed: int) -> None:
    place = sqlite_place(folder)
    history = die_again_and_again(zygote, place, seed)
    prove_all(place, history)
    assert len(history.released) > 1
    _deaths.update(history.deaths)


def test_every_named_step_was_among_the_deaths() -> None:
    if _deaths.total() - _deaths["end"] < FOLDERS * DEATHS_EACH:
        pytest.skip("not all of the folders ran in this process")
    assert set(NAMED) - set(_deaths) == set()


@pytest.mark.postgres
@pytest.mark.skipif(
    "SEALSVC_TEST_POSTGRES" not in os.environ,
    reason="no PostgreSQL: SEALSVC_TEST_POSTGRES is not set",
)
@pytest.mark.parametrize("seed", range(100, 100 + POSTGRES_FOLDERS))
def test_the_same_on_postgres(zygote: Zygote, folder: Path, seed: int) -> None:
    place = postgres_place(folder, os.environ["SEALSVC_TEST_POSTGRES"], f"crash_{seed}")
    history = die_again_and_again(zygote, place, seed)
    prove_all(place, history)
    assert len(history.released) > 1
