"""The fuzzing target of the seal formats, and seeds for its corpus."""

from sealsvc.formats import SealFormatInvalid, parse_seal, parse_signature
from sealsvc.formats.check import check_seal, check_signature
from sealsvc.formats.describe import describe
from sealsvc.formats.gbt35275 import (
    SignedDataSpec,
    check_signed_data,
    finish_signed_data,
    prepare_signed_data,
)
from sealsvc.formats.values import SealVersion
from tests.builders import seals


def formats(data: bytes) -> None:
    """A seal, a seal signature or a SignedData; only SealFormatInvalid may come out."""
    check_signed_data(data, bytes(32), data)
    for look in (
        lambda: check_seal(parse_seal(data)),
        lambda: check_signature(parse_signature(data)),
        lambda: describe(data),
    ):
        try:
            look()
        except SealFormatInvalid:
            continue


def formats_seeds() -> dict[str, bytes]:
    """Small good inputs by file name; keys are fresh, so write them once and keep them."""
    spec = SignedDataSpec(seals.certificate("signer"), b"\1" * 32, seals.AT)
    prepared = prepare_signed_data(spec)
    value = seals.key("signer").sign(prepared.tbs)
    return {
        "seal-v1.esl": seals.V1(first_octet=0x20).seal(),
        "seal-v4.esl": seals.default_seal(),
        "seal-v5.esl": seals.make_seal(version=SealVersion.V5, cert_list_type=2),
        "signature-v1.dat": seals.V1().signature(),
        "signature-v4.dat": seals.make_signature(timestamp=seals.make_token),
        "signed-data.dat": finish_signed_data(prepared, value, seals.make_token(value)),
        "bare.dat": value,
    }
