"""The public documents beside the checkout: what each may and may not be called.

Their content is other people's: only paths, words and measurements leave this package.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[3] / "shared" / "samples-real"
MANIFEST = CORPUS / "MANIFEST.json"
EXCEPTIONS = Path(__file__).with_name("exceptions.json")
DISAGREEMENTS = Path(__file__).with_name("disagreements.json")
OTHER_FORMATS = ("ofd/",)  # the national formats have a manifest and a verifier of their own


@dataclass(frozen=True)
class Document:
    """One row of the manifest. soft: its sources disagree, so only 5xx and TRUSTED are wrong.

    pyhanko, pdfsig: the verdicts those gave when the manifest was made, None where not asked.
    """

    path: str
    kind: str
    allow: frozenset[str]
    forbid: frozenset[str]
    soft: bool
    pyhanko: str | None
    pdfsig: str | None

    def read(self) -> bytes:
        return (CORPUS / self.path).read_bytes()


def load_documents() -> list[Document]:
    """All rows but those of other formats, in the manifest's order."""
    rows = json.loads(MANIFEST.read_text("utf-8"))["files"]
    return [_document(row) for row in rows if not row["path"].startswith(OTHER_FORMATS)]


def _document(row: Mapping[str, Any]) -> Document:
    return Document(
        path=row["path"],
        kind=row["cls"],
        allow=frozenset(row["allow"]),
        forbid=frozenset(row["forbid"]),
        soft=row["soft"],
        pyhanko=_pyhanko(row.get("pyhanko_0_38")),
        pdfsig=(row.get("pdfsig_22_12") or {}).get("verdict"),
    )


def _pyhanko(column: Mapping[str, Any] | None) -> str | None:
    """The worst word of the runs with and without strictness, every signer trusted or none."""
    if column is None:
        return None
    words = {column[run]["verdict"] for run in ("default", "strict", "trustall")}
    return next((word for word in sorted(words) if word != "intact"), "intact")


def sample(documents: Iterable[Document], count: int) -> list[Document]:
    """About `count` of them, the same every time: by hash of the path, every class in it.

    Signed and attacked documents are taken twice as often as the rest: there the judgement is.
    """
    ranked = sorted(documents, key=lambda one: _rank(one.path))
    telling = [one for one in ranked if one.pyhanko not in (None, "unsigned", "read_error")]
    others = [one for one in ranked if one not in telling]
    chosen = telling[: count * 2 // 3]
    chosen += others[: count - len(chosen)]
    kinds = {one.kind for one in chosen}
    for one in ranked:
        if one.kind not in kinds:
            kinds.add(one.kind)
            chosen.append(one)
    return chosen


def _rank(path: str) -> bytes:
    return sha256(path.encode()).digest()


def reasons(listing: Path) -> dict[str, str]:
    """Path → why, of a list of exceptions. Raises: ValueError when one stands there twice."""
    rows = json.loads(listing.read_text("utf-8"))
    found = {row["path"]: row["why"] for row in rows}
    if len(found) != len(rows):
        raise ValueError(f"{listing.name} names a document twice")
    return found
