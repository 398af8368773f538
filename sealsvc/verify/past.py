"""Past validation: how far back the validation time must slide for all conditions to hold.

Source: EN 319 102-1 clauses 5.6.2.1 (PCV), 5.6.2.2 (VTS) and 5.6.2.4 (PSV).
"""

from datetime import datetime

from sealsvc.verify.case import Case, PathResult, Status
from sealsvc.verify.checks import algorithms
from sealsvc.verify.indications import AxisResult, Block


def control_time(case: Case) -> datetime | None:
    """The latest instant at which no certificate had ended or been revoked and no algorithm too.

    None where the past is not asked: nothing has ended, no proof of the signing time, or no path.
    """
    now = case.evidence.validation_time
    if not case.time.proven or case.chain.result is not PathResult.VALID:
        return None
    ends = [now, *algorithms.sunsets(case)]
    for link in case.chain.links:
        if not link.trusted:
            ends.append(link.certificate.not_after)
            revoked = link.revocation.revoked_at
            if link.revocation.status is Status.REVOKED and revoked is not None:
                ends.append(revoked)
    control = min(ends)
    return None if control == now else control


def past_blocks(case: Case) -> dict[Block, AxisResult]:
    """Results of PCV and VTS; empty where they did not run.

    VTS has found an instant; PCV holds when the signature is proven to be no younger than that.
    """
    control = control_time(case)
    if control is None:
        return {}
    held = case.latest_at <= control
    return {
        Block.PCV: AxisResult.PASSED if held else AxisResult.INDETERMINATE,
        Block.VTS: AxisResult.PASSED,
    }
