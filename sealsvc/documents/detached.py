"""Values of detached signatures: what crosses the sandbox's border, without its libraries."""

from dataclasses import dataclass

from sealsvc.documents.values import DocumentReading

KIND = "detached"
MEDIA_TYPE = "application/pkcs7-signature"


@dataclass(frozen=True)
class DocumentDigest:
    """algorithm: as asn1crypto writes it (`sha256`); value: the raw digest."""

    algorithm: str
    value: bytes


@dataclass(frozen=True)
class DetachedReading:
    """A document reading of kind `detached` with one signature.

    signed: the digest that the signature is about; None where no signed attribute holds one.
    cades: whether a signed attribute names the signer's certificate.
    """

    reading: DocumentReading
    signed: DocumentDigest | None
    cades: bool
