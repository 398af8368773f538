"""A seal and a seal signature taken apart: frozen, plain values, nothing judged yet."""

from dataclasses import dataclass
from datetime import datetime

from sealsvc.formats.times import ReadTime
from sealsvc.formats.values import ReadingProblem, SealVersion


@dataclass(frozen=True)
class SealExtension:
    """One ExtData. oid: dotted, or `hex:` and the content octets when these do not decode."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True)
class CertificateDigest:
    """One CertDigestObj of a type-2 list. kind: the vendor's text naming the hash."""

    kind: str
    value: bytes


@dataclass(frozen=True)
class SealHeader:
    """SES_Header. magic: should be "ES"."""

    magic: str
    version: int
    vendor_id: str


@dataclass(frozen=True)
class SealProperty:
    """SES_ESPropertyInfo. cert_list_type: 1 certificates, 2 digests; V1 has only the first."""

    seal_type: int
    name: str
    cert_list_type: int
    certificates_der: tuple[bytes, ...]
    certificate_digests: tuple[CertificateDigest, ...]
    created: ReadTime
    valid_from: ReadTime
    valid_to: ReadTime


@dataclass(frozen=True)
class SealImage:
    """SES_ESPictrueInfo. kind: as written; width, height: millimetres."""

    kind: str
    data: bytes
    width: int
    height: int


@dataclass(frozen=True)
class ParsedSeal:
    """An SESeal. der: all of it; message: the exact bytes the maker signed in this version."""

    version: SealVersion
    der: bytes
    header: SealHeader
    seal_id: str
    property: SealProperty
    image: SealImage
    extensions: tuple[SealExtension, ...]
    maker_certificate_der: bytes
    algorithm_oid: str
    signature_value: bytes
    timestamp_token_der: bytes | None
    message: bytes
    warnings: tuple[ReadingProblem, ...]


@dataclass(frozen=True)
class ParsedSignature:
    """An SES_Signature. message: the original TBS_Sign, tag and length included.

    time_info_token_der: a V1 token found in timeInfo. time: what timeInfo says.
    """

    version: SealVersion
    der: bytes
    tbs_version: int
    seal: ParsedSeal
    time: ReadTime
    time_info_token_der: bytes | None
    data_hash: bytes
    property_info: str
    extensions: tuple[SealExtension, ...]
    certificate_der: bytes
    algorithm_oid: str
    signature_value: bytes
    timestamp_token_der: bytes | None
    message: bytes
    warnings: tuple[ReadingProblem, ...]

    @property
    def signed_at(self) -> datetime | None:
        """The self-declared time of signing."""
        return self.time.at
