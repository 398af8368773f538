"""Memory of a service and its workers, as Linux counts it."""

from pathlib import Path

from tests.live.service import processes_of

MOST_GROWTH = 0.10


def resident_mib(group: int) -> float:
    """Proportional set size of all processes of a group, in MiB; shared pages count once."""
    return sum(map(_pss_kib, processes_of(group))) / 1024


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it ended while we looked
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def growth_fault(rounds: list[float]) -> str | None:
    """Why the memory of these rounds is not flat: the last against the first, either way."""
    if len(rounds) < 2 or abs(rounds[-1] - rounds[0]) <= MOST_GROWTH * rounds[0]:
        return None
    figures = ", ".join(f"{one:.0f}" for one in rounds)
    return f"memory is not flat over {len(rounds)} rounds: {figures} MiB"
