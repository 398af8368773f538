"""The unit of work: one transaction = the state change + its facts (ARCHITECTURE section 7).

Nothing else commits. A writing unit holds the fair writer lock on SQLite and begins with BEGIN
IMMEDIATE; `now` is taken after that and stands on every row and leaf of the unit.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine, event, insert
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from sealsvc.errors import Internal
from sealsvc.ports import Clock, Rng, StorageFull
from sealsvc.storage.db import MIGRATING, WRITING, FifoLock, is_sqlite
from sealsvc.storage.idempotency import mark_committed
from sealsvc.storage.marks import subjects_touched
from sealsvc.storage.tables import FactRow, FactSubjectRow, LogQueueRow
from sealsvc.tlog.leaf import build_leaf
from sealsvc.values import Fact, FactId, Subject, random_id

UNIT = "sealsvc_unit"


class UnloggedChange(Internal):
    """A row that matters was changed without a fact that names it."""

    code = "UNLOGGED_CHANGE"


class StrayCommit(Internal):
    """Something tried to commit a change outside of the unit of work."""

    code = "STRAY_COMMIT"


@dataclass
class _Recorded:
    fact_id: FactId
    fact: Fact


@dataclass
class UnitOfWork:
    """One writing transaction. Use through `Store.write()`; leaving without commit rolls back."""

    session: Session
    now: datetime
    _rng: Rng
    _origin: str
    _touched: set[Subject] = field(default_factory=set)
    _recorded: list[_Recorded] = field(default_factory=list)
    _committing: bool = False
    committed: bool = False

    def record(self, fact: Fact) -> FactId:
        """Queue a fact for the log; it becomes true with `commit`. Returns its id."""
        fact_id = FactId(random_id("evt", self._rng.bytes(16)))
        self._recorded.append(_Recorded(fact_id, fact))
        return fact_id

    def commit(self) -> None:
        """Flush, insert the facts, COMMIT.

        Raises: UnloggedChange, LeafTooLarge, LeafMalformed, StorageFull.
        """
        self.session.flush()
        named = {subject for item in self._recorded for subject in item.fact.subjects}
        if missing := self._touched - named:
            kinds = ",".join(sorted({subject.kind for subject in missing}))
            raise UnloggedChange(kinds=kinds)
        self._insert_facts()
        mark_committed(self.session, [item.fact_id for item in self._recorded])
        self._committing = True
        self.session.commit()
        self.committed = True

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

    def _insert_facts(self) -> None:
        if not self._recorded:
            return
        facts, subjects, queue = [], [], []
        for item in self._recorded:
            leaf = build_leaf(
                fact=item.fact,
                fact_id=item.fact_id,
                at=self.now,
                salt=self._rng.bytes(32),
                origin=self._origin,
            )
            facts.append(
                {
                    "fact_id": item.fact_id,
                    "type": item.fact.type,
                    "at": self.now,
                    "entry": leaf.entry,
                    "payload": leaf.payload,
                    "salt": leaf.salt,
                }
            )
            subjects += [
                {"fact_id": item.fact_id, "kind": str(subject.kind), "subject_id": subject.id}
                for subject in dict.fromkeys(item.fact.subjects)
            ]
            queue.append({"fact_id": item.fact_id, "queued_at": self.now, "parked": False})
        self.session.execute(insert(FactRow), facts)
        if subjects:
            self.session.execute(insert(FactSubjectRow), subjects)
        self.session.execute(insert(LogQueueRow), queue)


class Store:
    """The database as the areas see it: `write()` for a unit of work, `read()` for a look."""

    def __init__(self, engine: Engine, *, clock: Clock, rng: Rng, origin: str) -> None:
        self._engine = engine
        self._clock = clock
        self._rng = rng
        self._origin = origin
        self._lock = FifoLock() if is_sqlite(engine) else None
        self._after_commit: Callable[[], None] = lambda: None
        guard(engine)

    @property
    def engine(self) -> Engine:
        """The engine below; for the logbook and for health checks."""
        return self._engine

    def on_commit(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit that queued facts; its failure never fails the caller."""
        self._after_commit = wake

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A writing unit of work. Raises: StorageFull."""
        with self.writer_turn(), self._engine.connect() as plain:
            connection = plain.execution_options(**{WRITING: True})
            with _storage_errors(), Session(connection, expire_on_commit=False) as session:
                session.connection()  # BEGIN now, so that `now` is taken after it
                unit = UnitOfWork(
                    session=session, now=self._clock.now(), _rng=self._rng, _origin=self._origin
                )
                connection.execution_options(**{UNIT: unit})
                yield unit
        if unit.committed and unit.has_facts:
            self._after_commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read-only session on one snapshot; whatever it changes is rolled back."""
        with self._engine.connect() as connection, Session(connection) as session:
            try:
                yield session
            finally:
                session.rollback()

    @contextmanager
    def writer_turn(self) -> Iterator[None]:
        """One's turn at SQLite's single writer; nothing to wait for on PostgreSQL."""
        if self._lock is None:
            yield
            return
        with self._lock.held():
            yield


ReadFactory = Callable[[], AbstractContextManager[Session]]
WriteFactory = Callable[[], AbstractContextManager[UnitOfWork]]


def guard(engine: Engine) -> None:
    """Make the engine refuse unlogged changes and stray commits. Source: ARCHITECTURE 7.3."""
    event.listen(engine, "before_execute", _mark_touched)
    event.listen(engine, "commit", _refuse_stray_commit)


def _mark_touched(
    connection: Connection,
    statement: object,
    multiparams: list[dict[str, object]],
    params: dict[str, object],
    execution_options: dict[str, object],
) -> None:
    subjects = subjects_touched(statement, multiparams or [params])
    if not subjects:
        return
    unit = connection.get_execution_options().get(UNIT)
    if not isinstance(unit, UnitOfWork):
        if connection.get_execution_options().get(MIGRATING):
            return
        raise UnloggedChange(kinds=",".join(sorted({subject.kind for subject in subjects})))
    unit.touch(subjects)


def _refuse_stray_commit(connection: Connection) -> None:
    if connection.get_execution_options().get(MIGRATING):
        return
    unit = connection.get_execution_options().get(UNIT)
    if not isinstance(unit, UnitOfWork) or not unit.may_commit:
        raise StrayCommit()


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        text = str(error.orig).lower()
        if "full" in text or "no space" in text or "disk i/o" in text or "readonly" in text:
            raise StorageFull(reason="database") from error
        raise
