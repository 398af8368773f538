"""What a batch is given, and what it answers for each item."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ca.errors import CaError
from sealsvc.areas.sealing.model import SealingView
from sealsvc.areas.sealing.service.record import Intent
from sealsvc.areas.sealing.service.request import SealingRequest
from sealsvc.areas.sealing.service.seal import Work
from sealsvc.areas.sealing.working import Revised
from sealsvc.errors import BadInput, Conflict, ServiceError, Unavailable
from sealsvc.values import Declaration, SealId

NAME_LIMIT = 255
SAMPLE_EVERY = 256
CHUNK_ITEMS = 256
CHUNK_BYTES = 32 * 1024 * 1024
WORKERS = 2


class BatchItemInvalid(BadInput):
    """The item cannot be read; the others are not touched. Fields: reason, field."""

    code = "BATCH_ITEM_INVALID"


class BatchItemChanged(Conflict):
    """Under this key another document of that name has been sealed."""

    code = "BATCH_ITEM_CHANGED"


class BatchStopped(Unavailable):
    """The batch ended before this item; the same key and body continue it. Fields: cause."""

    code = "BATCH_STOPPED"


Failure = ServiceError | CaError


@dataclass(frozen=True)
class BatchOrder:
    """A batch and how it is worked through.

    key: the client's, with it the batch is resumed; fingerprint: hex SHA-256 of the whole request,
    or of what names the batch where there is no request. sample_every: of so many sealed files
    one is judged in full, the first of a run always. chunk_items, chunk_bytes: of one pair of
    commits. workers: worker calls at once.
    """

    seal_id: SealId
    key: str
    fingerprint: str
    sample_every: int = SAMPLE_EVERY
    chunk_items: int = CHUNK_ITEMS
    chunk_bytes: int = CHUNK_BYTES
    workers: int = WORKERS


@dataclass(frozen=True)
class BatchItem:
    """One document of a batch, or why it could not be read. name: unique, see `name_fault`."""

    name: str
    request: SealingRequest | ServiceError


@dataclass(frozen=True)
class ItemResult:
    """What became of an item: a completed use and its sealed file, or a failure.

    resumed: an earlier run had completed it.
    """

    name: str
    view: SealingView | None = None
    sealed: bytes | None = None
    error: Failure | None = None
    resumed: bool = False


@dataclass
class Entry:
    """An item on its way through a chunk.

    hashed: SHA-256 over the original, to be continued. revised: on the bulk path; work: on the
    ordinary one. result: once it is settled.
    """

    item: BatchItem
    hashed: "hashlib._Hash" = field(default_factory=hashlib.sha256, repr=False)
    result: ItemResult | None = None
    revised: Revised | None = None
    work: Work | None = None
    intent: Intent | None = None
    use: SealingView | None = None
    sealed: bytes = field(default=b"", repr=False)
    sealed_sha256: str = ""
    signature: bytes = b""

    @property
    def name(self) -> str:
        """The item's name."""
        return self.item.name

    @property
    def request(self) -> SealingRequest:
        """The item's request, of one that could be read."""
        assert isinstance(self.item.request, SealingRequest)
        return self.item.request

    @cached_property
    def original_sha256(self) -> str:
        """Lower-case hex."""
        return self.hashed.hexdigest()

    def close(self, parts: Sequence[bytes]) -> None:
        """The sealed file: these parts behind the original, which is not read once more."""
        self.sealed = b"".join((self.request.data, *parts))
        whole = self.hashed.copy()
        for part in parts:
            whole.update(part)
        self.sealed_sha256 = whole.hexdigest()

    @cached_property
    def declaration(self) -> Declaration:
        """In canonical form. Raises: DeclarationInvalid."""
        return self.request.declaration()

    def fail(self, error: Failure) -> None:
        """Settle it with a failure, unless it is settled."""
        if self.result is None:
            self.result = ItemResult(self.name, error=error)


def name_fault(name: str) -> str | None:
    """Why a name of an item is refused, None for a good one.

    It may become a path below a folder of the receiver, so nothing in it may lead elsewhere.
    """
    if not name or len(name) > NAME_LIMIT:
        return "LENGTH"
    if not name.isprintable() or unicodedata.normalize("NFC", name) != name:
        return "CHARACTERS"
    if name.startswith("/") or "\\" in name or ":" in name:
        return "PATH"
    if any(part in ("", ".", "..") or part != part.strip(" ") for part in name.split("/")):
        return "PATH"
    return None
