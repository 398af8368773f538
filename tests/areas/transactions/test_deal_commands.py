"""`sealsvc replay` on a deal's report, `sealsvc verify` on an attestation, at the command line."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sealsvc.areas.certs import service as certs
from sealsvc.areas.transactions import service as transactions
from sealsvc.areas.transactions.model.attestation import AttestationUnreadable
from sealsvc.areas.transactions.model.record import DealRecordInvalid
from sealsvc.areas.transactions.model.verification import (
    TransactionEvidenceNotKept,
    TransactionRequest,
)
from sealsvc.cli.check import OptionsConflict, replay, verify
from sealsvc.cli.deals import ReportNotDocument
from tests.areas.sealing.story import B
from tests.areas.transactions.world import World, acts

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def shown(capsys: pytest.CaptureFixture[str], *files: Path, **options: Any) -> tuple[int, Any]:
    """Exit status and reports of `verify --json`."""
    status = 0
    try:
        verify(list(files), as_json=True, **options)
    except typer.Exit as ended:
        status = ended.exit_code
    return status, json.loads(capsys.readouterr().out)


def test_a_deals_report_is_judged_again(world: World, tmp_path: Path) -> None:
    made = world.payment()
    asked = TransactionRequest(attestation_ids=(made.attestation_id,))
    view = transactions.verify(world.deps, acts(B), asked)
    report, record = tmp_path / "deal.json", tmp_path / "record.json"
    report.write_bytes(view.body)
    record.write_bytes(transactions.deal_record(world.deps, view))
    replay(str(report), evidence=record)
    shape = json.loads(view.body)
    report.write_text(json.dumps({**shape, "summary": "TRUSTED"}), "utf-8")
    with pytest.raises(typer.Exit):
        replay(str(report), evidence=record)
    report.write_text(json.dumps({**shape, "policy": {"digest": "0" * 64}}), "utf-8")
    with pytest.raises(TransactionEvidenceNotKept):
        replay(str(report), evidence=record)
    report.write_bytes(view.body)
    record.write_bytes(b"{}")
    with pytest.raises(DealRecordInvalid):
        replay(str(report), evidence=record)
    with pytest.raises(ReportNotDocument):
        verify([report])


def test_an_attestation_is_verified(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    envelope = world.payment().envelope
    assert envelope is not None
    file, roots = tmp_path / "payment.json", tmp_path / "roots.pem"
    file.write_text(json.dumps(envelope.to_json()), "utf-8")
    anchors = [
        x509.load_der_x509_certificate(one) for one in certs.trust_material(world.deps).anchors_der
    ]
    roots.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in anchors))
    status, (report,) = shown(capsys, file, trust=roots)
    assert (status, report["summary"]) == (0, "INTACT")
    assert report["axes"] == {"integrity": "PASSED", "trust": "PASSED"}
    left_out = {one["code"] for one in report["notChecked"]}
    assert left_out == {"REVOCATION", "WITHDRAWAL", "PERMIT"}
    status, (report,) = shown(capsys, file)
    assert (status, report["axes"]["trust"]) == (0, "NOT_CHECKED")
    assert "TRUST" in {one["code"] for one in report["notChecked"]}

    dearer = replace(envelope.record, subject={**envelope.record.subject, "amount": "1.00"})
    file.write_text(json.dumps(replace(envelope, record=dearer).to_json()), "utf-8")
    status, (report,) = shown(capsys, file, trust=roots)
    assert (status, report["summary"]) == (1, "INVALID")
    assert [one["code"] for one in report["findings"]] == ["ATTESTATION_SIGNATURE"]

    file.write_text(json.dumps(replace(envelope, chain_der=()).to_json()), "utf-8")
    status, (report,) = shown(capsys, file, trust=roots)
    assert (status, report["summary"]) == (1, "INDETERMINATE")
    verify([file])  # without roots nobody asks for a chain; printed for a reader
    assert "INTACT" in capsys.readouterr().out
    with pytest.raises(OptionsConflict):
        verify([file], data=tmp_path)
    file.write_text('{"record": {}, "signature": 1}', "utf-8")
    with pytest.raises(AttestationUnreadable):
        verify([file])
