"""The one place where errors become RFC 9457 `application/problem+json`.

Family → status, with a row for each code that differs. What an internal error says stays in the
log: the answer names only the request id.
"""

import html
import re
import traceback
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from api.context import header, request_info
from api.schemas.common import Problem, ProblemRow
from api.texts import language_of, text_of
from ca.errors import CaBadInput, CaConflict, CaError, CaInternal, CaUnavailable
from sealsvc.errors import (
    BadInput,
    Conflict,
    FieldValue,
    Internal,
    NotAllowed,
    NotFound,
    ServiceError,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"

Failure = ServiceError | CaError


class MalformedRequest(BadInput):
    """The request cannot be parsed at all."""

    code = "MALFORMED_REQUEST"


class InvalidRequest(BadInput):
    """Members of the request are missing, unknown or out of range; `rows` names each."""

    code = "VALIDATION_FAILED"

    def __init__(self, rows: list[ProblemRow]) -> None:
        super().__init__()
        self.rows = rows


class TooLarge(BadInput):
    """The body is longer than the route accepts. Fields: limit_bytes."""

    code = "TOO_LARGE"


class UnsupportedMediaType(BadInput):
    """The Content-Type is none that the route reads."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class NotAcceptable(BadInput):
    """The route has no representation among the accepted ones."""

    code = "NOT_ACCEPTABLE"


class MethodNotAllowed(BadInput):
    """The path exists, but not with this method."""

    code = "METHOD_NOT_ALLOWED"


class PreconditionFailed(Conflict):
    """If-Match names another version than the present one."""

    code = "PRECONDITION_FAILED"


class QuotaExceeded(Unavailable):
    """The rate limit is used up. Fields: retry_after_s."""

    code = "QUOTA_EXCEEDED"


class KeyRequired(NotAllowed):
    """The route needs a key and none was given."""

    code = "UNAUTHENTICATED"


FAMILY_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (NotAllowed, 403),
    (BadInput, 422),
    (Unavailable, 503),
    (Internal, 500),
    (CaBadInput, 422),
    (CaConflict, 409),
    (CaUnavailable, 503),
    (CaInternal, 500),
)

CODE_STATUS: Mapping[str, int] = {
    "MALFORMED_REQUEST": 400,
    "IDEMPOTENCY_KEY_MISSING": 400,
    "UNAUTHENTICATED": 401,
    "CREDENTIALS_REJECTED": 401,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "PRECONDITION_FAILED": 412,
    "TOO_LARGE": 413,
    "UNSUPPORTED_FORMAT": 415,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "RESOURCE_LIMIT": 422,
    "QUOTA_EXCEEDED": 429,
    "TOO_MANY_UPLOADS": 429,
    "TOO_MANY_RUNNING": 429,
}

_HTTP_CODE: Mapping[int, str] = {
    400: "MALFORMED_REQUEST",
    401: "UNAUTHENTICATED",
    403: "NOT_ALLOWED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    412: "PRECONDITION_FAILED",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "QUOTA_EXCEEDED",
    503: "UPSTREAM_UNAVAILABLE",
}

_RETRY_AFTER_S = 2
_RESERVED = frozenset(Problem.model_fields) | {"requestId"}
_log = structlog.get_logger("sealsvc.problems")


def status_of(error: type[Exception] | Exception) -> int:
    """The status of an error class or instance; 500 for what belongs to no family."""
    kind = error if isinstance(error, type) else type(error)
    status = CODE_STATUS.get(getattr(kind, "code", ""))
    if status is not None:
        return status
    return next((number for family, number in FAMILY_STATUS if issubclass(kind, family)), 500)


def all_service_errors() -> list[type[Failure]]:
    """Every imported error class of the domain and the certificate engine, families included."""
    found: dict[type[Failure], None] = {}

    def walk(kind: type[Failure]) -> None:
        for child in kind.__subclasses__():
            found[child] = None
            walk(child)

    walk(ServiceError)
    walk(CaError)
    return list(found)


def problem_response(scope: Scope, error: Exception) -> Response:
    """The answer to any error. Unknown ones are logged with their traceback and stay nameless."""
    if isinstance(error, HTTPException):
        return _from_http(scope, error)
    if isinstance(error, RequestValidationError):
        return _from_validation(scope, error)
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)  # nobody is there to read more
    status = status_of(error)
    if status == 500 or not isinstance(error, ServiceError | CaError):
        # As text: no log processor can then add local variables, which hold secrets.
        trace = "".join(traceback.format_exception(error))
        _log.error("internal_error", requestId=request_info(scope).request_id, traceback=trace)
        return _answer(scope, 500, "INTERNAL")
    rows = error.rows if isinstance(error, InvalidRequest) else list(_rows_of_fields(error))
    return _answer(scope, status, error.code, fields=error.fields, rows=rows)


def rows_of(error: RequestValidationError | ValidationError, place: str) -> list[ProblemRow]:
    """Pydantic's errors as rows; `place` is used where an error's location does not name one."""
    rows = []
    for item in error.errors():
        location = tuple(item["loc"])
        where = place
        if location and location[0] in ("body", "query", "path", "header"):
            where, location = str(location[0]), location[1:]
        rows.append(
            ProblemRow.model_validate(
                {
                    "in": where,
                    "pointer": pointer(*location),
                    "code": str(item["type"]).upper(),
                    "detail": str(item["msg"]),
                }
            )
        )
    return rows


def pointer(*steps: str | int) -> str:
    """A JSON Pointer. Source: RFC 6901 section 3."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def install(app: FastAPI) -> None:
    """Register the handlers; unknown exceptions are caught by the outermost middleware."""

    async def handle(request: Request, error: Exception) -> Response:
        return problem_response(request.scope, error)

    kinds = (ServiceError, CaError, HTTPException, RequestValidationError, ClientDisconnect)
    for kind in kinds:
        app.add_exception_handler(kind, handle)


def _from_http(scope: Scope, error: HTTPException) -> Response:
    cause = error.__cause__
    if isinstance(cause, ServiceError | ClientDisconnect):  # while the framework read the body
        return problem_response(scope, cause)
    code = _HTTP_CODE.get(error.status_code)
    if code is None:
        code = "INTERNAL" if error.status_code >= 500 else "MALFORMED_REQUEST"
    return _answer(scope, error.status_code, code, headers=error.headers)


def _from_validation(scope: Scope, error: RequestValidationError) -> Response:
    items = error.errors()
    if any(item["type"] == "json_invalid" for item in items):
        return _answer(scope, 400, "MALFORMED_REQUEST", rows=rows_of(error, "body"))
    whole_body = any(tuple(item["loc"]) == ("body",) for item in items)
    if whole_body and isinstance(error.body, bytes):  # not declared as JSON, so never parsed
        return _answer(scope, 415, "UNSUPPORTED_MEDIA_TYPE")
    return _answer(scope, 422, "VALIDATION_FAILED", rows=rows_of(error, "body"))


def _rows_of_fields(error: Failure) -> Iterator[ProblemRow]:
    named = error.fields.get("field")
    if isinstance(error, BadInput) and isinstance(named, str):
        detail = str(error.fields.get("reason") or error.code)
        yield ProblemRow.model_validate(
            {"pointer": pointer(*named.split(".")), "code": error.code, "detail": detail}
        )


def _answer(
    scope: Scope,
    status: int,
    code: str,
    *,
    fields: Mapping[str, FieldValue] | None = None,
    rows: list[ProblemRow] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    language = language_of(header(scope, b"accept-language"))
    text = text_of(code)
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": text.title(language),
        "status": status,
        "detail": text.detail(language),
        "instance": scope.get("path", ""),
        "code": code,
        "requestId": request_info(scope).request_id,
        "errors": [row.model_dump(by_alias=True) for row in rows or []],
    }
    body |= {_member(name): value for name, value in (fields or {}).items()}
    extra = {"Content-Language": language, "Cache-Control": "no-store", **(headers or {})}
    extra |= _headers_of(status, fields or {}) | {"Vary": "Accept, Accept-Language"}
    if "text/html" in (header(scope, b"accept") or ""):
        return HTMLResponse(_page(language, body), status, extra)
    return JSONResponse(body, status, extra, media_type=MEDIA_TYPE)


def _page(language: str, body: Mapping[str, Any]) -> str:
    """The problem for a browser that follows a link or sends a form without scripts."""
    title, detail, kind, code, request_id = (
        html.escape(str(body[name])) for name in ("title", "detail", "type", "code", "requestId")
    )
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel="icon" href="/static/icon.svg">'
        '<link rel="stylesheet" href="/static/page.css"></head>'
        f'<body><main><div class="sentence problem"><div><strong>{title}</strong><p>{detail}</p>'
        f'<p class="small"><a href="{kind}"><code>{code}</code></a> {request_id}</p></div></div>'
        '<p><a href="/verify">← /verify</a></p></main></body></html>\n'
    )


def _headers_of(status: int, fields: Mapping[str, FieldValue]) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="sealsvc"'}
    named = fields.get("retry_after_s")
    if isinstance(named, int):
        return {"Retry-After": str(named)}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(_RETRY_AFTER_S)}
    if status == HTTPStatus.METHOD_NOT_ALLOWED and isinstance(fields.get("allow"), str):
        return {"Allow": str(fields["allow"])}
    return {}


def _member(name: str) -> str:
    """A field's name in camelCase; one of the problem's own names gets `Value` behind it."""
    head, *rest = re.sub(r"[^A-Za-z0-9_]", "_", name).split("_")
    camel = head + "".join(part.capitalize() for part in rest)
    return f"{camel}Value" if camel in _RESERVED else camel
