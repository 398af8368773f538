"""The unit of work: one transaction = the state change + its facts (ARCHITECTURE section 7).

Nothing else commits. A writing unit holds the fair writer lock on SQLite and begins with BEGIN
IMMEDIATE; `now` is taken after that and stands on every row and leaf of the unit.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine, event
from sqlmodel import Session

from sealsvc.errors import Internal
from sealsvc.ports import Clock, Rng
from sealsvc.storage.db import BUSY_TIMEOUT_MS, MIGRATING, WRITING, FifoLock, is_sqlite
from sealsvc.storage.dberrors import database_errors
from sealsvc.storage.factrows import NewFact, insert_facts
from sealsvc.storage.idempotency import mark_committed
from sealsvc.storage.marks import UNIT, UnloggedChange, note_touched, subjects_touched
from sealsvc.tlog.leaf import SALT_BYTES, build_leaf
from sealsvc.values import Fact, FactId, Subject, random_id

# One snapshot for the whole look: PostgreSQL's default takes a new one for each statement.
SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

_alarm = structlog.get_logger("sealsvc.uow")


class StrayCommit(Internal):
    """Something tried to commit a change outside of the unit of work."""

    code = "STRAY_COMMIT"


class UnitOver(Internal):
    """A unit of work was used after its commit or its rollback; one unit is one transaction."""

    code = "UNIT_OVER"


class NestedUnit(Internal):
    """A thread that has a writing unit open asked for another one; they would wait for ever."""

    code = "NESTED_UNIT"


class SavepointRefused(Internal):
    """A savepoint was opened: a fact recorded in one that is rolled back would still be logged."""

    code = "SAVEPOINT_REFUSED"


@dataclass
class UnitOfWork:
    """One writing transaction. Use through `Store.write()`; leaving without commit rolls back."""

    session: Session
    now: datetime
    _rng: Rng
    _origin: str
    _touched: set[Subject] = field(default_factory=set)
    _recorded: list[tuple[FactId, Fact]] = field(default_factory=list)
    _committing: bool = False
    _rolled_back: bool = False
    committed: bool = False

    def record(self, fact: Fact) -> FactId:
        """Queue a fact for the log; it becomes true with `commit`. Returns its id.

        Raises: UnitOver.
        """
        self._check_open()
        fact_id = FactId(random_id("evt", self._rng.bytes(16)))
        self._recorded.append((fact_id, fact))
        return fact_id

    def commit(self) -> None:
        """Flush, insert the facts, COMMIT.

        Raises: UnloggedChange, UnitOver, LeafTooLarge, LeafMalformed, StorageFull, DatabaseBusy,
        DatabaseLost (its outcome may be unknown).
        """
        self._check_open()
        with database_errors():
            self.session.flush()
            self._check_facts_name_changes()
            self._insert_facts()
            mark_committed(self.session, [fact_id for fact_id, _ in self._recorded])
        self._committing = True
        try:
            with database_errors(committing=True):
                self.session.commit()
        finally:
            self._committing = False
        self.committed = True

    def rolled_back(self) -> None:
        """Remember that the transaction is gone (called by the engine listener)."""
        self._rolled_back = True

    def touch(self, subjects: set[Subject]) -> None:
        """Remember subjects whose rows this unit changed (called by the engine listener)."""
        self._touched |= subjects

    @property
    def may_commit(self) -> bool:
        """True only inside `commit`."""
        return self._committing

    @property
    def has_facts(self) -> bool:
        """Whether the log has something to do after this unit."""
        return bool(self._recorded)

    def _check_open(self) -> None:
        if self.committed or self._rolled_back:
            raise UnitOver()

    def _check_facts_name_changes(self) -> None:
        missing = set(self._touched)
        for _, fact in self._recorded:
            missing.difference_update(fact.subjects)
        if missing:
            kinds = ",".join(sorted({subject.kind for subject in missing}))
            raise UnloggedChange(kinds=kinds)

    def _insert_facts(self) -> None:
        if self._recorded:
            insert_facts(self.session, self.now, [self._new(*one) for one in self._recorded])

    def _new(self, fact_id: FactId, fact: Fact) -> NewFact:
        salt = self._rng.bytes(SALT_BYTES)
        leaf = build_leaf(fact=fact, fact_id=fact_id, at=self.now, salt=salt, origin=self._origin)
        return NewFact(fact_id, fact, leaf)


class Store:
    """The database as the areas see it: `write()` for a unit of work, `read()` for a look."""

    def __init__(self, engine: Engine, *, clock: Clock, rng: Rng, origin: str) -> None:
        self._engine = engine
        self._clock = clock
        self._rng = rng
        self._origin = origin
        self._lock = FifoLock() if is_sqlite(engine) else None
        self._look = {} if is_sqlite(engine) else SNAPSHOT
        self._thread = threading.local()
        self._after_commit: Callable[[], None] = lambda: None
        guard(engine)

    @property
    def engine(self) -> Engine:
        """The engine below; for the logbook and for health checks."""
        return self._engine

    @property
    def origin(self) -> str:
        """The configured origin of the log; every commitment is bound to it."""
        return self._origin

    def on_commit(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit that queued facts; its failure never fails the caller."""
        self._after_commit = wake

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A writing unit of work. Raises: NestedUnit, StorageFull, DatabaseBusy, DatabaseLost."""
        unit: UnitOfWork | None = None
        try:
            with database_errors(), self.writer_turn(), self._engine.connect() as plain:
                connection = plain.execution_options(**{WRITING: True})
                with Session(connection, expire_on_commit=False) as session:
                    session.connection()  # BEGIN now, so that `now` is taken after it
                    unit = UnitOfWork(
                        session=session, now=self._clock.now(), _rng=self._rng, _origin=self._origin
                    )
                    connection.execution_options(**{UNIT: unit})
                    yield unit
        finally:
            if unit is not None and unit.committed and unit.has_facts:
                self._wake()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read-only session on one snapshot; whatever it changes is rolled back.

        Raises: DatabaseBusy, DatabaseLost.
        """
        with database_errors(), self._engine.connect() as plain:
            connection = plain.execution_options(**self._look)
            with Session(connection) as session:
                try:
                    yield session
                finally:
                    session.rollback()

    @contextmanager
    def writer_turn(self) -> Iterator[None]:
        """One's turn at SQLite's single writer; nothing to wait for on PostgreSQL.

        Raises: NestedUnit, TurnTimeout.
        """
        if getattr(self._thread, "writing", False):
            raise NestedUnit()
        turn = nullcontext() if self._lock is None else self._lock.held(BUSY_TIMEOUT_MS / 1000)
        with turn:
            self._thread.writing = True
            try:
                yield
            finally:
                self._thread.writing = False

    def _wake(self) -> None:
        try:
            self._after_commit()
        except Exception:  # the facts are committed; the slow poll will find them
            _alarm.exception("log.wake_failed")


ReadFactory = Callable[[], AbstractContextManager[Session]]
WriteFactory = Callable[[], AbstractContextManager[UnitOfWork]]


def guard(engine: Engine) -> None:
    """Make the engine refuse unlogged changes and stray commits. Source: ARCHITECTURE 7.3."""
    event.listen(engine, "before_execute", _mark_touched)
    event.listen(engine, "commit", _refuse_stray_commit)
    event.listen(engine, "rollback", _note_rollback)
    event.listen(engine, "savepoint", _refuse_savepoint)


def _mark_touched(
    connection: Connection,
    statement: object,
    multiparams: list[dict[str, object]],
    params: dict[str, object],
    execution_options: dict[str, object],
) -> None:
    options = connection.get_execution_options()
    if getattr(statement, "is_select", False) and not options.get(WRITING):
        return  # a look cannot write by a SELECT: PostgreSQL's is READ ONLY, SQLite has no such one
    subjects = subjects_touched(statement, multiparams or [params])
    if subjects:
        note_touched(options, subjects)


def _refuse_stray_commit(connection: Connection) -> None:
    if connection.get_execution_options().get(MIGRATING):
        return
    unit = connection.get_execution_options().get(UNIT)
    if not isinstance(unit, UnitOfWork) or not unit.may_commit:
        raise StrayCommit()


def _note_rollback(connection: Connection) -> None:
    unit = connection.get_execution_options().get(UNIT)
    if isinstance(unit, UnitOfWork):
        unit.rolled_back()


def _refuse_savepoint(connection: Connection, _name: str) -> None:
    if not connection.get_execution_options().get(MIGRATING):
        raise SavepointRefused()
