"""What a sandbox worker does: import, then answer one call after the other until nobody asks.

Calls and answers are frames over a socket: a fixed head, then that many bytes. A large call lies
in memory that both share, and only its head passes. Everything is packed and unpacked at the
ends, so that only bytes pass and a frame is never half understood.
"""

import gc
import importlib
import logging
import pickle
import resource
import signal
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass

from sealsvc.adapters.shared_memory import SharedMemory
from sealsvc.errors import Internal

GRACE_S = 5.0
"""A worker that is still at a call this long after its limit ends itself: its parent is gone."""
GROWTH_BYTES = 256 * 1024**2
"""Memory that calls may leave behind in a worker before it asks to be replaced."""
_LOOK_EVERY = 64
_LARGE = 64 * 1024
_CALL = struct.Struct("!Q?")
_ANSWER = struct.Struct("!Q??d")
_PAGE = resource.getpagesize()


class SandboxFailed(Internal):
    """A call, its result or its error cannot travel between processes, or no worker lives."""

    code = "SANDBOX_FAILED"


class PeerGone(Exception):
    """The other end was closed, or its process died."""


@dataclass(frozen=True)
class WorkerTerms:
    """memory_bytes: address space; warm: modules to import first; timeout_s: of one call."""

    memory_bytes: int
    warm: tuple[str, ...]
    timeout_s: float


@dataclass(frozen=True)
class Answer:
    """packed: pickle of the result, or of the error where it did not succeed.

    tired: the worker has grown and wants to be replaced. seconds: of processor time.
    """

    packed: bytes
    succeeded: bool
    tired: bool
    seconds: float


def send_call(channel: socket.socket, call: bytes, shared: SharedMemory | None = None) -> None:
    """shared: what the worker was given, not in use by another call. Raises: OSError."""
    if shared is not None and shared.put(call):
        channel.sendall(_CALL.pack(len(call), True))
    else:
        _send(channel, _CALL.pack(len(call), False), call)


def receive_answer(channel: socket.socket, seconds: float | None) -> Answer:
    """One answer. seconds: until it begins, and from there to its end; None = wait for ever.

    Raises: TimeoutError, PeerGone, OSError.
    """
    size, succeeded, tired, used = _ANSWER.unpack(_received(channel, _ANSWER.size, seconds))
    return Answer(_received(channel, size, seconds), succeeded, tired, used)


def serve(channel: socket.socket, terms: WorkerTerms, shared: SharedMemory | None = None) -> None:
    """The worker's life. The first frame it sends says whether all imports succeeded."""
    _confine(terms)
    _answer(channel, Answer(b"", _warmed(terms.warm), tired=False, seconds=0.0))
    # What was imported stays: no collection needs to look through it again.
    gc.collect()
    gc.freeze()
    born, calls = _resident_bytes(), 0
    with suppress(PeerGone, OSError):  # the parent closed or died: nobody is left to answer
        while True:
            call = _next_call(channel, shared)
            calls += 1
            tired = calls % _LOOK_EVERY == 0 and _resident_bytes() - born > GROWTH_BYTES
            _answer(channel, _run_packed(call, terms.timeout_s + GRACE_S, tired=tired))
            del call


def _confine(terms: WorkerTerms) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (terms.memory_bytes, terms.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Libraries repeat hostile names, line breaks included; what matters comes back as an error.
    logging.disable(logging.CRITICAL)


def _warmed(names: tuple[str, ...]) -> bool:
    try:
        for name in names:
            importlib.import_module(name)
    except ImportError:  # the call itself will say why
        return False
    return True


def _next_call(channel: socket.socket, shared: SharedMemory | None) -> bytes | memoryview:
    size, is_shared = _CALL.unpack(_received(channel, _CALL.size))
    if not is_shared:
        return _received(channel, size)
    assert shared is not None  # the parent puts nothing where nothing is
    return shared.view(size)


def _answer(channel: socket.socket, answer: Answer) -> None:
    head = _ANSWER.pack(len(answer.packed), answer.succeeded, answer.tired, answer.seconds)
    _send(channel, head, answer.packed)


def _run_packed(call: bytes | memoryview, alarm_s: float, *, tired: bool) -> Answer:
    start = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, alarm_s)
    try:
        function, args, kwargs = pickle.loads(call)  # noqa: S301 -- our own parent wrote it
        succeeded, packed = True, pickle.dumps(function(*args, **kwargs), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        succeeded, packed = False, _packed_error(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return Answer(packed, succeeded, tired, time.process_time() - start)


def _packed_error(error: Exception) -> bytes:
    try:
        packed = pickle.dumps(error, pickle.HIGHEST_PROTOCOL)
        pickle.loads(packed)  # noqa: S301 -- proves that the other end can read it
    except Exception:
        return pickle.dumps(SandboxFailed(error=type(error).__name__))
    return packed


def _send(channel: socket.socket, head: bytes, body: bytes) -> None:
    if len(body) < _LARGE:
        channel.sendall(head + body)
        return
    channel.sendall(head)
    channel.sendall(body)


def _received(channel: socket.socket, size: int, seconds: float | None = None) -> bytes:
    """Exactly that many bytes. Raises: PeerGone, TimeoutError, OSError."""
    until = None if seconds is None else time.monotonic() + seconds
    first = _some(channel, size, until)
    if len(first) == size:
        return first
    whole = bytearray(size)
    whole[: len(first)] = first
    filled, view = len(first), memoryview(whole)
    while filled < size:
        more = _some(channel, min(size - filled, 1024 * 1024), until)
        view[filled : filled + len(more)] = more
        filled += len(more)
    view.release()
    return bytes(whole)


def _some(channel: socket.socket, size: int, until: float | None) -> bytes:
    if size == 0:
        return b""
    if until is not None:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        channel.settimeout(left)
    # A blocking socket waits for all of it; one with a timeout gives what is there.
    found = channel.recv(size, socket.MSG_WAITALL)
    if not found:
        raise PeerGone
    return found


def _resident_bytes() -> int:
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * _PAGE
