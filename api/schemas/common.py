"""The HTTP shapes every area shares: base models, times, problems, pages."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?",
    re.IGNORECASE,
)
T = TypeVar("T")


def rfc3339(at: datetime) -> str:
    """An aware time as RFC 3339 UTC with `Z`; fractions only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _only_rfc3339(value: object) -> object:
    # Pydantic alone would take 0.5 for half a second of 1970. What has no zone it refuses itself.
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        return value
    raise PydanticCustomError("datetime_parsing", "Input should be a time as RFC 3339 writes it")


def _to_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:  # the offset leads out of the years 1 to 9999
        raise PydanticCustomError(
            "datetime_range", "Input should lie in years 1 to 9999"
        ) from error


UtcTime = Annotated[
    AwareDatetime,
    BeforeValidator(_only_rfc3339),
    AfterValidator(_to_utc),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
]
"""An aware time, UTC inside, RFC 3339 with `Z` outside; no zone, or a number, is refused."""


JsonMap = dict[str, JsonValue]
"""Any JSON object in a shape. `sealsvc.values.JsonObject` is for checkers only: pydantic cannot
resolve a recursive alias that is written without `type`."""


class RequestModel(BaseModel):
    """Base of what clients send: camelCase, nothing unknown, no NUL, no NaN."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=False,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        str_strip_whitespace=False,
    )

    @model_validator(mode="before")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        # PostgreSQL's text cannot hold U+0000, and nobody means it.
        if isinstance(value, dict) and any(_has_nul(member) for member in value.values()):
            raise ValueError("U+0000 is not permitted in text")
        return value


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    return isinstance(value, list) and any(isinstance(v, str) and "\x00" in v for v in value)


class ResponseModel(BaseModel):
    """Base of what we answer: camelCase outside, snake_case inside; may gain members."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        frozen=True,
    )


class ProblemRow(ResponseModel):
    """One of a problem's `errors`: where in the request, which rule, and why."""

    place: Literal["body", "query", "path", "header"] = Field(
        "body", alias="in", description="Part of the request that the pointer walks."
    )
    pointer: str = Field(description="JSON Pointer (RFC 6901) within that part.")
    code: str
    detail: str


class Problem(ResponseModel):
    """What every error answer looks like. Source: RFC 9457; CONTRACT section 5."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="`/problems/{CODE}`, a page that explains the code.")
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(description="Stable, UPPER_SNAKE; the member to match on.")
    request_id: str
    errors: list[ProblemRow] = Field(default_factory=list)


class Page(ResponseModel, Generic[T]):
    """One page of a list; `nextCursor` asks for the next and is null on the last."""

    data: list[T]
    has_more: bool
    next_cursor: str | None = None
