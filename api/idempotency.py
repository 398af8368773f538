"""`Idempotency-Key` on authenticated writes: buffer, claim, run or replay.

Pure ASGI: the context variable that marks the key must reach the endpoint's thread, which a
BaseHTTPMiddleware does not promise. Answers are stored before they leave.
"""

import hashlib
import re
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from traceback import format_exception
from typing import Annotated

import structlog
from anyio import to_thread
from fastapi import Depends, Header, Request
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import authenticate, optional_principal, principal
from api.context import header, headers_named, request_info
from api.deps import Services
from api.problems import MalformedRequest, problem_response
from api.routes import RouteTable
from api.uploads import SPOOL_BYTES
from ca.errors import CaError
from sealsvc.areas.access import idempotency
from sealsvc.areas.access.idempotency import Begun, Replay
from sealsvc.errors import BadInput, ServiceError

METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CHUNK_BYTES = 256 * 1024
_TEMPORARY = frozenset({408, 425, 429})
_KEY = re.compile(r'"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255})', re.ASCII)
_log = structlog.get_logger("sealsvc.idempotency")


class IdempotencyKeyMissing(BadInput):
    """The route demands an Idempotency-Key."""

    code = "IDEMPOTENCY_KEY_MISSING"


async def require_idempotency_key(
    request: Request,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> str:
    """Dependency of routes where the key is required. Raises: IdempotencyKeyMissing."""
    key = parse_key(request.scope)
    if key is None:
        raise IdempotencyKeyMissing()
    return key


async def resumable_key(key: Annotated[str, Depends(require_idempotency_key)]) -> str:
    """Dependency of routes that keep track of the key themselves and stream their answer: a
    repeated request continues the work, so the middleware leaves it alone.
    """
    return key


def parse_key(scope: Scope) -> str | None:
    """The key, a quoted structured-field string or bare; None without one.

    Raises: MalformedRequest. Source: draft-ietf-httpapi-idempotency-key-header-07 section 2.1.
    """
    given = headers_named(scope, b"idempotency-key")
    if not given:
        return None
    found = _KEY.fullmatch(given[0].strip())
    if found is None or len(given) > 1:
        raise MalformedRequest(reason="IDEMPOTENCY_KEY")
    return found[1] or found[2]


class IdempotencyMiddleware:
    """Runs a keyed write once; behind the guard, which limits the body."""

    def __init__(self, app: ASGIApp, *, services: Services, table: RouteTable) -> None:
        self.app = app
        self.services = services
        self.table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] not in METHODS:
            await self.app(scope, receive, send)
            return
        with SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
            try:
                begun = await self._begin(scope, receive, spool)
            except (ServiceError, CaError, HTTPException) as error:
                await problem_response(scope, error)(scope, receive, send)
                return
            except ClientDisconnect:
                return
            if begun is None:
                await self.app(scope, receive, send)
            elif isinstance(begun, Replay):
                await _replayed(begun)(scope, receive, send)
            else:
                await self._run(scope, _replaying(spool, receive), send, begun)

    async def _begin(
        self, scope: Scope, receive: Receive, spool: "SpooledTemporaryFile[bytes]"
    ) -> Begun | Replay | None:
        """A claim, the earlier answer, or None where no key is in play."""
        key = parse_key(scope)
        found = self.table.find(scope["path"], scope["method"])
        endpoint = found.endpoint if found else None
        if key is None or endpoint is None or not endpoint.uses(principal, optional_principal):
            return None
        if endpoint.uses(resumable_key):
            return None
        client = await authenticate(scope, self.services)
        if client is None:
            return None
        fingerprint = await _fingerprint(scope, receive, spool)
        route = f"{scope['method']} {endpoint.template} {_short(scope['path'])}"
        return await to_thread.run_sync(
            idempotency.begin, self.services.deps, client.client_id, route, key, fingerprint
        )

    async def _run(self, scope: Scope, receive: Receive, send: Send, begun: Begun) -> None:
        answer = _Answer()
        try:
            with idempotency.running(begun):
                await self.app(scope, receive, answer.take)
        except Exception:
            await self._settle(begun, None, scope)
            raise
        await self._settle(begun, answer, scope)
        for message in answer.messages():
            await send(message)

    async def _settle(self, begun: Begun, answer: "_Answer | None", scope: Scope) -> None:
        """Keep the answer, or give the key back; a failure here never hides the answer."""
        deps = self.services.deps
        try:
            if answer is None or not answer.lasting:
                await to_thread.run_sync(idempotency.abandon, deps, begun)
                return
            kept = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in answer.headers)
            body = bytes(answer.body)
            await to_thread.run_sync(idempotency.finish, deps, begun, answer.status, kept, body)
        except Exception as error:
            request_id, trace = request_info(scope).request_id, "".join(format_exception(error))
            _log.error("answer_not_kept", requestId=request_id, traceback=trace)


@dataclass
class _Answer:
    """A response held back until it is stored."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    @property
    def lasting(self) -> bool:
        """Whether the same request would be answered the same later."""
        return 0 < self.status < 500 and self.status not in _TEMPORARY

    async def take(self, message: Message) -> None:
        """ASGI send."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(bytes(k), bytes(v)) for k, v in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def messages(self) -> tuple[Message, Message]:
        """The response as ASGI messages."""
        return (
            {"type": "http.response.start", "status": self.status, "headers": self.headers},
            {"type": "http.response.body", "body": bytes(self.body), "more_body": False},
        )


def _replayed(found: Replay) -> Response:
    response = Response(found.body, found.status)
    response.raw_headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in found.headers
    ]
    response.headers["Idempotency-Replayed"] = "true"
    return response


async def _fingerprint(scope: Scope, receive: Receive, spool: "SpooledTemporaryFile[bytes]") -> str:
    """SHA-256 over method, path, query and body; the body goes into the spool.

    Raises: ClientDisconnect, TooLarge.
    """
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect()
        spool.write(message.get("body", b""))
        more = message.get("more_body", False)
    kind, parameters = parse_options_header(header(scope, b"content-type"))
    boundary = parameters.get(b"boundary", b"") if kind.startswith(b"multipart/") else b""
    head = (scope["method"].encode(), scope["path"].encode(), scope["query_string"])
    return await to_thread.run_sync(_digest, head, spool, boundary)


def _digest(head: tuple[bytes, ...], spool: "SpooledTemporaryFile[bytes]", boundary: bytes) -> str:
    digest = hashlib.sha256()
    for part in head:
        digest.update(len(part).to_bytes(8, "big") + part)
    spool.seek(0)
    if boundary:  # clients draw a new boundary for each try of the same form
        digest.update(spool.read().replace(b"--" + boundary, b"--"))
    else:
        while chunk := spool.read(_CHUNK_BYTES):
            digest.update(chunk)
    spool.seek(0)
    return digest.hexdigest()


def _replaying(spool: "SpooledTemporaryFile[bytes]", receive: Receive) -> Receive:
    """`receive` over the spooled body, then the connection's own."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        chunk = spool.read(_CHUNK_BYTES)
        sent = len(chunk) < _CHUNK_BYTES
        return {"type": "http.request", "body": chunk, "more_body": not sent}

    return again


def _short(path: str) -> str:
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]
