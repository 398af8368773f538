"""`http.*`: sealing and verifying over HTTP under a real load generator (wrk), end to end.

A demo service of its own, SQLite FULL, every fact durable before the answer. CPU is that of the
service and its workers, read from /proc, so the generator's own share is left out. Verifying also
at half of what it can do, by `bench.paced`, where latency counts from when a request was due.
"""

import os
import shutil
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from api.demo.command import own_service
from bench.load import Load, Request, saturate
from bench.paced import paced, paced_rows
from bench.pdf_seal import library_invoice
from bench.scene import scene
from bench.timing import Row, alone

SECONDS = int(os.environ.get("BENCH_HTTP_SECONDS", "10"))
PACED_SECONDS = int(os.environ.get("BENCH_HTTP_PACED_SECONDS", "20"))
CONTRACT_ROUNDS = int(os.environ.get("BENCH_CONTRACT_ROUNDS", "10"))
CONNECTIONS = (1, 2, 8)
_WARM_SECONDS = 2


def http_rows() -> list[Row]:
    """Rows of sealing, held against pyHanko's own library call, and of verifying.

    Without wrk on this machine there are none, and it says so.
    """
    if not has_wrk("http.*"):
        return []
    library = library_invoice()
    with TemporaryDirectory(prefix="sealsvc-bench-http-") as folder:
        data = Path(folder) / "data"
        with own_service(data) as url:
            asked = scene(url, data)
            before = library()
            sealing = _saturated(url, "seal", asked.seal)
            called = (before + library()) / 2
            verifying = _saturated(url, "verify", asked.verify)
            print("  http half, contract", file=sys.stderr)
            half = half_of(verifying)
            waited = paced(url, asked.verify, (half, PACED_SECONDS))
            contract = walls(url, asked.contract(url), CONTRACT_ROUNDS)
    return [
        *load_rows("http.seal.single", sealing, called),
        *load_rows("http.verify", verifying, None),
        alone("http.verify.half.rate", "requests/s asked", [half]),
        *paced_rows("http.verify.half", waited),
        alone("http.verify.contract20", "s wall", contract),
    ]


def has_wrk(names: str) -> bool:
    """Whether wrk is here; says so where it is not."""
    if shutil.which("wrk") is None:
        print(f"{names}: wrk is not installed (apt-get install wrk); left out")
        return False
    return True


def half_of(loads: list[Load]) -> float:
    """Requests a second: half of the best rate."""
    return max(one.rate for one in loads) / 2


def walls(url: str, request: Request, count: int) -> list[float]:
    """Seconds of each of so many requests, one after the other, after one that is not counted.

    Raises: HTTPStatusError.
    """
    seconds = []
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        for _ in range(count + 1):
            begin = time.perf_counter()
            answer = http.post(request.target, headers=request.headers, content=request.body)
            seconds.append(time.perf_counter() - begin)
            answer.raise_for_status()
    return seconds[1:]


def _saturated(url: str, name: str, request: Request) -> list[Load]:
    saturate(url, request, 2, _WARM_SECONDS)
    loads = []
    for connections in CONNECTIONS:
        print(f"  http {name}, {connections} connections", file=sys.stderr)
        loads.append(saturate(url, request, connections, SECONDS))
    return loads


def load_rows(name: str, loads: list[Load], baseline: float | None) -> list[Row]:
    """CPU a request, then rate and percentiles by connections. Raises: ValueError."""
    if any(load.errors for load in loads):
        raise ValueError(f"{name}: {[load.errors for load in loads]} requests failed")
    cpu = statistics.median(load.cpu for load in loads)
    ratios = [] if baseline is None else [baseline / load.cpu for load in loads]
    ratio = statistics.median(ratios) if ratios else None
    least, most = min(ratios, default=None), max(ratios, default=None)
    rows = [Row(name, "s CPU a request", cpu, baseline, ratio, least, most, None, len(loads))]
    for load in loads:
        rows.append(alone(f"{name}.rate.{load.connections}", "requests/s wall", [load.rate]))
        for percent, seconds in load.latency.items():
            label = f"{name}.p{percent}.{load.connections}"
            rows.append(alone(label, "s wall", [seconds]))
    return rows
