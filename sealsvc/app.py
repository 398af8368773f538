"""Composition root: settings in, a running domain out. The only place that picks adapters."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, inspect

from ca.keys import KeyStore
from ca.keys.software import Kek, SoftwareKeyStore, load_kek
from sealsvc.adapters.blobs_fs import FileBlobs
from sealsvc.adapters.highwater_fs import FileHighWater
from sealsvc.adapters.sandbox import InlineSandbox, ProcessSandbox
from sealsvc.adapters.system import SystemClock, SystemRng
from sealsvc.areas.deps import Deps, DomainConfig
from sealsvc.errors import Conflict, NotFound
from sealsvc.formats.values import SealVersion
from sealsvc.ports import Rng
from sealsvc.settings import Settings
from sealsvc.storage.db import make_engine
from sealsvc.storage.founding import DomainMissing as DomainMissing
from sealsvc.storage.founding import Founding, find_founding
from sealsvc.storage.leadership import leadership_for
from sealsvc.storage.logbook import Logbook, LogKey
from sealsvc.storage.revision import REVISION, revision_of
from sealsvc.storage.uow import Store
from sealsvc.tlog.keys import KeyType, VerifierKey

LOG_SUITE = "ed25519"
# Each queued call may hold a document of 50 MB; who comes later is told at once to come again.
QUEUED_PER_WORKER = 16
SPKI_PREFIX_BYTES = 12  # DER header before the 32 bytes of an Ed25519 key (RFC 8410 section 4)

KEY_STORES: tuple[tuple[str, Callable[[Path, list[Kek], Rng], KeyStore]], ...] = (
    ("software", lambda root, keks, rng: SoftwareKeyStore(root, keks, rng.bytes)),
)


class DatabaseMissing(NotFound):
    """There is no database where the settings point; `sealsvc init` makes one."""

    code = "DATABASE_MISSING"


class SchemaMismatch(Conflict):
    """The database was brought to another migration than this program's. Fields: found, needed."""

    code = "SCHEMA_MISMATCH"


@dataclass(frozen=True)
class Parts:
    """The domain put together; nothing started yet. cursor_key: 32 bytes."""

    settings: Settings
    deps: Deps
    store: Store
    logbook: Logbook
    sandbox: ProcessSandbox | InlineSandbox
    founding: Founding
    cursor_key: bytes


def build(settings: Settings, *, isolated: bool = True) -> Parts:
    """The domain over an existing database.

    isolated: documents are read in worker processes; False for one-shot commands.
    Raises: DatabaseMissing, DomainMissing, SchemaMismatch, KekMissing, KekUnsafe.
    """
    engine = open_database(settings)
    if not inspect(engine).has_table("domain"):
        raise DomainMissing()
    if (found := revision_of(engine)) != REVISION:
        raise SchemaMismatch(found=found, needed=REVISION)
    with Store(engine, clock=SystemClock(), rng=SystemRng(), origin="").read() as session:
        founding = find_founding(session)
    if founding is None:
        raise DomainMissing()
    return assemble(settings, engine, founding, load_keks(settings), isolated=isolated)


def open_database(settings: Settings) -> Engine:
    """The engine; a missing SQLite file is an error, never an empty database.

    Raises: DatabaseMissing. Source: transparency-log section 11.10.
    """
    url = settings.effective_database_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        raise DatabaseMissing(data=str(settings.data))
    return make_engine(url)


def load_keks(settings: Settings) -> list[Kek]:
    """The key-encryption keys, the wrapping one first. Raises: KekMissing, KekUnsafe."""
    value = None if settings.kek is None else settings.kek.get_secret_value()
    return [load_kek(value, settings.effective_kek_file)]


def key_store(settings: Settings, keks: list[Kek], rng: Rng) -> KeyStore:
    """The key store of this installation."""
    _, make = KEY_STORES[0]
    return make(settings.data / "keys", keks, rng)


def assemble(
    settings: Settings, engine: Engine, founding: Founding, keks: list[Kek], *, isolated: bool
) -> Parts:
    """All parts over an open database and a founded domain."""
    clock, rng = SystemClock(), SystemRng()
    keys = key_store(settings, keks, rng)
    store = Store(engine, clock=clock, rng=rng, origin=founding.origin)
    logbook = Logbook(
        store,
        key=log_key(keys, founding),
        clock=clock,
        mark=FileHighWater(settings.data / "log.high-water"),
        leadership=leadership_for(engine),
    )
    sandbox = _sandbox(settings) if isolated else InlineSandbox()
    deps = Deps(
        write=store.write,
        read=store.read,
        clock=clock,
        rng=rng,
        blobs=FileBlobs(settings.data / "blobs"),
        sandbox=sandbox,
        keys=keys,
        config=replace(
            _config(settings, founding),
            # The oldest key: a new one for wrapping must not forget the claims made so far.
            claim_key=hmac.digest(keks[-1].key, b"sealsvc invoice claim key v1", "sha256"),
        ),
    )
    cursor_key = hmac.digest(keks[0].key, b"sealsvc cursor key v1", "sha256")
    return Parts(settings, deps, store, logbook, sandbox, founding, cursor_key)


def log_key(keys: KeyStore, founding: Founding) -> LogKey:
    """The log's key as the logbook wants it. Source: C2SP signed-note (Ed25519)."""
    signer = keys.signer(founding.log_key_ref)
    public_key = signer.public_key_spki[SPKI_PREFIX_BYTES:]
    vkey = VerifierKey(founding.origin, KeyType.ED25519, public_key)
    return LogKey(str(vkey), signer.sign)


def _sandbox(settings: Settings) -> ProcessSandbox:
    return ProcessSandbox(
        workers=settings.workers,
        timeout_s=settings.worker_timeout_s,
        memory_bytes=settings.worker_memory_mb * 1024 * 1024,
        queue=QUEUED_PER_WORKER * settings.workers,
    )


def _config(settings: Settings, founding: Founding) -> DomainConfig:
    return DomainConfig(
        base_url=founding.base_url,
        origin=founding.origin,
        default_suite=settings.suite,
        imprint_dpi=settings.imprint_dpi,
        max_document_bytes=settings.max_document_mb * 1024 * 1024,
        crl_lifetime=timedelta(days=settings.crl_days),
        strict_org_check=settings.strict_org_check,
        operator_uscc=founding.operator_uscc,
        report_lifetime=timedelta(days=settings.report_days) if settings.report_days else None,
        eseal_version=SealVersion(settings.eseal_version),
        eseal_list_type=settings.eseal_list_type,
    )
