"""An attestation: what a third party says of a deal, over its own electronic seal's key.

The record is RFC 8785 JSON `{v, kind, id, operator, issuedAt, subject}`; what is signed is that
record behind a line that no document signature begins with, so that neither can pass for the
other although one key makes both.
"""

import unicodedata
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, cast

import rfc8785

from sealsvc.areas.entities.model import UsccStatus, check_uscc
from sealsvc.areas.transactions.model.kinds import AttestationKind, Member, MemberType
from sealsvc.areas.transactions.model.money import is_currency, parse_amount, plain
from sealsvc.errors import BadInput, Conflict, Internal, NotAllowed, NotFound
from sealsvc.values import Json, JsonObject, KeyRef, SealType

VERSION = 1
SIGNED_PREFIX = b"sealsvc-attestation-v1\n"
MAX_ENVELOPE_BYTES = 64 * 1024
MAX_CHAIN = 4
REASON_LIMIT = 300
LARGEST_COUNT = 10**9
ID_PREFIX, ID_LENGTH = "att_", 30  # and 26 characters of base32
_BASE32 = frozenset("abcdefghijklmnopqrstuvwxyz234567")
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
_INSTANT_LENGTH = 20
_RECORD_MEMBERS = frozenset({"v", "kind", "id", "operator", "issuedAt", "subject"})
_OPTIONAL_MEMBERS = frozenset({"replaces"})


class AttestationNotFound(NotFound):
    """No attestation has this id."""

    code = "ATTESTATION_NOT_FOUND"


class AttestationSubjectInvalid(BadInput):
    """A member of an attestation's subject is missing, unknown or malformed; see `field`."""

    code = "ATTESTATION_SUBJECT_INVALID"


class AttestationUnreadable(BadInput):
    """What was sent as an attestation has not the shape of one; `reason` says where."""

    code = "ATTESTATION_UNREADABLE"


class AttestationOperatorNotEntitled(NotAllowed):
    """The operator has no valid permit of the kind that such an attestation takes."""

    code = "ATTESTATION_OPERATOR_NOT_ENTITLED"


class AttestationSealNotFit(Conflict):
    """The seal is of a type with which this kind of attestation is not made."""

    code = "ATTESTATION_SEAL_NOT_FIT"


class AttestationNotIssued(Conflict):
    """The attestation was withdrawn, or its making never ended; nothing can be done with it."""

    code = "ATTESTATION_NOT_ISSUED"


class AttestationNotYours(NotAllowed):
    """The client is not bound to the operator that issued the attestation."""

    code = "ATTESTATION_NOT_YOURS"


class AttestationNumberTaken(Conflict):
    """The operator has attested this number already; withdraw or replace that one first."""

    code = "ATTESTATION_NUMBER_TAKEN"


class AttestationReasonInvalid(BadInput):
    """A withdrawal needs a reason of one line."""

    code = "ATTESTATION_REASON_INVALID"


class AttestationSignatureLost(Internal):
    """The key of the seal made a signature that does not verify; nothing left the service."""

    code = "ATTESTATION_SIGNATURE_LOST"


class AttestationStatus(StrEnum):
    """INTENDED: logged, not signed yet. ABANDONED: the intent ended without a signature."""

    INTENDED = "INTENDED"
    ISSUED = "ISSUED"
    WITHDRAWN = "WITHDRAWN"
    ABANDONED = "ABANDONED"


@dataclass(frozen=True)
class AttestationRecord:
    """What is said. operator: credit code; subject: canonical members; replaces: an earlier id."""

    kind: str
    attestation_id: str
    operator: str
    issued_at: datetime
    subject: JsonObject
    replaces: str | None = None

    def to_json(self) -> JsonObject:
        """The record's wire shape."""
        shape: JsonObject = {
            "v": VERSION,
            "kind": self.kind,
            "id": self.attestation_id,
            "operator": self.operator,
            "issuedAt": whole_utc(self.issued_at),
            "subject": self.subject,
        }
        if self.replaces is not None:
            shape["replaces"] = self.replaces
        return shape

    def canonical(self) -> bytes:
        """The record's bytes. Source: RFC 8785."""
        return rfc8785.dumps(cast(Any, self.to_json()))

    def signed_bytes(self) -> bytes:
        """What the operator's key signs."""
        return SIGNED_PREFIX + self.canonical()

    def digest(self) -> str:
        """Hex SHA-256 of the canonical record."""
        return sha256(self.canonical()).hexdigest()

    def text(self, member: str | None) -> str | None:
        """A member of the subject as text, where there is one."""
        value = None if member is None else self.subject.get(member)
        return value if isinstance(value, str) else None


@dataclass(frozen=True)
class Envelope:
    """A record with its signature. chain_der: from the signer's issuer upwards, no root."""

    record: AttestationRecord
    suite: str
    signature: bytes
    certificate_der: bytes
    chain_der: tuple[bytes, ...] = ()

    def to_json(self) -> JsonObject:
        """The wire shape: `{record, signature: {suite, value, certificate, chain}}`."""
        return {
            "record": self.record.to_json(),
            "signature": {
                "suite": self.suite,
                "value": _b64(self.signature),
                "certificate": _b64(self.certificate_der),
                "chain": [_b64(one) for one in self.chain_der],
            },
        }


@dataclass(frozen=True)
class AttestationView:
    """An attestation of ours. envelope: None until it is issued. number: the operator's own."""

    attestation_id: str
    kind: str
    operator_uscc: str
    number: str
    status: AttestationStatus
    record: AttestationRecord
    seal_id: str
    cert_serial: str
    created_at: datetime
    by: str
    envelope: Envelope | None = None
    intended_fact_id: str | None = None
    issued_fact_id: str | None = None
    withdrawn_at: datetime | None = None
    withdraw_reason: str | None = None
    withdrawn_fact_id: str | None = None


@dataclass(frozen=True)
class SigningKey:
    """With what an attestation is signed. chain_der: the issuing CAs, no root."""

    key_ref: KeyRef
    suite: str
    cert_serial: str
    certificate_der: bytes
    chain_der: tuple[bytes, ...]


def whole_utc(at: datetime) -> str:
    """Whole UTC seconds in RFC 3339."""
    return at.astimezone(UTC).strftime(_INSTANT)


def parse_instant(text: str) -> datetime | None:
    """The instant of the one spelling `whole_utc` writes."""
    if len(text) != _INSTANT_LENGTH:
        return None
    try:
        at = datetime.strptime(text, _INSTANT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if whole_utc(at) == text else None


def clean_subject(kind: AttestationKind, given: JsonObject) -> JsonObject:
    """The subject in canonical form: codes checked, amounts and times in their one spelling.

    Raises: AttestationSubjectInvalid.
    """
    for name in given:
        if name not in kind.members:
            raise AttestationSubjectInvalid(field=name[:40], reason="UNKNOWN")
    subject: JsonObject = {}
    for name, member in kind.members.items():
        value = given.get(name)
        if value is not None:
            subject[name] = _clean_member(name, member, value)
        elif member.required:
            raise AttestationSubjectInvalid(field=name, reason="MISSING")
    if kind.amount is not None and (kind.amount in subject) != (kind.currency in subject):
        raise AttestationSubjectInvalid(field=kind.currency, reason="MISSING")
    return subject


def clean_reason(reason: str) -> str:
    """Why it is withdrawn, one line in NFC. Raises: AttestationReasonInvalid."""
    text = unicodedata.normalize("NFC", reason[: 4 * REASON_LIMIT]).strip()
    if not text or len(text) > REASON_LIMIT or not text.isprintable():
        raise AttestationReasonInvalid(field="reason")
    return text


def require_fit(kind: AttestationKind, seal_type: SealType) -> None:
    """Let pass a seal of a type that the kind is attested with. Raises: AttestationSealNotFit."""
    if seal_type not in kind.seal_types:
        raise AttestationSealNotFit(type=str(seal_type), kind=kind.name)


def is_attestation_id(text: object) -> bool:
    """Whether a text has the shape of an attestation's id."""
    if not isinstance(text, str) or len(text) != ID_LENGTH or not text.startswith(ID_PREFIX):
        return False
    return _BASE32.issuperset(text.removeprefix(ID_PREFIX))


def read_record(shape: object) -> AttestationRecord:
    """A record from JSON, whatever it says; its subject is not judged here.

    Raises: AttestationUnreadable.
    """
    if not isinstance(shape, dict) or not _RECORD_MEMBERS.issubset(shape):
        raise AttestationUnreadable(reason="MEMBERS")
    if set(shape) - _RECORD_MEMBERS - _OPTIONAL_MEMBERS or shape["v"] != VERSION:
        raise AttestationUnreadable(reason="VERSION")
    texts = [shape[name] for name in ("kind", "id", "operator", "issuedAt")]
    issued_at = parse_instant(shape["issuedAt"]) if isinstance(shape["issuedAt"], str) else None
    replaces = shape.get("replaces")
    if not all(isinstance(one, str) and len(one) <= 64 for one in texts) or issued_at is None:
        raise AttestationUnreadable(reason="TEXT")
    if not isinstance(shape["subject"], dict) or not _flat(shape["subject"]):
        raise AttestationUnreadable(reason="SUBJECT")
    kind, attestation_id, operator, _ = texts
    if not is_attestation_id(attestation_id):
        raise AttestationUnreadable(reason="ID")
    if replaces is not None and not is_attestation_id(replaces):
        raise AttestationUnreadable(reason="REPLACES")
    record = AttestationRecord(
        kind, attestation_id, operator, issued_at, shape["subject"], replaces
    )
    try:
        record.canonical()
    except (ValueError, TypeError) as error:  # numbers and characters canonical JSON has not
        raise AttestationUnreadable(reason="NOT_CANONICAL") from error
    return record


def read_envelope(shape: object) -> Envelope:
    """An envelope from JSON; nothing of it is proved yet. Raises: AttestationUnreadable."""
    if not isinstance(shape, dict) or not {"record", "signature"} <= set(shape):
        raise AttestationUnreadable(reason="ENVELOPE")
    signed = shape["signature"]
    if not isinstance(signed, dict) or not isinstance(signed.get("suite"), str):
        raise AttestationUnreadable(reason="SIGNATURE")
    chain = signed.get("chain", [])
    if not isinstance(chain, list) or len(chain) > MAX_CHAIN:
        raise AttestationUnreadable(reason="CHAIN")
    return Envelope(
        record=read_record(shape["record"]),
        suite=signed["suite"][:40],
        signature=_bytes(signed.get("value")),
        certificate_der=_bytes(signed.get("certificate")),
        chain_der=tuple(_bytes(one) for one in chain),
    )


def _clean_member(name: str, member: Member, value: Json) -> Json:
    if member.type is MemberType.COUNT:
        if isinstance(value, bool) or not isinstance(value, int):
            raise AttestationSubjectInvalid(field=name, reason="TYPE")
        if not 0 < value <= LARGEST_COUNT:
            raise AttestationSubjectInvalid(field=name, reason="RANGE")
        return value
    if not isinstance(value, str):
        raise AttestationSubjectInvalid(field=name, reason="TYPE")
    clean = _clean_text(member, value)
    if clean is None:
        raise AttestationSubjectInvalid(field=name, reason="MALFORMED")
    return clean


def _clean_text(member: Member, value: str) -> str | None:
    """The one spelling, None where there is none."""
    if member.type is MemberType.USCC:
        result = check_uscc(value[:64])
        return None if result.status is UsccStatus.INVALID else result.code
    if member.type is MemberType.AMOUNT:
        amount = parse_amount(value)
        return None if amount is None or amount <= 0 else plain(amount)
    if member.type is MemberType.CURRENCY:
        return value if is_currency(value) else None
    if member.type is MemberType.INSTANT:
        return value if parse_instant(value) is not None else None
    text = unicodedata.normalize("NFC", value[: 4 * member.limit]).strip()
    return text if text and len(text) <= member.limit and text.isprintable() else None


def _flat(subject: dict[object, object]) -> bool:
    """Whether a subject is a small object of texts and whole numbers."""
    if len(subject) > 40:
        return False
    return all(
        isinstance(name, str)
        and len(name) <= 40
        and (isinstance(one, int) or (isinstance(one, str) and len(one) <= 1000))
        for name, one in subject.items()
    )


def _bytes(value: object) -> bytes:
    if not isinstance(value, str) or len(value) > MAX_ENVELOPE_BYTES:
        raise AttestationUnreadable(reason="BASE64")
    try:
        return b64decode(value, validate=True)
    except ValueError as error:
        raise AttestationUnreadable(reason="BASE64") from error


def _b64(data: bytes) -> str:
    return b64encode(data).decode()
