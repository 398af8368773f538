"""A log of any size over the synthetic facts: its tiles, its signed head, its high-water mark.

Grown by the service's own tile code, so that the real sequencer goes on from there.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, select

from bench.lookup_rows import AT, ORIGIN, entry_of
from sealsvc.adapters.highwater_fs import FileHighWater
from sealsvc.adapters.system import SystemClock
from sealsvc.storage.db import MIGRATING
from sealsvc.storage.leadership import leadership_for
from sealsvc.storage.logbook import Logbook, LogKey
from sealsvc.storage.logsql import HEAD_ID
from sealsvc.storage.tables import (
    CheckpointRow,
    FactRow,
    FactSubjectRow,
    LogEntryRow,
    LogHeadRow,
    LogTileRow,
)
from sealsvc.storage.uow import Store
from sealsvc.tlog.checkpoint import Checkpoint
from sealsvc.tlog.keys import KeyType, VerifierKey
from sealsvc.tlog.note import NoteSigner, sign_note
from sealsvc.tlog.tilerows import TileBuilder
from sealsvc.tlog.tiles import Tile
from sealsvc.tlog.tree import hash_leaf
from sealsvc.values import Fact, Subject, SubjectKind

APPENDED = "bench.happened"
BATCH = 256
_CHUNK = 1_000


class GrownTiles:
    """The tiles of the first so many synthetic leaves; grown once, stored in every database."""

    def __init__(self) -> None:
        self._builder = TileBuilder()
        self.complete: list[tuple[Tile, bytes]] = []

    def grow(self, size: int) -> int:
        """Append leaves up to this size; the number of complete tiles there were before."""
        before = len(self.complete)
        for i in range(self._builder.size, size):
            self.complete += self._builder.append(hash_leaf(entry_of(i)))
        return before

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._builder.size

    @property
    def partial(self) -> list[tuple[Tile, bytes]]:
        """The right edge."""
        return self._builder.partial_tiles()

    @property
    def root(self) -> bytes:
        """Of the tree of this size."""
        return self._builder.root()


class GrownLog:
    """One database's log of the size that its tiles were last grown to."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._mark = folder / "high-water"
        self._key = Ed25519PrivateKey.generate()
        public = self._key.public_key().public_bytes_raw()
        self._vkey = VerifierKey(ORIGIN, KeyType.ED25519, public)
        self._stored = 0
        self.logbook = Logbook(
            store,
            key=LogKey(str(self._vkey), self._key.sign),
            clock=SystemClock(),
            mark=FileHighWater(self._mark),
            leadership=leadership_for(store.engine),
        )

    def take(self, tiles: GrownTiles) -> None:
        """Store the tiles and a head over them, in place of what there was."""
        new = tiles.complete[self._stored :] + tiles.partial
        rows = [{"level": tile.level, "n": tile.index, "data": data} for tile, data in new]
        checkpoint = Checkpoint(ORIGIN, tiles.size, tiles.root)
        head = {
            "id": HEAD_ID,
            "origin": ORIGIN,
            "vkey": str(self._vkey),
            "size": tiles.size,
            "root": tiles.root,
            "checkpoint": sign_note(checkpoint.text(), [NoteSigner(self._vkey, self._key.sign)]),
            "at": AT,
        }
        columns = LogTileRow.__table__.c  # type: ignore[attr-defined]
        with self._store.engine.connect().execution_options(**{MIGRATING: True}) as connection:
            for row in rows:
                here = (columns.level == row["level"], columns.n == row["n"])
                connection.execute(delete(LogTileRow).where(*here))
            for begin in range(0, len(rows), _CHUNK):
                connection.execute(insert(LogTileRow), rows[begin : begin + _CHUNK])
            connection.execute(delete(LogHeadRow))
            connection.execute(insert(LogHeadRow), [head])
            connection.commit()
        self._stored = len(tiles.complete)
        self._mark.unlink(missing_ok=True)
        FileHighWater(self._mark).raise_to(tiles.size, tiles.root)

    def append(self) -> None:
        """One batch of facts, committed and sequenced as the service does it."""
        with self._store.write() as tx:
            for number in range(BATCH):
                subject = Subject(SubjectKind.SEAL, f"seal_{number}")
                tx.record(Fact(APPENDED, (subject,), payload={"number": number}))
            tx.commit()
        self.logbook.sequence()

    def forget(self, tiles: GrownTiles) -> None:
        """Undo what was appended since `take`, so that the log can grow on."""
        fact = FactRow.__table__.c  # type: ignore[attr-defined]
        subject = FactSubjectRow.__table__.c  # type: ignore[attr-defined]
        entry = LogEntryRow.__table__.c  # type: ignore[attr-defined]
        tile = LogTileRow.__table__.c  # type: ignore[attr-defined]
        appended = select(fact.seq).where(fact.type == APPENDED)
        kept = {(one.level, one.index) for one, _ in tiles.partial}
        with self._store.engine.connect().execution_options(**{MIGRATING: True}) as connection:
            connection.execute(delete(LogEntryRow).where(entry.idx >= tiles.size))
            connection.execute(delete(FactSubjectRow).where(subject.seq.in_(appended)))
            connection.execute(delete(FactRow).where(fact.type == APPENDED))
            connection.execute(delete(CheckpointRow))
            for level, n in kept:
                connection.execute(delete(LogTileRow).where(tile.level == level, tile.n >= n))
            connection.commit()
        self.take(tiles)
