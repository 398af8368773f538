"""Contract templates: clauses with placeholders, and the data that fills them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sealsvc.areas.contracts.model.terms import ContractInvalid, plain_text
from sealsvc.errors import BadInput, NotFound
from sealsvc.values import Json, JsonObject

TITLE_LIMIT = 120
CLAUSES_LIMIT = 100
HEADING_LIMIT = 80
CLAUSE_LIMIT = 4000
PLACEHOLDERS_LIMIT = 100
LABEL_LIMIT = 60
VALUE_LIMIT = 500
TEXT_LIMIT = 60_000

_NAME = re.compile(r"[a-z][A-Za-z0-9]{0,39}", re.ASCII)
_SLOT = re.compile(r"\{([a-z][A-Za-z0-9]{0,39})\}", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_MONEY = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?", re.ASCII)


class TemplateNotFound(NotFound):
    """No template has this id and version, or the caller may not know of it."""

    code = "CONTRACT_TEMPLATE_NOT_FOUND"


class TemplateInvalid(BadInput):
    """The template is malformed; `field` and `reason` say where."""

    code = "CONTRACT_TEMPLATE_INVALID"


class ClauseDataInvalid(BadInput):
    """Data for a template's placeholders is missing, unknown or unfit; `field` names it."""

    code = "CONTRACT_CLAUSE_DATA_INVALID"


class ValueKind(StrEnum):
    """What may fill a placeholder. MONEY: yuan with up to two decimals. DATE: YYYY-MM-DD."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    MONEY = "MONEY"
    DATE = "DATE"


@dataclass(frozen=True)
class Placeholder:
    """A gap in the text. name: as in `{name}`; label: for people; default: None = required."""

    name: str
    label: str
    kind: ValueKind = ValueKind.TEXT
    max_length: int = VALUE_LIMIT
    default: str | None = None


@dataclass(frozen=True)
class Clause:
    """One clause; text and heading may hold `{name}`."""

    heading: str
    text: str


@dataclass(frozen=True)
class TemplateDraft:
    """What a template says."""

    title: str
    clauses: tuple[Clause, ...]
    placeholders: tuple[Placeholder, ...] = ()


@dataclass(frozen=True)
class TemplateView:
    """One version of a template, never changed. owner_uscc: None where it is everybody's."""

    template_id: str
    version: int
    owner_uscc: str | None
    draft: TemplateDraft
    created_at: datetime
    by: str
    fact_id: str = field(default="")


def validated_template(draft: TemplateDraft) -> TemplateDraft:
    """The template in canonical form; each gap is declared once and used.

    Raises: TemplateInvalid.
    """
    if not 1 <= len(draft.clauses) <= CLAUSES_LIMIT:
        raise TemplateInvalid(field="clauses", reason="COUNT")
    if len(draft.placeholders) > PLACEHOLDERS_LIMIT:
        raise TemplateInvalid(field="placeholders", reason="COUNT")
    clauses = tuple(
        Clause(
            _line("clauses", one.heading, HEADING_LIMIT), _line("clauses", one.text, CLAUSE_LIMIT)
        )
        for one in draft.clauses
    )
    if sum(len(one.text) for one in clauses) > TEXT_LIMIT:
        raise TemplateInvalid(field="clauses", reason="LENGTH")
    gaps = tuple(_placeholder(one) for one in draft.placeholders)
    names = [one.name for one in gaps]
    if len(set(names)) != len(names):
        raise TemplateInvalid(field="placeholders", reason="REPEATED")
    used = {name for one in clauses for name in _used(one.heading) | _used(one.text)}
    for name in sorted(used ^ set(names)):
        raise TemplateInvalid(field=name, reason="UNDECLARED" if name in used else "UNUSED")
    return TemplateDraft(_line("title", draft.title, TITLE_LIMIT), clauses, gaps)


def validated_data(draft: TemplateDraft, data: Mapping[str, Json]) -> dict[str, str]:
    """A value for every gap, as it will stand in the text.

    Raises: ClauseDataInvalid.
    """
    known = {one.name for one in draft.placeholders}
    for name in data:
        if name not in known:
            raise ClauseDataInvalid(field=name[:40], reason="UNKNOWN")
    return {one.name: _value(one, data.get(one.name, one.default)) for one in draft.placeholders}


def filled(draft: TemplateDraft, data: Mapping[str, str]) -> tuple[Clause, ...]:
    """The clauses with their gaps filled; a value is never looked into for further gaps."""

    def fill(text: str) -> str:
        return _SLOT.sub(lambda found: data[found.group(1)], text)

    return tuple(Clause(fill(one.heading), fill(one.text)) for one in draft.clauses)


def template_json(draft: TemplateDraft) -> JsonObject:
    """The template's stored shape."""
    gaps: list[Json] = [
        {
            "name": one.name,
            "label": one.label,
            "kind": str(one.kind),
            "maxLength": one.max_length,
            "default": one.default,
        }
        for one in draft.placeholders
    ]
    clauses: list[Json] = [{"heading": one.heading, "text": one.text} for one in draft.clauses]
    return {"title": draft.title, "clauses": clauses, "placeholders": gaps}


def _placeholder(one: Placeholder) -> Placeholder:
    if _NAME.fullmatch(one.name) is None:
        raise TemplateInvalid(field="placeholders", reason="NAME")
    if not 1 <= one.max_length <= VALUE_LIMIT:
        raise TemplateInvalid(field=one.name, reason="MAX_LENGTH")
    gap = Placeholder(
        one.name,
        _line("placeholders", one.label, LABEL_LIMIT),
        one.kind,
        one.max_length,
        one.default,
    )
    if one.default is not None:
        try:
            _value(gap, one.default)
        except ClauseDataInvalid as error:
            raise TemplateInvalid(field=one.name, reason="DEFAULT") from error
    return gap


def _used(text: str) -> set[str]:
    rest = _SLOT.sub("", text)
    if "{" in rest or "}" in rest:
        raise TemplateInvalid(field="clauses", reason="BRACES")
    return set(_SLOT.findall(text))


def _value(gap: Placeholder, given: Json) -> str:
    if given is None:
        raise ClauseDataInvalid(field=gap.name, reason="MISSING")
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ClauseDataInvalid(field=gap.name, reason="TYPE")
    text = unicodedata.normalize("NFC", str(given)[: 4 * VALUE_LIMIT]).strip()
    if not text or len(text) > gap.max_length or not text.isprintable():
        raise ClauseDataInvalid(field=gap.name, reason="LENGTH_OR_CHARACTERS")
    if gap.kind is ValueKind.INTEGER and _INTEGER.fullmatch(text) is None:
        raise ClauseDataInvalid(field=gap.name, reason="NOT_INTEGER")
    if gap.kind is ValueKind.MONEY and _MONEY.fullmatch(text) is None:
        raise ClauseDataInvalid(field=gap.name, reason="NOT_MONEY")
    return _day(gap, text) if gap.kind is ValueKind.DATE else text


def _day(gap: Placeholder, text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ClauseDataInvalid(field=gap.name, reason="NOT_DATE") from error
    return f"{day.year}年{day.month}月{day.day}日"


def _line(name: str, text: str, limit: int) -> str:
    try:
        return plain_text(name, text, limit)
    except ContractInvalid as error:
        raise TemplateInvalid(**error.fields) from error
