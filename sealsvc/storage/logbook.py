"""The log's committed state: queue -> entries, tiles, signed head. Never signs a fork.

Order of one run (transparency-log section 11; ARCHITECTURE section 7.7): read the head, then the
queue and the right-edge tiles; compute in memory; recompute the root by a second path; sign;
verify the fresh signature; one transaction moves the head by compare-and-swap and writes entries
and tiles; then the high-water mark; only then does the new checkpoint leave the process. Nothing
is kept in memory between runs, so a commit of unknown outcome needs no repair.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from sealsvc.errors import Conflict, Internal, NotFound, Unavailable
from sealsvc.ports import Clock, HighWater
from sealsvc.storage.leadership import Leadership
from sealsvc.storage.logqueue import QueuedFact, next_batch, oldest_queued_at, park
from sealsvc.storage.tables import CheckpointRow, FactRow, LogEntryRow, LogHeadRow, LogQueueRow
from sealsvc.storage.tiledata import tile_reader, write_tiles
from sealsvc.storage.uow import Store, UnitOfWork
from sealsvc.tlog.checkpoint import Checkpoint
from sealsvc.tlog.keys import parse_vkey
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
HEAD_ID = 1

_alarm = structlog.get_logger("sealsvc.log")


class LogMissing(NotFound):
    """The database holds no log; creating one is an explicit act (`sealsvc init`)."""

    code = "LOG_MISSING"


class LogExists(Conflict):
    """The database already holds a log."""

    code = "LOG_EXISTS"


class LogForkRefused(Internal):
    """Signing would contradict what was signed or released before; an operator must look."""

    code = "LOG_FORK_REFUSED"


class LogClockBehind(Unavailable):
    """The clock is more than a minute behind the last checkpoint."""

    code = "LOG_CLOCK_BEHIND"


class HeadMoved(Conflict):
    """Another sequencer moved the head first; this run is discarded."""

    code = "LOG_HEAD_MOVED"


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

        Raises: LogExists. Source: transparency-log section 11.10; CONTRACT section 4.
        """
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

    def check(self) -> None:
        """The start-up checks; heals a mark that a crash left behind the head.

        Raises: LogMissing, LogForkRefused, LogClockBehind.
        Source: transparency-log section 11.8-11.9.
        """
        with self._store.read() as session:
            head = _read_head(session)
            read = tile_reader(session)
            if head.vkey != self._key.vkey:
                raise LogForkRefused(reason="the configured key is not the log's")
            if TileBuilder.resume(head.size, read).root() != head.root:
                raise LogForkRefused(reason="tiles do not reproduce the signed root")
            mark = self._mark.read()
            if mark is not None:
                _check_mark(mark, head, read)
            self._check_last_entries(session, head, read)
        if self._clock.now() < head.at - CLOCK_TOLERANCE:
            raise LogClockBehind()
        self._mark.raise_to(head.size, head.root)

    def head(self) -> Head:
        """The released head: the high-water mark is at or beyond it.

        Raises: LogMissing, LogForkRefused.
        """
        with self._store.read() as session:
            head = _read_head(session)
        self._release(head)
        return head

    def sequence(self) -> int:
        """Give indexes to what is queued, until nothing is; the number of new entries.

        Raises: LogMissing, LogForkRefused, LogClockBehind.
        """
        total = 0
        while True:
            with self._leadership.hold(HUNG_AFTER.total_seconds()) as held:
                if not held and not self._leader_hangs():
                    return total
                if not held:
                    _alarm.error("log.leader_hangs")
                try:
                    added = self._run_once()
                except HeadMoved:
                    continue
            if added == 0:
                return total
            total += added

    def _run_once(self) -> int:
        rows = max(1, BATCH_ROWS >> max(0, self._failures - 2))
        with self._store.read() as session:
            head = _read_head(session)  # the head before the tiles, on one snapshot
            batch = next_batch(session, rows)
            if not batch:
                return 0
            read = _memo(tile_reader(session))
            try:
                growth = self._grow(head, batch, read)
            except (LogForkRefused, LogMissing):
                raise
            except Exception:
                return self._after_failure(batch)
        self._failures = 0
        at = self._checkpoint_time(head)
        note = self._sign(Checkpoint(head.origin, growth.size, growth.root))
        with self._store.write() as tx:
            self._move_head(tx, head, growth, (note, at))
            _write_entries(tx.session, head.size, batch)
            write_tiles(tx.session, growth.tiles)
            tx.commit()
        self._mark.raise_to(growth.size, growth.root)
        return len(batch)

    def _grow(self, head: Head, batch: list[QueuedFact], read: TileReader) -> Growth:
        """The new tiles and root, agreed on by two independent computations."""
        mark = self._mark.read()
        if mark is not None:
            _check_mark(mark, head, read)
        hashes = [hash_leaf(item.entry) for item in batch]
        growth = extend_tiles(head.size, hashes, read)
        frontier = Frontier.resume(head.size, TileNodes(head.size, read))
        if frontier.root() != head.root:
            raise LogForkRefused(reason="tiles do not reproduce the signed root")
        for leaf_hash in hashes:
            frontier.append(leaf_hash)
        if frontier.root() != growth.root:
            raise LogForkRefused(reason="two computations of the root disagree")
        if head.size:
            nodes = TileNodes(growth.size, _overlay(growth.tiles, read))
            path = consistency_path(head.size, growth.size, nodes)
            verify_consistency(head.size, growth.size, head.root, growth.root, path)
        return growth

    def _move_head(
        self, tx: UnitOfWork, old: Head, growth: Growth, signed: tuple[bytes, datetime]
    ) -> None:
        note, at = signed
        columns = LogHeadRow.__table__.c  # type: ignore[attr-defined]
        moved = tx.session.execute(
            update(LogHeadRow)
            .where(columns.id == HEAD_ID, columns.size == old.size, columns.root == old.root)
            .values(size=growth.size, root=growth.root, checkpoint=note, at=at)
        )
        if getattr(moved, "rowcount", 0) != 1:
            raise HeadMoved(size=old.size)
        checkpoints = CheckpointRow.__table__.c  # type: ignore[attr-defined]
        last = tx.session.scalar(select(checkpoints.at).order_by(checkpoints.size.desc()).limit(1))
        if last is None or at - last >= CHECKPOINT_EVERY:
            row = {"size": growth.size, "root": growth.root, "note": note, "at": at}
            tx.session.execute(insert(CheckpointRow), [row])

    def _sign(self, checkpoint: Checkpoint) -> bytes:
        """A signed checkpoint, the fresh signature verified before it is used."""
        key = parse_vkey(self._key.vkey)
        note = sign_note(checkpoint.text(), [NoteSigner(key, self._key.sign)])
        open_note(note, [key])
        return note

    def _checkpoint_time(self, head: Head) -> datetime:
        now = self._clock.now()
        if now < head.at - CLOCK_TOLERANCE:
            raise LogClockBehind()
        return max(now, head.at)

    def _release(self, head: Head) -> None:
        mark = self._mark.read()
        if mark is None or mark[0] < head.size:
            self._mark.raise_to(head.size, head.root)
        elif mark[0] == head.size and mark[1] != head.root:
            raise LogForkRefused(reason="the high-water mark has another root")

    def _leader_hangs(self) -> bool:
        with self._store.read() as session:
            oldest = oldest_queued_at(session)
        return oldest is not None and self._clock.now() - oldest > HUNG_AFTER

    def _after_failure(self, batch: list[QueuedFact]) -> int:
        """Three failures halve the batch; a single row that still fails is parked. Rule 11.11."""
        self._failures += 1
        _alarm.exception("log.batch_failed", rows=len(batch), failures=self._failures)
        if len(batch) == 1 and self._failures >= 3:
            with self._store.write() as tx:
                park(tx.session, batch[0].fact_id)
                tx.commit()
            self._failures = 0
        return 0

    def _check_last_entries(self, session: Session, head: Head, read: TileReader) -> None:
        """The last tile of leaf hashes agrees with the entries' bytes (rule 11.8)."""
        if head.size == 0:
            return
        index = (head.size - 1) // 256
        tile = Tile(0, index, head.size - index * 256)
        stored = read(tile)
        from_entries = b"".join(hash_leaf(entry) for entry in read_entries(session, index * 256))
        if stored != from_entries[: len(stored)] or len(from_entries) != len(stored):
            raise LogForkRefused(reason="the last bundle disagrees with its tile")


def read_entries(session: Session, start: int, count: int = 256) -> list[bytes]:
    """The exact bytes of up to `count` entries from index `start` on."""
    entry = LogEntryRow.__table__.c  # type: ignore[attr-defined]
    fact = FactRow.__table__.c  # type: ignore[attr-defined]
    query = (
        select(fact.entry)
        .join_from(LogEntryRow, FactRow, entry.fact_id == fact.fact_id)
        .where(entry.idx >= start, entry.idx < start + count)
        .order_by(entry.idx)
    )
    return [bytes(value) for value in session.scalars(query)]


def _read_head(session: Session) -> Head:
    row = session.get(LogHeadRow, HEAD_ID)
    if row is None:
        raise LogMissing()
    return Head(row.origin, row.vkey, row.size, row.root, row.checkpoint, row.at)


def _check_mark(mark: tuple[int, bytes], head: Head, read: TileReader) -> None:
    """The store is at or beyond the mark and reproduces its root. Rule 11.9."""
    size, root = mark
    if size > head.size:
        raise LogForkRefused(reason="the database is older than what was released", size=size)
    if size and Frontier.resume(size, TileNodes(head.size, read)).root() != root:
        raise LogForkRefused(reason="the database contradicts what was released", size=size)


def _write_entries(session: Session, start: int, batch: list[QueuedFact]) -> None:
    rows = [
        {"idx": start + offset, "fact_id": item.fact_id, "leaf_hash": hash_leaf(item.entry)}
        for offset, item in enumerate(batch)
    ]
    session.execute(insert(LogEntryRow), rows)
    position = LogQueueRow.__table__.c.position  # type: ignore[attr-defined]
    session.execute(delete(LogQueueRow).where(position.in_([item.position for item in batch])))


def _memo(read: TileReader) -> TileReader:
    kept: dict[Tile, bytes] = {}

    def reader(tile: Tile) -> bytes:
        if tile not in kept:
            kept[tile] = read(tile)
        return kept[tile]

    return reader


def _overlay(tiles: dict[Tile, bytes], below: TileReader) -> TileReader:
    """Reads new tiles first (cutting narrower ones from them), else the stored ones."""
    newest = {(tile.level, tile.index): data for tile, data in tiles.items()}

    def reader(tile: Tile) -> bytes:
        data = newest.get((tile.level, tile.index))
        return below(tile) if data is None else data[: tile.length_bytes]

    return reader
