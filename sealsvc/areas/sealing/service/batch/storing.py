"""A chunk's sealed files into the store, with as few waits for the disk as the store can."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from sealsvc.ports import Blobs


@runtime_checkable
class BulkBlobs(Protocol):
    """A store that puts many blobs with one wait for the disk."""

    def put_named(self, many: Mapping[str, bytes]) -> None:
        """Store all durably; keys: their digests, lower-case hex. Raises: StorageFull."""
        ...


def put_all(blobs: Blobs, many: Mapping[str, bytes]) -> None:
    """Contents by their digests; all durable when it returns. Raises: StorageFull."""
    if isinstance(blobs, BulkBlobs):
        blobs.put_named(many)
        return
    for data in many.values():
        blobs.put(data)
