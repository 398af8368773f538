"""Every public sample reads or is refused by name; the sample's own verdict bounds ours.

All of them with SEALSVC_FULL_CORPUS=1, else about 60 chosen by hash.
"""

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from sealsvc.documents.pdf.errors import DocumentEncrypted, DocumentUnreadable
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
    SignatureReading,
)

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples-real"
MANIFEST = SAMPLES / "MANIFEST.json"
HARMLESS = frozenset({ChangeClass.NONE, ChangeClass.LONG_TERM_UPDATE, ChangeClass.FURTHER_SEAL})
UNREAD = frozenset({ChangeClass.UNREADABLE, ChangeClass.FORM_FILLING})
DOUBTS = frozenset({"SIGNATURE_OUTSIDE_FORM", "FORM_UNREADABLE"})
pytestmark = pytest.mark.shared


def _entries() -> list[dict[str, object]]:
    if not MANIFEST.exists():
        return []
    files = json.loads(MANIFEST.read_text(encoding="utf-8"))["files"]
    found = [
        one
        for one in files
        if one["path"].endswith(".pdf") and one["path"].split("/")[0] in ("pdf", "attacks")
    ]
    if os.environ.get("SEALSVC_FULL_CORPUS") == "1":
        return found
    return [one for one in found if sha256(one["path"].encode()).digest()[0] < 54]


def _rough_verdict(reading: DocumentReading) -> str:
    """The word a judge without trust could at best say."""
    if not reading.signatures:
        seen = {one.code for one in reading.problems} & {
            "SIGNATURE_OUTSIDE_FORM",
            "FORM_UNREADABLE",
        }
        return "indeterminate" if seen else "modified" if reading.earlier_signatures else "unsigned"
    words = {_word(one) for one in reading.signatures}
    if reading.earlier_signatures:
        words.add("modified")
    return next(one for one in ("modified", "invalid", "indeterminate", "intact") if one in words)


def _word(one: SignatureReading) -> str:
    changed = one.worst_change not in HARMLESS | UNREAD or one.docmdp_kept is False
    if changed or one.digest is DigestOutcome.DIFFERS or one.coverage is Coverage.PARTIAL:
        return "modified"
    if one.signature is SignatureOutcome.FAILS:
        return "invalid"
    sure = one.digest is DigestOutcome.MATCHES and one.signature is SignatureOutcome.VERIFIES
    return "intact" if sure and one.worst_change in HARMLESS else "indeterminate"


@pytest.mark.skipif(not MANIFEST.exists(), reason="the public samples are not beside the checkout")
@pytest.mark.parametrize("entry", _entries(), ids=lambda one: str(one["path"]))
def test_sample(entry: dict[str, object]) -> None:
    data = (SAMPLES / str(entry["path"])).read_bytes()
    try:
        verdict = _rough_verdict(read(data))
    except (DocumentEncrypted, DocumentUnreadable):
        verdict = "rejected"
    allowed = entry["allow"]
    assert isinstance(allowed, list)
    if not entry["soft"]:
        assert verdict in allowed
