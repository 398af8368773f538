"""HTTP shapes of contracts and their templates."""

from typing import Annotated, Any

from pydantic import Field

from api.schemas.common import JsonMap, RequestModel, ResponseModel, UtcTime
from sealsvc.areas.contracts.model.contract import (
    ContractView,
    Party,
    PartyRole,
    SealingOrder,
    SealingStep,
    SuccessionKind,
)
from sealsvc.areas.contracts.model.lifecycle import ContractStatus
from sealsvc.areas.contracts.model.terms import ContractTerms, PartyDraft
from sealsvc.areas.contracts.model.views import ContractEvent
from sealsvc.areas.contracts.service import Draft, PartySeal, TemplateText, TextFormat
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.documents.values import Straddle, StraddleEdge
from sealsvc.values import Placement, SealId

Millimetres = Annotated[float, Field(ge=0, le=10_000)]


class PlaceIn(RequestModel):
    """A place on a page, in mm from the top-left corner of the page as shown."""

    page: int = Field(ge=-100_000, le=100_000, description="1-based; -1 is the last.")
    x: Millimetres
    y: Millimetres
    width: Annotated[float, Field(ge=1, le=10_000)]

    def placement(self) -> Placement:
        """The domain's value. Raises: PlacementInvalid."""
        return Placement(self.page, self.x, self.y, self.width)


class PartyIn(RequestModel):
    """A party. place, keyword: where its seal goes unless it says otherwise; not both."""

    uscc: str = Field(max_length=64)
    role: PartyRole
    place: PlaceIn | None = None
    keyword: str | None = Field(None, max_length=64)

    def draft(self) -> PartyDraft:
        """The domain's value. Raises: PlacementInvalid."""
        place = None if self.place is None else self.place.placement()
        return PartyDraft(self.uscc, self.role, place, self.keyword)


class ContractTermsIn(RequestModel):
    """合同要素 · A contract's terms. parties: in the order of sealing; one is the caller's."""

    title: str = Field(max_length=480)
    number: str = Field(max_length=400)
    parties: list[PartyIn] = Field(max_length=100)
    order: SealingOrder = SealingOrder.PARALLEL
    deadline: UtcTime

    def terms(self) -> ContractTerms:
        """The domain's value. Raises: PlacementInvalid."""
        parties = tuple(one.draft() for one in self.parties)
        return ContractTerms(self.title, self.number, parties, self.deadline, self.order)

    def draft_of(self, data: bytes) -> Draft:
        """A contract whose text is a file. Raises: PlacementInvalid."""
        return Draft(self.terms(), data)


class ContractFromTemplateIn(ContractTermsIn):
    """A contract whose text is drawn from a template. version: the newest where none is named."""

    template_id: str = Field(max_length=40)
    template_version: int | None = Field(None, ge=1, le=1_000_000)
    data: JsonMap = Field(default_factory=dict, description="A value for each placeholder.")
    format: TextFormat = TextFormat.PDF

    def draft(self) -> Draft:
        """The domain's value. Raises: PlacementInvalid."""
        data: Any = self.data
        source = TemplateText(self.template_id, data, self.template_version, self.format)
        return Draft(self.terms(), source)


class AmendmentTermsIn(ContractTermsIn):
    """The terms of a contract that replaces another."""

    kind: SuccessionKind = SuccessionKind.AMENDMENT


class AmendmentFromTemplateIn(ContractFromTemplateIn):
    """The same from a template."""

    kind: SuccessionKind = SuccessionKind.AMENDMENT


class ContractReasonIn(RequestModel):
    """Why. Needed by reject, withdraw, terminate and dispute."""

    reason: str | None = Field(None, max_length=2000)


class ContractSealIn(RequestModel):
    """用章 · How the party seals. place or keyword; else the party's own place in the contract."""

    seal_id: str = Field(max_length=40)
    place: PlaceIn | None = None
    keyword: str | None = Field(None, max_length=64)
    straddle: StraddleEdge | None = Field(None, description="骑缝章 · OFD only.")
    suite: str | None = Field(None, max_length=40)
    statement: str | None = Field(
        None, max_length=2000, description="意愿声明 · What the user agreed to; kept as evidence."
    )
    statement_version: str | None = Field(None, max_length=160)

    def request(self, if_version: int | None) -> PartySeal:
        """The domain's value. Raises: PlacementInvalid, KeywordInvalid."""
        wish = None
        if self.place is not None or self.keyword is not None:
            at = self.place
            wish = (
                PlaceWish(keyword=self.keyword)
                if at is None
                else PlaceWish(at.page, at.x, at.y, at.width, keyword=self.keyword)
            )
        return PartySeal(
            seal_id=SealId(self.seal_id),
            place=wish,
            straddle=None if self.straddle is None else Straddle(self.straddle),
            suite=self.suite,
            statement=self.statement,
            statement_version=self.statement_version,
            if_version=if_version,
        )


class PartyOut(ResponseModel):
    """A party. signs: whether the contract waits for its seal."""

    uscc: str
    name: str
    role: str
    signs: bool
    keyword: str | None
    place: dict[str, float] | None

    @classmethod
    def of(cls, party: Party) -> "PartyOut":
        """The shape of a party."""
        at = party.place
        place = None
        if at is not None:
            place = {"page": at.page, "x": at.x_mm, "y": at.y_mm, "width": at.width_mm}
        return cls(
            uscc=party.uscc,
            name=party.name,
            role=str(party.role),
            signs=party.signs,
            keyword=party.keyword,
            place=place,
        )


class ContractSealingOut(ResponseModel):
    """One party's seal on the contract. Digests: SHA-256 of the file before and after."""

    step: int
    uscc: str
    seal_id: str
    seal_status: str
    certificate_serial: str
    sealing_id: str
    digest_before: str
    digest_after: str
    intended_at: UtcTime
    sealed_at: UtcTime
    intent_fact_id: str
    fact_id: str
    sealing_fact_id: str
    statement: str | None
    statement_version: str | None

    @classmethod
    def of(cls, step: SealingStep) -> "ContractSealingOut":
        """The shape of a seal."""
        return cls(
            step=step.step,
            uscc=step.uscc,
            seal_id=step.seal_id,
            seal_status=step.seal_status,
            certificate_serial=step.cert_serial,
            sealing_id=step.sealing_id,
            digest_before=step.digest_before,
            digest_after=step.digest_after,
            intended_at=step.intended_at,
            sealed_at=step.sealed_at,
            intent_fact_id=step.intent_fact_id,
            fact_id=step.fact_id,
            sealing_fact_id=step.sealing_fact_id,
            statement=step.statement,
            statement_version=step.statement_version,
        )


class PendingOut(ResponseModel):
    """A change that one signer proposed; another one agrees by the same call."""

    action: str
    by_uscc: str
    reason: str | None


class ContractOut(ResponseModel):
    """合同 · One contract. digest: SHA-256 of the newest file, hex."""

    id: str
    object: str = "contract"
    title: str
    number: str
    status: ContractStatus
    status_since: UtcTime
    version: int
    initiator_uscc: str
    order: str
    deadline: UtcTime
    media_type: str
    original_digest: str
    digest: str
    created_at: UtcTime
    concluded_at: UtcTime | None
    parties: list[PartyOut]
    waiting_for: list[str] = Field(description="Signers that have not sealed, in order.")
    sealings: list[ContractSealingOut]
    template_id: str | None
    template_version: int | None
    clause_data: dict[str, Any] | None
    supersedes: str | None
    succession: str | None
    superseded_by: str | None
    pending: PendingOut | None
    links: dict[str, str]

    @classmethod
    def of(cls, view: ContractView) -> "ContractOut":
        """The shape of a contract."""
        pending = view.pending
        return cls(
            id=view.contract_id,
            title=view.title,
            number=view.number,
            status=view.status,
            status_since=view.status_since,
            version=view.version,
            initiator_uscc=view.initiator_uscc,
            order=str(view.order),
            deadline=view.deadline,
            media_type=view.media_type,
            original_digest=view.original_sha256,
            digest=view.current_sha256,
            created_at=view.created_at,
            concluded_at=view.concluded_at,
            parties=[PartyOut.of(one) for one in view.parties],
            waiting_for=list(view.waiting_for),
            sealings=[ContractSealingOut.of(one) for one in view.steps],
            template_id=view.template_id,
            template_version=view.template_version,
            clause_data=view.clause_data,
            supersedes=view.supersedes,
            succession=None if view.succession is None else str(view.succession),
            superseded_by=view.superseded_by,
            pending=pending
            and PendingOut(
                action=str(pending.action), by_uscc=pending.by_uscc, reason=pending.reason
            ),
            links=_links(view),
        )


class ContractEventOut(ResponseModel):
    """One recorded fact of a contract. by: a client id, or system."""

    type: str
    status: str
    digest: str
    recorded_at: UtcTime
    fact_id: str
    by: str
    uscc: str | None
    reason: str | None

    @classmethod
    def of(cls, event: ContractEvent) -> "ContractEventOut":
        """The shape of an event."""
        return cls(
            type=event.type,
            status=event.status,
            digest=event.digest,
            recorded_at=event.recorded_at,
            fact_id=event.fact_id,
            by=event.by,
            uscc=event.uscc,
            reason=event.reason,
        )


class ContractHistoryOut(ResponseModel):
    """All recorded facts of a contract, in order."""

    data: list[ContractEventOut]


def _links(view: ContractView) -> dict[str, str]:
    own = f"/v1/contracts/{view.contract_id}"
    links = {"self": own, "document": f"{own}/document", "history": f"{own}/history"}
    if view.steps:
        links["evidence"] = f"{own}/evidence"
        links["trace"] = f"/v1/trace?digest={view.current_sha256}"
    return links
