"""A trust domain with honestly sealed files, and the means of a forger: his own certificates.

Everything sealed here is sealed by the service's own verbs, and judged by its whole path.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from ca.keys.software import SoftwareKeyStore, kek_of
from sealsvc.adapters.blobs_fs import FileBlobs
from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps, DomainConfig
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.seals.model import SealAction
from sealsvc.errors import ServiceError
from sealsvc.migrations.schema import complete_metadata
from sealsvc.storage.db import MIGRATING, make_engine
from sealsvc.storage.uow import Store
from sealsvc.values import DocumentRole, SealType
from tests.areas.conftest import ORIGIN, CountingRng, SettableClock
from tests.areas.sealing import story as stories
from tests.areas.sealing.story import A, B, Story
from tests.builders import pdf
from tests.builders.x509 import DemoChain

ACCEPTED = frozenset({"TRUSTED", "INTACT"})
SECOND = PlaceWish(page=1, x_mm=100, y_mm=40)


def open_story(folder: Path, clock: SettableClock) -> tuple[Story, Engine]:
    """A fresh domain over a SQLite file."""
    engine = make_engine(f"sqlite:///{folder}/attacks.db")
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        complete_metadata().create_all(connection)
        connection.commit()
    rng = CountingRng()
    store = Store(engine, clock=clock, rng=rng, origin=ORIGIN)
    deps = Deps(
        write=store.write,
        read=store.read,
        clock=clock,
        rng=rng,
        blobs=FileBlobs(folder / "blobs"),
        sandbox=stories.Remembering(),
        keys=SoftwareKeyStore(folder / "keys", keks=[kek_of(bytes(32))], random_bytes=rng.bytes),
        config=DomainConfig(base_url="http://seal.example", origin=ORIGIN),
    )
    return Story(deps, clock).open(), engine


@dataclass
class World:
    """The domain and its sealed files; each is made once, when an attack first wants it."""

    story: Story

    @cached_property
    def _seals(self) -> dict[str, Any]:
        seals = {
            "invoice": self.story.seal(A, SealType.INVOICE),
            "contract-a": self.story.seal(A, SealType.CONTRACT),
            "contract-b": self.story.seal(B, SealType.CONTRACT),
        }
        self.story.clock.forward(minutes=45)  # past the time that forgeries by key claim
        return seals

    def seal(self, name: str, data: bytes, **options: Any) -> bytes:
        """Sealed by the service. name: `invoice`, `contract-a` or `contract-b`."""
        return self.story.use(self._seals[name], data, **options).sealed

    @cached_property
    def invoice(self) -> bytes:
        """An invoice whose seal certifies it: no changes permitted."""
        return self.seal("invoice", pdf.plain(), role=DocumentRole.INVOICE, seller_uscc=A)

    @cached_property
    def contract(self) -> bytes:
        """A contract with one party's seal."""
        return self.seal("contract-a", pdf.plain(), role=DocumentRole.CONTRACT)

    @cached_property
    def two_party(self) -> bytes:
        """The same contract with the other party's seal beside it."""
        return self.seal("contract-b", self.contract, role=DocumentRole.CONTRACT, place=SECOND)

    @cached_property
    def other(self) -> bytes:
        """Another document sealed by the same party: the donor of transplants."""
        return self.seal("contract-a", pdf.plain(2), role=DocumentRole.CONTRACT)

    def base(self, name: str) -> bytes:
        """`invoice`, `contract` or `two_party`."""
        data: bytes = getattr(self, name)
        return data

    def chain(self, name: str) -> DemoChain:
        """The true key and certificate of a seal, as their holder or a thief may use them."""
        deps, seal = self.story.deps, self._seals[name]
        view = certs.of_seal(deps, seal.seal_id)[0]
        (issuing_der,) = certs.chain_der(deps)
        assert view.der is not None
        return replace(
            pdf.chain_named(),
            issuing_der=issuing_der,
            leaf_der=view.der,
            leaf_signer=deps.keys.signer(view.key_ref),  # type: ignore[arg-type]
        )

    @cached_property
    def revoked(self) -> DemoChain:
        """The same of a seal that is revoked by now."""
        self._seals["revoked"] = self.story.seal(A, SealType.CONTRACT)
        chain = self.chain("revoked")
        self.story.change(self._seals["revoked"], SealAction.REVOKE)
        certs.publish_revocations(self.story.deps)
        self.story.clock.forward(hours=1)
        return chain

    def verdict(self, data: bytes, **expected: Any) -> tuple[str, dict[str, Any]]:
        """The summary (or the code of the refusal) and the report."""
        try:
            report = self.story.verify(data, **expected)
        except ServiceError as error:
            return error.code, {}
        return str(report["summary"]), report
