"""Writers and sequencers at the same time: every committed fact once, no other, no gap."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import select

from sealsvc.adapters.log_http import audit_url
from sealsvc.areas.deps import Deps
from sealsvc.areas.transparency import service
from sealsvc.storage.logbook import Logbook
from sealsvc.storage.tables import FactRow, LogEntryRow, LogQueueRow
from tests.areas.transparency.support import seal_activated

WRITERS, UNITS = 8, 24


@dataclass
class Crowd:
    """Threads whose failures are kept for the test."""

    threads: list[threading.Thread] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def start(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                self.failures.append(error)

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join(60)
        assert self.failures == []
        assert not any(thread.is_alive() for thread in self.threads)


def write(deps: Deps, number: int, committed: list[str]) -> None:
    for unit in range(UNITS):
        with deps.write() as tx:
            ids = [str(tx.record(seal_activated())) for _ in range(1 + unit % 3)]
            if (number + unit) % 3 == 0:
                continue  # leaving without commit rolls back
            tx.commit()
        committed.extend(ids)


def test_no_gap_and_no_double(deps: Deps, logbook: Logbook) -> None:
    committed: list[str] = []
    written = threading.Event()
    writers, sequencers = Crowd(), Crowd()

    def sequence() -> None:
        while not written.is_set():
            logbook.sequence()

    for number in range(WRITERS):
        writers.start(partial(write, deps, number, committed))
    for _ in range(2):
        sequencers.start(sequence)
    writers.join()
    written.set()
    sequencers.join()
    logbook.sequence()

    with deps.read() as session:
        entries = session.execute(
            select(LogEntryRow.idx, FactRow.fact_id)  # type: ignore[call-overload]
            .join(FactRow, FactRow.seq == LogEntryRow.seq)
            .order_by(LogEntryRow.idx)
        ).all()
        facts = set(session.scalars(select(FactRow.fact_id)))  # type: ignore[call-overload]
        assert list(session.scalars(select(LogQueueRow.seq))) == []  # type: ignore[call-overload]
    sequenced = [one.fact_id for one in entries]
    assert [one.idx for one in entries] == list(range(len(committed) + 1))  # and `log.created`
    assert len(set(sequenced)) == len(sequenced)
    assert set(sequenced) == facts > set(committed)
    logbook.check()

    def fetch(path: str) -> bytes:
        if path == "checkpoint":
            return service.checkpoint(logbook)
        return service.tile(deps, logbook, path)

    assert audit_url(fetch, service.key(logbook)).report.size == len(entries)
