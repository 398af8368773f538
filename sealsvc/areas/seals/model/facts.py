"""Facts about seals: what anyone may read in the log and what only the commitment covers."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sealsvc.areas.entities.model import public_uscc
from sealsvc.areas.seals.model.lifecycle import SealAction, transition
from sealsvc.values import (
    Fact,
    JsonObject,
    SealId,
    SealMedium,
    SealStatus,
    SealType,
    Subject,
    SubjectKind,
)

# `by` of a change that no client made, such as expiry.
SYSTEM = "system"


@dataclass(frozen=True)
class SealSnapshot:
    """A seal as a fact shows it, after the change. cert_serial: lower-case hex."""

    seal_id: SealId
    owner_uscc: str
    seal_type: SealType
    medium: SealMedium
    state: SealStatus
    cert_serial: str | None = None


def seal_fact(
    action: SealAction,
    seal: SealSnapshot,
    *,
    by: str,
    reason: str | None = None,
    effective_from: datetime | None = None,
    details: JsonObject | None = None,
) -> Fact:
    """The fact of a change of state (`seal.applied`, `seal.activated`, ...).

    by: client id, or SYSTEM. effective_from: aware; shown in whole UTC seconds where given.
    details: further payload members. The owner's code is public for a legal person only.
    Source: CONTRACT section 4.
    """
    public = _public(seal)
    if effective_from is not None:
        public["effectiveFrom"] = _utc(effective_from)
    return Fact(
        transition(action).fact_type,
        _subjects(seal),
        public,
        {**(details or {}), **_payload(seal, by, reason)},
    )


def void_proposed(
    seal: SealSnapshot, *, by: str, reason: str, effective_from: datetime | None = None
) -> Fact:
    """`seal.void_proposed`: nothing is public, since an unconfirmed suspicion names no merchant."""
    payload = _payload(seal, by, reason)
    payload["sealId"] = seal.seal_id
    payload["uscc"] = seal.owner_uscc
    if effective_from is not None:
        payload["effectiveFrom"] = _utc(effective_from)
    return Fact("seal.void_proposed", _subjects(seal), {}, payload)


def review_flagged(seal: SealSnapshot, *, by: str, counterpart: SealSnapshot) -> Fact:
    """`seal.review_flagged`: the seal's counterpart was lost or ended; its own state stays.

    Source: CONTRACT section 2 (`counterpartSealId`).
    """
    payload = _payload(seal, by, None)
    payload["counterpartSealId"] = counterpart.seal_id
    payload["counterpartState"] = str(counterpart.state)
    subjects = (*_subjects(seal), Subject(SubjectKind.SEAL, counterpart.seal_id))
    return Fact("seal.review_flagged", subjects, _public(seal), payload)


def eseal_intended(seal: SealSnapshot, *, by: str, digest: str) -> Fact:
    """`seal.eseal_intended`: the seal-maker is about to sign a SESeal.

    digest: SHA-256 of the bytes it signs, lower-case hex. Source: ARCHITECTURE section 7.4.
    """
    payload = _payload(seal, by, None)
    payload["tbsDigest"] = digest
    return Fact("seal.eseal_intended", _subjects(seal), _public(seal), payload)


def imprint_filed(seal: SealSnapshot, *, by: str, imprint_sha256: str) -> Fact:
    """`seal.imprint_filed`; the imprint's digest (lower-case hex) stays in the payload."""
    payload = _payload(seal, by, None)
    payload["imprintDigest"] = imprint_sha256
    return Fact("seal.imprint_filed", _subjects(seal), _public(seal), payload)


def _public(seal: SealSnapshot) -> JsonObject:
    members: dict[str, str | None] = {
        "sealId": seal.seal_id,
        "type": str(seal.seal_type),
        "medium": str(seal.medium),
        "state": str(seal.state),
        "uscc": public_uscc(seal.owner_uscc),
        "certSerial": seal.cert_serial,
    }
    return {name: value for name, value in members.items() if value is not None}


def _payload(seal: SealSnapshot, by: str, reason: str | None) -> JsonObject:
    payload: JsonObject = {"by": by}
    if reason is not None:
        payload["reason"] = reason
    if public_uscc(seal.owner_uscc) is None:
        payload["uscc"] = seal.owner_uscc
    return payload


def _subjects(seal: SealSnapshot) -> tuple[Subject, ...]:
    return (Subject(SubjectKind.SEAL, seal.seal_id), Subject(SubjectKind.ENTITY, seal.owner_uscc))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
