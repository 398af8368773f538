"""The verdict on one signature: the questions in order, and what their answers amount to.

Source: EN 319 102-1 clauses 5.1.3 and 5.2 to 5.6.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from sealsvc.verify.case import Case, PathResult, Stamp
from sealsvc.verify.checks import imprint, national, proof, seal, semantics, standard
from sealsvc.verify.findings import AXES, Finding, outcome, outcomes
from sealsvc.verify.indications import AxisResult, Block, Indication, SubIndication
from sealsvc.verify.messages import Axis, Weight
from sealsvc.verify.past import control_time, past_blocks
from sealsvc.verify.policy import Policy
from sealsvc.verify.verdict import SignatureReport, TimestampReport
from sealsvc.verify.views import signature_view

# A time-stamp is nobody's seal.
SEALS_ONLY: tuple[Callable[[Case], tuple[Finding, ...]], ...] = (
    seal.check,
    national.check,
    imprint.check,
)

# The axes that EN 319 102-1 speaks about; the other two are ours.
STANDARD_AXES = (Axis.INTEGRITY, Axis.TRUST)
BLOCKS = tuple(Block)


def judge_signature(case: Case, terms: semantics.Terms) -> SignatureReport:
    """The verdict on a signature of the document, a document time-stamp included."""
    found = [*standard.findings(case), *proof.check(case)]
    asked: tuple[Axis, ...] = STANDARD_AXES
    if not case.reading.is_timestamp:
        for check in SEALS_ONLY:
            found += check(case)
        found += semantics.check(case, terms)
        asked = AXES
    return _report(case, escalated(found, case.policy), asked)


def escalated(findings: Iterable[Finding], policy: Policy) -> tuple[Finding, ...]:
    """Each finding once; the warnings that the policy names weigh as doubts."""
    mild = (Weight.NOTICE, Weight.OMITTED)
    return tuple(
        replace(item, weight=Weight.DOUBT)
        if item.code in policy.escalated and item.weight in mild
        else item
        for item in dict.fromkeys(findings)
    )


def indication_of(axes: dict[Axis, AxisResult]) -> Indication:
    """TOTAL_FAILED on proof of a fault, INDETERMINATE on any doubt. Source: clause 5.1.3."""
    results = {axes[axis] for axis in STANDARD_AXES}
    if AxisResult.FAILED in results:
        return Indication.TOTAL_FAILED
    if results <= {AxisResult.PASSED}:
        return Indication.TOTAL_PASSED
    return Indication.INDETERMINATE


def subs_of(indication: Indication, findings: Iterable[Finding]) -> tuple[SubIndication, ...]:
    """The sub-indications that explain the indication; weaker ones stay among the findings."""
    decisive = {
        Indication.TOTAL_FAILED: Weight.FAILS,
        Indication.INDETERMINATE: Weight.DOUBT,
    }.get(indication)
    if decisive is None:
        return ()
    said = {finding.sub_indication for finding in findings if finding.weight is decisive}
    return in_order(said)


def in_order(said: Collection[SubIndication | None]) -> tuple[SubIndication, ...]:
    """Sub-indications in the order of the closed list, each once."""
    return tuple(sub for sub in SubIndication if sub in said) if said else ()


def _report(case: Case, findings: tuple[Finding, ...], asked: tuple[Axis, ...]) -> SignatureReport:
    axes = outcomes(findings)
    indication = indication_of(axes)
    return SignatureReport(
        view=signature_view(case),
        indication=indication,
        sub_indications=subs_of(indication, findings),
        axes={
            axis: result if axis in asked else AxisResult.NOT_CHECKED
            for axis, result in axes.items()
        },
        blocks=_blocks(case, findings),
        findings=findings,
        timestamps=tuple(_timestamp(stamp) for stamp in case.stamps),
        proofs=case.proofs,
        control_at=control_time(case),
    )


def _timestamp(stamp: Stamp) -> TimestampReport:
    return TimestampReport(
        kind=stamp.kind,
        made_at=stamp.at,
        holds=stamp.holds,
        verdict=_report(stamp.case, stamp.findings, STANDARD_AXES),
    )


def _blocks(case: Case, findings: tuple[Finding, ...]) -> dict[Block, AxisResult]:
    """The result of each building block that ran for this signature. Source: clause 5.2."""
    skipped = {Block.PCV, Block.VTS}
    if not case.time.proven:
        skipped |= {Block.PSV, Block.POE}
    if case.reading.is_timestamp:
        skipped |= {Block.SEAL, Block.SEMANTICS}
    weighty = {item.block for item in findings if item.weight in (Weight.FAILS, Weight.DOUBT)}
    said: dict[Block, list[Finding]] = {}
    for finding in findings:
        said.setdefault(finding.block, []).append(finding)
    blocks = {
        block: outcome(said[block]) if block in said else AxisResult.PASSED
        for block in BLOCKS
        if block not in skipped or block in weighty
    }
    if case.chain.signer is None:
        blocks[Block.XCV] = AxisResult.NOT_CHECKED
    if case.chain.result not in (PathResult.VALID, PathResult.INVALID):
        blocks[Block.RFC] = AxisResult.NOT_CHECKED
    return {**blocks, **past_blocks(case)}
