"""Seal signatures of Chinese practice inside a PDF: GB/T 38540 and GB/T 35275 under /Contents.

The names of the SubFilters are from public code, not from the standard's text, so the content
decides what a value is and the SubFilter only that it may be one. Source: ofd.md section 10
(GM/T 0112-2021); seal-formats.md section 10.
"""

from ca.sm2 import sm3
from sealsvc.documents.pdf.cms import CmsReading
from sealsvc.formats import SealFormatInvalid, detect, parse_signature
from sealsvc.formats.check import check_signature, compare_original
from sealsvc.formats.der import DerInvalid, unpadded
from sealsvc.formats.gbt35275 import check_signed_data
from sealsvc.formats.shape import ObjectKind
from sealsvc.formats.signing import digest_of
from sealsvc.formats.values import DigestOutcome

SEAL, SIGNED_DATA = "GM.sm2seal", "GM.sm2cms.detached"
SUB_FILTERS = frozenset({SEAL, SIGNED_DATA})


def is_seal_signature(contents: bytes) -> bool:
    """Whether /Contents holds a seal signature, whatever the SubFilter says."""
    try:
        return detect(unpadded(contents)) is ObjectKind.SIGNATURE
    except (DerInvalid, SealFormatInvalid):
        return False


def read_national(contents: bytes, covered: bytes | None) -> CmsReading:
    """Parse and check a national value over `covered`; never raises on any bytes.

    covered: the bytes of the ByteRange, None when they cannot be told.
    """
    reading = CmsReading()
    try:
        element = unpadded(contents)
    except DerInvalid as error:
        reading.note("SIG_FORMAT_INVALID", str(error))
        return reading
    if is_seal_signature(element):
        _seal_signature(reading, element, covered)
    else:
        _signed_data(reading, element, covered)
    return reading


def _seal_signature(reading: CmsReading, element: bytes, covered: bytes | None) -> None:
    try:
        checked = check_signature(parse_signature(element))
    except SealFormatInvalid as error:
        reading.note(error.code, error.detail)
        return
    reading.signature = checked.signature
    reading.signature_algorithm = checked.signature_algorithm
    reading.signature_algorithm_oid = checked.signature_algorithm_oid
    reading.digest_algorithm = checked.digest_algorithm
    reading.signature_value = checked.signature_value
    reading.signer_der = checked.signer_certificate_der
    reading.claimed_at = checked.signed_at
    reading.eseal = checked.eseal
    if checked.timestamp_token_der is not None:
        reading.signature_stamps_der = (checked.timestamp_token_der,)
    if covered is not None and checked.digest_algorithm is not None:
        digest = digest_of(checked.digest_algorithm, covered)
        reading.digest = compare_original(checked, digest)
    reading.problems += checked.problems


def _signed_data(reading: CmsReading, element: bytes, covered: bytes | None) -> None:
    """Without the covered bytes the digest stays unchecked, whatever the value says."""
    checked = check_signed_data(element, sm3(covered or b""), covered)
    reading.digest = DigestOutcome.NOT_CHECKED if covered is None else checked.digest
    reading.signature = checked.signature
    reading.signature_algorithm = checked.signature_algorithm
    reading.signature_algorithm_oid = checked.signature_algorithm_oid
    reading.digest_algorithm = checked.digest_algorithm
    reading.signature_value = checked.signature_value
    reading.signer_der = checked.signer_certificate_der
    reading.certificates_der = checked.certificates_der
    reading.crls_der = checked.crls_der
    reading.claimed_at = checked.signed_at
    if checked.timestamp_token_der is not None:
        reading.signature_stamps_der = (checked.timestamp_token_der,)
    reading.problems += checked.problems
