import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import func, select

from ca.names import SubjectName
from sealsvc.areas.access.model import ScopeMissing
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import IssueOrder
from sealsvc.areas.entities.model import UsccInvalid
from sealsvc.areas.sealing.service import SealingResult
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest
from sealsvc.areas.transparency import service as transparency
from sealsvc.areas.transparency.model import TraceQuery
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.model import (
    ExpectationInvalid,
    ValidationTimeInFuture,
    VerificationNotFound,
    VerificationRequest,
    clean_filename,
    report_digest,
)
from sealsvc.documents import UnsupportedFormat
from sealsvc.documents.pdf.errors import DocumentEncrypted, DocumentUnreadable
from sealsvc.documents.pdf.sealer import finish, prepare
from sealsvc.storage.tables import FactRow
from sealsvc.values import DocumentRole, KeyRef, SealType, SubjectKind
from sealsvc.verify.evidence import Expectation
from sealsvc.verify.policy import PolicyUnknown
from tests.areas.sealing.story import REGULATOR, SHOP, A, B, Story, codes, merchant, pdf
from tests.builders.pdf import encrypted, imprint, make_spec, sealed_once

CONTRACT = {"role": DocumentRole.CONTRACT}


@pytest.fixture
def invoice(story: Story) -> SealingResult:
    return story.invoice(story.seal())


def facts(story: Story) -> int:
    with story.deps.read() as session:
        return session.scalar(select(func.count()).select_from(FactRow)) or 0


def test_unsigned_and_foreign(story: Story) -> None:
    unsigned = story.verify(pdf())
    assert (unsigned["summary"], unsigned["indication"]) == ("UNSIGNED", "NO_SIGNATURE_FOUND")
    story.clock.forward(hours=1)  # the foreign one says that it was signed at 09:30
    foreign = story.verify(sealed_once())
    assert foreign["summary"] == "INTACT", foreign["findings"]
    assert {"SEAL_NOT_REGISTERED", "ISSUER_UNKNOWN"} <= codes(foreign)


def test_one_changed_byte(story: Story, invoice: SealingResult) -> None:
    """Outside the signature value: inside it, issuers that nobody needs can be spoilt."""
    covered = invoice.sealed.rindex(b"/Contents")
    for at in (0.02, 0.3, 0.6, 0.9):
        data = bytearray(invoice.sealed)
        data[int(covered * at)] ^= 1
        assert story.verify(bytes(data))["summary"] in ("MODIFIED", "INVALID"), at


def test_something_appended(story: Story, invoice: SealingResult) -> None:
    appended = invoice.sealed + b"\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
    assert story.verify(appended)["summary"] in ("MODIFIED", "INVALID")


def test_expectations(story: Story, invoice: SealingResult) -> None:
    assert story.verify(invoice.sealed, seller_uscc=A.lower())["summary"] == "TRUSTED"
    other = story.verify(invoice.sealed, seller_uscc=B, role=DocumentRole.INVOICE)
    assert other["summary"] == "INVALID"
    assert "SELLER_SEAL_MISMATCH" in codes(other)
    wrong = story.verify(invoice.sealed, seal_type=SealType.CONTRACT)
    assert "SEAL_TYPE_UNEXPECTED" in codes(wrong)


def test_refused_requests(story: Story) -> None:
    later = story.clock.at + timedelta(seconds=1)
    requests = (
        (VerificationRequest(b"PK\x03\x04"), UnsupportedFormat),
        (VerificationRequest(imprint()), UnsupportedFormat),
        (VerificationRequest(encrypted()), DocumentEncrypted),
        (VerificationRequest(b"%PDF-1.7"), DocumentUnreadable),
        (VerificationRequest(pdf(), policy="lenient"), PolicyUnknown),
        (VerificationRequest(pdf(), validation_time=later), ValidationTimeInFuture),
        (VerificationRequest(pdf(), expectation=Expectation(seller_uscc="x")), UsccInvalid),
        (VerificationRequest(pdf(), expectation=Expectation(party_usccs=("x",))), UsccInvalid),
        (VerificationRequest(pdf(), expectation=Expectation(party_usccs=(A,) * 51)),
         ExpectationInvalid),
        (VerificationRequest(pdf(), record=True), ScopeMissing),
    )  # fmt: skip
    for request, error in requests:
        with pytest.raises(error):
            verification.verify(story.deps, None, request)
    nobody = replace(SHOP, scopes=frozenset())
    with pytest.raises(ScopeMissing):
        verification.verify(story.deps, nobody, VerificationRequest(pdf(), record=True))
    with pytest.raises(VerificationNotFound):
        verification.get(story.deps, "vr_unknown")


def test_a_report_is_kept_byte_for_byte_and_the_document_is_not(
    story: Story, invoice: SealingResult
) -> None:
    before = facts(story)
    data = sealed_once()
    view = verification.verify(story.deps, None, VerificationRequest(data, "/tmp/合同\x00.pdf"))
    assert facts(story) == before
    assert verification.get(story.deps, view.verification_id) == view
    report = json.loads(view.body)
    assert report["id"] == view.verification_id
    assert report["subject"]["filename"] == "合同.pdf"
    own = f"/v1/verifications/{view.verification_id}"
    assert report["links"]["self"] == own
    assert report["links"]["pdf"] == f"{own}?format=pdf"
    assert report["receipt"] is None
    assert report["sentence"] != report["sentenceEn"]
    with pytest.raises(Exception, match="BLOB_NOT_FOUND"):
        story.deps.blobs.get(sha256(data).hexdigest())


def test_a_recorded_verification(story: Story, invoice: SealingResult) -> None:
    request = VerificationRequest(invoice.sealed, "secret-name.pdf", record=True)
    view = verification.verify(story.deps, SHOP, request)
    (fact,) = story.facts(SubjectKind.VERIFICATION, view.verification_id)
    report = json.loads(view.body)
    assert (fact.type, fact.fact_id) == ("verification.recorded", view.fact_id)
    assert report["receipt"]["id"] == fact.fact_id
    assert report["links"]["receipt"] == f"/v1/receipts/{fact.fact_id}"
    assert fact.public() == {}
    assert fact.opened() == {
        "digest": view.document_sha256,
        "indication": "TOTAL_PASSED",
        "reportDigest": report_digest(report),
        "summary": "TRUSTED",
    }


def test_what_strangers_learn_of_a_sealing(story: Story, invoice: SealingResult) -> None:
    seal_id, digest = invoice.view.seal_id, invoice.view.sealed_sha256
    by_seal, by_uscc = TraceQuery(seal_id=seal_id), TraceQuery(uscc=A)
    for viewer in (None, SHOP, merchant(B)):
        for query in (by_seal, by_uscc):
            seen = transparency.trace(story.deps, viewer, query)
            assert not [one for one in seen if one.type.startswith("sealing.")]
    for query in (by_seal, by_uscc):
        own = transparency.trace(story.deps, merchant(A), query)
        opened = [one.payload for one in own if one.type == "sealing.completed"]
        assert opened
        assert opened[0] is not None
    held = transparency.trace(story.deps, None, TraceQuery(digest=digest))
    assert [one.type for one in held if one.payload] == ["sealing.completed"]
    assert transparency.trace(story.deps, None, TraceQuery(digest="0" * 64)) == []


def test_a_certificate_of_ours_without_a_seal(story: Story) -> None:
    """Whoever obtains a certificate from our CA past the registry gains nothing."""
    seal = story.seal(A, SealType.CONTRACT)
    (held,) = certs.of_seal(story.deps, seal.seal_id)
    key_ref = KeyRef(story.deps.keys.generate("ecdsa-p256-sha256", "x"))
    subject = SubjectName(common_name=seal.name, organization=seal.owner_name, uscc=A)
    stray = certs.issue(story.deps, IssueOrder("seal", subject, key_ref, "cli_x", uscc=A))
    assert stray.der is not None
    assert held.der is not None
    spec = replace(
        make_spec(name="Seal-x", placement=None),
        certificate_der=stray.der,
        chain_der=certs.chain_der(story.deps),
        signed_at=story.clock.at,
    )
    prepared = prepare(pdf(), spec)
    forged = finish(prepared, story.deps.keys.signer(key_ref).sign(prepared.tbs))
    report = story.verify(forged)
    assert report["summary"] == "INVALID"
    assert "CERTIFICATE_WITHOUT_SEAL" in codes(report)


def test_sealing_past_the_service_has_no_log_proof(story: Story) -> None:
    """A stolen key: certificate and seal are right, but no use of it stands in the log."""
    seal = story.seal(A, SealType.CONTRACT)
    (held,) = certs.of_seal(story.deps, seal.seal_id)
    assert held.der is not None
    spec = replace(
        make_spec(name="Seal-x", placement=None),
        certificate_der=held.der,
        chain_der=certs.chain_der(story.deps),
        signed_at=story.clock.at,
    )
    prepared = prepare(pdf(), spec)
    stolen = finish(prepared, story.deps.keys.signer(held.key_ref).sign(prepared.tbs))
    assert "LOG_RECEIPT_MISSING" in codes(story.verify(stolen))
    story.clock.forward(minutes=1)
    story.change(seal, SealAction.REPORT_LOST, merchant(A))
    assert story.verify(stolen)["summary"] in ("INDETERMINATE", "INVALID")


def test_the_lists_are_stale(story: Story, invoice: SealingResult) -> None:
    story.clock.forward(days=10)
    certs.refresh_crls(story.deps)
    assert story.verify(invoice.sealed)["summary"] == "TRUSTED"


def test_judged_as_of_an_earlier_time(story: Story, invoice: SealingResult) -> None:
    at = story.clock.at
    story.clock.forward(days=1)
    request = VerificationRequest(invoice.sealed, validation_time=at)
    report = json.loads(verification.verify(story.deps, None, request).body)
    assert report["validationTime"] == "2026-11-21T09:02:00Z"
    assert report["gatheredAt"] == "2026-11-22T09:02:00Z"
    assert report["summary"] == "TRUSTED", report["findings"]


def test_voided_from_the_beginning(story: Story, invoice: SealingResult) -> None:
    second = replace(REGULATOR, client_id="cli_second")
    for regulator in (REGULATOR, second):
        request = ChangeRequest(SealAction.VOID, reason="forged documents")
        seals.void(story.deps, regulator, invoice.view.seal_id, request)
    report = story.verify(invoice.sealed)
    assert report["summary"] == "INVALID", report["findings"]
    assert "SEAL_VOID" in codes(report)
    assert "SEAL_STATUS_KNOWN_LATER" in codes(report)


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        (None, None),
        ("", None),
        ("a.pdf", "a.pdf"),
        ("C:\\x\\a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\u202egpj.pdf", "agpj.pdf"),
        ("x" * 5000, "x" * 255),
        ("dir/", None),
    ],
)
def test_file_names_are_only_shown(given: str | None, clean: str | None) -> None:
    assert clean_filename(given) == clean
