"""HTTP shapes of contract templates."""

from typing import Any

from pydantic import Field

from api.schemas.common import RequestModel, ResponseModel, UtcTime
from sealsvc.areas.contracts.model.template import (
    Clause,
    Placeholder,
    TemplateDraft,
    TemplateView,
    ValueKind,
)


class PlaceholderShape(RequestModel):
    """A gap `{name}` in the text. default: null = a value is required."""

    name: str = Field(max_length=40)
    label: str = Field(max_length=240)
    kind: ValueKind = ValueKind.TEXT
    max_length: int = Field(500, ge=1, le=500)
    default: str | None = Field(None, max_length=2000)


class ClauseShape(RequestModel):
    """One clause; heading and text may hold `{name}`."""

    heading: str = Field(max_length=320)
    text: str = Field(max_length=16_000)


class TemplateIn(RequestModel):
    """合同范本 · A template."""

    title: str = Field(max_length=480)
    clauses: list[ClauseShape] = Field(max_length=200)
    placeholders: list[PlaceholderShape] = Field(default_factory=list, max_length=200)

    def draft(self) -> TemplateDraft:
        """The domain's value."""
        return TemplateDraft(
            title=self.title,
            clauses=tuple(Clause(one.heading, one.text) for one in self.clauses),
            placeholders=tuple(
                Placeholder(one.name, one.label, one.kind, one.max_length, one.default)
                for one in self.placeholders
            ),
        )


class TemplateOut(ResponseModel):
    """One version of a template; it never changes. ownerUscc: null = everybody's."""

    id: str
    object: str = "contractTemplate"
    version: int
    owner_uscc: str | None
    title: str
    clauses: list[dict[str, str]]
    placeholders: list[dict[str, Any]]
    created_at: UtcTime
    fact_id: str

    @classmethod
    def of(cls, view: TemplateView) -> "TemplateOut":
        """The shape of a template."""
        draft = view.draft
        return cls(
            id=view.template_id,
            version=view.version,
            owner_uscc=view.owner_uscc,
            title=draft.title,
            clauses=[{"heading": one.heading, "text": one.text} for one in draft.clauses],
            placeholders=[
                {
                    "name": one.name,
                    "label": one.label,
                    "kind": str(one.kind),
                    "maxLength": one.max_length,
                    "default": one.default,
                }
                for one in draft.placeholders
            ],
            created_at=view.created_at,
            fact_id=view.fact_id,
        )
