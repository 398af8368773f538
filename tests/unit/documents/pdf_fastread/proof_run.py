"""`python -m tests.unit.documents.pdf_fastread.proof_run [corpus | attacks | mutants N]`.

Wherever the fast reader answers, the general one must say the same, and pyHanko may not say no.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sealsvc.documents.pdf.fastread.reading import read
from tests.areas.conftest import SettableClock
from tests.attacks.kinds import KINDS
from tests.attacks.kinds.harmless import HARMLESS
from tests.attacks.kinds.kind import ALL
from tests.attacks.mutations import ANY, Mutation
from tests.attacks.world import World, open_story
from tests.unit.documents.pdf_fast.corpus_run import SAMPLES, samples
from tests.unit.documents.pdf_fastread.compare import complaints
from tests.unit.documents.pdf_fastread.samples import honest


def attacks(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every generated attack on every base, and the harmless re-encodings."""
    story, engine = open_story(folder, SettableClock())
    world = World(story)
    for base in ALL:
        yield f"honest {base}", world.base(base)
        for name, change in HARMLESS.items():
            yield f"harmless {name} {base}", change(world.base(base))
    for kind in KINDS:
        for base in kind.bases:
            yield f"{kind.id} {base}", kind.make(world, world.base(base))
    engine.dispose()


def mutants(count: int) -> Iterator[tuple[str, bytes]]:
    """So many damaged files, the same in every run."""
    made: list[tuple[str, bytes]] = []
    bases = sorted(honest().items())

    @seed(20261121)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(range(len(bases))), ANY)
    def collect(index: int, mutation: Mutation) -> None:
        name, data = bases[index]
        try:
            damaged = mutation.apply(data)
        except Exception:  # this damage does not fit this file
            return
        if damaged != data:
            made.append((f"{name} {mutation}"[:100], damaged))

    collect()
    yield from made
    yield from _flips(count // 2)


def _flips(count: int) -> Iterator[tuple[str, bytes]]:
    """One byte each, where structure is: seldom in streams."""
    chance = random.Random(20261121)
    bases = sorted(honest().items())
    for _ in range(count):
        name, data = chance.choice(bases)
        at = chance.randrange(len(data))
        new = chance.choice(b" \n0123456789/<>[]()R%endobjstream\0\xff")
        if data[at] != new:
            yield f"{name} byte {at} {new}", data[:at] + bytes((new,)) + data[at + 1 :]


def _inputs(arguments: list[str], folder: Path) -> Iterator[tuple[str, bytes]]:
    what = arguments[0] if arguments else "corpus"
    if what == "attacks":
        yield from attacks(folder)
    elif what == "mutants":
        yield from mutants(int(arguments[1]) if len(arguments) > 1 else 2000)
    else:
        for path in samples():
            yield str(path.relative_to(SAMPLES)), path.read_bytes()


def main(arguments: list[str]) -> int:
    """0 when nothing speaks against any answer."""
    outcome: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, data in _inputs(arguments, Path(folder)):
            begin = time.thread_time()
            read(data)
            slowest = max(slowest, time.thread_time() - begin)
            wrong = complaints(data)
            outcome["left alone" if wrong is None else "wrong" if wrong else "equal"] += 1
            if wrong is not None:
                print("equal" if not wrong else "WRONG", name, wrong or "")
    print(dict(outcome), f"slowest {slowest * 1000:.1f} ms")
    return 1 if outcome["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
