"""wrk at full speed against a service, and the processor time of that service's processes."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

PERCENTILES = (50, 95, 99)
_CLOCK_HZ = os.sysconf("SC_CLK_TCK")
_MARK = "percentiles_us"


@dataclass(frozen=True)
class Load:
    """What one run of the generator saw. latency: seconds by percentile; cpu: s a request."""

    connections: int
    requests: int
    rate: float
    latency: Mapping[int, float]
    errors: int
    cpu: float


@dataclass(frozen=True)
class Request:
    """What is asked again and again, by POST."""

    target: str
    headers: Mapping[str, str]
    body: bytes


def saturate(url: str, request: Request, connections: int, seconds: int) -> Load:
    """Ask as fast as answers come. Raises: ValueError, CalledProcessError."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "body").write_bytes(request.body)
        script = Path(folder) / "post.lua"
        script.write_text(lua(Path(folder) / "body", request.headers))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
        before = service_cpu(url)
        out = subprocess.run(
            [*command, "-s", str(script), url + request.target],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        spent = service_cpu(url) - before
    return read_load(out, connections, spent)


def lua(body: Path, headers: Mapping[str, str]) -> str:
    """wrk's script: what to send, and the percentiles that wrk itself does not print."""
    shares = ", ".join(f"latency:percentile({one})" for one in PERCENTILES)
    shape = " ".join("%d" for _ in PERCENTILES)
    return "\n".join(
        [
            'wrk.method = "POST"',
            f"local file = io.open({json.dumps(str(body))}, 'rb')",
            "wrk.body = file:read('*a')",
            *(f"wrk.headers[{json.dumps(one)}] = {json.dumps(v)}" for one, v in headers.items()),
            "done = function(summary, latency, requests)",
            f"  io.write(string.format('{_MARK} {shape}\\n', {shares}))",
            "end",
        ]
    )


def read_load(out: str, connections: int, spent: float) -> Load:
    """What wrk wrote. spent: CPU seconds of the service. Raises: ValueError."""
    total = int(_one(r"(\d+) requests in", out))
    marked = _one(rf"{_MARK} ([\d ]+)", out).split()
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return Load(
        connections=connections,
        requests=total,
        rate=float(_one(r"Requests/sec:\s+(\S+)", out)),
        latency={p: int(us) / 1e6 for p, us in zip(PERCENTILES, marked, strict=True)},
        errors=0 if errors is None else int(errors.group(1)),
        cpu=spent / max(total, 1),
    )


def service_cpu(url: str) -> float:
    """Processor seconds of the `api.cli serve` process on that port and of all below it."""
    port = url.rpartition(":")[2].encode()
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    roots: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = (stat.parent / "cmdline").read_bytes().split(b"\0")
            numbers = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        number = int(stat.parent.name)
        parents[number] = int(numbers[1])
        ticks[number] = sum(int(one) for one in numbers[11:15])  # its own, and of ended children
        if b"api.cli" in words and port in words:
            roots.append(number)
    return sum(ticks[one] for one in below(parents, roots)) / _CLOCK_HZ


def below(parents: Mapping[int, int], roots: Iterable[int]) -> set[int]:
    """The roots and all their descendants. parents: process -> its parent."""
    found, fresh = set(roots), set(roots)
    while fresh:
        fresh = {one for one, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"wrk did not say {pattern}: {text[:500]}")
    return found.group(1)
