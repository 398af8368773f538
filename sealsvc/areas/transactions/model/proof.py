"""Whether an attestation's signature holds, and whether its chain ends at a trusted root."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509

from ca.algorithms import suite_named, suites_with_oid
from ca.errors import CaError, CaUnavailable
from sealsvc.areas.transactions.model.attestation import Envelope
from sealsvc.verify.certificates import UnreadableCertificateError, read_certificate


@dataclass(frozen=True)
class ProvenEnvelope:
    """What the bytes alone say. holds: None where this service lacks the algorithm.

    serial_hex, uscc: of the certificate, None where it cannot be read.
    """

    holds: bool | None
    serial_hex: str | None = None
    uscc: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None


def read_proof(envelope: Envelope) -> ProvenEnvelope:
    """Check the signature with the key of the certificate beside it; runs in the sandbox.

    Never raises: hostile bytes make a signature that does not hold.
    """
    try:
        facts = read_certificate(envelope.certificate_der)
    except UnreadableCertificateError:
        return ProvenEnvelope(False)
    usccs = sorted(facts.usccs)
    return ProvenEnvelope(
        holds=_holds(envelope),
        serial_hex=facts.serial_hex,
        uscc=usccs[0] if len(usccs) == 1 else None,
        not_before=facts.not_before,
        not_after=facts.not_after,
    )


def offline_problems(envelope: Envelope, anchors_der: Sequence[bytes]) -> tuple[str, ...]:
    """What speaks against an attestation, with nothing but trusted roots at hand; none = it holds.

    Says nothing of revocation, of a withdrawal or of the operator's permits: those are asked of
    the register. Codes: SIGNATURE, CERTIFICATE, OPERATOR, TIME, CHAIN.
    """
    proof = read_proof(envelope)
    problems = []
    if not proof.holds:
        problems.append("SIGNATURE")
    if proof.not_before is None or proof.not_after is None:
        return (*problems, "CERTIFICATE")
    if proof.uscc != envelope.record.operator:
        problems.append("OPERATOR")
    if not proof.not_before <= envelope.record.issued_at <= proof.not_after:
        problems.append("TIME")
    if not _chained(envelope, anchors_der):
        problems.append("CHAIN")
    return tuple(problems)


def _holds(envelope: Envelope) -> bool | None:
    try:
        key = x509.Certificate.load(envelope.certificate_der, strict=True).public_key.dump()
        suite_named(envelope.suite).verify(key, envelope.signature, envelope.record.signed_bytes())
    except CaUnavailable:
        return None
    except (CaError, ValueError, TypeError, KeyError):
        return False
    return True


def _chained(envelope: Envelope, anchors_der: Sequence[bytes]) -> bool:
    """Whether each certificate was signed by the next and the last by a trusted root."""
    try:
        child = x509.Certificate.load(envelope.certificate_der, strict=True)
        for der in envelope.chain_der:
            issuer = x509.Certificate.load(der, strict=True)
            if not issuer.ca or not _signed_by(child, issuer):
                return False
            child = issuer
        anchors = [x509.Certificate.load(der, strict=True) for der in anchors_der]
        return any(_signed_by(child, anchor) for anchor in anchors)
    except Exception:  # hostile DER makes asn1crypto raise nearly anything
        return False


def _signed_by(child: x509.Certificate, issuer: x509.Certificate) -> bool:
    if child.issuer.dump() != issuer.subject.dump():
        return False
    key, tbs = issuer.public_key.dump(), child["tbs_certificate"].dump()
    for suite in suites_with_oid(child["signature_algorithm"]["algorithm"].dotted):
        try:
            suite.verify(key, child["signature_value"].native, tbs)
        except CaError:
            continue
        return True
    return False
