"""The verdict without a register: reader and judge in this process, with trust made by hand."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

from sealsvc.documents.pdf.errors import DocumentEncrypted, DocumentUnreadable
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import DocumentReading, SignatureReading
from sealsvc.values import DocumentRole
from sealsvc.verify.evidence import Evidence, Expectation, SignatureEvidence
from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY
from tests.builders import evidence as trust
from tests.builders import pdf
from tests.builders.x509 import DemoChain

NOW = pdf.SIGNED_AT + timedelta(hours=1)


def chains() -> tuple[DemoChain, DemoChain]:
    """Who sealed: the builders keep one chain for no name and one for each name."""
    return pdf.chain_named(), pdf.chain_named("second")


@cache
def invoice() -> bytes:
    return pdf.sealed_once(DocumentRole.INVOICE)


@cache
def contract() -> bytes:
    return pdf.sealed(pdf.sealed_once(), pdf.chain_named("second"))


@cache
def _true_signatures() -> dict[str, SignatureReading]:
    """By the hash of their values: what a log would know."""
    readings = (read(data) for data in (invoice(), contract()))
    return {str(one.signature_sha256): one for reading in readings for one in reading.signatures}


def summary(data: bytes) -> str:
    """The word, or the code of the refusal."""
    try:
        reading = read(data)
    except (DocumentEncrypted, DocumentUnreadable) as error:
        return error.code
    return str(judge(_evidence(reading), DEFAULT_POLICY).summary)


def _evidence(reading: DocumentReading) -> Evidence:
    return Evidence(
        document_sha256="0" * 64,
        filename=None,
        reading=reading,
        signatures=tuple(_about(one) for one in reading.signatures),
        anchors_der=tuple(chain.root_der for chain in chains()),
        issuers_der=tuple(chain.issuing_der for chain in chains()),
        crls_der=_lists(),
        registry_asked=True,
        expectation=Expectation(),
        validation_time=NOW,
        gathered_at=NOW,
    )


@cache
def _lists() -> tuple[bytes, ...]:
    return tuple(chain.crl(by_root=root) for chain in chains() for root in (False, True))


def _about(reading: SignatureReading) -> SignatureEvidence:
    """Every certificate of ours belongs to one registered seal with the honest picture."""
    known = {chain.leaf_der for chain in chains()}
    ours = reading.signer_certificate_der in known
    logged = reading.signature_sha256 in _true_signatures()
    picture = next(one.picture for one in _true_signatures().values() if one.picture)
    seal = replace(trust.SEAL, imprint_rgba_sha256=picture.rgba_sha256)
    proof = replace(trust.PROOF, at=pdf.SIGNED_AT + timedelta(seconds=1), not_before_at=None)
    return SignatureEvidence(
        reading=reading,
        issued_by_us=trust.RECORD if ours else None,
        seal=seal if ours else None,
        log_proof=proof if logged else None,
        declaration=None,
    )
