"""What judging yields: the verdict on a document, on its signatures and on their time-stamps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sealsvc.documents.values import TimestampKind
from sealsvc.values import JsonObject
from sealsvc.verify.evidence import Evidence, Proof, SignatureEvidence
from sealsvc.verify.findings import Finding
from sealsvc.verify.indications import AxisResult, Block, Indication, SubIndication, Summary
from sealsvc.verify.messages import Axis
from sealsvc.verify.record import dump_evidence, trust_snapshot_digest
from sealsvc.verify.views import SignatureView


class EvidenceFacts:
    """What a report names of its evidence and no verdict stands on; taken when first asked for.

    Taken at the latest when the report leaves the process that judged, as only that one may parse
    the bytes. Equal when the facts are.
    """

    __slots__ = ("_diagnostic", "_digests", "_evidence", "_looked_at", "_record")

    def __init__(
        self, evidence: Evidence | None = None, looked_at: Sequence[SignatureEvidence] = ()
    ) -> None:
        self._evidence, self._looked_at = evidence, looked_at
        none = evidence is None
        self._digests: tuple[str, str] | None = ("", "") if none else None
        self._diagnostic: JsonObject | None = {} if none else None
        self._record = b""

    @property
    def trust_digest(self) -> str:
        """Hex SHA-256 of what was trusted."""
        return self._taken_digests()[0]

    @property
    def evidence_digest(self) -> str:
        """Hex SHA-256 of the record of the evidence."""
        return self._taken_digests()[1]

    @property
    def record(self) -> bytes:
        """The record of the evidence, empty outside of the process that judged."""
        if not self._record and self._evidence is not None:
            self._record = dump_evidence(self._evidence)
        return self._record

    @property
    def diagnostic(self) -> JsonObject:
        """Facts and digests as JSON values."""
        if self._diagnostic is None:
            # It parses with pyHanko's help, which only workers import (issue: /healthz within 5 s).
            from sealsvc.verify.diagnostic import diagnostic_of

            assert self._evidence is not None
            self._diagnostic = diagnostic_of(self._evidence, self._looked_at)
        return self._diagnostic

    def _taken_digests(self) -> tuple[str, str]:
        if self._digests is None:
            assert self._evidence is not None
            record_digest = sha256(self.record).hexdigest()
            self._digests = trust_snapshot_digest(self._evidence), record_digest
        return self._digests

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EvidenceFacts) and self._all() == other._all()

    def __hash__(self) -> int:
        return hash(self._taken_digests())

    def __getstate__(self) -> tuple[tuple[str, str], JsonObject]:
        return self._all()

    def __setstate__(self, state: tuple[tuple[str, str], JsonObject]) -> None:
        self._evidence, self._looked_at, self._record = None, (), b""
        self._digests, self._diagnostic = state

    def _all(self) -> tuple[tuple[str, str], JsonObject]:
        return self._taken_digests(), self.diagnostic


class Level(StrEnum):
    """How much a report shows: the verdict; every constraint besides; the evidence besides."""

    SIMPLE = "simple"
    DETAILED = "detailed"
    DIAGNOSTIC = "diagnostic"


@dataclass(frozen=True)
class SignatureReport:
    """The verdict on one signature. findings: all of it, those without effect included.

    proofs: what proves its existence. control_at: how far back the validation time slid, None
    where it did not have to.
    """

    view: SignatureView
    indication: Indication
    sub_indications: tuple[SubIndication, ...]
    axes: dict[Axis, AxisResult]
    blocks: dict[Block, AxisResult]
    findings: tuple[Finding, ...]
    timestamps: tuple["TimestampReport", ...] = ()
    proofs: tuple[Proof, ...] = ()
    control_at: datetime | None = None


@dataclass(frozen=True)
class TimestampReport:
    """The verdict on a time-stamp inside a signature. holds: it proves its time."""

    kind: TimestampKind
    made_at: datetime | None
    holds: bool
    verdict: SignatureReport


@dataclass(frozen=True)
class Report:
    """The verdict on a document. All digests: lower-case hex of SHA-256.

    looks_back: the policy judges time-stamps as of their own proofs. facts: of the evidence.
    """

    summary: Summary
    indication: Indication
    sub_indications: tuple[SubIndication, ...]
    axes: dict[Axis, AxisResult]
    signatures: tuple[SignatureReport, ...]
    findings: tuple[Finding, ...]
    document_sha256: str
    filename: str | None
    kind: str
    validation_time: datetime
    gathered_at: datetime
    policy_id: str
    policy_version: str
    policy_digest: str
    looks_back: bool = False
    engine: str = ""
    facts: EvidenceFacts = field(default_factory=EvidenceFacts)

    @property
    def trust_digest(self) -> str:
        """Of what was trusted."""
        return self.facts.trust_digest

    @property
    def evidence_digest(self) -> str:
        """Of the record of the evidence."""
        return self.facts.evidence_digest

    @property
    def diagnostic(self) -> JsonObject:
        """The facts of the evidence as JSON."""
        return self.facts.diagnostic
