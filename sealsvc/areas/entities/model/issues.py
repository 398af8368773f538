"""What can be wrong with a code: one frozen value for credit codes and legacy numbers alike."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Literal

from sealsvc.areas.entities.model.code_tables import load_table

Language = Literal["zh", "en"]


class Severity(StrEnum):
    """An ERROR makes the code invalid; a WARNING is shown and changes nothing."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class IssueCode(StrEnum):
    """Stable names of what is wrong with a code (china-domain 1.4)."""

    LENGTH = "LENGTH"
    ALPHABET = "ALPHABET"
    DEPT_UNKNOWN = "DEPT_UNKNOWN"
    CATEGORY_UNKNOWN = "CATEGORY_UNKNOWN"
    REGION_NOT_DIGITS = "REGION_NOT_DIGITS"
    REGION_UNKNOWN = "REGION_UNKNOWN"
    ORG_CHECK = "ORG_CHECK"
    CHECK = "CHECK"


@dataclass(frozen=True)
class CodeIssue:
    """One thing wrong with a code.

    positions: 1-based, empty where the whole code is meant. hint: what a reader may have meant,
    such as `5:O>0`; never applied by us.
    """

    code: IssueCode
    severity: Severity = Severity.ERROR
    positions: tuple[int, ...] = ()
    hint: str | None = None

    @property
    def message_key(self) -> str:
        """Key of the message table, the same for every language."""
        return f"code.{self.code}"

    def message(self, language: Language = "en") -> str:
        """The message for a reader."""
        return _messages()[self.message_key][language]


@cache
def _messages() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = load_table("messages")
    return table
