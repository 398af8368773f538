"""The facts of attestations: commitments, nothing public. Source: CONTRACT section 4."""

from hashlib import sha256

from sealsvc.areas.transactions.model.attestation import AttestationView
from sealsvc.values import Fact, JsonObject, Subject, SubjectKind


def attestation_intended(view: AttestationView) -> Fact:
    """`attestation.intended`: what will be signed, before it is. Source: ARCHITECTURE 7.4."""
    payload = _payload(view) | {"by": view.by, "certSerial": view.cert_serial}
    return Fact("attestation.intended", _subjects(view), {}, payload)


def attestation_issued(view: AttestationView) -> Fact:
    """`attestation.issued`; who presents the record's digest opens it. Source: CONTRACT 4."""
    assert view.envelope is not None
    signature = sha256(view.envelope.signature).hexdigest()
    payload = _payload(view) | {
        "by": view.by,
        "certSerial": view.cert_serial,
        "signatureDigest": signature,
    }
    return Fact("attestation.issued", _subjects(view), {}, payload)


def attestation_withdrawn(view: AttestationView, *, by: str) -> Fact:
    """`attestation.withdrawn`: it counts no more, from now on."""
    payload = _payload(view) | {"by": by, "reason": view.withdraw_reason or ""}
    return Fact("attestation.withdrawn", _subjects(view), {}, payload)


def attestation_abandoned(view: AttestationView, *, by: str, reason: str) -> Fact:
    """`attestation.abandoned`: an intent that ended without a signature."""
    payload = _payload(view) | {"by": by, "reason": reason}
    return Fact("attestation.abandoned", _subjects(view), {}, payload)


def _payload(view: AttestationView) -> JsonObject:
    return {
        "attestationId": view.attestation_id,
        "kind": view.kind,
        "operator": view.operator_uscc,
        "sealId": view.seal_id,
        "digest": view.record.digest(),
    }


def _subjects(view: AttestationView) -> tuple[Subject, ...]:
    return (
        Subject(SubjectKind.ATTESTATION, view.attestation_id),
        Subject(SubjectKind.ENTITY, view.operator_uscc),
        Subject(SubjectKind.SEAL, view.seal_id),
        Subject(SubjectKind.DOCUMENT, view.record.digest()),
    )
