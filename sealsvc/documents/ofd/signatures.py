"""The value of one signature: a seal signature or a SignedData over the bytes of Signature.xml.

The only module of the reading side that knows `sealsvc.formats`. Source: ofd.md section 4.
"""

from dataclasses import dataclass, field
from datetime import datetime

from ca.sm2 import sm3
from sealsvc.documents.ofd import errors
from sealsvc.documents.ofd.limits import MAX_SIGNED_VALUE
from sealsvc.documents.ofd.package import Package, Problems
from sealsvc.documents.ofd.paths import PathEscapeError, resolve
from sealsvc.documents.ofd.references import Description
from sealsvc.documents.values import TimestampReading
from sealsvc.formats import ObjectKind, detect, parse_signature
from sealsvc.formats.check import check_signature, compare_original, seal_file_problem
from sealsvc.formats.errors import SealFormatInvalid
from sealsvc.formats.gbt35275 import check_signed_data
from sealsvc.formats.signing import digest_of
from sealsvc.formats.values import (
    DigestOutcome,
    ESealReading,
    SealSignatureReading,
    SignatureOutcome,
    SignedDataReading,
    SignedDataShape,
)

DATA_HASH_MISMATCH = "SIG_DATA_HASH_MISMATCH"
FORMAT_INVALID = "SIG_FORMAT_INVALID"
SEAL, SIGN = "OFD.Seal", "OFD.Sign"


@dataclass
class ValueReading:
    """What a signature value says. digest: of Signature.xml against the value alone."""

    sub_filter: str
    digest: DigestOutcome = DigestOutcome.NOT_CHECKED
    signature: SignatureOutcome = SignatureOutcome.NOT_CHECKED
    signature_algorithm: str | None = None
    signature_algorithm_oid: str | None = None
    signer_der: bytes | None = None
    certificates_der: tuple[bytes, ...] = ()
    crls_der: tuple[bytes, ...] = ()
    claimed_at: datetime | None = None
    signature_value: bytes | None = None
    token_der: bytes | None = None
    eseal: ESealReading | None = None
    problems: Problems = field(default_factory=Problems)


def is_seal_signature(content: bytes) -> bool:
    """Whether the bytes have the shape of a seal signature."""
    try:
        return detect(content) is ObjectKind.SIGNATURE
    except SealFormatInvalid:
        return False


def read_value(package: Package, described: Description, kind: str) -> ValueReading:
    """Reads and checks the signature value. kind: `Seal`, `Sign` or empty, which is Seal."""
    signs = kind.lower() == "sign"
    reading = ValueReading(SIGN if signs else SEAL)
    entry = None if described.value is None else package.archive.find(described.value)
    value = None if entry is None else package.content(entry.name)
    original = package.content(described.name)
    if entry is None:
        reading.problems.note(errors.SIGNED_VALUE_MISSING)
    elif value is None or original is None or entry.size > MAX_SIGNED_VALUE:
        reading.problems.note(FORMAT_INVALID, "damaged or too large")
    elif signs:
        _signed_data(reading, value, original)
    else:
        _seal_signature(reading, value, original, described, guess=not kind)
        _seal_file(package, described, reading)
    return reading


def _seal_signature(
    reading: ValueReading, value: bytes, original: bytes, described: Description, *, guess: bool
) -> None:
    try:
        checked = check_signature(parse_signature(value))
    except SealFormatInvalid as error:
        # One producer leaves out the type of what is a plain signature.
        if guess and _signed_data(reading, value, original):
            return
        reading.problems.note(error.code, error.detail)
        return
    reading.sub_filter = f"{SEAL}.{checked.version}"
    reading.signature = checked.signature
    reading.signature_algorithm = checked.signature_algorithm
    reading.signature_algorithm_oid = checked.signature_algorithm_oid
    reading.signer_der = checked.signer_certificate_der
    reading.claimed_at = checked.signed_at
    reading.signature_value = checked.signature_value
    reading.token_der = checked.timestamp_token_der
    reading.eseal = checked.eseal
    for problem in checked.problems:
        reading.problems.note(problem.code, problem.detail)
    reading.digest = _data_hash(checked, original, reading.problems)
    if not _property_agrees(checked.property_info, described, reading.problems):
        reading.digest = DigestOutcome.DIFFERS


def _data_hash(checked: SealSignatureReading, original: bytes, problems: Problems) -> DigestOutcome:
    """Compares dataHash with the digest of Signature.xml; SHA-1 never comes to MATCHES."""
    if checked.digest_algorithm is None:
        return DigestOutcome.NOT_CHECKED
    outcome = compare_original(checked, digest_of(checked.digest_algorithm, original))
    if outcome is DigestOutcome.DIFFERS:
        problems.note(DATA_HASH_MISMATCH)
    if outcome is DigestOutcome.MATCHES and checked.digest_algorithm == "sha1":
        problems.note(errors.CHECK_METHOD_WEAK, "dataHash sha1")
        return DigestOutcome.NOT_CHECKED
    return outcome


def _property_agrees(text: str, described: Description, problems: Problems) -> bool:
    """Whether propertyInfo does not name another signature. Source: ofd.md section 4."""
    text = text.strip("\0 \t\r\n")
    is_path = (
        (text.startswith(("/", "\\")) or text.lower().endswith((".xml", ".dat")))
        and text.isprintable()
        and text.isascii()
        and not text.startswith(("{", "["))
    )
    named = None
    if is_path:
        try:
            named = resolve(text, "")
        except PathEscapeError:
            named = ""
    if named == described.name:
        return True
    if named is None or named == described.value:
        problems.note(errors.PROPERTY_INFO_UNUSUAL)
        return True
    problems.note(errors.PROPERTY_INFO_MISMATCH)
    return False


def _seal_file(package: Package, described: Description, reading: ValueReading) -> None:
    if not described.seal_named:
        return
    if described.seal is None:
        reading.problems.note(errors.SEAL_FILE_ABSENT)
        return
    content = package.content(described.seal)
    if content is None:
        reading.problems.note(errors.SEAL_FILE_MISMATCH, f"/{described.seal}")
    elif reading.eseal is not None:
        problem = seal_file_problem(reading.eseal, content)
        if problem is not None:
            reading.problems.note(errors.SEAL_FILE_MISMATCH, f"/{described.seal}")


def _signed_data(reading: ValueReading, value: bytes, original: bytes) -> bool:
    """Fills the reading; False when the bytes are no SignedData."""
    checked = check_signed_data(value, sm3(original), original)
    if checked.shape is SignedDataShape.UNKNOWN and reading.sub_filter == SEAL:
        return False
    reading.sub_filter = f"{SIGN}.{_shape_name(checked)}"
    reading.digest = checked.digest
    reading.signature = checked.signature
    reading.signature_algorithm = checked.signature_algorithm
    reading.signature_algorithm_oid = checked.signature_algorithm_oid
    reading.signer_der = checked.signer_certificate_der
    reading.certificates_der = checked.certificates_der
    reading.crls_der = checked.crls_der
    reading.claimed_at = checked.signed_at
    reading.signature_value = checked.signature_value
    reading.token_der = checked.timestamp_token_der
    for problem in checked.problems:
        reading.problems.note(problem.code, problem.detail)
    return True


def _shape_name(checked: SignedDataReading) -> str:
    return "SM2" if checked.shape is SignedDataShape.BARE else "GBT35275"


def tokens_of(reading: ValueReading) -> tuple[TimestampReading, ...]:
    """The time-stamp on the signature value, read as those of a PDF are."""
    if reading.token_der is None:
        return ()
    # Loaded only where there is a token: asn1crypto and its company are slow to import.
    from sealsvc.documents.pdf.cms import CmsReading
    from sealsvc.documents.pdf.tokens import read_tokens

    cms = CmsReading()
    cms.signature_stamps_der = (reading.token_der,)
    cms.signature_value = reading.signature_value
    return read_tokens(cms, None)
