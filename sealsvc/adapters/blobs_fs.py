"""Blobs as files: `<root>/ab/cd/<sha256>`, written durably before their name is given out."""

import hashlib
import os
from pathlib import Path

from sealsvc.ports import BlobMissing, StorageFull


class FileBlobs:
    """Implements `ports.Blobs` on one local directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Store durably, idempotent; the digest.

        Raises: StorageFull. Source: transparency-log section 11 (POSIX files).
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if not path.exists():
            try:
                self._write(path, data)
            except OSError as error:
                raise StorageFull(reason=error.strerror or type(error).__name__) from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """The content. Raises: BlobMissing."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise BlobMissing(sha256=sha256[:64])
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(sha256=sha256) from error

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{id(data):x}")
        try:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        for directory in (path.parent, path.parent.parent, self._root):
            _sync_directory(directory)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
