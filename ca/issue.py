"""Certificates: prepare the exact bytes, sign them once, check what came out.

The intent is stored and logged between `prepare` and `sign` (ARCHITECTURE section 7.4): every
certificate the key ever signed is known before its signature exists.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import algos, keys, x509

from ca.algorithms import key_identifier, suite_of_key
from ca.errors import LintFailed, SerialInvalid, SignedObjectInvalid
from ca.keys import Signer
from ca.lints import Candidate, run_lints
from ca.names import IssuerInfo, SubjectName, last_second
from ca.profiles import CertificateProfile
from ca.signing import OneTime, ask_signature, asn1_time, seal_envelope, whole_seconds

SERIAL_RANDOM_BYTES = 16


@dataclass(frozen=True)
class CertificateRequest:
    """Who asks for a certificate over which key.

    spki_der: canonical DER SubjectPublicKeyInfo; not_after: earlier end than the profile's, such
    as the seal's own.
    """

    subject: SubjectName
    spki_der: bytes
    not_after: datetime | None = None


@dataclass(frozen=True)
class Prepared:
    """A certificate's exact to-be-signed bytes and what the intent records of them.

    Allows one signature. tbs_sha256, profile_digest: 32 bytes; suite: the issuer's.
    """

    tbs_der: bytes
    tbs_sha256: bytes
    serial: int
    profile: CertificateProfile
    profile_digest: bytes
    suite: str
    issuer: IssuerInfo
    not_before: datetime
    not_after: datetime
    _once: OneTime = field(default_factory=OneTime, init=False, repr=False, compare=False)


def serial_from(random: bytes) -> int:
    """A serial number holding 128 random bits; a leading 1 bit keeps it positive, 17 octets long.

    Raises: SerialInvalid unless 16 bytes are given. Source: RFC 5280 section 4.1.2.2.
    """
    if len(random) != SERIAL_RANDOM_BYTES:
        raise SerialInvalid(octets=len(random))
    return int.from_bytes(b"\x01" + random, "big")


def prepare(
    request: CertificateRequest,
    profile: CertificateProfile,
    *,
    now: datetime,
    serial: int,
    issuer: IssuerInfo,
) -> Prepared:
    """The certificate to be signed, every lint passed.

    now: becomes notBefore, cut to the second; issuer: `IssuerInfo.self_signed` for a root.
    Raises: LintFailed, NameInvalid, PublicKeyInvalid, UnknownSuite, TimeNotAware.
    Source: RFC 5280 section 4.
    """
    suite_of_key(request.spki_der)
    not_before = whole_seconds(now)
    not_after = whole_seconds(request.not_after or last_second(not_before, profile.validity))
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial,
            "signature": algos.SignedDigestAlgorithm.load(issuer.suite.algorithm_der),
            "issuer": x509.Name.load(issuer.name_der),
            "validity": {"not_before": asn1_time(not_before), "not_after": asn1_time(not_after)},
            "subject": request.subject.to_asn1(),
            "subject_public_key_info": keys.PublicKeyInfo.load(request.spki_der),
            "extensions": _extensions(request, profile, issuer),
        }
    )
    tbs_der = bytes(tbs.dump())
    _require_clean(tbs_der, profile, issuer)
    return Prepared(
        tbs_der=tbs_der,
        tbs_sha256=hashlib.sha256(tbs_der).digest(),
        serial=serial,
        profile=profile,
        profile_digest=profile.digest(),
        suite=issuer.suite.name,
        issuer=issuer,
        not_before=not_before,
        not_after=not_after,
    )


def sign(prepared: Prepared, signer: Signer) -> bytes:
    """The certificate DER; works once per Prepared, even when the signer fails.

    The signature is verified and the finished certificate linted again before it leaves.
    Raises: PreparedAlreadySigned, SignerMismatch, SignerBroken, LintFailed, and what the signer
    raises.
    """
    issuer = prepared.issuer
    signature = ask_signature(prepared.tbs_der, issuer.spki_der, prepared._once, signer)
    certificate_der = finish(prepared.tbs_der, signature, issuer.spki_der)
    _require_clean(_tbs_of(certificate_der), prepared.profile, issuer)
    return certificate_der


def finish(tbs_der: bytes, signature: bytes, issuer_spki: bytes) -> bytes:
    """The certificate DER of a stored intent and its signature, verified first.

    Raises: SignatureDoesNotMatch, SignedObjectInvalid, PublicKeyInvalid, UnknownSuite.
    """
    certificate_der = seal_envelope(tbs_der, signature, issuer_spki)
    if _tbs_of(certificate_der) != tbs_der:
        raise SignedObjectInvalid(reason="to-be-signed bytes changed")
    return certificate_der


def _tbs_of(certificate_der: bytes) -> bytes:
    """The signed bytes of a certificate whose inner and outer algorithm agree."""
    try:
        certificate = x509.Certificate.load(certificate_der, strict=True)
        tbs = certificate["tbs_certificate"]
        inner = tbs["signature"].dump()
    except (ValueError, TypeError) as error:
        raise SignedObjectInvalid(reason="not a certificate") from error
    if inner != certificate["signature_algorithm"].dump():
        raise SignedObjectInvalid(reason="two signature algorithms")
    return bytes(tbs.dump())


def _require_clean(tbs_der: bytes, profile: CertificateProfile, issuer: IssuerInfo) -> None:
    findings = run_lints(Candidate.parse(tbs_der, profile, issuer))
    if findings:
        raise LintFailed(findings)


def _extensions(
    request: CertificateRequest, profile: CertificateProfile, issuer: IssuerInfo
) -> list[dict[str, object]]:
    """Extensions in a fixed order; absent where the profile leaves them out."""
    found: list[dict[str, object]] = [
        _extension("basic_constraints", _basic_constraints(profile), critical=True),
        _extension("key_usage", set(profile.key_usage), critical=True),
    ]
    if profile.ext_key_usage:
        purposes, critical = list(profile.ext_key_usage), profile.critical_purposes
        found.append(_extension("extended_key_usage", purposes, critical=critical))
    found.append(_extension("key_identifier", key_identifier(request.spki_der)))
    found.append(_extension("authority_key_identifier", {"key_identifier": issuer.key_id}))
    if profile.policy_oid is not None:
        policies = [{"policy_identifier": profile.policy_oid}]
        found.append(_extension("certificate_policies", policies))
    if issuer.crl_url is not None:
        point = x509.DistributionPointName({"full_name": [_uri(issuer.crl_url)]})
        found.append(_extension("crl_distribution_points", [{"distribution_point": point}]))
    if issuer.certificate_url is not None:
        access = {"access_method": "ca_issuers", "access_location": _uri(issuer.certificate_url)}
        found.append(_extension("authority_information_access", [access]))
    return found


def _extension(kind: str, value: object, *, critical: bool = False) -> dict[str, object]:
    return {"extn_id": kind, "critical": critical, "extn_value": value}


def _basic_constraints(profile: CertificateProfile) -> dict[str, object]:
    """pathLenConstraint is left out where the profile sets none."""
    if profile.path_len is None:
        return {"ca": profile.is_ca}
    return {"ca": profile.is_ca, "path_len_constraint": profile.path_len}


def _uri(url: str) -> x509.GeneralName:
    return x509.GeneralName("uniform_resource_identifier", x509.URI(url))
