"""Rules that hang on a seal's type and code: what it may seal, its number, how many there may be.

The tables are the JSON files in `data/`, each row with its source and confidence.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from sealsvc.areas.entities.model import Region, Severity, canonicalise, find_region
from sealsvc.errors import BadInput, Conflict
from sealsvc.values import DocumentRole, SealMedium, SealStatus, SealType

# Seals in these states take one of an entity's places: in use, or on the way to it.
OCCUPYING: frozenset[SealStatus] = frozenset(
    {SealStatus.APPLIED, SealStatus.APPROVED, SealStatus.ACTIVE, SealStatus.SUSPENDED}
)
_INPUT_LIMIT = 64
_CODE_LENGTHS = (13, 14)


class SealCodeInvalid(BadInput):
    """A seal code was given that cannot be one; `issues` names what is wrong with it."""

    code = "SEAL_CODE_INVALID"


class SealCodeTaken(Conflict):
    """Another seal of the registry bears the code already."""

    code = "SEAL_CODE_TAKEN"


class SealLimitReached(Conflict):
    """The entity has as many seals of this type and medium as the rules allow."""

    code = "SEAL_LIMIT_REACHED"


@cache
def types_for_role(role: DocumentRole) -> frozenset[SealType]:
    """The types of seal that may stand on a document of this role.

    Refused when sealing, a warning when verifying. Source: china-domain section 11, rule R06.
    """
    names = _load("type_roles")["roles"][str(role)]["types"]
    return frozenset(SealType(name) for name in names)


class SealCodeIssueCode(StrEnum):
    """What can be wrong with a seal code."""

    FORMAT = "FORMAT"
    SCHEME = "SCHEME"
    REGION_UNKNOWN = "REGION_UNKNOWN"


@dataclass(frozen=True)
class SealCodeIssue:
    """One thing wrong with a seal code."""

    code: SealCodeIssueCode
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class SealCodeScheme:
    """How one issuing region writes seal codes.

    prefix: leading digits of the region, empty for everywhere; lengths: 13, 14 or both.
    """

    prefix: str
    lengths: frozenset[int]
    source: str
    confidence: str


class SealCodeStatus(StrEnum):
    """The verdict on a seal code's form; says nothing about whether the seal exists."""

    VALID = "valid"
    INVALID = "invalid"


@dataclass(frozen=True)
class SealCodeResult:
    """What is known about a seal code.

    code: canonical form. serial: the digits after the region, None where the format is wrong.
    """

    code: str
    issues: tuple[SealCodeIssue, ...]
    region: Region | None = None
    serial: str | None = None
    scheme: SealCodeScheme | None = None

    @property
    def status(self) -> SealCodeStatus:
        """INVALID as soon as one issue is an error."""
        wrong = any(issue.severity is Severity.ERROR for issue in self.issues)
        return SealCodeStatus.INVALID if wrong else SealCodeStatus.VALID


@cache
def default_schemes() -> tuple[SealCodeScheme, ...]:
    """The shipped schemes: 13 or 14 digits everywhere."""
    return tuple(
        SealCodeScheme(row["prefix"], frozenset(row["lengths"]), row["source"], row["confidence"])
        for row in _load("seal_codes")["schemes"]
    )


def check_seal_code(text: str, schemes: Sequence[SealCodeScheme] | None = None) -> SealCodeResult:
    """Judge a seal code in any spelling; the scheme with the longest matching prefix applies.

    schemes: None means the shipped ones; with none that matches only the format is judged.
    Source: china-domain section 2.1.
    """
    code = canonicalise(text[:_INPUT_LIMIT])
    digits = code.isascii() and code.isdigit()
    if len(text) > _INPUT_LIMIT or len(code) not in _CODE_LENGTHS or not digits:
        return SealCodeResult(code, (SealCodeIssue(SealCodeIssueCode.FORMAT),))
    issues: list[SealCodeIssue] = []
    scheme = _scheme_for(code, default_schemes() if schemes is None else schemes)
    if scheme is not None and len(code) not in scheme.lengths:
        issues.append(SealCodeIssue(SealCodeIssueCode.SCHEME))
    region = find_region(code[:6])
    if region is None:
        issues.append(SealCodeIssue(SealCodeIssueCode.REGION_UNKNOWN, Severity.WARNING))
    return SealCodeResult(code, tuple(issues), region, code[6:], scheme)


def require_seal_code(text: str, schemes: Sequence[SealCodeScheme] | None = None) -> SealCodeResult:
    """The result for a seal code that passes.

    Raises: SealCodeInvalid.
    """
    result = check_seal_code(text, schemes)
    if result.status is SealCodeStatus.INVALID:
        raise SealCodeInvalid(issues=",".join(issue.code for issue in result.issues))
    return result


@dataclass(frozen=True)
class UniquenessRule:
    """How many seals of a type an entity may have in use or pending, each medium by itself."""

    seal_type: SealType
    medium: SealMedium
    max_active_per_entity: int
    source: str = ""
    confidence: str = ""


@cache
def default_uniqueness() -> tuple[UniquenessRule, ...]:
    """The shipped rules (china-domain section 2.2)."""
    return tuple(
        UniquenessRule(
            seal_type=SealType(row["type"]),
            medium=SealMedium(row["medium"]),
            max_active_per_entity=row["max"],
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in _load("uniqueness")["rules"]
    )


def require_room(
    rules: Sequence[UniquenessRule], seal_type: SealType, medium: SealMedium, occupied: int
) -> None:
    """Let an application pass while the entity has room for one more seal of this kind.

    occupied: the entity's seals of this type and medium in an OCCUPYING state, the one that is
    to be replaced not counted.
    Raises: SealLimitReached.
    """
    for rule in rules:
        same = rule.seal_type is seal_type and rule.medium is medium
        if same and occupied >= rule.max_active_per_entity:
            raise SealLimitReached(
                type=str(seal_type), medium=str(medium), limit=rule.max_active_per_entity
            )


def _scheme_for(code: str, schemes: Sequence[SealCodeScheme]) -> SealCodeScheme | None:
    matching = [scheme for scheme in schemes if code.startswith(scheme.prefix)]
    return max(matching, key=lambda scheme: len(scheme.prefix), default=None)


def _load(name: str) -> Any:
    file = resources.files(__package__).joinpath("data", f"{name}.json")
    return json.loads(file.read_text(encoding="utf-8"))
