"""`make corpus-ofd`: the public OFDs through the endpoint, bare seals by the formats.

The manifest of `ofd/` says what each of its files is; where the other manifest holds the same
bytes, this one wins (shared/README.md). Nothing of the files' content is printed.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sealsvc.formats import parse_seal, parse_signature
from sealsvc.formats.check import check_seal, check_signature
from sealsvc.formats.values import SignatureOutcome
from tests.corpus.documents import CORPUS, MANIFEST, Document
from tests.corpus.outcome import Outcome, faults, verify_all
from tests.live.service import LiveService

OFD = CORPUS / "ofd"
OFD_MANIFEST = OFD / "MANIFEST.json"
# shared/README.md: how the manifest's verdicts translate into the report's words.
ALLOWED = {
    "valid": frozenset({"intact", "indeterminate"}),
    "INVALID": frozenset({"invalid", "modified", "indeterminate"}),
    "unsigned": frozenset({"unsigned"}),
}
_PASSED, _FAILED, _NOT_RUN = 0, 1, 2


def national_rows() -> list[dict[str, Any]]:
    """The rows of the manifest of `ofd/`."""
    rows: list[dict[str, Any]] = json.loads(OFD_MANIFEST.read_text("utf-8"))["files"]
    return rows


def national_documents() -> list[Document]:
    """Every OFD of both manifests, each once by its bytes."""
    rows = [row for row in national_rows() if "document_verdict" in row]
    known = {row["sha256"]: _verdict_row(row) for row in rows}
    found = list(known.values())
    for row in json.loads(MANIFEST.read_text("utf-8"))["files"]:
        if row["path"].startswith("ofd/ofd/") and row["sha256"] not in known:
            found.append(_other_row(row))
    return found


def _verdict_row(row: Mapping[str, Any]) -> Document:
    allow = ALLOWED[row["document_verdict"]]
    said = row.get("summary_expected")
    if isinstance(said, str):
        allow = frozenset({said.split()[0].strip(",.;").lower()})
    kind = f"ofd {row['document_verdict']}"
    return Document(f"ofd/{row['file']}", kind, allow, frozenset({"trusted"}), False, None, None)


def _other_row(row: Mapping[str, Any]) -> Document:
    return Document(
        path=row["path"],
        kind=f"ofd/ofd {row['cls']}",
        allow=frozenset(row["allow"]),
        forbid=frozenset(row["forbid"]),
        soft=False,
        pyhanko=None,
        pdfsig=None,
    )


def seal_faults(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is wrong about the bare seals and seal signatures, one sentence each."""
    found: list[str] = []
    for row in rows:
        name = str(row["file"])
        data = (OFD / name).read_bytes()
        assert sha256(data).hexdigest() == row["sha256"], name
        if name.endswith(".esl"):
            holds = check_seal(parse_seal(data)).maker_signature is SignatureOutcome.VERIFIES
            found += [] if holds is row["seal_signature_valid"] else [f"{name}: seal signature"]
        elif name.endswith(".dat"):
            read = check_signature(parse_signature(data))
            seal = read.eseal.maker_signature is SignatureOutcome.VERIFIES
            own = read.signature is SignatureOutcome.VERIFIES
            found += [] if seal is row["seal_signature_valid"] else [f"{name}: seal signature"]
            found += [] if own is row["document_signature_valid"] else [f"{name}: own signature"]
    return found


def _print(outcomes: list[Outcome]) -> None:
    print(f"{'class':20} {'verdict':28} file")
    for one in sorted(outcomes, key=lambda item: (item.document.kind, item.document.path)):
        mark = "  <-- outside" if one.outside else ""
        print(f"{one.document.kind:20} {one.label:28} {Path(one.document.path).name}{mark}")


def main() -> int:
    """Exit status: 0 as it must be, 1 something is wrong, 2 the documents are not there."""
    if not OFD_MANIFEST.exists():
        print(f"skipped: {CORPUS.name}/ofd is not beside the checkout")
        return _NOT_RUN
    documents = national_documents()
    with TemporaryDirectory(prefix="sealsvc-ofd-") as folder:
        service = LiveService(Path(folder) / "data")
        try:
            service.start()
            outcomes = verify_all(service.base, documents)
        finally:
            service.clean_up()
    _print(outcomes)
    bare = [row for row in national_rows() if row["file"].endswith((".esl", ".dat"))]
    wrong = [*faults(outcomes, {}), *seal_faults(bare)]
    for sentence in wrong:
        print(f"WRONG  {sentence}")
    print(f"{len(outcomes)} OFDs, {len(bare)} seals and seal signatures: ", end="")
    print(f"{len(wrong)} faults" if wrong else "all as the manifests say")
    return _FAILED if wrong else _PASSED


if __name__ == "__main__":
    sys.exit(main())
