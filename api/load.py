"""Who may hold how much at once: bytes of uploads in flight, and running work on documents.

Per process, and bounded: an address is remembered only while it holds something. A key is an
address as `api.limits.Quota.key` writes it; None stands for who is never limited.
"""

from threading import Lock

import anyio
from starlette.types import Scope

from sealsvc.errors import Unavailable

_MAX_WAITING = 8
_POLL_S = 0.05
_JOB = "sealsvc.job"


class UploadsBusy(Unavailable):
    """The process holds as many bytes of uploads as it may; try again."""

    code = "UPLOADS_BUSY"


class TooManyUploads(Unavailable):
    """One address uploads too much at once. Fields: retry_after_s."""

    code = "TOO_MANY_UPLOADS"


class TooManyRunning(Unavailable):
    """One address has too many documents in work at once. Fields: retry_after_s."""

    code = "TOO_MANY_RUNNING"


class UploadBudget:
    """Bytes of bodies that may be held at once: in all, and for one address. 0 = no limit."""

    def __init__(self, total: int, per_key: int) -> None:
        self.total, self.per_key = total, per_key
        self.held = 0
        self.by_key: dict[str, int] = {}
        self._lock = Lock()

    def require_room(self, key: str | None, more: int) -> None:
        """Raises: TooManyUploads, UploadsBusy."""
        own = 0 if key is None else self.by_key.get(key, 0)
        if key is not None and 0 < self.per_key < own + more:
            raise TooManyUploads(retry_after_s=5)
        if 0 < self.total < self.held + more:
            raise UploadsBusy(retry_after_s=5)

    def add(self, key: str | None, more: int) -> None:
        """Hold that many bytes more. Raises: as `require_room`, and holds nothing more then."""
        with self._lock:
            self.require_room(key, more)
            self.held += more
            if key is not None and more:
                self.by_key[key] = self.by_key.get(key, 0) + more

    def release(self, key: str | None, count: int) -> None:
        """Hold that many bytes less."""
        with self._lock:
            self.held -= count
            if key is None or key not in self.by_key:
                return
            self.by_key[key] -= count
            if self.by_key[key] <= 0:
                del self.by_key[key]


class Hold:
    """One request's part of the budget."""

    def __init__(self, budget: UploadBudget, key: str | None) -> None:
        self._budget, self._key, self._count = budget, key, 0

    def foresee(self, declared: int) -> None:
        """Refuse before the first byte what cannot fit. Raises: TooManyUploads, UploadsBusy.

        Only bytes that came are held: who declares much and sends nothing keeps nobody out.
        """
        self._budget.require_room(self._key, declared)

    def add(self, count: int) -> None:
        """That many bytes came. Raises: TooManyUploads, UploadsBusy."""
        self._budget.add(self._key, count)
        self._count += count

    def release(self) -> None:
        """The request is over."""
        self._budget.release(self._key, self._count)
        self._count = 0


class JobSlots:
    """Requests of one address whose documents are in work at once.

    per_key: slots of one address. wait_s: how long a request waits for one, without a thread.
    """

    def __init__(self, per_key: int, wait_s: float) -> None:
        self.per_key, self.wait_s = per_key, wait_s
        self.running: dict[str, int] = {}
        self.waiting: dict[str, int] = {}
        self._lock = Lock()

    async def start(self, key: str) -> None:
        """Take a slot, waiting a while. Raises: TooManyRunning."""
        if self._try_start(key):
            return
        with self._lock:
            if self.waiting.get(key, 0) >= _MAX_WAITING:
                raise TooManyRunning(retry_after_s=max(1, int(self.wait_s)))
            self.waiting[key] = self.waiting.get(key, 0) + 1
        try:
            with anyio.move_on_after(self.wait_s):
                while not self._try_start(key):
                    await anyio.sleep(_POLL_S)
                return
        finally:
            with self._lock:
                _less(self.waiting, key)
        raise TooManyRunning(retry_after_s=max(1, int(self.wait_s)))

    def finish(self, key: str) -> None:
        """Give a slot back."""
        with self._lock:
            _less(self.running, key)

    def _try_start(self, key: str) -> bool:
        with self._lock:
            if self.running.get(key, 0) >= self.per_key:
                return False
            self.running[key] = self.running.get(key, 0) + 1
            return True


def _less(counts: dict[str, int], key: str) -> None:
    counts[key] -= 1
    if counts[key] <= 0:
        del counts[key]


class Job:
    """One request's slot; begun when its document is there, so that uploading holds none."""

    def __init__(self, slots: JobSlots, key: str) -> None:
        self._slots, self._key = slots, key
        self._begun = False

    async def begin(self) -> None:
        """Raises: TooManyRunning."""
        if not self._begun:
            await self._slots.start(self._key)
            self._begun = True

    def end(self) -> None:
        """Give the slot back."""
        if self._begun:
            self._slots.finish(self._key)
            self._begun = False


def set_job(scope: Scope, job: Job) -> None:
    """Note the request's job, to be begun by whoever has read the body."""
    scope[_JOB] = job


async def begin_job(scope: Scope) -> None:
    """Begin the request's job, if it has one. Raises: TooManyRunning."""
    job = scope.get(_JOB)
    if isinstance(job, Job):
        await job.begin()
