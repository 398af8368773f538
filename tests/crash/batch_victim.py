"""Runs batches and dies in them: a process that forks a victim for each order it reads."""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fpdf import FPDF
from sqlalchemy import event
from sqlmodel import Session

from sealsvc.app import Parts, build
from sealsvc.areas.sealing.service import SealingRequest, batch
from sealsvc.areas.sealing.service.batch import finishing, recording
from sealsvc.settings import Settings
from sealsvc.values import Principal, Scope, SealId

ITEMS = 10
CHUNK = 4
KEY = "crash"


class Fuse:
    """Kills the process at the n-th time that a step is reached."""

    def __init__(self, point: str, left: int) -> None:
        self._point, self._left = point, left

    def step(self, name: str) -> None:
        if name != self._point:
            return
        self._left -= 1
        if self._left == 0:
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, member: str, before: str, after: str) -> None:
        call = getattr(owner, member)

        def stepping(*args: Any, **kwargs: Any) -> Any:
            self.step(before)
            result = call(*args, **kwargs)
            self.step(after)
            return result

        setattr(owner, member, stepping)


def principal(uscc: str) -> Principal:
    return Principal("cli_crash", "crash", frozenset({Scope.SEAL_SIGN}), uscc)


def order_of(seal_id: str) -> batch.BatchOrder:
    return batch.BatchOrder(
        SealId(seal_id), KEY, "0" * 64, sample_every=5, chunk_items=CHUNK, workers=1
    )


def paper(number: int) -> bytes:
    """The same bytes in every process."""
    document = FPDF(format="A4")
    document.set_creation_date(datetime(2026, 11, 21, 9, tzinfo=UTC))
    document.add_page()
    document.set_font("helvetica", size=14)
    document.cell(text=f"File {number}")
    return bytes(document.output())


def items(seal_id: str) -> list[batch.BatchItem]:
    return [
        batch.BatchItem(f"{number}.pdf", SealingRequest(SealId(seal_id), paper(number)))
        for number in range(ITEMS)
    ]


def run(
    parts: Parts, seal_id: str, uscc: str, tell: Callable[[batch.ItemResult], None]
) -> list[batch.ItemResult]:
    order, signer = order_of(seal_id), principal(uscc)
    opened = batch.open_batch(parts.deps, signer, order)
    results = []
    for one in batch.run(parts.deps, signer, order, opened, items(seal_id)):
        tell(one)
        results.append(one)
    return results


def live(wanted: dict[str, Any]) -> None:
    parts = build(Settings(data=Path(wanted["folder"])), isolated=False)
    fuse = Fuse(wanted["point"], wanted["occurrence"])
    fuse.around(recording, "authorise_many", "authorising", "authorised")
    fuse.around(recording, "complete_many", "completing", "completed")
    fuse.around(finishing, "_sign", "signing", "signed")
    fuse.around(finishing, "put_all", "storing", "stored")
    fuse.around(os, "replace", "renaming", "renamed")
    fuse.around(Session, "commit", "committing", "committed")
    engine = parts.store.engine
    event.listen(engine, "before_cursor_execute", lambda *_: fuse.step("statement"))

    def tell(one: batch.ItemResult) -> None:
        digest = None if one.view is None else one.view.sealed_sha256
        print(json.dumps({"name": one.name, "digest": digest}), flush=True)

    run(parts, wanted["seal"], wanted["uscc"], tell)


def main() -> None:
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                live(wanted)
            finally:
                sys.stdout.flush()
                os._exit(1)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"end": status}), flush=True)


if __name__ == "__main__":
    main()
