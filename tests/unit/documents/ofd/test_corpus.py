"""Real OFDs: each reads, and outcomes agree with what another verifier found (MANIFEST.json).

Nothing of their content is printed: they are papers of real companies and persons.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from sealsvc.documents import OFD, detect
from sealsvc.documents.ofd.reader import read
from sealsvc.documents.values import Coverage, DigestOutcome, SignatureOutcome, SignatureReading

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "samples-real" / "ofd"
MANIFEST = SAMPLES / "MANIFEST.json"
# What the manifest's verifier leaves out of its verdict, and ours reports (ofd.md section 5).
UNPROTECTED = {
    "v4-tax-einvoice-templates-not-covered.ofd": 2,
    "v4-two-signatures-versions-json-propertyinfo.ofd": 5,
}
TIME = ("SIG_TIME_",)
pytestmark = pytest.mark.shared


def entries(kind: str) -> list[dict[str, Any]]:
    if not MANIFEST.exists():
        return []
    files = json.loads(MANIFEST.read_text(encoding="utf-8"))["files"]
    return [one for one in files if one["kind"] == kind]


def digest_of(entry: dict[str, Any]) -> DigestOutcome:
    """The outcome that the manifest's facts come to."""
    if entry["check_method"].endswith(".401.2"):
        return DigestOutcome.DIFFERS  # by dataHash; the references cannot be compared
    if entry["check_method"] == "SHA1" or entry["format"].startswith("raw"):
        return DigestOutcome.NOT_CHECKED
    right = entry.get("data_hash_ok") is True or entry.get("message_digest_attr") == ["sm3"]
    matches = right and not entry["references"]["failed"]
    return DigestOutcome.MATCHES if matches else DigestOutcome.DIFFERS


def check(one: SignatureReading, entry: dict[str, Any]) -> None:
    codes = {problem.code for problem in one.problems}
    assert one.digest is digest_of(entry)
    if entry["format"].startswith("raw"):
        assert one.signature is SignatureOutcome.NOT_CHECKED
        assert "SIG_SIGNER_CERT_MISSING" in codes
        return
    verifies = one.signature is SignatureOutcome.VERIFIES
    assert verifies == entry["document_signature_valid"]
    assert ("OFD_SEAL_FILE_MISMATCH" in codes) == (entry["seal_file_equals_embedded"] is False)
    assert (one.eseal is not None) == entry["format"].startswith("SES")
    if one.eseal is None:
        return
    assert one.eseal.signer_listed == entry["signer_cert_in_seal_list"]
    assert (one.eseal.maker_signature is SignatureOutcome.VERIFIES) == entry["seal_signature_valid"]
    assert one.eseal.seal_id == entry["seal"]["esID"]
    assert len(one.stamps) >= 1
    assert one.picture is not None, "a picture that is an OFD itself is drawn"
    assert codes >= {
        code
        for code in entry["errors"]
        if not code.startswith(TIME)
        and not (code == "OFD_REFERENCE_DIGEST_MISMATCH" and one.digest_algorithm is None)
    }


@pytest.mark.parametrize("entry", entries("signed OFD"), ids=lambda one: str(one["file"]))
def test_signed_sample(entry: dict[str, Any]) -> None:
    data = (SAMPLES / entry["file"]).read_bytes()
    assert detect(data) is OFD
    found = read(data)
    assert len(found.signatures) == entry["number_of_signatures"]
    for one, expected in zip(found.signatures, entry["signatures"], strict=True):
        check(one, expected)
    open_parts = [p for p in found.problems if p.code == "OFD_UNPROTECTED_CONTENT"]
    assert len(open_parts) == UNPROTECTED.get(entry["file"], 0)
    if entry["document_verdict"] == "valid" and not open_parts:
        assert found.signatures[-1].coverage is Coverage.FILE


@pytest.mark.parametrize("entry", entries("unsigned OFD"), ids=lambda one: str(one["file"]))
def test_unsigned_sample(entry: dict[str, Any]) -> None:
    found = read((SAMPLES / entry["file"]).read_bytes())
    declares = "declares" in entry["file"]
    expected = "OFD_SIGNATURE_LIST_MISSING" if declares else "OFD_NOT_SIGNED"
    assert found.signatures == ()
    assert [one.code for one in found.problems] == [expected]


def more_samples() -> list[Path]:
    return sorted((SAMPLES / "ofd").glob("*.ofd"))


@pytest.mark.parametrize("path", more_samples(), ids=lambda one: str(one.name))
def test_more_samples_read(path: Path) -> None:
    found = read(path.read_bytes())
    assert found.page_count >= 1
    assert {one.code for one in found.problems} <= {
        "OFD_NOT_SIGNED",
        "OFD_SIGNATURE_LIST_MISSING",
        "OFD_SIGNATURE_UNLISTED",
        "OFD_UNPROTECTED_CONTENT",
        "OFD_UNPROTECTED_EXTRA",
        "OFD_NAME_CASE_DIFFERS",
    }


def test_samples_are_there() -> None:
    if not MANIFEST.exists():
        pytest.skip("no shared/samples-real beside the checkout")
    assert len(entries("signed OFD")) == 19
    assert len(more_samples()) > 30
