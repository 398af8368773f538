"""The application's routes as data: which one a request means, and what that one accepts.

The framework matches again later; the edge needs to know before the endpoint runs, for limits,
strict query parameters, complete Allow headers, idempotency scopes and bounded metric labels.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import Mount


@dataclass(frozen=True)
class Endpoint:
    """One route. query: declared parameter names, None where anything goes (mounts, pages).

    calls: every callable that runs for it, dependencies included.
    """

    template: str
    regex: re.Pattern[str]
    methods: frozenset[str]
    query: frozenset[str] | None
    calls: frozenset[Callable[..., Any]]

    def uses(self, *dependencies: Callable[..., Any]) -> bool:
        """Whether one of these dependencies runs for the route."""
        return not self.calls.isdisjoint(dependencies)


@dataclass(frozen=True)
class Found:
    """What stands at a path. endpoint: None when the path exists without that method."""

    endpoint: Endpoint | None
    methods: frozenset[str]


class RouteTable:
    """All routes of an application, in the order in which they match."""

    def __init__(self, app: FastAPI) -> None:
        self.endpoints = [_endpoint(context) for context in iter_route_contexts(app.routes)]

    def find(self, path: str, method: str) -> Found | None:
        """The route for the path and method, or None where no route has the path."""
        methods: set[str] = set()
        for endpoint in self.endpoints:
            if endpoint.regex.match(path) is None:
                continue
            if method in endpoint.methods or not endpoint.methods:
                return Found(endpoint, endpoint.methods)
            methods |= endpoint.methods
        return Found(None, frozenset(methods)) if methods else None


def dependants(top: Dependant) -> Iterator[Dependant]:
    """A dependant and everything below it."""
    yield top
    for child in top.dependencies:
        yield from dependants(child)


def _endpoint(context: RouteContext) -> Endpoint:
    mounted = isinstance(context.original_route, Mount)
    dependant: Dependant | None = getattr(context, "dependant", None)
    calls: set[Callable[..., Any]] = set()
    query: set[str] = set()
    for part in dependants(dependant) if dependant is not None else ():
        if part.call is not None:
            calls.add(part.call)
            query |= frozenset(getattr(part.call, "query_names", ()))
        query |= {name for field in part.query_params for name in _names(field)}
    return Endpoint(
        template=str(context.path_format or context.path or "/"),
        regex=context.path_regex,
        methods=frozenset() if mounted else frozenset(context.methods or ()),
        query=frozenset(query) if dependant is not None else None,
        calls=frozenset(calls),
    )


def _names(field: Any) -> set[str]:
    """A parameter's name, or those of a parameter model's members."""
    model = field.field_info.annotation
    members = getattr(model, "model_fields", None)
    if members is None:
        return {field.alias}
    return {member.alias or name for name, member in members.items()}
