"""Eight writers at once, a third of them rolled back: no gap, no double, nobody starves."""

import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue

import pytest
from sqlalchemy import func, select

from sealsvc.storage.db import FifoLock, TurnTimeout
from sealsvc.storage.logbook import Logbook
from sealsvc.storage.tables import LogQueueRow
from sealsvc.storage.uow import Store
from sealsvc.values import Fact
from tests.areas.storage.support import logged, prove_growth
from tests.crash.world import create_world, open_world, sqlite_place

ROOT = Path(__file__).resolve().parents[3]
WRITERS, SEQUENCERS, WRITES = 8, 2, 30


class Crowd:
    """Writers and sequencers in threads of this process."""

    def __init__(self, store: Store, logbook: Logbook, seed: int) -> None:
        self.store = store
        self.logbook = logbook
        self.committed: SimpleQueue[str] = SimpleQueue()
        self.errors: SimpleQueue[BaseException] = SimpleQueue()
        self.waits_s: SimpleQueue[float] = SimpleQueue()
        self._over = threading.Event()
        self._seed = seed

    def run(self) -> list[str]:
        """The committed fact ids."""
        writers = [
            threading.Thread(target=self._guarded, args=(self._write, number))
            for number in range(WRITERS)
        ]
        sequencers = [
            threading.Thread(target=self._guarded, args=(self._sequence, number))
            for number in range(SEQUENCERS)
        ]
        for thread in writers + sequencers:
            thread.start()
        for thread in writers:
            thread.join()
        self._over.set()
        for thread in sequencers:
            thread.join()
        assert self.errors.empty(), self.errors.get()
        return [self.committed.get() for _ in range(self.committed.qsize())]

    def _guarded(self, work: object, number: int) -> None:
        try:
            work(number)  # type: ignore[operator]
        except BaseException as error:
            self.errors.put(error)

    def _write(self, number: int) -> None:
        chance = random.Random(f"{self._seed} {number}")
        for count in range(WRITES):
            began = time.perf_counter()
            with self.store.write() as tx:
                made = [
                    tx.record(Fact("thing.made", (), public={"n": count}))
                    for _ in range(chance.randrange(1, 4))
                ]
                if count % 3 != 2:
                    tx.commit()
            self.waits_s.put(time.perf_counter() - began)
            if count % 3 != 2:
                for fact_id in made:
                    self.committed.put(fact_id)

    def _sequence(self, _number: int) -> None:
        while not self._over.is_set():
            old = self.logbook.head()
            self.logbook.sequence()
            new = self.logbook.head()
            with self.store.read() as session:
                prove_growth(session, old, new)


def test_eight_writers_two_sequencers(store: Store, logbook: Logbook) -> None:
    crowd = Crowd(store, logbook, 1)
    committed = crowd.run()
    logbook.sequence()
    found = logged(store)[1:]
    assert len(found) == len(set(found))
    assert set(found) == set(committed)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(LogQueueRow)) == 0
    logbook.check()
    waits = sorted(crowd.waits_s.get() for _ in range(crowd.waits_s.qsize()))
    print(f"write latency p50 {waits[len(waits) // 2]:.4f} s, p95 {waits[-len(waits) // 20]:.4f} s")


CHILD = """
import json, sys
from tests.areas.storage.test_concurrency import Crowd
from tests.crash.world import Place, open_world

world = open_world(Place(sys.argv[1], sys.argv[2]))
world.logbook.check()
print(json.dumps(Crowd(world.store, world.logbook, int(sys.argv[3])).run()))
"""


def test_two_processes_on_one_sqlite_file(tmp_path: Path) -> None:
    place = sqlite_place(tmp_path)
    world = create_world(place)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, place.folder, place.url, str(seed)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        for seed in range(2)
    ]
    committed: list[str] = []
    for child in children:
        out, _ = child.communicate()
        assert child.returncode == 0
        committed += json.loads(out)
    world.logbook.sequence()
    found = logged(world.store)[1:]
    assert len(found) == len(set(found))
    assert set(found) == set(committed)
    world.logbook.check()
    world.engine.dispose()
    open_world(place).logbook.check()


def test_turns_are_first_come_first_served() -> None:
    lock, order = FifoLock(), []
    threads = []
    lock.acquire(1)

    def take(number: int) -> None:
        with lock.held(10):
            order.append(number)

    for number in range(20):
        thread = threading.Thread(target=take, args=(number,))
        thread.start()
        while len(lock._waiting) <= number:
            time.sleep(0.001)
        threads.append(thread)
    lock.release()
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_who_gives_up_is_passed_over() -> None:
    lock = FifoLock()
    lock.acquire(1)
    with pytest.raises(TurnTimeout):
        lock.acquire(0.01)
    lock.release()
    lock.acquire(0.01)
    lock.release()


@pytest.mark.parametrize("handed_over", [False, True])
def test_interrupt_while_waiting(monkeypatch: pytest.MonkeyPatch, handed_over: bool) -> None:
    lock = FifoLock()
    lock.acquire(1)

    def interrupt(_self: threading.Event, _timeout: float) -> bool:
        if handed_over:
            lock.release()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Event, "wait", interrupt)
        with pytest.raises(KeyboardInterrupt):
            lock.acquire(1)
    if not handed_over:
        lock.release()
    lock.acquire(0.01)


def test_turn_that_comes_in_the_last_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = FifoLock()
    lock.acquire(1)

    def late(_self: threading.Event, _timeout: float) -> bool:
        lock.release()
        return False

    with monkeypatch.context() as patch:
        patch.setattr(threading.Event, "wait", late)
        lock.acquire(1)
    with pytest.raises(TurnTimeout):
        lock.acquire(0.01)
