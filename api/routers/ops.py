"""Is it alive, is it ready, which version, how much: for operators and probes."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import Field

from api.deps import Services_
from api.observability import Metrics
from api.schemas.common import ResponseModel

router = APIRouter(tags=["operations"])


class Health(ResponseModel):
    """The process answers."""

    status: str


class Readiness(ResponseModel):
    """Whether traffic may come, and each check by name."""

    ready: bool
    checks: dict[str, bool] = Field(description="database, workers, log")


class Version(ResponseModel):
    """Which build this is."""

    name: str
    version: str


@router.get("/healthz")
async def healthz() -> Health:
    """The process lives; asks nothing else."""
    return Health(status="ok")


@router.get(
    "/readyz", responses={503: {"model": Readiness, "description": "Not ready for traffic."}}
)
def readyz(services: Services_, response: Response) -> Readiness:
    """Whether every check holds; 503 until then."""
    checks = {"started": services.started, **services.ready()}
    ready = all(checks.values())
    response.status_code = 200 if ready else 503
    return Readiness(ready=ready, checks=checks)


@router.get("/version")
def version(services: Services_) -> Version:
    """The version that runs."""
    return Version(name="sealsvc", version=services.version)


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """Prometheus text of this process."""
    found: Metrics = request.app.state.metrics
    return Response(generate_latest(found.registry), media_type=CONTENT_TYPE_LATEST)
