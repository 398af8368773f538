"""Drive a table through the real service: each step, each refusal, any order.

A driver knows how one kind of thing is brought through its actions; what is checked of it is the
same for all.
"""

import random
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlmodel import select

from sealsvc.errors import ServiceError
from sealsvc.storage.tables import FactRow, FactSubjectRow, LogQueueRow
from sealsvc.values import Transition
from tests.areas.lifecycles.stage import Stage

Row = Transition[Any, Any]


class Driver(ABC):
    """One thing on a stage. What it must remember of it stands in `stage.memo`.

    refusal: the code of a step that the table lacks. quiet: actions that are done by the clock or
    the worker, which do nothing where they do not apply. clock: actions that cannot be asked for.
    """

    table: ClassVar[tuple[Row, ...]]
    refusal: ClassVar[str]
    quiet: ClassVar[frozenset[Any]] = frozenset()
    clock: ClassVar[frozenset[Any]] = frozenset()

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.deps = stage.deps

    @staticmethod
    def prepare(stage: Stage) -> None:
        """What all of the kind stand on; done once."""
        assert stage.deps

    @abstractmethod
    def do(self, action: Any, target: Any) -> None:
        """The action, through the service. target: where an action leads to several states."""

    @abstractmethod
    def state(self) -> Any:
        """The state as the service answers it."""

    @abstractmethod
    def subject(self) -> str:
        """`kind:id` of the thing."""

    def refused_with(self, state: Any, action: Any) -> str:
        """The code of this refusal."""
        return self.refusal

    def askable(self, state: Any, action: Any) -> bool:
        """Whether somebody can ask for this step, which the table lacks."""
        return action not in self.clock

    def possible(self, row: Row) -> bool:
        """Whether the thing, as it stands, can take this step of the table."""
        return True

    def beside(self, row: Row) -> list[str]:
        """Facts of the same family that go along with the step's own."""
        return []

    def recorded(self) -> list[str]:
        """Types of the thing's own facts, in order."""
        families = {row.fact_type.partition(".")[0] for row in self.table if row.fact_type}
        kind, _, subject_id = self.subject().partition(":")
        query = (
            select(FactRow.type)
            .join(FactSubjectRow, FactSubjectRow.seq == FactRow.seq)  # type: ignore[arg-type]
            .join(LogQueueRow, LogQueueRow.seq == FactRow.seq)  # type: ignore[arg-type]
            .where(FactSubjectRow.kind == kind, FactSubjectRow.subject_id == subject_id)
            .order_by(LogQueueRow.seq)  # type: ignore[arg-type]
        )
        with self.deps.read() as session:
            found = list(session.exec(query).all())
        return [one for one in found if one.partition(".")[0] in families]

    def settle(self) -> None:
        """End what the driver left running."""
        assert self.stage.deps


def states_of(table: Iterable[Row]) -> list[StrEnum]:
    return list(dict.fromkeys(row.target for row in table))


def path_to(table: tuple[Row, ...], goal: Any) -> list[Row]:
    """A shortest way from nothing to the state."""
    ways: dict[Any, list[Row]] = {None: []}
    waiting: list[Any] = [None]
    while goal not in ways:
        here = waiting.pop(0)
        for row in table:
            if row.source is here and row.target not in ways:
                ways[row.target] = [*ways[here], row]
                waiting.append(row.target)
    return ways[goal]


class Walk:
    """Stages of one driver, each state reached once and copied from then on."""

    def __init__(self, driver: type[Driver], folder: Path, *, resumable: bool = True) -> None:
        self.driver, self.folder, self.resumable = driver, folder, resumable
        self._reached: dict[Any, Stage] = {}
        self._count = 0

    def at(self, state: Any) -> Driver:
        """A driver of its own whose thing is in the state; None: nothing is there yet."""
        if state not in self._reached and (state is None or self.resumable):
            self._reached[state] = self._reach(state)
        if state in self._reached:
            return self.driver(self._reached[state].copy(self._fresh()))
        driver = self.at(None)
        for row in path_to(self.driver.table, state):
            step(driver, row)
        return driver

    def done(self, driver: Driver) -> None:
        driver.settle()
        driver.stage.close()
        shutil.rmtree(driver.stage.folder)

    def _reach(self, state: Any) -> Stage:
        if state is None:
            stage = Stage(self._fresh()).open()
            self.driver.prepare(stage)
            return stage
        row = path_to(self.driver.table, state)[-1]
        driver = self.at(row.source)
        step(driver, row)
        return driver.stage

    def _fresh(self) -> Path:
        self._count += 1
        return self.folder / f"stage-{self._count}"


def step(driver: Driver, row: Row) -> None:
    """A step of the table: it succeeds, the state is the target, and its fact is recorded."""
    before = driver.recorded()
    driver.do(row.action, row.target)
    assert driver.state() is row.target, row
    fresh = driver.recorded()[len(before) :]
    wanted = [*([row.fact_type] if row.fact_type else []), *driver.beside(row)]
    assert sorted(fresh) == sorted(wanted), row


def refuse(driver: Driver, state: Any, action: Any) -> None:
    """A step that the table lacks: refused with the declared code, nothing changed or recorded."""
    before = driver.recorded()
    target = next(row.target for row in driver.table if row.action is action)
    if action in driver.quiet:
        driver.do(action, target)
    else:
        with pytest.raises(ServiceError) as caught:
            driver.do(action, target)
        wanted = driver.refused_with(state, action)
        assert caught.value.code == wanted, (state, action, caught.value)
    assert driver.state() is state, action
    assert driver.recorded() == before, (state, action)


def actions_of(table: Iterable[Row]) -> list[Any]:
    """The actions on a thing that is there."""
    return list(dict.fromkeys(row.action for row in table if row.source is not None))


def legal(table: Iterable[Row], state: Any, action: Any) -> list[Row]:
    return [row for row in table if row.source is state and row.action is action]


def check_each_step(walk: Walk) -> None:
    """Every transition of the table is taken, every other one refused."""
    table, taken = walk.driver.table, set()
    for row in table:
        driver = walk.at(row.source)
        step(driver, row)
        taken.add(row)
        walk.done(driver)
    assert taken == set(table)
    for state in states_of(table):
        driver = walk.at(state)
        for action in actions_of(table):
            if not legal(table, state, action) and driver.askable(state, action):
                refuse(driver, state, action)
        walk.done(driver)


def check_any_order(walk: Walk, *, examples: int = 6, steps: int = 12) -> None:
    """Random actions, legal or not, against the table; the same ones at each run."""
    table = walk.driver.table
    births = [row for row in table if row.source is None]

    class Life(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.driver = walk.at(None)
            self.now: Any = None

        @rule(at=st.integers(0, 999), seed=st.randoms(use_true_random=False))
        def act(self, at: int, seed: random.Random) -> None:
            if self.now is None:
                row = births[at % len(births)]
            else:
                # Two in three are of the table, else a life would hardly get anywhere.
                leaving = [row for row in table if row.source is self.now]
                actions = actions_of(table)
                action = actions[at % len(actions)]
                rows = legal(table, self.now, action)
                if not rows and leaving and at % 3:
                    rows = [leaving[at % len(leaving)]]
                if not rows:
                    if self.driver.askable(self.now, action):
                        refuse(self.driver, self.now, action)
                    return
                row = seed.choice(rows)
                if not self.driver.possible(row):
                    return
            step(self.driver, row)
            self.now = row.target

        def teardown(self) -> None:
            walk.done(self.driver)

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Life,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
