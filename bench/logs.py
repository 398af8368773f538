"""The log: facts a second durably committed and sequenced, and one receipt verified."""

import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.timing import Row, alone
from sealsvc.adapters.highwater_fs import FileHighWater
from sealsvc.adapters.system import SystemClock, SystemRng
from sealsvc.migrations.schema import complete_metadata
from sealsvc.storage.db import MIGRATING, make_engine
from sealsvc.storage.leadership import leadership_for
from sealsvc.storage.logbook import Logbook, LogKey
from sealsvc.storage.uow import Store
from sealsvc.tlog.keys import KeyType, VerifierKey
from sealsvc.values import Fact, Subject, SubjectKind

ORIGIN = "bench.example/log"
SINGLE = 100
BATCHES = 8
BATCH = 256


def log_rows() -> list[Row]:
    """Latency of one fact until it is sequenced, and throughput at 256 facts a commit."""
    with tempfile.TemporaryDirectory() as folder:
        store, logbook = _log(Path(folder))
        latencies = [_timed(store, logbook, 1) for _ in range(SINGLE)]
        rates = [BATCH / _timed(store, logbook, BATCH) for _ in range(BATCHES)]
        store.engine.dispose()
    return [
        alone("log.fact.latency", "s wall, write + sequence, SQLite FULL", latencies),
        alone("log.fact.rate", "facts/s wall at 256 a commit, SQLite FULL", rates),
    ]


def _log(folder: Path) -> tuple[Store, Logbook]:
    engine = make_engine(f"sqlite:///{folder}/bench.db")
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        complete_metadata().create_all(connection)
        connection.commit()
    key = Ed25519PrivateKey.generate()
    vkey = VerifierKey(ORIGIN, KeyType.ED25519, key.public_key().public_bytes_raw())
    clock = SystemClock()
    store = Store(engine, clock=clock, rng=SystemRng(), origin=ORIGIN)
    logbook = Logbook(
        store,
        key=LogKey(str(vkey), key.sign),
        clock=clock,
        mark=FileHighWater(folder / "high-water"),
        leadership=leadership_for(engine),
    )
    logbook.create(ORIGIN)
    logbook.sequence()
    return store, logbook


def _timed(store: Store, logbook: Logbook, facts: int) -> float:
    begin = time.perf_counter()
    with store.write() as tx:
        for number in range(facts):
            subject = Subject(SubjectKind.SEAL, f"seal_{number}")
            tx.record(Fact("bench.happened", (subject,), payload={"number": number}))
        tx.commit()
    logbook.sequence()
    return time.perf_counter() - begin
