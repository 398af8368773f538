"""`lookup.*`: processor time of one look-up by the number of rows, on both databases.

A registry of 10^4, 10^5, … rows a table is made (`lookup_rows`), then the service's own look-ups
run on random rows, there and not there, in turn. A figure is the worse of the two: the client's
time, and on PostgreSQL the server process's, read from /proc. BENCH_ROWS: the largest size (default
1000000); above a million only entities, seals, their history and the log grow, by 3 KB a row on
SQLite. BENCH_DATABASES: which (default sqlite,postgres).
"""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from sqlalchemy import Engine, text

from bench.lookup_calls import TIMED, Call, Registry, found
from bench.lookup_columns import LOG, MEASURED, REGISTER
from bench.lookup_log import BATCH, GrownLog, GrownTiles
from bench.lookup_rows import MILLION, ORIGIN, fill, prepare
from bench.timing import Row, alone
from ca.keys.software import SoftwareKeyStore, kek_of
from sealsvc.adapters.blobs_fs import FileBlobs
from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.adapters.system import SystemClock, SystemRng
from sealsvc.areas.deps import Deps, DomainConfig
from sealsvc.storage.db import is_sqlite, make_engine
from sealsvc.storage.uow import Store
from tests.postgres import ThrowAwayServer, why_no_server

DATABASES = os.environ.get("BENCH_DATABASES", "sqlite,postgres").split(",")
ROWS = int(os.environ.get("BENCH_ROWS", str(MILLION)))
SAMPLES = 12
KEYS = 25
APPENDS = 6
SEED = 6


@dataclass
class Database:
    """One database under test. pid: of its server process, None for SQLite."""

    name: str
    engine: Engine
    registry: Registry
    log: GrownLog
    pid: int | None


def lookup_rows() -> list[Row]:
    """Rows `lookup.<database>.<what>.<size>`."""
    return list(_rows())


def _rows() -> Iterator[Row]:
    tiles, begin = GrownTiles(), 0
    with _databases() as databases:
        for size in _sizes():
            _grow(databases, begin, size)
            tiles.grow(size)
            for database in databases:
                database.log.take(tiles)
                yield from _measured(database, size)
                database.log.forget(tiles)
            begin = size


def _sizes() -> list[int]:
    return [size for size in (10_000, 100_000, MILLION, 10 * MILLION) if size <= ROWS]


def _grow(databases: list[Database], begin: int, end: int) -> None:
    """Fill all databases at once: one works in this process, the other in its server."""
    tables = MEASURED if end <= MILLION else REGISTER + LOG
    tables = tuple(one for one in MEASURED if one in tables)
    failed: list[BaseException] = []

    def run(database: Database) -> None:
        try:
            fill(database.engine, begin, end, tables)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=run, args=(one,)) for one in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def _measured(database: Database, size: int) -> list[Row]:
    there = min(size, MILLION)
    pick = random.Random(SEED)
    hits = [pick.randrange(there) for _ in range(SAMPLES * KEYS)]
    misses = [10**12 + i for i in hits]
    rows = []
    for name, call in TIMED.items():
        worse = max(
            (_spent(database, call, keys) for keys in (hits, misses)), key=statistics.median
        )
        rows.append(alone(f"lookup.{database.name}.{name}.{size:.0e}", "s CPU", worse))
    spent = [_cpu(database, database.log.append) for _ in range(APPENDS)]
    unit = f"s CPU, {BATCH} facts committed and sequenced"
    rows.append(alone(f"lookup.{database.name}.log_append.{size:.0e}", unit, spent[1:]))
    return rows


def _spent(database: Database, call: Call, keys: list[int]) -> list[float]:
    """Seconds a look-up, one figure for each sample of keys; the first sample warms up."""

    def run(sample: list[int]) -> None:
        for key in sample:
            found(call, database.registry, key)

    run(keys[:KEYS])
    samples = [keys[at : at + KEYS] for at in range(0, len(keys), KEYS)]
    return [_cpu(database, lambda one=one: run(one)) / KEYS for one in samples]  # type: ignore[misc]


def _cpu(database: Database, run: Callable[[], object]) -> float:
    """Processor seconds of this process and of the database's."""
    server, client = _server_cpu(database.pid), time.process_time()
    run()
    return time.process_time() - client + _server_cpu(database.pid) - server


def _server_cpu(pid: int | None) -> float:
    if pid is None:
        return 0.0
    # Nanoseconds on a processor; /proc/<pid>/stat counts in hundredths of a second only.
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e9


@contextmanager
def _databases() -> Iterator[list[Database]]:
    with tempfile.TemporaryDirectory(prefix="sealsvc-bench-lookups-") as name:
        folder = Path(name)
        found = [_database("sqlite", make_engine(f"sqlite:///{folder}/rows.db"), folder)]
        reason = None if "postgres" in DATABASES else "BENCH_DATABASES does not name it"
        reason = reason or why_no_server()
        if reason is not None:
            print(f"lookup.postgres.*: {reason}; left out")
            yield found
            return
        server = ThrowAwayServer()
        try:
            found.append(_database("postgres", make_engine(server.start()), folder))
            yield found
        finally:
            for one in found:
                one.engine.dispose()
            server.stop()


def _database(name: str, engine: Engine, folder: Path) -> Database:
    folder = folder / name
    folder.mkdir()
    prepare(engine)
    log, deps = bare_service(engine, folder)
    return Database(name, engine, Registry(deps, log.logbook), log, _server_pid(engine))


def bare_service(engine: Engine, folder: Path) -> tuple[GrownLog, Deps]:
    """A domain over a database that was prepared, as far as look-ups need one."""
    clock, rng = SystemClock(), SystemRng()
    store = Store(engine, clock=clock, rng=rng, origin=ORIGIN)
    deps = Deps(
        write=store.write,
        read=store.read,
        clock=clock,
        rng=rng,
        blobs=FileBlobs(folder / "blobs"),
        sandbox=InlineSandbox(),
        keys=SoftwareKeyStore(folder / "keys", keks=[kek_of(bytes(32))], random_bytes=rng.bytes),
        config=DomainConfig(base_url="http://bench.example", origin=ORIGIN),
    )
    return GrownLog(store, folder), deps


def _server_pid(engine: Engine) -> int | None:
    """The server process behind the pool's one connection; look-ups come one after another."""
    if is_sqlite(engine):
        return None
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


if __name__ == "__main__":
    for row in _rows():
        print(f"{row.name:50} {row.ours * 1000:8.3f} ms  {row.unit}", flush=True)
