"""Runs a pure function in a killable, memory-limited worker process (pebble, spawn, warm).

Forked pools outlive their server and hold its port, so workers are spawned; each imports the
document libraries once, before its first task (ARCHITECTURE section 16).
"""

import importlib
import multiprocessing
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from sealsvc.ports import ResourceLimit, WorkersBusy

P = ParamSpec("P")
T = TypeVar("T")

TASKS_PER_WORKER = 1_000
WARM = (
    "sealsvc.documents.pdf.reader",
    "sealsvc.documents.pdf.sealer",
    "sealsvc.verify.judge",
    "sealsvc.imprint.render",
)


class ProcessSandbox:
    """Implements `ports.Sandbox` over a pool of worker processes.

    workers: processes; timeout_s: wall-clock limit of one call; memory_bytes: address space of
    a worker; queue: calls that may wait beyond the running ones.
    """

    def __init__(
        self, *, workers: int, timeout_s: float, memory_bytes: int, queue: int = 256
    ) -> None:
        self._timeout_s = timeout_s
        self._slots = threading.BoundedSemaphore(workers + queue)
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=TASKS_PER_WORKER,
            initializer=_start_worker,
            initargs=(memory_bytes,),
            context=multiprocessing.get_context("spawn"),
        )
        self._warm = [self._pool.schedule(_warm_up) for _ in range(workers)]

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result or its own exception.

        Raises: ResourceLimit, WorkersBusy.
        """
        if not self._slots.acquire(blocking=False):
            raise WorkersBusy()
        try:
            future = self._pool.schedule(
                function, args=list(args), kwargs=dict(kwargs), timeout=self._timeout_s
            )
            result: T = future.result()
            return result
        except FutureTimeout as error:
            raise ResourceLimit(limit="time", seconds=int(self._timeout_s)) from error
        except ProcessExpired as error:
            raise ResourceLimit(limit="process") from error
        except (MemoryError, RecursionError) as error:
            raise ResourceLimit(limit="memory") from error
        finally:
            self._slots.release()

    def ready(self) -> bool:
        """Whether the workers have imported what they need."""
        return all(future.done() and future.exception() is None for future in self._warm)

    def close(self) -> None:
        """Stop all workers now."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join(timeout=5)


def _start_worker(memory_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _warm_up() -> bool:
    for name in WARM:
        importlib.import_module(name)
    return True


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
