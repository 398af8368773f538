"""One thing noticed, its weight, and where it counts."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sealsvc.verify.indications import AxisResult, Block, Severity, SubIndication
from sealsvc.verify.messages import CATALOGUE, Axis, Weight, change_words

DOCUMENT = "document"
AXES = tuple(Axis)  # to walk an enumeration itself costs more than most checks


_SEVERITY = {
    Weight.FAILS: Severity.ERROR,
    Weight.DOUBT: Severity.WARNING,
    Weight.NOTICE: Severity.WARNING,
    Weight.INFO: Severity.INFO,
    Weight.SKIPPED: Severity.INFO,
    Weight.OMITTED: Severity.INFO,
}


@dataclass(frozen=True)
class Finding:
    """One finding. subject: a signature's id or `document`; params fill the message's gaps.

    evidence: names of what proves it (fact ids, certificate serials).
    """

    code: str
    weight: Weight
    subject: str
    params: tuple[tuple[str, str], ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """ERROR, WARNING or INFO, as reports show it."""
        return _SEVERITY[self.weight]

    @property
    def block(self) -> Block:
        """The building block that noticed it."""
        return CATALOGUE[self.code].block

    @property
    def axis(self) -> Axis:
        """The axis it counts for."""
        return CATALOGUE[self.code].axis

    @property
    def clause(self) -> str:
        """The clause of the standard or rule it rests on."""
        return CATALOGUE[self.code].clause

    @property
    def sub_indication(self) -> SubIndication | None:
        """What it means in the closed list of EN 319 102-1, if it means anything there.

        A warning that a policy makes a doubt is an attribute against a constraint of that policy.
        """
        said = CATALOGUE[self.code].sub_indication
        weighs = self.weight in (Weight.FAILS, Weight.DOUBT)
        if said is None and weighs and self.axis in (Axis.INTEGRITY, Axis.TRUST):
            return SubIndication.SIG_CONSTRAINTS_FAILURE
        return said

    def message(self, lang: str = "zh") -> str:
        """The sentence for a person. lang: `zh` or `en`."""
        entry, gaps = CATALOGUE[self.code], dict(self.params)
        if "change" in gaps:
            gaps["change"] = change_words(gaps["change"], lang)
        return (entry.zh if lang == "zh" else entry.en).format(**gaps)


def noticed(
    code: str,
    subject: str,
    *,
    weight: Weight | None = None,
    evidence: tuple[str, ...] = (),
    **params: object,
) -> Finding:
    """A finding of the catalogue, with its usual weight unless another is given."""
    return Finding(
        code=code,
        weight=weight or CATALOGUE[code].weight,
        subject=subject,
        params=tuple((key, str(value)) for key, value in sorted(params.items())) if params else (),
        evidence=evidence,
    )


def outcome(findings: Iterable[Finding]) -> AxisResult:
    """The worst that findings say of one question; PASSED when none speaks against it."""
    return _worst({finding.weight for finding in findings})


def outcomes(findings: Iterable[Finding]) -> dict[Axis, AxisResult]:
    """The outcome of each axis, of the findings that count for it."""
    said: dict[Axis, set[Weight]] = {}
    for finding in findings:
        said.setdefault(finding.axis, set()).add(finding.weight)
    axes = dict.fromkeys(AXES, AxisResult.PASSED)
    for axis, weights in said.items():
        axes[axis] = _worst(weights)
    return axes


def _worst(weights: Collection[Weight]) -> AxisResult:
    if Weight.FAILS in weights:
        return AxisResult.FAILED
    if Weight.DOUBT in weights:
        return AxisResult.INDETERMINATE
    if Weight.SKIPPED in weights:
        return AxisResult.NOT_CHECKED
    return AxisResult.PASSED
