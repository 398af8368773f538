"""Check what trade hands over: reports on deals and attestations."""

import json
from collections.abc import Sequence
from pathlib import Path

from sealsvc.app import build
from sealsvc.areas.transactions import service as transactions
from sealsvc.areas.transactions.model.attestation import Envelope, read_envelope
from sealsvc.areas.transactions.model.proof import offline_problems, read_proof
from sealsvc.areas.transactions.model.report import SCHEMA
from sealsvc.cli.admin import settings_for
from sealsvc.errors import BadInput
from sealsvc.values import JsonObject

REPORT = "transactionReport"
ID_PREFIX = "txn_"
MAX_JSON_BYTES = 8 * 1024 * 1024
_NOT_ASKED = {
    "REVOCATION": ("未查吊销", "Revocation was not looked up"),
    "WITHDRAWAL": ("未查是否已撤回", "Whether it was withdrawn was not looked up"),
    "PERMIT": ("未查出具方许可", "The operator's permits were not looked up"),
    "TRUST": ("未给出根证书", "No roots were given"),
}
_PROBLEMS = {
    "SIGNATURE": ("签名不成立", "The signature does not hold"),
    "CERTIFICATE": ("证书无法读取", "The certificate cannot be read"),
    "OPERATOR": ("签名者不是出具方", "Who signed is not the operator that is named"),
    "TIME": ("出具时证书不在有效期", "The certificate was not valid when it was issued"),
    "CHAIN": ("证书链不到所给的根", "The chain does not end at a given root"),
}


class ReportNotDocument(BadInput):
    """A report was given where a document is verified; `sealsvc replay` judges reports again."""

    code = "REPORT_NOT_DOCUMENT"


def is_deal_report(body: bytes) -> bool:
    """Whether the bytes are a report on a deal; nothing of it is believed."""
    return _shape(body).get("object") == REPORT


def kept_deal(data: Path, transaction_id: str) -> tuple[bytes, bytes]:
    """Report and record of a deal in a data folder. Raises: TransactionNotFound, BlobMissing."""
    parts = build(settings_for(data), isolated=False)
    view = transactions.get(parts.deps, transaction_id)
    return view.body, transactions.deal_record(parts.deps, view)


def replay_deal(report: JsonObject, record: bytes) -> tuple[bool, tuple[str, ...]]:
    """Whether the judgement over the recorded facts is the report's; which members differ.

    Raises: DealRecordInvalid, TransactionEvidenceNotKept.
    """
    outcome = transactions.replay(report, record)
    return outcome.same, outcome.differing


def attestation_in(body: bytes) -> Envelope | None:
    """The attestation that a file is; None for a file of another kind.

    Raises: AttestationUnreadable, ReportNotDocument.
    """
    shape = _shape(body)
    if str(shape.get("object", "")).endswith("Report"):
        raise ReportNotDocument(command="sealsvc replay")
    return read_envelope(shape) if {"record", "signature"} <= set(shape) else None


def attestation_report(envelope: Envelope, anchors_der: Sequence[bytes]) -> JsonObject:
    """What can be said of an attestation without its register; never more than INTACT.

    anchors_der: none = the chain is not looked at.
    """
    problems = _problems(envelope, anchors_der)
    integrity = [one for one in problems if one != "CHAIN"]
    summary = "INVALID" if integrity else "INDETERMINATE" if problems else "INTACT"
    left_out = [name for name in _NOT_ASKED if name != "TRUST" or not anchors_der]
    named = problems[0] if problems else None
    zh, en = _PROBLEMS[named] if named else ("签名与内容相符", "Signature and content agree")
    return {
        "object": "attestationReport",
        "schema": SCHEMA,
        "attestation": envelope.record.attestation_id,
        "kind": envelope.record.kind,
        "digest": envelope.record.digest(),
        "summary": summary,
        "sentence": f"证明：{zh}。",
        "sentenceEn": f"Attestation: {en[0].lower()}{en[1:]}.",
        "axes": {
            "integrity": "FAILED" if integrity else "PASSED",
            "trust": _trust(problems, anchors_der),
        },
        "findings": [
            {
                "code": f"ATTESTATION_{one}",
                "severity": "WARNING" if one == "CHAIN" else "ERROR",
                "message": _PROBLEMS[one][0],
                "messageEn": _PROBLEMS[one][1],
            }
            for one in problems
        ],
        "notChecked": [
            {"code": name, "message": _NOT_ASKED[name][0], "messageEn": _NOT_ASKED[name][1]}
            for name in left_out
        ],
    }


def _problems(envelope: Envelope, anchors_der: Sequence[bytes]) -> list[str]:
    found = [
        one for one in offline_problems(envelope, anchors_der) if anchors_der or one != "CHAIN"
    ]
    # An algorithm that this service lacks says nothing against the signature; it proves nothing.
    unknown = read_proof(envelope).holds is None
    return ["CHAIN" if unknown and one == "SIGNATURE" else one for one in found]


def _trust(problems: Sequence[str], anchors_der: Sequence[bytes]) -> str:
    if not anchors_der:
        return "NOT_CHECKED"
    return "FAILED" if "CHAIN" in problems else "PASSED"


def _shape(body: bytes) -> JsonObject:
    if len(body) > MAX_JSON_BYTES or body.lstrip()[:1] != b"{":
        return {}
    try:
        shape = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return shape if isinstance(shape, dict) else {}
