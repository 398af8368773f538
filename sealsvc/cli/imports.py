"""Import entities and seals from a file, with a progress bar."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from sealsvc.app import build
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities.importing.batches import ImportReport
from sealsvc.areas.entities.importing.register import import_entities
from sealsvc.areas.seals.importing import import_seals
from sealsvc.cli.admin import DEFAULT_DATA, Data, settings_for
from sealsvc.cli.check import FileUnreadable
from sealsvc.errors import BadInput
from sealsvc.values import Principal, Scope

entities = typer.Typer(help="主体 · Entities", no_args_is_help=True)
seals = typer.Typer(help="印章 · Seals", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="CSV, a JSON array or NDJSON.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the whole report.")]

_OPERATOR = Principal(
    "system", "command line", frozenset({Scope.ENTITY_WRITE, Scope.ENTITY_READ, Scope.SEAL_APPLY})
)
_SHOWN = 20

_Import = Callable[[Deps, bytes, Callable[[int], None]], ImportReport]


class ImportFileTooLarge(BadInput):
    """The file is larger than one import takes."""

    code = "TOO_LARGE"


@entities.command("import")
def entities_import(file: File, data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """批量导入主体 · Import entities; exit status 1 when a row failed."""
    _run(
        file,
        data,
        as_json,
        lambda deps, text, tell: import_entities(deps, _OPERATOR, text, progress=tell),
    )


@seals.command("import")
def seals_import(file: File, data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """批量导入印章 · Apply for seals; another person still approves. Status 1 when a row failed."""
    _run(
        file,
        data,
        as_json,
        lambda deps, text, tell: import_seals(deps, _OPERATOR, text, progress=tell),
    )


def _run(file: Path, data: Path, as_json: bool, work: _Import) -> None:
    parts = build(settings_for(data), isolated=False)
    content = _read(file, parts.deps.config.max_document_bytes)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        lines = content.count(b"\n") + 1
        task = bar.add_task(file.name, total=lines)
        report = work(parts.deps, content, lambda line: bar.update(task, completed=line))
        while parts.logbook.sequence():
            pass
        bar.update(task, completed=lines)
    _print(report, as_json)
    if report.failed:
        raise typer.Exit(1)


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            raise ImportFileTooLarge(limit_bytes=limit)
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(file=str(path), reason=error.strerror) from error


def _print(report: ImportReport, as_json: bool) -> None:
    if as_json:
        rows = [vars(problem) for problem in report.problems]
        counts = {name: getattr(report, name) for name in ("total", "created", "unchanged")}
        shape = {**counts, "failed": report.failed, "rows": rows}
        typer.echo(json.dumps(shape, ensure_ascii=False, indent=2))
        return
    typer.echo(
        f"共 {report.total} 行：新增 {report.created}，未变 {report.unchanged}，"
        f"失败 {report.failed} · {report.total} rows: {report.created} created, "
        f"{report.unchanged} unchanged, {report.failed} failed"
    )
    if not report.problems:
        return
    table = Table("line", "code", "field", "reason", box=None)
    for one in report.problems[:_SHOWN]:
        table.add_row(str(one.line), one.code, one.field or "", one.reason or "")
    console = Console(stderr=True, highlight=False)
    console.print(table)
    if report.failed > _SHOWN:
        console.print("全部失败行见 --json · --json tells of all of them")
