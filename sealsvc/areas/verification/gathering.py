"""All that is to be known about a document's signatures, asked of our own registers."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime

from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import SealNotFound
from sealsvc.areas.transparency import service as transparency
from sealsvc.areas.verification.reading import DocumentRead
from sealsvc.documents.values import SignatureReading
from sealsvc.values import Declaration, SealId
from sealsvc.verify.evidence import (
    Evidence,
    Expectation,
    LogProof,
    RegisteredSeal,
    SignatureEvidence,
    likely_signing_time,
)

Logged = tuple[LogProof, Declaration | None]


@dataclass(frozen=True)
class Terms:
    """Under which terms a document is judged.

    validation_time: None = now. foretold: proofs by hex SHA-256 of the signature value that the
    log will hold once the present sealing is completed; asked before the log itself.
    """

    filename: str | None = None
    validation_time: datetime | None = None
    expectation: Expectation = field(default_factory=Expectation)
    foretold: Mapping[str, Logged] = field(default_factory=dict)


def gather(deps: Deps, document: DocumentRead, terms: Terms) -> Evidence:
    """Everything `judge` needs. One round: our own issuers and lists open no new needs.

    One look for all of it, so that the answers are of one moment.
    Source: ARCHITECTURE section 11, steps 5 and 6.
    """
    with deps.read() as session:
        look = replace(deps, read=lambda: nullcontext(session))
        material = certs.trust_material(look)
        signatures = tuple(
            _about(look, signature, serial, terms.foretold)
            for signature, serial in zip(document.reading.signatures, document.serials, strict=True)
        )
    now = deps.clock.now()  # after the lists were fetched, so that none is from the future
    return Evidence(
        document_sha256=document.sha256,
        filename=terms.filename,
        reading=document.reading,
        signatures=signatures,
        anchors_der=material.anchors_der,
        issuers_der=material.issuers_der,
        crls_der=material.crls_der,
        registry_asked=True,
        expectation=terms.expectation,
        validation_time=terms.validation_time or now,
        gathered_at=now,
        fields=document.fields,
    )


def _about(
    deps: Deps, reading: SignatureReading, serial: str | None, foretold: Mapping[str, Logged]
) -> SignatureEvidence:
    proof, declaration = _logged(deps, reading.signature_sha256, foretold)
    der = reading.signer_certificate_der
    record = None
    if der is not None and serial is not None:
        record = certs.record_of(deps, der, serial)
    seal, eseal = None, reading.eseal
    if record is not None and record.sealed_for is not None:
        signed_at = likely_signing_time(reading, proof)
        seal = _registered(deps, SealId(record.sealed_for), signed_at)
    return SignatureEvidence(
        reading=reading,
        issued_by_us=record,
        seal=seal,
        log_proof=proof,
        declaration=declaration,
        eseal_of=None if eseal is None else seals.eseal_owner(deps, eseal.der_sha256),
    )


def _logged(
    deps: Deps, signature_sha256: str | None, foretold: Mapping[str, Logged]
) -> tuple[LogProof | None, Declaration | None]:
    if signature_sha256 is None:
        return None, None
    if signature_sha256 in foretold:
        return foretold[signature_sha256]
    return transparency.proof_for_signature(deps, signature_sha256) or (None, None)


def _registered(deps: Deps, seal_id: SealId, signed_at: datetime | None) -> RegisteredSeal | None:
    try:
        return seals.registered_seal(deps, seal_id, signed_at)
    except SealNotFound:
        return None
