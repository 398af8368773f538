"""`http.seal`: invoices sealed over HTTP as issuers do, many in one request, per document.

`python -m bench.http_batch [N]`. A demo service of its own, SQLite FULL: each document has its two
committed facts, its files on the disk and its place in the log when the answer has been read. CPU
is that of all the service's processes.
"""

import io
import json
import os
import statistics
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from api.demo.command import CLIENTS_FILE, own_service, read_clients
from bench.bulk import variants
from bench.load import service_cpu
from bench.pdf_seal import library_invoice
from bench.scene import active_seal
from bench.timing import Row, alone

ROUNDS = int(os.environ.get("BENCH_BATCH_ROUNDS", "5"))
DOCUMENTS = int(os.environ.get("BENCH_BATCH", "2000"))
_ZIP = "application/zip"
_SETTLE_S = 0.5


@dataclass(frozen=True)
class Turn:
    """One batch. cpu: seconds of the service a document; wall: seconds of the whole request.

    library: seconds of the library's call, mean of just before and just after.
    """

    cpu: float
    wall: float
    library: float


def http_batch_rows(documents: int = DOCUMENTS) -> list[Row]:
    """Rows of batch sealing, held against pyHanko's own library call."""
    library = library_invoice()
    with TemporaryDirectory(prefix="sealsvc-bench-batch-") as folder:
        data = Path(folder) / "data"
        with own_service(data) as url:
            key, seal_id = active_seal(url, read_clients(data / CLIENTS_FILE))

            def turn(number: int) -> Turn:
                before = library()
                cpu, wall = _sealed(url, key, seal_id, (number * documents, documents))
                return Turn(cpu, wall, (before + library()) / 2)

            turns = [turn(number) for number in range(ROUNDS + 1)][1:]
    ratios = [one.library / one.cpu for one in turns]
    return [
        Row(
            name="http.seal",
            unit="s CPU a document, in batches",
            ours=statistics.median(one.cpu for one in turns),
            baseline=statistics.median(one.library for one in turns),
            ratio=statistics.median(ratios),
            ratio_min=min(ratios),
            ratio_max=max(ratios),
            limit_ratio=None,
            n=len(turns) * documents,
        ),
        alone("http.seal.rate", "documents/s wall", [documents / one.wall for one in turns]),
    ]


def _sealed(url: str, key: str, seal_id: str, numbers: tuple[int, int]) -> tuple[float, float]:
    """One batch: CPU of the service a document, wall of the request; seconds."""
    body = archive(*numbers)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": _ZIP, "Accept": _ZIP}
    headers["Idempotency-Key"] = f"bench-{numbers[0]}"
    before, began = service_cpu(url), time.perf_counter()
    answer = httpx.post(
        f"{url}/v1/sealings/batch?seal={seal_id}",
        headers=headers,
        content=body,
        trust_env=False,
        timeout=600,
    )
    wall = time.perf_counter() - began
    answer.raise_for_status()
    time.sleep(_SETTLE_S)  # for the last facts to get their places in the log
    spent = service_cpu(url) - before
    _require_all_sealed(answer.content, numbers[1])
    return spent / numbers[1], wall


def archive(first: int, count: int) -> bytes:
    """A zip of invoices, each of other bytes; none of them shows its seal."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for number, data in variants(first, count):
            made.writestr(f"{number}.pdf", data)
        made.writestr("manifest.json", json.dumps({"defaults": _OPTIONS}))
    return buffer.getvalue()


_OPTIONS = {"role": "invoice", "invisible": True}


def _require_all_sealed(answer: bytes, count: int) -> None:
    with zipfile.ZipFile(io.BytesIO(answer)) as read:
        lines = [json.loads(line) for line in read.read("results.ndjson").splitlines()]
        found = sum(line["status"] == "COMPLETED" for line in lines)
        if found != count or len(read.namelist()) != count + 1:
            raise ValueError(f"{found} of {count} sealed")


def main() -> None:
    """Command line."""
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS
    for one in http_batch_rows(documents):
        print(one)


if __name__ == "__main__":
    main()
