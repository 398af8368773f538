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
