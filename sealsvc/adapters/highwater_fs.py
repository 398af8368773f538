"""The high-water mark as one small file, replaced durably."""

import fcntl
import json
import os
from pathlib import Path

from sealsvc.errors import Internal


class HighWaterUnreadable(Internal):
    """The mark's file exists but does not hold a size and a root; an operator must look."""

    code = "LOG_MARK_UNREADABLE"


class FileHighWater:
    """Implements `ports.HighWater`; safe among threads and processes of one machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[int, bytes] | None:
        """Size and root. Raises: HighWaterUnreadable."""
        try:
            mark = json.loads(self._path.read_text("ascii"))
            return int(mark["size"]), bytes.fromhex(mark["root"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise HighWaterUnreadable() from error

    def raise_to(self, size: int, root: bytes) -> None:
        """Write, fsync, rename, fsync the directory. Source: transparency-log section 11."""
        with open(self._path.with_suffix(".lock"), "a", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            present = self.read()
            if present is not None and present[0] >= size:
                return
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
