"""Blobs as files: `<root>/ab/<sha256>`, written durably before their name is given out.

Many at once go into one file together, see `packs_fs`. 256 folders: making one costs as much as
writing ten files, and ten million blobs are no more than 40,000 names in each. What an earlier
version put at `<root>/ab/cd/<sha256>` is found there.
"""

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from io import FileIO
from itertools import count
from pathlib import Path

import structlog

from sealsvc.adapters.packs_fs import PackBroken, Packs
from sealsvc.adapters.system import SystemRng
from sealsvc.ports import BlobMissing, StorageFull

_ASIDE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
PACKED_FROM = 8
"""So many blobs at once share one file; fewer are as cheap apart."""
_TELLING = 8
_log = structlog.get_logger("sealsvc.blobs")
_RUN = SystemRng().bytes(8).hex()
_TURNS = count()


@dataclass(frozen=True)
class Swept:
    """One slice of the store looked through.

    old: files past the grace; orphans: those of them that nothing names; deleted: 0 in a dry run.
    """

    old: int
    orphans: int
    deleted: int


class FileBlobs:
    """Implements `ports.Blobs` on one local directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._packs = Packs(root / "packs")
        root.mkdir(parents=True, exist_ok=True)
        _sync(root.parent)

    def put(self, data: bytes) -> str:
        """Store durably, idempotent; the digest.

        Raises: StorageFull. Source: transparency-log section 11 (POSIX files).
        """
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            path = self._renewed([sha256]).get(sha256) or self._written(sha256, data)
            # Also when it was there: whoever renamed it may have been stopped before this.
            for directory in self._above([path]):
                _sync(directory)
        except OSError as error:
            raise StorageFull(reason=error.strerror or type(error).__name__) from error
        return sha256

    def put_named(self, many: Mapping[str, bytes]) -> None:
        """Store contents under the digests that the caller has made of them, all durably.

        Raises: StorageFull.
        """
        if len(many) < PACKED_FROM:
            for data in many.values():
                self.put(data)
            return
        try:
            self._packs.add(many)
        except (OSError, sqlite3.Error) as error:
            raise StorageFull(reason=getattr(error, "strerror", None) or str(error)) from error

    def get(self, sha256: str) -> bytes:
        """The content. Raises: BlobMissing."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise BlobMissing(sha256=sha256[:64])
        for path in self._places(sha256):
            with suppress(FileNotFoundError):
                return Path(path).read_bytes()
        packed = self._packs.find(sha256)
        if packed is not None:
            return packed
        raise BlobMissing(sha256=sha256)

    def sweep(
        self,
        prefix: str,
        before: float,
        named: Callable[[Sequence[str]], frozenset[str]],
        *,
        dry_run: bool,
    ) -> Swept:
        """Delete what nothing names among the blobs whose digest begins with two hex digits, and
        among the packs whose name does; a pack goes once nothing names any of its blobs.

        before: seconds since the epoch; whatever was put later is left alone, for the row that
        names it may not be committed yet. named: which of these digests are in use; asked once the
        old files are listed, so that a row younger than the list is seen or its blob was put anew.
        """
        old = [path for path in self._files(prefix) if _modified(path) < before]
        kept = named([path.name for path in old]) if old else frozenset()
        orphans = [path for path in old if path.name not in kept]
        packs = [path for path in self._packs.files(prefix) if _modified(path) < before]
        empty = [path for path in packs if self._unused(path, named)]
        found = Swept(len(old) + len(packs), len(orphans) + len(empty), 0)
        if dry_run:
            return found
        for pack in empty:
            self._packs.delete(pack)
        deleted = len(empty) + sum(self._deleted(one, before) for one in orphans)
        return replace(found, deleted=deleted)

    def _unused(self, pack: Path, named: Callable[[Sequence[str]], frozenset[str]]) -> bool:
        try:
            digests = self._packs.digests_of(pack)
        except PackBroken:
            _log.exception("blobs.pack_broken", pack=pack.name)  # for a human, not for the broom
            return False
        # The first few tell of nearly every pack that it is in use.
        return not (named(digests[:_TELLING]) or named(digests[_TELLING:]))

    def _files(self, prefix: str) -> Iterator[Path]:
        """Blobs of a slice, and what writers that were stopped left behind."""
        top = self._root / prefix
        for folder in (top, *self._folders(top)) if top.is_dir() else ():
            yield from (path for path in folder.iterdir() if path.is_file())

    def _folders(self, top: Path) -> list[Path]:
        return [path for path in top.iterdir() if path.is_dir()]

    def _renewed(self, digests: Sequence[str]) -> dict[str, str]:
        """Where those blobs are that are there; they count as just put, and no sweep takes them."""
        found: dict[str, str] = {}
        with self._locked(fcntl.LOCK_SH):
            for sha256 in digests:
                for path in self._places(sha256):
                    with suppress(FileNotFoundError):
                        os.utime(path)
                        found[sha256] = path
                        break
        return found

    def _deleted(self, path: Path, before: float) -> bool:
        with self._locked(fcntl.LOCK_EX):
            if _modified(path) >= before:  # put again meanwhile
                return False
            path.unlink(missing_ok=True)
            return True

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        """Among all processes over this directory."""
        descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, kind)
            yield
        finally:
            os.close(descriptor)

    # Strings: a path object costs as much to make as a system call.

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"

    def _places(self, sha256: str) -> tuple[str, str]:
        return self._path(sha256), f"{self._root}/{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def _above(self, paths: Iterable[str]) -> Iterator[str]:
        """The folders of blobs up to the root, each once, lower ones first."""
        folders = {os.path.dirname(path) for path in paths}
        yield from folders
        yield from {os.path.dirname(folder) for folder in folders} - {str(self._root)}
        yield str(self._root)

    def _written(self, sha256: str, data: bytes) -> str:
        path = self._path(sha256)
        temporary = self._write_aside(path, data)
        try:
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return path

    def _write_aside(self, path: str, data: bytes) -> str:
        """The content under a temporary name beside its own, on the disk."""
        # A name of its own: two threads may store the same bytes, and a restarted process may
        # find what an earlier one with its number left behind.
        folder, name = os.path.split(path)
        temporary = f"{folder}/.{name[:8]}.{_RUN}-{os.getpid()}-{next(_TURNS)}"
        try:
            descriptor = os.open(temporary, _ASIDE, 0o600)
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)
            descriptor = os.open(temporary, _ASIDE, 0o600)
        try:
            with open(descriptor, "wb", buffering=0) as file:
                _write_all(file, data)
                os.fsync(descriptor)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return temporary


def _write_all(file: FileIO, data: bytes) -> None:
    """One system call, unless the file system takes less at a time."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _modified(path: Path) -> float:
    """Seconds since the epoch; a file that is gone is as young as can be."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _sync(path: str | Path) -> None:
    """A file's content, or a folder's names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
