"""What is settled before an endpoint runs: rate, method, query names, length of the body.

Pure ASGI, so that context variables reach the endpoint's thread. HEAD is GET without the body,
OPTIONS names the methods, an unknown query parameter is an error.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import optional_principal, principal
from api.batch_uploads import BATCH_BODY_BYTES, received_batch
from api.context import header, request_info
from api.deps import Services
from api.load import Hold, Job, JobSlots, TooManyRunning, UploadBudget, set_job
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
from sealsvc.ports import WorkMeter, work_meter

BODY_LIMIT_BYTES = 1024 * 1024
UNLIMITED_PATHS = frozenset({"/healthz", "/readyz", "/version", "/metrics"})
WINDOW_S = 60
FREE_S = 1.0
"""Work of a worker on a document that costs nothing beyond the request itself."""
_TABLE_SIZE = 50_000
_UNAUTHORIZED = 401
_HEAVY = {"format": ("pdf", "etsi"), "level": ("detailed", "diagnostic")}


class Quota:
    """Token buckets by address, the least recently used one forgotten first.

    A bucket holds `per_minute` tokens and fills up in one minute; 0 = no limit. exempt: networks
    in CIDR form. clock: seconds that never go back.
    """

    def __init__(
        self,
        per_minute: int,
        exempt: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.quota = per_minute
        self._exempt = [ipaddress.ip_network(network) for network in exempt]
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, cost: int = 1) -> float | None:
        """Some tokens: what is left afterwards, below zero when there were too few and none was
        taken; None if exempt. What costs more than a whole bucket takes a whole one."""
        key = self.key(address)
        if key is None or self.quota <= 0:
            return None
        cost = min(cost, self.quota)
        tokens = self._tokens(key)
        left = tokens - cost
        self._put(key, left if left >= 0 else tokens)
        return left

    def charge(self, address: str, cost: float) -> None:
        """Take tokens for what was done already; a bucket owes at most one minute's."""
        key = self.key(address)
        if key is not None and self.quota > 0 and cost > 0:
            self._put(key, max(-float(self.quota), self._tokens(key) - cost))

    def left(self, address: str) -> float | None:
        """What `take` would leave, taking nothing."""
        key = self.key(address)
        return None if key is None or self.quota <= 0 else self._tokens(key) - 1

    def seconds_until(self, left: float) -> int:
        """Whole seconds until as many more tokens are there, at least one."""
        return max(1, math.ceil(-left * WINDOW_S / self.quota))

    def headers(self, left: float) -> dict[str, str]:
        """Source: draft-ietf-httpapi-ratelimit-headers-11 sections 3 and 4."""
        reset = max(0, math.ceil((self.quota - max(left, 0)) * WINDOW_S / self.quota))
        return {
            "RateLimit-Policy": f'"permin";q={self.quota};w={WINDOW_S}',
            "RateLimit": f'"permin";r={max(0, math.floor(left))};t={reset}',
        }

    def key(self, address: str) -> str | None:
        """By what an address is counted; an IPv6 /64 is one, None is exempt."""
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

    def _tokens(self, key: str) -> float:
        now = self._clock()
        tokens, at = self._buckets.get(key, (float(self.quota), now))
        return min(float(self.quota), tokens + (now - at) * self.quota / WINDOW_S)

    def _put(self, key: str, tokens: float) -> None:
        self._buckets[key] = (tokens, self._clock())
        self._buckets.move_to_end(key)
        if len(self._buckets) > _TABLE_SIZE:
            self._buckets.popitem(last=False)


@dataclass(frozen=True)
class _Call:
    """One request as the guard counts it. keyed: it claims a key where a route reads one."""

    address: str
    key: str | None
    keyed: bool
    upload: bool
    heavy: bool
    endpoint: Endpoint | None


class GuardMiddleware:
    """Refuses what no endpoint should see, and notes the route for those behind it."""

    def __init__(self, app: ASGIApp, *, application: FastAPI, services: Services) -> None:
        self.app = app
        self.table = RouteTable(application)
        self.limits = limits = services.rate_limits
        self.quota = Quota(limits.per_minute, limits.exempt)
        self.failures = Quota(limits.failed_keys_per_minute, limits.exempt)
        self.budget = UploadBudget(limits.upload_bytes, limits.upload_bytes_per_address)
        self.slots = JobSlots(limits.jobs_per_address, limits.job_wait_s)
        self.upload_limit = services.deps.config.max_document_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        found = self.table.find(scope["path"], _wanted(scope["method"]))
        call = self._call(scope, found.endpoint if found else None)
        if call.endpoint is not None:
            request_info(scope).route = call.endpoint.template
        left = self._take(scope, call)
        if left is not None:
            send = _with_headers(send, self.quota.headers(left))
        hold = Hold(self.budget, None if call.keyed else call.key)
        try:
            if left is not None and left < 0:
                raise QuotaExceeded(retry_after_s=self.quota.seconds_until(left))
            self._require_few_failures(call)
            answer = _settle(scope, found)
            receive = self._limited(scope, receive, call, hold)
        except ServiceError as error:
            answer = problem_response(scope, error)
        if answer is not None:
            await answer(scope, receive, send)
            return
        try:
            await self._run(scope, receive, send, call)
        finally:
            hold.release()

    def _call(self, scope: Scope, endpoint: Endpoint | None) -> _Call:
        client: Sequence[object] | None = scope.get("client")
        address = str(client[0]) if client else "local"
        reads_key = endpoint is not None and endpoint.uses(principal, optional_principal)
        upload = endpoint is not None and endpoint.uses(received_form, form_or_problem)
        page = endpoint is not None and endpoint.uses(form_or_problem)
        return _Call(
            address=address,
            key=self.quota.key(address),
            keyed=reads_key and header(scope, b"authorization") is not None,
            upload=upload,
            heavy=page or (endpoint is not None and _is_heavy(scope["query_string"])),
            endpoint=endpoint,
        )

    def _take(self, scope: Scope, call: _Call) -> float | None:
        if scope["path"] in UNLIMITED_PATHS or call.keyed:
            return None
        return self.quota.take(call.address, self.limits.cost_heavy if call.heavy else 1)

    def _require_few_failures(self, call: _Call) -> None:
        """Raises: QuotaExceeded when the address sent too many keys that are none."""
        left = self.failures.left(call.address) if call.keyed else None
        if left is not None and left < 0:
            raise QuotaExceeded(retry_after_s=self.failures.seconds_until(left))

    async def _run(self, scope: Scope, receive: Receive, send: Send, call: _Call) -> None:
        """The application behind, with the slot that a nameless caller's document needs."""
        if call.keyed:
            await self._forward(scope, receive, self._counting_failures(send, call), call.endpoint)
            return
        if call.key is None or not (call.upload or call.heavy):
            await self._forward(scope, receive, send, call.endpoint)
            return
        job, meter = Job(self.slots, call.key), WorkMeter()
        token = work_meter.set(meter)
        try:
            if call.upload:
                set_job(scope, job)  # begun once the body is there
            else:
                await job.begin()
            await self._forward(scope, receive, send, call.endpoint)
        except TooManyRunning as error:  # from `begin`; of uploads the application tells itself
            await problem_response(scope, error)(scope, receive, send)
        finally:
            work_meter.reset(token)
            job.end()
            cost = max(0.0, meter.seconds - FREE_S) * self.limits.cost_per_second
            self.quota.charge(call.address, cost)

    def _counting_failures(self, send: Send, call: _Call) -> Send:
        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == _UNAUTHORIZED:
                self.failures.charge(call.address, 1)
                self.quota.charge(call.address, 1)
            await send(message)

        return watched

    async def _forward(
        self, scope: Scope, receive: Receive, send: Send, endpoint: Endpoint | None
    ) -> None:
        if scope["method"] == "HEAD":
            await self._head(scope, receive, send, endpoint)
        else:
            await self.app(scope, receive, send)

    def _limited(self, scope: Scope, receive: Receive, call: _Call, hold: Hold) -> Receive:
        limit, allowance = BODY_LIMIT_BYTES, 0
        if call.endpoint is not None and call.endpoint.uses(received_batch):
            limit = BATCH_BODY_BYTES
        elif call.upload:
            limit = self.upload_limit
            kind = header(scope, b"content-type") or ""
            allowance = MULTIPART_OVERHEAD_BYTES if kind.lower().startswith("multipart/") else 0
        declared = header(scope, b"content-length") or "0"
        if not declared.isascii() or not declared.isdigit() or len(declared) > 18:
            raise MalformedRequest(reason="CONTENT_LENGTH")
        if int(declared) > limit + allowance:
            raise TooLarge(limit_bytes=limit)
        hold.foresee(int(declared))
        count = 0

        async def counted() -> Message:
            nonlocal count
            message = await receive()
            if message["type"] == "http.request":
                size = len(message.get("body", b""))
                count += size
                if count > limit + allowance:
                    raise TooLarge(limit_bytes=limit)
                hold.add(size)
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


def _is_heavy(query_string: bytes) -> bool:
    """Whether a report is wanted in a form that is drawn, or judged once more."""
    if not query_string:
        return False
    given = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    return any(value in _HEAVY.get(name, ()) for name, value in given)


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
