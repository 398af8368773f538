"""Who may see and open which fact of the log; values of the trace; pure.

Fact ids stand in public leaves, so an id alone opens nothing. Payload and salt go only to whoever
presents the document's digest, to clients of an entity that the fact is about, and to auditors;
and nobody learns from a search what the leaves themselves do not say.
Source: CONTRACT section 4; transparency-log section 13.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sealsvc.errors import BadInput, NotFound
from sealsvc.tlog.leaf import parse_canonical, parse_leaf
from sealsvc.values import (
    Declaration,
    DocumentRole,
    Fact,
    JsonObject,
    Principal,
    Scope,
    Subject,
    SubjectKind,
)

REGISTRY_FAMILIES = ("entity", "seal", "certificate")
"""Families of facts that are public in clear; all others are commitments (CONTRACT section 4)."""

SEALING_AUTHORISED = "sealing.authorised"
SEALING_COMPLETED = "sealing.completed"
AUDIT_OPENED = "audit.opened"

MAX_LIMIT = 201
"""Most facts that one call returns: a full page and one more, which tells that there are more."""

_SHA256_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)

# Which public member of a leaf names a subject of which kind.
_PUBLIC_MEMBER = {SubjectKind.ENTITY: "uscc", SubjectKind.SEAL: "sealId"}


class FactNotFound(NotFound):
    """No fact has this id."""

    code = "FACT_NOT_FOUND"


class TraceQueryInvalid(BadInput):
    """A trace needs exactly one of `digest`, `sealId`, `uscc`, `factId`."""

    code = "TRACE_QUERY_INVALID"


class DigestInvalid(BadInput):
    """A digest is not 64 lower-case hexadecimal digits."""

    code = "DIGEST_INVALID"


class ReleasedHead(Protocol):
    """The part of a log's head that may leave the process. checkpoint: the signed note."""

    @property
    def vkey(self) -> str:
        """Verifier key."""
        ...

    @property
    def size(self) -> int:
        """Number of leaves."""
        ...

    @property
    def checkpoint(self) -> bytes:
        """Signed note."""
        ...


class ReleasedLog(Protocol):
    """The logbook as readers see it."""

    def head(self) -> ReleasedHead:
        """The newest head that may be shown. Raises: LogMissing, LogForkRefused."""
        ...


class Opening(StrEnum):
    """Why a payload is shown."""

    DOCUMENT = "DOCUMENT"
    SUBJECT = "SUBJECT"
    AUDIT = "AUDIT"


@dataclass(frozen=True)
class StoredFact:
    """A fact as the database keeps it. index: None until sequenced.

    payload, salt: None after erasure.
    """

    fact_id: str
    type: str
    at: datetime
    entry: bytes
    payload: bytes | None
    salt: bytes | None
    index: int | None
    subjects: frozenset[Subject]

    def public(self) -> JsonObject:
        """The members that the leaf shows in clear."""
        return parse_leaf(self.entry).public

    def opened(self) -> JsonObject | None:
        """What the commitment covers, None after erasure; only for those entitled."""
        return None if self.payload is None else parse_canonical(self.payload)


@dataclass(frozen=True)
class TraceEvent:
    """One fact as a reader sees it. payload: None where the reader may not see it."""

    fact_id: str
    type: str
    at: datetime
    index: int | None
    public: JsonObject
    payload: JsonObject | None
    opening: Opening | None


@dataclass(frozen=True)
class Pending:
    """The fact is committed but has no index yet; its receipt will exist shortly."""

    fact_id: str
    retry_after_s: int = 1


@dataclass(frozen=True)
class Receipt:
    """A receipt that verifies offline. text: tlog-proof; opened: it carries payload and salt."""

    fact_id: str
    type: str
    index: int
    tree_size: int
    opened: bool
    text: bytes


@dataclass(frozen=True)
class TraceQuery:
    """What is searched for: exactly one of the first four.

    digest: SHA-256 of a sealed file, lower-case hex. uscc: canonical. family: only facts of this
    family (`entity`). after_index: log index of the last fact seen. limit: 2..MAX_LIMIT, one more
    than a page, so that the caller can tell whether there are more.
    Raises: TraceQueryInvalid, DigestInvalid.
    """

    digest: str | None = None
    seal_id: str | None = None
    uscc: str | None = None
    fact_id: str | None = None
    family: str | None = None
    after_index: int = -1
    limit: int = MAX_LIMIT

    def __post_init__(self) -> None:
        given = (self.digest, self.seal_id, self.uscc, self.fact_id)
        if sum(one is not None for one in given) != 1:
            raise TraceQueryInvalid(reason="EXACTLY_ONE")
        if not 2 <= self.limit <= MAX_LIMIT:
            raise TraceQueryInvalid(field="limit", reason="RANGE")
        if self.digest is not None:
            require_digest(self.digest)


def require_digest(digest: str) -> str:
    """The digest, when it is one. Raises: DigestInvalid."""
    if _SHA256_HEX.fullmatch(digest) is None:
        raise DigestInvalid(field="digest")
    return digest


def may_audit(viewer: Principal | None) -> bool:
    """Whether the reader opens every fact: an unbound client with `audit.read`."""
    if viewer is None or viewer.entity_uscc is not None:
        return False
    return Scope.AUDIT_READ in viewer.scopes


def why_open(viewer: Principal | None, fact: StoredFact, digest: str | None) -> Opening | None:
    """Why the reader may see payload and salt, None when it may not; auditing comes last.

    digest: of the document that the reader holds, None without one.
    """
    payload = fact.opened()
    if payload is None:
        return None
    if digest is not None and payload.get("digest") == digest:
        return Opening.DOCUMENT
    if viewer is not None and viewer.entity_uscc is not None:
        own = Subject(SubjectKind.ENTITY, viewer.entity_uscc)
        return Opening.SUBJECT if own in fact.subjects else None
    return Opening.AUDIT if may_audit(viewer) else None


def names_in_clear(fact: StoredFact, subject: Subject) -> bool:
    """Whether the public leaf itself says that the fact is about this seal or entity."""
    member = _PUBLIC_MEMBER.get(subject.kind)
    return member is not None and fact.public().get(member) == subject.id


def event(fact: StoredFact, opening: Opening | None) -> TraceEvent:
    """The fact as shown to a reader who may open it for that reason, or not at all.

    The time is the leaf's, in whole seconds. Source: transparency-log section 13.7.
    """
    leaf = parse_leaf(fact.entry)
    payload = None if opening is None else fact.opened()
    return TraceEvent(fact.fact_id, fact.type, leaf.at, fact.index, leaf.public, payload, opening)


def audit_opened(by: str, facts: Sequence[StoredFact]) -> Fact | None:
    """`audit.opened`: an auditor saw payloads that it could not see otherwise; one a request.

    Payload {by, from, to, count}: log indexes of the first and last, left out where none has one.
    None when nothing was opened, or only earlier `audit.opened` facts: reading who read what
    would else make the log grow with every look. Source: transparency-log section 13.8.
    """
    counted = [fact for fact in facts if fact.type != AUDIT_OPENED]
    if not counted:
        return None
    payload: JsonObject = {"by": by, "count": len(counted)}
    indexes = [fact.index for fact in counted if fact.index is not None]
    if indexes:
        payload |= {"from": min(indexes), "to": max(indexes)}
    return Fact(AUDIT_OPENED, (Subject(SubjectKind.CLIENT, by),), {}, payload)


def declaration_of(payload: JsonObject) -> Declaration | None:
    """What the sealer declared, out of the payload of `sealing.completed`; None without one."""
    shape = payload.get("declaration")
    if not isinstance(shape, dict):
        return None
    role, parties = shape.get("role"), shape.get("partyUsccs")
    number, seller = shape.get("number"), shape.get("sellerUscc")
    return Declaration(
        role=DocumentRole(str(role)) if role in set(DocumentRole) else DocumentRole.OTHER,
        number=number if isinstance(number, str) else None,
        seller_uscc=seller if isinstance(seller, str) else None,
        party_usccs=tuple(str(one) for one in parties) if isinstance(parties, list) else (),
    )
