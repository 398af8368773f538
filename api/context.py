"""What the edge knows of the request it is answering; lives in the ASGI scope."""

from dataclasses import dataclass

from starlette.types import Scope

from sealsvc.values import Principal

_KEY = "sealsvc.request"


@dataclass
class RequestInfo:
    """Filled in on the way inward: the id first, then the route, then the client.

    route: path template, `unmatched` until one is found, so that metrics stay bounded.
    principal: set once a key has been checked, so that it is checked once a request.
    """

    request_id: str
    method: str
    route: str = "unmatched"
    principal: Principal | None = None


def request_info(scope: Scope) -> RequestInfo:
    """The request's info; an empty one is made for an application without our middleware."""
    found = scope.get(_KEY)
    if isinstance(found, RequestInfo):
        return found
    fresh = RequestInfo(request_id="", method=str(scope.get("method", "")))
    scope[_KEY] = fresh
    return fresh


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of that lower-case name, or None."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def headers_named(scope: Scope, name: bytes) -> list[str]:
    """All headers of that lower-case name, in order."""
    return [bytes(value).decode("latin-1") for key, value in scope["headers"] if key == name]
