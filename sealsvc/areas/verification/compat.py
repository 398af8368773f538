"""Verification for clients of other services: the same judgement, shaped as they expect it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from asn1crypto import x509

from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.verification import service
from sealsvc.areas.verification.gathering import Terms
from sealsvc.areas.verification.model import VerificationRequest, clean_filename
from sealsvc.areas.verification.reading import DocumentRead
from sealsvc.areas.verification.reports.siva import CertificateText, Examined, HashedFile
from sealsvc.documents.detached import MEDIA_TYPE, DetachedReading, DocumentDigest
from sealsvc.documents.values import SignatureReading, TimestampReading
from sealsvc.verify.certificates import UnreadableCertificateError, read_certificate
from sealsvc.verify.report import Level, sentence, to_dict

UNNAMED = "document"


@dataclass(frozen=True)
class DetachedRequest:
    """A detached signature (DER) and, if the caller has it, its document's digest.

    digest None: the answer then names the digest that was signed, for the caller to compare.
    """

    signature: bytes
    filename: str | None = None
    digest: DocumentDigest | None = None
    policy: str | None = None


def examine(deps: Deps, request: VerificationRequest) -> tuple[Examined, str]:
    """Judge a document, keep the report, and gather the certificates; also the report's id.

    Raises: as `service.verify`.
    """
    view, document = service.verify_document(deps, None, request)
    report = json.loads(view.body)
    certificates = _certificates(deps, report, document.reading.signatures)
    return Examined(report, certificates), view.verification_id


def examine_detached(deps: Deps, request: DetachedRequest) -> Examined:
    """Judge a detached signature by its document's digest. The report is not kept.

    Raises: PolicyUnknown, DocumentUnreadable, ResourceLimit, WorkersBusy.
    """
    policy = service.policy_for(deps, request.policy)
    read, serial = deps.sandbox.run(_read, request.signature, request.digest)
    digest = sha256(request.signature).hexdigest()
    document = DocumentRead(digest, MEDIA_TYPE, read.reading, (serial,))
    filename = clean_filename(request.filename)
    report = service.judge_document(deps, document, Terms(filename=filename), policy)
    shape: dict[str, Any] = {
        **to_dict(report, level=Level.DIAGNOSTIC),
        "sentenceEn": sentence(report, "en"),
    }
    return Examined(
        report=shape,
        certificates=_certificates(deps, shape, read.reading.signatures),
        signed=_signed(read, filename),
        cades=read.cades,
    )


def _signed(read: DetachedReading, filename: str | None) -> HashedFile | None:
    if read.signed is None:
        return None
    name = read.signed.algorithm.upper().replace("_", "-")
    return HashedFile(filename or UNNAMED, name, read.signed.value)


def _read(data: bytes, given: DocumentDigest | None) -> tuple[DetachedReading, str | None]:
    # Reading CMS stands on pyHanko, which only workers import.
    from sealsvc.documents.cms_detached import read_detached

    read = read_detached(data, given)
    der = read.reading.signatures[0].signer_certificate_der
    try:
        return read, None if der is None else read_certificate(der).serial_hex
    except UnreadableCertificateError:
        return read, None


def _certificates(
    deps: Deps, report: dict[str, Any], signatures: Iterable[SignatureReading]
) -> dict[str, CertificateText]:
    """The certificates of the report's chains: from the document, or our own issuers."""
    material = certs.trust_material(deps)
    at_hand = [*material.anchors_der, *material.issuers_der]
    for one in signatures:
        at_hand += _embedded(one)
        at_hand += [der for stamp in one.timestamps for der in _embedded(stamp)]
    by_digest = {sha256(der).hexdigest(): der for der in at_hand}
    holders = [held for one in report["signatures"] for held in (one, *one["timestamps"])]
    links = [link["sha256"] for held in holders for link in held["certificateChain"]]
    wanted = {digest: by_digest[digest] for digest in links if digest in by_digest}
    return deps.sandbox.run(_texts, wanted) if wanted else {}


def _embedded(one: SignatureReading | TimestampReading) -> list[bytes]:
    signer = one.signer_certificate_der
    return [*one.certificates_der, *(() if signer is None else (signer,))]


def _texts(ders: dict[str, bytes]) -> dict[str, CertificateText]:
    """What the subjects say; to be run in the sandbox, as the certificates are hostile bytes."""
    return {digest: _text(der) for digest, der in ders.items()}


def _text(der: bytes) -> CertificateText:
    try:
        named = x509.Certificate.load(der).subject.native
    except (ValueError, TypeError):
        return CertificateText(der)

    def single(name: str) -> str:
        value = named.get(name)
        return value if isinstance(value, str) else ""

    return CertificateText(
        der=der,
        common_name=single("common_name"),
        serial_number=single("serial_number"),
        given_name=single("given_name"),
        surname=single("surname"),
    )
