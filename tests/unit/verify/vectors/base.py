"""What vectors are made of.

`subs` is the exact set of sub-indications; `codes` must all be among the findings.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from sealsvc.documents.values import (
    Change,
    ChangeClass,
    Coverage,
    ReadingProblem,
)
from tests.builders.evidence import (
    YEAR,
    EvidenceBuilder,
    leaf_revoked,
)
from tests.builders.x509 import AT as T0

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
AFTER_END = T0 + 3 * YEAR + 10 * DAY
REVOKED_LATER = leaf_revoked(T0 + 30 * MINUTE, T0 + 40 * MINUTE)
REVOKED_BEFORE = leaf_revoked(T0 + 5 * MINUTE, T0 + 40 * MINUTE)
LOST_BEFORE = leaf_revoked(T0 + 30 * MINUTE, T0 + 40 * MINUTE, lost_at=T0 + 5 * MINUTE)
PICTURE_OTHER = "00" * 32


@dataclass(frozen=True)
class Vector:
    """One case. axes: only those that matter, by first letters I, T, A, S."""

    id: str
    clause: str
    given: EvidenceBuilder
    summary: str
    indication: str
    subs: frozenset[str] = frozenset()
    codes: tuple[str, ...] = ()
    axes: dict[str, str] = field(default_factory=dict)


def v(
    name: str,
    clause: str,
    given: EvidenceBuilder,
    verdict: str,
    codes: str = "",
    axes: str = "",
) -> Vector:
    """verdict: `SUMMARY INDICATION SUB…`; axes: `I=PASSED T=FAILED A=… S=…`."""
    summary, indication, *subs = verdict.split()
    pairs = dict(item.split("=") for item in axes.split())
    return Vector(
        name, clause, given, summary, indication, frozenset(subs), tuple(codes.split()), pairs
    )


def problem(code: str, detail: str = "") -> tuple[ReadingProblem, ...]:
    return (ReadingProblem(code, detail),)


def after(*kinds: ChangeClass) -> dict[str, object]:
    """Members of a reading after whose signature revisions of these kinds follow."""
    return {
        "coverage": Coverage.REVISION,
        "changes_after": tuple(Change(kind, 3 + i, "") for i, kind in enumerate(kinds)),
        "worst_change": kinds[-1],
    }


OK = "TRUSTED TOTAL_PASSED"
FAIL = "INVALID TOTAL_FAILED"
DOUBT = "INDETERMINATE INDETERMINATE"
INTACT = "INTACT INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND"
