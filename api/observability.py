"""What the operator sees: request ids, access log, metrics; and the last net for exceptions.

Logs carry neither query strings nor headers: both may hold secrets.
"""

import logging
import re
import sys
import time
from collections.abc import Callable

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.context import RequestInfo, header, request_info
from api.problems import problem_response
from sealsvc.ports import Rng
from sealsvc.values import random_id

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
}

_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}", re.ASCII)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_BUCKETS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_access = structlog.get_logger("sealsvc.access")


def configure_logging() -> None:
    """One JSON object a line on standard output, for us and for what others log."""
    stamps: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # no local variables: they hold secrets
    ]
    written = structlog.processors.JSONRenderer(ensure_ascii=False)
    others = logging.StreamHandler(sys.stdout)
    others.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *stamps],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, written],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[others], force=True)
    logging.getLogger("uvicorn.access").disabled = True  # ours says more, and no query string
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *stamps,
            written,
        ],
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )


class Metrics:
    """The application's own registry, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "http_requests", "Answers sent.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "http_request_seconds",
            "Time to the end of the answer.",
            ("method", "route"),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self.running = Gauge(
            "http_requests_running", "Requests being answered.", registry=self.registry
        )
        ProcessCollector(registry=self.registry)

    def observe(self, info: RequestInfo, status: int, seconds: float) -> None:
        """Count one answer."""
        method = info.method if info.method in _METHODS else "OTHER"
        self.requests.labels(method, info.route, str(status)).inc()
        self.seconds.labels(method, info.route).observe(seconds)


class ObservabilityMiddleware:
    """Outermost: gives the id, measures, logs, adds the headers all answers share.

    clock: seconds that never go back.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        rng: Rng,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.rng = rng
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        info = request_info(scope)
        info.request_id = self._request_id(scope)
        started, status = self.clock(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _stamp(message, info.request_id, self.clock() - started)
            await send(message)

        with self.metrics.running.track_inprogress():
            try:
                await self.app(scope, receive, noting)
            except Exception as error:
                response = problem_response(scope, error)  # logs it with the traceback
                if status:
                    raise  # half an answer is out: only breaking the connection is honest
                await response(scope, receive, noting)
            finally:
                self._note(scope, info, status or 499, self.clock() - started)

    def _request_id(self, scope: Scope) -> str:
        given = header(scope, b"x-request-id")
        if given is not None and _SANE_ID.fullmatch(given):
            return given
        return random_id("req", self.rng.bytes(16))

    def _note(self, scope: Scope, info: RequestInfo, status: int, seconds: float) -> None:
        self.metrics.observe(info, status, seconds)
        if scope["path"] in _QUIET and status < 400:
            return
        client = scope.get("client")
        _access.info(
            "request",
            requestId=info.request_id,
            method=info.method,
            path=scope["path"],
            route=info.route,
            status=status,
            ms=round(seconds * 1000, 2),
            client=info.principal.client_id if info.principal else None,
            address=client[0] if client else None,
        )


def _stamp(message: Message, request_id: str, seconds: float) -> None:
    headers = MutableHeaders(raw=message["headers"])
    headers["X-Request-Id"] = request_id
    headers["Server-Timing"] = f"total;dur={seconds * 1000:.2f}"
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
