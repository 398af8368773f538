"""Permits and licences of an entity (许可、资质): what may stand in one, its status, its facts.

Which kinds of permit exist, and what their numbers look like, differs by trade and authority and
stands in no source we hold, so both are text.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import TypedDict

from sealsvc.areas.entities.model.record import text_field
from sealsvc.areas.entities.model.uscc import public_uscc
from sealsvc.errors import BadInput, Conflict
from sealsvc.values import Fact, Json, JsonObject, Subject, SubjectKind

NUMBER_LIMIT = 64
KIND_LIMIT = 80
ISSUER_LIMIT = 120
SCOPE_LIMIT = 1000
REASON_LIMIT = 300
PERMITS_LIMIT = 500
"""Most permits of one entity, the withdrawn ones counted."""

# The days on a permit are days in China, which has one zone and no summer time.
CHINA = timezone(timedelta(hours=8), "UTC+8")
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


class PermitStatus(StrEnum):
    """What a permit is worth at a time; computed, never stored."""

    NOT_YET_VALID = "NOT_YET_VALID"
    VALID = "VALID"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class PermitFieldInvalid(BadInput):
    """A field of a permit is empty, too long, unprintable or contradicts another; see `field`."""

    code = "PERMIT_FIELD_INVALID"


class PermitUnchanged(Conflict):
    """A correction was sent that corrects nothing, so there is no fact to record."""

    code = "PERMIT_UNCHANGED"


class PermitAlreadyWithdrawn(Conflict):
    """The permit was withdrawn before; nothing about it can change any more."""

    code = "PERMIT_ALREADY_WITHDRAWN"


@dataclass(frozen=True)
class PermitDraft:
    """The particulars of a permit.

    number: as printed. kind: such as 食品经营许可证. scope: what it permits. valid_from, valid_to:
    days in China, both included; valid_to None = 长期, without an end.
    """

    number: str
    kind: str
    issuer: str
    valid_from: date
    valid_to: date | None = None
    scope: str | None = None

    def particulars(self) -> JsonObject:
        """Wire name to value of every field that is set."""
        members: dict[str, Json] = {
            "number": self.number,
            "kind": self.kind,
            "issuer": self.issuer,
            "validFrom": self.valid_from.isoformat(),
            "validTo": None if self.valid_to is None else self.valid_to.isoformat(),
            "scope": self.scope,
        }
        return {name: value for name, value in members.items() if value is not None}


class PermitPatch(TypedDict, total=False):
    """The fields a correction names; those left out stay as they are."""

    number: str
    kind: str
    issuer: str
    valid_from: date
    valid_to: date | None
    scope: str | None


@dataclass(frozen=True)
class PermitView:
    """A permit of the register. permit_id: `prm_…`; version: counts the changes, from 1.

    withdrawn_from: since when it counts as withdrawn, None while it does not.
    """

    permit_id: str
    uscc: str
    draft: PermitDraft
    registered_at: datetime
    changed_at: datetime
    withdrawn_from: datetime | None = None
    withdraw_reason: str | None = None
    version: int = 1

    def status(self, at: datetime) -> PermitStatus:
        """What the permit is worth at an aware time, by what is known now."""
        if self.withdrawn_from is not None and self.withdrawn_from <= at:
            return PermitStatus.WITHDRAWN
        day = at.astimezone(CHINA).date()
        if day < self.draft.valid_from:
            return PermitStatus.NOT_YET_VALID
        if self.draft.valid_to is not None and day > self.draft.valid_to:
            return PermitStatus.EXPIRED
        return PermitStatus.VALID

    def patched(self, patch: PermitPatch) -> PermitDraft:
        """The particulars after a correction; nothing is checked yet."""
        return replace(self.draft, **patch)


@dataclass(frozen=True)
class ShownPermit:
    """A permit as a reader sees it, with its status at the time that was asked for.

    complete: whether the reader sees everything. To strangers the number of a natural person's
    permit is None, and so is why a permit was withdrawn.
    """

    permit: PermitView
    status: PermitStatus
    at: datetime
    complete: bool

    @property
    def number(self) -> str | None:
        """The number, where this reader may see it. Source: CONTRACT section 4."""
        open_to_all = public_uscc(self.permit.uscc) is not None
        return self.permit.draft.number if self.complete or open_to_all else None


def validate_permit(draft: PermitDraft) -> PermitDraft:
    """The draft in canonical form: NFC text without outer blanks. Raises: PermitFieldInvalid."""
    if draft.valid_to is not None and draft.valid_to < draft.valid_from:
        raise PermitFieldInvalid(field="validTo", reason="BEFORE_VALID_FROM")
    return replace(
        draft,
        number=_text("number", draft.number, NUMBER_LIMIT),
        kind=_text("kind", draft.kind, KIND_LIMIT),
        issuer=_text("issuer", draft.issuer, ISSUER_LIMIT),
        scope=None if draft.scope is None else _text("scope", draft.scope, SCOPE_LIMIT),
    )


def validate_withdrawal(reason: str, effective_from: datetime | None, now: datetime) -> str:
    """Why a permit is withdrawn, in canonical form; the day may lie in the past, never ahead.

    Raises: PermitFieldInvalid.
    """
    if effective_from is not None and effective_from > now:
        raise PermitFieldInvalid(field="effectiveFrom", reason="IN_FUTURE")
    return _text("reason", reason, REASON_LIMIT)


def permit_registered(permit: PermitView, *, by: str) -> Fact:
    """`entity.permit_registered`; by: client id."""
    return _fact("entity.permit_registered", permit, {"by": by, **permit.draft.particulars()})


def permit_corrected(old: PermitView, new: PermitView, *, by: str) -> Fact:
    """`entity.permit_corrected`: the names of the changed fields with old and new values.

    Raises: PermitUnchanged.
    """
    before, after = old.draft.particulars(), new.draft.particulars()
    names = before.keys() | after.keys()
    changed = sorted(name for name in names if before.get(name) != after.get(name))
    if not changed:
        raise PermitUnchanged(permitId=new.permit_id)
    payload: JsonObject = {
        "by": by,
        "changed": list(changed),
        "before": {name: before[name] for name in changed if name in before},
        "after": {name: after[name] for name in changed if name in after},
    }
    return _fact("entity.permit_corrected", new, payload)


def permit_withdrawn(permit: PermitView, *, by: str) -> Fact:
    """`entity.permit_withdrawn`; why stays in the payload."""
    payload: JsonObject = {"by": by, "reason": permit.withdraw_reason or ""}
    return _fact("entity.permit_withdrawn", permit, payload)


def _fact(kind: str, permit: PermitView, payload: JsonObject) -> Fact:
    """A fact that shows a legal person's permit in clear, and nothing of a natural person's.

    The scope stays in the payload: it is long, and no one looks a permit up by it.
    Source: CONTRACT section 4.
    """
    subjects = (Subject(SubjectKind.ENTITY, permit.uscc),)
    known: JsonObject = {"uscc": permit.uscc, "permitId": permit.permit_id}
    if permit.withdrawn_from is not None:
        known["withdrawnFrom"] = permit.withdrawn_from.astimezone(UTC).strftime(_INSTANT)
    if public_uscc(permit.uscc) is None:
        return Fact(kind, subjects, {}, {**payload, **known})
    shown = {k: v for k, v in permit.draft.particulars().items() if k != "scope"}
    return Fact(kind, subjects, {**known, **shown}, payload)


def _text(name: str, value: str, limit: int) -> str:
    return text_field(name, value, limit, refuse=PermitFieldInvalid)
