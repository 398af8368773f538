"""Numbers from before the credit code that still stand on old papers (china-domain 1.5)."""

from dataclasses import dataclass
from enum import StrEnum

from sealsvc.areas.entities.model.issues import CodeIssue, IssueCode, Severity
from sealsvc.areas.entities.model.regions import find_region
from sealsvc.areas.entities.model.uscc import canonicalise, org_check_character

_DIGITS = frozenset("0123456789")
_BASE36 = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_INPUT_LIMIT = 64


class LegacyKind(StrEnum):
    """Which old number it is."""

    ORGANIZATION_CODE = "ORGANIZATION_CODE"
    REGISTRATION_NO = "REGISTRATION_NO"
    TAX_ID_15 = "TAX_ID_15"


class Registrant(StrEnum):
    """Whom a registration number belongs to, from its seventh digit (GS 15-2006)."""

    DOMESTIC = "DOMESTIC"
    FOREIGN = "FOREIGN"
    INDIVIDUAL = "INDIVIDUAL"


class LegacyStatus(StrEnum):
    """The verdict on an old number."""

    VALID = "valid"
    INVALID = "invalid"


@dataclass(frozen=True)
class LegacyResult:
    """What is known about an old number.

    number: canonical form. check_expected: None where it cannot be computed.
    registrant: of registration numbers only.
    """

    kind: LegacyKind
    number: str
    issues: tuple[CodeIssue, ...]
    check_expected: str | None = None
    registrant: Registrant | None = None

    @property
    def status(self) -> LegacyStatus:
        """INVALID as soon as one issue is an error."""
        wrong = any(issue.severity is Severity.ERROR for issue in self.issues)
        return LegacyStatus.INVALID if wrong else LegacyStatus.VALID


def mod11_10_check(digits: str) -> str:
    """The check digit of ISO 7064 MOD 11,10 over ASCII digits.

    Source: ISO 7064 hybrid system MOD 11,10; GS 15-2006.
    """
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10
        product = (total or 10) * 2 % 11
    return str((11 - product) % 10)


def check_organization_code(text: str) -> LegacyResult:
    """Judge a 9-character organisation code, with or without its hyphen.

    Source: GB 11714-1997; china-domain 1.5.
    """
    number = canonicalise(text[:_INPUT_LIMIT])
    shape = _shape_issues(text, number, 9, digits=0)
    if shape:
        return LegacyResult(LegacyKind.ORGANIZATION_CODE, number, shape)
    expected = org_check_character(number[:8])
    return LegacyResult(
        LegacyKind.ORGANIZATION_CODE,
        number,
        _check_issue(IssueCode.ORG_CHECK, number, expected),
        expected,
    )


def check_registration_no(text: str) -> LegacyResult:
    """Judge a 15-digit business registration number.

    Source: GS 15-2006; china-domain 1.5.
    """
    number = canonicalise(text[:_INPUT_LIMIT])
    shape = _shape_issues(text, number, 15, digits=15)
    if shape:
        return LegacyResult(LegacyKind.REGISTRATION_NO, number, shape)
    expected = mod11_10_check(number[:14])
    issues = (*_region_issue(number), *_check_issue(IssueCode.CHECK, number, expected))
    return LegacyResult(
        LegacyKind.REGISTRATION_NO, number, issues, expected, _registrant(number[6])
    )


def check_tax_id_15(text: str) -> LegacyResult:
    """Judge an old tax id: six digits of region and an organisation code.

    Source: china-domain 1.5.
    """
    number = canonicalise(text[:_INPUT_LIMIT])
    shape = _shape_issues(text, number, 15, digits=6)
    if shape:
        return LegacyResult(LegacyKind.TAX_ID_15, number, shape)
    expected = org_check_character(number[6:14])
    issues = (*_region_issue(number), *_check_issue(IssueCode.ORG_CHECK, number, expected))
    return LegacyResult(LegacyKind.TAX_ID_15, number, issues, expected)


def _shape_issues(text: str, number: str, length: int, *, digits: int) -> tuple[CodeIssue, ...]:
    """Length and characters; the first `digits` places must be digits."""
    if len(text) > _INPUT_LIMIT or len(number) != length:
        return (CodeIssue(IssueCode.LENGTH),)
    wrong = tuple(
        place
        for place, char in enumerate(number, 1)
        if char not in (_DIGITS if place <= digits else _BASE36)
    )
    return (CodeIssue(IssueCode.ALPHABET, positions=wrong),) if wrong else ()


def _region_issue(number: str) -> tuple[CodeIssue, ...]:
    if find_region(number[:6]) is not None:
        return ()
    return (CodeIssue(IssueCode.REGION_UNKNOWN, Severity.WARNING, positions=(1, 2, 3, 4, 5, 6)),)


def _check_issue(code: IssueCode, number: str, expected: str) -> tuple[CodeIssue, ...]:
    return () if number[-1] == expected else (CodeIssue(code, positions=(len(number),)),)


def _registrant(digit: str) -> Registrant:
    if digit in "0123":
        return Registrant.DOMESTIC
    return Registrant.FOREIGN if digit in "45" else Registrant.INDIVIDUAL
