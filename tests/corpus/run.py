"""`make corpus`: all public documents through the endpoint of a live service, as a table."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.corpus.differential import disagreements, passed
from tests.corpus.documents import (
    CORPUS,
    DISAGREEMENTS,
    EXCEPTIONS,
    MANIFEST,
    load_documents,
    reasons,
)
from tests.corpus.memory import growth_fault, resident_mib
from tests.corpus.outcome import Outcome, faults, verify_all
from tests.live.service import LiveService

ROUNDS = 3
_SHOWN_SLOWEST = 5
_PASSED, _FAILED, _NOT_RUN = 0, 1, 2
Measure = Callable[[], float | None]


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 as it must be, 1 something is wrong, 2 the documents are not there."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.run", description=__doc__)
    parser.add_argument("--rounds", type=int, choices=range(1, 100), metavar="N", default=ROUNDS)
    parser.add_argument("--base", help="a running service; its memory is then not measured")
    options = parser.parse_args(arguments)
    if not MANIFEST.exists():
        print(f"skipped: {CORPUS.name} is not beside the checkout")
        return _NOT_RUN
    documents, excepted = load_documents(), reasons(EXCEPTIONS)
    known = {one.path for one in documents}
    wrong = [f"{path}: an exception for no document" for path in excepted if path not in known]
    memory: list[float] = []
    with _service(options.base) as (base, measure):
        for number in range(1, options.rounds + 1):
            outcomes = verify_all(base, documents)
            used = measure()
            memory += [] if used is None else [used]
            if number == 1:
                _print_table(outcomes, excepted)
            _print_round(number, outcomes, used)
            wrong += [f"round {number}: {one}" for one in faults(outcomes, excepted)]
    flat = growth_fault(memory)
    wrong += [] if flat is None else [flat]
    print(
        f"pyHanko and pdfsig are asked about the {len(passed(outcomes))} whose bytes we call whole"
    )
    wrong += disagreements(outcomes, reasons(DISAGREEMENTS))
    for sentence in wrong:
        print(f"WRONG  {sentence}")
    print("corpus: " + (f"{len(wrong)} faults" if wrong else "all as it must be"))
    return _FAILED if wrong else _PASSED


@contextmanager
def _service(base: str | None) -> Iterator[tuple[str, Measure]]:
    """The service asked for, or one of our own that ends with the block."""
    if base is not None:
        yield base, lambda: None
        return
    with TemporaryDirectory(prefix="sealsvc-corpus-") as folder:
        service = LiveService(Path(folder) / "data")
        try:
            service.start()
            yield service.base, lambda: resident_mib(service.process.pid)
        finally:
            service.clean_up()


def _print_table(outcomes: list[Outcome], excepted: dict[str, str]) -> None:
    print("class              count outside  soft forbid  slowest  words")
    for kind in sorted({one.document.kind for one in outcomes}):
        print(_row(kind, [one for one in outcomes if one.document.kind == kind]))
    print(_row("all", outcomes))
    for one in sorted(outcomes, key=lambda one: -one.seconds)[:_SHOWN_SLOWEST]:
        print(f"  slowest {one.seconds:6.2f} s  {one.document.path}")
    for path, why in sorted(excepted.items()):
        print(f"  exception {path}: {why}")


def _row(name: str, outcomes: list[Outcome]) -> str:
    words = Counter(one.label for one in outcomes).most_common()
    outside = sum(one.outside and not one.document.soft for one in outcomes)
    soft = sum(one.outside and one.document.soft for one in outcomes)
    forbidden = sum(one.word in one.document.forbid for one in outcomes)
    slowest = max(one.seconds for one in outcomes)
    told = ", ".join(f"{word} {count}" for word, count in words)
    counts = f"{len(outcomes):5} {outside:7} {soft:5} {forbidden:6}"
    return f"{name:18} {counts} {slowest:6.2f} s  {told}"


def _print_round(number: int, outcomes: list[Outcome], used: float | None) -> None:
    slowest = max(one.seconds for one in outcomes)
    total = sum(one.seconds for one in outcomes)
    memory = "memory not measured" if used is None else f"memory {used:.0f} MiB"
    answers = f"{len(outcomes)} answers, {total:.0f} s in all, slowest {slowest:.2f} s"
    print(f"round {number}: {answers}, {memory}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
