"""What a worker does with one freshly sealed PDF: read it again and judge it, in one call. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sealsvc.areas.certs.model import TrustMaterial
from sealsvc.values import Declaration
from sealsvc.verify.evidence import (
    CertificateRecord,
    Evidence,
    Expectation,
    LogProof,
    RegisteredSeal,
    SignatureEvidence,
)
from sealsvc.verify.indications import AxisResult
from sealsvc.verify.messages import Axis
from sealsvc.verify.policy import Policy


@dataclass(frozen=True)
class Awaited:
    """The one signature that the file must hold, and all that our registers know of it.

    signature_sha256: of the value the key gave, hex; certificate_der: of the signer's certificate,
    which is `record`'s; at: when the registers were asked.
    """

    signature_sha256: str
    certificate_der: bytes
    record: CertificateRecord
    seal: RegisteredSeal
    proof: LogProof
    declaration: Declaration
    trust: TrustMaterial
    at: datetime


class Examined(NamedTuple):
    """fault: a code where the file does not hold just the awaited signature; then no verdict was
    made. axes, codes: of the verdict on that signature.
    """

    fault: str | None
    axes: dict[Axis, AxisResult]
    codes: tuple[str, ...]


def examine(data: bytes, awaited: Awaited, policy: Policy) -> Examined:
    """The full verdict on a sealed PDF, as far as its maker answers for it.

    The document's own fields are not read: the business meaning alone stands on them, and that is
    the sealer's affair. Raises: DocumentEncrypted, DocumentUnreadable.
    """
    # Both stand on pyHanko, which only workers import (issue: /healthz within 5 s).
    from sealsvc.documents.pdf.reader import read_with_digest
    from sealsvc.verify.judge import judge

    reading, digest = read_with_digest(data)
    found = [one for one in reading.signatures if one.signature_sha256 == awaited.signature_sha256]
    if len(found) != 1:
        return _fault("SIGNATURE_NOT_FOUND")
    if len(reading.signatures) != 1:
        return _fault("SIGNATURE_UNEXPECTED")
    if found[0].signer_certificate_der != awaited.certificate_der:
        return _fault("CERTIFICATE")
    evidence = Evidence(
        document_sha256=digest,
        filename=None,
        reading=reading,
        signatures=(
            SignatureEvidence(
                reading=found[0],
                issued_by_us=awaited.record,
                seal=awaited.seal,
                log_proof=awaited.proof,
                declaration=awaited.declaration,
            ),
        ),
        anchors_der=awaited.trust.anchors_der,
        issuers_der=awaited.trust.issuers_der,
        crls_der=awaited.trust.crls_der,
        registry_asked=True,
        expectation=Expectation(),
        validation_time=awaited.at,
        gathered_at=awaited.at,
    )
    verdict = judge(evidence, policy).signatures[0]
    return Examined(None, verdict.axes, tuple(item.code for item in verdict.findings))


def _fault(code: str) -> Examined:
    return Examined(code, {}, ())
