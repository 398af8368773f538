"""The high-water mark as one small file, replaced durably."""

import fcntl
import json
import os
from pathlib import Path

from sealsvc.errors import Internal
from sealsvc.ports import StorageFull

ROOT_BYTES = 32


class HighWaterUnreadable(Internal):
    """The mark's file exists but does not hold a size and a root; an operator must look."""

    code = "LOG_MARK_UNREADABLE"


class FileHighWater:
    """Implements `ports.HighWater`; safe among threads and processes of one machine.

    The file holds `{"size": <entries>, "root": "<64 hex digits>"}`, so an operator can write it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[int, bytes] | None:
        """Size and root. Raises: HighWaterUnreadable."""
        try:
            mark = json.loads(self._path.read_text("ascii"))
            size, root = int(mark["size"]), bytes.fromhex(mark["root"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HighWaterUnreadable() from error
        if size < 0 or len(root) != ROOT_BYTES:
            raise HighWaterUnreadable()
        return size, root

    def raise_to(self, size: int, root: bytes) -> None:
        """Write, fsync, rename, fsync the directory.

        Raises: HighWaterUnreadable, StorageFull. Source: transparency-log section 11.
        """
        try:
            with open(self._path.with_suffix(".lock"), "a", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                present = self.read()
                if present is None or present[0] < size:
                    self._replace(size, root)
        except OSError as error:
            raise StorageFull(reason=error.strerror or type(error).__name__) from error

    def _replace(self, size: int, root: bytes) -> None:
        temporary = self._path.with_suffix(".new")
        with open(temporary, "w", encoding="ascii") as file:
            json.dump({"size": size, "root": root.hex()}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._path)
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
