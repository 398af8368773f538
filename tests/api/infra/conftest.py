import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import shake_256
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.main import ROUTERS, create_app
from ca.keys.software import SoftwareKeyStore, kek_of
from sealsvc.adapters.blobs_fs import FileBlobs
from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.areas.access.model import ClientDraft
from sealsvc.areas.access.service import create_client
from sealsvc.areas.deps import Deps, DomainConfig
from sealsvc.storage.db import MIGRATING, make_engine, metadata
from sealsvc.storage.uow import Store
from sealsvc.values import Scope
from tests.api.infra.fake_router import router

LIMIT = 200_000


@dataclass
class Clock:
    at: datetime = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class CountingRng:
    def __init__(self) -> None:
        self._count = itertools.count(1)

    def bytes(self, count: int) -> bytes:
        return shake_256(next(self._count).to_bytes(8, "big")).digest(count)


@dataclass
class Limits:
    per_minute: int = 0
    exempt: tuple[str, ...] = ()
    cost_heavy: int = 10
    cost_per_second: int = 30
    failed_keys_per_minute: int = 0
    upload_bytes: int = 0
    upload_bytes_per_address: int = 0
    jobs_per_address: int = 2
    job_wait_s: float = 0.2


@dataclass
class FakeServices:
    deps: Deps
    logbook: Any = None
    started: bool = False
    version: str = "0.1.0"
    cursor_key: bytes = bytes(32)
    rate_limits: Limits = field(default_factory=Limits)
    cors_origins: tuple[str, ...] = ()
    checks: dict[str, bool] = field(default_factory=lambda: {"database": True, "log": True})

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.started = False

    def ready(self) -> dict[str, bool]:
        return self.checks


class Api:
    """Calls the application in its own loop; `hook` sees each request's send."""

    def __init__(self, app: FastAPI, clock: Clock, services: FakeServices, key: str) -> None:
        self.app, self.clock, self.services, self.key = app, clock, services, key

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def __call__(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        return self.many([(method, url, kwargs)])[0]

    def many(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        """All at once; the keyword `address` says from where."""

        async def one(method: str, url: str, kwargs: dict[str, Any]) -> httpx.Response:
            address = kwargs.pop("address", "192.0.2.1")
            transport = httpx.ASGITransport(self.app, client=(address, 1234))
            async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
                return await client.request(method, url, **kwargs)

        async def run() -> list[httpx.Response]:
            return await asyncio.gather(*(one(*request) for request in requests))

        return asyncio.run(run())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deps(tmp_path: Path, clock: Clock) -> Iterator[Deps]:
    engine = make_engine(f"sqlite:///{tmp_path}/test.db")
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        metadata().create_all(connection)
        connection.commit()
    rng = CountingRng()
    store = Store(engine, clock=clock, rng=rng, origin="seal.example/log")
    yield Deps(
        write=store.write,
        read=store.read,
        clock=clock,
        rng=rng,
        blobs=FileBlobs(tmp_path / "blobs"),
        sandbox=InlineSandbox(),
        keys=SoftwareKeyStore(tmp_path / "keys", keks=[kek_of(bytes(32))], random_bytes=rng.bytes),
        config=DomainConfig("http://seal.example", "seal.example/log", max_document_bytes=LIMIT),
    )
    engine.dispose()


@pytest.fixture
def make_api(deps: Deps, clock: Clock) -> Callable[..., Api]:
    draft = ClientDraft(name="tester", scopes=frozenset({Scope.ENTITY_READ}), entity_uscc=None)

    def build(**changes: Any) -> Api:
        services = FakeServices(deps, **changes)
        app = create_app(services, (*ROUTERS, router))
        return Api(app, clock, services, create_client(deps, None, draft)[1])

    return build


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    return make_api()
