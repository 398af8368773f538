"""The log against a plain list, through any order of writes, rollbacks, restarts and copies."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sealsvc.ports import DatabaseLost
from sealsvc.storage import logbook as logbook_module
from sealsvc.storage.logbook import Head
from sealsvc.tlog.tree import EMPTY_ROOT, Frontier, hash_leaf
from tests.areas.conftest import SettableClock
from tests.areas.storage.support import logged, plain, prove_growth, write_facts
from tests.crash.world import World, create_world, open_world, sqlite_place

FEW = st.integers(0, 5)
MANY = st.integers(200, 300)


class LogMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
        self.place = sqlite_place(self.folder)
        self.clock = SettableClock()
        self.world = create_world(self.place, clock=self.clock)
        self.world.logbook.sequence()
        self.sequenced = logged(self.world.store)
        self.queued: list[str] = []
        self.heads: list[Head] = [self.world.logbook.head()]

    def teardown(self) -> None:
        self.world.engine.dispose()
        shutil.rmtree(self.folder)

    @rule(count=FEW | MANY)
    def write(self, count: int) -> None:
        self.queued += write_facts(self.world.store, count)

    @rule(count=FEW)
    def roll_back(self, count: int) -> None:
        with self.world.store.write() as tx:
            for number in range(count):
                tx.record(plain(number))

    @rule(seconds=st.integers(-20, 4_000))
    def time_goes_on(self, seconds: int) -> None:
        self.clock.at = max(self.heads[-1].at, self.clock.at)
        self.clock.forward(seconds=seconds)

    @rule()
    def sequence(self) -> None:
        assert self.world.logbook.sequence() == len(self.queued)
        self.taken()

    @rule(rows=st.integers(1, 40))
    def sequence_in_small_batches(self, rows: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(logbook_module, "BATCH_ROWS", rows)
            self.sequence()

    @rule(took_effect=st.booleans())
    def lose_the_answer_of_a_commit(self, took_effect: bool) -> None:
        if not self.queued or len(self.queued) > logbook_module.BATCH_ROWS:
            return
        dialect = self.world.engine.dialect
        commit = dialect.do_commit

        def lose(connection: object) -> None:
            if took_effect:
                commit(connection)  # type: ignore[arg-type]
            raise dialect.loaded_dbapi.OperationalError("the connection is gone")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dialect, "do_commit", lose)
            with pytest.raises(DatabaseLost):
                self.world.logbook.sequence()
        if took_effect:
            self.taken()

    @rule()
    def crash_and_reload(self) -> None:
        self.world.engine.dispose()
        self.world = open_world(self.place, clock=self.clock)

    @rule()
    def second_process(self) -> None:
        """Another one sequences; ours has kept nothing that could be stale."""
        other: World = open_world(self.place, clock=self.clock)
        assert other.logbook.sequence() == len(self.queued)
        self.taken()
        other.engine.dispose()

    @rule()
    def check(self) -> None:
        self.world.logbook.check()

    def taken(self) -> None:
        self.sequenced += self.queued
        self.queued = []

    @invariant()
    def log_is_the_list(self) -> None:
        assert logged(self.world.store) == self.sequenced

    @invariant()
    def heads_are_consistent(self) -> None:
        head = self.world.logbook.head()
        assert head.size == len(self.sequenced)
        with self.world.store.read() as session:
            for old in self.heads:
                prove_growth(session, old, head)
            entries = logbook_module.read_entries(session, 0, head.size)
        frontier = Frontier()
        for entry in entries:
            frontier.append(hash_leaf(entry))
        assert frontier.root() == head.root
        assert head.at >= self.heads[-1].at
        if head != self.heads[-1]:
            self.heads.append(head)


TestLog = LogMachine.TestCase
TestLog.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


def test_empty_log_has_the_empty_root(tmp_path: Path) -> None:
    world = create_world(sqlite_place(tmp_path))
    assert world.logbook.head().root == EMPTY_ROOT
    world.logbook.check()
