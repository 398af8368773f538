"""What judging yields: the verdict on a document, on its signatures and on their time-stamps."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sealsvc.documents.values import TimestampKind
from sealsvc.values import JsonObject
from sealsvc.verify.evidence import Proof
from sealsvc.verify.findings import Finding
from sealsvc.verify.indications import AxisResult, Block, Indication, SubIndication, Summary
from sealsvc.verify.messages import Axis
from sealsvc.verify.views import SignatureView


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

    looks_back: the policy judges time-stamps as of their own proofs. trust_digest: of what was
    trusted; evidence_digest: of the record of the evidence; diagnostic: its facts as JSON.
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
    trust_digest: str = ""
    evidence_digest: str = ""
    diagnostic: JsonObject = field(default_factory=dict)
