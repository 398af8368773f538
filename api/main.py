"""The application: routers, handlers, middleware, and the services' start and stop."""

import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from anyio import to_thread
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware

from api import openapi, problems
from api.deps import Services
from api.idempotency import IdempotencyMiddleware
from api.limits import GuardMiddleware
from api.observability import Metrics, ObservabilityMiddleware, configure_logging
from api.pages import trace as trace_pages
from api.pages import transactions as transaction_pages
from api.pages import views
from api.routers import (
    audit,
    batches,
    comparisons,
    compat,
    contract_templates,
    contracts,
    entities,
    imports,
    invoices,
    log,
    ops,
    permits,
    pki,
    receipts,
    sealings,
    seals,
    trace,
    transactions,
    verifications,
)
from api.routers import problems as problem_pages
from api.routes import RouteTable

ROUTERS: tuple[APIRouter, ...] = (
    ops.router,
    problem_pages.router,
    imports.router,
    entities.router,
    permits.router,
    seals.router,
    batches.router,
    sealings.router,
    contract_templates.router,
    contracts.router,
    invoices.router,
    verifications.router,
    comparisons.router,
    compat.router,
    trace.router,
    receipts.router,
    audit.router,
    views.router,
    trace_pages.router,
    transactions.router,
    transaction_pages.router,
    log.router,
    pki.router,
)

# As many as the engine's pool has connections (16 + 32), so that no thread waits for one.
THREADS = 48


def create_app(services: Services | None, routers: tuple[APIRouter, ...] = ROUTERS) -> FastAPI:
    """The whole application over these services; without any it can only describe itself."""
    app = FastAPI(
        title="sealsvc",
        version=openapi.API_VERSION,
        summary="Electronic seals and trusted transactions",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        lifespan=_lifespan,
    )
    for router in routers:
        app.include_router(router)
    problems.install(app)
    openapi.install(app)
    if services is not None:
        _wire(app, services)
    return app


def app_from_environment() -> FastAPI:
    """Factory for the server's worker processes; settings come from the environment."""
    # Not at the top: describing the application must not load adapters and settings.
    from sealsvc.settings import Settings
    from sealsvc.worker import service_from

    configure_logging()
    _end_with_supervisor()
    return create_app(cast(Services, service_from(Settings())))


def _end_with_supervisor() -> None:
    """One of several server processes stops in order when the one that started them is killed.

    It would hold the port otherwise, and nobody would restart it.
    """
    supervisor = multiprocessing.parent_process()
    if supervisor is None:
        return

    def watch() -> None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()


def _wire(app: FastAPI, services: Services) -> None:
    """Middleware, the last added being the outermost."""
    app.state.services = services
    app.state.metrics = Metrics()
    app.add_middleware(IdempotencyMiddleware, services=services, table=RouteTable(app))
    app.add_middleware(GuardMiddleware, application=app, services=services)
    if services.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(services.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", "Accept-Language"],
            expose_headers=["X-Request-Id", "Retry-After", "RateLimit", "Location"],
        )
    app.add_middleware(ObservabilityMiddleware, metrics=app.state.metrics, rng=services.deps.rng)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    await to_thread.run_sync(services.start)
    try:
        yield
    finally:
        await to_thread.run_sync(services.stop)


def _operation_id(route: APIRoute) -> str:
    return route.name
