"""The verdict without a register: a file, trusted roots, lists and receipts, nothing else.

What it can say is honest but small: no register was asked, so `sealAuthority` is NOT_CHECKED and
the word is at most INTACT; and with a trusted root but no revocation list, the certificates'
status is unknown and the word INDETERMINATE, until `crls_der` or the file itself brings the lists.
Source: CONTRACT section 1 (offline `sealsvc verify FILE`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sealsvc.areas.transparency.model import SEALING_COMPLETED, declaration_of
from sealsvc.areas.verification.model import clean_expectation, clean_filename
from sealsvc.areas.verification.reading import judge_evidence, read_document
from sealsvc.documents.values import SignatureReading
from sealsvc.errors import BadInput
from sealsvc.ports import Clock, Sandbox
from sealsvc.tlog.policy import Policy as LogPolicy
from sealsvc.tlog.proof import verify_receipt
from sealsvc.values import Declaration
from sealsvc.verify.evidence import Evidence, Expectation, LogProof, SignatureEvidence
from sealsvc.verify.policy import DEFAULT_POLICY, Policy
from sealsvc.verify.report import Report

Proven = tuple[LogProof, Declaration | None]


class ReceiptNotOfSealing(BadInput):
    """A receipt holds, but says nothing of a signature in this document."""

    code = "RECEIPT_NOT_OF_SEALING"


@dataclass(frozen=True)
class OfflineMaterial:
    """What the verifier brings along.

    anchors_der: roots it trusts. issuers_der: further certificates for path building. crls_der:
    revocation lists. receipts: tlog-proof texts; log_policy: whose logs they must come from.
    """

    anchors_der: tuple[bytes, ...] = ()
    issuers_der: tuple[bytes, ...] = ()
    crls_der: tuple[bytes, ...] = ()
    receipts: tuple[bytes, ...] = ()
    log_policy: LogPolicy | None = None
    policy: Policy = DEFAULT_POLICY
    expectation: Expectation = field(default_factory=Expectation)


def verify_offline(
    data: bytes,
    material: OfflineMaterial,
    *,
    sandbox: Sandbox,
    clock: Clock,
    filename: str | None = None,
    validation_time: datetime | None = None,
) -> Report:
    """Judge a document with what the verifier holds; nothing is fetched and nothing is kept.

    Raises: ReceiptInvalid, ReceiptNotOfSealing, UsccInvalid, ExpectationInvalid,
    UnsupportedFormat, DocumentEncrypted, DocumentUnreadable, ResourceLimit.
    """
    document = read_document(sandbox, data)
    signatures = document.reading.signatures
    proofs = _proofs(material, signatures)
    now = clock.now()
    evidence = Evidence(
        document_sha256=document.sha256,
        filename=clean_filename(filename),
        reading=document.reading,
        signatures=tuple(_about(one, proofs) for one in signatures),
        anchors_der=material.anchors_der,
        issuers_der=material.issuers_der,
        crls_der=material.crls_der,
        registry_asked=False,
        expectation=clean_expectation(material.expectation),
        validation_time=validation_time or now,
        gathered_at=now,
        fields=document.fields,
    )
    return judge_evidence(sandbox, evidence, material.policy)


def _about(reading: SignatureReading, proofs: dict[str, Proven]) -> SignatureEvidence:
    proof, declaration = proofs.get(reading.signature_sha256 or "", (None, None))
    return SignatureEvidence(
        reading=reading,
        issued_by_us=None,
        seal=None,
        log_proof=proof,
        declaration=declaration,
    )


def _proofs(material: OfflineMaterial, signatures: Sequence[SignatureReading]) -> dict[str, Proven]:
    """Proofs by signature digest. The time is the leaf's, in whole seconds."""
    present = {one.signature_sha256 for one in signatures if one.signature_sha256 is not None}
    found: dict[str, Proven] = {}
    for text in material.receipts:
        digest, proven = _proof(text, material.log_policy)
        if digest not in present:
            raise ReceiptNotOfSealing(reason="OTHER_DOCUMENT")
        found[digest] = proven
    return found


def _proof(text: bytes, log_policy: LogPolicy | None) -> tuple[str, Proven]:
    if log_policy is None:
        raise ReceiptNotOfSealing(reason="NO_LOG_KEY")
    receipt = verify_receipt(text, log_policy)
    digest = receipt.payload.get("signatureDigest")
    if receipt.leaf.type != SEALING_COMPLETED or not isinstance(digest, str):
        raise ReceiptNotOfSealing(reason="OTHER_FACT")
    proof = LogProof(
        fact_id=receipt.leaf.id, at=receipt.leaf.at, not_before_at=None, index=receipt.index
    )
    return digest, (proof, declaration_of(receipt.payload))
