"""Found a trust domain: keys, schema, log, CAs; for a demo also merchants and clients.

Every step looks whether it is done already, so an `init` that was cut off is simply run again.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from ca.errors import CaUnavailable
from ca.keys.software import create_kek_file
from ca.names import SubjectName
from sealsvc.adapters.system import SystemClock, SystemRng
from sealsvc.app import LOG_SUITE, Parts, SchemaMismatch, assemble, key_store, load_keks
from sealsvc.areas.access import service as access
from sealsvc.areas.access.model import DEMO_CLIENTS, ClientDraft
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import HierarchyExists
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityDraft
from sealsvc.areas.entities.model.demo import DEMO_ENTITIES, demo_operators
from sealsvc.areas.sealing.service import operator_seals, report_seal
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest
from sealsvc.errors import Conflict
from sealsvc.settings import Settings
from sealsvc.storage.db import MIGRATING, make_engine
from sealsvc.storage.founding import Founding, add_founding, find_founding
from sealsvc.storage.logbook import LogExists
from sealsvc.storage.revision import REVISION, revision_of
from sealsvc.storage.uow import Store
from sealsvc.values import Principal, Scope, SealStatus

CLIENTS_FILE = "demo-clients.json"
DEMO_MAKER = ("12420000000000027K", "示例印章制作中心")
DEMO_OPERATOR = ("113300000000000199", "示例可信交易服务中心")
_FOUNDER = Principal(
    "system:founder",
    "init",
    frozenset({Scope.ENTITY_WRITE, Scope.ENTITY_READ, Scope.SEAL_APPLY}),
)
_APPROVER = Principal("system:approver", "init", frozenset({Scope.SEAL_APPROVE}))
_UNFINISHED = (SealStatus.APPLIED, SealStatus.APPROVED)


_log = structlog.get_logger("sealsvc.initialise")


class DomainExists(Conflict):
    """The trust domain is complete; nothing was changed."""

    code = "DOMAIN_EXISTS"


def initialise(settings: Settings, *, demo: bool) -> None:
    """Found the domain in `settings.data`, or finish a founding that was cut off.

    Raises: DomainExists, LogExists, KekUnsafe. Source: CONTRACT section 6 (`init`).
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(settings.data):
        _initialise(settings, demo=demo)


def _initialise(settings: Settings, *, demo: bool) -> None:
    if settings.kek is None and not settings.effective_kek_file.exists():
        create_kek_file(settings.effective_kek_file, SystemRng().bytes)
    engine = make_engine(settings.effective_database_url)
    migrate(engine)
    founding = _found(settings, engine, demo=demo)
    parts = assemble(settings, engine, founding, load_keks(settings), isolated=False)
    fresh = [_create_log(parts), _create_hierarchy(parts, settings)]
    fresh.append(_create_national(parts, settings))
    fresh.append(_create_operator(parts, settings))
    if founding.demo:
        fresh.append(_create_demo(parts, settings.data / CLIENTS_FILE))
    parts.logbook.sequence()
    engine.dispose()
    if not any(fresh):
        raise DomainExists(data=str(settings.data))


def migrate(engine: Engine) -> None:
    """Bring the schema up to date on either database.

    Raises: SchemaMismatch where a newer program has been at it.
    """
    if (found := revision_of(engine)) is not None and found > REVISION:
        raise SchemaMismatch(found=found, needed=REVISION)
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        config = Config()
        config.set_main_option("script_location", "sealsvc:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def demo_clients(data: Path) -> dict[str, str]:
    """Name -> key of the demo's clients; empty where there is no demo."""
    path = data / CLIENTS_FILE
    if not path.exists():
        return {}
    clients: dict[str, str] = json.loads(path.read_text("utf-8"))
    return clients


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Two that found the same domain at once: the second waits and then finds it there."""
    descriptor = os.open(data / "init.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # let go by the system when the process ends
        yield
    finally:
        os.close(descriptor)


def _found(settings: Settings, engine: Engine, *, demo: bool) -> Founding:
    store = Store(engine, clock=SystemClock(), rng=SystemRng(), origin="")
    with store.read() as session:
        found = find_founding(session)
    if found is not None:
        return found
    keys = key_store(settings, load_keks(settings), SystemRng())
    founding = Founding(
        name=settings.domain_name,
        base_url=settings.base_url.rstrip("/"),
        origin=settings.effective_origin,
        log_key_ref=keys.generate(LOG_SUITE, "log"),
        demo=demo,
        operator_uscc=_operator(settings, demo)[0],
    )
    with store.write() as tx:
        add_founding(tx, founding)
        tx.commit()
    return founding


def _create_log(parts: Parts) -> bool:
    try:
        parts.logbook.create(parts.founding.origin)
    except LogExists:
        parts.logbook.check()
        return False
    return True


def _create_hierarchy(parts: Parts, settings: Settings) -> bool:
    try:
        certs.create_hierarchy(parts.deps, domain_name=parts.founding.name, suite=settings.suite)
    except HierarchyExists:
        return False
    return True


def _create_national(parts: Parts, settings: Settings) -> bool:
    """The SM2 trust domain and its seal-maker.

    Without SM2 on this machine, or without a seal-maker named, the service runs on but seals no
    OFD; a later `init` makes up for it.
    """
    if not settings.national:
        return False
    uscc, name = settings.maker_uscc, settings.maker_name
    if uscc is None and parts.founding.demo:
        uscc, name = DEMO_MAKER
    if uscc is None or name is None:
        _log.warning("national.no_maker", set="SEALSVC_MAKER_USCC, SEALSVC_MAKER_NAME")
        return False
    maker = SubjectName(common_name=f"{name} 电子印章制作系统", organization=name, uscc=uscc)
    try:
        return certs.create_national(parts.deps, domain_name=parts.founding.name, maker=maker)
    except CaUnavailable as error:
        _log.warning("national.unavailable", reason=str(error))
        return False


def _operator(settings: Settings, demo: bool) -> tuple[str | None, str | None]:
    """Credit code and name of who runs the service; a demo has an invented one."""
    if settings.operator_uscc is None and demo:
        return DEMO_OPERATOR
    return settings.operator_uscc, settings.operator_name


def _create_operator(parts: Parts, settings: Settings) -> bool:
    """The operator as an entity with a seal of its own for reports, through the ordinary steps.

    Applying and approving are two principals as everywhere, though both are this command: the
    founding of a domain is one person's act, and the log says so.
    """
    uscc = parts.founding.operator_uscc
    if uscc is None:
        return False
    deps = parts.deps
    if entities.find(deps, _FOUNDER, uscc) is None:
        name = _operator(settings, parts.founding.demo)[1] or parts.founding.name
        entities.register(deps, _FOUNDER, EntityDraft(uscc=uscc, legal_name=name))
    if any(seal.status is SealStatus.ACTIVE for seal in operator_seals(deps)):
        return False
    open_ones = [seal for seal in operator_seals(deps) if seal.status in _UNFINISHED]
    seal = open_ones[0] if open_ones else seals.apply(deps, _FOUNDER, report_seal(uscc))
    if seal.status is SealStatus.APPLIED:
        seal = seals.change(deps, _APPROVER, seal.seal_id, ChangeRequest(SealAction.APPROVE))
    seals.issue(deps, _APPROVER, seal.seal_id)
    return True


def _create_demo(parts: Parts, clients_file: Path) -> bool:
    """Three merchants, and the clients of CONTRACT section 6 with their keys in a private file."""
    deps = parts.deps
    fresh = False
    for draft in DEMO_ENTITIES:
        if entities.find(deps, _FOUNDER, draft.uscc) is None:
            entities.register(deps, _FOUNDER, draft)
            fresh = True
    if clients_file.exists():
        return fresh
    owners = dict(zip("abc", (draft.uscc for draft in DEMO_ENTITIES), strict=True))
    owners |= {name: draft.uscc for name, draft in demo_operators().items()}
    keys: dict[str, str] = {}
    for template in DEMO_CLIENTS:
        owner = None if template.merchant is None else owners[template.merchant]
        client = ClientDraft(template.name, template.scopes, owner)
        keys[template.name] = access.create_client(deps, None, client)[1]
    _write_private(clients_file, json.dumps(keys, indent=2) + "\n")
    return True


def _write_private(path: Path, text: str) -> None:
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
