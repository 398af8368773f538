"""The record of an entity: what may stand in it, what changed, and the facts about it."""

import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum

from ca.algorithms import leaf_suites
from sealsvc.areas.entities.model.uscc import (
    DEFAULT_POLICY,
    UsccPolicy,
    public_uscc,
    require_uscc,
)
from sealsvc.errors import BadInput, Conflict
from sealsvc.values import Fact, Json, JsonObject, Subject, SubjectKind

NAME_LIMIT = 120
ADDRESS_LIMIT = 300
SHORT_NAMES_LIMIT = 10
REASON_LIMIT = 300

# Control, format (bidi overrides, zero width), surrogate, private, unassigned, line separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class EntityStatus(StrEnum):
    """States of an entity in our register."""

    ACTIVE = "ACTIVE"
    CANCELLED = "CANCELLED"


class OrganizationType(StrEnum):
    """What kind of holder stands behind a credit code."""

    ENTERPRISE = "ENTERPRISE"
    INDIVIDUAL_BUSINESS = "INDIVIDUAL_BUSINESS"
    FARMERS_COOPERATIVE = "FARMERS_COOPERATIVE"
    GOVERNMENT_ORGAN = "GOVERNMENT_ORGAN"
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION"
    SOCIAL_ORGANIZATION = "SOCIAL_ORGANIZATION"
    OTHER = "OTHER"


class EntityFieldInvalid(BadInput):
    """A field of an entity is empty, too long or unprintable; `field` and `reason` say which."""

    code = "ENTITY_FIELD_INVALID"


class UsccImmutable(BadInput):
    """A change would give an entity another credit code; the code is for life."""

    code = "USCC_IMMUTABLE"


class EntityUnchanged(Conflict):
    """A change was asked for that changes nothing, so there is no fact to record."""

    code = "ENTITY_UNCHANGED"


class EntityAlreadyCancelled(Conflict):
    """The entity was cancelled before; nothing about it can change any more."""

    code = "ENTITY_ALREADY_CANCELLED"


@dataclass(frozen=True)
class EntityDraft:
    """The particulars of an entity.

    short_names: approved short forms that may stand in a seal. legal_representative: personal
    data, never in a public member of a leaf. sealing_suite: in which its seals sign a PDF when the
    request names none; None = each seal's own.
    """

    uscc: str
    legal_name: str
    short_names: tuple[str, ...] = ()
    legal_representative: str | None = None
    registered_address: str | None = None
    organization_type: OrganizationType | None = None
    sealing_suite: str | None = None

    def particulars(self) -> JsonObject:
        """Wire name to value of every field that is set, the credit code left out."""
        members: dict[str, Json] = {
            "legalName": self.legal_name,
            "shortNames": list(self.short_names) or None,
            "legalRepresentative": self.legal_representative,
            "registeredAddress": self.registered_address,
            "organizationType": self.organization_type and str(self.organization_type),
            "sealingSuite": self.sealing_suite,
        }
        return {name: value for name, value in members.items() if value is not None}


def validate_draft(draft: EntityDraft, *, policy: UsccPolicy = DEFAULT_POLICY) -> EntityDraft:
    """The draft in canonical form: credit code, NFC text without outer blanks.

    Raises: UsccInvalid, EntityFieldInvalid.
    """
    result = require_uscc(draft.uscc, policy=policy)
    individual = result.category is not None and result.category.natural_person
    claimed = draft.organization_type
    if claimed is not None and individual != (claimed is OrganizationType.INDIVIDUAL_BUSINESS):
        raise EntityFieldInvalid(field="organizationType", reason="CONTRADICTS_USCC")
    if draft.sealing_suite is not None and draft.sealing_suite not in leaf_suites():
        raise EntityFieldInvalid(field="sealingSuite", reason="UNKNOWN")
    return replace(
        draft,
        uscc=result.code,
        legal_name=text_field("legalName", draft.legal_name, NAME_LIMIT),
        short_names=_short_names(draft.short_names),
        legal_representative=_optional(
            "legalRepresentative", draft.legal_representative, NAME_LIMIT
        ),
        registered_address=_optional("registeredAddress", draft.registered_address, ADDRESS_LIMIT),
    )


def validate_reason(reason: str) -> str:
    """Why an entity is cancelled, in canonical form. Raises: EntityFieldInvalid."""
    return text_field("reason", reason, REASON_LIMIT)


def changed_fields(old: EntityDraft, new: EntityDraft) -> tuple[str, ...]:
    """Wire names of the fields that differ, in alphabetical order.

    Raises: UsccImmutable.
    """
    if old.uscc != new.uscc:
        raise UsccImmutable(field="uscc")
    before, after = old.particulars(), new.particulars()
    names = before.keys() | after.keys()
    return tuple(sorted(name for name in names if before.get(name) != after.get(name)))


def require_active(status: EntityStatus) -> None:
    """Let a change pass only on an active entity.

    Raises: EntityAlreadyCancelled.
    """
    if status is not EntityStatus.ACTIVE:
        raise EntityAlreadyCancelled(status=str(status))


def entity_registered(draft: EntityDraft, *, by: str) -> Fact:
    """`entity.registered`; by: client id. Names and persons stay in the payload."""
    return _fact("entity.registered", draft.uscc, {"by": by, **draft.particulars()})


def entity_changed(old: EntityDraft, new: EntityDraft, *, by: str) -> Fact:
    """`entity.changed`: the names of the changed fields with old and new values.

    A field that was empty before or is empty now is left out of `before` or `after`.
    Raises: UsccImmutable, EntityUnchanged.
    """
    changed = changed_fields(old, new)
    if not changed:
        raise EntityUnchanged()
    before, after = old.particulars(), new.particulars()
    payload: JsonObject = {
        "by": by,
        "changed": list(changed),
        "before": {name: before[name] for name in changed if name in before},
        "after": {name: after[name] for name in changed if name in after},
    }
    return _fact("entity.changed", new.uscc, payload)


def entity_cancelled(uscc: str, *, by: str, reason: str) -> Fact:
    """`entity.cancelled`; reason: free text, payload only."""
    return _fact("entity.cancelled", uscc, {"by": by, "reason": reason})


def _fact(kind: str, uscc: str, payload: JsonObject) -> Fact:
    """A fact whose credit code is public for a legal person and in the payload otherwise."""
    shown = public_uscc(uscc)
    public: JsonObject = {} if shown is None else {"uscc": shown}
    kept = {"uscc": uscc, **payload} if shown is None else payload
    return Fact(kind, (Subject(SubjectKind.ENTITY, uscc),), public, kept)


def _short_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > SHORT_NAMES_LIMIT:
        raise EntityFieldInvalid(field="shortNames", reason="TOO_MANY")
    clean = tuple(text_field("shortNames", name, NAME_LIMIT) for name in names)
    if len(set(clean)) != len(clean):
        raise EntityFieldInvalid(field="shortNames", reason="REPEATED")
    return clean


def _optional(name: str, value: str | None, limit: int) -> str | None:
    return None if value is None else text_field(name, value, limit)


def text_field(
    name: str, value: str, limit: int, *, refuse: type[BadInput] = EntityFieldInvalid
) -> str:
    """The value in NFC without outer blanks; limit in characters.

    Raises: `refuse` with `field` and `reason`.
    """
    if len(value) > 4 * limit:
        raise refuse(field=name, reason="TOO_LONG")
    # Looked for before stripping: strip() would take outer control characters away unseen.
    if any(unicodedata.category(char) in _UNPRINTABLE for char in value):
        raise refuse(field=name, reason="UNPRINTABLE")
    text = unicodedata.normalize("NFC", value).strip()
    if not text:
        raise refuse(field=name, reason="EMPTY")
    if len(text) > limit:
        raise refuse(field=name, reason="TOO_LONG")
    return text
