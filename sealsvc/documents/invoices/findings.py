"""What a check of an invoice finds: the value, the severities and how a check is recorded."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

MAX_FINDINGS = 200


class Severity(StrEnum):
    """ERROR breaks a rule of the standard; WARNING a practice; NOTICE only informs."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    NOTICE = "NOTICE"


@dataclass(frozen=True)
class ArithmeticFinding:
    """One broken rule. rule: its name in the standard; where: a dotted field, lines 1-based.

    expected, found: plain decimals without exponent, empty where there is none.
    """

    code: str
    rule: str
    where: str
    expected: str
    found: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class ArithmeticReport:
    """findings; checked: rules that could be checked; skipped: those that lacked an amount.

    No findings with nothing checked is no proof: `is_consistent` needs at least one rule.
    """

    findings: tuple[ArithmeticFinding, ...]
    checked: tuple[str, ...]
    skipped: tuple[str, ...]

    @property
    def errors(self) -> tuple[ArithmeticFinding, ...]:
        """The findings that break a rule."""
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)

    @property
    def is_consistent(self) -> bool:
        """Whether something was checked and no rule is broken."""
        return bool(self.checked) and not self.errors


@dataclass
class Tally:
    """Collects the outcome of comparisons while a checker runs."""

    findings: list[ArithmeticFinding] = field(default_factory=list)
    checked: dict[str, None] = field(default_factory=dict)
    skipped: dict[str, None] = field(default_factory=dict)

    def equal(
        self,
        rule: str,
        code: str,
        where: str,
        values: tuple[Decimal | None, Decimal | None],
        slack: Decimal = Decimal(0),
    ) -> None:
        """Compare values (expected, found); a difference above the slack breaks the rule."""
        expected, found = values
        if expected is None or found is None:
            self.skipped[rule] = None
            return
        self.checked[rule] = None
        if abs(expected - found) > slack:
            self.add(code, rule, where, (expected, found))

    def add(
        self,
        code: str,
        rule: str,
        where: str,
        values: tuple[Decimal | None, Decimal | None],
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Note a finding. values: expected, found."""
        if len(self.findings) < MAX_FINDINGS:
            expected, found = (plain(value) for value in values)
            self.findings.append(ArithmeticFinding(code, rule, where, expected, found, severity))

    def report(self) -> ArithmeticReport:
        """What was found; a rule checked somewhere and skipped elsewhere stands in both."""
        return ArithmeticReport(tuple(self.findings), tuple(self.checked), tuple(self.skipped))


def plain(value: Decimal | None) -> str:
    """Digits without exponent; empty for None."""
    return "" if value is None else format(value, "f")
