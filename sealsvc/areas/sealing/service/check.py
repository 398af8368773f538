"""The self-check: the sealed file must convince a verifier before anybody gets it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing.model import (
    SealingIntentClosed,
    SealingSelfCheckFailed,
    SealingView,
    for_use,
    may_use,
)
from sealsvc.areas.sealing.oneshot import Examined
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealView
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.gathering import Terms
from sealsvc.areas.verification.reading import DocumentRead
from sealsvc.values import Declaration, Principal
from sealsvc.verify.evidence import LogProof
from sealsvc.verify.indications import AxisResult, Indication
from sealsvc.verify.messages import Axis
from sealsvc.verify.report import Report, SignatureReport

# What our own sealing must achieve; the business meaning is the sealer's affair.
MUST_PASS = (Axis.INTEGRITY, Axis.TRUST, Axis.SEAL_AUTHORITY)

_BEST_FIRST = (Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED)
_AXIS_BEST_FIRST = (
    AxisResult.PASSED,
    AxisResult.NOT_CHECKED,
    AxisResult.INDETERMINATE,
    AxisResult.FAILED,
)


@dataclass(frozen=True)
class Expected:
    """What the sealed file must show. before: the verdict on the document as it came, None where
    it had no signatures.
    """

    use: SealingView
    declaration: Declaration
    signature_sha256: str
    before: Report | None


def require_sound(deps: Deps, document: DocumentRead, expected: Expected) -> None:
    """Let pass a sealed file whose new signature is beyond doubt and whose earlier ones stand.

    Raises: SealingSelfCheckFailed. Source: CONTRACT section 3.
    """
    wanted = expected.signature_sha256
    read = [one for one in document.reading.signatures if one.signature_sha256 == wanted]
    if len(read) != 1:
        raise SealingSelfCheckFailed(reason="SIGNATURE_NOT_FOUND")
    proof = foretold(expected.use, deps.clock.now())
    terms = Terms(foretold={expected.signature_sha256: (proof, expected.declaration)})
    report = verification.judge_document(deps, document, terms)
    after = {one.view.id: one for one in report.signatures}
    new = after[read[0].id]
    _require_passed(new.axes, (item.code for item in new.findings))
    for earlier in expected.before.signatures if expected.before else ():
        _require_no_worse(earlier, after.get(earlier.view.id))


def foretold(use: SealingView, at: datetime) -> LogProof:
    """What the log will say of a completion that it does not know yet, as tx 2 will write it.

    at: now; the signature was made between the logged intent and then.
    """
    return LogProof(use.authorised_fact_id, at, not_before_at=use.created_at, index=None)


def require_examined(examined: Examined) -> None:
    """The same of a file without earlier signatures. Raises: SealingSelfCheckFailed."""
    if examined.fault is not None:
        raise SealingSelfCheckFailed(reason=examined.fault)
    _require_passed(examined.axes, examined.codes)


def blame_change(deps: Deps, principal: Principal, seen: SealView) -> None:
    """A seal that was changed while it was used fails the check too; that is no fault of ours.

    Raises: SealingIntentClosed, what `may_use` raises.
    """
    present = seals.get(deps, seen.seal_id)
    may_use(for_use(present), principal, None, deps.clock.now())
    if present.version != seen.version:
        raise SealingIntentClosed(reason="SEAL_CHANGED")


def _require_passed(axes: Mapping[Axis, AxisResult], codes: Iterable[str]) -> None:
    failed = [str(axis) for axis in MUST_PASS if axes[axis] is not AxisResult.PASSED]
    if failed:
        raise SealingSelfCheckFailed(axes=",".join(failed), reasons=",".join(codes)[:500])


def _require_no_worse(before: SignatureReport, after: SignatureReport | None) -> None:
    if after is None:
        raise SealingSelfCheckFailed(reason="EARLIER_SIGNATURE_LOST", signature=before.view.id)
    ranks = [_BEST_FIRST.index(one.indication) for one in (before, after)]
    axes = [_AXIS_BEST_FIRST.index(one.axes[Axis.INTEGRITY]) for one in (before, after)]
    if ranks[1] > ranks[0] or axes[1] > axes[0]:
        raise SealingSelfCheckFailed(reason="EARLIER_SIGNATURE_WORSE", signature=before.view.id)
