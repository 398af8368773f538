"""Clauses a to-be-signed certificate must meet, one small function each.

A lint answers None or what is wrong. `run_lints` runs before anything is signed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import core, x509

from ca.algorithms import key_identifier, suite_of_key
from ca.errors import LintFinding, PublicKeyInvalid, SignedObjectInvalid, UnknownSuite
from ca.names import IssuerInfo
from ca.profiles import CertificateProfile

MAX_SERIAL_OCTETS = 20
MIN_SERIAL_BITS = 64
MAX_NAME_CHARS = 64
USCC_PATTERN = re.compile(r"[0-9A-HJ-NP-RTUW-Y]{18}")
_HTTP_URL = re.compile(r"http://[!-~]+")


@dataclass(frozen=True)
class Candidate:
    """A parsed to-be-signed certificate beside what it was made from."""

    tbs: x509.TbsCertificate
    profile: CertificateProfile
    issuer: IssuerInfo

    @staticmethod
    def parse(tbs_der: bytes, profile: CertificateProfile, issuer: IssuerInfo) -> "Candidate":
        """Raises: SignedObjectInvalid when the bytes are not strict DER of a TBSCertificate."""
        try:
            tbs = x509.TbsCertificate.load(tbs_der, strict=True)
            _ = tbs.native  # asn1crypto parses lazily: touch everything once
            if tbs.copy().dump(force=True) != tbs_der:
                raise SignedObjectInvalid(reason="not DER")
        except (ValueError, TypeError) as error:
            raise SignedObjectInvalid(reason="not a to-be-signed certificate") from error
        return Candidate(tbs, profile, issuer)

    def extensions(self) -> Iterator[tuple[str, bool, x509.Extension]]:
        """(name or OID, critical, extension) of each one, in order."""
        for extension in self.tbs["extensions"]:
            yield extension["extn_id"].native, extension["critical"].native, extension

    def find_extension(self, kind: str) -> core.Asn1Value | None:
        """The parsed value of the first extension of that kind."""
        for name, _critical, extension in self.extensions():
            if name == kind:
                return extension["extn_value"].parsed
        return None

    def subject_values(self, kind: str) -> list[x509.NameTypeAndValue]:
        """Every subject attribute of that kind."""
        return [
            attribute
            for rdn in self.tbs["subject"].chosen
            for attribute in rdn
            if attribute["type"].native == kind
        ]


def _always(candidate: Candidate) -> bool:
    return True


@dataclass(frozen=True)
class Lint:
    """One clause. check answers None or the finding's message."""

    name: str
    clause: str
    check: Callable[[Candidate], str | None]
    applies: Callable[[Candidate], bool] = _always


def _is_issued(candidate: Candidate) -> bool:
    return not candidate.profile.self_signed


def _is_ca(candidate: Candidate) -> bool:
    return candidate.profile.is_ca


def _version(candidate: Candidate) -> str | None:
    return None if candidate.tbs["version"].native == "v3" else "version is not v3"


def _serial(candidate: Candidate) -> str | None:
    serial = candidate.tbs["serial_number"].native
    if serial <= 0:
        return "serial number is not positive"
    if serial.bit_length() // 8 + 1 > MAX_SERIAL_OCTETS:
        return "serial number is longer than 20 octets"
    return None if serial.bit_length() >= MIN_SERIAL_BITS else "serial number is below 64 bits"


def _signature_algorithm(candidate: Candidate) -> str | None:
    intended = candidate.issuer.suite.algorithm_der
    same = candidate.tbs["signature"].dump() == intended
    return None if same else "signature algorithm is not the issuer's suite"


def _issuer_name(candidate: Candidate) -> str | None:
    name_der = candidate.tbs["issuer"].dump()
    return None if name_der == candidate.issuer.name_der else "issuer is not the issuer's subject"


def _self_issued(candidate: Candidate) -> str | None:
    """A loop of names would let path building run in circles."""
    same = candidate.tbs["subject"].dump() == candidate.tbs["issuer"].dump()
    if same == candidate.profile.self_signed:
        return None
    return "subject equals issuer" if same else "a root's subject is not its issuer"


def _self_signed_key(candidate: Candidate) -> str | None:
    same = candidate.tbs["subject_public_key_info"].dump() == candidate.issuer.spki_der
    return None if same else "a root's key is not the signing key"


def _validity_order(candidate: Candidate) -> str | None:
    start, end = _validity(candidate)
    if end <= start:
        return "notAfter is not after notBefore"
    longest = candidate.profile.validity - timedelta(seconds=1)
    return None if end - start <= longest else "valid for longer than the profile permits"


def _validity_encoding(candidate: Candidate) -> str | None:
    for end in ("not_before", "not_after"):
        time = candidate.tbs["validity"][end]
        if (time.name == "utc_time") != (time.native.year < 2050):
            return f"{end} is not UTCTime through 2049 and GeneralizedTime after"
    return None


def _validity_within_issuer(candidate: Candidate) -> str | None:
    start, end = _validity(candidate)
    issuer = candidate.issuer
    inside = issuer.not_before <= start and end <= issuer.not_after
    return None if inside else "validity is not within the issuer's"


def _validity(candidate: Candidate) -> tuple[datetime, datetime]:
    validity = candidate.tbs["validity"]
    return validity["not_before"].native, validity["not_after"].native


def _subject_present(candidate: Candidate) -> str | None:
    for kind in ("country_name", "organization_name", "common_name"):
        if len(candidate.subject_values(kind)) != 1:
            return f"subject does not have exactly one {kind}"
    return None


def _country(candidate: Candidate) -> str | None:
    for attribute in candidate.subject_values("country_name"):
        value = attribute["value"]
        if value.name != "printable_string" or not re.fullmatch("[A-Z]{2}", value.native):
            return "country is not two capital letters in a PrintableString"
    return None


def _name_length(candidate: Candidate) -> str | None:
    for kind in ("organization_name", "common_name", "serial_number"):
        for attribute in candidate.subject_values(kind):
            if not 1 <= len(attribute["value"].native) <= MAX_NAME_CHARS:
                return f"{kind} is not 1 to {MAX_NAME_CHARS} characters long"
    return None


def _name_encoding(candidate: Candidate) -> str | None:
    for rdn in candidate.tbs["subject"].chosen:
        for attribute in rdn:
            if attribute["value"].name not in ("utf8_string", "printable_string"):
                return "subject is not in UTF8String or PrintableString"
    return None


def _name_characters(candidate: Candidate) -> str | None:
    """Invisible characters let two names look the same."""
    for rdn in candidate.tbs["subject"].chosen:
        for attribute in rdn:
            text = attribute["value"].native
            if text != text.strip() or not text.isprintable():
                return "subject has invisible characters or blanks at an end"
    return None


def _uscc_form(candidate: Candidate) -> str | None:
    values = candidate.subject_values("serial_number")
    if not values:
        return "subject has no unified social credit code" if _needs_uscc(candidate) else None
    if len(values) > 1 or not USCC_PATTERN.fullmatch(values[0]["value"].native):
        return "serialNumber is not one unified social credit code"
    return None


def _needs_uscc(candidate: Candidate) -> bool:
    return candidate.profile.uscc_required


def _organization_identifier(candidate: Candidate) -> str | None:
    codes = [a["value"].native for a in candidate.subject_values("serial_number")]
    countries = [a["value"].native for a in candidate.subject_values("country_name")]
    expected = [f"NTR{country}-{code}" for country in countries for code in codes]
    found = [a["value"].native for a in candidate.subject_values("organization_identifier")]
    return None if found == expected else "organizationIdentifier does not repeat the credit code"


def _key_suite(candidate: Candidate) -> str | None:
    try:
        name = suite_of_key(candidate.tbs["subject_public_key_info"].dump()).name
    except (PublicKeyInvalid, UnknownSuite):
        return "no suite for the subject's key"
    allowed = name in candidate.profile.allowed_suites
    return None if allowed else "the subject's key is not of a suite the profile permits"


def _rsa_exponent(candidate: Candidate) -> str | None:
    exponent = candidate.tbs["subject_public_key_info"]["public_key"].parsed.native[
        "public_exponent"
    ]
    good = exponent % 2 == 1 and 2**16 < exponent < 2**256
    return None if good else "RSA exponent is even or outside 2^16 to 2^256"


def _is_rsa(candidate: Candidate) -> bool:
    return bool(candidate.tbs["subject_public_key_info"].algorithm == "rsa")


def _unique_ids(candidate: Candidate) -> str | None:
    for kind in ("issuer_unique_id", "subject_unique_id"):
        if candidate.tbs[kind].native is not None:
            return f"{kind} is present"
    return None


def _no_duplicate_extensions(candidate: Candidate) -> str | None:
    kinds = [kind for kind, _critical, _extension in candidate.extensions()]
    return None if len(kinds) == len(set(kinds)) else "an extension stands twice"


def _known_extensions(candidate: Candidate) -> str | None:
    for kind, critical, _extension in candidate.extensions():
        if kind not in _EXTENSIONS:
            return f"extension {kind} is not part of the profile"
        expected = _EXTENSIONS[kind]
        if kind == "extended_key_usage":
            expected = candidate.profile.critical_purposes
        if critical != expected:
            return f"criticality of {kind} is wrong"
    return None


_EXTENSIONS = {
    "basic_constraints": True,
    "key_usage": True,
    "extended_key_usage": False,
    "key_identifier": False,
    "authority_key_identifier": False,
    "certificate_policies": False,
    "crl_distribution_points": False,
    "authority_information_access": False,
}


def _native(candidate: Candidate, kind: str) -> object:
    value = candidate.find_extension(kind)
    return None if value is None else value.native


def _basic_constraints(candidate: Candidate) -> str | None:
    profile = candidate.profile
    expected = {"ca": profile.is_ca, "path_len_constraint": profile.path_len}
    same = _native(candidate, "basic_constraints") == expected
    return None if same else "basicConstraints is missing or not the profile's"


def _issuer_path_len(candidate: Candidate) -> str | None:
    longest = candidate.issuer.path_len
    own = candidate.profile.path_len
    if longest is None or (longest > 0 and own is not None and own < longest):
        return None
    return "the issuer's path length forbids this CA"


def _key_usage(candidate: Candidate) -> str | None:
    same = _native(candidate, "key_usage") == set(candidate.profile.key_usage)
    return None if same else "keyUsage is missing or not the profile's"


def _ext_key_usage(candidate: Candidate) -> str | None:
    purposes = candidate.find_extension("extended_key_usage") or ()
    oids = tuple(purpose.dotted for purpose in purposes)
    same = oids == candidate.profile.ext_key_usage
    return None if same else "extKeyUsage is missing or not the profile's"


def _subject_key_id(candidate: Candidate) -> str | None:
    expected = key_identifier(candidate.tbs["subject_public_key_info"].dump())
    same = _native(candidate, "key_identifier") == expected
    return None if same else "subjectKeyIdentifier is missing or not derived from the key"


def _authority_key_id(candidate: Candidate) -> str | None:
    value = _native(candidate, "authority_key_identifier")
    same = isinstance(value, dict) and value["key_identifier"] == candidate.issuer.key_id
    return None if same else "authorityKeyIdentifier is missing or not the issuer's"


def _crl_url(candidate: Candidate) -> str | None:
    points = candidate.find_extension("crl_distribution_points") or ()
    urls = [url for point in points for url in point["distribution_point"].native or ()]
    return None if _all_http(urls) else "no http cRLDistributionPoint"


def _ca_issuers_url(candidate: Candidate) -> str | None:
    accesses = candidate.find_extension("authority_information_access") or ()
    urls = [
        access["access_location"].native
        for access in accesses
        if access["access_method"].native == "ca_issuers"
    ]
    return None if _all_http(urls) else "no http caIssuers access"


def _all_http(urls: list[object]) -> bool:
    return bool(urls) and all(isinstance(url, str) and _HTTP_URL.fullmatch(url) for url in urls)


def _policies(candidate: Candidate) -> str | None:
    policies = candidate.find_extension("certificate_policies") or ()
    oids = [policy["policy_identifier"].dotted for policy in policies]
    expected = [] if candidate.profile.policy_oid is None else [candidate.profile.policy_oid]
    return None if oids == expected else "certificatePolicies are not the profile's"


LINTS: tuple[Lint, ...] = (
    Lint("version", "RFC 5280 section 4.1.2.1", _version),
    Lint("serial", "RFC 5280 section 4.1.2.2; CA/B Forum BR section 7.1", _serial),
    Lint("signature_algorithm", "RFC 5280 section 4.1.2.3", _signature_algorithm),
    Lint("issuer_name", "RFC 5280 section 4.1.2.4", _issuer_name),
    Lint("self_issued", "RFC 5280 section 3.2", _self_issued),
    Lint("self_signed_key", "RFC 5280 section 3.2", _self_signed_key, lambda c: not _is_issued(c)),
    Lint("validity_order", "RFC 5280 section 4.1.2.5", _validity_order),
    Lint("validity_encoding", "RFC 5280 section 4.1.2.5", _validity_encoding),
    Lint("validity_within_issuer", "our policy (shell model)", _validity_within_issuer, _is_issued),
    Lint("subject_present", "RFC 5280 section 4.1.2.6", _subject_present),
    Lint("country", "RFC 5280 appendix A.1 (X520countryName)", _country),
    Lint("name_length", "RFC 5280 appendix A.1 (ub-common-name)", _name_length),
    Lint("name_encoding", "RFC 5280 section 4.1.2.4", _name_encoding),
    Lint("name_characters", "our policy", _name_characters),
    Lint("uscc_form", "GB 32100-2015 section 4", _uscc_form),
    Lint("organization_identifier", "EN 319 412-1 section 5.1.4", _organization_identifier),
    Lint("key_suite", "our policy (profile)", _key_suite),
    Lint("rsa_exponent", "CA/B Forum BR section 6.1.6", _rsa_exponent, _is_rsa),
    Lint("unique_ids", "RFC 5280 section 4.1.2.8", _unique_ids),
    Lint("duplicate_extension", "RFC 5280 section 4.2", _no_duplicate_extensions),
    Lint("known_extensions", "our policy (profile)", _known_extensions),
    Lint("basic_constraints", "RFC 5280 section 4.2.1.9", _basic_constraints),
    Lint("issuer_path_len", "RFC 5280 section 4.2.1.9", _issuer_path_len, _is_ca),
    Lint("key_usage", "RFC 5280 section 4.2.1.3", _key_usage),
    Lint("ext_key_usage", "RFC 5280 section 4.2.1.12; RFC 9336 section 3.1", _ext_key_usage),
    Lint("subject_key_id", "RFC 5280 section 4.2.1.2; RFC 7093 section 2", _subject_key_id),
    Lint("authority_key_id", "RFC 5280 section 4.2.1.1", _authority_key_id),
    Lint("crl_url", "RFC 5280 section 4.2.1.13", _crl_url, _is_issued),
    Lint("ca_issuers_url", "RFC 5280 section 4.2.2.1", _ca_issuers_url, _is_issued),
    Lint("policies", "RFC 5280 section 4.2.1.4", _policies),
)


def run_lints(candidate: Candidate) -> tuple[LintFinding, ...]:
    """Every clause the candidate breaks, in the order of LINTS."""
    messages = ((lint, lint.check(candidate)) for lint in LINTS if lint.applies(candidate))
    return tuple(
        LintFinding(lint.name, lint.clause, message) for lint, message in messages if message
    )
