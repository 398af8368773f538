"""The fuzzing targets, driven by hypothesis for a few seconds, and every earlier finding."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import REGRESSIONS, TARGETS, seeds

FOUND = sorted(path for path in REGRESSIONS.glob("*/*") if path.name != "README.md")
EXAMPLES = {"pdf": 40, "picture": 60, "ofd": 60, "formats": 60, "invoice": 40}


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """A seed with some bytes replaced, cut out or put in; or nothing of a seed at all."""
    files = seeds(name)
    data = draw(st.sampled_from([path.read_bytes() for path in files]) | st.binary(max_size=200))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 8))
        data = data[:at] + draw(st.binary(max_size=12)) + data[at + gone :]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    assert seeds(name), f"{name} has no corpus"
    for path in seeds(name):
        TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("path", FOUND, ids=[f"{one.parent.name}-{one.name}" for one in FOUND])
def test_earlier_findings(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_target_raises_nothing_undocumented(name: str) -> None:
    @settings(
        max_examples=EXAMPLES.get(name, 150),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(data=damaged(name))
    def drive(data: bytes) -> None:
        TARGETS[name](data)

    drive()


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("arguments", [("nothing",), ("uscc", "long")])
def test_unknown_target_is_said_or_skipped(arguments: tuple[str, ...]) -> None:
    result = fuzz(*arguments)
    assert result.returncode in (0, 2)
    assert "skipped: " in result.stdout or "TARGET" in result.stdout


def test_fuzzing_really_runs() -> None:
    result = fuzz("uscc", "1")
    assert result.returncode == 0, result.stderr
    assert "skipped: " in result.stdout or "Done " in result.stderr
