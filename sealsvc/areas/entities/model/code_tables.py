"""The tables behind credit codes, loaded from the JSON files beside this module.

They are data, not code, because the standard is amended and each row says where it comes from.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Category:
    """An organisation category: position 2 of a credit code, in the light of position 1.

    natural_person: the holder is a person in law, so that the code is personal data.
    """

    code: str
    name_zh: str
    name_en: str
    natural_person: bool = False


@dataclass(frozen=True)
class Department:
    """A registering department: position 1 of a credit code, with its categories."""

    code: str
    name_zh: str
    name_en: str
    source: str
    confidence: str
    categories: tuple[Category, ...]

    def category(self, code: str) -> Category | None:
        """The category with this code, None where the department has none such."""
        return next((found for found in self.categories if found.code == code), None)


@dataclass(frozen=True)
class Grandfathered:
    """One genuine code that fails its check, with the record of who let it in.

    approved_by: None while the row stands on its `basis` alone.
    """

    code: str
    source: str
    confidence: str
    basis: str
    recorded_on: str
    approved_by: str | None


def load_table(name: str) -> Any:
    """The parsed JSON file `data/<name>.json` of this package."""
    file = resources.files(__package__).joinpath("data", f"{name}.json")
    return json.loads(file.read_text(encoding="utf-8"))


@cache
def departments() -> dict[str, Department]:
    """Every registering department by its code.

    Source: GB 32100-2015 tables of departments and categories, with amendments (china-domain 1.3).
    """
    rows = load_table("departments")["departments"]
    return {row["code"]: _department(row) for row in rows}


def _department(row: dict[str, Any]) -> Department:
    categories = tuple(
        Category(each["code"], each["zh"], each["en"], each.get("naturalPerson", False))
        for each in row["categories"]
    )
    return Department(
        code=row["code"],
        name_zh=row["zh"],
        name_en=row["en"],
        source=row["source"],
        confidence=row["confidence"],
        categories=categories,
    )


@cache
def grandfathered() -> dict[str, Grandfathered]:
    """The allow-list of genuine codes that fail the check, by code (china-domain 1.4)."""
    return {
        row["code"]: Grandfathered(
            code=row["code"],
            source=row["source"],
            confidence=row["confidence"],
            basis=row["approval"]["basis"],
            recorded_on=row["approval"]["recordedOn"],
            approved_by=row["approval"]["approvedBy"],
        )
        for row in load_table("grandfathered")["entries"]
    }
