"""Real databases for the areas: a SQLite file each test, PostgreSQL when a server is named."""

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, text

from ca.keys.software import SoftwareKeyStore, kek_of
from sealsvc.adapters.blobs_fs import FileBlobs
from sealsvc.adapters.highwater_fs import FileHighWater
from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.areas.deps import Deps, DomainConfig
from sealsvc.migrations.schema import complete_metadata
from sealsvc.storage.db import MIGRATING, make_engine
from sealsvc.storage.leadership import leadership_for
from sealsvc.storage.logbook import Logbook, LogKey
from sealsvc.storage.uow import Store
from sealsvc.tlog.keys import KeyType, VerifierKey

ORIGIN = "seal.example/log"
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@dataclass
class SettableClock:
    """A clock that stands still until it is told to go on."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def forward(self, **delta: float) -> None:
        self.at += timedelta(**delta)


class CountingRng:
    """Bytes that differ at each call and are the same at each run."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def bytes(self, count: int) -> bytes:
        from hashlib import shake_256

        return shake_256(next(self._count).to_bytes(8, "big")).digest(count)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def rng() -> CountingRng:
    return CountingRng()


DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def _postgres_url() -> str:
    """Of the server that tests/conftest.py started; without one the test is skipped."""
    url = os.environ.get("SEALSVC_TEST_POSTGRES")
    if not url:
        pytest.skip(os.environ.get("SEALSVC_NO_POSTGRES", "SEALSVC_TEST_POSTGRES is not set"))
    return url


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path}/test.db")
    else:
        engine = make_engine(_postgres_url())
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        if request.param == "postgres":
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        complete_metadata().create_all(connection)
        connection.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine, clock: SettableClock, rng: CountingRng) -> Store:
    return Store(engine, clock=clock, rng=rng, origin=ORIGIN)


@pytest.fixture
def logbook(store: Store, clock: SettableClock, tmp_path: Path) -> Logbook:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    vkey = str(VerifierKey(ORIGIN, KeyType.ED25519, key.public_key().public_bytes_raw()))
    logbook = Logbook(
        store,
        key=LogKey(vkey, key.sign),
        clock=clock,
        mark=FileHighWater(tmp_path / "high-water"),
        leadership=leadership_for(store.engine),
    )
    logbook.create(ORIGIN)
    logbook.sequence()
    return logbook


@pytest.fixture
def make_deps(
    store: Store, clock: SettableClock, rng: CountingRng, logbook: Logbook, tmp_path: Path
) -> Callable[..., Deps]:
    def build(**config: object) -> Deps:
        return Deps(
            write=store.write,
            read=store.read,
            clock=clock,
            rng=rng,
            blobs=FileBlobs(tmp_path / "blobs"),
            sandbox=InlineSandbox(),
            keys=SoftwareKeyStore(
                tmp_path / "keys", keks=[kek_of(bytes(32))], random_bytes=rng.bytes
            ),
            config=DomainConfig(base_url="http://seal.example", origin=ORIGIN, **config),  # type: ignore[arg-type]
        )

    return build


@pytest.fixture
def deps(make_deps: Callable[..., Deps]) -> Deps:
    return make_deps()
