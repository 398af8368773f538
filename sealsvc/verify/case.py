"""One signature with all that is known about it: what every check is asked about."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sealsvc.documents.values import SignatureReading, TimestampKind
from sealsvc.verify.certificates import CertificateFacts
from sealsvc.verify.evidence import (
    Evidence,
    Proof,
    RegisteredSeal,
    SignatureEvidence,
    SigningTime,
    earliest_of,
    latest_of,
)
from sealsvc.verify.findings import Finding
from sealsvc.verify.policy import Policy


class Status(StrEnum):
    """A certificate's revocation status, as reports show it."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class StatusSource(StrEnum):
    """Where a status comes from. REGISTRY: our own CA's record; ANCHOR: trusted by decision."""

    CRL = "CRL"
    OCSP = "OCSP"
    REGISTRY = "REGISTRY"
    ANCHOR = "ANCHOR"


class Gap(StrEnum):
    """Why a status is unknown.

    STALE: the information is too old; LATE: it is from after the certificate's end, when entries
    may have been dropped; SIGNER_EXPIRED: who signed it is out of validity; WEAK: it is signed
    with an algorithm that is not accepted.
    """

    MISSING = "MISSING"
    STALE = "STALE"
    LATE = "LATE"
    SIGNER_EXPIRED = "SIGNER_EXPIRED"
    WEAK = "WEAK"


@dataclass(frozen=True)
class Revocation:
    """A status and its proof. gap: why it is unknown, None when it is known."""

    status: Status
    source: StatusSource | None = None
    revoked_at: datetime | None = None
    gap: Gap | None = None

    @staticmethod
    def unknown(gap: Gap | None = Gap.MISSING) -> "Revocation":
        """No status, and why."""
        return Revocation(Status.UNKNOWN, gap=gap or Gap.MISSING)


@dataclass(frozen=True)
class Link:
    """One certificate of a chain. trusted: it is a trust anchor."""

    certificate: CertificateFacts
    revocation: Revocation
    trusted: bool = False


class PathResult(StrEnum):
    """How path building and validation ended.

    NO_CERTIFICATE, UNREADABLE: there is no signer's certificate to start from. IMITATED: no path,
    though a name in it is a trust anchor's. INVALID: a path exists but breaks a rule.
    """

    VALID = "VALID"
    NOT_FOUND = "NOT_FOUND"
    IMITATED = "IMITATED"
    INVALID = "INVALID"
    NOT_CHECKED = "NOT_CHECKED"
    NO_CERTIFICATE = "NO_CERTIFICATE"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True)
class Chain:
    """The best path found. links: signer first, anchor last; only the signer if none was found.

    left_out, left_out_gathered: lists, answers and certificates of the document, and of those
    gathered, that were over a limit and so not looked at.
    """

    result: PathResult
    links: tuple[Link, ...] = ()
    reason: str = ""
    left_out: int = 0
    left_out_gathered: int = 0

    @property
    def signer(self) -> Link | None:
        """The signer's own certificate, if it could be read."""
        return self.links[0] if self.links else None


@dataclass(frozen=True)
class Case:
    """The question put to every check.

    proofs: what proves its existence, the log's included. younger_than: what it stands on (a
    time-stamp over its content, an older part of the file) was made then, so it is younger.
    stamps: the judged time-stamps inside it. maker: chain of the seal-maker of a national seal.
    """

    signature: SignatureEvidence
    evidence: Evidence
    policy: Policy
    time: SigningTime
    chain: Chain
    proofs: tuple[Proof, ...] = ()
    younger_than: datetime | None = None
    stamps: tuple["Stamp", ...] = ()
    maker: Chain | None = None

    @property
    def reading(self) -> SignatureReading:
        """What the bytes say."""
        return self.signature.reading

    @property
    def seal(self) -> RegisteredSeal | None:
        """What the registry says."""
        return self.signature.seal

    @property
    def id(self) -> str:
        """The signature's id, the subject of findings about it."""
        return self.signature.reading.id

    @property
    def latest_at(self) -> datetime:
        """When the signature existed at the latest: its proof, else the validation time."""
        if self.time.proven and self.time.at is not None:
            return self.time.at
        return self.evidence.validation_time

    @property
    def earliest_at(self) -> datetime | None:
        """When it cannot have existed before: the logged intent, or what it stands on."""
        proof = self.signature.log_proof
        intent = None if proof is None else proof.not_before_at
        known = [at for at in (intent, self.younger_than) if at is not None]
        return max(known, default=None)


@dataclass(frozen=True)
class Stamp:
    """One judged time-stamp inside a signature.

    holds: nothing speaks against it, so it proves its time; findings: what was noticed about it.
    """

    kind: TimestampKind
    case: Case
    findings: tuple[Finding, ...]
    holds: bool

    @property
    def at(self) -> datetime | None:
        """Its genTime."""
        return self.case.reading.claimed_at

    @property
    def latest(self) -> datetime | None:
        """The latest time that its accuracy allows."""
        return None if self.at is None else latest_of(self.at, self.case.reading.accuracy_us)

    @property
    def earliest(self) -> datetime | None:
        """The earliest time that its accuracy allows."""
        return None if self.at is None else earliest_of(self.at, self.case.reading.accuracy_us)


def instant(at: datetime | None) -> str:
    """RFC 3339 in UTC with `Z`; empty for None."""
    return "" if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
