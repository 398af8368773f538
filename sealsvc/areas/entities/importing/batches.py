"""Rows into the register, some hundred a unit of work, none half done, no good one lost.

A batch that fails is done again row by row, so that only the bad row is left out. A file that was
cut off is simply imported again: what is there already and equal counts as unchanged.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Generic, Protocol, TypeVar

from sealsvc.areas.entities.importing.faults import RowProblem, problem_of
from sealsvc.areas.entities.importing.source import SourceRow
from sealsvc.errors import BadInput, Conflict, NotAllowed, NotFound, ServiceError
from sealsvc.storage.idempotency import RequestOvertaken

SHOWN_PROBLEMS = 1_000
"""Most rows that a report names; the counts are of all."""

T = TypeVar("T")
Progress = Callable[[int], None]


class RowState(StrEnum):
    """What became of a row that was accepted."""

    CREATED = "CREATED"
    UNCHANGED = "UNCHANGED"


RowResult = RowState | RowProblem


@dataclass(frozen=True)
class Prepared(Generic[T]):
    """A row that is valid by itself. line: 1-based."""

    line: int
    value: T


class Importer(Protocol[T]):
    """What an area does with its rows. fields: code of an error that names no field → field."""

    @property
    def fields(self) -> Mapping[str, str]: ...  # noqa: D102

    def prepare(self, row: SourceRow) -> T:
        """The row as a value that is valid by itself. Raises: ServiceError."""
        ...

    def store(self, rows: Sequence[Prepared[T]]) -> list[RowResult]:
        """One unit of work: what became of each row, in order. Raises: ServiceError."""
        ...


@dataclass
class ImportReport:
    """What became of a file's rows. problems: of the first SHOWN_PROBLEMS rows that failed."""

    total: int = 0
    created: int = 0
    unchanged: int = 0
    failed: int = 0
    problems: list[RowProblem] = field(default_factory=list)

    def count(self, result: RowResult) -> None:
        """Add one row."""
        self.total += 1
        if isinstance(result, RowProblem):
            self.failed += 1
            if len(self.problems) < SHOWN_PROBLEMS:
                self.problems.append(result)
        elif result is RowState.CREATED:
            self.created += 1
        else:
            self.unchanged += 1


def run_import(
    importer: Importer[T],
    rows: Iterable[SourceRow | RowProblem],
    *,
    size: int,
    progress: Progress = lambda line: None,
) -> ImportReport:
    """Import the rows. size: rows a unit of work; progress: told the last line that is done.

    Raises: Unavailable (what was done stays, the rest is not lost but to be sent again),
    RequestOvertaken, and what reading the file raises.
    """
    report = ImportReport()
    for chunk in _chunks(rows, size):
        for result in _results(importer, chunk):
            report.count(result)
        progress(chunk[-1].line)
    return report


def _chunks(
    rows: Iterable[SourceRow | RowProblem], size: int
) -> Iterator[list[SourceRow | RowProblem]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, size)):
        yield chunk


def _results(importer: Importer[T], chunk: list[SourceRow | RowProblem]) -> list[RowResult]:
    """What became of each row of a chunk, in its order."""
    found: dict[int, RowResult] = {}
    ready: list[tuple[int, Prepared[T]]] = []
    for place, row in enumerate(chunk):
        if isinstance(row, RowProblem):
            found[place] = row
            continue
        prepared = _prepared(importer, row)
        if isinstance(prepared, RowProblem):
            found[place] = prepared
        else:
            ready.append((place, prepared))
    if ready:
        stored = _stored(importer, [one for _, one in ready])
        found |= {place: result for (place, _), result in zip(ready, stored, strict=True)}
    return [found[place] for place in range(len(chunk))]


def _prepared(importer: Importer[T], row: SourceRow) -> Prepared[T] | RowProblem:
    try:
        return Prepared(row.line, importer.prepare(row))
    except (BadInput, Conflict, NotFound, NotAllowed) as error:
        return problem_of(row.line, error, importer.fields.get(error.code))


def _stored(importer: Importer[T], rows: list[Prepared[T]]) -> list[RowResult]:
    try:
        return importer.store(rows)
    except (BadInput, Conflict, NotFound, NotAllowed) as error:
        _pass_on(error)
        if len(rows) == 1:
            return [problem_of(rows[0].line, error, importer.fields.get(error.code))]
    return [_stored(importer, [row])[0] for row in rows]


def _pass_on(error: ServiceError) -> None:
    """Raise again what is about the request and no row's fault."""
    if isinstance(error, RequestOvertaken):
        raise error
