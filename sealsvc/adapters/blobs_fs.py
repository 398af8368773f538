"""Blobs as files: `<root>/ab/cd/<sha256>`, written durably before their name is given out."""

import hashlib
import os
import tempfile
from pathlib import Path

from sealsvc.ports import BlobMissing, StorageFull


class FileBlobs:
    """Implements `ports.Blobs` on one local directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        _sync_directory(root.parent)

    def put(self, data: bytes) -> str:
        """Store durably, idempotent; the digest.

        Raises: StorageFull. Source: transparency-log section 11 (POSIX files).
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        try:
            if not path.exists():
                self._write(path, data)
            # Also when it was there: whoever renamed it may have been stopped before this.
            for directory in (path.parent, path.parent.parent, self._root):
                _sync_directory(directory)
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
        # A name of its own: two threads may store the same bytes, and a restarted process may
        # find what an earlier one with its number left behind.
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:8]}.", dir=path.parent)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
