"""A service's database, blobs and keys in one folder that can be copied and taken up again."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import shake_256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from ca.keys.software import SoftwareKeyStore, kek_of
from sealsvc.adapters.blobs_fs import FileBlobs
from sealsvc.adapters.highwater_fs import FileHighWater
from sealsvc.areas.deps import Deps, DomainConfig
from sealsvc.migrations.schema import complete_metadata
from sealsvc.storage.db import MIGRATING, make_engine
from sealsvc.storage.leadership import leadership_for
from sealsvc.storage.logbook import Logbook, LogKey
from sealsvc.storage.uow import Store
from sealsvc.tlog.keys import KeyType, VerifierKey
from tests.areas.conftest import ORIGIN, START, SettableClock
from tests.areas.sealing.story import Remembering


@dataclass
class NumberedRng:
    """Bytes that differ at each call; the count goes along with a copy."""

    count: int = 0

    def bytes(self, length: int) -> bytes:
        self.count += 1
        return shake_256(self.count.to_bytes(8, "big")).digest(length)


@dataclass
class Stage:
    """deps over the folder. memo: what a driver remembers, by name."""

    folder: Path
    clock: SettableClock = field(default_factory=lambda: SettableClock(START))
    rng: NumberedRng = field(default_factory=NumberedRng)
    memo: dict[str, str] = field(default_factory=dict)
    engine: Engine | None = None

    def open(self) -> "Stage":
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "test.db"
        fresh = not file.exists()
        self.engine = make_engine(f"sqlite:///{file}")
        self._store = Store(self.engine, clock=self.clock, rng=self.rng, origin=ORIGIN)
        if fresh:
            self._found()
        keys = SoftwareKeyStore(
            self.folder / "keys", keks=[kek_of(bytes(32))], random_bytes=self.rng.bytes
        )
        self.deps = Deps(
            write=self._store.write,
            read=self._store.read,
            clock=self.clock,
            rng=self.rng,
            blobs=FileBlobs(self.folder / "blobs"),
            sandbox=Remembering(),
            keys=keys,
            config=DomainConfig(base_url="http://seal.example", origin=ORIGIN, imprint_dpi=72),
        )
        return self

    def close(self) -> None:
        if self.engine is not None:
            self.engine.dispose()

    def copy(self, folder: Path) -> "Stage":
        """The same state in another folder, opened; this one is closed."""
        self.close()
        shutil.copytree(self.folder, folder)
        clock, rng = SettableClock(self.clock.at), NumberedRng(self.rng.count)
        return Stage(folder, clock, rng, dict(self.memo)).open()

    def wrap_keys(self, wrapper: Callable[..., object]) -> None:
        self.deps = replace(self.deps, keys=wrapper(self.deps.keys))  # type: ignore[arg-type]

    def _found(self) -> None:
        assert self.engine is not None
        with self.engine.connect().execution_options(**{MIGRATING: True}) as connection:
            complete_metadata().create_all(connection)
            connection.commit()
        key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        vkey = str(VerifierKey(ORIGIN, KeyType.ED25519, key.public_key().public_bytes_raw()))
        logbook = Logbook(
            self._store,
            key=LogKey(vkey, key.sign),
            clock=self.clock,
            mark=FileHighWater(self.folder / "high-water"),
            leadership=leadership_for(self.engine),
        )
        logbook.create(ORIGIN)
        logbook.sequence()
