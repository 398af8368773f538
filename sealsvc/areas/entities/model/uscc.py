"""Unified social credit codes: canonical form and check (GB 32100-2015)."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from stdnum.cn.uscc import calc_check_digit

from sealsvc.areas.entities.model.code_tables import (
    Category,
    Department,
    departments,
    grandfathered,
)
from sealsvc.areas.entities.model.issues import CodeIssue, IssueCode, Severity
from sealsvc.areas.entities.model.regions import Region, find_region
from sealsvc.errors import BadInput

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_LENGTH = 18

# Nobody types more blanks than this into a code; the rest is refused before it is normalised.
_INPUT_LIMIT = 64
_HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_ASCII_UPPER = {lower: lower - 32 for lower in range(ord("a"), ord("z") + 1)}
_LOOKALIKES = {"O": "0", "I": "1", "S": "5", "Z": "2", "V": "U"}
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class UsccStatus(StrEnum):
    """The verdict on a code; says nothing about whether its holder exists."""

    VALID = "valid"
    VALID_GRANDFATHERED = "valid_grandfathered"
    INVALID = "invalid"


@dataclass(frozen=True)
class UsccPolicy:
    """How strictly codes are judged.

    strict_org_check: a wrong check at position 17 is an error, not a warning.
    grandfathered: codes let through although position 18 is wrong; None means the shipped list.
    """

    strict_org_check: bool = False
    grandfathered: frozenset[str] | None = None

    def check_severity(self, code: str) -> Severity:
        """How a wrong check character of this code counts: a warning where it is listed."""
        listed = grandfathered() if self.grandfathered is None else self.grandfathered
        return Severity.WARNING if code in listed else Severity.ERROR


DEFAULT_POLICY = UsccPolicy()


@dataclass(frozen=True)
class UsccResult:
    """What is known about a code.

    code: canonical form. org_code: positions 9-17, None where the length is wrong.
    check_expected: the right character of position 18, None where it cannot be computed.
    """

    code: str
    status: UsccStatus
    issues: tuple[CodeIssue, ...]
    department: Department | None = None
    category: Category | None = None
    region: Region | None = None
    org_code: str | None = None
    check_expected: str | None = None


class UsccInvalid(BadInput):
    """A credit code was given that cannot be one; `issues` names what is wrong with it."""

    code = "USCC_INVALID"


def canonicalise(text: str) -> str:
    """Half-width, upper case, without blanks and hyphens; no look-alike is replaced.

    Only ASCII letters are raised: Unicode's own upper case turns other characters into letters.
    Source: china-domain 1.1.
    """
    narrow = unicodedata.normalize("NFKC", text)
    kept = (char for char in narrow if not char.isspace() and char not in _HYPHENS)
    return "".join(kept).translate(_ASCII_UPPER)


def org_check_character(first8: str) -> str:
    """The check character of an organisation code; first8: eight of 0-9 and A-Z.

    Letters count 10 to 35 here, unlike in the check of position 18.
    Source: GB 11714-1997; china-domain 1.2.
    """
    total = sum(int(char, 36) * weight for char, weight in zip(first8, _ORG_WEIGHTS, strict=True))
    remainder = (11 - total % 11) % 11
    return "X" if remainder == 10 else str(remainder)


def check_uscc(text: str, *, policy: UsccPolicy = DEFAULT_POLICY) -> UsccResult:
    """Judge a credit code in any spelling; every issue is reported, not only the first.

    Source: GB 32100-2015; china-domain 1.1-1.4.
    """
    code = canonicalise(text[:_INPUT_LIMIT])
    if len(text) > _INPUT_LIMIT or len(code) != USCC_LENGTH:
        issues = (CodeIssue(IssueCode.LENGTH), *_alphabet_issues(code))
        return UsccResult(code=code, status=UsccStatus.INVALID, issues=issues)
    return _judged(code, policy)


@lru_cache(maxsize=4096)
def _judged(code: str, policy: UsccPolicy) -> UsccResult:
    """Of a canonical code of the right length; the same few are asked for all day."""
    department = departments().get(code[0])
    category = department.category(code[1]) if department else None
    region = find_region(code[2:8])
    expected = calc_check_digit(code[:17]) if _in_alphabet(code[:17]) else None
    found = (
        *_alphabet_issues(code),
        *_registrar_issues(department, category),
        *_region_issues(code[2:8], region),
        *_org_issues(code[8:17], policy),
        *_check_issues(code, expected, policy),
    )
    return UsccResult(
        code=code,
        status=_status(found),
        issues=found,
        department=department,
        category=category,
        region=region,
        org_code=code[8:17],
        check_expected=expected,
    )


def require_uscc(text: str, *, policy: UsccPolicy = DEFAULT_POLICY) -> UsccResult:
    """The result for a code that passes.

    Raises: UsccInvalid.
    """
    result = check_uscc(text, policy=policy)
    if result.status is UsccStatus.INVALID:
        errors = [issue for issue in result.issues if issue.severity is Severity.ERROR]
        hint = next((issue.hint for issue in errors if issue.hint), None)
        raise UsccInvalid(issues=",".join(issue.code for issue in errors), hint=hint)
    return result


def public_uscc(code: str) -> str | None:
    """The code where it may stand in clear in the log: a legal person's. None otherwise.

    A code we cannot place counts as a natural person's, because publishing cannot be undone.
    Source: CONTRACT section 4.
    """
    if len(code) != USCC_LENGTH or not _in_alphabet(code):
        return None
    department = departments().get(code[0])
    category = department.category(code[1]) if department else None
    return None if category is None or category.natural_person else code


def _in_alphabet(text: str) -> bool:
    return all(char in ALPHABET for char in text)


def _alphabet_issues(code: str) -> Iterator[CodeIssue]:
    wrong = [(place, char) for place, char in enumerate(code, 1) if char not in ALPHABET]
    if not wrong:
        return
    hints = [f"{place}:{char}>{_LOOKALIKES[char]}" for place, char in wrong if char in _LOOKALIKES]
    yield CodeIssue(
        IssueCode.ALPHABET,
        positions=tuple(place for place, _ in wrong),
        hint=",".join(hints) or None,
    )


def _registrar_issues(
    department: Department | None, category: Category | None
) -> Iterator[CodeIssue]:
    if department is None:
        yield CodeIssue(IssueCode.DEPT_UNKNOWN, positions=(1,))
    elif category is None:
        yield CodeIssue(IssueCode.CATEGORY_UNKNOWN, positions=(2,))


def _region_issues(digits: str, region: Region | None) -> Iterator[CodeIssue]:
    if not (digits.isascii() and digits.isdigit()):
        wrong = (place for place, char in enumerate(digits, 3) if char not in "0123456789")
        yield CodeIssue(IssueCode.REGION_NOT_DIGITS, positions=tuple(wrong))
    elif region is None:
        yield CodeIssue(IssueCode.REGION_UNKNOWN, Severity.WARNING, positions=(3, 4, 5, 6, 7, 8))


def _org_issues(org_code: str, policy: UsccPolicy) -> Iterator[CodeIssue]:
    if not _in_alphabet(org_code[:8]) or org_code[8] == org_check_character(org_code[:8]):
        return
    severity = Severity.ERROR if policy.strict_org_check else Severity.WARNING
    yield CodeIssue(IssueCode.ORG_CHECK, severity, positions=(17,))


def _check_issues(code: str, expected: str | None, policy: UsccPolicy) -> Iterator[CodeIssue]:
    if expected is None or code[17] == expected:
        return
    yield CodeIssue(IssueCode.CHECK, policy.check_severity(code), positions=(18,))


def _status(issues: tuple[CodeIssue, ...]) -> UsccStatus:
    if any(issue.severity is Severity.ERROR for issue in issues):
        return UsccStatus.INVALID
    # A wrong check that is no error was excused by the allow-list.
    if any(issue.code is IssueCode.CHECK for issue in issues):
        return UsccStatus.VALID_GRANDFATHERED
    return UsccStatus.VALID
