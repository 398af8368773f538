"""Chains that were built once, for as long as building them again could give nothing else.

A chain depends on certificates, lists, policy and CA record, and on two instants: the validation
time and a proven signing time. Both are only ever compared with dates that stand in the material
(validity, thisUpdate, nextUpdate, revocation) or with thisUpdate plus an age of the policy, give
or take certvalidator's tolerance of a second. Between two neighbouring dates, less a margin, every
comparison has the same outcome, and so has the chain. Close to a date nothing is kept.
Source: pdf.md section 3 (path verdicts).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from asn1crypto import x509

from sealsvc.verify.case import Chain
from sealsvc.verify.checks.material import Material, limits_in_force, this_update
from sealsvc.verify.evidence import Evidence, SignatureEvidence, SigningTime
from sealsvc.verify.policy import Policy

MARGIN = timedelta(seconds=5)
MAX_SNAPSHOTS = 4
MAX_CHAINS = 512
MAX_WINDOWS = 4
MAX_EMBEDDED_BYTES = 32 * 1024
"""What one entry may hold of a document; its lists and answers are never kept."""

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)

Snapshot = tuple[object, ...]
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """An open interval of time."""

    after: datetime
    before: datetime

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies inside."""
        return self.after < at < self.before


ALWAYS = Window(_FIRST, _LAST)


@dataclass(frozen=True, slots=True)
class Question:
    """What a chain is asked for. snapshot: what was gathered; key: all else but the two instants.

    signed_at: the proven signing time, None without one.
    """

    snapshot: Snapshot
    key: Key
    now: datetime
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Entry:
    now: Window
    signed_at: Window
    chain: Chain

    def answers(self, question: Question) -> bool:
        at = question.signed_at
        return self.now.holds(question.now) and (at is None or self.signed_at.holds(at))


def question_of(
    signature: SignatureEvidence, evidence: Evidence, policy: Policy, time: SigningTime
) -> Question | None:
    """The question, None where its answer is never kept."""
    reading, now = signature.reading, evidence.validation_time
    if evidence.ocsps_der or reading.ocsps_der or reading.crls_der or now.tzinfo is None:
        return None
    signer = reading.signer_certificate_der or b""
    embedded = len(signer) + sum(map(len, reading.certificates_der))
    if embedded > MAX_EMBEDDED_BYTES:
        return None
    signed_at = time.at if time.proven else None
    if signed_at is not None and signed_at.tzinfo is None:
        return None
    anchors = evidence.anchors_der
    if reading.is_timestamp:
        anchors += evidence.stamp_anchors_der
    snapshot = (anchors, evidence.issuers_der, evidence.crls_der)
    key = (
        signer,
        reading.certificates_der,
        signature.issued_by_us,
        # A policy is a value, but to hash a whole one costs more than all the rest.
        policy.id,
        policy.version,
        signed_at is None,
        limits_in_force(),
    )
    return Question(snapshot, key, now, signed_at)


class KeptChains:
    """A bounded memory of chains, by snapshot of what was gathered; safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._snapshots: dict[Snapshot, dict[Key, tuple[Policy, list[_Entry]]]] = {}

    def find(self, question: Question, policy: Policy) -> Chain | None:
        """The chain that building would give now, where it is known."""
        with self._lock:
            chains = self._snapshots.get(question.snapshot)
            found = None if chains is None else chains.get(question.key)
            if found is None or (found[0] is not policy and found[0] != policy):
                return None
            for entry in found[1]:
                if entry.answers(question):
                    return entry.chain
        return None

    def keep(
        self, question: Question, policy: Policy, windows: tuple[Window, Window], chain: Chain
    ) -> None:
        """Remember a chain for two windows: of the validation time, of the signing time."""
        entry = _Entry(*windows, chain)
        with self._lock:
            chains = self._snapshots.pop(question.snapshot, {})
            self._snapshots[question.snapshot] = chains
            kept_policy, entries = chains.pop(question.key, (policy, []))
            if kept_policy != policy:
                entries = []
            chains[question.key] = (policy, [entry, *entries][:MAX_WINDOWS])
            _bound(chains, MAX_CHAINS)
            _bound(self._snapshots, MAX_SNAPSHOTS)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._snapshots.clear()


def _bound(kept: dict[Key, Any], most: int) -> None:
    while len(kept) > most:
        del kept[next(iter(kept))]


def windows_of(
    question: Question, material: Material, signer: x509.Certificate, policy: Policy
) -> tuple[Window, Window] | None:
    """Around both instants, where every comparison has one outcome; None: too close to a date."""
    certificates = (signer, *material.issuers, *material.anchors)
    if material.ocsps:
        return None
    try:
        dates = [at for one in certificates for at in (one.not_valid_before, one.not_valid_after)]
        dates += _revocations(material, {one.serial_number for one in certificates})
        issued = [this_update(one) for one in material.crls]
        record = question.key[2]
        revoked_at = getattr(record, "revoked_at", None)
        dates += [] if revoked_at is None else [revoked_at]
        for one in material.crls:
            until = one["tbs_cert_list"]["next_update"].native
            if until is None:
                return None  # certvalidator then assumes an end of its own
            dates.append(until)
        ages = (0, policy.revocation_freshness_s, policy.ca_revocation_freshness_s)
        dates += [at + timedelta(seconds=age) for at in issued for age in ages]
        now = _window(question.now, dates)
        signed_at = ALWAYS
        if question.signed_at is not None:
            found = _window(question.signed_at, issued)
            if found is None:
                return None
            signed_at = found
    except MemoryError:
        raise
    except Exception:  # the ends of the calendar, times without a zone, hostile lists: not kept
        return None
    return None if now is None else (now, signed_at)


def _revocations(material: Material, serials: set[int]) -> Iterable[datetime]:
    for item in material.crls:
        for entry in item["tbs_cert_list"]["revoked_certificates"] or ():
            if entry["user_certificate"].native in serials:
                yield entry["revocation_date"].native
                lost = entry.invalidity_date_value
                if lost is not None:
                    yield lost.native


def _window(at: datetime, dates: Iterable[datetime]) -> Window | None:
    """Between the neighbouring dates, a margin away from both."""
    after, before = _FIRST, _LAST
    for date in dates:
        if date <= at:
            after = max(after, date + MARGIN)
        else:
            before = min(before, date - MARGIN)
    window = Window(after, before)
    return window if window.holds(at) else None
