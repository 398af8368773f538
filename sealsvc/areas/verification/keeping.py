"""Keep a report with the evidence it stands on, and give both back.

The evidence record holds what was read and asked, not the document (ADR 7): certificates, lists,
the registry's answers, digests and times. From it the same judgement can be made again.
"""

import json

from sealsvc.areas.deps import Deps
from sealsvc.areas.verification import repo
from sealsvc.areas.verification.model import (
    EvidenceNotKept,
    RecordedReport,
    Replay,
    VerificationView,
    report_digest,
    verification_recorded,
)
from sealsvc.areas.verification.reading import (
    Judgement,
    encoded,
    judge_to_keep,
    report_shape,
)
from sealsvc.areas.verification.reports.etsi import report_xml
from sealsvc.ports import Sandbox
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import JsonObject, Principal, time_ordered_id
from sealsvc.verify.policy import POLICIES, Policy
from sealsvc.verify.record import load_evidence
from sealsvc.verify.verdict import Level

RECEIPT_FORMAT = "c2sp.org/tlog-proof@v1"
ADDED = ("id", "receipt", "links")
"""Members of a kept report that the keeper adds; everything else is the judgement's."""


def keep(deps: Deps, judged: Judgement, by: Principal | None) -> VerificationView:
    """Store a report and its evidence. by: who made the verification a fact, None = no fact."""
    evidence_sha256 = deps.blobs.put(judged.evidence_record)
    with deps.write() as tx:
        verification_id = time_ordered_id("vr", tx.now, deps.rng.bytes(16))
        fact_id = None if by is None else _record(tx, judged, verification_id, by)
        view = VerificationView(
            verification_id=verification_id,
            document_sha256=judged.document_sha256,
            summary=judged.summary,
            indication=judged.indication,
            created_at=tx.now,
            body=_whole(judged, verification_id, fact_id),
            fact_id=fact_id,
            evidence_sha256=evidence_sha256,
        )
        repo.add(tx.session, view)
        tx.commit()
    return view


def evidence_of(deps: Deps, view: VerificationView) -> bytes:
    """The evidence record of a kept report. Raises: EvidenceNotKept, BlobMissing."""
    if view.evidence_sha256 is None:
        raise EvidenceNotKept()
    return deps.blobs.get(view.evidence_sha256)


def shape_of(deps: Deps, view: VerificationView, level: str) -> JsonObject:
    """A kept report in more detail, judged again from its evidence.

    level: `detailed` or `diagnostic`. Raises: as `evidence_of`.
    """
    stored: JsonObject = json.loads(view.body)
    evidence = load_evidence(evidence_of(deps, view))
    shape = deps.sandbox.run(report_shape, evidence, policy_of(stored), level)
    return {**shape, **{name: stored[name] for name in ADDED}}


def etsi(deps: Deps, view: VerificationView) -> bytes:
    """A kept report as ETSI TS 119 102-2 XML. Raises: as `evidence_of`."""
    return deps.sandbox.run(report_xml, shape_of(deps, view, Level.DETAILED))


def replay(sandbox: Sandbox, report: JsonObject, evidence_record: bytes) -> Replay:
    """Judge the evidence again and hold the outcome against a report.

    Equal means byte for byte, in canonical order of members as stored.
    Raises: EvidenceRecordInvalid, PolicyUnknown.
    """
    evidence = load_evidence(evidence_record)
    again = judge_to_keep(sandbox, evidence, policy_of(report)).report
    judged: JsonObject = json.loads(again)
    wanted = {name: value for name, value in report.items() if name not in ADDED}
    names = sorted(set(judged) | set(wanted))
    differing = tuple(name for name in names if judged.get(name) != wanted.get(name))
    same = not differing and again == encoded(wanted)
    return Replay(same=same, differing=differing)


def policy_of(report: JsonObject) -> Policy:
    """The policy a report was made under, by its digest. Raises: EvidenceNotKept when
    this engine has no such policy."""
    named = report.get("policy")
    digest = named.get("digest") if isinstance(named, dict) else None
    for policy in POLICIES:
        if policy.digest() == digest:
            return policy
    raise EvidenceNotKept(reason="POLICY_OF_ANOTHER_ENGINE")


def _record(tx: UnitOfWork, judged: Judgement, verification_id: str, by: Principal) -> str:
    shape: JsonObject = {"id": verification_id, **json.loads(judged.report)}
    recorded = RecordedReport(
        client_id=by.client_id,
        entity_uscc=by.entity_uscc,
        verification_id=verification_id,
        document_sha256=judged.document_sha256,
        report_sha256=report_digest(shape),
        summary=judged.summary,
        indication=judged.indication,
    )
    return tx.record(verification_recorded(recorded))


def _whole(judged: Judgement, verification_id: str, fact_id: str | None) -> bytes:
    """The bytes that are kept and answered: id, report, receipt and links, in this order.

    Joined as bytes: the report is an object with members, and was encoded where it was judged.
    """
    own = f"/v1/verifications/{verification_id}"
    links: JsonObject = {
        "self": own,
        "pdf": f"{own}?format=pdf",
        "etsi": f"{own}?format=etsi",
        "evidence": f"{own}?format=evidence",
        "trace": f"/trace/{judged.document_sha256}",
    }
    added: JsonObject = {"receipt": None, "links": links}
    if fact_id is not None:
        added["receipt"] = {"id": fact_id, "format": RECEIPT_FORMAT}
        links["receipt"] = f"/v1/receipts/{fact_id}"
    before, after = encoded({"id": verification_id}), encoded(added)
    return before[:-1] + b"," + judged.report[1:-1] + b"," + after[1:]
