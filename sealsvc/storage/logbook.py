"""The log's committed state: queue -> entries, tiles, signed head. Never signs a fork.

Order of one run (transparency-log section 11; ARCHITECTURE section 7.7): read the head, then the
queue and the right-edge tiles; compute in memory; recompute the root by a second path; sign;
verify the fresh signature; one transaction moves the head by compare-and-swap and writes entries
and tiles; then the high-water mark; only then does the new checkpoint leave the process. Nothing
is kept in memory between runs, so a commit of unknown outcome needs no repair.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import insert, inspect, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session

from sealsvc.errors import Conflict, Internal, NotFound, Unavailable
from sealsvc.ports import Clock, HighWater
from sealsvc.storage.leadership import Leadership
from sealsvc.storage.logqueue import QueuedFact, forget, next_batch, oldest_queued_at, park
from sealsvc.storage.logsql import HEAD, HEAD_ID, LAST_CHECKPOINT, LAST_ENTRY, MOVE_HEAD
from sealsvc.storage.rows import Cell, insert_rows
from sealsvc.storage.tables import CheckpointRow, FactRow, LogEntryRow, LogHeadRow
from sealsvc.storage.tiledata import TileNotFound, overlaid, remembered, tile_reader, write_tiles
from sealsvc.storage.uow import Store, UnitOfWork
from sealsvc.tlog import TlogError
from sealsvc.tlog.checkpoint import Checkpoint, parse_checkpoint
from sealsvc.tlog.keys import parse_vkey
from sealsvc.tlog.leaf import MAX_ENTRY_BYTES
from sealsvc.tlog.note import NoteSigner, open_note, sign_note
from sealsvc.tlog.tilerows import Growth, TileBuilder, TileNodes, TileReader, extend_tiles
from sealsvc.tlog.tiles import Tile
from sealsvc.tlog.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    hash_leaf,
    verify_consistency,
)
from sealsvc.values import Fact

BATCH_ROWS = 1_024
HUNG_AFTER = timedelta(seconds=5)
CLOCK_TOLERANCE = timedelta(seconds=60)
CHECKPOINT_EVERY = timedelta(hours=1)

_alarm = structlog.get_logger("sealsvc.log")


class LogMissing(NotFound):
    """The database holds no log; creating one is an explicit act (`sealsvc init`)."""

    code = "LOG_MISSING"


class LogExists(Conflict):
    """The database already holds a log."""

    code = "LOG_EXISTS"


class LogForkRefused(Internal):
    """Signing would contradict what was signed or released before; an operator must look.

    A high-water mark that is gone counts as one that contradicts: the operator who is sure puts
    the file back by hand (`FileHighWater` tells its form).
    """

    code = "LOG_FORK_REFUSED"


class LogClockBehind(Unavailable):
    """The clock is more than a minute behind the last checkpoint."""

    code = "LOG_CLOCK_BEHIND"


class HeadMoved(Conflict):
    """Another sequencer moved the head first; this run is discarded."""

    code = "LOG_HEAD_MOVED"


class BatchRefused(Internal):
    """The database does not take this batch; the next run is built anew, in time a smaller one."""

    code = "LOG_BATCH_REFUSED"


@dataclass(frozen=True)
class Head:
    """What the log has committed itself to. checkpoint: the signed note's bytes."""

    origin: str
    vkey: str
    size: int
    root: bytes
    checkpoint: bytes
    at: datetime


@dataclass(frozen=True)
class LogKey:
    """The log's signing key: its verifier string, and a function that signs note texts."""

    vkey: str
    sign: Callable[[bytes], bytes]


class Logbook:
    """Sequences committed facts and tells the released head."""

    def __init__(
        self, store: Store, *, key: LogKey, clock: Clock, mark: HighWater, leadership: Leadership
    ) -> None:
        self._store = store
        self._key = key
        self._clock = clock
        self._mark = mark
        self._leadership = leadership
        self._failures = 0

    def create(self, origin: str) -> None:
        """Start an empty log whose first leaf will be `log.created`.

        Raises: LogExists, LogForkRefused when `origin` is not the store's.
        Source: transparency-log section 11.10; CONTRACT section 4.
        """
        if origin != self._store.origin:
            raise LogForkRefused(reason="the store is configured for another origin")
        if self._mark.read() is not None:
            raise LogExists(reason="the high-water mark knows a log")
        note = self._sign(Checkpoint(origin, 0, EMPTY_ROOT))
        with self._store.write() as tx:
            if tx.session.get(LogHeadRow, HEAD_ID) is not None:
                raise LogExists(reason="the database holds a log")
            row = {"id": HEAD_ID, "origin": origin, "vkey": self._key.vkey, "size": 0}
            row |= {"root": EMPTY_ROOT, "checkpoint": note, "at": tx.now}
            tx.session.execute(insert(LogHeadRow), [row])
            tx.record(Fact("log.created", (), public={"origin": origin, "vkey": self._key.vkey}))
            tx.commit()
        self._mark.raise_to(0, EMPTY_ROOT)

    def check(self) -> None:
        """The start-up checks; heals a mark that a crash left behind the head.

        Raises: LogMissing, LogForkRefused, LogClockBehind.
        Source: transparency-log section 11.8-11.9.
        """
        mark = self._mark.read()
        with self._store.read() as session:
            if not inspect(session.connection()).has_table(LogHeadRow.__tablename__):
                raise LogMissing()
            head = _read_head(session)
            _check_entry_count(session, head)
            read = remembered(tile_reader(session))
            with _tiles_sound():
                self._check_head(head, mark, read)
                if TileBuilder.resume(head.size, read).root() != head.root:
                    raise LogForkRefused(reason="tiles do not reproduce the signed root")
                _check_last_entries(session, head, read)
        self._checkpoint_time(head)
        self._mark.raise_to(head.size, head.root)

    def head(self) -> Head:
        """The released head: the high-water mark is at or beyond it.

        Raises: LogMissing, LogForkRefused.
        """
        mark = self._mark.read()  # before the head: so a healthy head is never behind the mark
        with self._store.read() as session:
            head = _read_head(session)
        _check_mark_size(mark, head)
        if mark is None or mark[0] < head.size:
            self._mark.raise_to(head.size, head.root)
        elif mark[1] != head.root:
            raise LogForkRefused(reason="the high-water mark has another root")
        return head

    def sequence(self) -> int:
        """Give indexes to what is queued by now; the number of new entries.

        Raises: LogMissing, LogForkRefused, LogClockBehind, StorageFull, DatabaseBusy,
        DatabaseLost; what is queued stays queued.
        """
        total = 0
        while True:
            with self._leadership.hold(HUNG_AFTER.total_seconds()) as held:
                if not held and not self._leader_hangs():
                    return total
                if not held:
                    _alarm.error("log.leader_hangs")
                try:
                    added, more = self._run_once()
                except (HeadMoved, BatchRefused):
                    continue
            total += added
            if not more:
                return total

    def _run_once(self) -> tuple[int, bool]:
        """How many entries, and whether facts may be left in the queue."""
        mark = self._mark.read()
        with self._store.read() as session:
            head = _read_head(session)  # the head before the tiles, on one snapshot
            batch, more = next_batch(session, max(1, BATCH_ROWS >> max(0, self._failures - 2)))
            if not batch:
                return 0, False
            _check_entry_count(session, head)
            with _tiles_sound():
                hashes = _leaf_hashes(batch)
                growth = self._grow(head, mark, hashes, remembered(tile_reader(session)))
        if mark is None:
            self._mark.raise_to(head.size, head.root)  # a crash in `create` left none
        at = self._checkpoint_time(head)
        note = self._sign(Checkpoint(head.origin, growth.size, growth.root))
        try:
            with self._store.write() as tx:
                self._move_head(tx, head, growth, (note, at))
                _write_entries(tx.session, head.size, batch, hashes)
                write_tiles(tx.session, growth.tiles)
                tx.commit()
        except (IntegrityError, DataError, BatchRefused) as error:
            self._after_failure(batch, str(getattr(error, "orig", error)))
            raise BatchRefused(rows=len(batch)) from error
        self._failures = 0
        self._mark.raise_to(growth.size, growth.root)
        return len(batch), more

    def _grow(
        self,
        head: Head,
        mark: tuple[int, bytes] | None,
        hashes: list[bytes],
        read: TileReader,
    ) -> Growth:
        """The new tiles and root, agreed on by two independent computations."""
        self._check_head(head, mark, read)
        growth = extend_tiles(head.size, hashes, read)
        frontier = Frontier.resume(head.size, TileNodes(head.size, read))
        if frontier.root() != head.root:
            raise LogForkRefused(reason="tiles do not reproduce the signed root")
        for leaf_hash in hashes:
            frontier.append(leaf_hash)
        if frontier.root() != growth.root:
            raise LogForkRefused(reason="two computations of the root disagree")
        if head.size:
            nodes = TileNodes(growth.size, overlaid(growth.tiles, read))
            path = consistency_path(head.size, growth.size, nodes)
            verify_consistency(head.size, growth.size, head.root, growth.root, path)
        return growth

    def _check_head(self, head: Head, mark: tuple[int, bytes] | None, read: TileReader) -> None:
        """Ours, signed by us, and not behind what was released. Rules 11.8 and 11.9."""
        if head.vkey != self._key.vkey:
            raise LogForkRefused(reason="the configured key is not the log's")
        if head.origin != self._store.origin:
            raise LogForkRefused(reason="the configured origin is not the log's")
        note = open_note(head.checkpoint, [parse_vkey(self._key.vkey)])
        if parse_checkpoint(note.text) != Checkpoint(head.origin, head.size, head.root):
            raise LogForkRefused(reason="the signed checkpoint is not the head")
        _check_mark_size(mark, head)
        if mark is None or not mark[0]:
            return
        if Frontier.resume(mark[0], TileNodes(head.size, read)).root() != mark[1]:
            raise LogForkRefused(reason="the database contradicts what was released")

    def _move_head(
        self, tx: UnitOfWork, old: Head, growth: Growth, signed: tuple[bytes, datetime]
    ) -> None:
        note, at = signed
        connection = tx.session.connection()
        new = {"size": growth.size, "root": growth.root, "checkpoint": note, "at": at}
        moved = connection.execute(MOVE_HEAD, {"old_size": old.size, "old_root": old.root, **new})
        if moved.rowcount != 1:
            raise HeadMoved(size=old.size)
        last = connection.execute(LAST_CHECKPOINT).scalar()
        if last is None or at - last >= CHECKPOINT_EVERY:
            row = {"size": growth.size, "root": growth.root, "note": note, "at": at}
            tx.session.execute(insert(CheckpointRow), [row])

    def _sign(self, checkpoint: Checkpoint) -> bytes:
        """A signed checkpoint, the fresh signature verified before it is used."""
        key = parse_vkey(self._key.vkey)
        note = sign_note(checkpoint.text(), [NoteSigner(key, self._key.sign)])
        try:
            open_note(note, [key])
        except TlogError as error:
            raise LogForkRefused(reason="the fresh signature does not verify") from error
        return note

    def _checkpoint_time(self, head: Head) -> datetime:
        now = self._clock.now()
        if now < head.at - CLOCK_TOLERANCE:
            raise LogClockBehind()
        return max(now, head.at)

    def _leader_hangs(self) -> bool:
        """Something has waited, and the head has stood still, for longer than any run takes."""
        with self._store.read() as session:
            oldest = oldest_queued_at(session)
            moved = _read_head(session).at
        return oldest is not None and self._clock.now() - max(oldest, moved) > HUNG_AFTER

    def _after_failure(self, batch: list[QueuedFact], reason: str) -> None:
        """Three failures halve the batch; a single row that still fails is parked. Rule 11.11."""
        self._failures += 1
        _alarm.error("log.batch_refused", rows=len(batch), reason=reason, run=self._failures)
        if len(batch) == 1 and self._failures >= 3:
            with self._store.write() as tx:
                parked = park(tx.session, batch[0].seq)
                tx.commit()
            _alarm.error("log.fact_parked", fact_id=parked)
            self._failures = 0


def read_entries(session: Session, start: int, count: int = 256) -> list[bytes]:
    """The exact bytes of up to `count` entries from index `start` on."""
    entry = LogEntryRow.__table__.c  # type: ignore[attr-defined]
    fact = FactRow.__table__.c  # type: ignore[attr-defined]
    query = (
        select(fact.entry)
        .join_from(LogEntryRow, FactRow, entry.seq == fact.seq)
        .where(entry.idx >= start, entry.idx < start + count)
        .order_by(entry.idx)
    )
    return [bytes(value) for value in session.scalars(query)]


def _read_head(session: Session) -> Head:
    row = session.connection().execute(HEAD).first()
    if row is None:
        raise LogMissing()
    origin, vkey, size, root, checkpoint, at = row
    return Head(origin, vkey, size, bytes(root), bytes(checkpoint), at)


@contextmanager
def _tiles_sound() -> Iterator[None]:
    """What cannot be read or proved from the stored tiles is no reason to sign anything."""
    try:
        yield
    except (TileNotFound, TlogError) as error:
        raise LogForkRefused(reason=f"the stored log is damaged: {error}") from error


def _check_mark_size(mark: tuple[int, bytes] | None, head: Head) -> None:
    """The store is at or beyond the mark, and the mark is there. Rule 11.9."""
    if mark is None and head.size:
        raise LogForkRefused(reason="the high-water mark is gone", size=head.size)
    if mark is not None and mark[0] > head.size:
        raise LogForkRefused(reason="the database is older than what was released", size=mark[0])


def _check_entry_count(session: Session, head: Head) -> None:
    """Entries end where the head says. What lies beyond would be taken for rows that are bad."""
    last = session.connection().execute(LAST_ENTRY).scalar()
    if (-1 if last is None else last) != head.size - 1:
        raise LogForkRefused(reason="entries and head disagree", size=head.size)


def _check_last_entries(session: Session, head: Head, read: TileReader) -> None:
    """The last tile of leaf hashes agrees with the entries' bytes (rule 11.8)."""
    if head.size == 0:
        return
    index = (head.size - 1) // 256
    stored = read(Tile(0, index, head.size - index * 256))
    if stored != b"".join(hash_leaf(entry) for entry in read_entries(session, index * 256)):
        raise LogForkRefused(reason="the last bundle disagrees with its tile")


def _leaf_hashes(batch: list[QueuedFact]) -> list[bytes]:
    return [hash_leaf(item.entry) for item in batch]


def _write_entries(
    session: Session, start: int, batch: list[QueuedFact], hashes: list[bytes]
) -> None:
    if any(len(item.entry) > MAX_ENTRY_BYTES for item in batch):
        raise BatchRefused(reason="an entry is too long")
    rows: list[tuple[Cell, ...]] = [
        (start + offset, item.seq, leaf_hash)
        for offset, (item, leaf_hash) in enumerate(zip(batch, hashes, strict=True))
    ]
    insert_rows(session, LogEntryRow, ("idx", "seq", "leaf_hash"), rows)
    forget(session, batch)
