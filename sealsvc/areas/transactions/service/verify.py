"""Judge a deal, keep the report with the facts it stands on, give both back, judge again."""

import json
from dataclasses import replace

from sealsvc.areas.access.model import require
from sealsvc.areas.deps import Deps
from sealsvc.areas.transactions import repo
from sealsvc.areas.transactions.model.attestation import AttestationView
from sealsvc.areas.transactions.model.deal import Deal
from sealsvc.areas.transactions.model.judge import judge_attestation
from sealsvc.areas.transactions.model.kinds import kind_table
from sealsvc.areas.transactions.model.policy import POLICIES, TransactionPolicy, policy_named
from sealsvc.areas.transactions.model.record import dump_deal, load_deal
from sealsvc.areas.transactions.model.report import findings_json, judged_report
from sealsvc.areas.transactions.model.verification import (
    TransactionEvidenceNotKept,
    TransactionExpired,
    TransactionReplay,
    TransactionRequest,
    TransactionView,
    clean_request,
    lifetime,
    report_digest,
    transaction_verified,
)
from sealsvc.areas.transactions.service.gather import attestation_fact, gather
from sealsvc.values import JsonObject, Principal, Scope, time_ordered_id

ADDED = ("id", "expiresAt", "inputs", "receipt", "links")
"""Members of a kept report that the keeper adds; everything else is the judgement's."""
RECEIPT_FORMAT = "c2sp.org/tlog-proof@v1"
EXPIRE_BATCH = 200


def verify(deps: Deps, principal: Principal | None, request: TransactionRequest) -> TransactionView:
    """One verdict over a whole deal. The files are not kept.

    principal: None without a key; needed for contracts and invoices on file, and for a record.
    Raises: ScopeMissing, TransactionPolicyUnknown, TransactionRequestInvalid, UsccInvalid, and as
    `gather`.
    """
    if request.record:
        require(_caller(principal), Scope.VERIFY)
    asked = clean_request(request)
    policy = policy_named(asked.policy)
    deal = gather(deps, principal, asked)
    return _keep(deps, deal, policy, asked, principal if asked.record else None)


def get(deps: Deps, transaction_id: str) -> TransactionView:
    """A kept report. Its id is the capability: 74 random bits, until it expires.

    Raises: TransactionNotFound, TransactionExpired.
    """
    with deps.read() as session:
        view = repo.get_report(session, transaction_id)
    if view.expires_at <= deps.clock.now():
        raise TransactionExpired()
    return view


def deal_record(deps: Deps, view: TransactionView) -> bytes:
    """The facts that a report stands on, as bytes. Raises: BlobMissing."""
    return deps.blobs.get(view.deal_sha256)


def replay(report: JsonObject, record: bytes) -> TransactionReplay:
    """Judge the facts again and hold the outcome against a report; equal means byte for byte.

    Raises: DealRecordInvalid, TransactionEvidenceNotKept.
    """
    judged = judged_report(load_deal(record), policy_of(report), kind_table())
    wanted = {name: value for name, value in report.items() if name not in ADDED}
    names = sorted(set(judged) | set(wanted))
    differing = tuple(name for name in names if judged.get(name) != wanted.get(name))
    same = not differing and _bytes(judged) == _bytes(wanted)
    return TransactionReplay(same, differing)


def policy_of(report: JsonObject) -> TransactionPolicy:
    """The policy of a report, by its digest. Raises: TransactionEvidenceNotKept."""
    named = report.get("policy")
    digest = named.get("digest") if isinstance(named, dict) else None
    for policy in POLICIES:
        if policy.digest(kind_table()) == digest:
            return policy
    raise TransactionEvidenceNotKept(reason="POLICY_OF_ANOTHER_ENGINE")


def attestation_report(deps: Deps, view: AttestationView) -> JsonObject:
    """What can be said now of one attestation alone: the word and the findings."""
    assert view.envelope is not None
    verdict = judge_attestation(attestation_fact(deps, view.envelope), kind_table())
    return {
        "summary": str(verdict.summary),
        "findings": findings_json(verdict, kind_table()),
    }


def expire_reports(deps: Deps) -> int:
    """Delete expired reports that no fact names; how many."""
    with deps.write() as tx:
        gone = repo.delete_expired(tx.session, tx.now, EXPIRE_BATCH)
        tx.commit()
    return gone


def _caller(principal: Principal | None) -> Principal:
    return principal or Principal("", "", frozenset())


def _keep(
    deps: Deps,
    deal: Deal,
    policy: TransactionPolicy,
    request: TransactionRequest,
    by: Principal | None,
) -> TransactionView:
    record = dump_deal(deal)
    deal_sha256 = deps.blobs.put(record)
    judged = judged_report(deal, policy, kind_table())
    with deps.write() as tx:
        transaction_id = time_ordered_id("txn", tx.now, deps.rng.bytes(16))
        expires_at = (tx.now + lifetime(request)).replace(microsecond=0)
        shape: JsonObject = {
            "id": transaction_id,
            **judged,
            "expiresAt": expires_at.isoformat().replace("+00:00", "Z"),
            "inputs": {"deal": deal_sha256},
        }
        view = TransactionView(
            transaction_id=transaction_id,
            summary=str(shape["summary"]),
            created_at=tx.now,
            expires_at=expires_at,
            body=b"",
            deal_sha256=deal_sha256,
        )
        if by is not None:
            who = (by.client_id, by.entity_uscc)
            fact = transaction_verified(view, report_digest(shape), who)
            view = replace(view, fact_id=tx.record(fact))
        view = replace(view, body=_encoded(shape, view))
        repo.add_report(tx.session, view)
        tx.commit()
    return view


def _encoded(shape: JsonObject, view: TransactionView) -> bytes:
    """The bytes that are kept and answered: the report, its receipt and its links."""
    own = f"/v1/transactions/verifications/{view.transaction_id}"
    links: JsonObject = {
        "self": own,
        "evidence": f"{own}?format=evidence",
        "page": f"/transactions/{view.transaction_id}",
    }
    shape = {**shape, "receipt": None, "links": links}
    if view.fact_id is not None:
        shape["receipt"] = {"id": view.fact_id, "format": RECEIPT_FORMAT}
        links["receipt"] = f"/v1/receipts/{view.fact_id}"
    return _bytes(shape)


def _bytes(shape: JsonObject) -> bytes:
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()
