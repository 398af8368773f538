"""Seals as other parts of the program see them, and what can be asked for."""

from dataclasses import dataclass, fields
from datetime import datetime

from ca.profiles import profile_named
from sealsvc.areas.entities.model import public_uscc
from sealsvc.areas.seals.model.facts import SealSnapshot
from sealsvc.areas.seals.model.lifecycle import SealAction, SealParties, VoidProposal
from sealsvc.errors import BadInput, Conflict, NotAllowed, NotFound
from sealsvc.values import Principal, Scope, SealId, SealMedium, SealStatus, SealType

NAME_LIMIT = 60
PERSON_NAME_LIMIT = 120
LARGEST_SEQUENCE = 99
# X.520 allows no more in organizationName and commonName. Source: RFC 5280 appendix A.1.
CERTIFICATE_NAME_LIMIT = 64

# An unbound client with one of these sees every member of every seal.
_AUTHORITIES = frozenset({Scope.SEAL_MANAGE, Scope.SEAL_APPROVE, Scope.AUDIT_READ})


class SealNotFound(NotFound):
    """No seal has this id."""

    code = "SEAL_NOT_FOUND"


class SealNotYours(NotAllowed):
    """The client is neither the owner's nor an authority's, and asks for what only they may see."""

    code = "SEAL_NOT_YOURS"


class SealChanged(Conflict):
    """The seal is no longer at the version named by If-Match."""

    code = "PRECONDITION_FAILED"


class SealApplicationInvalid(BadInput):
    """An application lacks a field its kind needs, or has one it must not; see `field`."""

    code = "SEAL_APPLICATION_INVALID"


class SealImprintMissing(Conflict):
    """A physical seal can be issued only once its code and imprint are filed."""

    code = "SEAL_IMPRINT_MISSING"


class SealOwnerChanged(Conflict):
    """The owner's legal name is no longer the one the seal was drawn with; apply anew."""

    code = "SEAL_OWNER_CHANGED"


class SealHasNoKey(Conflict):
    """A physical seal has no key and no certificate, so there is nothing to reissue."""

    code = "SEAL_HAS_NO_KEY"


class SealSuiteMissing(Conflict):
    """The seal has no certificate of the suite that was asked for; reissue it."""

    code = "SEAL_SUITE_MISSING"


class CounterpartInvalid(BadInput):
    """The counterpart is not a usable seal of the same owner and type in the other medium."""

    code = "SEAL_COUNTERPART_INVALID"


@dataclass(frozen=True)
class SealApplication:
    """What an applicant asks for.

    name: 60 characters at most. code: 13-14 digits, of a physical seal; may come with the imprint
    later. person_name: on a name seal. sequence: number of several invoice seals, 1 to 99. suite:
    signature suite of an electronic seal's key. imprint: picture file of a physical seal.
    """

    uscc: str
    seal_type: SealType
    medium: SealMedium
    name: str
    code: str | None = None
    person_name: str | None = None
    sequence: int | None = None
    suite: str | None = None
    counterpart_seal_id: SealId | None = None
    imprint: bytes | None = None


@dataclass(frozen=True)
class PublicSeal:
    """The members of a seal that need no key. owner_uscc: None where it is a natural person's.

    Source: CONTRACT section 4; china-domain section 3.4 (who may query).
    """

    seal_id: SealId
    owner_uscc: str | None
    owner_name: str
    seal_type: SealType
    medium: SealMedium
    name: str
    status: SealStatus
    status_since: datetime
    version: int
    code: str | None = None
    cert_serial: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True)
class SealView:
    """One seal of the registry.

    version grows with each change (ETag). imprint_sha256: name of the blob; rgba_sha256: measure
    of its pixels as in SealPicture. width_mm, height_mm: of the imprint. key_ref never leaves the
    service.
    """

    seal_id: SealId
    owner_uscc: str
    owner_name: str
    seal_type: SealType
    medium: SealMedium
    name: str
    status: SealStatus
    status_since: datetime
    version: int
    applied_at: datetime
    applicant_client_id: str
    code: str | None = None
    person_name: str | None = None
    sequence: int | None = None
    imprint_sha256: str | None = None
    imprint_rgba_sha256: str | None = None
    width_mm: float | None = None
    height_mm: float | None = None
    key_ref: str | None = None
    suite: str | None = None
    cert_serial: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    filed_at: datetime | None = None
    made_at: datetime | None = None
    counterpart_seal_id: SealId | None = None
    supersedes: SealId | None = None
    superseded_by: SealId | None = None
    under_review: bool = False
    suspended_by_regulator: bool = False
    void_proposal: VoidProposal | None = None

    def snapshot(self, state: SealStatus | None = None) -> SealSnapshot:
        """The seal as a fact shows it."""
        return SealSnapshot(
            seal_id=self.seal_id,
            owner_uscc=self.owner_uscc,
            seal_type=self.seal_type,
            medium=self.medium,
            state=state or self.status,
            cert_serial=self.cert_serial,
        )

    def parties(self) -> SealParties:
        """The persons on whom rights depend."""
        proposal = self.void_proposal
        return SealParties(
            owner_uscc=self.owner_uscc,
            applicant_client_id=self.applicant_client_id,
            proposer_client_id=None if proposal is None else proposal.proposer_client_id,
            suspended_by_regulator=self.suspended_by_regulator,
        )

    def public(self) -> PublicSeal:
        """What anyone may see."""
        members = {field.name: getattr(self, field.name) for field in fields(PublicSeal)}
        return PublicSeal(**{**members, "owner_uscc": public_uscc(self.owner_uscc)})

    def seen_by(self, viewer: Principal | None) -> "SealView | PublicSeal":
        """As much of it as the reader may see."""
        return self if may_read(viewer, self.owner_uscc) else self.public()


@dataclass(frozen=True)
class SealCredential:
    """What a seal signs with in one suite. eseal_sha256: blob of its SESeal, national suites only.

    key_ref never leaves the service.
    """

    seal_id: SealId
    suite: str
    key_ref: str
    cert_serial: str
    eseal_sha256: str | None
    made_at: datetime


@dataclass(frozen=True)
class SealFilter:
    """Members that are None do not filter. after: cursor, the last seal id of the page before.

    persons: whether seals of natural persons count where neither code nor uscc names them.
    """

    uscc: str | None = None
    code: str | None = None
    seal_type: SealType | None = None
    status: SealStatus | None = None
    after: str | None = None
    limit: int = 50
    persons: bool = True


@dataclass(frozen=True)
class ChangeRequest:
    """A change of state as a client asks for it.

    effective_from: aware; only for changes that may be dated back. if_version: refuse unless the
    seal is at this version.
    """

    action: SealAction
    reason: str | None = None
    effective_from: datetime | None = None
    if_version: int | None = None


@dataclass(frozen=True)
class SealHistoryEvent:
    """One recorded change, with the fact that proves it."""

    action: SealAction
    status: SealStatus
    recorded_at: datetime
    effective_from: datetime
    fact_id: str
    by: str
    reason: str | None = None


def may_read(viewer: Principal | None, uscc: str | None) -> bool:
    """Whether the reader sees all members of an entity's seals: its own client, or an authority.

    uscc: None asks about every entity at once, which takes an authority.
    """
    if viewer is None:
        return False
    if viewer.entity_uscc is None:
        return not _AUTHORITIES.isdisjoint(viewer.scopes)
    return viewer.entity_uscc == uscc


def require_reader(viewer: Principal, uscc: str) -> None:
    """Let pass whom `may_read` lets see everything. Raises: SealNotYours."""
    if not may_read(viewer, uscc):
        raise SealNotYours()


def validate_application(application: SealApplication) -> None:
    """Whether the application's members fit each other. Raises: SealApplicationInvalid."""
    _require_text("name", application.name, NAME_LIMIT)
    if application.person_name is not None:
        _require_text("personName", application.person_name, PERSON_NAME_LIMIT)
    if application.sequence is not None and not 1 <= application.sequence <= LARGEST_SEQUENCE:
        raise SealApplicationInvalid(field="sequence", reason="RANGE")
    if application.medium is SealMedium.PHYSICAL:
        if application.suite is not None:
            raise SealApplicationInvalid(field="suite", reason="ELECTRONIC_ONLY")
        return
    if application.imprint is not None:
        raise SealApplicationInvalid(field="imprint", reason="DRAWN_BY_THE_REGISTRY")
    if application.code is not None:
        raise SealApplicationInvalid(field="code", reason="PHYSICAL_ONLY")
    known = profile_named("seal").allowed_suites
    if application.suite is not None and application.suite not in known:
        raise SealApplicationInvalid(field="suite", reason="UNKNOWN")


def require_certifiable(owner_name: str) -> None:
    """Let pass an owner whose name can stand in a certificate. Raises: SealApplicationInvalid."""
    if len(owner_name) > CERTIFICATE_NAME_LIMIT:
        raise SealApplicationInvalid(field="ownerName", reason="TOO_LONG_FOR_CERTIFICATE")
    if not owner_name.isprintable():
        raise SealApplicationInvalid(field="ownerName", reason="UNPRINTABLE_IN_CERTIFICATE")


def _require_text(field: str, text: str, limit: int) -> None:
    if not text.strip() or len(text) > limit:
        raise SealApplicationInvalid(field=field, reason="LENGTH")
    if not text.isprintable():
        raise SealApplicationInvalid(field=field, reason="UNPRINTABLE")
