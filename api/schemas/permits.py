"""HTTP shapes of permits and licences."""

from datetime import date
from typing import Annotated, cast

from pydantic import Field, StringConstraints, WithJsonSchema
from pydantic.functional_validators import BeforeValidator
from pydantic_core import PydanticCustomError

from api.schemas.common import RequestModel, ResponseModel, UtcTime
from sealsvc.areas.entities.model.permits import (
    PermitDraft,
    PermitPatch,
    PermitStatus,
    ShownPermit,
)


def _only_a_day(value: object) -> object:
    # Pydantic alone would take a number for seconds since 1970, and a time for its day.
    if isinstance(value, str) and len(value) == 10:
        return value
    raise PydanticCustomError("date_parsing", "Input should be a day written YYYY-MM-DD")


Day = Annotated[
    date, BeforeValidator(_only_a_day), WithJsonSchema({"type": "string", "format": "date"})
]
Words = Annotated[str, StringConstraints(max_length=4000)]


class PermitIn(RequestModel):
    """登记许可 · A permit or licence; the days are days in China, both included."""

    number: str = Field(max_length=256, description="证号 · As printed.")
    kind: str = Field(max_length=320, examples=["食品经营许可证"])
    issuer: str = Field(max_length=480, description="发证机关 · Who issued it.")
    valid_from: Day
    valid_to: Day | None = Field(None, description="null: 长期 · without an end.")
    scope: Words | None = Field(None, description="许可范围 · What it permits.")

    def draft(self) -> PermitDraft:
        """The domain's value."""
        return PermitDraft(**dict(self))


class PermitCorrection(RequestModel):
    """更正许可 · The members to correct; those left out stay, null empties an optional one."""

    number: str = Field("", max_length=256)
    kind: str = Field("", max_length=320)
    issuer: str = Field("", max_length=480)
    valid_from: Day = date.min
    valid_to: Day | None = None
    scope: Words | None = None

    def patch(self) -> PermitPatch:
        """The members that were sent."""
        return cast(PermitPatch, {name: getattr(self, name) for name in self.model_fields_set})


class PermitWithdrawal(RequestModel):
    """撤回许可 · Why a permit counts no more, and since when; now by default."""

    reason: str = Field(max_length=1200)
    effective_from: UtcTime | None = None


class PermitOut(ResponseModel):
    """许可 · A permit; without `entity.read` a natural person's has no `number`."""

    id: str
    uscc: str
    number: str | None
    kind: str
    issuer: str
    scope: str | None
    valid_from: date
    valid_to: date | None
    status: PermitStatus = Field(description="At `at`, computed from the days and a withdrawal.")
    at: UtcTime
    withdrawn_from: UtcTime | None
    version: int
    complete: bool = Field(description="Whether the members below are shown to this caller.")
    registered_at: UtcTime | None = None
    changed_at: UtcTime | None = None
    withdraw_reason: str | None = None

    @classmethod
    def of(cls, shown: ShownPermit) -> "PermitOut":
        """From the domain's value."""
        permit, draft = shown.permit, shown.permit.draft
        return cls(
            id=permit.permit_id,
            uscc=permit.uscc,
            number=shown.number,
            kind=draft.kind,
            issuer=draft.issuer,
            scope=draft.scope,
            valid_from=draft.valid_from,
            valid_to=draft.valid_to,
            status=shown.status,
            at=shown.at,
            withdrawn_from=permit.withdrawn_from,
            version=permit.version,
            complete=shown.complete,
            registered_at=permit.registered_at if shown.complete else None,
            changed_at=permit.changed_at if shown.complete else None,
            withdraw_reason=permit.withdraw_reason if shown.complete else None,
        )
