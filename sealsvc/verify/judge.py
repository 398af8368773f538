"""Evidence in, report out: the order of the checks and the precedence of what they find.

Pure and total: the same evidence and policy give the same report for ever, and whatever stands in
the evidence gives a report. Source: EN 319 102-1 clauses 5.3 to 5.6; CONTRACT section 1.
"""

from collections.abc import Iterable, Sequence

from sealsvc.verify.case import Case
from sealsvc.verify.checks import format, integrity, semantics
from sealsvc.verify.engine import engine_version
from sealsvc.verify.evidence import Evidence
from sealsvc.verify.existence import build_cases
from sealsvc.verify.findings import AXES, DOCUMENT, Finding, noticed, outcomes
from sealsvc.verify.indications import AxisResult, Indication, SubIndication, Summary
from sealsvc.verify.messages import Axis, Weight
from sealsvc.verify.policy import Policy
from sealsvc.verify.signature import (
    STANDARD_AXES,
    escalated,
    in_order,
    indication_of,
    judge_signature,
    subs_of,
)
from sealsvc.verify.verdict import EvidenceFacts, Report, SignatureReport

# The only doubts that leave a document INTACT (CONTRACT section 1).
UNKNOWN_ISSUER_CODES = frozenset(
    {"ISSUER_UNKNOWN", "SEAL_NOT_REGISTERED", "SEAL_MAKER_CERT_UNTRUSTED"}
)
WORST_FIRST = (
    AxisResult.FAILED,
    AxisResult.INDETERMINATE,
    AxisResult.NOT_CHECKED,
    AxisResult.PASSED,
)
# Signatures judged in one document; the first in the order of signing. More is a doubt.
MAX_SIGNATURES = 100


def judge(evidence: Evidence, policy: Policy) -> Report:
    """The verdict on a document."""
    looked_at = evidence.signatures[:MAX_SIGNATURES]
    cases = build_cases(looked_at, evidence, policy)
    seals = [case for case in cases if not case.reading.is_timestamp]
    terms = semantics.terms_of(seals, evidence.expectation, evidence.fields)
    signatures = tuple(judge_signature(case, terms) for case in cases)
    about_document = _about_document(evidence, cases, seals, terms)
    about_document = escalated(about_document, policy)
    own = outcomes(about_document)
    axes = _document_axes(signatures, own)
    indication = _document_indication(signatures, own)
    findings = (*about_document, *(item for one in signatures for item in one.findings))
    return Report(
        summary=_summary(indication, axes, signatures, findings),
        indication=indication,
        sub_indications=_document_subs(indication, signatures, about_document),
        axes=axes,
        signatures=signatures,
        findings=findings,
        document_sha256=evidence.document_sha256,
        filename=evidence.filename,
        kind=evidence.reading.kind,
        validation_time=evidence.validation_time,
        gathered_at=evidence.gathered_at,
        policy_id=policy.id,
        policy_version=policy.version,
        policy_digest=policy.digest(),
        looks_back=policy.past_timestamps,
        engine=engine_version(),
        facts=EvidenceFacts(evidence, looked_at),
    )


def _about_document(
    evidence: Evidence, cases: Sequence[Case], seals: Sequence[Case], terms: semantics.Terms
) -> tuple[Finding, ...]:
    found = [*format.check_document(evidence), *semantics.check_document(seals, terms)]
    if len(evidence.signatures) > len(cases):
        found.append(
            noticed(
                "TOO_MANY_SIGNATURES",
                DOCUMENT,
                count=len(evidence.signatures),
                limit=MAX_SIGNATURES,
            )
        )
    if cases and not seals:
        found.append(noticed("NO_SEAL_IN_DOCUMENT", DOCUMENT))
    return tuple(found)


def _document_axes(
    signatures: Sequence[SignatureReport], of_document: dict[Axis, AxisResult]
) -> dict[Axis, AxisResult]:
    """The worst of the signatures that an axis applies to, and of the document's own findings."""
    axes: dict[Axis, AxisResult] = {}
    for axis in AXES:
        results = [
            one.axes[axis]
            for one in signatures
            if axis in STANDARD_AXES or not one.view.is_timestamp
        ]
        own = of_document[axis]
        if own is not AxisResult.PASSED or not results:
            results.append(own if own is not AxisResult.PASSED else AxisResult.NOT_CHECKED)
        axes[axis] = next(result for result in WORST_FIRST if result in results)
    return axes


def _document_indication(
    signatures: Sequence[SignatureReport], of_document: dict[Axis, AxisResult]
) -> Indication:
    """The worst over the signatures. Source: api-conventions section 1.2 rule 2."""
    seen = {one.indication for one in signatures} | {indication_of(of_document)}
    for worst in (Indication.TOTAL_FAILED, Indication.INDETERMINATE):
        if worst in seen:
            return worst
    return Indication.TOTAL_PASSED if signatures else Indication.NO_SIGNATURE_FOUND


def _document_subs(
    indication: Indication,
    signatures: Sequence[SignatureReport],
    about_document: tuple[Finding, ...],
) -> tuple[SubIndication, ...]:
    said = {
        sub for one in signatures if one.indication is indication for sub in one.sub_indications
    }
    standard = [finding for finding in about_document if finding.axis in STANDARD_AXES]
    said.update(subs_of(indication, standard))
    return in_order(said)


def _summary(
    indication: Indication,
    axes: dict[Axis, AxisResult],
    signatures: Sequence[SignatureReport],
    findings: Iterable[Finding],
) -> Summary:
    """The first word that holds. Source: CONTRACT section 1 (`summary`)."""
    codes = {finding.code for finding in findings}
    doubts = {finding.code for finding in findings if finding.weight is Weight.DOUBT}
    business = {axes[Axis.SEAL_AUTHORITY], axes[Axis.SEMANTICS]}
    if indication is Indication.NO_SIGNATURE_FOUND:
        return Summary.UNSIGNED
    if codes & integrity.MODIFICATION_CODES:
        return Summary.MODIFIED
    if indication is Indication.TOTAL_FAILED or AxisResult.FAILED in business:
        return Summary.INVALID
    if not signatures or doubts - UNKNOWN_ISSUER_CODES:
        return Summary.INDETERMINATE
    if indication is Indication.TOTAL_PASSED and axes[Axis.SEAL_AUTHORITY] is AxisResult.PASSED:
        return Summary.TRUSTED
    return Summary.INTACT
