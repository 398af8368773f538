"""What reading a seal yields: plain, frozen, picklable values that cross the sandbox's border."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DigestOutcome(StrEnum):
    """Does the document still have the digest that was signed? (EN 319 102-1, 5.2.7, CV)."""

    MATCHES = "MATCHES"
    DIFFERS = "DIFFERS"
    NOT_CHECKED = "NOT_CHECKED"


class SignatureOutcome(StrEnum):
    """Does the signature value verify with the key of the signer's certificate?"""

    VERIFIES = "VERIFIES"
    FAILS = "FAILS"
    NOT_CHECKED = "NOT_CHECKED"


@dataclass(frozen=True)
class ReadingProblem:
    """Something about the bytes that a judge must know. code: UPPER_SNAKE; detail: no content."""

    code: str
    detail: str = ""


class SealVersion(StrEnum):
    """V1: GM/T 0031-2014; V4: GB/T 38540-2020; V5: GM/T 0031-2025 (seal-formats.md section 1)."""

    V1 = "V1"
    V4 = "V4"
    V5 = "V5"


@dataclass(frozen=True)
class ESealReading:
    """All that the bytes alone say of the electronic seal inside a seal signature.

    seal_id: esID; der_sha256: hex over the whole SESeal; maker_signature: over the version's own
    message; signer_listed: whether the signer's certificate stands in the seal's list, byte for
    byte or by digest (None: no signer). picture: as stored, of picture_type in lower case;
    sizes in whole millimetres; times aware, None when unreadable. problems: `SEAL_*` codes.
    Source: seal-formats.md sections 4-10.
    """

    version: SealVersion
    der_sha256: str
    seal_id: str
    name: str
    vendor_id: str
    seal_type: int
    maker_certificate_der: bytes | None
    maker_signature: SignatureOutcome
    maker_algorithm_oid: str
    signer_listed: bool | None
    created_at: datetime | None
    valid_from: datetime | None
    valid_to: datetime | None
    picture_type: str
    picture: bytes
    width_mm: int
    height_mm: int
    problems: tuple[ReadingProblem, ...] = ()
    timestamp_token_der: bytes | None = None


@dataclass(frozen=True)
class SealSignatureReading:
    """All that the bytes alone say of one seal signature; no chain, revocation or register.

    der_sha256: hex over the whole SES_Signature. signature: over the original TBS_Sign.
    signed_at: from timeInfo, self-declared unless a judge proves the token; time_doubt_s: how far
    its zone may be off (V1 texts only, else 0). data_hash: as signed, to be held against the
    digest (data_hash_algorithm) of the original. signature_value: the octets a time-stamp
    covers; timestamp_imprint: whether the token's imprint is of them. problems: `SIG_*` codes;
    those of the seal stand in `eseal.problems`. Source: seal-formats.md section 10.
    """

    version: SealVersion
    der_sha256: str
    eseal: ESealReading
    signature: SignatureOutcome
    signature_algorithm: str | None
    signature_algorithm_oid: str
    digest_algorithm: str | None
    data_hash: bytes
    property_info: str
    signed_at: datetime | None
    time_is_self_declared: bool
    time_doubt_s: int
    signer_certificate_der: bytes | None
    signature_value: bytes
    timestamp_token_der: bytes | None
    timestamp_imprint: DigestOutcome
    problems: tuple[ReadingProblem, ...] = ()


class SignedDataShape(StrEnum):
    """How a Type=Sign value binds the original (ofd.md section 4).

    ATTRIBUTES: messageDigest among signed attributes; CONTENT_DIGEST: content is the SM3 of the
    original; BARE: an SM2 value without a certificate; UNKNOWN: none of them.
    """

    ATTRIBUTES = "ATTRIBUTES"
    CONTENT_DIGEST = "CONTENT_DIGEST"
    BARE = "BARE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class SignedDataReading:
    """All that the bytes alone say of one GB/T 35275 SignedData over an original.

    certificates_der: all embedded, the signer's excluded. signed_at: signingTime, self-declared.
    problems: `SIG_*` codes. Source: ofd.md section 4; seal-formats.md section 10.
    """

    shape: SignedDataShape
    digest: DigestOutcome
    signature: SignatureOutcome
    signature_algorithm: str | None = None
    signature_algorithm_oid: str | None = None
    digest_algorithm: str | None = None
    signer_certificate_der: bytes | None = None
    certificates_der: tuple[bytes, ...] = ()
    crls_der: tuple[bytes, ...] = ()
    signed_at: datetime | None = None
    signature_value: bytes | None = None
    timestamp_token_der: bytes | None = None
    timestamp_imprint: DigestOutcome = DigestOutcome.NOT_CHECKED
    problems: tuple[ReadingProblem, ...] = ()
