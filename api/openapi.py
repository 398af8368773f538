"""`openapi.yaml`: what FastAPI knows, with our problems, uploads and security written in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.auth import optional_principal
from api.problems import MEDIA_TYPE
from api.routes import Endpoint, RouteTable
from api.schemas.common import Problem
from api.uploads import OptionsOf, document_uploads, received

API_VERSION = "1.0.0"

Schema = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "patch")
_REF = "#/components/schemas/{model}"
_PROBLEMS = {
    "400": "The request cannot be parsed.",
    "405": "The path has no such method; see Allow.",
    "422": "Members or parameters are missing, unknown or unfit.",
    "429": "The rate limit is used up; see Retry-After.",
    "500": "Internal error; the request id leads to it.",
    "503": "Not available for now; see Retry-After.",
}
_WITH_BODY = {"413": "The body is too large.", "415": "The content is of no known format."}
_WITH_KEY = {"401": "No valid key.", "403": "The key lacks the right."}
_WITH_PATH = {"404": "There is no such thing."}
_WITH_STATE = {"409": "The present state does not permit it."}


def install(app: FastAPI) -> None:
    """Let the application serve this document at `/openapi.json`."""

    def described() -> Schema:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def document(app: FastAPI) -> Schema:
    """The OpenAPI 3.1 document of an application."""
    base = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        openapi_version="3.1.0",
        routes=app.routes,
    )
    components = base.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _add_schema(schemas, "Problem", Problem.model_json_schema(ref_template=_REF))
    endpoints = RouteTable(app).endpoints
    for path, method, operation in _operations(base):
        for endpoint in endpoints:
            if endpoint.template == path and method.upper() in endpoint.methods:
                _complete(operation, endpoint, method, schemas)
    components["schemas"] = dict(sorted(schemas.items()))
    base["paths"] = dict(sorted(base.get("paths", {}).items()))
    return base


def write(app: FastAPI, path: Path) -> None:
    """Write the application's document as YAML."""
    path.write_text(_as_yaml(app), encoding="utf-8")


def check(app: FastAPI, path: Path) -> list[str]:
    """What differs between the file and the application, one line each; empty when nothing."""
    if not path.exists():
        return [f"{path.name}: missing"]
    present, wanted = path.read_text(encoding="utf-8").splitlines(), _as_yaml(app).splitlines()
    if present == wanted:
        return []
    pairs = enumerate(zip(present, wanted, strict=False))
    at = next((index for index, (ours, theirs) in pairs if ours != theirs), len(present))
    return [f"{path.name}: differs from the application at line {at + 1}; write it again"]


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    def ignore_aliases(self, data: object) -> bool:
        """Write everything out: `&id001` is no help to a reader of a diff."""
        return True


def _as_yaml(app: FastAPI) -> str:
    text: str = yaml.dump(
        document(app), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return text


def _operations(base: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, item in base.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _complete(operation: Schema, endpoint: Endpoint, method: str, schemas: Schema) -> None:
    if endpoint.uses(received):
        _describe_upload(operation, endpoint, schemas)
    if endpoint.uses(optional_principal):
        operation["security"] = [*operation.get("security", []), {}]
    wanted = dict(_PROBLEMS)
    if "requestBody" in operation:
        wanted |= _WITH_BODY
    if operation.get("security"):
        wanted |= _WITH_KEY
        if method != "get":
            wanted |= _WITH_STATE
            _add_parameter(operation, _IDEMPOTENCY_KEY)
    if "{" in endpoint.template:
        wanted |= _WITH_PATH
    responses = operation["responses"]
    for status, description in wanted.items():
        if status == "422" or status not in responses:
            responses[status] = {"description": description, "content": _PROBLEM_CONTENT}
    operation["responses"] = dict(sorted(responses.items()))


_PROBLEM_CONTENT: Schema = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeating the request with the same key within 24 h repeats the answer.",
    "schema": {"type": "string", "maxLength": 257},
}


def _describe_upload(operation: Schema, endpoint: Endpoint, schemas: Schema) -> None:
    binary = {"type": "string", "format": "binary"}
    many = endpoint.uses(document_uploads)
    form: Schema = {
        "type": "object",
        "properties": {"file": {"type": "array", "items": binary} if many else binary},
        "required": ["file"],
    }
    for call in endpoint.calls:
        if isinstance(call, OptionsOf):
            name = call.model.__name__
            schema = call.model.model_json_schema(ref_template=_REF)
            _add_schema(schemas, name, schema)
            form["properties"]["options"] = {"$ref": _REF.format(model=name)}
            for parameter in sorted(call.query_names):
                _add_parameter(operation, _option(parameter, schema, schemas))
    if "requestBody" in operation:  # the route says itself what it reads
        return
    operation["requestBody"] = {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": binary},
            "application/pdf": {"schema": binary},
            "application/ofd": {"schema": binary},
            "multipart/form-data": {
                "schema": form,
                "encoding": {"options": {"contentType": "application/json"}},
            },
        },
    }


def _option(name: str, schema: Schema, schemas: Schema) -> Schema:
    """A query parameter for a member of the options; a dotted one is found step by step."""
    *outer, last = name.split(".")
    for step in outer:
        schema = _resolved(schema["properties"][step], schemas)
    member = schema["properties"][last]
    return {"name": name, "in": "query", "required": False, "schema": member}


def _resolved(member: Schema, schemas: Schema) -> Schema:
    for choice in (member, *member.get("anyOf", ()), *member.get("allOf", ())):
        if "$ref" in choice:
            found: Schema = schemas[choice["$ref"].rsplit("/", 1)[1]]
            return found
    return member


def _add_schema(schemas: Schema, name: str, schema: Schema) -> None:
    for inner, definition in schema.pop("$defs", {}).items():
        schemas.setdefault(inner, definition)
    schemas[name] = schema


def _add_parameter(operation: Schema, parameter: Schema) -> None:
    present = operation.setdefault("parameters", [])
    if not any(
        one["name"].lower() == parameter["name"].lower() and one["in"] == parameter["in"]
        for one in present
    ):
        present.append(parameter)
