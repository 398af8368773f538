"""A chunk's sealed files into the store, with as few waits for the disk as the store can."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from sealsvc.ports import Blobs


@runtime_checkable
class BulkBlobs(Protocol):
    """A store that puts many blobs with one wait for the disk."""

    def put_many(self, many: Sequence[bytes]) -> list[str]:
        """Store all durably; their digests in order. Raises: StorageFull."""
        ...


def put_all(blobs: Blobs, many: Sequence[bytes]) -> list[str]:
    """Digests in order; all durable when it returns. Raises: StorageFull."""
    if isinstance(blobs, BulkBlobs):
        return blobs.put_many(many)
    return [blobs.put(data) for data in many]
