"""Runs a pure function in a killable, memory-limited worker process (pebble, spawn, warm).

Forked pools outlive their server and hold its port, so workers are spawned; each imports the
document libraries once, before its first task (ARCHITECTURE section 16).
"""

import importlib
import logging
import multiprocessing
import pickle
import resource
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.synchronize import Semaphore
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from sealsvc.errors import Internal
from sealsvc.ports import ResourceLimit, WorkersBusy, work_meter

P = ParamSpec("P")
T = TypeVar("T")

_Outcome = tuple[bool, bytes, float]

TASKS_PER_WORKER = 1_000
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


class SandboxFailed(Internal):
    """A call, its result or its error cannot travel between processes, or no worker lives."""

    code = "SANDBOX_FAILED"


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
        self._processes = workers + (SPARES if workers > 1 else 0)
        self._max_tasks = max_tasks
        self._slots = threading.BoundedSemaphore(workers + queue)
        self._context = multiprocessing.get_context("spawn")
        self._warmed = self._context.Semaphore(0)
        self._start = (memory_bytes, warm, self._warmed)
        self._guard = threading.Lock()
        self._closed = False
        self._pool = self._new_pool()

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result or its own exception.

        Raises: ResourceLimit, WorkersBusy, SandboxFailed.
        """
        call = _packed((function, args, kwargs))
        if not self._slots.acquire(blocking=False):
            raise WorkersBusy()
        try:
            try:
                outcome = self._outcome(call)
            except BrokenProcessPool:  # another call's doing, or a worker killed from outside
                outcome = self._outcome(call)
        except BrokenProcessPool as error:
            raise SandboxFailed(reason="the workers do not live") from error
        finally:
            self._slots.release()
        return _unpacked(outcome)  # type: ignore[no-any-return]

    def ready(self) -> bool:
        """Whether as many workers as were asked for have imported what they need."""
        return bool(self._warmed.get_value() >= self._workers)

    def close(self) -> None:
        """Stop all workers now."""
        with self._guard:
            self._closed = True
            _stop(self._pool)

    def _outcome(self, call: bytes) -> tuple[bool, bytes]:
        pool, future = self._scheduled(call)
        try:
            succeeded, packed, seconds = future.result(self._timeout_s + QUEUE_WAIT_S)
            _note(seconds)
            return succeeded, packed
        except FutureTimeout as error:
            if future.done():
                _note(self._timeout_s)
                raise ResourceLimit(limit="time", seconds=int(self._timeout_s)) from error
            future.cancel()  # type: ignore[no-untyped-call]
            raise WorkersBusy() from error
        except ProcessExpired as error:
            raise ResourceLimit(limit="process") from error
        except BrokenProcessPool:
            self._replace(pool)
            raise

    def _scheduled(self, call: bytes) -> tuple[ProcessPool, ProcessFuture[_Outcome]]:
        while True:
            pool = self._pool
            try:
                return pool, pool.schedule(_run_packed, args=[call], timeout=self._timeout_s)
            except RuntimeError as error:  # broken (pebble gives it up for good), or closed
                if pool is self._pool and not self._replace(pool):
                    raise WorkersBusy() from error

    def _replace(self, broken: ProcessPool) -> bool:
        """A new pool for one that broke; False when it was closed."""
        with self._guard:
            if self._pool is not broken:
                return True
            if self._closed:
                return False
            _stop(broken)
            self._pool = self._new_pool()
            return True

    def _new_pool(self) -> ProcessPool:
        pool = ProcessPool(
            max_workers=self._processes,
            max_tasks=self._max_tasks,
            initializer=_start_worker,
            initargs=self._start,
            context=self._context,
        )
        pool.schedule(_nothing)  # pebble starts its workers at the first call
        return pool


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join(timeout=5)


def _packed(value: object) -> bytes:
    try:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise SandboxFailed(reason="cannot be sent to a worker") from error


def _unpacked(outcome: tuple[bool, bytes]) -> Any:
    """The result, or raises the error, that a worker packed."""
    succeeded, packed = outcome
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


def _run_packed(call: bytes) -> _Outcome:
    """In the worker; with the seconds of processor time.

    Packs here, so that nothing but bytes and a number passes through the pool's own pipe: pebble
    gives the whole pool up when a result or an error cannot be read at the other end.
    """
    start = time.process_time()
    try:
        function, args, kwargs = pickle.loads(call)  # noqa: S301 -- our own parent wrote it
        succeeded, packed = True, pickle.dumps(function(*args, **kwargs), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        succeeded, packed = False, _packed_error(error)
    return succeeded, packed, time.process_time() - start


def _packed_error(error: Exception) -> bytes:
    try:
        packed = pickle.dumps(error, pickle.HIGHEST_PROTOCOL)
        pickle.loads(packed)  # noqa: S301 -- proves that the other end can read it
    except Exception:
        return pickle.dumps(SandboxFailed(error=type(error).__name__))
    return packed


def _start_worker(memory_bytes: int, warm: tuple[str, ...], warmed: Semaphore) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Libraries repeat hostile names, line breaks included; what matters comes back as an error.
    logging.disable(logging.CRITICAL)
    with suppress(ImportError):  # then `ready` stays False, and the call itself will say why
        for name in warm:
            importlib.import_module(name)
        warmed.release()


def _nothing() -> None:
    """Makes pebble start its workers."""


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
