"""The questions of EN 319 102-1 that are asked of every signature, time-stamps included."""

from collections.abc import Callable

from sealsvc.verify.case import Case
from sealsvc.verify.checks import algorithms, chain, format, integrity, revocation, time
from sealsvc.verify.findings import Finding

# In the order of clause 5.3; all are asked, whatever one answers.
QUESTIONS: tuple[Callable[[Case], tuple[Finding, ...]], ...] = (
    format.check,
    chain.check,
    revocation.check,
    integrity.check,
    time.check,
    algorithms.check,
)


def findings(case: Case) -> tuple[Finding, ...]:
    """All that the questions of the standard find, each thing once."""
    found: list[Finding] = []
    for check in QUESTIONS:
        found += check(case)
    return tuple(dict.fromkeys(found))
