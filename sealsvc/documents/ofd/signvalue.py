"""The value of an OFD signature: a seal signature, or a plain SM2 signature without a seal.

Source: ofd.md sections 3 and 4; seal-formats.md sections 5 and 6; GB/T 35275.
"""

from dataclasses import dataclass

from sealsvc.documents.values import SealingSpec
from sealsvc.errors import BadInput, Conflict
from sealsvc.formats import SealFormatInvalid, SealRefused, parse_seal
from sealsvc.formats.gbt35275 import (
    PreparedSignedData,
    SignedDataSpec,
    finish_signed_data,
    prepare_signed_data,
)
from sealsvc.formats.issue import (
    PreparedSignature,
    SealSignatureSpec,
    finish_signature,
    prepare_signature,
)
from sealsvc.formats.signing import SM2_SM3_OID

__all__ = [
    "SEAL",
    "SIGN",
    "SM2_SM3_OID",
    "ESealMissing",
    "ESealRefused",
    "SealedValue",
    "finish_value",
    "kind_of",
    "prepare_value",
    "seal_size",
]

SEAL, SIGN = "Seal", "Sign"


class ESealMissing(BadInput):
    """A seal that is to be seen on an OFD needs an electronic seal of a national format."""

    code = "ESEAL_REQUIRED"


class ESealRefused(Conflict):
    """The electronic seal may not be used: unsound, out of its time, or of other signers.

    fields `reason`: a SEAL_* or SIG_* code of the fact sheet.
    """

    code = "ESEAL_REFUSED"


@dataclass(frozen=True)
class SealedValue:
    """What is signed and what is put beside it. kind: Seal or Sign; tbs: the bytes the key signs;
    certificates_der: the signer's, then its issuers.
    """

    kind: str
    tbs: bytes
    certificates_der: tuple[bytes, ...]


def kind_of(spec: SealingSpec) -> str:
    """Seal where there is one; Sign for an invisible signature without. Raises: ESealMissing."""
    if spec.eseal_der is not None:
        return SEAL
    if spec.placement is not None or spec.straddle is not None:
        raise ESealMissing()
    return SIGN


def seal_size(spec: SealingSpec) -> tuple[float, float]:
    """Width and height that the electronic seal states, millimetres; zeros where none is needed.

    Raises: ESealRefused.
    """
    if spec.eseal_der is None or spec.straddle is None or spec.placement is not None:
        return 0.0, 0.0
    try:
        image = parse_seal(spec.eseal_der).image
    except SealFormatInvalid as error:
        raise ESealRefused(reason=error.code) from error
    return float(image.width), float(image.height)


def prepare_value(spec: SealingSpec, digest: bytes, property_info: str) -> SealedValue:
    """The bytes to sign. property_info: package path of Signature.xml. Raises: ESealRefused."""
    kind, certificate, at = kind_of(spec), spec.certificate_der, spec.signed_at
    try:
        if spec.eseal_der is None:
            tbs = prepare_signed_data(SignedDataSpec(certificate, digest, at, spec.chain_der)).tbs
        else:
            tbs = prepare_signature(
                SealSignatureSpec(spec.eseal_der, certificate, at, digest, property_info)
            ).tbs
    except (SealRefused, SealFormatInvalid) as error:
        raise ESealRefused(reason=error.code) from error
    return SealedValue(kind, tbs, (certificate, *spec.chain_der))


def finish_value(value: SealedValue, signature: bytes) -> bytes:
    """SignedValue.dat. signature: DER. Raises: ESealRefused when it does not hold."""
    certificate, *chain = value.certificates_der
    try:
        if value.kind == SEAL:
            return finish_signature(
                PreparedSignature(value.tbs, certificate, SM2_SM3_OID), signature
            )
        return finish_signed_data(
            PreparedSignedData(value.tbs, certificate, tuple(chain)), signature
        )
    except SealRefused as error:
        raise ESealRefused(reason=error.code) from error
