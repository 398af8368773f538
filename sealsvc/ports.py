"""What the areas ask of the outside world; `sealsvc.adapters` answers."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import ParamSpec, Protocol, TypeVar

from sealsvc.errors import NotFound, Unavailable

P = ParamSpec("P")
T = TypeVar("T")


class BlobMissing(NotFound):
    """No blob has this digest."""

    code = "BLOB_NOT_FOUND"


class StorageFull(Unavailable):
    """The disk or the database refuses to take more; nothing was changed."""

    code = "STORAGE_FULL"


class DatabaseBusy(Unavailable):
    """The database is locked by someone else for too long, or out of connections; try again."""

    code = "DATABASE_BUSY"


class DatabaseLost(Unavailable):
    """The connection to the database is gone or cannot be made.

    fields: outcome, `unchanged`, or `unknown` when it went while a commit was under way: then
    only the stored state tells whether the change took effect.
    """

    code = "DATABASE_LOST"


class ResourceLimit(Unavailable):
    """A foreign document used more time or memory than one request may; its worker was killed."""

    code = "RESOURCE_LIMIT"


class WorkersBusy(Unavailable):
    """All sandbox workers are busy and the queue is full; try again."""

    code = "WORKERS_BUSY"


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime:
        """The present, aware, UTC."""
        ...


class Rng(Protocol):
    """The only source of randomness."""

    def bytes(self, count: int) -> bytes:
        """`count` bytes fit for keys and salts."""
        ...


class Blobs(Protocol):
    """Content-addressed bytes; a name is the lower-case hex SHA-256 of the content."""

    def put(self, data: bytes) -> str:
        """Store durably, idempotent; the digest. Raises: StorageFull."""
        ...

    def get(self, sha256: str) -> bytes:
        """The content. Raises: BlobMissing."""
        ...


@dataclass
class WorkMeter:
    """Seconds that one request's documents kept workers busy; the sandbox adds to it."""

    seconds: float = 0.0


work_meter: ContextVar[WorkMeter | None] = ContextVar("work_meter", default=None)


class Sandbox(Protocol):
    """Runs a pure, importable function on hostile bytes where it can be killed."""

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result or its own ServiceError. Raises: ResourceLimit, WorkersBusy."""
        ...

    def ready(self) -> bool:
        """Whether every worker has imported what it needs."""
        ...


class HighWater(Protocol):
    """The largest tree ever released, on storage that no backup of the database restores.

    Source: transparency-log section 11.9.
    """

    def read(self) -> tuple[int, bytes] | None:
        """Size and root, None before the first release. Raises: HighWaterUnreadable."""
        ...

    def raise_to(self, size: int, root: bytes) -> None:
        """Remember durably; a smaller size than the present one changes nothing."""
        ...
