"""Certificates as the registry sees them: their states, views and facts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from ca.crl import RevocationReason
from ca.names import SubjectName
from sealsvc.areas.entities.model import public_uscc
from sealsvc.errors import Conflict, NotFound, Unavailable
from sealsvc.values import (
    Fact,
    Json,
    JsonObject,
    KeyRef,
    SealId,
    Subject,
    SubjectKind,
    Transition,
    Transitions,
)

NATIONAL_SUITE = "sm2-sm3"
MAKER_PROFILE = "seal-maker"


@dataclass(frozen=True)
class TrustDomain:
    """A root and the issuing CA under it, by their labels under /pki/."""

    root: str
    issuing: str

    @property
    def labels(self) -> frozenset[str]:
        """Both labels."""
        return frozenset({self.root, self.issuing})


# SM2 certificates stand under a root of their own: a reader that knows only P-256 or RSA must be
# able to follow its whole path, and a Chinese one wants SM2 from end to end.
INTERNATIONAL = TrustDomain("root", "issuing")
NATIONAL = TrustDomain("sm2-root", "sm2-issuing")
TRUST_DOMAINS = (INTERNATIONAL, NATIONAL)


def domain_of(suite: str) -> TrustDomain:
    """The trust domain that certifies keys of a suite."""
    return NATIONAL if suite == NATIONAL_SUITE else INTERNATIONAL


class CertificateStatus(StrEnum):
    """INTENDED: logged, not signed. ABANDONED: the intent ended without a certificate."""

    INTENDED = "INTENDED"
    ISSUED = "ISSUED"
    REVOKED = "REVOKED"
    ABANDONED = "ABANDONED"


class CertificateAction(StrEnum):
    """What can be done to a certificate; INTEND brings it into being.

    DATE_BACK: a revoked one turns out to be bad since an earlier time.
    """

    INTEND = "INTEND"
    ISSUE = "ISSUE"
    ABANDON = "ABANDON"
    REVOKE = "REVOKE"
    DATE_BACK = "DATE_BACK"


_C, _A = CertificateStatus, CertificateAction
# A renewal is no change of a certificate: it is a new one, and the old one ends by itself.
CERTIFICATE_TRANSITIONS: Transitions[CertificateStatus, CertificateAction] = Transitions(
    (
        Transition(_A.INTEND, None, _C.INTENDED, "certificate.intended"),
        Transition(_A.ISSUE, _C.INTENDED, _C.ISSUED, "certificate.issued"),
        Transition(_A.ABANDON, _C.INTENDED, _C.ABANDONED, "certificate.abandoned"),
        # What ends before it is signed is given up, so that a signature on its way is thrown away.
        Transition(_A.REVOKE, _C.INTENDED, _C.ABANDONED, "certificate.abandoned"),
        Transition(_A.REVOKE, _C.ISSUED, _C.REVOKED, "certificate.revoked"),
        Transition(_A.DATE_BACK, _C.REVOKED, _C.REVOKED, "certificate.revocation_dated"),
    )
)


def certificate_step(
    state: CertificateStatus | None, action: CertificateAction
) -> Transition[CertificateStatus, CertificateAction] | None:
    """The row for an action on a certificate; None where the table does not permit it."""
    return CERTIFICATE_TRANSITIONS.find(state, action)


class CertificateNotFound(NotFound):
    """No certificate of ours has this serial number."""

    code = "CERTIFICATE_NOT_FOUND"


class PkiObjectNotFound(NotFound):
    """No issuer of ours has a certificate or CRL of this name."""

    code = "PKI_OBJECT_NOT_FOUND"


class IssuerMissing(Unavailable):
    """The trust domain has no issuing CA; `sealsvc init` makes one."""

    code = "ISSUER_MISSING"


class HierarchyExists(Conflict):
    """The trust domain already has its root and issuing CA."""

    code = "HIERARCHY_EXISTS"


class CertificateIntentLost(Conflict):
    """The intent was closed during the signing, as when the seal ended; nothing was issued."""

    code = "CERTIFICATE_INTENT_LOST"


@dataclass(frozen=True)
class IssueOrder:
    """A certificate to be issued by the issuing CA.

    profile: name in ca.profiles; key_ref: whose public half is certified; by: client id.
    """

    profile: str
    subject: SubjectName
    key_ref: KeyRef
    by: str
    uscc: str | None = None
    seal_id: SealId | None = None
    not_after: datetime | None = None


@dataclass(frozen=True)
class CertificateView:
    """A certificate of ours. serial_hex: lower case, no leading zeros; der: None while intended."""

    serial_hex: str
    profile: str
    status: CertificateStatus
    uscc: str | None
    seal_id: SealId | None
    key_ref: KeyRef
    suite: str
    not_before: datetime
    not_after: datetime
    der: bytes | None
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None


@dataclass(frozen=True)
class Issuer:
    """A CA of ours. label: its name under /pki/; rank: 0 for the root; serial_hex: its own."""

    label: str
    rank: int
    serial_hex: str
    key_ref: KeyRef
    der: bytes


@dataclass(frozen=True)
class Revocation:
    """Why and when a certificate ends. invalid_since: when the key was lost, if earlier."""

    reason: RevocationReason
    by: str
    invalid_since: datetime | None = None


@dataclass(frozen=True)
class TrustMaterial:
    """What verification builds paths from: our roots, our issuing CAs, our newest CRLs, as DER."""

    anchors_der: tuple[bytes, ...]
    issuers_der: tuple[bytes, ...]
    crls_der: tuple[bytes, ...]


@dataclass(frozen=True)
class PkiObject:
    """What /pki/ offers of one CA of ours. rank: 0 for the root; crl_*: None before its first."""

    label: str
    rank: int
    serial_hex: str
    crl_number: int | None = None
    crl_this_update: datetime | None = None
    crl_next_update: datetime | None = None


@dataclass(frozen=True)
class PublishedCrl:
    """An issuer's newest CRL as stored."""

    der: bytes
    number: int
    this_update: datetime
    next_update: datetime


def serial_hex(serial: int) -> str:
    """The registry's spelling of a serial number."""
    return f"{serial:x}"


def whole_utc(at: datetime | None) -> str | None:
    """Whole UTC seconds in RFC 3339, as CRLs and leaves count them."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def certificate_fact(kind: str, certificate: CertificateView, *, by: str, **more: Json) -> Fact:
    """`certificate.intended|issued|revoked|revocation_dated|abandoned`.

    kind: the last word; more: further payload members, None left out. The credit code of a legal
    person, the serial and the profile are public. Source: CONTRACT section 4.
    """
    shown = None if certificate.uscc is None else public_uscc(certificate.uscc)
    public: dict[str, Json] = {
        "certSerial": certificate.serial_hex,
        "profile": certificate.profile,
        "sealId": certificate.seal_id,
        "uscc": shown,
    }
    payload: JsonObject = {"by": by, **{key: value for key, value in more.items() if value}}
    if certificate.uscc is not None and shown is None:
        payload["uscc"] = certificate.uscc
    return Fact(
        f"certificate.{kind}",
        tuple(_subjects(certificate)),
        {key: value for key, value in public.items() if value is not None},
        payload,
    )


def _subjects(certificate: CertificateView) -> list[Subject]:
    subjects = [Subject(SubjectKind.CERTIFICATE, certificate.serial_hex)]
    if certificate.seal_id is not None:
        subjects.append(Subject(SubjectKind.SEAL, certificate.seal_id))
    if certificate.uscc is not None:
        subjects.append(Subject(SubjectKind.ENTITY, certificate.uscc))
    return subjects
