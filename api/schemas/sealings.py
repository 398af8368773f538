"""HTTP shapes of sealing."""

from typing import Annotated, Any

from pydantic import Field

from api.schemas.common import RequestModel, ResponseModel, UtcTime
from sealsvc.areas.sealing.model import SealingView
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.sealing.service import SealingRequest
from sealsvc.documents.values import Straddle, StraddleEdge
from sealsvc.values import DocumentRole, SealId

Millimetres = Annotated[float, Field(ge=0, le=10_000)]


class SealingOptions(RequestModel):
    """Where the seal goes and what the document is said to be; all may be left out.

    Millimetres from the top-left corner of the page as shown. Without x and y: the first free
    place from the bottom right of the page, the last one by default.
    """

    page: int | None = Field(None, ge=-100_000, le=100_000, description="1-based; -1 is the last.")
    x: Millimetres | None = None
    y: Millimetres | None = None
    width: Annotated[float, Field(ge=1, le=10_000)] | None = Field(
        None, description="Width of the seal; the registered one by default."
    )
    invisible: bool = False
    keyword: str | None = Field(
        None, max_length=64, description="关键字定位 · The seal goes over this word's last place."
    )
    role: DocumentRole | None = Field(None, description="What the document is.")
    number: str | None = Field(None, max_length=400, description="The document's own number.")
    seller_uscc: str | None = Field(None, max_length=64)
    party_usccs: list[str] = Field(default_factory=list, max_length=200)
    suite: str | None = Field(
        None, max_length=40, description="签名算法 · Of a PDF's signature; OFD is always sm2-sm3."
    )
    straddle: StraddleEdge | None = Field(
        None,
        description="骑缝章 · Edge over which the seal is cut on every page (OFD); alone, or "
        "beside a seal at page, x and y.",
    )

    def request(self, seal: str, data: bytes) -> SealingRequest:
        """What the domain is asked. Raises: PlacementInvalid."""
        return SealingRequest(
            seal_id=SealId(seal),
            data=data,
            place=PlaceWish(self.page, self.x, self.y, self.width, self.invisible, self.keyword),
            role=self.role,
            number=self.number,
            seller_uscc=self.seller_uscc,
            party_usccs=tuple(self.party_usccs),
            suite=self.suite,
            straddle=None if self.straddle is None else Straddle(self.straddle),
        )


class PlacementOut(ResponseModel):
    """Where the seal stands, in mm from the top-left corner of the page as shown."""

    page: int
    x: float
    y: float
    width: float


class SealingOut(ResponseModel):
    """One use of a seal. Digests: SHA-256, lower-case hex."""

    id: str
    object: str = "sealing"
    status: str = Field(description="AUTHORISED, COMPLETED or ABANDONED.")
    seal_id: str
    owner_uscc: str
    certificate_serial: str
    media_type: str
    original_digest: str
    digest: str | None = Field(description="Of the sealed file; opens its facts in the trace.")
    signature_digest: str | None
    declaration: dict[str, Any]
    placement: PlacementOut | None = Field(description="null: the seal is invisible.")
    created_at: UtcTime
    completed_at: UtcTime | None
    authorised_fact_id: str
    completed_fact_id: str | None
    abandoned_reason: str | None
    warnings: list[str] = Field(description="Codes a verification of the file will show.")
    links: dict[str, str]

    @classmethod
    def of(cls, view: SealingView) -> "SealingOut":
        """The shape of a sealing."""
        place = view.placement
        return cls(
            id=view.sealing_id,
            status=str(view.status),
            seal_id=view.seal_id,
            owner_uscc=view.owner_uscc,
            certificate_serial=view.cert_serial,
            media_type=view.media_type,
            original_digest=view.original_sha256,
            digest=view.sealed_sha256,
            signature_digest=view.signature_sha256,
            declaration=view.declaration,
            placement=place
            and PlacementOut(page=place.page, x=place.x_mm, y=place.y_mm, width=place.width_mm),
            created_at=view.created_at,
            completed_at=view.completed_at,
            authorised_fact_id=view.authorised_fact_id,
            completed_fact_id=view.completed_fact_id,
            abandoned_reason=view.abandoned_reason,
            warnings=list(view.warnings),
            links=_links(view),
        )


def _links(view: SealingView) -> dict[str, str]:
    own = f"/v1/sealings/{view.sealing_id}"
    links = {"self": own}
    if view.completed_fact_id is not None:
        links["document"] = own  # with the Accept header of its media type
        links["receipt"] = f"/v1/receipts/{view.completed_fact_id}"
        links["trace"] = f"/v1/trace?digest={view.sealed_sha256}"
    return links
