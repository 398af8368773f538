"""Runs a pure function in a killable, memory-limited worker process (spawned, warm).

Forked workers outlive their server and hold its port, so workers are spawned; each imports the
document libraries once, before its first call (ARCHITECTURE section 16). A caller writes to its
worker and waits for it without any other thread or process between them: nearly all that a call
costs is its work.
"""

import pickle
import threading
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from sealsvc.adapters.worker_loop import SandboxFailed as SandboxFailed
from sealsvc.adapters.worker_loop import WorkerTerms
from sealsvc.adapters.worker_pool import (
    CallTooLong,
    NobodyFree,
    NobodyLives,
    WorkerDied,
    WorkerPool,
)
from sealsvc.ports import ResourceLimit, WorkersBusy, work_meter

P = ParamSpec("P")
T = TypeVar("T")

TASKS_PER_WORKER = 10_000
"""A successor costs seconds of processor time; what leaks is bounded by the memory beside."""
MEMORY_BYTES = 2 * 1024**3
QUEUE_WAIT_S = 60.0
SPARES = 1
WARM = (
    "sealsvc.documents.pdf.reader",
    "sealsvc.documents.pdf.sealer",
    "sealsvc.verify.judge",
    "sealsvc.imprint.render",
    "sealsvc.areas.sealing.working",
)


class ProcessSandbox:
    """Implements `ports.Sandbox` over a pool of worker processes.

    workers: processes; timeout_s: wall-clock limit of one call once it runs; memory_bytes:
    address space of a worker (the document libraries alone take under 1 GiB); queue: calls that
    may wait beyond the running ones; max_tasks: calls after which a worker is replaced; warm:
    modules each worker imports before its first call.

    Of several workers one more is kept than was asked for: the successor of a killed one needs
    seconds to import, and a second hostile call in that time would leave nobody for the others.
    """

    def __init__(
        self,
        *,
        workers: int,
        timeout_s: float,
        memory_bytes: int = MEMORY_BYTES,
        queue: int = 256,
        max_tasks: int = TASKS_PER_WORKER,
        warm: tuple[str, ...] = WARM,
    ) -> None:
        self._timeout_s = timeout_s
        self._workers = workers
        self._slots = threading.BoundedSemaphore(workers + queue)
        processes = workers + (SPARES if workers > 1 else 0)
        self._pool = WorkerPool(processes, WorkerTerms(memory_bytes, warm, timeout_s), max_tasks)

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result or its own exception.

        Raises: ResourceLimit, WorkersBusy, SandboxFailed.
        """
        call = _packed((function, args, kwargs))
        if not self._slots.acquire(blocking=False):
            raise WorkersBusy()
        try:
            succeeded, packed = self._outcome(call)
        finally:
            self._slots.release()
        return _unpacked(succeeded, packed)  # type: ignore[no-any-return]

    def ready(self) -> bool:
        """Whether as many workers as were asked for have imported what they need."""
        return self._pool.warmed >= self._workers

    def close(self) -> None:
        """Stop all workers now."""
        self._pool.close()

    def _outcome(self, call: bytes) -> tuple[bool, bytes]:
        until = time.monotonic() + self._timeout_s + QUEUE_WAIT_S
        try:
            answer = self._pool.call(call, self._timeout_s, until)
        except CallTooLong as error:
            if time.monotonic() >= until:  # it had to wait so long that its time was cut short
                raise WorkersBusy() from error
            _note(self._timeout_s)
            raise ResourceLimit(limit="time", seconds=int(self._timeout_s)) from error
        except WorkerDied as error:
            raise ResourceLimit(limit="process") from error
        except NobodyFree as error:
            raise WorkersBusy() from error
        except NobodyLives as error:
            raise SandboxFailed(reason="the workers do not live") from error
        _note(answer.seconds)
        return answer.succeeded, answer.packed


def _packed(value: object) -> bytes:
    try:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise SandboxFailed(reason="cannot be sent to a worker") from error


def _unpacked(succeeded: bool, packed: bytes) -> Any:
    """The result, or raises the error, that a worker packed."""
    value = pickle.loads(packed)  # noqa: S301 -- our own worker wrote it
    if succeeded:
        return value
    if isinstance(value, MemoryError | RecursionError):
        raise ResourceLimit(limit="memory") from value
    raise value


def _note(seconds: float) -> None:
    """For whoever answers for the request: a worker was busy with it. Queueing is not its doing."""
    meter = work_meter.get()
    if meter is not None:
        meter.seconds += seconds


class InlineSandbox:
    """Runs the function in this process: for the command line, where the caller is the owner."""

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result. Raises: ResourceLimit when the stack or memory ends."""
        try:
            return function(*args, **kwargs)
        except (MemoryError, RecursionError) as error:
            raise ResourceLimit(limit="memory") from error

    def ready(self) -> bool:
        """Always."""
        return True
