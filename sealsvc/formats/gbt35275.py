"""Type=Sign values: GB/T 35275 SignedData over an original, checked and made.

The structure alone says which bytes must have been signed; nothing is tried twice.
Source: ofd.md sections 4 and 10; seal-formats.md section 10 (D4, D5, D8, D11).
"""

from dataclasses import dataclass, field
from datetime import datetime

from sealsvc.formats import der, encode
from sealsvc.formats.certificate import KeyKind, read_certificate
from sealsvc.formats.der import DerInvalid
from sealsvc.formats.errors import SealRefused
from sealsvc.formats.problems import Fault, Leniency, Problems, failing
from sealsvc.formats.shape import ObjectKind, kind_of
from sealsvc.formats.signeddata import (
    CONTENT_TYPE,
    GM_DATA,
    GM_SIGNED_DATA,
    MESSAGE_DIGEST,
    SIGNING_TIME,
    TIMESTAMP_TOKEN,
    ParsedSignedData,
    parse_signed_data,
)
from sealsvc.formats.signing import (
    SIGNER_INFO_ALGORITHMS,
    SM2_SIGNATURE_OID,
    SignedMessage,
    algorithm_of,
    check_value,
    sm2_value,
)
from sealsvc.formats.tokens import check_imprint
from sealsvc.formats.values import (
    DigestOutcome,
    SignatureOutcome,
    SignedDataReading,
    SignedDataShape,
)

SM3_OID = "1.2.156.10197.1.401"
SM3_OCTETS = 32
_SM3_ALGORITHM = encode.sequence(encode.oid(SM3_OID))


def check_signed_data(
    data: bytes, original_sm3: bytes, original: bytes | None = None
) -> SignedDataReading:
    """Which shape binds the original, and does it hold? Never raises on any bytes.

    original_sm3: plain SM3 of the original, 32 octets; original: the bytes themselves where at
    hand, for values that carry them. Raises: ca.errors.CaUnavailable without SM2 here.
    """
    problems = Problems("SIG")
    try:
        plain, armored = der.unarmored(data)
        if armored:
            problems.add(Leniency.ARMORED)
        outer = der.read_one(plain)
        kind = kind_of(outer)
        if kind is ObjectKind.BARE_VALUE:
            return _bare(plain, problems)
        if kind is not ObjectKind.SIGNED_DATA:
            raise DerInvalid("no SignedData")
        parsed = parse_signed_data(outer, problems)
    except DerInvalid as error:
        problems.add(Fault.FORMAT_INVALID, str(error))
        return _unknown(problems)
    return _check(parsed, original_sm3, original, problems)


def _unknown(problems: Problems) -> SignedDataReading:
    return SignedDataReading(
        SignedDataShape.UNKNOWN,
        DigestOutcome.NOT_CHECKED,
        SignatureOutcome.NOT_CHECKED,
        problems=problems.found(),
    )


def _bare(value: bytes, problems: Problems) -> SignedDataReading:
    """An SM2 value alone: nobody can tell whose it is, so nothing is checked."""
    try:
        sm2_value(value)
    except DerInvalid:
        problems.add(Fault.FORMAT_INVALID, "form of the value")
    problems.add(Fault.SIGNER_CERT_MISSING)
    return SignedDataReading(
        SignedDataShape.BARE,
        DigestOutcome.NOT_CHECKED,
        SignatureOutcome.NOT_CHECKED,
        signature_value=value,
        problems=problems.found(),
    )


def _check(
    parsed: ParsedSignedData, original_sm3: bytes, original: bytes | None, problems: Problems
) -> SignedDataReading:
    shape, message, digest = _bound(parsed, original_sm3, original, problems)
    if parsed.digest_oid != SM3_OID:
        problems.add(Fault.ALGORITHM_UNSUPPORTED, "digest")
        digest = DigestOutcome.NOT_CHECKED
    elif digest is DigestOutcome.DIFFERS:
        problems.add(Fault.DATA_HASH_MISMATCH)
    imprint = DigestOutcome.NOT_CHECKED
    if parsed.timestamp_token_der is not None:
        imprint = check_imprint(parsed.timestamp_token_der, parsed.signature_value, problems)
    outcome = _outcome(parsed, message, problems)
    row = algorithm_of(parsed.algorithm_oid, SIGNER_INFO_ALGORITHMS)
    return SignedDataReading(
        shape,
        digest,
        outcome,
        signature_algorithm=row.name if row else None,
        signature_algorithm_oid=parsed.algorithm_oid,
        digest_algorithm="sm3" if parsed.digest_oid == SM3_OID else None,
        signer_certificate_der=parsed.signer_certificate_der,
        certificates_der=parsed.certificates_der,
        crls_der=parsed.crls_der,
        signed_at=_signed_at(parsed, problems),
        signature_value=parsed.signature_value,
        timestamp_token_der=parsed.timestamp_token_der,
        timestamp_imprint=imprint,
        problems=problems.found(),
    )


def _bound(
    parsed: ParsedSignedData, original_sm3: bytes, original: bytes | None, problems: Problems
) -> tuple[SignedDataShape, bytes | None, DigestOutcome]:
    """The shape, the bytes that were signed, and whether they bind the original."""
    attributes, content = parsed.attributes, parsed.content
    if attributes is not None:
        same = attributes.message_digest == original_sm3
        if content is not None and content != original:
            same = False  # messageDigest must be of the content, and this is not the original
        return SignedDataShape.ATTRIBUTES, attributes.to_sign, _compared(same)
    if content is not None and len(content) == SM3_OCTETS:
        return SignedDataShape.CONTENT_DIGEST, content, _compared(content == original_sm3)
    problems.add(Fault.FORMAT_INVALID, "shape")
    return SignedDataShape.UNKNOWN, None, DigestOutcome.NOT_CHECKED


def _compared(same: bool) -> DigestOutcome:
    return DigestOutcome.MATCHES if same else DigestOutcome.DIFFERS


def _outcome(
    parsed: ParsedSignedData, message: bytes | None, problems: Problems
) -> SignatureOutcome:
    if parsed.signer_certificate_der is None:
        problems.add(Fault.SIGNER_CERT_MISSING)
    if parsed.signer_certificate_der is None or message is None or parsed.digest_oid != SM3_OID:
        return SignatureOutcome.NOT_CHECKED
    signed = SignedMessage(
        parsed.algorithm_oid, parsed.signer_certificate_der, parsed.signature_value, message
    )
    return check_value(signed, problems, SIGNER_INFO_ALGORITHMS)


def _signed_at(parsed: ParsedSignedData, problems: Problems) -> datetime | None:
    if parsed.attributes is None or parsed.attributes.signed_at is None:
        return None
    if parsed.attributes.signed_at.at is None:
        problems.add(Fault.FORMAT_INVALID, "signingTime")
    return parsed.attributes.signed_at.at


@dataclass(frozen=True)
class SignedDataSpec:
    """A SignedData to make, with signed attributes and no content.

    original_sm3: plain SM3 of the original; chain_der: issuers to put in beside the signer's.
    """

    certificate_der: bytes
    original_sm3: bytes
    signed_at: datetime
    chain_der: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class PreparedSignedData:
    """tbs: the attributes as a DER SET, which the signer signs."""

    tbs: bytes
    certificate_der: bytes
    chain_der: tuple[bytes, ...] = field(default=())


def prepare_signed_data(spec: SignedDataSpec) -> PreparedSignedData:
    """The bytes the signer signs. Raises: SealRefused."""
    try:
        kind = read_certificate(spec.certificate_der).key_kind
    except DerInvalid as error:
        raise SealRefused("SIG_FORMAT_INVALID", "certificate") from error
    if kind is not KeyKind.SM2:
        raise SealRefused("SIG_ALGORITHM_UNSUPPORTED")
    if len(spec.original_sm3) != SM3_OCTETS or not any(spec.original_sm3):
        raise SealRefused("SIG_DATA_HASH_MISMATCH", "no SM3 value")
    tbs = encode.set_of(
        _attribute(CONTENT_TYPE, encode.oid(GM_DATA)),
        _attribute(MESSAGE_DIGEST, encode.octets(spec.original_sm3)),
        _attribute(SIGNING_TIME, encode.signing_time(spec.signed_at)),
    )
    return PreparedSignedData(tbs, spec.certificate_der, spec.chain_der)


def finish_signed_data(
    prepared: PreparedSignedData, signature: bytes, timestamp: bytes | None = None
) -> bytes:
    """The ContentInfo. signature: DER or 64 octets; timestamp: a token over its DER form.

    Raises: SealRefused when one of them does not hold.
    """
    problems = Problems("SIG")
    signed = SignedMessage(SM2_SIGNATURE_OID, prepared.certificate_der, signature, prepared.tbs)
    check_value(signed, problems, SIGNER_INFO_ALGORITHMS)
    for code in failing(problems.found()):
        raise SealRefused(code)
    value = sm2_value(signature)
    if timestamp is not None:
        imprint = check_imprint(timestamp, value, problems)
        if imprint is not DigestOutcome.MATCHES:
            raise SealRefused(failing(problems.found())[0], "timestamp")
    return _assembled(prepared, value, timestamp)


def _assembled(prepared: PreparedSignedData, value: bytes, timestamp: bytes | None) -> bytes:
    own = read_certificate(prepared.certificate_der)
    unsigned = [] if timestamp is None else [_attribute(TIMESTAMP_TOKEN, timestamp)]
    info = encode.sequence(
        encode.integer(1),
        encode.sequence(own.issuer_der, own.serial_der),
        _SM3_ALGORITHM,
        encode.tlv(der.CONTEXT_0, der.read_one(prepared.tbs).content),
        encode.sequence(encode.oid(SM2_SIGNATURE_OID)),
        encode.octets(value),
        *(encode.tlv(der.CONTEXT_1, one) for one in unsigned),
    )
    certificates = sorted({prepared.certificate_der, *prepared.chain_der})
    signed_data = encode.sequence(
        encode.integer(1),
        encode.set_of(_SM3_ALGORITHM),
        encode.sequence(encode.oid(GM_DATA)),
        encode.tlv(der.CONTEXT_0, b"".join(certificates)),
        encode.set_of(info),
    )
    return encode.sequence(encode.oid(GM_SIGNED_DATA), encode.tlv(der.CONTEXT_0, signed_data))


def _attribute(oid: str, value: bytes) -> bytes:
    return encode.sequence(encode.oid(oid), encode.set_of(value))
