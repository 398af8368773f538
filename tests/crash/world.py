"""One log with its database, blobs and mark in a folder, for a victim and for its examiner."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Column, Engine, MetaData, String, Table, text

from sealsvc.adapters.blobs_fs import FileBlobs
from sealsvc.adapters.highwater_fs import FileHighWater
from sealsvc.adapters.system import SystemClock, SystemRng
from sealsvc.ports import Blobs, Clock, HighWater
from sealsvc.storage import tables as _log_tables  # registers the log's tables
from sealsvc.storage.db import MIGRATING, is_sqlite, make_engine, metadata
from sealsvc.storage.leadership import Leadership, leadership_for
from sealsvc.storage.logbook import Logbook, LogKey
from sealsvc.storage.uow import Store
from sealsvc.tlog.keys import KeyType, VerifierKey

ORIGIN = "seal.example/crash"
THINGS = Table(
    "crash_thing",
    MetaData(),
    Column("fact_id", String(40), primary_key=True),
    Column("sha256", String(64), nullable=False),
)
LOG_TABLES = ("fact", "fact_subject", "log_queue", "log_entry", "log_tile", "log_head")
LOG_TABLES += ("checkpoint", "idempotency")
assert _log_tables.LogHeadRow.__tablename__ in LOG_TABLES


@dataclass(frozen=True)
class Place:
    """Where a world lives. schema: of its own in a PostgreSQL database, empty for SQLite."""

    folder: str
    url: str
    schema: str = ""


@dataclass
class World:
    engine: Engine
    store: Store
    logbook: Logbook
    blobs: Blobs
    mark: HighWater
    sequencer: Callable[[], int]


def sqlite_place(folder: Path) -> Place:
    folder.mkdir(parents=True, exist_ok=True)
    return Place(str(folder), f"sqlite:///{folder}/log.db")


def postgres_place(folder: Path, url: str, schema: str) -> Place:
    folder.mkdir(parents=True, exist_ok=True)
    return Place(str(folder), url, schema)


def log_key(seed: bytes = bytes(range(32))) -> LogKey:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    vkey = VerifierKey(ORIGIN, KeyType.ED25519, key.public_key().public_bytes_raw())
    return LogKey(str(vkey), key.sign)


def engine_at(place: Place) -> Engine:
    if not place.schema:
        return make_engine(place.url)
    joint = "&" if "?" in place.url else "?"
    return make_engine(f"{place.url}{joint}options=-csearch_path%3D{place.schema}")


def open_world(
    place: Place,
    *,
    clock: Clock | None = None,
    key: LogKey | None = None,
    origin: str = ORIGIN,
    leadership: Leadership | None = None,
) -> World:
    """Over what is there; `check` has not been called."""
    engine, clock = engine_at(place), clock or SystemClock()
    store = Store(engine, clock=clock, rng=SystemRng(), origin=origin)
    mark = FileHighWater(Path(place.folder) / "mark")
    logbook = Logbook(
        store,
        key=key or log_key(),
        clock=clock,
        mark=mark,
        leadership=leadership or leadership_for(engine),
    )
    blobs = FileBlobs(Path(place.folder) / "blobs")
    return World(engine, store, logbook, blobs, mark, logbook.sequence)


def create_tables(place: Place) -> None:
    engine = engine_at(place)
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        if not is_sqlite(engine):
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{place.schema}" CASCADE'))
            connection.execute(text(f'CREATE SCHEMA "{place.schema}"'))
        metadata().create_all(connection, tables=[metadata().tables[name] for name in LOG_TABLES])
        THINGS.create(connection)
        connection.commit()
    engine.dispose()


def create_world(place: Place, *, clock: Clock | None = None) -> World:
    create_tables(place)
    world = open_world(place, clock=clock)
    world.logbook.create(ORIGIN)
    return world
