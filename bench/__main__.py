"""`make bench`: every figure as a ratio to the library default and to the physical limit.

Writes bench/results.json, and the table and the plot of docs/performance.md. BENCH_ONLY=name,…
measures some groups only and keeps the other rows of results.json.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bench.bulk import bulk_rows
from bench.corpus_seal import corpus_rows
from bench.growth import growth_rows
from bench.http import http_rows
from bench.http_batch import http_batch_rows
from bench.http_registry import registry_rows
from bench.http_stages import stage_rows
from bench.logs import log_rows
from bench.lookups import lookup_rows
from bench.ofd import ofd_rows
from bench.pdf_seal import pdf_seal_rows
from bench.pdf_verify import pdf_verify_rows
from bench.plot import ratio_plot
from bench.sm2 import sm2_rows
from bench.timing import Row

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "pictures" / "performance.svg"
BULK = int(os.environ.get("BENCH_BULK", "3000"))

NOTES = (
    "- `seal.corpus.*`: every PDF of the public corpus that may be sealed; median of the files'",
    "  ratios [5th..95th percentile]. `.ours`: our writer; `.pyhanko`: handed to pyHanko with our",
    "  signer. `.signed` files have signatures, which ours judges first and the library does not.",
    "- `grow.*`: N signatures are in the file already; sizes are noise that nothing compresses.",
    "  `limit` there also checks the signatures.",
    "- `seal.invoice.*`: sixteen invoices of one program in turn, as an issuer has them; what such",
    "  files have in common (catalog, page tree, page) is understood once and kept by its bytes.",
    "- `http.seal`: invoices in batches (`POST /v1/sealings/batch`, zip in and out), each with its",
    "  two committed facts, its file on disk and its place in the log; CPU of all the",
    "  service's processes a document, against the library's call of `seal.invoice.p256`, timed",
    "  around each batch.",
    "  `http.seal.single`: one request a document, with the full verdict as self-check.",
    "- `http.*`: SQLite FULL, wrk over 1, 2 and 8 connections, CPU of the service and its workers.",
    "  `.half`: Poisson arrivals at half of the best rate, latency from when a request was due.",
    "  `.stage.*`: CPU a request by stage, workers included. `.100k`: with so many more seals in",
    "  the registry; the column `library` is the same service without them, both asked in turn.",
    "- `lookup.<database>.<what>.<size>`: CPU of one look-up by the service's own verbs, so many",
    "  rows a table, client and PostgreSQL process together; the dearer of rows that are there and",
    "  rows that are not. One seal holds a tenth of all. `log_append`: 256 facts of one commit.",
    "  `BENCH_ROWS`: the largest size (1000000; above it only registry and log grow);",
    "  `BENCH_DATABASES`: `sqlite,postgres`, or one of them.",
    "- Groups, for `BENCH_ONLY`: the names in `bench/__main__.py`. Sizes: `BENCH_ROUNDS`,",
    "  `BENCH_CORPUS_ROUNDS`, `BENCH_CORPUS_FILES`, `BENCH_GROW_ROUNDS`, `BENCH_SIGNATURES`,",
    "  `BENCH_SIZES`, `BENCH_HTTP_SECONDS`, `BENCH_HTTP_PACED_SECONDS`, `BENCH_STAGE_SECONDS`,",
    "  `BENCH_REGISTRY`, `BENCH_REGISTRY_ROUNDS`, `BENCH_BULK`, `BENCH_BATCH`,",
    "  `BENCH_BATCH_ROUNDS`.",
)


def _bulk() -> list[Row]:
    with TemporaryDirectory(prefix="sealsvc-bench-bulk-") as folder:
        return bulk_rows(BULK, Path(folder) / "data")


GROUPS: tuple[tuple[str, Callable[[], list[Row]]], ...] = (
    ("seal", pdf_seal_rows),
    ("verify", pdf_verify_rows),
    ("corpus", corpus_rows),
    ("grow", growth_rows),
    ("ofd", ofd_rows),
    ("sm2", sm2_rows),
    ("log", log_rows),
    ("batch", http_batch_rows),
    ("lookups", lookup_rows),
    ("bulk", _bulk),
    ("http", http_rows),
    ("stages", stage_rows),
    ("registry", registry_rows),
)
# These start processes of their own, which would inherit the one core.
_UNPINNED = frozenset({"batch", "bulk", "http", "lookups", "stages", "registry"})


def main() -> None:
    """Measure, write, print."""
    console = Console()
    wanted = {name for name in os.environ.get("BENCH_ONLY", "").split(",") if name}
    kept = {} if not wanted or not RESULTS.exists() else _known()
    for name, measure in GROUPS:
        if wanted and name not in wanted:
            continue
        console.print(f"· {name}")
        _pin(one_core=name not in _UNPINNED)
        for row in measure():
            kept[row.name] = row
        _write(list(kept.values()))
    console.print(_table(list(kept.values())))


def _pin(*, one_core: bool) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0} if one_core else set(range(os.cpu_count() or 1)))


def _known() -> dict[str, Row]:
    return {one["name"]: Row(**one) for one in json.loads(RESULTS.read_text("utf-8"))}


def _write(found: list[Row]) -> None:
    RESULTS.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", "utf-8")
    held_against_library = [one for one in found if one.unit.startswith("s CPU")]
    PLOT.write_text(ratio_plot(held_against_library), "utf-8")
    lines = [
        "# Performance 性能",
        "",
        "由 `make bench` 写成；同一核、交替进行、取中位数。Written by `make bench`: interleaved",
        "rounds on one core, medians. `ratio` is the library's default divided by ours in the same",
        "round [range]; `limit` is the ratio that one hash and one signature alone would reach.",
        "The library is pyHanko 0.38 as its documentation shows it: `PdfSigner.sign_pdf` with a",
        "`SimpleSigner`, in place, and `validate_pdf_signature` with a fresh context, hard-fail",
        "revocation and difference analysis. How the bulk run is made: [bulk.md](bulk.md).",
        "",
        *NOTES,
        "",
        "![ratios](pictures/performance.svg)",
        "",
        "| name | unit | ours | library | ratio | limit | n |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(_cells(one)) + " |" for one in found]
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")


def _table(found: list[Row]) -> Table:
    table = Table("name", "unit", "ours", "library", "ratio", "limit", "n")
    for one in found:
        table.add_row(*_cells(one))
    return table


def _cells(one: Row) -> list[str]:
    ratio = "–"
    if one.ratio is not None and one.ratio_min is not None and one.ratio_max is not None:
        ratio = f"{one.ratio:.4g} [{one.ratio_min:.4g}..{one.ratio_max:.4g}]"
    return [
        one.name,
        one.unit,
        f"{one.ours:.4g}",
        "–" if one.baseline is None else f"{one.baseline:.4g}",
        ratio,
        "–" if one.limit_ratio is None else f"{one.limit_ratio:.0f}",
        str(one.n),
    ]


if __name__ == "__main__":
    main()
