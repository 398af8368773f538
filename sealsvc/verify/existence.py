"""What proves when each signature existed, and what it must be younger than.

A file grows: whatever is signed later covers all that stood there before. So the newest signature
is judged first, and a proof of its existence is one for everything it covers (POE extraction); then
the oldest first, as what covers a thing is younger than it. Proofs come from the log (of a
signature value), from time-stamps inside a signature, and from document time-stamps; one that does
not hold proves nothing. A proof is only drawn from a covering signature whose digest, value, chain
and algorithms hold: else its value could have been logged for other content.
Source: EN 319 102-1 clauses 5.4, 5.5.4 and 5.6.2.3; ETSI EN 319 142-1 clause 5.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DigestOutcome,
    SignatureOutcome,
    SignatureReading,
    TimestampKind,
    TimestampReading,
)
from sealsvc.verify.case import Case, PathResult, Stamp
from sealsvc.verify.checks import algorithms, standard
from sealsvc.verify.checks.national import maker_evidence
from sealsvc.verify.checks.paths import build_chain
from sealsvc.verify.evidence import (
    Evidence,
    Proof,
    ProofSource,
    SignatureEvidence,
    SigningTime,
    best_signing_time,
    earliest_of,
    latest_of,
)
from sealsvc.verify.findings import outcome
from sealsvc.verify.indications import AxisResult
from sealsvc.verify.policy import Policy

# Tokens judged in one document; each costs a path validation.
MAX_STAMPS = 100
SUB_FILTER = "ETSI.RFC3161"
# Only what covers its whole revision, and stands in a known one, covers and is covered.
WHOLE = (Coverage.FILE, Coverage.REVISION)


def build_cases(
    signatures: Sequence[SignatureEvidence], evidence: Evidence, policy: Policy
) -> tuple[Case, ...]:
    """A case for each signature, in the same order, with its time and what proves it."""
    dating = _Dating(evidence, policy)
    by_age = sorted(enumerate(signatures), key=lambda item: -item[1].reading.revision)
    cases = {index: dating.newest_next(signature) for index, signature in by_age}
    return _younger_than([cases[index] for index in range(len(signatures))])


@dataclass(frozen=True)
class _Cover:
    """What a signature of `revision` proves of everything in older revisions."""

    revision: int
    proof: Proof


class _Dating:
    """Walks from the newest signature to the oldest and remembers what covers what."""

    def __init__(self, evidence: Evidence, policy: Policy) -> None:
        self._evidence = evidence
        self._policy = policy
        self._covers: list[_Cover] = []
        self._stamps_left = MAX_STAMPS

    def newest_next(self, signature: SignatureEvidence) -> Case:
        """The case of the next older signature."""
        in_utc = _in_utc(signature.reading)
        if in_utc is not signature.reading:
            signature = replace(signature, reading=in_utc)
        revision = signature.reading.revision
        placed = revision >= 1 and signature.reading.coverage in WHOLE
        covers = tuple(item.proof for item in self._covers if placed and item.revision > revision)
        if signature.reading.is_timestamp:
            case = self._stamp_case(signature, covers)
            good = _holds(case)
            at, source = _stamped_by(case.reading), ProofSource.TSA
        else:
            case = self._seal_case(signature, covers)
            good = case.time.proven and vouches(case)
            at = case.time.at
            source = ProofSource.TSA if "TSA" in case.time.sources else ProofSource.LOG
        if good and at is not None:
            self._covers.append(_Cover(revision, Proof(at, source, case.id)))
        return case

    def _seal_case(self, signature: SignatureEvidence, covers: tuple[Proof, ...]) -> Case:
        reading, log = signature.reading, signature.log_proof
        stamps = tuple(self._stamps(signature, covers))
        own = tuple(
            Proof(stamp.latest, ProofSource.TSA, stamp.case.id)
            for stamp in stamps
            if stamp.holds and stamp.kind is TimestampKind.SIGNATURE and stamp.latest is not None
        )
        proofs = (*own, *covers)
        time = best_signing_time(reading.claimed_at, log, proofs)
        if log is not None:
            proofs = (*proofs, Proof(log.at, ProofSource.LOG, log.fact_id))
        return self._case(signature, time, proofs, stamps)

    def _stamps(self, host: SignatureEvidence, covers: tuple[Proof, ...]) -> list[Stamp]:
        wanted = host.reading.timestamps[: max(self._stamps_left, 0)]
        self._stamps_left -= len(wanted)
        return [self._stamp(item, host, covers) for item in wanted]

    def _stamp(
        self, token: TimestampReading, host: SignatureEvidence, covers: tuple[Proof, ...]
    ) -> Stamp:
        """The token as the time-stamp signature it is, with what its host brought along."""
        reading = _in_utc(_as_signature(token, host.reading))
        signature = SignatureEvidence(reading, None, None, None, None)
        case = self._stamp_case(signature, covers)
        return Stamp(token.kind, case, standard.findings(case), _holds(case))

    def _stamp_case(self, signature: SignatureEvidence, covers: tuple[Proof, ...]) -> Case:
        """Judged now, or as of its own proof of existence where the policy looks back."""
        time = SigningTime(signature.reading.claimed_at, False, ("CLAIMED",))
        if covers and self._policy.past_timestamps:
            time = best_signing_time(None, None, covers)
        return self._case(signature, time, covers)

    def _case(
        self,
        signature: SignatureEvidence,
        time: SigningTime,
        proofs: tuple[Proof, ...],
        stamps: tuple[Stamp, ...] = (),
    ) -> Case:
        chain = build_chain(signature, self._evidence, self._policy, time)
        by_maker = maker_evidence(signature)
        maker = None
        if by_maker is not None:
            maker = build_chain(by_maker, self._evidence, self._policy, time)
        return Case(
            signature,
            self._evidence,
            self._policy,
            time,
            chain,
            proofs=proofs,
            stamps=stamps,
            maker=maker,
        )


def contradiction(case: Case) -> tuple[datetime, datetime] | None:
    """A time it must be younger than, and an earlier one by which it existed; None if in order.

    Different clocks may disagree by the policy's skew.
    """
    skew = timedelta(seconds=case.policy.clock_skew_s)
    after, by = case.earliest_at, _existed_by(case)
    if after is None or by is None or after <= by + skew:
        return None
    return after, by


def vouches(case: Case) -> bool:
    """Whether it surely signs what it covers, with a key that somebody trusted stands for."""
    reading = case.reading
    return (
        reading.digest is DigestOutcome.MATCHES
        and reading.signature is SignatureOutcome.VERIFIES
        and reading.coverage in WHOLE
        and reading.revision >= 1
        and not reading.problems
        and case.chain.result is PathResult.VALID
        and not algorithms.check(case)
    )


def _holds(case: Case) -> bool:
    return outcome(standard.findings(case)) is AxisResult.PASSED


def _existed_by(case: Case) -> datetime | None:
    """The earliest time by which it existed: proven, or a document time-stamp's own."""
    if case.reading.is_timestamp:
        return _stamped_by(case.reading)
    return case.time.at if case.time.proven else None


def _younger_than(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Each case with the time of the youngest thing it surely stands on."""
    if not any(map(_has_earliest, cases)):
        return tuple(cases)
    floors: list[tuple[int, datetime]] = []
    found: dict[int, Case] = {}
    for index, case in sorted(enumerate(cases), key=lambda item: item[1].reading.revision):
        below = [at for revision, at in floors if 1 <= revision < case.reading.revision]
        surely = _surely(case, below)
        own = [
            stamp.earliest
            for stamp in case.stamps
            if stamp.holds and stamp.kind is TimestampKind.CONTENT and stamp.earliest is not None
        ]
        floor = max((below if surely else []) + own, default=None)
        case = case if floor is case.younger_than else replace(case, younger_than=floor)
        found[index] = case
        floors += [(case.reading.revision, at) for at in _made_at(case, surely)]
    return tuple(found[index] for index in range(len(cases)))


def _has_earliest(case: Case) -> bool:
    """Whether anything says that it, or a time-stamp inside it, was not there before a time."""
    return case.reading.is_timestamp or bool(case.stamps) or case.earliest_at is not None


def _surely(case: Case, below: list[datetime]) -> bool:
    """Whether it signs what it covers; of a seal without any time it makes no difference."""
    if case.reading.is_timestamp:
        return _holds(case)
    if not below and not case.stamps and case.earliest_at is None:
        return False
    return vouches(case)


def _made_at(case: Case, surely: bool) -> list[datetime]:
    """Times at which something in this signature's bytes was made, so what covers it is younger."""
    times = [stamp.earliest for stamp in case.stamps if stamp.holds]
    reading = case.reading
    if surely and reading.is_timestamp and reading.claimed_at is not None:
        times.append(earliest_of(reading.claimed_at, reading.accuracy_us))
    if surely:
        times.append(case.earliest_at)
    return [at for at in times if at is not None]


def _stamped_by(reading: SignatureReading) -> datetime | None:
    """The latest time that a document time-stamp may mean."""
    at = reading.claimed_at
    return None if at is None else latest_of(at, reading.accuracy_us)


def _as_signature(token: TimestampReading, host: SignatureReading) -> SignatureReading:
    return SignatureReading(
        id=token.id,
        field_name=host.field_name,
        is_timestamp=True,
        sub_filter=SUB_FILTER,
        revision=host.revision,
        byte_range=(),
        coverage=Coverage.FILE,
        digest=token.digest,
        signature=token.signature,
        digest_algorithm=token.digest_algorithm,
        signature_algorithm=token.signature_algorithm,
        signature_algorithm_oid=token.signature_algorithm_oid,
        signer_certificate_der=token.signer_certificate_der,
        certificates_der=(*token.certificates_der, *host.certificates_der),
        claimed_at=token.made_at,
        signature_sha256=None,
        docmdp=None,
        docmdp_kept=None,
        changes_after=(),
        worst_change=ChangeClass.NONE,
        picture=None,
        crls_der=(*token.crls_der, *host.crls_der),
        ocsps_der=(*token.ocsps_der, *host.ocsps_der),
        timestamp_token_der=None,
        problems=token.problems,
        accuracy_us=token.accuracy_us,
        imprint_algorithm=token.imprint_algorithm,
        binding_digest=token.binding_digest,
    )


def _in_utc(reading: SignatureReading) -> SignatureReading:
    """The claimed time in UTC; without a zone it can only be meant so (RFC 5652 section 11.3)."""
    at = reading.claimed_at
    if at is None or at.tzinfo is UTC:
        return reading
    try:
        claimed = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:  # the year 1 in a zone east of Greenwich: no time at all
        return replace(reading, claimed_at=None)
    return replace(reading, claimed_at=claimed)
