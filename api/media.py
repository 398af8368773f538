"""Media types: how a file is described, and which one of several a request asks for."""

from typing import Annotated, Any

from fastapi import Header

BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
"""A file, as OpenAPI describes the content of a body."""

Accept_ = Annotated[str, Header(max_length=1000)]


def wants(accept: str, media_type: str, over: str) -> bool:
    """Whether a type is named among what is accepted, and `over`, the usual one, not preferred."""
    weights: dict[str, float] = {}
    for item in accept.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        weights[name] = _weight(parameters)
    return 0 < weights.get(media_type, 0) >= weights.get(over, 0)


def _weight(parameters: list[str]) -> float:
    """The q of a media range, 1 where it has none. Source: RFC 9110 section 12.4.2."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
