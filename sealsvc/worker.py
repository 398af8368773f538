"""What runs beside the requests: sequencing, CRLs, expiry, reconciling.

Every server process runs these loops. They need no leader: sequencing takes a short lock, CRLs
are replaced by compare-and-swap, and the rest is safe to do twice.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from sealsvc.app import Parts, build
from sealsvc.areas.access import idempotency
from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.seals import service as seals
from sealsvc.settings import Settings
from sealsvc.storage.logbook import Logbook
from sealsvc.version import VERSION

POLL_S = 0.5
HOUSEKEEPING_S = 30.0

_log = structlog.get_logger("sealsvc.worker")


@dataclass(frozen=True)
class RateLimits:
    """Requests without a key a minute for one address, and networks that are never limited."""

    per_minute: int
    exempt: Sequence[str]


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
        self.rate_limits = RateLimits(settings.rate_per_minute, tuple(settings.rate_exempt))
        self.cors_origins: Sequence[str] = tuple(settings.cors_origins)

    def start(self) -> None:
        """Check the log, then open the background loops.

        Raises: LogForkRefused, LogClockBehind. Source: transparency-log section 11.8.
        """
        self.logbook.check()
        sequencer = _Loop("sequencer", self.logbook.sequence, POLL_S)
        housekeeper = _Loop("housekeeper", self._housekeep, HOUSEKEEPING_S)
        self._loops = [sequencer, housekeeper]
        self._parts.store.on_commit(sequencer.wake)
        for loop in self._loops:
            loop.start()
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
            idempotency.forget_expired,
        )
        for chore in chores:
            try:
                chore(deps)
            except Exception:
                _log.exception("worker.chore_failed", chore=chore.__name__)

    @staticmethod
    def _answers(check: Callable[[], object]) -> bool:
        try:
            check()
        except Exception:
            _log.exception("worker.not_ready")
            return False
        return True


class _Loop:
    """A thread that does one thing when woken, and every `period_s` anyway."""

    def __init__(self, name: str, action: Callable[[], object], period_s: float) -> None:
        self._action = action
        self._period_s = period_s
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
            self._woken.wait(self._period_s)
            self._woken.clear()


def service_from(settings: Settings) -> Service:
    """The running domain's outside over these settings. Raises: what `app.build` raises."""
    return Service(build(settings))
