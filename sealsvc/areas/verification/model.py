"""What is asked of a verification, what is kept of it, and its fact."""

from base64 import b32decode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

import rfc8785

from sealsvc.areas.entities.model import require_uscc
from sealsvc.errors import BadInput, NotFound
from sealsvc.values import Fact, JsonObject, Subject, SubjectKind
from sealsvc.verify.evidence import Expectation

PARTIES_LIMIT = 50
FILENAME_LIMIT = 255
DEFAULT_POLICY_NAME = "default"


class VerificationNotFound(NotFound):
    """No verification report has this id."""

    code = "VERIFICATION_NOT_FOUND"


class VerificationExpired(VerificationNotFound):
    """The id is of a report too old to be kept, if there ever was one; it tells its own time."""

    code = "VERIFICATION_EXPIRED"


class EvidenceNotKept(NotFound):
    """A report's evidence was not kept or erased, or this engine lacks the report's policy."""

    code = "EVIDENCE_NOT_KEPT"


class ValidationTimeInFuture(BadInput):
    """A verification as of a time that has not come yet was asked for."""

    code = "VALIDATION_TIME_IN_FUTURE"


class ExpectationInvalid(BadInput):
    """What the caller expects of a document contradicts itself; `field` and `reason` say where."""

    code = "EXPECTATION_INVALID"


@dataclass(frozen=True)
class VerificationRequest:
    """A document to be judged.

    policy: name, None = the service's own. validation_time: None = now. record: make the
    verification itself a fact, for which a key with the scope `verify` is needed.
    """

    data: bytes
    filename: str | None = None
    policy: str | None = None
    validation_time: datetime | None = None
    expectation: Expectation = field(default_factory=Expectation)
    record: bool = False


@dataclass(frozen=True)
class VerificationView:
    """A kept report. body: the exact JSON bytes, the same at each reading.

    evidence_sha256: name of the blob with the evidence record.
    """

    verification_id: str
    document_sha256: str
    summary: str
    indication: str
    created_at: datetime
    body: bytes
    fact_id: str | None = None
    evidence_sha256: str | None = None


@dataclass(frozen=True)
class Replay:
    """A judgement made again. same: byte for byte; differing: names of members that are not."""

    same: bool
    differing: tuple[str, ...]


def made_at(verification_id: str) -> datetime | None:
    """When a report of that id was made, None where the id is none of ours.

    Source: RFC 9562 section 5.7: the first 48 bits are milliseconds.
    """
    prefix, _, coded = verification_id.partition("_")
    try:
        sixteen = b32decode(f"{coded.upper()}======")
        stamp_ms = int.from_bytes(sixteen[:6], "big")
        made = datetime.fromtimestamp(stamp_ms / 1000, UTC)
    except (ValueError, OverflowError):
        return None
    return made if prefix == "vr" and len(sixteen) == 16 else None


def clean_expectation(expectation: Expectation) -> Expectation:
    """The expectation with its credit codes checked and in canonical spelling.

    Raises: UsccInvalid, ExpectationInvalid.
    """
    seller, signer = expectation.seller_uscc, expectation.signer_uscc
    if len(expectation.party_usccs) > PARTIES_LIMIT:
        raise ExpectationInvalid(field="expect.partyUsccs", reason="TOO_MANY")
    return replace(
        expectation,
        seller_uscc=None if seller is None else require_uscc(seller).code,
        signer_uscc=None if signer is None else require_uscc(signer).code,
        party_usccs=tuple(
            dict.fromkeys(require_uscc(code).code for code in expectation.party_usccs)
        ),
    )


def clean_filename(filename: str | None) -> str | None:
    """The last part of a file's name, printable and bounded; it is shown, never opened."""
    if filename is None:
        return None
    last = filename[-4 * FILENAME_LIMIT :].replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(one for one in last if one.isprintable())[-FILENAME_LIMIT:] or None


def require_not_future(validation_time: datetime | None, now: datetime) -> None:
    """Raises: ValidationTimeInFuture."""
    if validation_time is not None and validation_time > now:
        raise ValidationTimeInFuture(field="validationTime", reason="IN_FUTURE")


@dataclass(frozen=True)
class RecordedReport:
    """A report as its fact names it. document_sha256: hex; report_sha256: `report_digest`.

    client_id, entity_uscc: who asked, and for whom; index entries, so that they find it again.
    """

    client_id: str
    entity_uscc: str | None
    verification_id: str
    document_sha256: str
    report_sha256: str
    summary: str
    indication: str


def report_digest(report: JsonObject) -> str:
    """Lower-case hex SHA-256 of a report's canonical JSON without `receipt` and `links`.

    The receipt names the fact that holds this digest, so the digest cannot cover it.
    Source: RFC 8785.
    """
    covered = {name: value for name, value in report.items() if name not in ("receipt", "links")}
    # rfc8785 spells the same JSON type with invariant containers.
    return sha256(rfc8785.dumps(cast(Any, covered))).hexdigest()


def verification_recorded(report: RecordedReport) -> Fact:
    """`verification.recorded`: somebody asked, and this was the answer.

    Nothing is public, and the payload, which every holder of the document may open, names neither
    who asked nor the report's id: that id is what opens the report, the file's name included.
    Source: CONTRACT sections 1 and 4; ARCHITECTURE section 11.9.
    """
    payload: JsonObject = {
        "digest": report.document_sha256,
        "reportDigest": report.report_sha256,
        "summary": report.summary,
        "indication": report.indication,
    }
    subjects = [
        Subject(SubjectKind.VERIFICATION, report.verification_id),
        Subject(SubjectKind.DOCUMENT, report.document_sha256),
        Subject(SubjectKind.CLIENT, report.client_id),
    ]
    if report.entity_uscc is not None:
        subjects.append(Subject(SubjectKind.ENTITY, report.entity_uscc))
    return Fact("verification.recorded", tuple(subjects), {}, payload)
