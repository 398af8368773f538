"""The verdict over a file of a deal, and over one that was verified before, as a fact."""

import json
from datetime import datetime
from typing import Any

from sealsvc.areas.deps import Deps
from sealsvc.areas.transactions.model.deal import DocumentFact, SealUse
from sealsvc.areas.transactions.model.verification import UploadedFile
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.model import VerificationRequest, VerificationView
from sealsvc.values import DocumentRole
from sealsvc.verify.evidence import Expectation
from sealsvc.verify.indications import Indication, Severity

_CODES = 20


def judged_file(deps: Deps, file: UploadedFile, role: DocumentRole) -> DocumentFact:
    """Verify a file as anybody would, for what it is said to be; its report is kept.

    Who the parties must be is for the verdict over the deal to say.
    Raises: as `verification.verify`.
    """
    request = VerificationRequest(file.data, file.filename, expectation=Expectation(role=role))
    return document_of(verification.verify(deps, None, request))


def document_of(view: VerificationView) -> DocumentFact:
    """A kept report, cut down to what a deal depends on."""
    report: dict[str, Any] = json.loads(view.body)
    weighing = [one for one in report["findings"] if one["severity"] != Severity.INFO]
    order = list(Severity)
    weighing.sort(key=lambda one: order.index(one["severity"]))
    return DocumentFact(
        sha256=view.document_sha256,
        summary=view.summary,
        verification_id=view.verification_id,
        seals=tuple(_seal(one) for one in report["signatures"] if not one["isTimestamp"]),
        codes=tuple(dict.fromkeys(one["code"] for one in weighing))[:_CODES],
    )


def _seal(one: dict[str, Any]) -> SealUse:
    seal = one["seal"] or {}
    when = one["bestSignatureTime"] or one["claimedSigningTime"]
    return SealUse(
        owner_uscc=seal.get("ownerUscc"),
        passed=one["indication"] == Indication.TOTAL_PASSED,
        seal_id=seal.get("sealId"),
        seal_type=seal.get("type"),
        status_then=seal.get("statusAtSigning"),
        status_now=seal.get("statusNow"),
        signed_at=None if when is None else datetime.fromisoformat(when),
        fact_id=seal.get("statusReceipt"),
    )
