"""`python -m tests.unit.documents.pdf_fast.corpus_run [corpus | visible | generated N]`: the proof.

corpus: every public sample is understood, refused or handed on; what is understood is sealed and
judged by independent programs; visible: with a picture. generated: N random small documents.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pikepdf

from sealsvc.documents.pdf.fast.pages import find_page, page_count
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import Structure, understand
from sealsvc.errors import ServiceError
from tests.unit.documents.pdf_fast.checks import (
    PLACE,
    complaints,
    fast_sealed,
    pyhanko_complaints,
    pyhanko_reads,
)
from tests.unit.documents.pdf_fast.generator import generated

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "samples-real"
MANIFEST = SAMPLES / "MANIFEST.json"
ORACLE_PAGES = 200


@dataclass
class Outcome:
    """What became of one file. reason: why not sealed; wrong: complaints about the sealed file."""

    name: str
    understood: bool
    reason: str = ""
    wrong: list[str] = field(default_factory=list)
    base_unread: bool = False
    seconds: float = 0.0


def samples() -> list[Path]:
    """All PDFs among the public samples."""
    if not MANIFEST.exists():
        return []
    files = json.loads(MANIFEST.read_text(encoding="utf-8"))["files"]
    return [SAMPLES / one["path"] for one in files if one["path"].endswith(".pdf")]


def oracle_complaints(data: bytes, structure: Structure) -> list[str]:
    """Where pikepdf sees another catalog, other pages or another order."""
    from io import BytesIO

    try:
        pdf = pikepdf.open(BytesIO(data))
    except pikepdf.PdfError:
        return []
    with pdf:
        if pdf.get_warnings():
            return []  # qpdf has repaired the file: it describes another one
        found = []
        if pdf.Root.objgen != structure.catalog.reference:
            found.append("oracle: catalog")
        pages = _oracle_pages(pdf)
        if pages is not None:
            count = page_count(structure)
            ours = [
                find_page(structure, number + 1).object.reference
                for number in range(min(count, ORACLE_PAGES))
            ]
            if count != len(pages) or ours != pages[:ORACLE_PAGES]:
                found.append("oracle: pages")
        return found


def _oracle_pages(pdf: pikepdf.Pdf) -> list[tuple[int, int]] | None:
    """Object numbers of the pages, None where the tree is one that qpdf repairs."""
    found: list[tuple[int, int]] = []

    def walk(node: pikepdf.Object, depth: int) -> bool:
        if depth > 50 or "/Kids" not in node:
            found.append(node.objgen)
            return True
        return all(walk(kid, depth + 1) for kid in node.Kids)

    try:
        return found if walk(pdf.Root.Pages, 0) else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def run_one(name: str, data: bytes, *, visible: bool = False) -> Outcome:
    """Understand, seal, judge."""
    begin = time.process_time()
    try:
        structure = understand(data)
    except (NotUnderstood, ServiceError) as error:
        return Outcome(name, False, _word(error), seconds=time.process_time() - begin)
    outcome = Outcome(name, True, seconds=time.process_time() - begin)
    try:
        outcome.wrong += oracle_complaints(data, structure)
        sealed = fast_sealed(data, placement=PLACE if visible else None)
    except (NotUnderstood, ServiceError) as error:
        outcome.reason = _word(error)
        return outcome
    outcome.wrong += complaints(data, sealed, visible=visible)
    strict = pyhanko_complaints(sealed)
    outcome.base_unread = bool(strict) and not pyhanko_reads(data)
    outcome.wrong += [] if outcome.base_unread else strict
    return outcome


def _word(error: Exception) -> str:
    return error.reason if isinstance(error, NotUnderstood) else type(error).__name__


def _inputs(arguments: list[str]) -> Iterator[tuple[str, bytes, bool]]:
    if arguments and arguments[0] == "generated":
        for seed in range(int(arguments[1]) if len(arguments) > 1 else 200):
            yield f"generated {seed}", generated(seed), bool(seed % 2)
        return
    visible = arguments[:1] == ["visible"]
    for path in samples():
        yield str(path.relative_to(SAMPLES)), path.read_bytes(), visible


def main(arguments: list[str]) -> int:
    """0 when no sealed file is worse than its base."""
    outcomes = [run_one(name, data, visible=seen) for name, data, seen in _inputs(arguments)]
    if not outcomes:
        print("skipped: no samples beside the checkout")
        return 0
    sealed = [one for one in outcomes if not one.reason]
    wrong = [one for one in outcomes if one.wrong]
    print(f"files {len(outcomes)}, understood {sum(one.understood for one in outcomes)},", end=" ")
    print(f"sealed {len(sealed)}, wrong {len(wrong)},", end=" ")
    print(f"base unread by strict pyHanko {sum(one.base_unread for one in sealed)},", end=" ")
    print(f"slowest reading {max(one.seconds for one in outcomes) * 1000:.1f} ms")
    for reason, count in Counter(one.reason for one in outcomes if one.reason).most_common():
        print(f"{count:5}  {reason}")
    for one in wrong:
        print(f"WRONG {one.name}: {'; '.join(one.wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
