"""Frozen values that several areas and engines share."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, NewType, TypeVar

from sealsvc.errors import BadInput

EntityId = NewType("EntityId", str)
SealId = NewType("SealId", str)
FactId = NewType("FactId", str)
KeyRef = NewType("KeyRef", str)

JsonScalar = str | int | bool | None
Json = JsonScalar | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]


class Scope(StrEnum):
    """Rights of an API client (CONTRACT section 5)."""

    VERIFY = "verify"
    ENTITY_READ = "entity.read"
    ENTITY_WRITE = "entity.write"
    SEAL_APPLY = "seal.apply"
    SEAL_APPROVE = "seal.approve"
    SEAL_MANAGE = "seal.manage"
    SEAL_SIGN = "seal.sign"
    AUDIT_READ = "audit.read"
    ADMIN = "admin"


class SealMedium(StrEnum):
    """Physical and electronic seals stand in one registry (china-domain section 2.4)."""

    PHYSICAL = "PHYSICAL"
    ELECTRONIC = "ELECTRONIC"


class SealType(StrEnum):
    """Types of seal (china-domain section 2.2)."""

    OFFICIAL = "OFFICIAL"
    FINANCE = "FINANCE"
    INVOICE = "INVOICE"
    CONTRACT = "CONTRACT"
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    CUSTOMS = "CUSTOMS"
    PERSONNEL = "PERSONNEL"
    DEPARTMENT = "DEPARTMENT"
    BRANCH = "BRANCH"
    POSITION = "POSITION"
    OTHER = "OTHER"


class SealStatus(StrEnum):
    """States of a seal (CONTRACT section 2)."""

    APPLIED = "APPLIED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    LOST = "LOST"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    REPLACED = "REPLACED"
    VOID = "VOID"


class DocumentRole(StrEnum):
    """What a document is for (CONTRACT section 1, `expect.role`)."""

    INVOICE = "invoice"
    CONTRACT = "contract"
    OTHER = "other"


@dataclass(frozen=True)
class Principal:
    """An authenticated API client.

    entity_uscc: the one entity the client acts for; None for a regulator or an operator.
    """

    client_id: str
    name: str
    scopes: frozenset[Scope]
    entity_uscc: str | None = None


class PlacementInvalid(BadInput):
    """A seal's place on the page is incomplete, negative or absurdly large."""

    code = "PLACEMENT_INVALID"


@dataclass(frozen=True)
class Placement:
    """Where a visible seal goes: millimetres from the top-left corner of the page as shown.

    page: 1-based, negative counts from the end (-1 is the last page). x_mm, y_mm: the box's
    top-left corner; width_mm: the box's width, its height follows from the picture.
    The page as shown is the CropBox after /Rotate. Source: CONTRACT section 3.
    """

    page: int
    x_mm: float
    y_mm: float
    width_mm: float

    def __post_init__(self) -> None:
        for name, value in (("x", self.x_mm), ("y", self.y_mm), ("width", self.width_mm)):
            if not 0 <= value <= 10_000:
                raise PlacementInvalid(field=name)
        if self.page == 0 or self.width_mm < 1:
            raise PlacementInvalid(field="page" if self.page == 0 else "width")


@dataclass(frozen=True)
class Declaration:
    """What a sealer says the document is; stands in the payload of `sealing.completed`.

    Source: CONTRACT section 1 (`semantics`).
    """

    role: DocumentRole = DocumentRole.OTHER
    number: str | None = None
    seller_uscc: str | None = None
    party_usccs: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        """The declaration's wire shape `{role, number?, sellerUscc?, partyUsccs}`."""
        shape: JsonObject = {"role": str(self.role), "partyUsccs": list(self.party_usccs)}
        if self.number is not None:
            shape["number"] = self.number
        if self.seller_uscc is not None:
            shape["sellerUscc"] = self.seller_uscc
        return shape


class SubjectKind(StrEnum):
    """What a fact is about; the keys of the trace index (ARCHITECTURE section 2)."""

    ENTITY = "entity"
    SEAL = "seal"
    DOCUMENT = "document"
    SIGNATURE = "signature"
    CERTIFICATE = "certificate"
    CLIENT = "client"
    SEALING = "sealing"
    VERIFICATION = "verification"
    CONTRACT = "contract"
    ATTESTATION = "attestation"
    TRANSACTION = "transaction"
    INVOICE = "invoice"


@dataclass(frozen=True)
class Subject:
    """One thing a fact speaks of. id: USCC, seal id, SHA-256 hex, serial hex or client id."""

    kind: SubjectKind
    id: str


@dataclass(frozen=True)
class Fact:
    """Something that happened, on its way into the log.

    type: dotted past tense (`seal.activated`). public: members shown in clear in the leaf.
    payload: what the salted commitment covers; JSON objects with ASCII keys, strings, booleans
    and integers below 2**53 only (transparency-log section 10). subjects: the index entries;
    every `Logged` row touched in the unit of work must be named by one.
    """

    type: str
    subjects: tuple[Subject, ...]
    public: JsonObject = field(default_factory=dict)
    payload: JsonObject = field(default_factory=dict)


State = TypeVar("State", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


@dataclass(frozen=True)
class Transition(Generic[State, Action]):
    """One row of a lifecycle's table. source: None where the action brings the thing into being.

    fact_type: empty where time alone makes the change, which is no fact.
    """

    action: Action
    source: State | None
    target: State
    fact_type: str


class Transitions(tuple[Transition[State, Action], ...], Generic[State, Action]):
    """A lifecycle's table, its rows in order."""

    def __init__(self, rows: Iterable[Transition[State, Action]]) -> None:
        # The first that fits is the row: filing a permit, say, leads to what its days make of it.
        self._first: dict[tuple[State | None, Action], Transition[State, Action]] = {}
        for row in self:
            self._first.setdefault((row.source, row.action), row)

    def find(self, state: State | None, action: Action) -> Transition[State, Action] | None:
        """The row for an action in a state; None where the table does not permit it."""
        return self._first.get((state, action))


_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [high + low for high in _BASE32 for low in _BASE32]
"""Two characters by ten bits: the library's coder goes by fives, in Python, and takes twice as
long; a sealing needs three ids."""
_SHIFTS = tuple(range(120, -1, -10))


def base32_id(sixteen: bytes) -> str:
    """128 bits as 26 lower-case base32 characters (RFC 4648, no padding)."""
    number = int.from_bytes(sixteen, "big") << 2
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def random_id(prefix: str, sixteen: bytes) -> str:
    """`prefix_` + 128 random bits, for ids that stand in a leaf and so must tell no time."""
    return f"{prefix}_{base32_id(sixteen)}"


def time_ordered_id(prefix: str, at: datetime, sixteen: bytes) -> str:
    """`prefix_` + a UUIDv7 of the instant and the random bits, for rows read in order of time.

    Source: RFC 9562 section 5.7; CONTRACT section 5.
    """
    stamp = int(at.timestamp() * 1000).to_bytes(6, "big")
    head = bytes([0x70 | sixteen[6] & 0x0F, sixteen[7], 0x80 | sixteen[8] & 0x3F])
    return f"{prefix}_{base32_id(stamp + head + sixteen[9:16])}"
