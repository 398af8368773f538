"""Seal a folder of documents against the local registry, with progress, resumable."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from sealsvc.app import Parts, build
from sealsvc.areas.sealing.service import SealingRequest, batch
from sealsvc.areas.seals import service as seals
from sealsvc.cli.admin import DEFAULT_DATA, Data, settings_for
from sealsvc.cli.check import FileUnreadable
from sealsvc.values import DocumentRole, Principal, Scope, SealId

RESULTS = "results.ndjson"
_SUFFIXES = (".pdf", ".ofd")
_SEQUENCE_EVERY = 2_048
_CLIENT = "system:batch"


def seal_batch(
    folder: Annotated[Path, typer.Argument(help="Folder of PDF and OFD files.")],
    seal: Annotated[str, typer.Option(help="Id of the seal.")],
    out: Annotated[Path, typer.Option(help="Folder for the sealed files.")],
    data: Data = DEFAULT_DATA,
    role: Annotated[DocumentRole | None, typer.Option(help="What the documents are.")] = None,
    number_from_name: Annotated[
        bool, typer.Option(help="The file's name without its suffix is the document's number.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=64)] = os.cpu_count() or 2,
    key: Annotated[
        str | None, typer.Option(help="Name of the batch; the folder's path by default.")
    ] = None,
) -> None:
    """批量用章 · Seal a folder; run again after an interruption it goes on. Status 1 on failures.

    `results.ndjson` beside the sealed files tells of each item.
    """
    settings = settings_for(data, workers=workers)
    parts = build(settings)
    try:
        _wait_until_warm(parts)
        tally = _run(parts, folder, out, _order(folder, seal, key, workers), role, number_from_name)
    finally:
        getattr(parts.sandbox, "close", lambda: None)()
    typer.echo(
        f"完成 {tally['sealed']}，此前已完成 {tally['resumed']}，失败 {tally['failed']} · "
        f"{tally['sealed']} sealed, {tally['resumed']} already sealed, {tally['failed']} failed"
    )
    if tally["failed"]:
        raise typer.Exit(1)


def _order(folder: Path, seal: str, key: str | None, workers: int) -> batch.BatchOrder:
    named = f"{folder.resolve()} {seal}" if key is None else key
    # No request stands behind it: that a file is another one now, its own digest tells.
    return batch.BatchOrder(SealId(seal), named, sha256(seal.encode()).hexdigest(), workers=workers)


def _run(
    parts: Parts,
    folder: Path,
    out: Path,
    order: batch.BatchOrder,
    role: DocumentRole | None,
    numbered: bool,
) -> Counter[str]:
    owner = seals.get(parts.deps, order.seal_id).owner_uscc
    signer = Principal(_CLIENT, "command line", frozenset({Scope.SEAL_SIGN}), owner)
    opened = batch.open_batch(parts.deps, signer, order)
    out.mkdir(parents=True, exist_ok=True)
    limit = parts.deps.config.max_document_bytes
    items = (
        _item(folder, path, order.seal_id, role, limit, numbered=numbered)
        for path in _files(folder)
    )
    tally: Counter[str] = Counter()
    with _Bar(sum(1 for _ in _files(folder))) as bar, (out / RESULTS).open("w") as results:
        for one in batch.run(parts.deps, signer, order, opened, items):
            tally[_keep(one, out, results)] += 1
            bar.advance()
            if tally.total() % _SEQUENCE_EVERY == 0:
                parts.logbook.sequence()
    while parts.logbook.sequence():
        pass
    return tally


def _files(folder: Path) -> Iterator[Path]:
    """Documents below a folder, in no order: a million names are not held at once."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _files(Path(entry.path))
                elif entry.is_file() and entry.name.lower().endswith(_SUFFIXES):
                    yield Path(entry.path)
    except OSError as error:
        raise FileUnreadable(file=str(folder), reason=error.strerror) from error


def _item(
    folder: Path,
    path: Path,
    seal_id: SealId,
    role: DocumentRole | None,
    limit: int,
    *,
    numbered: bool,
) -> batch.BatchItem:
    name = path.relative_to(folder).as_posix()
    fault = batch.name_fault(name)
    if fault is not None:
        return batch.BatchItem(
            ascii(name)[:255], batch.BatchItemInvalid(field="name", reason=fault)
        )
    try:
        if path.stat().st_size > limit:
            return batch.BatchItem(name, batch.BatchItemInvalid(reason="TOO_LARGE"))
        content = path.read_bytes()
    except OSError:
        return batch.BatchItem(name, batch.BatchItemInvalid(reason="UNREADABLE"))
    number = path.stem if numbered else None
    return batch.BatchItem(name, SealingRequest(seal_id, content, role=role, number=number))


def _keep(one: batch.ItemResult, out: Path, results: TextIO) -> str:
    """Write the sealed file and its line; what to count it as."""
    shape: dict[str, object] = {"name": one.name}
    if one.view is None or one.sealed is None:
        code = "INTERNAL" if one.error is None else one.error.code
        fields = {} if one.error is None else dict(one.error.fields)
        shape |= {"status": "FAILED", "code": code, "fields": fields}
    else:
        target = out / one.name
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.part")
        aside.write_bytes(one.sealed)
        os.replace(aside, target)  # a file of that name is always a whole one
        shape |= {
            "status": str(one.view.status),
            "sealingId": one.view.sealing_id,
            "digest": one.view.sealed_sha256,
            "completedFactId": one.view.completed_fact_id,
        }
    results.write(json.dumps(shape, ensure_ascii=False) + "\n")
    if one.view is None:
        return "failed"
    return "resumed" if one.resumed else "sealed"


def _wait_until_warm(parts: Parts) -> None:
    """The workers import their libraries once; what is slow here is not the first chunk's doing."""
    for _ in range(600):
        if parts.sandbox.ready():
            return
        time.sleep(0.05)


class _Bar:
    """Progress on standard error, with the rate so far."""

    def __init__(self, total: int) -> None:
        self._progress = Progress(
            TextColumn("用章 Sealing"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID = self._progress.add_task("", total=total, rate="")
        self._done, self._begin = 0, time.perf_counter()

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self) -> None:
        """One item more."""
        self._done += 1
        rate = self._done / max(1e-6, time.perf_counter() - self._begin)
        self._progress.update(self._task, advance=1, rate=f"{rate:.0f}/s")
