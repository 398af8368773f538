"""Interleaved rounds: every contender once a round, CPU time, medians and ranges of ratios."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of results.json. ours, baseline: median CPU seconds; ratio: baseline / ours."""

    name: str
    unit: str
    ours: float
    baseline: float | None
    ratio: float | None
    ratio_min: float | None
    ratio_max: float | None
    limit_ratio: float | None
    n: int


def rounds(contenders: Mapping[str, Callable[[], object]], count: int) -> dict[str, list[float]]:
    """CPU seconds of each contender in each of `count` rounds, after one that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(count + 1):
        for name, run in contenders.items():
            begin = time.process_time()
            run()
            if number:
                seconds[name].append(time.process_time() - begin)
    return seconds


def each(run: Callable[[], object], least: float = 0.002) -> float:
    """CPU seconds of one call, over as many calls as take `least` seconds.

    A single run of 0.1 ms is below the clock's grain.
    """
    done, begin = 0, time.thread_time()
    while True:
        run()
        done += 1
        spent = time.thread_time() - begin
        if spent >= least:
            return spent / done


def interleaved(
    contenders: Mapping[str, Callable[[], object]], count: int
) -> dict[str, list[float]]:
    """As `rounds`, the quick ones as the mean of as many calls as the clock needs."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(count + 1):
        for name, run in contenders.items():
            spent = each(run)
            if number:
                seconds[name].append(spent)
    return seconds


def row(name: str, seconds: dict[str, list[float]]) -> Row:
    """The row of one comparison: `ours`, `baseline` and, where there is one, `limit`."""
    ours, baseline = seconds["ours"], seconds["baseline"]
    ratios = [b / o for o, b in zip(ours, baseline, strict=True)]
    limit = seconds.get("limit")
    limits = None if limit is None else [b / x for b, x in zip(baseline, limit, strict=True)]
    return Row(
        name=name,
        unit="s CPU",
        ours=statistics.median(ours),
        baseline=statistics.median(baseline),
        ratio=statistics.median(ratios),
        ratio_min=min(ratios),
        ratio_max=max(ratios),
        limit_ratio=None if limits is None else statistics.median(limits),
        n=len(ours),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that so many percent do not exceed. values: at least one."""
    ranked = sorted(values)
    rank = int(-(-len(ranked) * percent // 100))
    return ranked[min(len(ranked), max(1, rank)) - 1]


def alone(name: str, unit: str, values: list[float]) -> Row:
    """A figure with nothing to compare it to."""
    return Row(name, unit, statistics.median(values), None, None, None, None, None, len(values))
