"""`http.{seal,verify}.stage.*`: processor time of one request, by what it is spent on.

The real server, in a thread of this process, with its worker processes; wrk asks from outside.
Stages of the server are clocked by thread, without those inside them; what workers do is told by
the sandbox, by the function that runs. `http` is what is left of the process: reading and writing
requests, routing, middleware, hops between threads. The stages sum up to `.stage.total`.
"""

import importlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar, cast

import structlog
import uvicorn

from api.demo.command import free_port, own_service
from api.deps import Services
from api.main import create_app
from api.observability import configure_logging
from bench.bulk import Stages
from bench.http import has_wrk
from bench.load import Request, saturate
from bench.scene import scene
from bench.timing import Row, alone
from sealsvc.app import build
from sealsvc.ports import Sandbox, WorkMeter, work_meter
from sealsvc.settings import Settings
from sealsvc.worker import Service

P = ParamSpec("P")
T = TypeVar("T")

SECONDS = int(os.environ.get("BENCH_STAGE_SECONDS", "8"))
_START_S = 60.0
_WARM_SECONDS = 2
UNIT = "s CPU a request"

# Stage, module, class or "", members. What is missing is told and counts to what surrounds it.
POINTS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("auth", "sealsvc.areas.access.service", "", ("authenticate",)),
    ("gather", "sealsvc.areas.verification.gathering", "", ("gather",)),
    ("queries", "sqlalchemy.orm", "Session", ("execute", "scalars", "scalar", "get")),
    ("facts and commit", "sealsvc.storage.uow", "UnitOfWork", ("commit",)),
    ("blobs", "sealsvc.adapters.blobs_fs", "FileBlobs", ("put", "put_named", "get")),
    ("sign", "ca.keys.software", "SoftwareSigner", ("sign",)),
    ("sign", "ca.keys.software", "SoftwareKeyStore", ("signer",)),
    ("sequence", "sealsvc.storage.logbook", "Logbook", ("sequence",)),
    ("record", "sealsvc.areas.verification.keeping", "", ("keep",)),
    ("record", "sealsvc.areas.sealing.service.record", "", ("authorise", "complete")),
    ("render", "sealsvc.areas.verification.keeping", "", ("judged_members",)),
)
# By a word in the name of what runs in a worker, the first that fits.
WORKER_STAGES = (
    ("judge", "judge"),
    ("fault", "judge"),
    ("sound", "judge"),
    ("prepare", "prepare"),
    ("finish", "finish"),
    ("page_size", "read"),
    ("read", "read"),
)


def worker_stage(function: str) -> str:
    """The stage a function in a worker belongs to; `work` for what is not known."""
    return next((stage for word, stage in WORKER_STAGES if word in function), "work")


@dataclass(frozen=True)
class Metered:
    """The sandbox, its workers' time counted by stage, its own as `pipes`."""

    inner: Sandbox
    stages: Stages
    lock: threading.Lock

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As the inner one."""
        outer, meter = work_meter.get(), WorkMeter()
        token = work_meter.set(meter)
        try:
            return self.stages.timed("pipes", self.inner.run)(function, *args, **kwargs)
        finally:
            work_meter.reset(token)
            if outer is not None:
                outer.seconds += meter.seconds
            with self.lock:
                stage = worker_stage(getattr(function, "__name__", ""))
                self.stages.seconds[f"{stage} (worker)"] += meter.seconds

    def ready(self) -> bool:
        """As the inner one."""
        return self.inner.ready()


@contextmanager
def clocked(stages: Stages) -> Iterator[None]:
    """Count the stages of `POINTS` in the block, wherever their functions were imported."""
    undo: list[tuple[object, str, object]] = []
    try:
        for stage, module, owner, members in POINTS:
            for member in members:
                undo += _clock(stages, stage, (module, owner, member))
        yield
    finally:
        for place, name, value in reversed(undo):
            setattr(place, name, value)


def _clock(
    stages: Stages, stage: str, point: tuple[str, str, str]
) -> list[tuple[object, str, object]]:
    module, owner, member = point
    found = importlib.import_module(module)
    place: object = getattr(found, owner, None) if owner else found
    call = getattr(place, member, None)
    if place is None or call is None:
        print(f"  http.stage: there is no {module}.{owner}.{member}", file=sys.stderr)
        return []
    timed = stages.timed(stage, call)
    places = [place] if owner else _importers(call, member)
    for one in places:
        setattr(one, member, timed)
    return [(one, member, call) for one in places]


def _importers(function: object, name: str) -> list[object]:
    """Every module of ours that knows the function by its name."""
    ours = ("api", "sealsvc", "ca")
    return [
        module
        for known, module in list(sys.modules.items())
        if known.partition(".")[0] in ours and getattr(module, name, None) is function
    ]


@contextmanager
def served(data: Path, stages: Stages) -> Iterator[str]:
    """A service in a thread of this process, its stages counted; its address."""
    _quiet()
    parts = build(Settings(data=data))
    service = Service(parts)
    service.deps = replace(service.deps, sandbox=Metered(parts.sandbox, stages, threading.Lock()))
    port = free_port()
    # The options of `api.cli serve`.
    config = uvicorn.Config(
        create_app(cast(Services, service)),
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        http="h11",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + _START_S
        while not (server.started and parts.sandbox.ready()):
            if time.monotonic() > until or not thread.is_alive():
                raise RuntimeError("the service did not come up in this process")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(_START_S)


def _quiet() -> None:
    """Write the log as a server does, but nowhere."""
    configure_logging()
    # Never closed: loggers keep it for as long as the process lives.
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(nowhere))


def stage_seconds(seconds: Mapping[str, float], process: float, requests: int) -> dict[str, float]:
    """CPU a request by stage. seconds: by stage, workers' with `(worker)`; process: the server's.

    `http` is the server's rest, never below nothing; `total` is all.
    """
    workers = {name for name in seconds if name.endswith("(worker)")}
    inside = sum(spent for name, spent in seconds.items() if name not in workers)
    found: dict[str, float] = {"http": max(0.0, process - inside) / requests}
    for name, spent in seconds.items():
        short = name.removesuffix(" (worker)").replace(" ", "-")
        found[short] = found.get(short, 0.0) + spent / requests
    return {**found, "total": sum(found.values())}


def stage_rows() -> list[Row]:
    """The rows of sealing and verifying."""
    if not has_wrk("http.*.stage"):
        return []
    with TemporaryDirectory(prefix="sealsvc-bench-stages-") as folder:
        data = Path(folder) / "data"
        with own_service(data) as url:
            asked = scene(url, data)
        stages = Stages()
        with clocked(stages), served(data, stages) as url:
            print("  http stages", file=sys.stderr)
            sealing = _measured(url, asked.seal, stages)
            verifying = _measured(url, asked.verify, stages)
    return [
        alone(f"http.{name}.stage.{stage}", UNIT, [spent])
        for name, found in (("seal", sealing), ("verify", verifying))
        for stage, spent in sorted(found.items(), key=lambda one: -one[1])
    ]


def _measured(url: str, request: Request, stages: Stages) -> dict[str, float]:
    saturate(url, request, 1, _WARM_SECONDS)
    time.sleep(1)  # what was left to sequence
    stages.seconds.clear()
    begin = time.process_time()
    load = saturate(url, request, 1, SECONDS)
    time.sleep(1)
    if load.errors:
        raise ValueError(f"{request.target}: {load.errors} requests failed")
    return stage_seconds(dict(stages.seconds), time.process_time() - begin, load.requests)


def main() -> int:
    """Print the rows."""
    for one in stage_rows():
        print(f"{one.name:36} {one.ours * 1e3:8.3f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
