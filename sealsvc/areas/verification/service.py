"""Verbs of verification: judge and keep the report, look a report up."""

import json

from sealsvc.areas.access.model import require
from sealsvc.areas.deps import Deps
from sealsvc.areas.verification import repo
from sealsvc.areas.verification.gathering import Terms, gather
from sealsvc.areas.verification.model import (
    DEFAULT_POLICY_NAME,
    RecordedReport,
    VerificationRequest,
    VerificationView,
    clean_expectation,
    clean_filename,
    report_digest,
    require_not_future,
    verification_recorded,
)
from sealsvc.areas.verification.reading import DocumentRead, judge_evidence, read_document
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import JsonObject, Principal, Scope, time_ordered_id
from sealsvc.verify.policy import Policy, policy_named
from sealsvc.verify.report import Report, sentence, to_dict

RECEIPT_FORMAT = "c2sp.org/tlog-proof@v1"


def verify(
    deps: Deps, principal: Principal | None, request: VerificationRequest
) -> VerificationView:
    """Judge a document and keep the report.

    The document is not kept. principal: None without a key, which is enough unless the
    verification is to be recorded. Raises: ScopeMissing, PolicyUnknown, UsccInvalid,
    ExpectationInvalid, ValidationTimeInFuture, UnsupportedFormat, DocumentEncrypted,
    DocumentUnreadable, ResourceLimit, WorkersBusy. Source: ARCHITECTURE section 11.
    """
    by = _recorder(principal) if request.record else None
    policy = policy_for(deps, request.policy)
    require_not_future(request.validation_time, deps.clock.now())
    terms = Terms(
        filename=clean_filename(request.filename),
        validation_time=request.validation_time,
        expectation=clean_expectation(request.expectation),
    )
    document = read_document(deps.sandbox, request.data)
    return _keep(deps, judge_document(deps, document, terms, policy), by)


def judge_document(
    deps: Deps, document: DocumentRead, terms: Terms, policy: Policy | None = None
) -> Report:
    """The verdict on a document that was read, from what our registers know now.

    Raises: ResourceLimit, WorkersBusy.
    """
    evidence = gather(deps, document, terms)
    return judge_evidence(deps.sandbox, evidence, policy or policy_for(deps, None))


def policy_for(deps: Deps, name: str | None) -> Policy:
    """The policy of that name; None or `default`: the one this service is configured for.

    Raises: PolicyUnknown.
    """
    if name is None or name == DEFAULT_POLICY_NAME:
        name = deps.config.verification_policy
    return policy_named(name)


def get(deps: Deps, verification_id: str) -> VerificationView:
    """A kept report. Its id is the capability: 74 random bits, given to who asked.

    Raises: VerificationNotFound.
    """
    with deps.read() as session:
        return repo.get(session, verification_id)


def _recorder(principal: Principal | None) -> str:
    if principal is None:
        principal = Principal("", "", frozenset())  # no key has no scope
    require(principal, Scope.VERIFY)
    return principal.client_id


def _keep(deps: Deps, report: Report, by: str | None) -> VerificationView:
    shape: JsonObject = to_dict(report)
    shape["sentenceEn"] = sentence(report, "en")
    with deps.write() as tx:
        verification_id = time_ordered_id("vr", tx.now, deps.rng.bytes(16))
        shape = {"id": verification_id, **shape}
        fact_id = None if by is None else _record(tx, report, shape, by)
        view = VerificationView(
            verification_id=verification_id,
            document_sha256=report.document_sha256,
            summary=str(report.summary),
            indication=str(report.indication),
            created_at=tx.now,
            body=_encoded(shape, verification_id, fact_id),
            fact_id=fact_id,
        )
        repo.add(tx.session, view)
        tx.commit()
    return view


def _record(tx: UnitOfWork, report: Report, shape: JsonObject, by: str) -> str:
    recorded = RecordedReport(
        verification_id=str(shape["id"]),
        document_sha256=report.document_sha256,
        report_sha256=report_digest(shape),
        summary=str(report.summary),
        indication=str(report.indication),
    )
    return tx.record(verification_recorded(recorded, by=by))


def _encoded(shape: JsonObject, verification_id: str, fact_id: str | None) -> bytes:
    """The bytes that are kept and answered: the report, its receipt and its links."""
    links: JsonObject = {"self": f"/v1/verifications/{verification_id}"}
    shape = {**shape, "receipt": None, "links": links}
    if fact_id is not None:
        shape["receipt"] = {"id": fact_id, "format": RECEIPT_FORMAT}
        links["receipt"] = f"/v1/receipts/{fact_id}"
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()
