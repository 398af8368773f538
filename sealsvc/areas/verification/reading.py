"""What is done with hostile bytes: module-level functions, so that a sandbox can run them."""

import json
from dataclasses import dataclass
from hashlib import sha256

from sealsvc.documents import DocumentFormat, UnsupportedFormat, detect
from sealsvc.documents.values import DocumentReading, ReadingProblem
from sealsvc.formats import ObjectKind, SealFormatInvalid, parse_seal, parse_signature
from sealsvc.formats import detect as detect_object
from sealsvc.ports import ResourceLimit, Sandbox
from sealsvc.values import JsonObject
from sealsvc.verify.certificates import UnreadableCertificateError, read_certificate
from sealsvc.verify.evidence import DocumentFields, Evidence
from sealsvc.verify.policy import Policy
from sealsvc.verify.report import Report, sentence, to_dict
from sealsvc.verify.verdict import Level

_DER_OR_BASE64 = (b"0", b"M")
"""First octets of a SEQUENCE, plain or as Base64 text."""


@dataclass(frozen=True)
class DocumentRead:
    """A document as read. serials: of each signature's signer certificate, lower-case hex, in the
    order of `reading.signatures`; None where there is no readable certificate. fields: of the
    invoice that the document is, None where it shows none.
    """

    sha256: str
    media_type: str
    reading: DocumentReading
    serials: tuple[str | None, ...]
    fields: DocumentFields | None = None


@dataclass(frozen=True)
class Judgement:
    """A verdict as it is kept. report: UTF-8 JSON of what the judgement alone says of a document,
    in both languages; evidence_record: what it stands on.
    """

    document_sha256: str
    summary: str
    indication: str
    report: bytes
    evidence_record: bytes


def read_document(sandbox: Sandbox, data: bytes) -> DocumentRead:
    """Read a document where it can do no harm.

    A bare seal or signature value has no document to be held against: UnsupportedFormat says so.
    Raises: UnsupportedFormat, DocumentEncrypted, DocumentUnreadable, ResourceLimit, WorkersBusy.
    """
    try:
        document_format = detect(data)
    except UnsupportedFormat as error:
        kind = sandbox.run(_bare_kind, data) if data[:1] in _DER_OR_BASE64 else None
        raise UnsupportedFormat(**({} if kind is None else {"contains": kind})) from error
    digest, media_type = sha256(data).hexdigest(), document_format.media_type
    return DocumentRead(digest, media_type, *sandbox.run(_read, document_format, data))


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


def judge_to_keep(sandbox: Sandbox, evidence: Evidence, policy: Policy) -> Judgement:
    """The verdict, written down where it was made: a report weighs more than its words.

    Raises: ResourceLimit, WorkersBusy.
    """
    return sandbox.run(_judgement, evidence, policy)


def judged_members(report: Report, level: str = Level.SIMPLE) -> JsonObject:
    """What the judgement alone says of a document, in both languages."""
    return {**to_dict(report, level=level), "sentenceEn": sentence(report, "en")}


def encoded(shape: JsonObject) -> bytes:
    """A report as it is kept and answered."""
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()


def report_shape(evidence: Evidence, policy: Policy, level: str) -> JsonObject:
    """The report on some evidence at a level of detail; runs in the sandbox."""
    return judged_members(_judge(evidence, policy), level)


def _judgement(evidence: Evidence, policy: Policy) -> Judgement:
    report = _judge(evidence, policy)
    return Judgement(
        document_sha256=report.document_sha256,
        summary=str(report.summary),
        indication=str(report.indication),
        report=encoded(judged_members(report)),
        evidence_record=report.facts.record,
    )


def _judge(evidence: Evidence, policy: Policy) -> Report:
    # Path validation stands on pyHanko, which only workers import (issue: /healthz within 5 s).
    from sealsvc.verify.judge import judge

    return judge(evidence, policy)


def _read(
    document_format: DocumentFormat, data: bytes
) -> tuple[DocumentReading, tuple[str | None, ...], DocumentFields | None]:
    # Stands on pikepdf and pdfium, which only workers import.
    from sealsvc.areas.verification.fields import read_fields

    reading = document_format.read(data)
    serials = tuple(_serial(one.signer_certificate_der) for one in reading.signatures)
    return reading, serials, read_fields(document_format.name, data)


def _bare_kind(data: bytes) -> str | None:
    """Of a national seal or signature value without its document: what it is; None for the rest."""
    try:
        kind = detect_object(data)
        if kind is ObjectKind.SEAL:
            parse_seal(data)
        elif kind is ObjectKind.SIGNATURE:
            parse_signature(data)
    except SealFormatInvalid:
        return None
    return f"bare {kind}"


def _serial(der: bytes | None) -> str | None:
    if der is None:
        return None
    try:
        return read_certificate(der).serial_hex
    except UnreadableCertificateError:
        return None
