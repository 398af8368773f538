"""What runs beside the requests: sequencing, CRLs, expiry, reconciling.

Every server process runs these loops. They need no leader: sequencing takes a short lock, CRLs
are replaced by compare-and-swap, and the rest is safe to do twice.
"""

import gc
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog

from sealsvc.adapters.blobs_fs import FileBlobs, Swept
from sealsvc.app import Parts, build
from sealsvc.areas.access import idempotency
from sealsvc.areas.certs import service as certs
from sealsvc.areas.contracts import service as contracts
from sealsvc.areas.deps import Deps
from sealsvc.areas.invoices import service as invoices
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.seals import service as seals
from sealsvc.areas.transactions import service as transactions
from sealsvc.areas.verification.retention import expire_reports
from sealsvc.settings import Settings
from sealsvc.storage.blobnames import named_blobs
from sealsvc.storage.logbook import Logbook
from sealsvc.version import VERSION

YOUNG_OBJECTS = 10_000
POLL_S = 0.5
GATHER_S = 0.02
"""The two facts of a sealing, and those of its neighbours, share one run of the sequencer."""
HOUSEKEEPING_S = 30.0
SWEEP_EVERY = 10
"""Rounds of housekeeping between two slices of blobs: all 256 of them take about a day."""
SLICES = tuple(f"{number:02x}" for number in range(256))
BLOB_GRACE = timedelta(days=1)
"""Age at which a blob that nothing names is an orphan and not just on its way."""

_log = structlog.get_logger("sealsvc.worker")


@dataclass(frozen=True)
class RateLimits:
    """What callers may use, by address; members as in `settings` and docs/configuration.md."""

    per_minute: int
    exempt: Sequence[str]
    cost_heavy: int
    cost_per_second: int
    failed_keys_per_minute: int
    upload_bytes: int
    upload_bytes_per_address: int
    jobs_per_address: int
    job_wait_s: float


def rate_limits(settings: Settings) -> RateLimits:
    """The limits these settings mean. One address never holds all of several workers."""
    mib = 1024 * 1024
    return RateLimits(
        per_minute=settings.rate_per_minute,
        exempt=tuple(settings.rate_exempt),
        cost_heavy=settings.rate_cost_heavy,
        cost_per_second=settings.rate_cost_per_second,
        failed_keys_per_minute=settings.failed_keys_per_minute,
        upload_bytes=settings.upload_budget_mb * mib,
        upload_bytes_per_address=settings.upload_budget_per_address_mb * mib,
        jobs_per_address=min(settings.jobs_per_address, max(1, settings.workers - 1)),
        job_wait_s=settings.job_wait_s,
    )


class Service:
    """The domain running: what `api` is created over."""

    version = VERSION

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._loops: list[_Loop] = []
        self.deps: Deps = parts.deps
        self.logbook: Logbook = parts.logbook
        self.cursor_key: bytes = parts.cursor_key
        self.demo: bool = parts.founding.demo
        self.started = False
        settings = parts.settings
        self.rate_limits = rate_limits(settings)
        self._sweeper = BlobSweeper(dry_run=not settings.blob_sweep)
        self.cors_origins: Sequence[str] = tuple(settings.cors_origins)

    def start(self) -> None:
        """Check the log, then open the background loops.

        Raises: LogForkRefused, LogClockBehind. Source: transparency-log section 11.8.
        """
        self.logbook.check()
        sequencer = _Loop("sequencer", self.logbook.sequence, POLL_S, GATHER_S)
        housekeeper = _Loop("housekeeper", self._housekeep, HOUSEKEEPING_S)
        self._loops = [sequencer, housekeeper]
        self._parts.store.on_commit(sequencer.wake)
        for loop in self._loops:
            loop.start()
        # What the start has built lives as long as the process; nobody need look through it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS)
        self.started = True

    def stop(self) -> None:
        """Stop the loops, sequence what is left, stop the workers."""
        for loop in self._loops:
            loop.stop()
        self.started = False
        self.logbook.sequence()
        if close := getattr(self._parts.sandbox, "close", None):
            close()
        self._parts.store.engine.dispose()

    def ready(self) -> dict[str, bool]:
        """Each check by name."""
        return {
            "database": self._answers(self._touch_database),
            "log": self._answers(self.logbook.head),
            "workers": self.deps.sandbox.ready(),
            "loops": self.started and all(loop.alive for loop in self._loops),
        }

    def _touch_database(self) -> None:
        with self.deps.read() as session:
            session.connection()

    def _housekeep(self) -> None:
        deps = self.deps
        chores: tuple[Callable[[Deps], object], ...] = (
            certs.refresh_crls,
            certs.reconcile,
            seals.expire_due,
            seals.follow_entities,
            seals.reconcile,
            sealing.reconcile,
            contracts.expire_due,
            invoices.lapse_due,
            transactions.reconcile,
            transactions.expire_reports,
            idempotency.forget_expired,
            expire_reports,
            self._sweeper,
        )
        for chore in chores:
            try:
                chore(deps)
            except Exception:
                name = getattr(chore, "__name__", type(chore).__name__)
                _log.exception("worker.chore_failed", chore=name)

    @staticmethod
    def _answers(check: Callable[[], object]) -> bool:
        try:
            check()
        except Exception:
            _log.exception("worker.not_ready")
            return False
        return True


class BlobSweeper:
    """Deletes blobs that no row names any more, a slice every few rounds of housekeeping.

    dry_run: count them in the log only.
    """

    def __init__(self, *, dry_run: bool, every: int = SWEEP_EVERY) -> None:
        self._dry_run, self._every = dry_run, every
        self._rounds = 0

    def __call__(self, deps: Deps) -> Swept | None:
        """One round; what its slice held, None where it was no slice's turn."""
        turn, self._rounds = self._rounds, self._rounds + 1
        if turn % self._every or not isinstance(deps.blobs, FileBlobs):
            return None
        prefix = SLICES[turn // self._every % len(SLICES)]
        before = (deps.clock.now() - BLOB_GRACE).timestamp()

        def named(digests: Sequence[str]) -> frozenset[str]:
            with deps.read() as session:
                return named_blobs(session, digests)

        swept = deps.blobs.sweep(prefix, before, named, dry_run=self._dry_run)
        if swept.orphans:
            _log.info("worker.blobs_swept", prefix=prefix, dry_run=self._dry_run, **asdict(swept))
        return swept


class _Loop:
    """A thread that does one thing when woken, and every `period_s` anyway.

    gather_s: how long it lets more wakes come before it begins.
    """

    def __init__(
        self, name: str, action: Callable[[], object], period_s: float, gather_s: float = 0.0
    ) -> None:
        self._action = action
        self._period_s = period_s
        self._gather_s = gather_s
        self._woken = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()
        self._thread.join(timeout=30)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._action()
            except Exception:
                _log.exception("worker.loop_failed", loop=self._thread.name)
                self._woken.wait(self._period_s)  # whatever failed gets time to recover
            if self._woken.wait(self._period_s) and not self._stopping:
                time.sleep(self._gather_s)
            self._woken.clear()


def service_from(settings: Settings) -> Service:
    """The running domain's outside over these settings. Raises: what `app.build` raises."""
    return Service(build(settings))
