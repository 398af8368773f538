"""HTTP shapes of the register of seals."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.schemas.common import RequestModel, ResponseModel, UtcTime
from sealsvc.areas.seals.model import SealAction, StatusAnswer, VoidProposal
from sealsvc.areas.seals.model.renewal import renewal_due
from sealsvc.areas.seals.model.views import (
    ChangeRequest,
    PublicSeal,
    SealApplication,
    SealCredential,
    SealHistoryEvent,
    SealView,
)
from sealsvc.areas.seals.service import SealStatusAnswer
from sealsvc.values import SealId, SealMedium, SealStatus, SealType


def _picture(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("base64 text is expected")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


Base64 = Annotated[
    bytes,
    BeforeValidator(_picture),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]


class SealApplicationIn(RequestModel):
    """申请印章 · An application for a seal."""

    uscc: str = Field(min_length=1, max_length=64, description="The owner's credit code.")
    seal_type: SealType = Field(alias="type")
    medium: SealMedium
    name: str = Field(min_length=1, max_length=60, examples=["合同专用章"])
    code: str | None = Field(None, max_length=64, description="Of a physical seal: 13-14 digits.")
    person_name: str | None = Field(None, max_length=120, description="Of a name seal.")
    sequence: int | None = Field(None, ge=1, le=99, description="Number of several invoice seals.")
    suite: str | None = Field(None, max_length=40, description="Of an electronic seal's key.")
    counterpart_seal_id: str | None = Field(
        None, max_length=40, description="The same seal in the other medium."
    )
    imprint: Base64 | None = Field(
        None,
        description="Picture of a physical seal; larger ones by `PUT /v1/seals/{id}/imprint`.",
    )

    def application(self) -> SealApplication:
        """The domain's value."""
        members = dict(self)
        other = members.pop("counterpart_seal_id")
        return SealApplication(
            counterpart_seal_id=None if other is None else SealId(other), **members
        )


class SealReasonIn(RequestModel):
    """Why a seal is changed."""

    reason: str | None = Field(None, max_length=1000)


class SealChangeIn(SealReasonIn):
    """变更印章 · Why, and from when. `effectiveFrom` only for a loss and for VOID."""

    effective_from: UtcTime | None = None

    def request(self, action: SealAction, if_version: int | None) -> ChangeRequest:
        """The domain's value."""
        return ChangeRequest(action, self.reason, self.effective_from, if_version)


class NothingIn(RequestModel):
    """No members."""


class ImprintOut(ResponseModel):
    """印模 · digest: SHA-256 of the PNG, lower-case hex; sizes in mm where known."""

    digest: str
    width_mm: float | None
    height_mm: float | None


class VoidProposalOut(ResponseModel):
    """作废提议 · A regulator's proposal that waits for another regulator."""

    proposed_by: str
    proposed_at: UtcTime
    effective_from: UtcTime
    reason: str

    @classmethod
    def of(cls, proposal: VoidProposal) -> "VoidProposalOut":
        """From the domain's value."""
        return cls(
            proposed_by=proposal.proposer_client_id,
            proposed_at=proposal.proposed_at,
            effective_from=proposal.effective_from,
            reason=proposal.reason,
        )


class SealCredentialOut(ResponseModel):
    """签章凭据 · What the seal signs with in one suite. esealDigest: SHA-256 of its SESeal."""

    suite: str
    cert_serial: str = Field(description="Lower-case hex.")
    eseal_digest: str | None = Field(description="null: the suite has no SESeal.")
    made_at: UtcTime

    @classmethod
    def of(cls, one: SealCredential) -> "SealCredentialOut":
        """From the domain's value; `keyRef` has no place here."""
        return cls(
            suite=one.suite,
            cert_serial=one.cert_serial,
            eseal_digest=one.eseal_sha256,
            made_at=one.made_at,
        )


class SealOut(ResponseModel):
    """印章 · A seal. The members behind `complete` are for its owner and for authorities only."""

    id: str
    seal_type: SealType = Field(alias="type")
    medium: SealMedium
    name: str
    status: SealStatus
    status_since: UtcTime
    version: int
    owner_uscc: str | None = Field(description="null: the code is a natural person's.")
    owner_name: str
    code: str | None
    cert_serial: str | None = Field(description="Lower-case hex.")
    valid_from: UtcTime | None
    valid_until: UtcTime | None
    complete: bool = Field(description="Whether the members below are shown to this caller.")
    applied_at: UtcTime | None = None
    applicant_client_id: str | None = None
    person_name: str | None = None
    sequence: int | None = None
    suite: str | None = None
    imprint: ImprintOut | None = None
    filed_at: UtcTime | None = None
    made_at: UtcTime | None = None
    counterpart_seal_id: str | None = None
    supersedes: str | None = None
    superseded_by: str | None = None
    under_review: bool | None = None
    suspended_by_regulator: bool | None = None
    void_proposal: VoidProposalOut | None = None
    credentials: list[SealCredentialOut] | None = Field(
        None, description="One per suite, the seal's own first; null in lists."
    )
    renewal_due: bool | None = Field(
        None, description="续期提示 · The certificate ends within 30 days, or has ended: reissue."
    )
    links: dict[str, str]

    @classmethod
    def of(
        cls,
        seal: SealView | PublicSeal,
        now: datetime,
        credentials: Sequence[SealCredential] | None = None,
    ) -> "SealOut":
        """From the domain's value; `keyRef` has no place here. credentials: None = not asked."""
        members = {name: vars(seal)[name] for name in vars(seal) if name in cls.model_fields}
        own = f"/v1/seals/{seal.seal_id}"
        links = {
            "self": own,
            "status": f"{own}/status",
            "trace": f"/v1/trace?sealId={seal.seal_id}",
        }
        if isinstance(seal, PublicSeal):
            return cls(id=seal.seal_id, complete=False, links=links, **members)
        proposal = members.pop("void_proposal")
        return cls(
            id=seal.seal_id,
            complete=True,
            imprint=_imprint(seal),
            void_proposal=None if proposal is None else VoidProposalOut.of(proposal),
            credentials=None
            if credentials is None
            else [SealCredentialOut.of(one) for one in credentials],
            renewal_due=renewal_due(seal.status, seal.valid_until, now),
            links={**links, **_more_links(own, credentials)},
            **members,
        )


class KnownStatusOut(ResponseModel):
    """A status and the change that governs it; `receipt` proves that change in the log."""

    status: SealStatus | None = Field(description="null: before the seal was applied for.")
    since: UtcTime | None = Field(description="When the register learnt of it.")
    effective_from: UtcTime | None = Field(description="From when it counts.")
    fact_id: str | None
    receipt: str | None

    @staticmethod
    def members(answer: StatusAnswer, fact_id: str | None) -> dict[str, Any]:
        """The shape's members."""
        return {
            "status": answer.status,
            "since": answer.since,
            "effective_from": answer.effective_from,
            "fact_id": fact_id,
            "receipt": _receipt(fact_id),
        }


class SealStatusOut(KnownStatusOut):
    """印章状态 · What the status was at `at`, as the register knew it at `knownAt`."""

    seal_id: str
    at: UtcTime
    known_at: UtcTime
    known_later: KnownStatusOut | None = Field(
        description="The answer with all that is known now, where later records changed it."
    )
    status_now: SealStatus
    valid_from: UtcTime | None
    valid_until: UtcTime | None
    this_update: UtcTime = Field(description="When the register was asked.")

    @classmethod
    def of(cls, found: SealStatusAnswer) -> "SealStatusOut":
        """From the domain's value."""
        answer, later = found.answer, found.answer.known_later
        return cls(
            seal_id=found.seal.seal_id,
            at=answer.at,
            known_at=answer.known_at,
            known_later=None
            if later is None
            else KnownStatusOut(**KnownStatusOut.members(later, found.later_fact_id)),
            status_now=found.status_now,
            valid_from=found.seal.valid_from,
            valid_until=found.seal.valid_until,
            this_update=found.answered_at,
            **KnownStatusOut.members(answer, found.fact_id),
        )


class SealEventOut(ResponseModel):
    """One recorded change of a seal. by: client id, or `system`."""

    action: SealAction
    status: SealStatus
    recorded_at: UtcTime
    effective_from: UtcTime
    by: str
    reason: str | None
    fact_id: str
    receipt: str

    @classmethod
    def of(cls, event: SealHistoryEvent) -> "SealEventOut":
        """From the domain's value."""
        return cls(receipt=f"/v1/receipts/{event.fact_id}", **vars(event))


class SealHistoryOut(ResponseModel):
    """印章沿革 · All changes in the order in which they were recorded."""

    data: list[SealEventOut]


def _imprint(seal: SealView) -> ImprintOut | None:
    if seal.imprint_sha256 is None:
        return None
    return ImprintOut(digest=seal.imprint_sha256, width_mm=seal.width_mm, height_mm=seal.height_mm)


def _more_links(own: str, credentials: Sequence[SealCredential] | None) -> dict[str, str]:
    links = {"imprint": f"{own}/imprint", "history": f"{own}/history"}
    if any(one.eseal_sha256 is not None for one in credentials or ()):
        links["eseal"] = f"{own}/eseal"
    return links


def _receipt(fact_id: str | None) -> str | None:
    return None if fact_id is None else f"/v1/receipts/{fact_id}"
