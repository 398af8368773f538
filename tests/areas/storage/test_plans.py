"""Every look-up and every round of housekeeping reads what it needs and no more, on both databases.

Each runs over a filled registry. On SQLite its statements must not walk a table, and the steps of
SQLite's machine are counted; on PostgreSQL the executed plan tells the rows it touched. Both are
bounded far below what a walk over the rows here would take, so a look-up costs the same however
many rows there are.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlmodel import Session

from bench.lookup_calls import PLANNED, TIMED, Registry, found
from bench.lookup_log import GrownTiles
from bench.lookup_rows import fill, id_of, prepare, uscc_of
from bench.lookups import bare_service
from sealsvc.areas.certs import repo as certs
from sealsvc.areas.contracts import repo as contracts
from sealsvc.areas.contracts.model.lifecycle import ContractStatus
from sealsvc.areas.contracts.model.views import ContractFilter
from sealsvc.areas.entities import repo as entities
from sealsvc.areas.invoices import repo as invoices
from sealsvc.areas.invoices.model.lifecycle import InvoiceState
from sealsvc.areas.sealing import repo as sealings
from sealsvc.areas.seals import repo as seals
from sealsvc.areas.seals.model.views import SealApplication, SealFilter
from sealsvc.areas.transactions import repo as transactions
from sealsvc.areas.verification import repo as verifications
from sealsvc.storage.blobnames import digest_columns, named_blobs
from sealsvc.storage.db import MIGRATING, is_sqlite, make_engine
from sealsvc.values import SealMedium, SealStatus, SealType
from tests.areas.conftest import DATABASES, _postgres_url

ROWS = 2_000
# A walk over one table takes ROWS of the one and some ten times ROWS of the other.
MOST_ROWS = ROWS // 8
MOST_STEPS = ROWS * 3 // 2
# One row, or only what has not been dealt with yet.
SMALL = {"log_head", "log_queue", "issuer", "crl", "domain", "idempotency", "checkpoint"}
CATALOGUE = ("sqlite_master", "pg_catalog", "current_schema")
BEFORE = datetime(2026, 1, 1, 1, tzinfo=UTC)
LATE = BEFORE + timedelta(days=3_000)

Look = Callable[[Registry], object]


@dataclass
class Watch:
    """The statements that ran, with their parameters."""

    engine: Engine
    statements: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, _c: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        ours = not any(one in sql for one in CATALOGUE)
        if ours and sql.lstrip().upper().startswith(("SELECT", "WITH", "DELETE", "UPDATE")):
            self.statements.append((sql, parameters))


@pytest.fixture(scope="module", params=DATABASES)
def registry(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Registry, Engine]]:
    folder = tmp_path_factory.mktemp("plans")
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{folder}/rows.db")
    else:
        engine = make_engine(_postgres_url())
        with engine.connect().execution_options(**{MIGRATING: True}) as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
            connection.commit()
    prepare(engine)
    fill(engine, 0, ROWS)
    log, deps = bare_service(engine, folder)
    tiles = GrownTiles()
    tiles.grow(ROWS)
    log.take(tiles)
    yield Registry(deps, log.logbook), engine
    engine.dispose()


def _in_unit(look: Callable[[Session], object]) -> Look:
    """In a writing unit that is never committed: some lock, some delete."""

    def run(registry: Registry) -> object:
        with registry.deps.write() as tx:
            return look(tx.session)

    return run


def _missing_digest(session: Session) -> object:
    return named_blobs(session, ["zz" * 32])


def _kind(session: Session) -> object:
    return seals.occupied(session, uscc_of(5), SealType.OFFICIAL, SealMedium.ELECTRONIC)


ALIKE = SealApplication(uscc_of(7), SealType.OFFICIAL, SealMedium.ELECTRONIC, "seal")
HOUSEKEEPING: dict[str, Look] = {
    "certificates_intended": _in_unit(lambda s: certs.stale_intents(s, LATE)),
    "certificates_revoked": _in_unit(lambda s: certs.revoked_by(s, "issuing")),
    "sealings_intended": _in_unit(lambda s: sealings.stale_intents(s, LATE)),
    "attestations_intended": _in_unit(lambda s: transactions.stale_intents(s, LATE)),
    "contracts_due": _in_unit(lambda s: contracts.due_to_expire(s, LATE)),
    "seals_due": _in_unit(lambda s: seals.due_to_expire(s, BEFORE)),
    "seals_of_cancelled": _in_unit(seals.of_cancelled_owners),
    "seals_unused": _in_unit(lambda s: seals.unused_with_live_certificate(s, LATE)),
    "forms_overdue": _in_unit(lambda s: invoices.overdue_forms(s, LATE, 100)),
    "reports_without_fact": _in_unit(lambda s: verifications.delete_without_fact(s, LATE, 100)),
    "reports_expired": _in_unit(lambda s: transactions.delete_expired(s, LATE, 100)),
    "blobs_named": _in_unit(_missing_digest),
    "seals_of_kind": _in_unit(_kind),
    "seals_of_rare_status": _in_unit(
        lambda s: seals.search(s, SealFilter(status=SealStatus.LOST, limit=20))
    ),
    "seals_of_rare_type": _in_unit(
        lambda s: seals.search(s, SealFilter(seal_type=SealType.CUSTOMS, limit=20))
    ),
    "seal_with_counterparts": _in_unit(
        lambda s: seals.counterparts(s, seals.get_family_for_update(s, id_of("seal", 5)))
    ),
    "invoices_of_rare_state": _in_unit(
        lambda s: invoices.search(s, None, state=InvoiceState.BOOKED, page=(None, 20))
    ),
    "invoice_totals": _in_unit(
        lambda s: invoices.proven_totals(s, "ab" * 32, (uscc_of(0), uscc_of(1)))
    ),
    "certificate_in_use": _in_unit(
        lambda s: certs.find_usable(s, id_of("seal", 5), "key", BEFORE + timedelta(days=1))
    ),
    "seals_alike": _in_unit(lambda s: seals.find_like(s, ALIKE)),
    "seals_of_entity_and_status": _in_unit(
        lambda s: seals.search(s, SealFilter(uscc=uscc_of(5), status=SealStatus.ACTIVE))
    ),
    "invoices_of_entity_and_state": _in_unit(
        lambda s: invoices.search(s, uscc_of(7), state=InvoiceState.VERIFIED, page=(None, 20))
    ),
    "contracts_of_entity_and_status": _in_unit(
        lambda s: contracts.search(
            s, ContractFilter(uscc=uscc_of(7), status=ContractStatus.CONCLUDED, limit=20)
        )
    ),
    "entities_cancelled": _in_unit(lambda s: s.execute(entities.cancelled_usccs()).all()),
}


def _of_row(name: str, i: int) -> Look:
    call = {**TIMED, **PLANNED}[name]
    return lambda registry: found(call, registry, i)


LOOKS: dict[str, Look] = (
    {name: _of_row(name, 1_235) for name in (*TIMED, *PLANNED)}
    | {f"{name}_missing": _of_row(name, 10**12) for name in (*TIMED, *PLANNED)}
    | HOUSEKEEPING
)


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_up_reads_what_it_needs(registry: tuple[Registry, Engine], name: str) -> None:
    world, engine = registry
    watch = Watch(engine)
    event.listen(engine, "before_cursor_execute", watch)
    try:
        LOOKS[name](world)
    finally:
        event.remove(engine, "before_cursor_execute", watch)
    assert watch.statements
    faults = [
        fault for sql, parameters in watch.statements for fault in _faults(engine, sql, parameters)
    ]
    assert faults == []


def _faults(engine: Engine, sql: str, parameters: Any) -> list[str]:
    return (_sqlite_faults if is_sqlite(engine) else _postgres_faults)(engine, sql, parameters)


def _sqlite_faults(engine: Engine, sql: str, parameters: Any) -> list[str]:
    """Walks in the plan, and too many steps of the machine (in tens)."""
    raw = engine.raw_connection()
    try:
        plain: Any = raw.driver_connection
        plan = [str(row[3]) for row in plain.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        tens = 0

        def count() -> int:
            nonlocal tens
            tens += 1
            return 0

        plain.execute("BEGIN")
        plain.set_progress_handler(count, 10)
        plain.execute(sql, parameters).fetchall()
        plain.set_progress_handler(None, 10)
        plain.execute("ROLLBACK")
    finally:
        raw.close()
    walks = [line for line in plan if line.startswith("SCAN ") and line.split()[1] not in SMALL]
    walks = [line for line in walks if not line.startswith(("SCAN (", "SCAN CONSTANT ROW"))]
    steps = [f"{tens * 10} steps: {sql} {plan}"] if tens * 10 > MOST_STEPS else []
    return walks + steps


def _postgres_faults(engine: Engine, sql: str, parameters: Any) -> list[str]:
    """Plan nodes that touched too many rows."""
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        # At this size a walk is sometimes cheaper; what counts is that indexes serve as well.
        for kind in ("seqscan", "hashjoin", "mergejoin"):
            connection.execute(text(f"SET LOCAL enable_{kind} = off"))
        answer = connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", parameters
        ).scalar_one()
        connection.rollback()
    plan = answer if isinstance(answer, list) else json.loads(answer)
    return list(_wide(plan[0]["Plan"], sql))


def _wide(node: dict[str, Any], sql: str) -> Iterator[str]:
    loops = node["Actual Loops"]
    touched = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * loops
    if touched > MOST_ROWS and node.get("Relation Name") not in SMALL:
        yield f"{node['Node Type']} {node.get('Index Name', '')} touched {touched}: {sql}"
    for inner in node.get("Plans", ()):
        yield from _wide(inner, sql)


def test_a_sweep_asks_every_digest_column_by_index(registry: tuple[Registry, Engine]) -> None:
    _, engine = registry
    with engine.connect() as connection:
        assert len(digest_columns(connection)) > 10
