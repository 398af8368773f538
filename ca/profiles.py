"""Frozen certificate profiles: what a certificate of each kind says.

A change to a profile is a new version: its digest stands in the log beside every certificate made
under it.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from ca.algorithms import SM2_SM3, ca_suites, leaf_suites
from ca.errors import UnknownProfile

DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"
EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
ANY_POLICY = "2.5.29.32.0"
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class CertificateProfile:
    """One kind of certificate.

    validity: at most this long; key_usage: asn1crypto's names of the bits; ext_key_usage: OIDs,
    none = extension absent; policy_oid: None = extension absent (an operator with a registered arc
    sets its own by `dataclasses.replace`); allowed_suites: of the subject's key; uscc_required:
    the subject must name a legal person by its credit code; critical_purposes: that extension is
    marked critical.
    """

    name: str
    version: int
    validity: timedelta
    is_ca: bool
    self_signed: bool
    path_len: int | None
    key_usage: tuple[str, ...]
    ext_key_usage: tuple[str, ...]
    policy_oid: str | None
    allowed_suites: tuple[str, ...]
    uscc_required: bool
    critical_purposes: bool = False

    def digest(self) -> bytes:
        """SHA-256 over the profile as sorted JSON (validity in seconds), for the log."""
        members = {**asdict(self), "validity": int(self.validity.total_seconds())}
        text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(b"sealsvc certificate profile\x00" + text.encode()).digest()


_CA_USAGE = ("key_cert_sign", "crl_sign")
# contentCommitment: the seal binds its owner. Source: RFC 5280 section 4.2.1.3.
_SEAL_USAGE = ("digital_signature", "non_repudiation")
# RFC 9336 names document signing; NSS (poppler's pdfsig) checks a PDF signature as certificate
# usage "email signer" and turns the certificate down when an EKU extension lacks emailProtection.
_SEAL_PURPOSES = (DOCUMENT_SIGNING, EMAIL_PROTECTION)
# The signing and the encryption certificate of one holder split the usages between two keys.
# Source: GB/T 20518, GM/T 0015; the text was not at hand, the split is common practice. RFC 8813
# forbids the two encipherments to EC keys, as ECDH only agrees on keys; SM2 enciphers directly.
_ENCRYPTION_USAGE = ("key_encipherment", "data_encipherment", "key_agreement")
# No leaf policy is claimed by default: there is no arc registered for us, and the free 2.25 arc
# needs components above 2**28, which RFC 5280 appendix B tells CAs not to use.

PROFILES: tuple[CertificateProfile, ...] = (
    CertificateProfile(
        name="root",
        version=2,  # 2: SM2 keys
        validity=20 * YEAR,
        is_ca=True,
        self_signed=True,
        path_len=None,
        key_usage=_CA_USAGE,
        ext_key_usage=(),
        policy_oid=None,
        allowed_suites=ca_suites(),
        uscc_required=False,
    ),
    CertificateProfile(
        name="issuing",
        version=2,  # 2: SM2 keys
        validity=10 * YEAR,
        is_ca=True,
        self_signed=False,
        path_len=0,
        key_usage=_CA_USAGE,
        ext_key_usage=(),
        policy_oid=ANY_POLICY,
        allowed_suites=ca_suites(),
        uscc_required=False,
    ),
    CertificateProfile(
        name="seal",
        version=2,  # 2: SM2 keys
        validity=3 * YEAR,
        is_ca=False,
        self_signed=False,
        path_len=None,
        key_usage=_SEAL_USAGE,
        ext_key_usage=_SEAL_PURPOSES,
        policy_oid=None,
        allowed_suites=leaf_suites(),
        uscc_required=True,
    ),
    CertificateProfile(
        name="service-seal",
        version=2,  # 2: SM2 keys
        validity=3 * YEAR,
        is_ca=False,
        self_signed=False,
        path_len=None,
        key_usage=_SEAL_USAGE,
        ext_key_usage=_SEAL_PURPOSES,
        policy_oid=None,
        allowed_suites=leaf_suites(),
        uscc_required=False,
    ),
    # Signs seals (制章), never documents: no purpose. Source: GB/T 38540, seal-formats.md S4d.
    CertificateProfile(
        name="seal-maker",
        version=1,
        validity=5 * YEAR,
        is_ca=False,
        self_signed=False,
        path_len=None,
        key_usage=_SEAL_USAGE,
        ext_key_usage=(),
        policy_oid=None,
        allowed_suites=leaf_suites(),
        uscc_required=True,
    ),
    # One purpose, critical. Source: RFC 3161 section 2.3.
    CertificateProfile(
        name="tsa",
        version=1,
        validity=5 * YEAR,
        is_ca=False,
        self_signed=False,
        path_len=None,
        key_usage=("digital_signature",),
        ext_key_usage=(TIME_STAMPING,),
        policy_oid=None,
        allowed_suites=leaf_suites(),
        uscc_required=False,
        critical_purposes=True,
    ),
    CertificateProfile(
        name="sm2-sign",
        version=1,
        validity=3 * YEAR,
        is_ca=False,
        self_signed=False,
        path_len=None,
        key_usage=_SEAL_USAGE,
        ext_key_usage=(),
        policy_oid=None,
        allowed_suites=(SM2_SM3,),
        uscc_required=True,
    ),
    CertificateProfile(
        name="sm2-encrypt",
        version=1,
        validity=3 * YEAR,
        is_ca=False,
        self_signed=False,
        path_len=None,
        key_usage=_ENCRYPTION_USAGE,
        ext_key_usage=(),
        policy_oid=None,
        allowed_suites=(SM2_SM3,),
        uscc_required=True,
    ),
)


def profile_named(name: str) -> CertificateProfile:
    """The profile of that name. Raises: UnknownProfile."""
    for profile in PROFILES:
        if profile.name == name:
            return profile
    raise UnknownProfile(profile=name)
