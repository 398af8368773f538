"""What the bytes alone say of a seal and a seal signature: every independent step is run.

Chain, validity, revocation and key usage of the certificates are judged elsewhere, from the
certificates in the readings. Source: seal-formats.md sections 8 to 11.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from ca.sm2 import sm3
from sealsvc.formats import der
from sealsvc.formats.certificate import is_certificate
from sealsvc.formats.der import DerInvalid
from sealsvc.formats.parsed import ParsedSeal, ParsedSignature, SealProperty
from sealsvc.formats.problems import Fault, Leniency, Problems
from sealsvc.formats.signing import SignedMessage, algorithm_of, check_value, digest_of
from sealsvc.formats.structure import CERTIFICATES
from sealsvc.formats.tokens import check_imprint, read_token
from sealsvc.formats.values import (
    DigestOutcome,
    ESealReading,
    ReadingProblem,
    SealSignatureReading,
)

SEAL_MAGIC = "ES"
MAX_SIDE_MM = 1000
_PICTURE_MAGIC = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "gif": (b"GIF87a", b"GIF89a"),
    "bmp": (b"BM",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "svg": (b"<svg", b"<?xml", b"\xef\xbb\xbf<"),
    "ofd": (b"PK\x03\x04",),
}
_SHA256_KINDS = frozenset({"sha256", "2.16.840.1.101.3.4.2.1"})


def check_seal(seal: ParsedSeal) -> ESealReading:
    """Steps S1 to S3 and the shape of the time-stamp; signer_listed stays None.

    Raises: ca.errors.CaUnavailable when SM2 cannot be computed here.
    """
    problems = Problems("SEAL", *seal.warnings)
    _check_contents(seal, problems)
    signed = SignedMessage(
        seal.algorithm_oid, seal.maker_certificate_der, seal.signature_value, seal.message
    )
    outcome = check_value(signed, problems)
    if seal.timestamp_token_der is not None:
        _check_seal_token(seal.timestamp_token_der, problems)
    known = seal.property
    return ESealReading(
        version=seal.version,
        der_sha256=sha256(seal.der).hexdigest(),
        seal_id=seal.seal_id,
        name=known.name,
        vendor_id=seal.header.vendor_id,
        seal_type=known.seal_type,
        maker_certificate_der=_readable(seal.maker_certificate_der),
        maker_signature=outcome,
        maker_algorithm_oid=seal.algorithm_oid,
        signer_listed=None,
        created_at=known.created.at,
        valid_from=known.valid_from.at,
        valid_to=known.valid_to.at,
        picture_type=seal.image.kind.lower(),
        picture=seal.image.data,
        width_mm=seal.image.width,
        height_mm=seal.image.height,
        problems=problems.found(),
        timestamp_token_der=seal.timestamp_token_der,
    )


def _check_contents(seal: ParsedSeal, problems: Problems) -> None:
    """What S1 asks beyond the shape."""
    known, image = seal.property, seal.image
    if seal.header.magic != SEAL_MAGIC:
        problems.add(Fault.FORMAT_INVALID, "header.ID")
    for name, one in (
        ("createDate", known.created),
        ("validStart", known.valid_from),
        ("validEnd", known.valid_to),
    ):
        if one.at is None:
            problems.add(Fault.FORMAT_INVALID, name)
    if known.valid_from.at and known.valid_to.at and known.valid_to.at < known.valid_from.at:
        problems.add(Fault.FORMAT_INVALID, "validEnd before validStart")
    if not image.data:
        problems.add(Fault.FORMAT_INVALID, "picture")
    elif not image.data.startswith(_PICTURE_MAGIC.get(image.kind.lower(), (b"\0unknown",))):
        problems.add(Leniency.PICTURE_TYPE_MISMATCH)
    if not (1 <= image.width <= MAX_SIDE_MM and 1 <= image.height <= MAX_SIDE_MM):
        problems.add(Leniency.PICTURE_SIZE)


def _check_seal_token(token_der: bytes, problems: Problems) -> None:
    """What a V5 seal's token covers is not known (section 6), so no imprint is compared."""
    try:
        read_token(token_der)
    except DerInvalid as error:
        problems.add(Fault.TIMESTAMP_INVALID, str(error))
    else:
        problems.add(Leniency.TIMESTAMP_NOT_CHECKED)


def _readable(certificate_der: bytes) -> bytes | None:
    return certificate_der if is_certificate(certificate_der) else None


def check_signature(parsed: ParsedSignature) -> SealSignatureReading:
    """Steps D1, D2, D4 to D6, D9 and the imprint of D11, all of them.

    The original is not at hand here: see `compare_original`. Raises: ca.errors.CaUnavailable.
    """
    problems = Problems("SIG", *parsed.warnings)
    eseal = _listed(check_seal(parsed.seal), parsed, problems)
    signed = SignedMessage(
        parsed.algorithm_oid, parsed.certificate_der, parsed.signature_value, parsed.message
    )
    outcome = check_value(signed, problems)
    row = algorithm_of(parsed.algorithm_oid)
    if row is not None:
        _check_data_hash(row.digest, parsed.data_hash, problems)
    _check_time(parsed, eseal, problems)
    imprint = DigestOutcome.NOT_CHECKED
    if parsed.timestamp_token_der is not None:
        imprint = check_imprint(parsed.timestamp_token_der, parsed.signature_value, problems)
    return SealSignatureReading(
        version=parsed.version,
        der_sha256=sha256(parsed.der).hexdigest(),
        eseal=eseal,
        signature=outcome,
        signature_algorithm=row.name if row else None,
        signature_algorithm_oid=parsed.algorithm_oid,
        digest_algorithm=row.digest if row else None,
        data_hash=parsed.data_hash,
        property_info=parsed.property_info,
        signed_at=parsed.time.at,
        time_is_self_declared=True,
        time_doubt_s=parsed.time.doubt_s,
        signer_certificate_der=_readable(parsed.certificate_der),
        signature_value=parsed.signature_value,
        timestamp_token_der=parsed.timestamp_token_der,
        timestamp_imprint=imprint,
        problems=problems.found(),
    )


def _listed(eseal: ESealReading, parsed: ParsedSignature, problems: Problems) -> ESealReading:
    """D6, and whether the signer made the seal."""
    listed = is_listed(parsed.seal.property, parsed.certificate_der)
    if not listed:
        problems.add(Fault.SIGNER_NOT_IN_SEAL)
    seal_problems = Problems("SEAL", *eseal.problems)
    if parsed.certificate_der == parsed.seal.maker_certificate_der:
        seal_problems.add(Leniency.SELF_MADE)
    return replace(eseal, signer_listed=listed, problems=seal_problems.found())


def is_listed(listed: SealProperty, certificate_der: bytes) -> bool:
    """Stands the certificate in the seal's list, byte for byte or by digest (D6)?

    A digest's type is the vendor's own text: SHA-256 only where it says so, else plain SM3.
    Source: seal-formats.md section 5.
    """
    if listed.cert_list_type == CERTIFICATES:
        return certificate_der in listed.certificates_der
    wanted = {"sm3": sm3(certificate_der), "sha256": sha256(certificate_der).digest()}
    return any(
        one.value == wanted["sha256" if _is_sha256(one.kind) else "sm3"]
        for one in listed.certificate_digests
    )


def _is_sha256(kind: str) -> bool:
    return kind.lower().replace("-", "").replace("_", "") in _SHA256_KINDS


def _check_data_hash(digest: str, data_hash: bytes, problems: Problems) -> None:
    """Some values can be the digest of no original, whatever it is."""
    if len(data_hash) != len(digest_of(digest, b"")):
        problems.add(Fault.DATA_HASH_MISMATCH, "length")
    elif not any(data_hash):
        problems.add(Fault.DATA_HASH_MISMATCH, "all zero")


def _check_time(parsed: ParsedSignature, eseal: ESealReading, problems: Problems) -> None:
    if parsed.time.at is None:
        problems.add(Fault.FORMAT_INVALID, "timeInfo")
        return
    if holds_at(eseal, parsed.time.at):
        return
    if parsed.time.doubt_s and holds_at(eseal, parsed.time.at, parsed.time.doubt_s):
        problems.add(Leniency.TIME_ZONE_UNCERTAIN)
    else:
        problems.add(Fault.TIME_OUTSIDE_SEAL_VALIDITY)


def holds_at(eseal: ESealReading, at: datetime, doubt_s: int = 0) -> bool:
    """Is `at` (aware), give or take doubt_s, inside the seal's validity? Both ends count.

    A seal whose times cannot be read holds at no time. Source: seal-formats.md section 8.
    """
    if eseal.valid_from is None or eseal.valid_to is None:
        return False
    doubt = timedelta(seconds=doubt_s)
    return eseal.valid_from - doubt <= at <= eseal.valid_to + doubt


def compare_original(reading: SealSignatureReading, original_digest: bytes) -> DigestOutcome:
    """D10: dataHash against the plain digest (by reading.digest_algorithm) of the original."""
    if reading.digest_algorithm is None:
        return DigestOutcome.NOT_CHECKED
    same = reading.data_hash == original_digest and any(original_digest)
    return DigestOutcome.MATCHES if same else DigestOutcome.DIFFERS


def seal_file_problem(eseal: ESealReading, seal_file: bytes) -> ReadingProblem | None:
    """D3: the seal stored beside a signature must be the embedded one, byte for byte."""
    try:
        plain, _ = der.unarmored(seal_file)
    except DerInvalid:
        plain = seal_file
    if sha256(plain).hexdigest() == eseal.der_sha256:
        return None
    return ReadingProblem("OFD_SEAL_FILE_MISMATCH")
