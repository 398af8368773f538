"""Who a certificate speaks of, and who signs it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from asn1crypto import x509

from ca.algorithms import SignatureSuite, key_identifier, suite_of_key
from ca.errors import IssuerUnusable, NameInvalid

_BEGINNING = datetime(1950, 1, 1, tzinfo=UTC)
_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True)
class SubjectName:
    """A subject: the seal's (or CA's) name, the legal person and its credit code.

    country: ISO 3166 alpha-2. uscc: the 18-character unified social credit code; it stands twice,
    as serialNumber for readers that show only the classic attributes, and in full as
    organizationIdentifier `NTR<country>-<uscc>`.
    Source: ETSI EN 319 412-1 section 5.1.4 (NTR scheme), X.520 section 6.
    """

    common_name: str
    organization: str
    country: str = "CN"
    uscc: str | None = None

    @property
    def organization_identifier(self) -> str | None:
        """`NTRCN-<uscc>`, None without a code."""
        return None if self.uscc is None else f"NTR{self.country}-{self.uscc}"

    def to_asn1(self) -> x509.Name:
        """The distinguished name, from the country down. Raises: NameInvalid."""
        attributes = (
            ("country_name", "printable_string", self.country),
            ("organization_name", "utf8_string", self.organization),
            ("organization_identifier", "utf8_string", self.organization_identifier),
            ("serial_number", "printable_string", self.uscc),
            ("common_name", "utf8_string", self.common_name),
        )
        try:
            rdns = [_rdn(*attribute) for attribute in attributes if attribute[2] is not None]
        except UnicodeEncodeError:
            raise NameInvalid() from None
        return x509.Name(name="", value=x509.RDNSequence(rdns))


def _rdn(kind: str, encoding: str, value: str | None) -> x509.RelativeDistinguishedName:
    text = x509.DirectoryString({encoding: value})
    return x509.RelativeDistinguishedName([{"type": kind, "value": text}])


@dataclass(frozen=True)
class IssuerInfo:
    """What a certificate or CRL takes over from its issuer.

    name_der: DER of the issuer's subject; key_id: its subject key identifier; path_len: its
    pathLenConstraint; certificate_url, crl_url: where its certificate and CRL are fetched (http).
    """

    name_der: bytes
    key_id: bytes
    spki_der: bytes
    not_before: datetime
    not_after: datetime
    path_len: int | None = None
    certificate_url: str | None = None
    crl_url: str | None = None

    @property
    def suite(self) -> SignatureSuite:
        """The suite the issuer signs with. Raises: UnknownSuite, PublicKeyInvalid."""
        return suite_of_key(self.spki_der)

    @staticmethod
    def self_signed(subject: SubjectName, spki_der: bytes) -> "IssuerInfo":
        """The issuer of a root: its own subject, unlimited in time. Raises: PublicKeyInvalid."""
        suite_of_key(spki_der)
        name_der = bytes(subject.to_asn1().dump())
        return IssuerInfo(name_der, key_identifier(spki_der), spki_der, _BEGINNING, _END)

    @staticmethod
    def from_certificate(
        certificate_der: bytes, *, certificate_url: str | None = None, crl_url: str | None = None
    ) -> "IssuerInfo":
        """The issuer a CA certificate describes.

        Raises: IssuerUnusable when it is unreadable, no CA, or may not sign certificates and CRLs.
        Source: RFC 5280 section 4.2.1.3 and 4.2.1.9.
        """
        try:
            return _read_issuer(certificate_der, certificate_url, crl_url)
        except (ValueError, TypeError) as error:
            raise IssuerUnusable(reason="unreadable") from error


def _read_issuer(der: bytes, certificate_url: str | None, crl_url: str | None) -> IssuerInfo:
    certificate = x509.Certificate.load(der, strict=True)
    usage = certificate.key_usage_value
    if not certificate.ca:
        raise IssuerUnusable(reason="not a CA")
    if usage is None or not {"key_cert_sign", "crl_sign"} <= usage.native:
        raise IssuerUnusable(reason="key usage")
    if certificate.key_identifier is None:
        raise IssuerUnusable(reason="no subject key identifier")
    return IssuerInfo(
        name_der=certificate.subject.dump(),
        key_id=certificate.key_identifier,
        spki_der=certificate.public_key.dump(),
        not_before=certificate.not_valid_before,
        not_after=certificate.not_valid_after,
        path_len=cast(int | None, certificate.max_path_length),
        certificate_url=certificate_url,
        crl_url=crl_url,
    )


def last_second(start: datetime, validity: timedelta) -> datetime:
    """notAfter of a validity: the interval includes both ends. Source: RFC 5280 section 4.1.2.5."""
    return start + validity - timedelta(seconds=1)
