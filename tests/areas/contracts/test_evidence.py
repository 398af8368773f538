"""The package of evidence: made once, verified by one command, every changed byte named."""

import json
import zipfile
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.areas.certs import service as certs
from sealsvc.areas.contracts import service as contracts
from sealsvc.areas.contracts.checking import Checker
from sealsvc.areas.contracts.model.contract import ContractNotFound
from sealsvc.areas.contracts.model.package import (
    MANIFEST,
    SUMMARY,
    EvidencePackageUnreadable,
    read_package,
    write_package,
)
from sealsvc.areas.contracts.service.evidence import ContractNotSealed, EvidencePending
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.service.report import OperatorSealMissing
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest
from sealsvc.cli import app
from sealsvc.storage.logbook import Logbook
from sealsvc.tlog.keys import KeyType, VerifierKey
from tests.areas.contracts.deal import AUDITOR, Deal
from tests.areas.sealing.story import APPROVER, OPERATOR, A, B, merchant


def with_operator(deal: Deal) -> Deal:
    story = deal.story
    story.deps = replace(story.deps, config=replace(story.deps.config, operator_uscc=B))
    applied = seals.apply(story.deps, merchant(B), sealing.report_seal(B))
    seals.change(story.deps, APPROVER, applied.seal_id, ChangeRequest(SealAction.APPROVE))
    seals.issue(story.deps, APPROVER, applied.seal_id)
    story.clock.forward(minutes=1)
    return deal


@pytest.fixture
def made(deal: Deal, logbook: Logbook) -> tuple[Deal, str, bytes]:
    with_operator(deal)
    contract = deal.concluded()
    with pytest.raises(EvidencePending):
        contracts.evidence(deal.deps, logbook, merchant(A), contract.contract_id)
    logbook.sequence()
    certs.refresh_crls(deal.deps)
    found = contracts.evidence(deal.deps, logbook, merchant(A), contract.contract_id)
    return deal, contract.contract_id, found[1]


def checker(deal: Deal, logbook: Logbook | None = None) -> Checker:
    if logbook is None:
        return Checker(InlineSandbox(), deal.story.clock)
    anchors = certs.trust_material(deal.deps).anchors_der
    return Checker(InlineSandbox(), deal.story.clock, anchors, logbook.head().vkey)


def rewritten(data: bytes, path: str, content: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == path else old.read(name))
    return out.getvalue()


def test_sound_and_always_the_same(
    made: tuple[Deal, str, bytes], logbook: Logbook, tmp_path: Path
) -> None:
    deal, contract_id, data = made
    deal.story.clock.forward(days=3)
    logbook.sequence()
    for who in (merchant(B), AUDITOR):
        assert contracts.evidence(deal.deps, logbook, who, contract_id)[1] == data
    with pytest.raises(ContractNotFound):
        contracts.evidence(deal.deps, logbook, OPERATOR, contract_id)
    report = checker(deal, logbook).check(data)
    assert report.findings == ()
    assert dict(report.documents) == {
        "documents/01-sealed.pdf": "INTACT",
        "documents/final.pdf": "INTACT",
        SUMMARY: "INTACT",
    }
    assert checker(deal).check(data).sound
    assert (
        write_package(
            {path: part for path, part in read_package(data).parts.items() if path != MANIFEST},
            contract_id,
            datetime.fromisoformat(report.as_of),
        )
        == data
    )
    file = tmp_path / "evidence.zip"
    file.write_bytes(data)
    (tmp_path / "roots.pem").write_bytes(read_package(data).parts["certificates/trust.pem"])
    ran = CliRunner().invoke(
        app,
        [
            "evidence",
            "verify",
            str(file),
            "--trust",
            str(tmp_path / "roots.pem"),
            "--key",
            logbook.head().vkey,
        ],
    )
    assert ran.exit_code == 0, ran.output
    file.write_bytes(rewritten(data, "README.txt", b"other"))
    ran = CliRunner().invoke(app, ["evidence", "verify", str(file)])
    assert ran.exit_code == 1
    assert "PART_CHANGED: README.txt" in ran.output
    other = VerifierKey("other.example/log", KeyType.ED25519, bytes(32))
    foreign = replace(checker(deal, logbook), vkey=str(other)).check(data)
    assert {one.code for one in foreign.findings} >= {"RECEIPT_INVALID"}


def test_whatever_is_changed_is_named(made: tuple[Deal, str, bytes]) -> None:
    deal, _, data = made
    one_byte_of_a_part(deal, data)
    one_byte_of_the_file(deal, data)
    a_part_more_or_less(deal, data)


def one_byte_of_a_part(deal: Deal, data: bytes) -> None:
    parts = read_package(data).parts
    assert len(parts) > 12
    check = checker(deal)
    for path, content in parts.items():
        middle = len(content) // 2
        for at in (0, middle, len(content) - 1):
            changed = bytearray(content)
            changed[at] ^= 1
            report = check.check(rewritten(data, path, bytes(changed)))
            assert [one.path for one in report.findings] == [path], (path, at)


def one_byte_of_the_file(deal: Deal, data: bytes) -> None:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        infos = archive.infolist()
    for info in infos:
        begin = info.header_offset + 30 + len(info.filename)
        changed = bytearray(data)
        changed[begin + info.file_size // 2] ^= 1
        report = checker(deal).check(bytes(changed))
        assert [one.path for one in report.findings] == [info.filename]


def a_part_more_or_less(deal: Deal, data: bytes) -> None:
    parts = dict(read_package(data).parts)
    for path in list(parts):
        out = BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, content in parts.items():
                if name != path:
                    archive.writestr(name, content)
        findings = checker(deal).check(out.getvalue()).findings
        assert [(one.path, one.code) for one in findings] == [(path, "PART_MISSING")]
    out = BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("more.txt", b"x")
    findings = checker(deal).check(out.getvalue()).findings
    assert [(one.path, one.code) for one in findings] == [("more.txt", "PART_UNEXPECTED")]


def test_a_package_made_anew_gives_itself_away(
    made: tuple[Deal, str, bytes], logbook: Logbook
) -> None:
    """Whoever changes a part and mends all digests still lacks the operator's seal and the log."""
    deal, contract_id, data = made
    package = read_package(data)
    as_of = datetime.fromisoformat(package.as_of)
    parts = {path: part for path, part in package.parts.items() if path != MANIFEST}

    def codes(**changed: bytes) -> set[str]:
        forged = {**parts, **{path.replace("__", "/"): part for path, part in changed.items()}}
        report = checker(deal, logbook).check(write_package(forged, contract_id, as_of))
        return {one.code for one in report.findings}

    step = json.loads(parts["evidence/01.json"])
    step["seal"]["id"] = "seal_other"
    assert codes(**{"evidence/01.json": json.dumps(step).encode()}) == {
        "EVIDENCE_CONTRADICTS_LOG",
        "SUMMARY_OF_OTHER_PARTS",
    }
    final = parts["documents/final.pdf"]
    assert "CHAIN_BROKEN" in codes(**{"documents/final.pdf": parts["documents/01-sealed.pdf"]})
    assert "DOCUMENT_NOT_SOUND" in codes(
        **{"documents/final.pdf": final.replace(b"595.28", b"595.29", 1)}
    )
    assert codes(**{"README.txt": b"trust me"}) == {"SUMMARY_OF_OTHER_PARTS"}
    assert "DOCUMENT_NOT_SOUND" in codes(**{SUMMARY: parts["documents/00-original.pdf"]})
    receipt = parts["receipts/sealing-02.tlog-proof"]
    assert "DOCUMENT_UNREADABLE" in codes(**{"documents/final.pdf": final[:900]})
    assert "RECEIPT_OF_OTHER_FILE" in codes(**{"receipts/sealing-01.tlog-proof": receipt})
    assert "RECEIPT_INVALID" in codes(**{"receipts/sealing-01.tlog-proof": b"c2sp.org/x\n\n"})
    assert codes(**{"evidence/01.json": b"[]"}) == {"PACKAGE_INCOMPLETE"}


def test_what_is_no_package(deal: Deal) -> None:
    for data in (b"", b"PK\x03\x04", b"%PDF-1.7", bytes(1000)):
        with pytest.raises(EvidencePackageUnreadable):
            checker(deal).check(data)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../x", bytes(10_000_000))
    with pytest.raises(EvidencePackageUnreadable):
        checker(deal).check(out.getvalue())


def test_no_evidence_before_a_seal_or_without_the_operators(deal: Deal, logbook: Logbook) -> None:
    contract = deal.ready()
    who = merchant(A)
    with pytest.raises(ContractNotSealed):
        contracts.evidence(deal.deps, logbook, who, contract.contract_id)
    deal.seal(contract, A)
    with pytest.raises(OperatorSealMissing):
        contracts.evidence(deal.deps, logbook, who, contract.contract_id)
