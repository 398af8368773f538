"""Documents as they arrive: raw body or multipart, options beside them.

The loop only moves bytes into a spool; parsing multipart and JSON runs in the thread pool. How
much may come is counted by `api.limits` while it streams; how much at once, by `api.load`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

from anyio import to_thread
from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

from api.context import header
from api.deps import Services_
from api.load import begin_job
from api.problems import (
    InvalidRequest,
    MalformedRequest,
    TooLarge,
    UnsupportedMediaType,
    pointer,
    rows_of,
)
from api.schemas.common import ProblemRow
from sealsvc.errors import ServiceError
from sealsvc.values import Json, JsonObject

M = TypeVar("M", bound=BaseModel)

MULTIPART = "multipart/form-data"
MULTIPART_OVERHEAD_BYTES = 1024 * 1024
SPOOL_BYTES = 1024 * 1024
_MAX_PARTS = 1000
_MAX_OPTIONS_BYTES = 64 * 1024
_MAX_FIELD_BYTES = 1024
_OPTIONS_PART = "options"


@dataclass(frozen=True)
class Upload:
    """One document. content_type is a hint, the bytes decide; field: its multipart name."""

    data: bytes
    filename: str | None
    content_type: str | None
    field: str = "file"


@dataclass(frozen=True)
class Received:
    """A whole upload request.

    options: the multipart part `options`, empty without one. fields: plain fields of a browser's
    form; only pages take them.
    """

    uploads: tuple[Upload, ...]
    options: JsonObject
    fields: Mapping[str, str] = field(default_factory=dict)


async def received_form(request: Request, services: Services_) -> Received:
    """Dependency: read the request's documents and plain fields once.

    Raises: MalformedRequest, InvalidRequest, TooLarge, UnsupportedMediaType, TooManyRunning,
    TooManyUploads, UploadsBusy.
    """
    size = 0
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
        async for chunk in request.stream():
            # A write reaches the disk only past SPOOL_BYTES, and then the page cache.
            spool.write(chunk)
            size += len(chunk)
        spool.seek(0)
        await begin_job(request.scope)
        content_type = header(request.scope, b"content-type")
        if size <= SPOOL_BYTES and not _is_multipart(content_type):
            found = _parse(spool, content_type)  # one copy in memory: a thread would cost more
        else:
            found = await to_thread.run_sync(_parse, spool, content_type)
    limit = services.deps.config.max_document_bytes
    if sum(len(upload.data) for upload in found.uploads) > limit:
        raise TooLarge(limit_bytes=limit)
    return found


async def form_or_problem(request: Request, services: Services_) -> Received | ServiceError:
    """Dependency: the form, or why it cannot be read; a page shows the reason as a page."""
    try:
        return await received_form(request, services)
    except ServiceError as error:
        return error


async def received(form: Annotated[Received, Depends(received_form)]) -> Received:
    """Dependency: the request's documents; plain fields are nothing an API client sends.

    Raises: InvalidRequest, and as `received_form`.
    """
    for name in form.fields:
        raise InvalidRequest([_row(pointer(name), "EXTRA_FORBIDDEN")])
    return form


async def document_upload(received: Annotated[Received, Depends(received)]) -> Upload:
    """Dependency: exactly one document, as raw body or as multipart field `file`.

    Raises: InvalidRequest, and as `received`.
    """
    if len(received.uploads) != 1 or received.uploads[0].field != "file":
        raise InvalidRequest([_row("/file", "ONE_FILE_EXPECTED")])
    return received.uploads[0]


async def document_uploads(received: Annotated[Received, Depends(received)]) -> tuple[Upload, ...]:
    """Dependency: one or more documents in the order sent. Raises: as `received`."""
    return received.uploads


Upload_ = Annotated[Upload, Depends(document_upload)]
Uploads_ = Annotated[tuple[Upload, ...], Depends(document_uploads)]


class OptionsOf(Generic[M]):
    """Dependency: a model filled from the query or the multipart part `options`, or both.

    Nested models are written with dots in the query (`expect.sellerUscc`); lists are repeated or
    separated by commas. Use: `Annotated[VerifyOptions, Depends(OptionsOf(VerifyOptions))]`.
    """

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self._lists = _query_members(model)
        self.query_names = frozenset(self._lists)

    async def __call__(
        self, request: Request, received: Annotated[Received, Depends(received)]
    ) -> M:
        """The options. Raises: InvalidRequest for unknown, repeated or unfit ones."""
        merged, names = self._from_query(request), self.query_names
        _merge(merged, received.options)
        try:
            return self.model.model_validate(merged)
        except ValidationError as error:
            rows = [
                row.model_copy(update=_query_place(row.pointer, names, request))
                for row in rows_of(error, "body")
            ]
            raise InvalidRequest(rows) from error

    def _from_query(self, request: Request) -> JsonObject:
        merged: JsonObject = {}
        for name in dict.fromkeys(request.query_params.keys()):
            if name not in self._lists:  # another parameter's; strangers are refused before
                continue
            values = request.query_params.getlist(name)
            value: Json
            if self._lists[name]:
                value = [piece for item in values for piece in item.split(",") if piece]
            elif len(values) == 1:
                value = values[0]
            else:
                raise InvalidRequest([_row(f"/{name}", "REPEATED", "query")])
            *outer, last = name.split(".")
            target = merged
            for step in outer:
                target = target.setdefault(step, {})  # type: ignore[assignment]
            target[last] = value
        return merged


def _merge(into: JsonObject, options: Mapping[str, Json], *steps: str) -> None:
    """Add the part's members to the query's; one that stands in both is an error.

    Raises: InvalidRequest.
    """
    for name, value in options.items():
        present = into.get(name)
        if isinstance(present, dict) and isinstance(value, dict):
            _merge(present, value, *steps, name)
        elif name in into:
            raise InvalidRequest([_row(pointer(*steps, name), "REPEATED")])
        else:
            into[name] = value


def _query_place(at: str, names: frozenset[str], request: Request) -> dict[str, str]:
    """Where a bad option came from; the pointer of a query parameter is its dotted name."""
    dotted = at.strip("/").replace("/", ".")
    for name in names:
        if (dotted == name or dotted.startswith(name + ".")) and name in request.query_params:
            return {"place": "query", "pointer": pointer(name)}
    return {}


def _query_members(model: type[BaseModel], prefix: str = "") -> dict[str, bool]:
    """Dotted parameter name → whether it is a list."""
    members: dict[str, bool] = {}
    for name, member in model.model_fields.items():
        alias = prefix + (member.alias or name)
        kinds = [kind for kind in (member.annotation, *get_args(member.annotation)) if kind]
        nested = [kind for kind in kinds if _is_model(kind)]
        listed = any((get_origin(kind) or kind) in (list, tuple) for kind in kinds)
        if nested and listed:
            continue  # a list of objects has no form in a query; the part `options` says it
        if nested:
            members |= _query_members(nested[0], alias + ".")
        else:
            members[alias] = listed
    return members


def _is_model(kind: Any) -> bool:
    # A generic alias such as list[str] passes for a type, but issubclass refuses it.
    return get_origin(kind) is None and isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_multipart(content_type: str | None) -> bool:
    return parse_options_header(content_type)[0].startswith(b"multipart/")


def _parse(spool: "SpooledTemporaryFile[bytes]", content_type: str | None) -> Received:
    kind, parameters = parse_options_header(content_type)
    # A hint only, the bytes decide: `curl --data-binary` calls every file a urlencoded form.
    if kind.startswith(b"multipart/"):
        if kind != MULTIPART.encode():
            raise UnsupportedMediaType()
        found = _parse_multipart(spool, parameters.get(b"boundary"))
    else:
        found = Received((Upload(spool.read(), None, content_type),), {})
    if not found.uploads:
        raise InvalidRequest([_row("/file", "MISSING")])
    for upload in found.uploads:
        if not upload.data:
            raise InvalidRequest([_row(pointer(upload.field), "EMPTY")])
    return found


def _parse_multipart(spool: "SpooledTemporaryFile[bytes]", boundary: bytes | None) -> Received:
    uploads: list[Upload] = []
    options: list[bytes] = []
    fields: dict[str, str] = {}
    ended: list[bool] = []

    def on_file(file: File) -> None:
        # In memory always: MAX_MEMORY_FILE_SIZE is off and the route's limit has been kept.
        file.file_object.seek(0)
        data = file.file_object.read()
        file.close()
        name = _text(file.field_name)
        if name == _OPTIONS_PART:
            options.append(data)
            return
        uploads.append(Upload(data, _text(file.file_name), file.content_type, name))
        _limit_parts(len(uploads))

    def on_field(part: Field) -> None:
        if part.field_name == _OPTIONS_PART.encode():
            options.append(part.value or b"")
            return
        fields[_text(part.field_name)] = _text((part.value or b"")[:_MAX_FIELD_BYTES])
        _limit_parts(len(fields))

    try:
        parser = FormParser(
            MULTIPART,
            on_field,
            on_file,
            on_end=lambda: ended.append(True),
            boundary=boundary,
            config={"MAX_MEMORY_FILE_SIZE": float("inf"), "UPLOAD_ERROR_ON_BAD_CTE": True},
        )
        while chunk := spool.read(SPOOL_BYTES):
            parser.write(chunk)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise MalformedRequest(reason="MULTIPART") from error
    if not ended:
        raise MalformedRequest(reason="MULTIPART_CUT_OFF")
    return Received(tuple(uploads), _options(options), fields)


def _limit_parts(count: int) -> None:
    if count > _MAX_PARTS:
        raise MalformedRequest(reason="TOO_MANY_PARTS")


def _options(parts: list[bytes]) -> JsonObject:
    if not parts:
        return {}
    if len(parts) > 1 or len(parts[0]) > _MAX_OPTIONS_BYTES:
        raise MalformedRequest(reason="OPTIONS_PART")
    try:
        found = json.loads(parts[0])
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(reason="OPTIONS_JSON") from error
    if not isinstance(found, dict):
        raise InvalidRequest([_row("", "OBJECT_EXPECTED")])
    return found


def _text(name: bytes | None) -> str:
    return (name or b"").decode("utf-8", "replace")


def _row(at: str, code: str, place: str = "body") -> ProblemRow:
    return ProblemRow.model_validate({"in": place, "pointer": at, "code": code, "detail": code})
