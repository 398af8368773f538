"""`http.*`: sealing and verifying over HTTP under a real load generator (wrk), end to end.

A demo service of its own, SQLite FULL, every fact durable before the answer. CPU is that of the
service and its workers, read from /proc, so the generator's own share is left out.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from api.demo.command import CLIENTS_FILE, own_service, read_clients
from bench.pdf_seal import demo_invoice
from bench.timing import Row, alone

SECONDS = int(os.environ.get("BENCH_HTTP_SECONDS", "10"))
CONNECTIONS = (1, 2, 8)
_CLOCK_HZ = os.sysconf("SC_CLK_TCK")
_PERCENTILES = ("50%", "90%", "99%")
_PDF = "application/pdf"


@dataclass(frozen=True)
class Load:
    """What one run of the generator saw. seconds of latency by percentile; cpu: a request."""

    connections: int
    rate: float
    latency: dict[str, float]
    errors: int
    cpu: float


def http_rows(baseline: float | None = None) -> list[Row]:
    """Rows of sealing and verifying. baseline: CPU seconds of pyHanko's own library call.

    Without wrk on this machine there are none, and it says so.
    """
    if shutil.which("wrk") is None:
        print("http.*: wrk is not installed (apt-get install wrk); left out")
        return []
    with TemporaryDirectory(prefix="sealsvc-bench-http-") as folder:
        data = Path(folder) / "data"
        with own_service(data) as url:
            key, seal_id = _seal(url, read_clients(data / CLIENTS_FILE))
            invoice = demo_invoice()
            headers = {"Authorization": f"Bearer {key}", "Content-Type": _PDF, "Accept": _PDF}
            target = f"/v1/sealings?seal={seal_id}&invisible=true"
            sealing = [_run(url, target, headers, invoice, n) for n in CONNECTIONS]
            sealed = httpx.post(url + target, headers=headers, content=invoice).content
            target, headers = "/v1/verifications", {"Content-Type": _PDF}
            verifying = [_run(url, target, headers, sealed, n) for n in CONNECTIONS]
    return [*_rows("http.seal", sealing, baseline), *_rows("http.verify", verifying, None)]


def _seal(url: str, clients: dict[str, str] | object) -> tuple[str, str]:
    """A key that signs, and the id of its active seal."""
    keys = dict(clients)  # type: ignore[call-overload]
    with httpx.Client(base_url=url) as http:

        def post(path: str, by: str, **body: object) -> dict[str, str]:
            answer = http.post(path, headers={"Authorization": f"Bearer {keys[by]}"}, json=body)
            answer.raise_for_status()
            found: dict[str, str] = answer.json()
            return found

        uscc = http.get("/v1/entities", headers={"Authorization": f"Bearer {keys['operator']}"})
        owner = next(row["uscc"] for row in uscc.json()["data"] if row["uscc"].endswith("152"))
        made = post(
            "/v1/seals",
            "applicant",
            uscc=owner,
            type="INVOICE",
            medium="ELECTRONIC",
            name="电子发票专用章",
        )
        path = f"/v1/seals/{made['id']}"
        post(f"{path}/approve", "approver")
        post(f"{path}/issue", "approver")
    return str(keys["merchant-a"]), made["id"]


def _run(url: str, target: str, headers: dict[str, str], body: bytes, connections: int) -> Load:
    with TemporaryDirectory() as folder:
        (Path(folder) / "body").write_bytes(body)
        script = Path(folder) / "post.lua"
        script.write_text(_script(Path(folder) / "body", headers))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency"]
        command += ["--timeout", "30s", "-s", str(script), url + target]
        before, _began = _service_cpu(), time.monotonic()
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        spent = _service_cpu() - before
    total = int(_one(r"(\d+) requests in", out))
    latency = {name: _seconds(_one(rf"\s{name}\s+(\S+)", out)) for name in _PERCENTILES}
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    rate = float(_one(r"Requests/sec:\s+(\S+)", out))
    failed = 0 if errors is None else int(errors.group(1))
    return Load(connections, rate, latency, failed, spent / max(total, 1))


def _script(body: Path, headers: dict[str, str]) -> str:
    lines = [
        f"wrk.headers[{json.dumps(name)}] = {json.dumps(text)}" for name, text in headers.items()
    ]
    return "\n".join(
        [
            'wrk.method = "POST"',
            f"local file = io.open({json.dumps(str(body))}, 'rb')",
            "wrk.body = file:read('*a')",
            *lines,
        ]
    )


def _service_cpu() -> float:
    """Processor seconds of every `api.cli serve` process and its children, so far."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            line = (stat.parent / "cmdline").read_bytes()
            numbers = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if b"api.cli" in line or b"multiprocessing" in line:
            total += int(numbers[11]) + int(numbers[12])
    return total / _CLOCK_HZ


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"wrk did not say {pattern}: {text[:500]}")
    return found.group(1)


def _seconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}[unit]


def _rows(name: str, loads: list[Load], baseline: float | None) -> list[Row]:
    if any(load.errors for load in loads):
        raise ValueError(f"{name}: {[load.errors for load in loads]} requests failed")
    cpu = statistics.median(load.cpu for load in loads)
    ratio = None if baseline is None else baseline / cpu
    rows = [Row(name, "s CPU a request", cpu, baseline, ratio, ratio, ratio, None, len(loads))]
    for load in loads:
        rows.append(alone(f"{name}.rate.{load.connections}", "requests/s wall", [load.rate]))
        for percentile, seconds in load.latency.items():
            label = f"{name}.p{percentile[:-1]}.{load.connections}"
            rows.append(alone(label, "s wall", [seconds]))
    return rows
