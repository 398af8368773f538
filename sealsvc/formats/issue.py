"""Making seals and seal signatures of V4 and V5, in minimal strict DER; V1 is only read.

No key is held here: prepare gives the exact bytes to sign, finish takes the signature, makes sure
that it holds, and assembles. `critical` is left out where FALSE, as DER demands (X.690 11.5); the
reference implementation cannot read that form (seal-formats.md section 11 item 2).
Source: seal-formats.md sections 5, 6 and the end of 10.
"""

from dataclasses import dataclass
from datetime import datetime

from ca.sm2 import sm3
from sealsvc.formats import encode, parse_seal
from sealsvc.formats.certificate import KeyKind, read_certificate
from sealsvc.formats.check import MAX_SIDE_MM, SEAL_MAGIC, check_seal, holds_at, is_listed
from sealsvc.formats.der import CONTEXT_0, DerInvalid
from sealsvc.formats.errors import SealRefused
from sealsvc.formats.parsed import ParsedSeal, SealExtension
from sealsvc.formats.problems import Problems, failing
from sealsvc.formats.signing import SM2_SM3_OID, SignedMessage, check_value, sm2_value
from sealsvc.formats.structure import CERTIFICATE_DIGESTS, CERTIFICATES
from sealsvc.formats.tokens import check_imprint
from sealsvc.formats.values import DigestOutcome, SealVersion

HEADER_VERSION = {SealVersion.V4: 4, SealVersion.V5: 5}
DIGEST_KIND = "SM3"
DIGEST_OCTETS = 32


@dataclass(frozen=True)
class SealSpec:
    """A seal to make.

    certificates_der: the signers who may use it; cert_list_type: 1 stores them, 2 their SM3.
    Times aware, whole seconds. picture_type: lower case, e.g. "png"; sizes in millimetres.
    seal_id, vendor_id, picture_type: ASCII.
    """

    seal_id: str
    name: str
    vendor_id: str
    certificates_der: tuple[bytes, ...]
    created_at: datetime
    valid_from: datetime
    valid_to: datetime
    picture: bytes
    maker_certificate_der: bytes
    picture_type: str = "png"
    width_mm: int = 42
    height_mm: int = 42
    version: SealVersion = SealVersion.V4
    seal_type: int = 1
    cert_list_type: int = CERTIFICATES
    extensions: tuple[SealExtension, ...] = ()
    algorithm_oid: str = SM2_SM3_OID


@dataclass(frozen=True)
class PreparedSeal:
    """tbs: DER SES_SealInfo, which the maker signs."""

    tbs: bytes
    maker_certificate_der: bytes
    algorithm_oid: str


@dataclass(frozen=True)
class SealSignatureSpec:
    """A seal signature to make. data_hash: plain SM3 of the original; property_info: ASCII."""

    seal_der: bytes
    certificate_der: bytes
    signed_at: datetime
    data_hash: bytes
    property_info: str
    extensions: tuple[SealExtension, ...] = ()
    algorithm_oid: str = SM2_SM3_OID


@dataclass(frozen=True)
class PreparedSignature:
    """tbs: DER TBS_Sign, which the signer signs."""

    tbs: bytes
    certificate_der: bytes
    algorithm_oid: str


def prepare_seal(spec: SealSpec) -> PreparedSeal:
    """The bytes the maker signs. Raises: SealRefused."""
    _require_sm2(spec.algorithm_oid, spec.maker_certificate_der, "SEAL")
    _require_sound(spec)
    try:
        tbs = encode.sequence(*_info(spec))
    except (ValueError, OverflowError) as error:
        raise SealRefused("SEAL_FORMAT_INVALID", "text or number") from error
    return PreparedSeal(tbs, spec.maker_certificate_der, spec.algorithm_oid)


def finish_seal(prepared: PreparedSeal, signature: bytes) -> bytes:
    """The seal. signature: DER or 64 octets. Raises: SealRefused when it does not hold."""
    value = _holding(prepared, signature, "SEAL")
    return encode.sequence(
        prepared.tbs,
        encode.octets(prepared.maker_certificate_der),
        encode.oid(prepared.algorithm_oid),
        encode.bits(value),
    )


def prepare_signature(spec: SealSignatureSpec) -> PreparedSignature:
    """The bytes the signer signs, after every check a signer owes.

    Raises: SealRefused; SealFormatInvalid for a seal that cannot be read.
    """
    seal = parse_seal(spec.seal_der)
    check_before_sealing(seal, spec.certificate_der, spec.signed_at)
    _require_sm2(spec.algorithm_oid, spec.certificate_der, "SIG")
    if len(spec.data_hash) != DIGEST_OCTETS or not any(spec.data_hash):
        raise SealRefused("SIG_DATA_HASH_MISMATCH", "no SM3 value")
    extensions = _extensions(spec.extensions, "SIG")
    try:
        tbs = encode.sequence(
            encode.integer(HEADER_VERSION[seal.version]),
            seal.der,
            encode.generalized(spec.signed_at),
            encode.bits(spec.data_hash),
            encode.ia5(spec.property_info),
            *(encode.tlv(CONTEXT_0, one) for one in extensions),
        )
    except ValueError as error:
        raise SealRefused("SIG_FORMAT_INVALID", "propertyInfo or time") from error
    return PreparedSignature(tbs, spec.certificate_der, spec.algorithm_oid)


def finish_signature(
    prepared: PreparedSignature, signature: bytes, timestamp: bytes | None = None
) -> bytes:
    """The seal signature. signature: DER or 64 octets; timestamp: a token over its DER form.

    Raises: SealRefused when one of them does not hold.
    """
    value = _holding(prepared, signature, "SIG")
    stamps = []
    if timestamp is not None:
        problems = Problems("SIG")
        if check_imprint(timestamp, value, problems) is not DigestOutcome.MATCHES:
            raise SealRefused(problems.found()[0].code, "timestamp")
        stamps = [encode.tlv(CONTEXT_0, encode.bits(timestamp))]
    return encode.sequence(
        prepared.tbs,
        encode.octets(prepared.certificate_der),
        encode.oid(prepared.algorithm_oid),
        encode.bits(value),
        *stamps,
    )


def check_before_sealing(seal: ParsedSeal, certificate_der: bytes, at: datetime) -> None:
    """What a signer must make sure of: the seal is sound, valid at that time, and names him.

    Chains, revocation and the register are the caller's. Raises: SealRefused.
    Source: seal-formats.md section 10, generation.
    """
    if seal.version not in HEADER_VERSION:
        raise SealRefused("SEAL_VERSION_UNSUPPORTED", seal.version)
    reading = check_seal(seal)
    for code in failing(reading.problems):
        raise SealRefused(code)
    if not holds_at(reading, at):
        early = reading.valid_from is not None and at < reading.valid_from
        raise SealRefused("SEAL_NOT_YET_VALID" if early else "SEAL_EXPIRED")
    if not is_listed(seal.property, certificate_der):
        raise SealRefused("SIG_SIGNER_NOT_IN_SEAL")


def _require_sm2(algorithm_oid: str, certificate_der: bytes, prefix: str) -> None:
    """RSA is verified for display and never issued (seal-formats.md section 3)."""
    try:
        kind = read_certificate(certificate_der).key_kind
    except DerInvalid as error:
        raise SealRefused(f"{prefix}_FORMAT_INVALID", "certificate") from error
    if algorithm_oid != SM2_SM3_OID or kind is not KeyKind.SM2:
        raise SealRefused(f"{prefix}_ALGORITHM_UNSUPPORTED")


def _require_sound(spec: SealSpec) -> None:
    """What S1 would refuse, and what no honest seal has."""
    wrong = {
        "times": not spec.valid_from <= spec.valid_to,
        "createDate": not spec.created_at <= spec.valid_to,
        "picture": not spec.picture,
        "picture size": not all(1 <= one <= MAX_SIDE_MM for one in (spec.width_mm, spec.height_mm)),
        "certList": not spec.certificates_der,
        "certListType": spec.cert_list_type not in (CERTIFICATES, CERTIFICATE_DIGESTS),
        "name": not spec.name.strip(),
        "esID": not spec.seal_id,
    }
    if spec.version not in HEADER_VERSION:
        raise SealRefused("SEAL_VERSION_UNSUPPORTED", spec.version)
    for detail, is_wrong in wrong.items():
        if is_wrong:
            raise SealRefused("SEAL_FORMAT_INVALID", detail)
    for certificate in spec.certificates_der:
        _require_sm2(spec.algorithm_oid, certificate, "SEAL")


def _info(spec: SealSpec) -> list[bytes]:
    head = encode.sequence(
        encode.ia5(SEAL_MAGIC),
        encode.integer(HEADER_VERSION[spec.version]),
        encode.ia5(spec.vendor_id),
    )
    known = encode.sequence(
        encode.integer(spec.seal_type),
        encode.utf8(spec.name),
        encode.integer(spec.cert_list_type),
        encode.sequence(*(_entry(one, spec.cert_list_type) for one in spec.certificates_der)),
        *(encode.generalized(at) for at in (spec.created_at, spec.valid_from, spec.valid_to)),
    )
    image = encode.sequence(
        encode.ia5(spec.picture_type),
        encode.octets(spec.picture),
        encode.integer(spec.width_mm),
        encode.integer(spec.height_mm),
    )
    return [head, encode.ia5(spec.seal_id), known, image, *_extensions(spec.extensions, "SEAL")]


def _entry(certificate_der: bytes, cert_list_type: int) -> bytes:
    if cert_list_type == CERTIFICATES:
        return encode.octets(certificate_der)
    return encode.sequence(encode.printable(DIGEST_KIND), encode.octets(sm3(certificate_der)))


def _extensions(extensions: tuple[SealExtension, ...], prefix: str) -> list[bytes]:
    """An absent field for no extensions, else one SEQUENCE."""
    try:
        written = [
            encode.sequence(
                encode.oid(one.oid),
                *([encode.boolean(True)] if one.critical else []),
                encode.octets(one.value),
            )
            for one in extensions
        ]
    except ValueError as error:
        raise SealRefused(f"{prefix}_FORMAT_INVALID", "extnID") from error
    return [encode.sequence(*written)] if written else []


def _holding(prepared: PreparedSeal | PreparedSignature, signature: bytes, prefix: str) -> bytes:
    """The signature as DER, once it is seen to hold."""
    owner = (
        prepared.maker_certificate_der
        if isinstance(prepared, PreparedSeal)
        else prepared.certificate_der
    )
    problems = Problems("SEAL" if prefix == "SEAL" else "SIG")
    check_value(SignedMessage(prepared.algorithm_oid, owner, signature, prepared.tbs), problems)
    for code in failing(problems.found()):
        raise SealRefused(code)
    return sm2_value(signature)
