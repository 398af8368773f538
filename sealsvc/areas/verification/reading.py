"""What is done with hostile bytes: module-level functions, so that a sandbox can run them."""

from dataclasses import dataclass
from hashlib import sha256

from sealsvc.documents import DocumentFormat, detect
from sealsvc.documents.values import DocumentReading, ReadingProblem
from sealsvc.ports import ResourceLimit, Sandbox
from sealsvc.values import JsonObject
from sealsvc.verify.certificates import UnreadableCertificateError, read_certificate
from sealsvc.verify.evidence import Evidence
from sealsvc.verify.policy import Policy
from sealsvc.verify.report import Report, sentence, to_dict


@dataclass(frozen=True)
class DocumentRead:
    """A document as read. serials: of each signature's signer certificate, lower-case hex, in the
    order of `reading.signatures`; None where there is no readable certificate.
    """

    sha256: str
    media_type: str
    reading: DocumentReading
    serials: tuple[str | None, ...]


def read_document(sandbox: Sandbox, data: bytes) -> DocumentRead:
    """Read a document where it can do no harm.

    Raises: UnsupportedFormat, DocumentEncrypted, DocumentUnreadable, ResourceLimit, WorkersBusy.
    """
    document_format = detect(data)
    reading, serials = sandbox.run(_read, document_format, data)
    return DocumentRead(sha256(data).hexdigest(), document_format.media_type, reading, serials)


def unread_document(data: bytes, limit: ResourceLimit) -> DocumentRead:
    """What is known of a document whose reading, or judging, had to be ended: nothing is certain.

    No signature was seen and none can be excluded, which `judge` calls INDETERMINATE.
    Raises: UnsupportedFormat.
    """
    document_format = detect(data)
    reading = DocumentReading(
        kind=document_format.name,
        size_bytes=len(data),
        page_count=0,
        revision_count=0,
        signatures=(),
        earlier_signatures=(),
        problems=(ReadingProblem(limit.code, str(limit.fields.get("limit", ""))),),
    )
    return DocumentRead(sha256(data).hexdigest(), document_format.media_type, reading, ())


def judge_evidence(sandbox: Sandbox, evidence: Evidence, policy: Policy) -> Report:
    """The verdict; certificates, lists and answers in the evidence are hostile bytes too.

    Raises: ResourceLimit, WorkersBusy.
    """
    return sandbox.run(_judge, evidence, policy)


def report_shape(evidence: Evidence, policy: Policy, level: str) -> JsonObject:
    """The report on some evidence at a level of detail; runs in the sandbox."""
    report = _judge(evidence, policy)
    return {**to_dict(report, level=level), "sentenceEn": sentence(report, "en")}


def _judge(evidence: Evidence, policy: Policy) -> Report:
    # Path validation stands on pyHanko, which only workers import (issue: /healthz within 5 s).
    from sealsvc.verify.judge import judge

    return judge(evidence, policy)


def _read(
    document_format: DocumentFormat, data: bytes
) -> tuple[DocumentReading, tuple[str | None, ...]]:
    reading = document_format.read(data)
    return reading, tuple(_serial(one.signer_certificate_der) for one in reading.signatures)


def _serial(der: bytes | None) -> str | None:
    if der is None:
        return None
    try:
        return read_certificate(der).serial_hex
    except UnreadableCertificateError:
        return None
