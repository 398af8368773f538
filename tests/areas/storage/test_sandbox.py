"""Workers that hang, eat, die and lie: the caller gets an answer, the others notice nothing."""

import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sealsvc.adapters import sandbox as sandbox_module
from sealsvc.adapters import worker_loop
from sealsvc.adapters.sandbox import (
    MEMORY_BYTES,
    WARM,
    InlineSandbox,
    ProcessSandbox,
    SandboxFailed,
)
from sealsvc.adapters.shared_memory import LARGEST, SMALLEST, SharedMemory
from sealsvc.errors import ServiceError
from sealsvc.ports import ResourceLimit, WorkersBusy
from tests.areas.storage import sandboxed

ROOT = Path(__file__).resolve().parents[3]
PDF_LIBRARIES = ("pyhanko.sign.signers.pdf_signer", "pyhanko.sign.validation", "pikepdf")

SHARED: list[ProcessSandbox] = []


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ProcessSandbox]:
    # The functions are imported beforehand: the limit is on the call, not on the import.
    sandbox = ProcessSandbox(
        workers=2, timeout_s=1.0, memory_bytes=600 << 20, warm=(sandboxed.__name__,)
    )
    SHARED.append(sandbox)
    yield sandbox
    SHARED.remove(sandbox)
    sandbox.close()


@contextmanager
def leaves_nobody() -> Iterator[None]:
    before = set(multiprocessing.active_children())
    yield
    # What the shared one lost in the test before may only now have got its successor.
    theirs = {worker._process for shared in SHARED for worker in shared._pool._alive}
    assert set(multiprocessing.active_children()) <= before | theirs


@pytest.mark.parametrize(
    "size", [0, SMALLEST - 200, SMALLEST, 5 << 20, LARGEST - 200, LARGEST, LARGEST + 1]
)
def test_calls_of_any_size(sandbox: ProcessSandbox, size: int) -> None:
    # A shorter one after a longer one: nothing of the longer may show.
    for data in (os.urandom(size), b"x" * (size // 2)):
        assert sandbox.run(sandboxed.echo, data) == data


def test_shared_memory_that_was_closed_takes_no_call() -> None:
    shared = SharedMemory.made()
    assert shared is not None
    call = bytes(SMALLEST)
    assert shared.put(call)
    assert bytes(shared.view(SMALLEST)) == call
    shared.close()
    shared.close()
    assert not shared.put(call)


def test_result_and_arguments(sandbox: ProcessSandbox) -> None:
    assert sandbox.run(sandboxed.double, 3, plus=1) == 7
    assert sandbox.run(sandboxed.pid) != os.getpid()


def test_ten_megabytes_both_ways(sandbox: ProcessSandbox) -> None:
    assert len(sandbox.run(sandboxed.much, 10)) == 10 << 20
    assert sandbox.run(sandboxed.length, bytes(50 << 20)) == 50 << 20


@pytest.mark.parametrize("call", [sandboxed.spin, sandboxed.deaf])
def test_time_limit(sandbox: ProcessSandbox, call: Callable[[], None]) -> None:
    with pytest.raises(ResourceLimit, match="limit=time"):
        sandbox.run(call)
    assert sandbox.run(sandboxed.double, 1) == 2


def test_memory_limit(sandbox: ProcessSandbox) -> None:
    assert sandbox.run(sandboxed.eat, 100) == 100 << 20
    with pytest.raises(ResourceLimit, match="limit=memory"):
        sandbox.run(sandboxed.eat, 700)
    with pytest.raises(ResourceLimit, match="limit=memory"):
        sandbox.run(sandboxed.recurse)


@pytest.mark.parametrize("call", [sandboxed.leave_badly, sandboxed.crash])
def test_worker_that_dies(sandbox: ProcessSandbox, call: Callable[[], None]) -> None:
    with pytest.raises(ResourceLimit, match="limit=process"):
        sandbox.run(call)
    assert sandbox.run(sandboxed.double, 1) == 2


@pytest.mark.parametrize("number", range(len(sandboxed.ERRORS)))
def test_errors_come_home_whole(sandbox: ProcessSandbox, number: int) -> None:
    sent = sandboxed.ERRORS[number]
    with pytest.raises(type(sent)) as caught:
        sandbox.run(sandboxed.fail, number)
    assert vars(caught.value) == vars(sent)
    assert caught.value.args == sent.args
    assert str(caught.value) == str(sent)


def subclasses(kind: type) -> Iterator[type]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def test_every_error_without_a_constructor_of_its_own_can_be_packed() -> None:
    for kind in subclasses(ServiceError):
        if kind.__init__ is not ServiceError.__init__:
            continue
        error = pickle.loads(pickle.dumps(kind(field="value")))
        assert (type(error), error.fields, error.code) == (kind, {"field": "value"}, kind.code)


@pytest.mark.parametrize(
    "call", [sandboxed.fail_unsendable, sandboxed.give_lock, sandboxed.give_unreadable]
)
def test_what_cannot_travel(sandbox: ProcessSandbox, call: Callable[[], object]) -> None:
    before = sandbox.run(sandboxed.pid)
    with pytest.raises((SandboxFailed, TypeError, ValueError)):
        sandbox.run(call)
    assert sandbox.run(sandboxed.double, 1) == 2
    os.kill(before, 0)  # the worker lives


def test_what_cannot_be_sent(sandbox: ProcessSandbox) -> None:
    with pytest.raises(SandboxFailed):
        sandbox.run(lambda: 1)
    with pytest.raises(SandboxFailed):
        sandbox.run(sandboxed.length, threading.Lock())  # type: ignore[arg-type]


def test_others_are_unaffected(sandbox: ProcessSandbox) -> None:
    # One slot of two goes on answering while the other is killed again and again.
    with ThreadPoolExecutor(4) as threads:
        bad = [threads.submit(sandbox.run, sandboxed.leave_badly) for _ in range(3)]
        good = [threads.submit(sandbox.run, sandboxed.double, n) for n in range(30)]
        assert [future.result() for future in good] == [2 * n for n in range(30)]
        for future in bad:
            assert isinstance(future.exception(), ResourceLimit)


def test_idle_worker_killed_from_outside(sandbox: ProcessSandbox) -> None:
    # The call goes to another worker: it never began in the one that is gone.
    for _ in range(2):
        os.kill(sandbox.run(sandboxed.pid), signal.SIGKILL)
        time.sleep(0.3)
        assert sandbox.run(sandboxed.double, 4) == 8


def test_worker_is_replaced_after_its_tasks() -> None:
    with leaves_nobody():
        sandbox = ProcessSandbox(workers=1, timeout_s=5, max_tasks=3, warm=())
        pids = [sandbox.run(sandboxed.pid) for _ in range(7)]
        sandbox.close()
    assert len(set(pids)) in (3, 4)


def test_queue_is_bounded() -> None:
    sandbox = ProcessSandbox(workers=1, timeout_s=5, queue=1, warm=())
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(sandbox.run, sandboxed.sleep, 0.4) for _ in range(2)]
        time.sleep(0.1)
        with pytest.raises(WorkersBusy):
            sandbox.run(sandboxed.double, 1)
        assert [future.result() for future in running] == [0.4, 0.4]
    assert sandbox.run(sandboxed.double, 1) == 2
    sandbox.close()


def test_wait_in_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "QUEUE_WAIT_S", -0.5)
    sandbox = ProcessSandbox(workers=1, timeout_s=1, warm=())
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(sandbox.run, sandboxed.sleep, 0.9)
        time.sleep(0.05)
        with pytest.raises(WorkersBusy):
            sandbox.run(sandboxed.sleep, 0.9)
        assert isinstance(first.exception(), WorkersBusy)
    sandbox.close()


def test_closed_sandbox_is_busy_and_leaves_nobody() -> None:
    with leaves_nobody():
        sandbox = ProcessSandbox(workers=2, timeout_s=5, warm=())
        assert sandbox.run(sandboxed.double, 1) == 2
        sandbox.close()
        with pytest.raises(WorkersBusy):
            sandbox.run(sandboxed.double, 1)
        sandbox.close()


def test_worker_that_stands_still_is_killed() -> None:
    """A stopped process reads nothing: the caller is not held up longer than by a busy one."""
    sandbox = ProcessSandbox(workers=1, timeout_s=1, warm=())
    os.kill(sandbox.run(sandboxed.pid), signal.SIGSTOP)
    with pytest.raises(ResourceLimit, match="limit=time"):
        sandbox.run(sandboxed.length, bytes(20 << 20))
    assert sandbox.run(sandboxed.double, 1) == 2
    sandbox.close()


def test_who_waited_longest_is_served_first() -> None:
    sandbox = ProcessSandbox(workers=1, timeout_s=5, warm=())
    order: list[int] = []

    def ask(number: int) -> None:
        sandbox.run(sandboxed.sleep, 0.1)
        order.append(number)

    with ThreadPoolExecutor(4) as threads:
        for number in range(4):
            threads.submit(ask, number)
            time.sleep(0.03)
    assert order == [0, 1, 2, 3]
    sandbox.close()


def test_workers_that_die_at_once_are_told_of() -> None:
    sandbox = ProcessSandbox(workers=2, timeout_s=5, warm=("tests.areas.storage.deadly",))
    with pytest.raises(SandboxFailed):
        sandbox.run(sandboxed.double, 1)
    assert not sandbox.ready()
    sandbox.close()


def test_who_waits_when_it_is_closed_is_told() -> None:
    sandbox = ProcessSandbox(workers=1, timeout_s=20, warm=())
    with ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(sandbox.run, sandboxed.sleep, 10.0) for _ in range(2)]
        time.sleep(0.5)
        sandbox.close()
        assert {type(call.exception(5)) for call in calls} == {WorkersBusy}


def test_orphan_ends_itself() -> None:
    """Whoever would have killed a worker may be gone; then its own alarm does."""
    ours, theirs = socket.socketpair()
    terms = worker_loop.WorkerTerms(MEMORY_BYTES, (), timeout_s=0.2 - worker_loop.GRACE_S)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=worker_loop.serve, args=(theirs, terms))
    process.start()
    worker_loop.send_call(ours, pickle.dumps((sandboxed.spin, (), {})))
    process.join(20)
    assert process.exitcode == -signal.SIGALRM
    ours.close()
    theirs.close()


def test_ready_when_all_workers_have_imported() -> None:
    sandbox = ProcessSandbox(workers=2, timeout_s=20, memory_bytes=MEMORY_BYTES, warm=PDF_LIBRARIES)
    deadline = time.monotonic() + 30
    while not sandbox.ready() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sandbox.ready()
    assert sandbox.run(sandboxed.modules, *PDF_LIBRARIES) == [True] * 3
    sandbox.close()


def test_not_ready_while_an_import_fails() -> None:
    sandbox = ProcessSandbox(workers=1, timeout_s=5, warm=("sealsvc.no_such_module",))
    assert sandbox.run(sandboxed.double, 1) == 2
    assert not sandbox.ready()
    sandbox.close()


def test_document_libraries_fit_into_half_of_the_limit() -> None:
    sandbox = ProcessSandbox(
        workers=1, timeout_s=20, memory_bytes=MEMORY_BYTES // 2, warm=PDF_LIBRARIES
    )
    assert sandbox.run(sandboxed.modules, *PDF_LIBRARIES) == [True] * 3
    sandbox.close()


PARENT = """
import sys
from sealsvc.adapters.sandbox import ProcessSandbox
from tests.areas.storage import sandboxed

if __name__ == "__main__":
    sandbox = ProcessSandbox(workers=1, timeout_s=20, warm=("pyhanko.sign",))
    print(sandbox.run(sandboxed.modules, "pyhanko.sign"), "pyhanko" in sys.modules, flush=True)
    print(sandbox.run(sandboxed.pid), flush=True)
    sys.stdin.read()
"""


def test_parent_imports_no_document_library_and_its_death_ends_the_workers(tmp_path: Path) -> None:
    (tmp_path / "parent.py").write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "parent.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "[True] False\n"
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(worker, 0)
            time.sleep(0.02)
        pytest.fail("the worker outlives its parent")


def test_inline_sandbox() -> None:
    inline = InlineSandbox()
    assert inline.ready()
    assert inline.run(sandboxed.double, 2) == 4
    with pytest.raises(ValueError, match="plain"):
        inline.run(sandboxed.fail, 4)
    with pytest.raises(ResourceLimit):
        inline.run(sandboxed.recurse)


def test_warm_names_are_ours() -> None:
    assert all(name.startswith("sealsvc.") for name in WARM)


def test_what_libraries_say_of_hostile_bytes_reaches_no_log(
    sandbox: ProcessSandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    assert sandbox.run(sandboxed.chatter, 'CN=x\n{"event": "forged"}')
    assert "forged" not in "".join(capfd.readouterr())
