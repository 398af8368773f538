"""The detailed report: the building blocks of each signature, constraint by constraint.

Source: EN 319 102-1 clause 5.1.4.1 and ETSI TS 119 102-2 clause 4.3.6 (constraints reported).
"""

from collections.abc import Sequence
from datetime import datetime

from sealsvc.values import Json, JsonObject
from sealsvc.verify.case import instant
from sealsvc.verify.constraints import CONSTRAINTS, Constraint
from sealsvc.verify.findings import DOCUMENT, Finding, outcome
from sealsvc.verify.indications import AxisResult, Block
from sealsvc.verify.verdict import SignatureReport, TimestampReport


def detail_of(signatures: Sequence[SignatureReport], findings: Sequence[Finding]) -> JsonObject:
    """Blocks of the document itself and of each signature. findings: all of the report."""
    own = tuple(item for item in findings if item.subject == DOCUMENT)
    blocks = dict.fromkeys((Block.FC, Block.SEAL, Block.SEMANTICS), AxisResult.PASSED)
    about = [item for item in CONSTRAINTS if any(one.code in item.codes for one in own)]
    return {
        "document": [_constraint(item, blocks, own) for item in about],
        "signatures": [_signature(one) for one in signatures],
    }


def _signature(one: SignatureReport) -> JsonObject:
    return {
        "id": one.view.id,
        "indication": str(one.indication),
        "bestSignatureTime": _time(one.view.best_at),
        "controlTime": _time(one.control_at),
        "proofsOfExistence": [
            {"time": instant(item.at), "source": str(item.source), "by": item.by}
            for item in one.proofs
        ],
        "blocks": _blocks(one),
        "timestamps": [_timestamp(item) for item in one.timestamps],
    }


def _timestamp(item: TimestampReport) -> JsonObject:
    verdict = item.verdict
    return {
        "id": verdict.view.id,
        "kind": str(item.kind),
        "time": _time(item.made_at),
        "holds": item.holds,
        "indication": str(verdict.indication),
        "blocks": _blocks(verdict),
    }


def _blocks(one: SignatureReport) -> list[Json]:
    return [
        {
            "block": str(block),
            "result": str(result),
            "constraints": [
                _constraint(item, one.blocks, one.findings)
                for item in CONSTRAINTS
                if item.block is block
            ],
        }
        for block, result in one.blocks.items()
    ]


def _constraint(
    item: Constraint, blocks: dict[Block, AxisResult], findings: Sequence[Finding]
) -> JsonObject:
    """A constraint without a finding held where its block ran; PCV and VTS are their own result."""
    about = tuple(finding for finding in findings if finding.code in item.codes)
    ran = blocks.get(item.block, AxisResult.NOT_CHECKED)
    whole = not item.codes or ran is AxisResult.NOT_CHECKED
    result = ran if whole and not about else outcome(about)
    return {
        "name": item.name,
        "clause": item.clause,
        "result": str(result),
        "keys": list(dict.fromkeys(finding.code for finding in about)),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
