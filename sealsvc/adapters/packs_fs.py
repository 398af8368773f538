"""Packs: many blobs in one file, for batches, where a file a blob costs more than its content.

A pack is written once and never changed: the contents one after the other, then a table of their
digests and sizes, then its length. Which pack holds a digest is kept in `index.sqlite` beside
them; that is only a copy of the tables, made anew from them where it is missing or behind, so it
needs no backup and waits for no disk.
"""

import fcntl
import os
import sqlite3
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import structlog

from sealsvc.adapters.stage import Stage
from sealsvc.adapters.system import SystemRng

_MAGIC = b"SEALPACK"
_MEMBER = struct.Struct("!32sQ")
_END = struct.Struct("!Q8s")
_SUFFIX = ".pack"
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS pack (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS member (
    digest BLOB PRIMARY KEY, pack INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL
) WITHOUT ROWID;
"""
_PLACES = "SELECT name, start, size FROM member JOIN pack ON pack.id = member.pack WHERE digest = ?"

_log = structlog.get_logger("sealsvc.blobs")


class PackBroken(Exception):
    """A pack's table does not fit its contents."""


class _Member(NamedTuple):
    digest: bytes
    start: int
    size: int


class Packs:
    """The packs of one directory and their index, for any number of threads and processes.

    Nothing is made on the disk before the first pack is.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._guard = threading.RLock()
        self._stage = Stage()
        self._opened: sqlite3.Connection | None = None
        self._lasting = False

    def add(self, many: Mapping[str, bytes]) -> None:
        """Store contents under their digests, durably. Raises: OSError, sqlite3.Error.

        Two waits for the disk: one for the contents, then one for the pack's name.
        """
        if not self._lasting:  # whoever made the folder may have been stopped before this
            self._root.mkdir(parents=True, exist_ok=True)
            _sync(self._root.parent)
            self._lasting = True
        name = SystemRng().bytes(16).hex() + _SUFFIX
        aside = self._root / f".{name}"
        members = list(_placed((bytes.fromhex(one), len(data)) for one, data in many.items()))
        try:
            self._stage.write(aside, [*many.values(), *_tail(members)])
            os.replace(aside, self._root / name)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        _sync(self._root)
        self._enter(name, members)

    def find(self, digest: str) -> bytes | None:
        """A content; None where no pack has it, or where it is not what was put."""
        for name, start, size in self._places(digest):
            with suppress(FileNotFoundError), open(self._root / name, "rb") as file:
                content = os.pread(file.fileno(), size, start)
                if sha256(content).hexdigest() == digest:
                    return content
                _log.error("blobs.pack_damaged", pack=name, digest=digest)
        return None

    def files(self, prefix: str) -> list[Path]:
        """Packs, and what writers that were stopped left behind, whose name begins so."""
        if not self._root.is_dir():
            return []
        found = (one for one in self._root.iterdir() if one.name.endswith(_SUFFIX))
        return [one for one in found if one.name.lstrip(".").startswith(prefix)]

    def digests_of(self, pack: Path) -> list[str]:
        """What a pack holds; nothing of one that was not finished.

        Raises: OSError, PackBroken.
        """
        return [] if pack.name.startswith(".") else [one.digest.hex() for one in _members(pack)]

    def delete(self, pack: Path) -> None:
        """A pack and its entries; who is stopped between the two leaves one that is entered anew.

        Raises: OSError, PackBroken, sqlite3.Error.
        """
        digests = [(bytes.fromhex(one), pack.name) for one in self.digests_of(pack)]
        with self._changing() as index:
            index.executemany(
                "DELETE FROM member WHERE digest = ?"
                " AND pack = (SELECT id FROM pack WHERE name = ?)",
                digests,
            )
            index.execute("DELETE FROM pack WHERE name = ?", (pack.name,))
        pack.unlink(missing_ok=True)

    def _places(self, digest: str) -> list[tuple[str, int, int]]:
        if self._opened is None and not self._root.is_dir():
            return []
        with self._guard:
            return self._index().execute(_PLACES, (bytes.fromhex(digest),)).fetchall()

    def _enter(self, name: str, members: Iterable[_Member]) -> None:
        with self._changing() as index:
            new = index.execute("INSERT OR IGNORE INTO pack (name) VALUES (?)", (name,))
            if new.rowcount:  # else another process was quicker
                rows = [(one.digest, new.lastrowid, one.start, one.size) for one in members]
                index.executemany("INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?)", rows)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._guard:
            index = self._index()
            index.execute("BEGIN IMMEDIATE")
            with index:
                yield index

    def _index(self) -> sqlite3.Connection:
        if self._opened is None:
            with _alone(self._root):  # two that make one file at once would disturb each other
                self._opened = _open(self._root / "index.sqlite")
            self._catch_up()
        return self._opened

    def _catch_up(self) -> None:
        """Enter the packs that the index does not know: it was lost, or a writer was stopped."""
        known = {row[0] for row in self._index().execute("SELECT name FROM pack")}
        for pack in sorted(self.files("")):
            if pack.name in known or pack.name.startswith("."):
                continue
            try:
                self._enter(pack.name, _members(pack))
            except (OSError, PackBroken):
                _log.exception("blobs.pack_broken", pack=pack.name)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Among all processes over this folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _connected(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:  # half a copy, as a backup may hold; all of it is in the packs
        _log.warning("blobs.index_made_anew", path=str(path))
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    index = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    try:
        index.executescript(_SCHEMA)
    except BaseException:
        index.close()
        raise
    return index


def _placed(sizes: Iterable[tuple[bytes, int]]) -> Iterator[_Member]:
    start = 0
    for digest, size in sizes:
        yield _Member(digest, start, size)
        start += size


def _tail(members: Sequence[_Member]) -> list[bytes]:
    table = [_MEMBER.pack(one.digest, one.size) for one in members]
    return [b"".join(table), _END.pack(len(members), _MAGIC)]


def _members(pack: Path) -> list[_Member]:
    """A finished pack's table. Raises: OSError, PackBroken."""
    with open(pack, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        end = os.pread(file.fileno(), _END.size, max(0, size - _END.size))
        count, magic = _END.unpack(end) if len(end) == _END.size else (0, b"")
        start = size - _END.size - count * _MEMBER.size
        if magic != _MAGIC or start < 0:
            raise PackBroken(pack.name)
        table = os.pread(file.fileno(), count * _MEMBER.size, start)
    found = list(_placed(_MEMBER.iter_unpack(table)))
    if sum(one.size for one in found) != start:
        raise PackBroken(pack.name)
    return found


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
