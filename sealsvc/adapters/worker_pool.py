"""Worker processes of the sandbox: who is free, who is gone, who comes after.

A caller talks to its worker itself. Threads of the pool only bring workers up, one each, and end
with that; a worker is given out once it has said that it imported what it needs.
"""

import multiprocessing
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from multiprocessing.context import SpawnProcess
from queue import Empty, SimpleQueue

from sealsvc.adapters.shared_memory import SharedMemory
from sealsvc.adapters.worker_loop import (
    Answer,
    PeerGone,
    WorkerTerms,
    receive_answer,
    send_call,
    serve,
)

_HOPELESS = 3
"""Workers that died before their first call, one after the other, until the pool says so."""
_PAUSE_S = 5.0
_JOIN_S = 5.0


class NobodyFree(Exception):
    """No worker came free in time, or the pool is closed."""


class NobodyLives(Exception):
    """Workers die before they are of use."""


class WorkerDied(Exception):
    """The worker ended during the call."""


class CallTooLong(Exception):
    """The call ran longer than it may; its worker was killed."""


class _NeverBegan(Exception):
    """The worker was gone before it had the call."""


class _Worker:
    """One process, the socket to it, and the memory that large calls lie in."""

    def __init__(self, terms: WorkerTerms) -> None:
        self._channel, theirs = socket.socketpair()
        self._shared = SharedMemory.made()
        context = multiprocessing.get_context("spawn")
        self._process: SpawnProcess = context.Process(
            target=serve, args=(theirs, terms, self._shared), name="sandbox-worker", daemon=True
        )
        self.calls = 0
        try:
            self._process.start()
        except BaseException:
            self._close()
            raise
        finally:
            theirs.close()  # else the end of the worker would not be seen here

    def greeting(self) -> bool | None:
        """Whether all imports succeeded; None if it died over them."""
        try:
            return receive_answer(self._channel, None).succeeded
        except (PeerGone, OSError):
            return None

    def ask(self, call: bytes, seconds: float) -> Answer:
        """seconds: as long again may the way there take, and the way back.

        Raises: _NeverBegan, WorkerDied, CallTooLong.
        """
        self.calls += 1
        try:
            self._channel.settimeout(max(seconds, 0.001))
            send_call(self._channel, call, self._shared)
        except TimeoutError as error:
            raise CallTooLong from error
        except OSError as error:
            raise _NeverBegan from error
        try:
            return receive_answer(self._channel, seconds)
        except TimeoutError as error:
            raise CallTooLong from error
        except (PeerGone, OSError) as error:
            raise WorkerDied from error

    def kill(self) -> None:
        """End it now, whatever it does."""
        self._process.kill()

    def leave(self) -> None:
        """Let it end by itself."""
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    def bury(self) -> None:
        """Wait for its end, and insist on it."""
        self._process.join(_JOIN_S)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join(_JOIN_S)
        self._close()

    def _close(self) -> None:
        self._channel.close()
        if self._shared is not None:
            self._shared.close()


class WorkerPool:
    """size: processes; max_calls: after which a worker is replaced."""

    def __init__(self, size: int, terms: WorkerTerms, max_calls: int) -> None:
        self._size, self._terms, self._max_calls = size, terms, max_calls
        self._guard = threading.Lock()
        self._idle: list[_Worker] = []
        self._alive: set[_Worker] = set()
        self._waiting: deque[SimpleQueue[_Worker | None]] = deque()
        self._threads: set[threading.Thread] = set()
        self._closed = threading.Event()
        self._warmed = self._stillborn = 0
        for _ in range(size):
            self._bring_up(None)

    @property
    def warmed(self) -> int:
        """How many workers have imported all they need, since the beginning."""
        return self._warmed

    def call(self, call: bytes, run_s: float, until: float) -> Answer:
        """The answer of a worker. run_s: longest the call may run; until: when to give up, on
        the clock `time.monotonic`.

        Raises: NobodyFree, NobodyLives, WorkerDied, CallTooLong.
        """
        for _ in range(self._size + 1):
            worker = self._taken(until)
            try:
                answer = worker.ask(call, min(run_s, until - time.monotonic()))
            except _NeverBegan:  # killed while it was idle; the others know nothing of it
                self._lose(worker)
                continue
            except BaseException as error:
                self._lose(worker)
                if self._closed.is_set():
                    raise NobodyFree from error
                raise
            if answer.tired or worker.calls >= self._max_calls:
                worker.leave()
                self._bring_up(worker)
            else:
                self._offer(worker)
            return answer
        raise WorkerDied

    def close(self) -> None:
        """End all workers now; who waits for one is told."""
        with self._guard:
            self._closed.set()
            alive, waiting, threads = list(self._alive), list(self._waiting), list(self._threads)
            self._waiting.clear()
            self._idle.clear()
        for worker in alive:
            worker.kill()
        for turn in waiting:
            turn.put(None)
        for thread in threads:
            thread.join(_JOIN_S)
        for worker in alive:
            worker.bury()

    def _taken(self, until: float) -> _Worker:
        """The longest waiting is served first. Raises: NobodyFree, NobodyLives."""
        turn: SimpleQueue[_Worker | None] = SimpleQueue()
        with self._guard:
            if self._closed.is_set():
                raise NobodyFree
            if self._idle:
                return self._idle.pop()
            if self._stillborn >= _HOPELESS and not self._warmed_now():
                raise NobodyLives
            self._waiting.append(turn)
        try:
            worker = turn.get(timeout=max(0.0, until - time.monotonic()))
        except BaseException as error:
            worker = self._withdrawn(turn)
            if worker is not None and not isinstance(error, Empty):
                self._offer(worker)
                raise
            if not isinstance(error, Empty):
                raise
        if worker is None:
            raise NobodyLives if self._stillborn >= _HOPELESS else NobodyFree
        return worker

    def _warmed_now(self) -> bool:
        """Whether any worker lives that was ever given out."""
        return any(worker.calls for worker in self._alive)

    def _withdrawn(self, turn: "SimpleQueue[_Worker | None]") -> _Worker | None:
        """Wait no longer; the worker that came after all, if one did."""
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return None
        return turn.get()

    def _offer(self, worker: _Worker) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().put(worker)
            elif not self._closed.is_set():
                self._idle.append(worker)

    def _lose(self, worker: _Worker) -> None:
        worker.kill()
        self._bring_up(worker)

    def _bring_up(self, before: _Worker | None) -> None:
        """Start a worker, in the place of another one that ends."""
        thread = threading.Thread(
            target=self._start, args=(before,), name="sandbox-starter", daemon=True
        )
        with self._guard:
            if before is not None and self._closed.is_set():
                return  # who closes also buries
            self._threads.add(thread)
        thread.start()

    def _start(self, before: _Worker | None) -> None:
        try:
            if before is not None:
                self._forget(before)
            while not self._closed.is_set() and not self._one_started():
                self._closed.wait(_PAUSE_S if self._stillborn >= _HOPELESS else 0.0)
        finally:
            with self._guard:
                self._threads.discard(threading.current_thread())

    def _one_started(self) -> bool:
        worker = _Worker(self._terms)
        with self._guard:
            self._alive.add(worker)
            if self._closed.is_set():
                worker.kill()
        warm = worker.greeting()
        if warm is None:
            self._forget(worker)
            with self._guard:
                self._stillborn += 1
                if self._stillborn >= _HOPELESS and not self._warmed_now():
                    while self._waiting:
                        self._waiting.popleft().put(None)
            return False
        with self._guard:
            self._stillborn = 0
            self._warmed += warm
        self._offer(worker)
        return True

    def _forget(self, worker: _Worker) -> None:
        worker.bury()
        with self._guard:
            self._alive.discard(worker)
