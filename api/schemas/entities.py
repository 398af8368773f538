"""HTTP shapes of the register of entities."""

from typing import Annotated, cast

from pydantic import Field

from api.schemas.common import RequestModel, ResponseModel, UtcTime
from sealsvc.areas.entities.model import (
    CodeIssue,
    EntityDraft,
    EntityPatch,
    EntityStatus,
    EntityView,
    OrganizationType,
    PublicEntity,
    Severity,
    UsccResult,
    UsccStatus,
)

Uscc = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        description="统一社会信用代码 · Unified social credit code; blanks, hyphens, full width "
        "and lower case are understood.",
        examples=["91110000MA00000152"],
    ),
]


_SUITE = "PDF 默认签名算法 · Suite its seals sign PDFs with by default; OFD is always sm2-sm3."


class EntityRegistration(RequestModel):
    """登记主体 · An entity to be registered."""

    uscc: Uscc
    legal_name: str = Field(max_length=480)
    short_names: tuple[str, ...] = Field((), max_length=100, description="Approved short names.")
    legal_representative: str | None = Field(None, max_length=480)
    registered_address: str | None = Field(None, max_length=1200)
    organization_type: OrganizationType | None = None
    sealing_suite: str | None = Field(None, max_length=40, description=_SUITE)

    def draft(self) -> EntityDraft:
        """The domain's value."""
        return EntityDraft(**dict(self))


class EntityUpdate(RequestModel):
    """变更主体 · The members to change; those left out stay, null empties an optional one."""

    legal_name: str = Field("", max_length=480)
    short_names: tuple[str, ...] = Field((), max_length=100)
    legal_representative: str | None = Field(None, max_length=480)
    registered_address: str | None = Field(None, max_length=1200)
    organization_type: OrganizationType | None = None
    sealing_suite: str | None = Field(None, max_length=40, description=_SUITE)

    def patch(self) -> EntityPatch:
        """The members that were sent."""
        return cast(EntityPatch, {name: getattr(self, name) for name in self.model_fields_set})


class EntityCancellation(RequestModel):
    """注销主体 · Why an entity is cancelled."""

    reason: str = Field(max_length=1200)


class UsccIssueOut(ResponseModel):
    """One thing to say about a credit code; positions are 1-based."""

    code: str
    severity: Severity
    positions: tuple[int, ...]
    hint: str | None
    message: str
    message_zh: str

    @classmethod
    def of(cls, issue: CodeIssue) -> "UsccIssueOut":
        """From the domain's value."""
        return cls(
            code=str(issue.code),
            severity=issue.severity,
            positions=issue.positions,
            hint=issue.hint,
            message=issue.message("en"),
            message_zh=issue.message("zh"),
        )


class UsccCheckOut(ResponseModel):
    """信用代码校验 · What the credit code itself says (GB 32100-2015)."""

    status: UsccStatus
    issues: list[UsccIssueOut]
    region: str | None = Field(description="Province and place of the registrar, where known.")

    @classmethod
    def of(cls, result: UsccResult) -> "UsccCheckOut":
        """From the domain's value."""
        region = result.region
        return cls(
            status=result.status,
            issues=[UsccIssueOut.of(issue) for issue in result.issues],
            region=None if region is None else f"{region.province} {region.name}",
        )


class EntityOut(ResponseModel):
    """主体 · An entity; without `entity.read` only `uscc`, `legalName` and `status` are filled."""

    uscc: str
    legal_name: str
    status: EntityStatus
    complete: bool = Field(description="Whether the members below are shown to this caller.")
    entity_id: str | None = None
    short_names: tuple[str, ...] = ()
    legal_representative: str | None = None
    registered_address: str | None = None
    organization_type: OrganizationType | None = None
    sealing_suite: str | None = None
    registered_at: UtcTime | None = None
    changed_at: UtcTime | None = None
    cancelled_at: UtcTime | None = None

    @classmethod
    def of(cls, entity: EntityView | PublicEntity) -> "EntityOut":
        """From the domain's value."""
        members = {name: vars(entity)[name] for name in vars(entity) if name in cls.model_fields}
        return cls(complete=isinstance(entity, EntityView), **members)


class EntityDetailOut(EntityOut):
    """An entity together with the check of its credit code."""

    uscc_check: UsccCheckOut

    @classmethod
    def with_check(cls, entity: EntityView | PublicEntity, result: UsccResult) -> "EntityDetailOut":
        """From the domain's values."""
        return cls(uscc_check=UsccCheckOut.of(result), **dict(EntityOut.of(entity)))
