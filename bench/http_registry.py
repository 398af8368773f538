"""`http.verify.*.100k`: whether a full registry makes verifying slower, over HTTP.

Two services over copies of one domain, one with BENCH_REGISTRY seals more, both running and asked
in turn for a second each, now this one first and now that one, at the same rate: half of what the
small one can do. `ratio` is the small one's time over the full one's: 1 says that the registry
costs nothing, 0.9 that it costs 11 %; of percentiles over all rounds. Its range is that of rounds.
"""

import os
import shutil
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from api.demo.command import own_service
from bench.http import half_of, has_wrk, walls
from bench.load import Request, saturate, service_cpu
from bench.paced import paced
from bench.registry import fill_registry
from bench.scene import Scene, scene
from bench.timing import Row, alone, percentile

SEALS = int(os.environ.get("BENCH_REGISTRY", "100000"))
ROUNDS = int(os.environ.get("BENCH_REGISTRY_ROUNDS", "50"))
SECONDS = int(os.environ.get("BENCH_REGISTRY_SECONDS", "1"))
CONTRACTS = 1
"""Contracts verified in a round."""
DATABASE = "sealsvc.db"
_WALL = "s wall; library = the small registry"
Rounds = list[list[float]]


@dataclass(frozen=True)
class Seen:
    """Wall seconds, a list a round: of invoices at half of saturation, of contracts one by one.

    cpu: processor seconds of each invoice, one a round.
    """

    invoices: Rounds = field(default_factory=list)
    contracts: Rounds = field(default_factory=list)
    cpu: Rounds = field(default_factory=list)


def registry_rows() -> list[Row]:
    """The rows, and how long the registry took to fill."""
    if not has_wrk("http.verify.*.100k"):
        return []
    with TemporaryDirectory(prefix="sealsvc-bench-registry-") as folder:
        small, full = Path(folder) / "small", Path(folder) / "full"
        with own_service(small) as url:
            asked, contract = _asked(url, small)
        shutil.copytree(small, full)
        print(f"  {SEALS} seals are written", file=sys.stderr)
        filled = fill_registry(full / DATABASE, SEALS)
        with ExitStack() as stack:
            urls = [stack.enter_context(own_service(data)) for data in (small, full)]
            seen = _rounds(urls, asked, contract)
    rows = registry_row_set(seen[0], seen[1], short(SEALS))
    return [*rows, alone(f"registry.fill.{short(SEALS)}", "s wall, straight into tables", [filled])]


def short(number: int) -> str:
    """As `100k`, `10M`; the number itself where it is not round."""
    for size, letter in ((10**6, "M"), (10**3, "k")):
        if number >= size and number % size == 0:
            return f"{number // size}{letter}"
    return str(number)


def registry_row_set(small: Seen, full: Seen, label: str) -> list[Row]:
    """p50, p95 and p99 of invoices, and contracts; baseline: the small registry's."""
    rows = [
        _held(f"http.verify.half.p{percent}.{label}", percent, small.invoices, full.invoices)
        for percent in (50, 95, 99)
    ]
    rows.append(_held(f"http.verify.contract20.{label}", 50, small.contracts, full.contracts))
    unit = "s CPU a request; library = the small registry"
    return [*rows, _held(f"http.verify.cpu.{label}", 50, small.cpu, full.cpu, unit)]


def _held(name: str, percent: float, small: Rounds, full: Rounds, unit: str = _WALL) -> Row:
    ratios = [
        percentile(one, percent) / percentile(other, percent)
        for one, other in zip(small, full, strict=True)
    ]
    pooled = [[value for one in rounds for value in one] for rounds in (small, full)]
    ours, baseline = percentile(pooled[1], percent), percentile(pooled[0], percent)
    return Row(
        name=name,
        unit=unit,
        ours=ours,
        baseline=baseline,
        ratio=baseline / ours,
        ratio_min=min(ratios),
        ratio_max=max(ratios),
        limit_ratio=None,
        n=len(pooled[1]),
    )


def _asked(url: str, data: Path) -> tuple[Scene, Request]:
    asked = scene(url, data)
    return asked, asked.contract(url)


def _rounds(urls: list[str], asked: Scene, contract: Request) -> list[Seen]:
    rate = half_of([saturate(urls[0], asked.verify, count, 5) for count in (2, 8)])
    for url in urls:
        saturate(url, asked.verify, 2, 3)
    seen = [Seen() for _ in urls]
    for number in range(ROUNDS):
        print(f"  registry round {number + 1}/{ROUNDS}, {rate:.1f}/s", file=sys.stderr)
        pairs = list(zip(urls, seen, strict=True))
        for url, one in pairs[:: -1 if number % 2 else 1]:
            before = service_cpu(url)
            one.invoices.append(paced(url, asked.verify, (rate, SECONDS)))
            one.cpu.append([(service_cpu(url) - before) / len(one.invoices[-1])])
            one.contracts.append(walls(url, contract, CONTRACTS))
    return seen


def main() -> int:
    """Print the rows."""
    for one in registry_rows():
        ratio = f"{one.ratio or 0:.2f} [{one.ratio_min or 0:.2f}..{one.ratio_max or 0:.2f}]"
        print(
            f"{one.name:32} {one.ours:7.4f} s, small {one.baseline or 0:7.4f} s, {ratio}, {one.n}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
