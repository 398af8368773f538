"""What a judgement stands on, gathered beforehand, frozen and picklable."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sealsvc.documents.values import (
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
    SignatureReading,
    TimestampKind,
)
from sealsvc.values import Declaration, DocumentRole, SealMedium, SealStatus, SealType


@dataclass(frozen=True)
class RegisteredSeal:
    """The registry's answer about the seal that holds a signer certificate.

    status_at_signing: as known now, for the best signing time; status_then_known: the answer that
    the registry gave at that time (bitemporal, CONTRACT section 2); status_now: at validation.
    status_fact_id: fact that last changed the status before the signing time (its receipt proves
    it). imprint_rgba_sha256: same measure as SealPicture.rgba_sha256. asked_at: the signing time
    that the two answers are for; None = `best_signing_time` of the claimed time and the log proof.
    """

    seal_id: str
    name: str
    seal_type: SealType
    medium: SealMedium
    owner_uscc: str
    owner_name: str
    owner_active: bool
    status_at_signing: SealStatus | None
    status_then_known: SealStatus | None
    status_now: SealStatus
    status_now_since: datetime
    status_fact_id: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    imprint_rgba_sha256: str | None
    asked_at: datetime | None = None


@dataclass(frozen=True)
class LogProof:
    """Proof of existence from the log: a `sealing.completed` fact for this signature value.

    not_before_at: the intent's time (`sealing.authorised`), if known; at: the completion's time.
    """

    fact_id: str
    at: datetime
    not_before_at: datetime | None
    index: int | None


@dataclass(frozen=True)
class CertificateRecord:
    """Our own CA's record of a signer certificate. None of it is read from the document."""

    serial_hex: str
    sealed_for: str | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class SignatureEvidence:
    """One signature with all that was gathered for it.

    issued_by_us: our CA's record, None when we did not issue the certificate or could not ask.
    eseal_of: id of the registered seal whose own SESeal, byte for byte, stands in the signature.
    """

    reading: SignatureReading
    issued_by_us: CertificateRecord | None
    seal: RegisteredSeal | None
    log_proof: LogProof | None
    declaration: Declaration | None
    eseal_of: str | None = None


@dataclass(frozen=True)
class Expectation:
    """What the caller expects (`expect.*`, CONTRACT section 1); not given = None or empty.

    signer_uscc: the one credit code that the signer certificate must name.
    """

    role: DocumentRole | None = None
    seller_uscc: str | None = None
    party_usccs: tuple[str, ...] = ()
    seal_type: SealType | None = None
    signer_uscc: str | None = None


@dataclass(frozen=True)
class DocumentFields:
    """What the document itself says it is; read, not proven.

    seller_uscc: only where it is a valid code; buyer_uscc: as written. source: the most trusted
    carrier; printed_only: nothing but the words of a PDF's pages, in an order that is assumed.
    disagreements: dotted fields on which carriers differ; …_errors: codes of broken rules.
    tax_signature: the tax bureau's own signature is there, which nobody outside can verify.
    """

    role: DocumentRole
    number: str | None = None
    code: str | None = None
    seller_uscc: str | None = None
    buyer_uscc: str | None = None
    gross: str | None = None
    source: str = ""
    printed_only: bool = False
    disagreements: tuple[str, ...] = ()
    arithmetic_errors: tuple[str, ...] = ()
    number_errors: tuple[str, ...] = ()
    tax_signature: bool = False


@dataclass(frozen=True)
class Evidence:
    """Everything `judge` needs.

    anchors_der: trust anchors; stamp_anchors_der: further ones, for time-stamps alone.
    issuers_der, crls_der, ocsps_der: gathered for path building. registry_asked: False offline
    without a registry, then sealAuthority is NOT_CHECKED. gathered_at: when; validation_time:
    judged as of. fields: what the document itself says, None where nothing was read.
    """

    document_sha256: str
    filename: str | None
    reading: DocumentReading
    signatures: tuple[SignatureEvidence, ...]
    anchors_der: tuple[bytes, ...]
    issuers_der: tuple[bytes, ...]
    crls_der: tuple[bytes, ...]
    registry_asked: bool
    expectation: Expectation
    validation_time: datetime
    gathered_at: datetime
    ocsps_der: tuple[bytes, ...] = ()
    stamp_anchors_der: tuple[bytes, ...] = ()
    fields: DocumentFields | None = None


class ProofSource(StrEnum):
    """Who vouches for the existence of something at a time, as `poeSources` names it."""

    TSA = "TSA"
    LOG = "LOG"


@dataclass(frozen=True)
class Proof:
    """A proof of existence: it was there by `at`. by: fact id, or id of the stamp or signature."""

    at: datetime
    source: ProofSource
    by: str


@dataclass(frozen=True)
class SigningTime:
    """The time a signature is judged at. proven: a log proof or time-stamp fixes it."""

    at: datetime | None
    proven: bool
    sources: tuple[str, ...]


def best_signing_time(
    claimed_at: datetime | None, proof: LogProof | None, others: tuple[Proof, ...] = ()
) -> SigningTime:
    """The earliest proven time, else the claimed time marked unproven.

    The log's completion time bounds the signing from above; it is the conservative choice, as a
    suspension between claim and completion then still counts. others: further proofs, found good
    by the judgement alone. Source: china-domain section 3.3; EN 319 102-1 clause 5.5.4.
    """
    proofs = list(others)
    if proof is not None:
        proofs.append(Proof(proof.at, ProofSource.LOG, proof.fact_id))
    if proofs:
        named = {item.source for item in proofs}
        return SigningTime(
            at=min(item.at for item in proofs),
            proven=True,
            sources=tuple(str(source) for source in ProofSource if source in named),
        )
    if claimed_at is not None:
        return SigningTime(at=claimed_at, proven=False, sources=("CLAIMED",))
    return SigningTime(at=None, proven=False, sources=())


def latest_of(at: datetime, accuracy_us: int) -> datetime:
    """The latest instant that a time-stamp may mean: what existed then surely existed by it.

    Source: RFC 3161 section 2.4.2 (Accuracy).
    """
    return _shifted(at, accuracy_us)


def earliest_of(at: datetime, accuracy_us: int) -> datetime:
    """The earliest instant that a time-stamp may mean: what covers it is surely younger."""
    return _shifted(at, -accuracy_us)


def _shifted(at: datetime, by_us: int) -> datetime:
    try:
        return at + timedelta(microseconds=by_us)
    except OverflowError:  # at the ends of the calendar
        return at


def likely_signing_time(reading: SignatureReading, proof: LogProof | None) -> datetime | None:
    """The time to ask the registry about before any judgement: `RegisteredSeal.asked_at`.

    Takes each time-stamp whose arithmetic holds for good. If the judgement then trusts another
    time, it says so instead of using an answer for the wrong time.
    """
    stamped = tuple(
        Proof(latest_of(stamp.made_at, stamp.accuracy_us), ProofSource.TSA, stamp.id)
        for stamp in reading.timestamps
        if stamp.kind is TimestampKind.SIGNATURE
        and stamp.digest is DigestOutcome.MATCHES
        and stamp.signature is SignatureOutcome.VERIFIES
        and stamp.made_at is not None
    )
    return best_signing_time(reading.claimed_at, proof, stamped).at
