"""The look-ups the service offers, each called as the service itself calls it.

A look-up takes the number of a row: of one that is there, or of one that never was. Its answer
does not matter here, nor does that nothing was found.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from bench.lookup_rows import digest_of, heavy, id_of, uscc_of
from sealsvc.areas.certs import service as certs
from sealsvc.areas.contracts import repo as contracts
from sealsvc.areas.contracts.model.views import ContractFilter
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import repo as entities
from sealsvc.areas.entities import service as entity_service
from sealsvc.areas.invoices import repo as invoices
from sealsvc.areas.invoices import service as invoice_service
from sealsvc.areas.sealing import repo as sealings
from sealsvc.areas.sealing import service as sealing_service
from sealsvc.areas.seals import repo as seal_rows
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealFilter
from sealsvc.areas.transactions import repo as transaction_rows
from sealsvc.areas.transactions import service as transactions
from sealsvc.areas.transparency import service as transparency
from sealsvc.areas.transparency.model import ReleasedLog, TraceQuery
from sealsvc.areas.verification import service as verifications
from sealsvc.errors import Conflict, NotFound
from sealsvc.values import Principal, Scope, SealId

ANYONE = Principal("cli_anyone", "bench", frozenset({Scope.ENTITY_READ}))
AUDITOR = Principal("cli_bench", "bench", frozenset({Scope.AUDIT_READ}))
PAGE = 21


@dataclass(frozen=True)
class Registry:
    """What a look-up asks. deps: over the filled database; logbook: its log's head."""

    deps: Deps
    logbook: ReleasedLog


Call = Callable[[Registry, int], object]


def _read(call: Callable[[Session, int], object]) -> Call:
    def run(registry: Registry, i: int) -> object:
        with registry.deps.read() as session:
            return call(session, i)

    return run


def _seal(i: int) -> SealId:
    return SealId(id_of("seal", i))


def _serial(i: int) -> str:
    return digest_of("serial", i)[:40]


def _trace(registry: Registry, query: TraceQuery) -> object:
    return transparency.trace(registry.deps, None, query)


def _by_number(session: Session, i: int) -> object:
    """What stands on an invoice, by the keyed digest of its code and number."""
    mac = digest_of("mac", i)
    return invoices.held_claims(session, mac), invoices.forms_against(session, mac)


def _live_key(i: int) -> str:
    return transaction_rows.live_key(uscc_of(heavy(i)), "order", f"N{i}")


TIMED: dict[str, Call] = {
    "entity_by_uscc": lambda r, i: entity_service.find(r.deps, ANYONE, uscc_of(i)),
    "seal_by_id": lambda r, i: seals.look_up(r.deps, None, _seal(i)),
    "seal_by_code": lambda r, i: seals.search(r.deps, None, SealFilter(code=f"C{i}")),
    "seals_of_entity": lambda r, i: seals.search(r.deps, None, SealFilter(uscc=uscc_of(i))),
    "seal_status": lambda r, i: seals.status(r.deps, _seal(i), None, None),
    "certificate_by_serial": lambda r, i: certs.find(r.deps, _serial(i)),
    "sealing_by_id": lambda r, i: sealing_service.get(r.deps, AUDITOR, id_of("sea", i)),
    "sealing_of_digest": _read(
        lambda s, i: sealings.find_completed(s, _seal(heavy(i)), f"original:{i}".encode())
    ),
    "invoice_by_id": lambda r, i: invoice_service.get(r.deps, AUDITOR, id_of("inv", i)),
    "invoice_by_number": _read(_by_number),
    "invoice_by_digest": _read(
        lambda s, i: invoices.find_by_digest(s, uscc_of(heavy(i)), digest_of("sealed", i))
    ),
    "verification_by_id": lambda r, i: verifications.get(r.deps, id_of("ver", i)),
    "transaction_by_id": lambda r, i: transactions.get(r.deps, id_of("txn", i)),
    "attestation_by_id": _read(lambda s, i: transaction_rows.find_attestation(s, id_of("att", i))),
    "attestation_by_number": _read(lambda s, i: transaction_rows.is_live(s, _live_key(i))),
    "fact_by_id": lambda r, i: _trace(r, TraceQuery(fact_id=id_of("evt", i))),
    "trace_by_digest": lambda r, i: _trace(r, TraceQuery(digest=digest_of("sealed", i | 1))),
    "trace_by_seal": lambda r, i: _trace(r, TraceQuery(seal_id=_seal(i | 1), limit=PAGE)),
    "trace_of_heavy_seal": lambda r, _: _trace(r, TraceQuery(seal_id=_seal(0), limit=PAGE)),
    "proof_by_signature": lambda r, i: transparency.proof_for_signature(
        r.deps, digest_of("signature", i | 1)
    ),
    "receipt": lambda r, i: transparency.receipt(r.deps, r.logbook, id_of("evt", i), None),
}
"""Timed by `make bench`, name by name."""

PLANNED: dict[str, Call] = {
    "sealing_of_digest_of_heavy_seal": _read(
        lambda s, i: sealings.find_completed(s, _seal(0), f"original:{i // 10 * 10 + 5}".encode())
    ),
    "trace_of_heavy_entity": lambda r, _: _trace(r, TraceQuery(uscc=uscc_of(0), limit=PAGE)),
    "certificates_of_seal": lambda r, i: certs.of_seal(r.deps, _seal(i)),
    "seal_maker": lambda r, _: certs.seal_maker(r.deps),
    "eseal_by_digest": _read(lambda s, i: seal_rows.credential_of_eseal(s, digest_of("eseal", i))),
    "credentials_of_seal": _read(lambda s, i: seal_rows.credentials(s, _seal(i))),
    "permits_of_entity": _read(lambda s, i: entities.permits(s, uscc_of(i), limit=PAGE)),
    "invoices_of_entity": _read(
        lambda s, i: invoices.search(s, uscc_of(i), state=None, page=(None, PAGE))
    ),
    "forms_of_entity": _read(lambda s, i: invoices.search_forms(s, uscc_of(i), (None, PAGE))),
    "contract_by_id": _read(lambda s, i: contracts.get(s, id_of("con", i))),
    "contract_history": _read(lambda s, i: contracts.events(s, id_of("con", i))),
    "contracts_by_number": _read(
        lambda s, i: contracts.search(s, ContractFilter(number=f"K{i}", limit=PAGE))
    ),
    "contracts_of_entity": _read(
        lambda s, i: contracts.search(s, ContractFilter(uscc=uscc_of(i), limit=PAGE))
    ),
}
"""Not timed; that they use an index is held by tests/areas/storage/test_plans.py."""


def found(call: Call, registry: Registry, i: int) -> bool:
    """Make the look-up; whether it raised nothing."""
    try:
        call(registry, i)
    except (NotFound, Conflict):
        return False
    return True
