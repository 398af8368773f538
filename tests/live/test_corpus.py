"""Public documents, attacks among them, through the live service: an answer to each, never a 5xx.

The table it prints holds each summary against the manifest: for people, not asserted here.
"""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live.service import PDF, LiveService

CORPUS = Path(__file__).parents[3] / "shared" / "samples-real"
FOLDERS = ("pdf/", "attacks/")
CLIENTS = 3
DOCUMENTED = {
    (413, "TOO_LARGE"),
    (415, "UNSUPPORTED_FORMAT"),
    (422, "DOCUMENT_ENCRYPTED"),
    (422, "DOCUMENT_UNREADABLE"),
    (422, "RESOURCE_LIMIT"),
}
SUMMARIES = {"TRUSTED", "INTACT", "MODIFIED", "INVALID", "UNSIGNED", "INDETERMINATE"}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not CORPUS.exists(), reason=f"{CORPUS.name} is not beside the checkout"),
]


@dataclass(frozen=True)
class Outcome:
    """word: the summary in lower case, or `rejected`."""

    path: str
    kind: str
    word: str
    status: int
    code: str
    seconds: float
    outside: bool


def _files() -> list[dict[str, Any]]:
    manifest = json.loads((CORPUS / "MANIFEST.json").read_text("utf-8"))
    return [one for one in manifest["files"] if one["path"].startswith(FOLDERS)]


def _verify(service: LiveService, row: dict[str, Any]) -> Outcome:
    data = (CORPUS / row["path"]).read_bytes()
    began = time.monotonic()
    answer = service.call("POST", "/v1/verifications", content=data, headers=PDF)
    seconds = time.monotonic() - began
    found = answer.json()
    word = found["summary"].lower() if answer.status_code == 200 else "rejected"
    allowed = word in row["allow"] if row["allow"] else word not in row["forbid"]
    return Outcome(
        path=row["path"],
        kind=row["cls"],
        word=word,
        status=answer.status_code,
        code=found.get("code", ""),
        seconds=seconds,
        outside=not allowed or word in row["forbid"],
    )


def test_every_public_document_gets_an_answer(
    live: LiveService, capsys: pytest.CaptureFixture[str]
) -> None:
    files = _files()
    assert files
    with ThreadPoolExecutor(CLIENTS) as pool:
        outcomes = list(pool.map(lambda row: _verify(live, row), files))

    with capsys.disabled():
        _print_table(outcomes)
    assert [one for one in outcomes if one.status >= 500] == []
    for one in outcomes:
        if one.status == 200:
            assert one.word.upper() in SUMMARIES, one
        else:
            assert (one.status, one.code) in DOCUMENTED, one
    # We issued none of these.
    assert [one for one in outcomes if one.word == "trusted"] == []
    assert live.http.get("/readyz").status_code == 200


def _print_table(outcomes: list[Outcome]) -> None:
    """For a person: how many of each class are outside what the manifest allows."""
    print(f"\ncorpus: {len(outcomes)} documents")
    for kind in sorted({one.kind for one in outcomes}):
        rows = [one for one in outcomes if one.kind == kind]
        words = ", ".join(f"{word} {n}" for word, n in Counter(r.word for r in rows).most_common())
        outside = [row for row in rows if row.outside]
        print(f"  {kind:18} {len(rows):4}  outside {len(outside):3}  ({words})")
        for row in outside:
            print(f"      {row.word:13} {row.path} {row.code}")
    for one in sorted(outcomes, key=lambda one: -one.seconds)[:5]:
        print(f"  slowest {one.seconds:6.2f} s  {one.path}")
