"""Evidence in, report out: the order of the checks and the precedence of what they find.

Pure and total: the same evidence and policy give the same report for ever, and whatever stands in
the evidence gives a report. Source: EN 319 102-1 clauses 5.3 to 5.6; CONTRACT section 1.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC

from sealsvc.verify.case import Case, PathResult
from sealsvc.verify.checks import (
    algorithms,
    chain,
    format,
    imprint,
    integrity,
    revocation,
    seal,
    semantics,
    time,
)
from sealsvc.verify.checks.paths import build_chain
from sealsvc.verify.evidence import Evidence, SignatureEvidence, best_signing_time
from sealsvc.verify.findings import DOCUMENT, Finding, noticed, outcome
from sealsvc.verify.indications import AxisResult, Block, Indication, SubIndication, Summary
from sealsvc.verify.messages import Axis, Weight
from sealsvc.verify.policy import Policy
from sealsvc.verify.report import Report, SignatureReport
from sealsvc.verify.views import signature_view

# The questions in the order of EN 319 102-1 clause 5.3; all are asked, whatever one answers.
EVERY_SIGNATURE: tuple[Callable[[Case], tuple[Finding, ...]], ...] = (
    format.check,
    chain.check,
    revocation.check,
    integrity.check,
    time.check,
    algorithms.check,
)
# A time-stamp is nobody's seal.
SEALS_ONLY: tuple[Callable[[Case], tuple[Finding, ...]], ...] = (seal.check, imprint.check)

# The axes that EN 319 102-1 speaks about; the other two are ours.
STANDARD_AXES = (Axis.INTEGRITY, Axis.TRUST)
# The only doubts that leave a document INTACT (CONTRACT section 1).
UNKNOWN_ISSUER_CODES = frozenset({"ISSUER_UNKNOWN", "SEAL_NOT_REGISTERED"})
WORST_FIRST = (
    AxisResult.FAILED,
    AxisResult.INDETERMINATE,
    AxisResult.NOT_CHECKED,
    AxisResult.PASSED,
)


def judge(evidence: Evidence, policy: Policy) -> Report:
    """The verdict on a document."""
    cases = [_case(signature, evidence, policy) for signature in evidence.signatures]
    seals = [case for case in cases if not case.reading.is_timestamp]
    terms = semantics.terms_of(seals, evidence.expectation)
    signatures = tuple(_judged(case, terms) for case in cases)
    about_document = _about_document(evidence, cases, seals, terms)
    axes = _document_axes(signatures, about_document)
    indication = _document_indication(signatures, about_document)
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
    )


def _case(signature: SignatureEvidence, evidence: Evidence, policy: Policy) -> Case:
    claimed = signature.reading.claimed_at
    if claimed is not None and claimed.tzinfo is None:
        # A signing time without a zone can only be read as UTC (RFC 5652 section 11.3).
        reading = replace(signature.reading, claimed_at=claimed.replace(tzinfo=UTC))
        signature = replace(signature, reading=reading)
    at = best_signing_time(signature.reading.claimed_at, signature.log_proof)
    return Case(signature, evidence, policy, at, build_chain(signature, evidence, policy, at))


def _judged(case: Case, terms: semantics.Terms) -> SignatureReport:
    found = [finding for check in EVERY_SIGNATURE for finding in check(case)]
    asked: tuple[Axis, ...] = STANDARD_AXES
    if not case.reading.is_timestamp:
        found += [finding for check in SEALS_ONLY for finding in check(case)]
        found += semantics.check(case, terms)
        asked = tuple(Axis)
    findings = tuple(dict.fromkeys(found))
    indication = _indication(findings)
    return SignatureReport(
        view=signature_view(case),
        indication=indication,
        sub_indications=_subs(indication, findings),
        axes={
            axis: _of_axis(findings, axis) if axis in asked else AxisResult.NOT_CHECKED
            for axis in Axis
        },
        blocks=_blocks(case, findings),
        findings=findings,
    )


def _about_document(
    evidence: Evidence, cases: Sequence[Case], seals: Sequence[Case], terms: semantics.Terms
) -> tuple[Finding, ...]:
    found = [*format.check_document(evidence), *semantics.check_document(seals, terms)]
    if cases and not seals:
        found.append(noticed("NO_SEAL_IN_DOCUMENT", DOCUMENT))
    return tuple(dict.fromkeys(found))


def _of_axis(findings: Iterable[Finding], axis: Axis) -> AxisResult:
    return outcome(tuple(finding for finding in findings if finding.axis is axis))


def _indication(findings: Iterable[Finding]) -> Indication:
    """TOTAL_FAILED on proof of a fault, INDETERMINATE on any doubt. Source: clause 5.1.3."""
    results = {_of_axis(findings, axis) for axis in STANDARD_AXES}
    if AxisResult.FAILED in results:
        return Indication.TOTAL_FAILED
    if results <= {AxisResult.PASSED}:
        return Indication.TOTAL_PASSED
    return Indication.INDETERMINATE


def _subs(indication: Indication, findings: Iterable[Finding]) -> tuple[SubIndication, ...]:
    """The sub-indications that explain the indication; weaker ones stay among the findings."""
    decisive = {
        Indication.TOTAL_FAILED: Weight.FAILS,
        Indication.INDETERMINATE: Weight.DOUBT,
    }.get(indication)
    said = {finding.sub_indication for finding in findings if finding.weight is decisive}
    return tuple(sub for sub in SubIndication if sub in said)


def _blocks(case: Case, findings: tuple[Finding, ...]) -> dict[Block, AxisResult]:
    """The result of each building block that ran for this signature. Source: clause 5.2."""
    skipped = {Block.PCV, Block.VTS}
    if not case.time.proven:
        skipped |= {Block.PSV, Block.POE}
    if case.reading.is_timestamp:
        skipped |= {Block.SEAL, Block.SEMANTICS}
    blocks = {
        block: outcome(tuple(finding for finding in findings if finding.block is block))
        for block in Block
        if block not in skipped
    }
    if case.chain.signer is None:
        blocks[Block.XCV] = AxisResult.NOT_CHECKED
    if case.chain.result not in (PathResult.VALID, PathResult.INVALID):
        blocks[Block.RFC] = AxisResult.NOT_CHECKED
    return blocks


def _document_axes(
    signatures: Sequence[SignatureReport], about_document: tuple[Finding, ...]
) -> dict[Axis, AxisResult]:
    """The worst of the signatures that an axis applies to, and of the document's own findings."""
    axes: dict[Axis, AxisResult] = {}
    for axis in Axis:
        results = [
            one.axes[axis]
            for one in signatures
            if axis in STANDARD_AXES or not one.view.is_timestamp
        ]
        own = _of_axis(about_document, axis)
        if own is not AxisResult.PASSED or not results:
            results.append(own if own is not AxisResult.PASSED else AxisResult.NOT_CHECKED)
        axes[axis] = next(result for result in WORST_FIRST if result in results)
    return axes


def _document_indication(
    signatures: Sequence[SignatureReport], about_document: tuple[Finding, ...]
) -> Indication:
    """The worst over the signatures. Source: api-conventions section 1.2 rule 2."""
    seen = {one.indication for one in signatures} | {_indication(about_document)}
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
    said.update(_subs(indication, standard))
    return tuple(sub for sub in SubIndication if sub in said)


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
