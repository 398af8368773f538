"""`seal.corpus.*`: pyHanko's default against ours on every sealable PDF of the public corpus.

`seal.corpus.ours`: files our writer understands; `seal.corpus.pyhanko`: files it hands to pyHanko
with our own signer; `.unsigned` and `.signed` tell them apart by earlier signatures, which ours
must judge before it seals and the library does not. Ours is the sealer's whole way, reading and
refusals included. The row's ratio is the median of the files' ratios, its range their 5th and 95th
percentile. The files are other people's: only places in the sorted list and measurements leave
this module.
"""

import os
import signal
import statistics
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import FrameType

from bench.library import library_seal
from bench.pdf_seal import NOW, P256, Party, party
from bench.timing import Row, interleaved, percentile
from sealsvc.documents.pdf import sealer
from sealsvc.documents.pdf.fast.writer import is_ours
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import SealingSpec
from sealsvc.errors import ServiceError
from sealsvc.values import DocumentRole

CORPUS = Path(__file__).parents[2] / "shared" / "samples-real"
ROUNDS = int(os.environ.get("BENCH_CORPUS_ROUNDS", "3"))
FILES = int(os.environ.get("BENCH_CORPUS_FILES", "0"))
"""At most so many files, evenly over the list; 0 = all."""
SECONDS_A_FILE = 30.0
UNIT = "s CPU, median file; range p5..p95 of files"
SLOWEST = 10


class _TooLong(BaseException):  # no `except Exception` on the way may swallow it
    """A file took longer than it may."""


class _LibraryFailed(Exception):
    """pyHanko's own way does not seal this file: nothing to compare with."""


@dataclass(frozen=True)
class Sealed:
    """One file's figures. number: place in the sorted list; seconds: medians over rounds."""

    number: int
    size: int
    fast: bool
    signed: bool
    ours: float
    baseline: float
    limit: float

    @property
    def ratio(self) -> float:
        """The library's cost over ours."""
        return self.baseline / self.ours


def corpus_rows() -> list[Row]:
    """The two rows; none, with a word why, where the corpus is not beside the checkout."""
    if not CORPUS.is_dir():
        print(f"seal.corpus.*: {CORPUS.name} is not beside the checkout; left out")
        return []
    one, left_out = party(P256), Counter[str]()
    done = list(_each(one, left_out))
    for reason, count in sorted(left_out.items()):
        print(f"seal.corpus: {count} left out, {reason}")
    return class_rows(done)


def class_rows(done: list[Sealed]) -> list[Row]:
    """A row for each way, and of each for files with and without earlier signatures."""
    rows = []
    for name, fast in (("ours", True), ("pyhanko", False)):
        files = [found for found in done if found.fast is fast]
        _tell(name, files)
        rows += corpus_row(f"seal.corpus.{name}", files)
        for kind, signed in (("unsigned", False), ("signed", True)):
            part = [found for found in files if found.signed is signed]
            rows += corpus_row(f"seal.corpus.{name}.{kind}", part)
    return rows


def corpus_row(name: str, files: list[Sealed]) -> list[Row]:
    """The row of these files; none without files."""
    if not files:
        return []
    ratios = [one.ratio for one in files]
    return [
        Row(
            name=name,
            unit=UNIT,
            ours=statistics.median(one.ours for one in files),
            baseline=statistics.median(one.baseline for one in files),
            ratio=statistics.median(ratios),
            ratio_min=percentile(ratios, 5),
            ratio_max=percentile(ratios, 95),
            limit_ratio=statistics.median(one.baseline / one.limit for one in files),
            n=len(files),
        )
    ]


def _each(one: Party, left_out: Counter[str]) -> Iterator[Sealed]:
    paths = sorted(CORPUS.rglob("*.pdf"))
    wanted = range(0, len(paths), max(1, len(paths) // FILES)) if FILES else range(len(paths))
    for turn, number in enumerate(wanted):
        if turn % 50 == 0:
            print(f"  seal.corpus {turn}/{len(wanted)}", file=sys.stderr)
        data = paths[number].read_bytes()
        try:
            with _at_most(SECONDS_A_FILE):
                yield _measured(number, data, one)
        except ServiceError as error:
            left_out[f"refused: {error.code}"] += 1
        except _TooLong:
            left_out[f"over {SECONDS_A_FILE:.0f} s CPU"] += 1
        except _LibraryFailed as error:
            left_out[f"the library itself fails: {error}"] += 1


def _measured(number: int, data: bytes, one: Party) -> Sealed:
    spec = SealingSpec(
        role=DocumentRole.OTHER,
        certificate_der=one.chain.leaf_der,
        chain_der=(one.chain.issuing_der,),
        suite=one.suite,
        signed_at=NOW,
        field_name="seal-0123456789ab",
        signer_name="bench",
        imprint_png=None,
        placement=None,
    )
    fast = is_ours(sealer.prepare(data, spec))
    ours, limit = partial(_ours, data, spec, one), partial(_limit, data, one)
    baseline = library_seal(one.pyhanko, data)
    try:
        baseline()
    except Exception as error:  # whatever the library does on a malformed file
        raise _LibraryFailed(type(error).__name__) from error
    seconds = interleaved({"ours": ours, "baseline": baseline, "limit": limit}, ROUNDS)
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    return Sealed(
        number=number,
        size=len(data),
        fast=fast,
        signed=bool(read(data).signatures),
        ours=middle["ours"],
        baseline=middle["baseline"],
        limit=middle["limit"],
    )


def _ours(data: bytes, spec: SealingSpec, one: Party) -> bytes:
    prepared = sealer.prepare(data, spec)
    return sealer.finish(prepared, one.sign(prepared.tbs))


def _limit(data: bytes, one: Party) -> bytes:
    return one.sign(sha256(data).digest())


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raises: _TooLong in the block once it took so much CPU; a busy machine leaves no file out."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _tell(name: str, files: list[Sealed]) -> None:
    if not files:
        return
    ratios = [one.ratio for one in files]
    shares = ", ".join(f"{sum(r >= x for r in ratios)} at {x}x or more" for x in (10, 50, 100))
    print(f"seal.corpus.{name}: {len(files)} files, {shares}, least {min(ratios):.1f}x")
    for one in sorted(files, key=lambda one: one.ratio)[:SLOWEST]:
        print(
            f"  file {one.number:3}: {one.size / 1e3:8.1f} KB, ours {one.ours * 1e3:8.3f} ms,",
            f"library {one.baseline * 1e3:7.1f} ms, {one.ratio:6.1f}x,",
            f"{'signed' if one.signed else 'unsigned'},",
            f"limit {one.baseline / one.limit:5.0f}x",
        )


def main() -> int:
    """Print the rows."""
    for one in corpus_rows():
        ratio = f"{one.ratio or 0:.1f} [{one.ratio_min or 0:.1f}..{one.ratio_max or 0:.1f}]"
        print(
            f"{one.name:28} ours {one.ours * 1e3:7.3f} ms",
            f"baseline {(one.baseline or 0) * 1e3:7.2f} ms ratio {ratio}",
            f"limit {one.limit_ratio or 0:.0f} n {one.n}",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
