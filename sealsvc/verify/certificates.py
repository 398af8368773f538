"""A certificate's facts as plain values, read once and strictly; no trust is decided here."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from asn1crypto import x509

_USCC = re.compile(r"[0-9A-Z]{18}")
_URL = re.compile(r"https?://[!-?A-~]{1,1000}")  # printable ASCII without @: no credentials
MAX_URLS = 4
_ORGANIZATION_IDENTIFIER = re.compile(r"NTRCN-([0-9A-Z]{18})")


class UnreadableCertificateError(ValueError):
    """DER that is no certificate, or one whose fields do not decode."""


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says of itself.

    serial_hex: lower case, no sign, no leading zeros. not_before, not_after: aware UTC.
    key_family: `rsa`, `ec`, …; key_bits: its size. key_usage: asn1crypto's names, None = absent;
    purposes: EKU OIDs, None = absent; purposes_critical: that extension is marked critical.
    usccs: every credit code the subject names. issuer_urls, crl_urls: where the issuer's
    certificate and the revocation lists are said to be, http and https only.
    """

    der: bytes
    subject: str
    issuer: str
    subject_der: bytes
    issuer_der: bytes
    serial_hex: str
    not_before: datetime
    not_after: datetime
    is_ca: bool
    key_family: str
    key_bits: int
    signature_oid: str
    key_usage: frozenset[str] | None
    purposes: frozenset[str] | None
    usccs: frozenset[str]
    purposes_critical: bool = False
    issuer_urls: tuple[str, ...] = ()
    crl_urls: tuple[str, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of the DER."""
        return hashlib.sha256(self.der).hexdigest()


@lru_cache(maxsize=512)
def read_certificate(der: bytes) -> CertificateFacts:
    """The facts of one certificate.

    Raises: UnreadableCertificateError for whatever does not decode.
    """
    try:
        return _read(x509.Certificate.load(der, strict=True))
    except Exception as error:  # hostile DER makes asn1crypto raise nearly anything
        raise UnreadableCertificateError(type(error).__name__) from error


def _read(certificate: x509.Certificate) -> CertificateFacts:
    usage = certificate.key_usage_value
    purposes = certificate.extended_key_usage_value
    key = certificate.public_key
    _touch_extensions(certificate)
    return CertificateFacts(
        der=certificate.dump(),
        subject=certificate.subject.human_friendly,
        issuer=certificate.issuer.human_friendly,
        subject_der=certificate.subject.dump(),
        issuer_der=certificate.issuer.dump(),
        serial_hex=f"{certificate.serial_number:x}",
        not_before=_utc(certificate.not_valid_before),
        not_after=_utc(certificate.not_valid_after),
        is_ca=bool(certificate.ca),
        key_family=str(key.algorithm),
        key_bits=int(key.bit_size or 0),
        signature_oid=certificate["signature_algorithm"]["algorithm"].dotted,
        key_usage=None if usage is None else frozenset(usage.native),
        purposes=None if purposes is None else frozenset(item.dotted for item in purposes),
        usccs=_usccs(certificate.subject),
        purposes_critical="extended_key_usage" in certificate.critical_extensions,
        issuer_urls=_issuer_urls(certificate),
        crl_urls=_crl_urls(certificate),
    )


def _issuer_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Source: RFC 5280 section 4.2.2.1 (caIssuers)."""
    access = certificate.authority_information_access_value or ()
    return _urls(
        item["access_location"] for item in access if item["access_method"].native == "ca_issuers"
    )


def _crl_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Complete lists of the issuer itself only. Source: RFC 5280 section 4.2.1.13."""
    names: list[x509.GeneralName] = []
    for point in certificate.crl_distribution_points:
        where = point["distribution_point"]
        if point["crl_issuer"].native is None and where.name == "full_name":
            names += list(where.chosen)
    return _urls(names)


def _urls(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    """Plain web addresses, as many and as long as an honest certificate has."""
    found = [str(name.native) for name in names if name.name == "uniform_resource_identifier"]
    return tuple(dict.fromkeys(url for url in found if _URL.fullmatch(url)))[:MAX_URLS]


def _utc(at: datetime) -> datetime:
    """In UTC; a time without a zone is no time (RFC 5280 section 4.1.2.5)."""
    if at.tzinfo is None:
        raise ValueError("validity without a zone")
    return at.astimezone(UTC)


def _touch_extensions(certificate: x509.Certificate) -> None:
    """Decode what path validation will look at, so that it fails here and not there."""
    for value in (
        certificate.key_identifier,
        certificate.authority_key_identifier,
        certificate.basic_constraints_value,
        certificate.name_constraints_value,
        certificate.certificate_policies_value,
        certificate.crl_distribution_points,
        certificate.ocsp_urls,
        certificate.authority_information_access_value,
        certificate.critical_extensions,
    ):
        getattr(value, "native", None)


def _usccs(subject: x509.Name) -> frozenset[str]:
    """Credit codes in serialNumber and organizationIdentifier. Source: CONTRACT section 5."""
    codes: set[str] = set()
    for rdn in subject.chosen:
        for attribute in rdn:
            kind, value = attribute["type"].native, str(attribute["value"].native)
            if kind == "serial_number" and _USCC.fullmatch(value):
                codes.add(value)
            elif kind == "organization_identifier":
                codes.update(_ORGANIZATION_IDENTIFIER.findall(value))
    return frozenset(codes)
