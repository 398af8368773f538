"""Steps of a story: run one after the other, timed, shown, and written down."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console

from api.demo.service import Unexpected


@dataclass(frozen=True)
class StepResult:
    """How a step went. ms: whole milliseconds; detail: one line for a person."""

    name: str
    ok: bool
    ms: int
    detail: str


@dataclass(frozen=True)
class DemoResult:
    """How the whole story went. files: names in the folder, in the order written."""

    steps: tuple[StepResult, ...]
    files: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every step went as told; the command's exit status."""
        return all(step.ok for step in self.steps)

    def to_json(self) -> str:
        """The content of `demo.json`. Source: CONTRACT section 6."""
        steps = [{"name": step.name, "ok": step.ok, "ms": step.ms} for step in self.steps]
        shape = {"steps": steps, "files": list(self.files)}
        return json.dumps(shape, ensure_ascii=False, indent=2) + "\n"


@dataclass
class Folder:
    """Where the story's files go; remembers their names."""

    path: Path
    names: list[str] = field(default_factory=list)

    def write(self, name: str, data: bytes | str) -> Path:
        """Write one file, replacing that of an earlier run."""
        self.path.mkdir(parents=True, exist_ok=True)
        file = self.path / name
        file.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
        if name not in self.names:
            self.names.append(name)
        return file

    def write_json(self, name: str, shape: object) -> Path:
        """Write an answer of the service, indented."""
        return self.write(name, json.dumps(shape, ensure_ascii=False, indent=2) + "\n")


def run_steps(
    steps: Sequence[tuple[str, Callable[[], str]]], printer: Console
) -> tuple[StepResult, ...]:
    """Run (name, action) pairs; an action returns its line or raises.

    A step that fails does not stop those behind it: the list shows what else is wrong.
    """
    width = max(len(name) for name, _action in steps)
    results = []
    for number, (name, action) in enumerate(steps, 1):
        with printer.status(f"{name} …"):
            result = _run_one(name, action)
        mark = "[green]✓[/]" if result.ok else "[red]✗[/]"
        printer.print(f"{mark} {number:2d} {name:<{width}} {result.ms:6d} ms  ", end="")
        printer.print(result.detail, markup=False, highlight=False, soft_wrap=True)
        results.append(result)
    return tuple(results)


def expect(found: object, wanted: object, what: str) -> None:
    """Raises: Unexpected unless both are equal."""
    if found != wanted:
        raise Unexpected(f"{what}: {found!r}, expected {wanted!r}")


def expect_one_of(found: object, wanted: tuple[object, ...], what: str) -> None:
    """Raises: Unexpected unless found is one of those wanted."""
    if found not in wanted:
        raise Unexpected(f"{what}: {found!r}, expected one of {wanted!r}")


def _run_one(name: str, action: Callable[[], str]) -> StepResult:
    begun = time.perf_counter()
    try:
        detail, ok = action(), True
    except (Unexpected, httpx.HTTPError, KeyError, OSError, ValueError) as error:
        detail, ok = f"{type(error).__name__}: {error}", False
    return StepResult(name, ok, round((time.perf_counter() - begun) * 1000), detail)
