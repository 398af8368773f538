"""Memory that a parent and one worker share, for calls too large to pass through a socket."""

import mmap
import os
from collections.abc import Callable
from multiprocessing.reduction import DupFd
from typing import Any

SMALLEST = 256 * 1024
"""Below this a socket is as quick."""
LARGEST = 16 * 1024 * 1024
"""What stays with each worker once such calls have been; a larger call takes the socket."""


class SharedMemory:
    """The parent writes, the worker reads, one call at a time; has no name, ends with both."""

    def __init__(self, descriptor: int) -> None:
        self._file = open(descriptor, "r+b", buffering=0)  # noqa: SIM115 -- as long as it lives
        self._map = mmap.mmap(descriptor, LARGEST)

    @classmethod
    def made(cls) -> "SharedMemory | None":
        """None where the system has none without a name."""
        if not hasattr(os, "memfd_create"):
            return None
        descriptor = os.memfd_create("sealsvc-call", os.MFD_CLOEXEC)
        os.ftruncate(descriptor, LARGEST)
        return cls(descriptor)

    def __reduce__(self) -> tuple[Callable[[Any], "SharedMemory"], tuple[Any]]:
        """For the worker's start; only then can a descriptor travel."""
        return _attached, (DupFd(self._file.fileno()),)

    def put(self, call: bytes) -> bool:
        """Whether the call lies there now; one that is too small or too large does not."""
        if not SMALLEST <= len(call) <= LARGEST:
            return False
        try:
            self._map[: len(call)] = call
        except ValueError:  # closed by who ends the pool
            return False
        return True

    def view(self, size: int) -> memoryview:
        """The call that was put there; it stands until the next one."""
        return memoryview(self._map)[:size]

    def close(self) -> None:
        """Let go of it; a worker that lives keeps its own hold."""
        self._map.close()
        self._file.close()


def _attached(inherited: Any) -> SharedMemory:
    return SharedMemory(inherited.detach())
