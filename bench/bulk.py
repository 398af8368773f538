"""`python -m bench.bulk N`: so many invoices sealed through the service verb on SQLite FULL.

Prints the rate, processor time a seal by stage, and memory at the start, the middle and the end.
`--kill-at M` first kills a run with SIGKILL after M results, then resumes it and counts.
"""

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from sqlalchemy import text
from sqlmodel import Session

from api.demo.invoice import Invoice, demo_lines, make_invoice
from bench.timing import Row
from sealsvc.app import Parts, build
from sealsvc.areas.entities.model.demo import DEMO_ENTITIES
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.sealing.service import SealingRequest, batch
from sealsvc.areas.sealing.service.batch import finishing, recording, running
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest, SealApplication
from sealsvc.initialise import initialise
from sealsvc.ports import Sandbox, WorkMeter, work_meter
from sealsvc.settings import Settings
from sealsvc.storage.logbook import Logbook
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import DocumentRole, Principal, Scope, SealId, SealMedium, SealType

P = ParamSpec("P")
T = TypeVar("T")

MILLION = 1_000_000
OWNER = DEMO_ENTITIES[0].uscc
SIGNER = Principal(
    "cli_bench", "bench", frozenset({Scope.SEAL_SIGN, Scope.SEAL_APPLY, Scope.ENTITY_READ}), OWNER
)
APPROVER = Principal("cli_benchap", "approver", frozenset({Scope.SEAL_APPROVE}))
_AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_NUMBER = 26110000000000000001
_WORKER_STAGES = {"prepare_many": "prepare (worker)", "faults_of": "check (worker)"}


@dataclass
class Stages:
    """Seconds of processor time by stage, without those of stages inside it."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _inner: threading.local = field(default_factory=threading.local)

    def timed(self, name: str, call: Callable[P, T]) -> Callable[P, T]:
        """The call, its thread's time counted under a name."""

        def counting(*args: P.args, **kwargs: P.kwargs) -> T:
            outer = getattr(self._inner, "spent", 0.0)
            self._inner.spent, begin = 0.0, time.thread_time()
            try:
                return call(*args, **kwargs)
            finally:
                spent = time.thread_time() - begin
                self.seconds[name] += spent - self._inner.spent
                self._inner.spent = outer + spent

        return counting

    def watch(self) -> None:
        """Count the stages of the service verb, wherever they are called."""
        places: tuple[tuple[str, object, str], ...] = (
            ("prepare", running, "prepare_chunk"),
            ("sign", finishing, "_sign"),
            ("finish + check", finishing, "_look_again"),
            ("blobs", finishing, "put_all"),
            ("rows", recording, "authorise_many"),
            ("rows", recording, "complete_many"),
            ("facts", UnitOfWork, "record"),
            ("facts", UnitOfWork, "_insert_facts"),
            ("commit", Session, "commit"),
            ("sequence", Logbook, "sequence"),
        )
        for name, owner, member in places:
            setattr(owner, member, self.timed(name, getattr(owner, member)))


@dataclass(frozen=True)
class Metered:
    """The sandbox, its workers' time counted by what they do."""

    inner: Sandbox
    stages: Stages

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As the inner one."""
        meter = WorkMeter()
        token = work_meter.set(meter)
        try:
            return self.inner.run(function, *args, **kwargs)
        finally:
            work_meter.reset(token)
            name = _WORKER_STAGES.get(function.__name__, "full verdict (worker)")
            self.stages.seconds[name] += meter.seconds

    def ready(self) -> bool:
        """As the inner one."""
        return self.inner.ready()


def variants(first: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many invoices by number; the header's comment of four high bytes tells them apart.

    Source: ISO 32000-2, 7.5.2.
    """
    seller, buyer, _ = DEMO_ENTITIES
    base = make_invoice(Invoice(f"{_NUMBER}", _AT, seller, buyer, demo_lines(), "示例开票人")).data
    at = base.index(b"\n%") + 2
    for turn in range(first, first + count):
        high = bytes(128 + (turn >> shift & 127) for shift in (0, 7, 14, 21))
        yield f"{_NUMBER + turn:020d}", base[:at] + high + base[at + 4 :]


def invoice_items(
    seal_id: SealId, count: int, *, visible: bool = True
) -> Iterator[batch.BatchItem]:
    """Variants of one invoice, to be sealed."""
    for name, data in variants(0, count):
        request = SealingRequest(
            seal_id=seal_id,
            data=data,
            role=DocumentRole.INVOICE,
            number=name,
            seller_uscc=OWNER,
            place=PlaceWish(invisible=not visible),
        )
        yield batch.BatchItem(f"{name}.pdf", request)


def found(folder: Path) -> SealId:
    """A domain with a seal for invoices; the seal's id, kept in the folder."""
    kept = folder / "bench-seal"
    if kept.exists():
        return SealId(kept.read_text())
    initialise(Settings(data=folder), demo=True)
    deps = build(Settings(data=folder), isolated=False).deps
    wanted = SealApplication(OWNER, SealType.INVOICE, SealMedium.ELECTRONIC, "发票专用章")
    seal_id = seals.apply(deps, SIGNER, wanted).seal_id
    seals.change(deps, APPROVER, seal_id, ChangeRequest(SealAction.APPROVE))
    seals.issue(deps, APPROVER, seal_id)
    kept.write_text(seal_id)
    return seal_id


def sequencing(logbook: Logbook, over: threading.Event) -> threading.Thread:
    """The log's own thread, as a server process has it."""

    def loop() -> None:
        while logbook.sequence() or not over.wait(0.02):
            pass

    thread = threading.Thread(target=loop, name="sequencer", daemon=True)
    thread.start()
    return thread


@dataclass(frozen=True)
class Measured:
    """One run. seconds: wall; cpu: of the process and its workers; rss_mib: start, middle, end."""

    sealed: int
    resumed: int
    failed: int
    seconds: float
    cpu: float
    rss_mib: tuple[int, int, int]


def measure(
    parts: Parts, stages: Stages, order: batch.BatchOrder, count: int, *, visible: bool
) -> Measured:
    """Seal them all; `done K` on standard output after each chunk."""
    deps = replace(parts.deps, sandbox=Metered(parts.sandbox, stages))
    while not deps.sandbox.ready():
        time.sleep(0.05)
    tally: Counter[str] = Counter()
    over = threading.Event()
    thread = sequencing(parts.logbook, over)
    start, cpu, first = time.perf_counter(), time.process_time(), rss_mib()
    opened = batch.open_batch(deps, SIGNER, order)
    middle = first
    items = invoice_items(order.seal_id, count, visible=visible)
    for turn, one in enumerate(batch.run(deps, SIGNER, order, opened, items), 1):
        tally["failed" if one.error else "resumed" if one.resumed else "sealed"] += 1
        if turn == count // 2:
            middle = rss_mib()
        if turn % 256 == 0:
            print("done", turn, flush=True)
    over.set()
    thread.join()
    seconds = time.perf_counter() - start
    workers = sum(spent for name, spent in stages.seconds.items() if "worker" in name)
    spent = time.process_time() - cpu
    stages.seconds["pipes and threads"] = spent - sum(
        value for name, value in stages.seconds.items() if "worker" not in name
    )
    memory = (first, middle, rss_mib())
    return Measured(
        tally["sealed"], tally["resumed"], tally["failed"], seconds, spent + workers, memory
    )


def rss_mib() -> int:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def bulk_rows(count: int, folder: Path, *, workers: int = 2, visible: bool = True) -> list[Row]:
    """Run, print, and the rows `bulk.rate` and `bulk.cpu`."""
    seal_id = found(folder)
    stages = Stages()
    stages.watch()
    parts = build(Settings(data=folder, workers=workers))
    try:
        order = batch.BatchOrder(seal_id, "bench", "0" * 64, workers=workers)
        got = measure(parts, stages, order, count, visible=visible)
    finally:
        getattr(parts.sandbox, "close", lambda: None)()
    done = max(1, got.sealed)
    rate = done / got.seconds
    print(f"\nsealed {got.sealed}, resumed {got.resumed}, failed {got.failed}, {got.seconds:.1f} s")
    print(f"{rate:.0f} seals/s; 1,000,000 in {MILLION / rate / 3600:.2f} h")
    print(f"RSS {got.rss_mib} MiB at start, middle, end; data {size_mib(folder)} MiB")
    print(f"CPU {got.cpu / done * 1e3:.3f} ms a seal, of it:")
    for name, spent in sorted(stages.seconds.items(), key=lambda one: -one[1]):
        print(f"  {name:24} {spent / done * 1e3:.3f} ms")
    return [
        Row("bulk.rate", "seals/s wall, SQLite FULL", rate, None, None, None, None, None, done),
        Row("bulk.cpu", "s CPU a seal", got.cpu / done, None, None, None, None, None, done),
    ]


def size_mib(folder: Path) -> int:
    """What the files of a folder take."""
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) // 2**20


def kill_one(count: int, folder: Path, kill_at: int) -> None:
    """A run that dies by SIGKILL once it has told of so many results."""
    found(folder)
    command = [sys.executable, "-m", "bench.bulk", str(count), "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("done") and int(line.split()[1]) >= kill_at:
                child.send_signal(signal.SIGKILL)
                break
    print(f"killed with SIGKILL after {kill_at} results; resuming")


def count_uses(folder: Path, count: int) -> None:
    """None lost, none sealed twice. Raises: SystemExit."""
    parts = build(Settings(data=folder), isolated=False)
    with parts.deps.read() as session:
        rows = session.connection().execute(
            text(
                "SELECT status, count(*), count(DISTINCT original_sha256) FROM seal_use GROUP BY 1"
            )
        )
        found = {status: (uses, documents) for status, uses, documents in rows}
    print(f"uses by status (uses, distinct documents): {found}")
    if found.get("COMPLETED") != (count, count):
        sys.exit("lost or sealed twice")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=2_000)
    parser.add_argument("--data", type=Path, help="Folder to keep; a temporary one otherwise.")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--invisible", action="store_true", help="Seals without a picture.")
    parser.add_argument("--kill-at", type=int, help="Kill a first run after so many results.")
    chosen = parser.parse_args()
    folder = chosen.data or Path(tempfile.mkdtemp(prefix="bulk"))
    try:
        if chosen.kill_at:
            kill_one(chosen.count, folder, chosen.kill_at)
        visible = not chosen.invisible
        bulk_rows(chosen.count, folder, workers=chosen.workers, visible=visible)
        if chosen.kill_at:
            count_uses(folder, chosen.count)
    finally:
        if chosen.data is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
