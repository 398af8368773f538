"""Each committed sample against the verdict its table promises."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

import pytest

from samples.build import EXPECTED, HERE, MAX_BYTES, SAMPLES, TABLE, Sample, file_names, judge
from sealsvc.tlog.policy import policy_of_key
from sealsvc.tlog.proof import ReceiptInvalid, verify_receipt

SHAPE: dict[str, Any] = json.loads((HERE / EXPECTED).read_text("utf-8"))
AT = datetime.fromisoformat(SHAPE["judgedAt"])
BY_FILE = {row["file"]: row for row in SHAPE["samples"]}


def ids(sample: Sample) -> str:
    return sample.file


@pytest.mark.parametrize("column", [0, 1, 2], ids=["bare", "trusted", "later"])
@pytest.mark.parametrize("sample", SAMPLES, ids=ids)
def test_verdict(sample: Sample, column: int) -> None:
    how, trusted, as_of, wanted = sample.verdicts(AT)[column]
    report = judge(sample, HERE, as_of, trusted=trusted)
    row = BY_FILE[sample.file]
    assert report.summary == wanted == row[how]
    if row["finding"] is not None:
        assert row["finding"] in [finding.code for finding in report.findings]


def test_expectations_and_table_name_every_sample() -> None:
    assert list(BY_FILE) == [sample.file for sample in SAMPLES]
    page = (HERE / TABLE).read_text("utf-8")
    for sample in SAMPLES:
        assert f"[`{sample.file}`]" in page


def test_files_are_there_and_small() -> None:
    for name in file_names():
        assert 0 < (HERE / name).stat().st_size < MAX_BYTES


def test_only_good_sealed_files_are_called_so() -> None:
    for name in file_names():
        assert ("sealed" in name) == name.endswith(("-sealed.pdf", "-sealed.ofd"))


def key() -> str:
    return (HERE / "log.vkey").read_text("utf-8").strip()


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.receipts], ids=ids)
def test_last_receipt_names_the_file(sample: Sample) -> None:
    digest = sha256((HERE / sample.file).read_bytes()).hexdigest()
    text = (HERE / sample.receipts[-1]).read_bytes()
    found = verify_receipt(text, policy_of_key(key()), document_sha256=digest)
    assert found.leaf.type == "sealing.completed"


def test_receipt_of_another_file_is_refused() -> None:
    text = (HERE / "invoice.tlog-proof").read_bytes()
    other = sha256((HERE / "invoice-byte-changed.pdf").read_bytes()).hexdigest()
    with pytest.raises(ReceiptInvalid):
        verify_receipt(text, policy_of_key(key()), document_sha256=other)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8, 0.97])
def test_altered_receipt_is_refused(place: float) -> None:
    text = bytearray((HERE / "invoice.tlog-proof").read_bytes())
    at = int(len(text) * place)
    text[at] = ord("A") if text[at] != ord("A") else ord("B")
    with pytest.raises(ReceiptInvalid):
        verify_receipt(bytes(text), policy_of_key(key()))
