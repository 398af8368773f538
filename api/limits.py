"""What is settled before an endpoint runs: rate, method, query names, length of the body.

Pure ASGI, so that context variables reach the endpoint's thread. HEAD is GET without the body,
OPTIONS names the methods, an unknown query parameter is an error.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import optional_principal, principal
from api.context import header, request_info
from api.deps import RateLimits, Services
from api.problems import (
    InvalidRequest,
    MalformedRequest,
    MethodNotAllowed,
    QuotaExceeded,
    TooLarge,
    pointer,
    problem_response,
)
from api.routes import Endpoint, Found, RouteTable
from api.schemas.common import ProblemRow
from api.uploads import MULTIPART_OVERHEAD_BYTES, form_or_problem, received_form
from sealsvc.errors import ServiceError

BODY_LIMIT_BYTES = 1024 * 1024
UNLIMITED_PATHS = frozenset({"/healthz", "/readyz", "/version", "/metrics"})
WINDOW_S = 60
_TABLE_SIZE = 50_000


class Quota:
    """Token buckets by address, the least recently used one forgotten first.

    A bucket holds `limits.per_minute` tokens and fills up in one minute. clock: seconds that
    never go back.
    """

    def __init__(self, limits: RateLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self.quota = limits.per_minute
        self._exempt = [ipaddress.ip_network(network) for network in limits.exempt]
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> float | None:
        """One token: what is left afterwards, below zero when there was none; None if exempt."""
        key = self._key(address)
        if key is None or self.quota <= 0:
            return None
        now = self._clock()
        tokens, at = self._buckets.pop(key, (float(self.quota), now))
        left = min(float(self.quota), tokens + (now - at) * self.quota / WINDOW_S) - 1
        self._buckets[key] = (max(left, 0) if left >= 0 else left + 1, now)
        if len(self._buckets) > _TABLE_SIZE:
            self._buckets.popitem(last=False)
        return left

    def seconds_until(self, left: float) -> int:
        """Whole seconds until one more token is there, at least one."""
        return max(1, math.ceil(-left * WINDOW_S / self.quota))

    def headers(self, left: float) -> dict[str, str]:
        """Source: draft-ietf-httpapi-ratelimit-headers-11 sections 3 and 4."""
        reset = max(0, math.ceil((self.quota - max(left, 0)) * WINDOW_S / self.quota))
        return {
            "RateLimit-Policy": f'"permin";q={self.quota};w={WINDOW_S}',
            "RateLimit": f'"permin";r={max(0, math.floor(left))};t={reset}',
        }

    def _key(self, address: str) -> str | None:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return address  # a Unix socket, or a proxy's own name
        if ip.version == 6 and ip.ipv4_mapped is not None:  # else all of IPv4 is one /64
            ip = ip.ipv4_mapped
        if any(ip in network for network in self._exempt):
            return None
        if ip.version == 6:
            return str(ipaddress.ip_network((ip, 64), strict=False))
        return str(ip)


class GuardMiddleware:
    """Refuses what no endpoint should see, and notes the route for those behind it."""

    def __init__(self, app: ASGIApp, *, application: FastAPI, services: Services) -> None:
        self.app = app
        self.table = RouteTable(application)
        self.quota = Quota(services.rate_limits)
        self.upload_limit = services.deps.config.max_document_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        found = self.table.find(scope["path"], _wanted(scope["method"]))
        endpoint = found.endpoint if found else None
        if endpoint is not None:
            request_info(scope).route = endpoint.template
        left = self._take(scope, endpoint)
        if left is not None:
            send = _with_headers(send, self.quota.headers(left))
        try:
            if left is not None and left < 0:
                raise QuotaExceeded(retry_after_s=self.quota.seconds_until(left))
            answer = _settle(scope, found)
            receive = self._limited(scope, receive, endpoint)
        except ServiceError as error:
            answer = problem_response(scope, error)
        if answer is not None:
            await answer(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._head(scope, receive, send, endpoint)
        else:
            await self.app(scope, receive, send)

    def _take(self, scope: Scope, endpoint: Endpoint | None) -> float | None:
        if scope["path"] in UNLIMITED_PATHS:
            return None
        reads_key = endpoint is not None and endpoint.uses(principal, optional_principal)
        if reads_key and header(scope, b"authorization") is not None:
            return None
        client: Sequence[object] | None = scope.get("client")
        return self.quota.take(str(client[0]) if client else "local")

    def _limited(self, scope: Scope, receive: Receive, endpoint: Endpoint | None) -> Receive:
        limit, allowance = BODY_LIMIT_BYTES, 0
        if endpoint is not None and endpoint.uses(received_form, form_or_problem):
            limit = self.upload_limit
            kind = header(scope, b"content-type") or ""
            allowance = MULTIPART_OVERHEAD_BYTES if kind.lower().startswith("multipart/") else 0
        declared = header(scope, b"content-length") or "0"
        if not declared.isascii() or not declared.isdigit() or len(declared) > 18:
            raise MalformedRequest(reason="CONTENT_LENGTH")
        if int(declared) > limit + allowance:
            raise TooLarge(limit_bytes=limit)
        count = 0

        async def counted() -> Message:
            nonlocal count
            message = await receive()
            if message["type"] == "http.request":
                count += len(message.get("body", b""))
                if count > limit + allowance:
                    raise TooLarge(limit_bytes=limit)
            return message

        return counted

    async def _head(
        self, scope: Scope, receive: Receive, send: Send, endpoint: Endpoint | None
    ) -> None:
        if endpoint is None or "HEAD" in endpoint.methods or not endpoint.methods:
            await self.app(scope, receive, send)
            return
        scope["method"] = "GET"

        async def bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app(scope, receive, bodiless)


def _wanted(method: str) -> str:
    return "GET" if method == "HEAD" else method


def _settle(scope: Scope, found: Found | None) -> Response | None:
    """The answer for what needs no endpoint, None for what does. Raises: ServiceError."""
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        raise MalformedRequest(reason="NUL")
    if found is None:
        return None
    if found.endpoint is None:
        extra = {"OPTIONS", "HEAD"} if "GET" in found.methods else {"OPTIONS"}
        allow = ", ".join(sorted(found.methods | extra))
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allow})
        raise MethodNotAllowed(allow=allow)
    if found.endpoint.query is not None:
        _check_query(scope["query_string"], found.endpoint.query)
    return None


def _check_query(query_string: bytes, declared: frozenset[str]) -> None:
    if not query_string:
        return
    given = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    unknown = sorted({name for name, _ in given} - declared)
    if unknown:
        raise InvalidRequest(
            [
                ProblemRow.model_validate(
                    {
                        "in": "query",
                        "pointer": pointer(name[:100]),
                        "code": "EXTRA_FORBIDDEN",
                        "detail": "unknown query parameter",
                    }
                )
                for name in unknown[:20]
            ]
        )


def _with_headers(send: Send, extra: dict[str, str]) -> Send:
    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(raw=message["headers"]).update(extra)
        await send(message)

    return adding
