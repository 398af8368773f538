"""Seals as other parts of the program see them, and what can be asked for."""

from dataclasses import dataclass
from datetime import datetime

from sealsvc.areas.seals.model.facts import SealSnapshot
from sealsvc.areas.seals.model.lifecycle import SealAction, SealParties
from sealsvc.errors import BadInput, Conflict, NotFound
from sealsvc.values import SealId, SealMedium, SealStatus, SealType

NAME_LIMIT = 60


class SealNotFound(NotFound):
    """No seal has this id."""

    code = "SEAL_NOT_FOUND"


class SealChanged(Conflict):
    """The seal is no longer at the version named by If-Match."""

    code = "PRECONDITION_FAILED"


class SealApplicationInvalid(BadInput):
    """An application lacks a field its kind needs, or has one it must not; see `field`."""

    code = "SEAL_APPLICATION_INVALID"


class SealImprintMissing(Conflict):
    """A physical seal can be issued only once its code and imprint are filed."""

    code = "SEAL_IMPRINT_MISSING"


class CounterpartInvalid(BadInput):
    """The counterpart is not a seal of the same owner in the other medium."""

    code = "SEAL_COUNTERPART_INVALID"


@dataclass(frozen=True)
class SealApplication:
    """What an applicant asks for.

    name: 60 characters at most. code: 13-14 digits, of a physical seal. person_name: on a name
    seal. sequence: number of several invoice seals. suite: signature suite of an electronic
    seal's key. imprint: picture file of a physical seal.
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
class SealView:
    """One seal of the registry.

    version grows with each change (ETag). imprint_sha256: name of the blob; rgba_sha256: measure
    of its pixels as in SealPicture. width_mm, height_mm: of the imprint.
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
    void_proposer: str | None = None

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
        return SealParties(
            owner_uscc=self.owner_uscc,
            applicant_client_id=self.applicant_client_id,
            proposer_client_id=self.void_proposer,
            suspended_by_regulator=self.suspended_by_regulator,
        )


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


def validate_application(application: SealApplication) -> None:
    """Raises: SealApplicationInvalid."""
    if not application.name.strip() or len(application.name) > NAME_LIMIT:
        raise SealApplicationInvalid(field="name", reason="LENGTH")
    if not application.name.isprintable():
        raise SealApplicationInvalid(field="name", reason="UNPRINTABLE")
    electronic = application.medium is SealMedium.ELECTRONIC
    if electronic and application.imprint is not None:
        raise SealApplicationInvalid(field="imprint", reason="DRAWN_BY_THE_REGISTRY")
    if electronic and application.code is not None:
        raise SealApplicationInvalid(field="code", reason="PHYSICAL_ONLY")
    if not electronic and application.suite is not None:
        raise SealApplicationInvalid(field="suite", reason="ELECTRONIC_ONLY")
    if not electronic and application.code is None:
        raise SealApplicationInvalid(field="code", reason="MISSING")
