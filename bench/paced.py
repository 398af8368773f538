"""`python -m bench.paced ORDER`: requests at a rate that does not wait for the answers.

wrk asks again once it was answered, so it only ever shows saturation. Here arrivals are a Poisson
process of the wanted rate and latency counts from the moment a request was due, so that a stall
costs all that should have been sent meanwhile. A process of its own, so that its CPU is not the
service's.
ORDER: a JSON file as `paced` writes it; the latencies go to standard output as JSON.
"""

import http.client
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.load import Request
from bench.timing import Row, percentile

SEED = 20261121
PERCENTILES = (50, 95, 99)
CONNECTIONS = 32
"""Requests under way at once; more wait in the generator, and their wait counts."""
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class PacedOrder:
    """One run. rate: arrivals a second; body: a file."""

    host: str
    port: int
    target: str
    headers: Mapping[str, str]
    body: str
    rate: float
    seconds: float


def arrivals(rate: float, seconds: float, seed: int = SEED) -> list[float]:
    """When each request is due, in seconds from the start, ascending; the same for a seed."""
    dice, due, found = random.Random(seed), 0.0, []
    while (due := due + dice.expovariate(rate)) < seconds:
        found.append(due)
    return found


def paced(url: str, request: Request, pace: tuple[float, float]) -> list[float]:
    """Wall seconds of each request, from when it was due. pace: requests a second, seconds.

    What earlier measurements left for the disk is written first: the service waits for the disk
    too, and would wait for theirs. Raises: ValueError when a request failed.
    """
    os.sync()
    host, _, port = url.rpartition("//")[2].partition(":")
    with tempfile.TemporaryDirectory() as folder:
        file, order = Path(folder) / "body", Path(folder) / "order"
        file.write_bytes(request.body)
        wanted = PacedOrder(
            host, int(port), request.target, dict(request.headers), str(file), *pace
        )
        order.write_text(json.dumps(asdict(wanted)))
        command = [sys.executable, "-m", "bench.paced", str(order)]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = json.loads(out)
    if found["failed"]:
        raise ValueError(
            f"{request.target}: {len(found['failed'])} requests failed: {found['failed'][:3]}"
        )
    latencies: list[float] = found["latencies"]
    return latencies


def paced_rows(name: str, latencies: list[float], ending: str = "") -> list[Row]:
    """`NAME.p50`, `.p95`, `.p99`; n is the number of requests."""
    return [
        Row(
            f"{name}.p{percent}{ending}",
            "s wall from when due",
            percentile(latencies, percent),
            None,
            None,
            None,
            None,
            None,
            len(latencies),
        )
        for percent in PERCENTILES
    ]


class _Generator:
    """Threads that take the next due request, each over its own connection."""

    def __init__(self, order: PacedOrder) -> None:
        self._order = order
        self._body = Path(order.body).read_bytes()
        self._due = arrivals(order.rate, order.seconds)
        self._next = itertools.count()
        self._start = 0.0
        self.latencies: list[float] = []
        self.failed: list[str] = []

    def run(self) -> None:
        """All requests, answered or failed."""
        self._start = time.perf_counter() + 0.2
        threads = [threading.Thread(target=self._work) for _ in range(CONNECTIONS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    def _work(self) -> None:
        link = http.client.HTTPConnection(self._order.host, self._order.port, timeout=TIMEOUT_S)
        while (number := next(self._next)) < len(self._due):
            due = self._start + self._due[number]
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                self._ask(link)
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(type(error).__name__)
                link.close()
                continue
            self.latencies.append(time.perf_counter() - due)
        link.close()

    def _ask(self, link: http.client.HTTPConnection) -> None:
        link.request("POST", self._order.target, self._body, dict(self._order.headers))
        answer = link.getresponse()
        answer.read()
        if answer.status >= http.client.MULTIPLE_CHOICES:
            self.failed.append(str(answer.status))


def main() -> int:
    """Run one order."""
    generator = _Generator(PacedOrder(**json.loads(Path(sys.argv[1]).read_text())))
    generator.run()
    json.dump({"latencies": generator.latencies, "failed": generator.failed}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
