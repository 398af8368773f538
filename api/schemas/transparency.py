"""HTTP shapes of the trace, of receipts and of the auditors' list."""

from typing import Literal, cast

from pydantic import Field

from api.schemas.common import JsonMap, ResponseModel, UtcTime
from sealsvc.areas.transparency.model import Opening, Pending, Receipt, TraceEvent
from sealsvc.tlog.proof import ReceiptStage


class TraceEventOut(ResponseModel):
    """事实 · One fact of the log as this caller may see it."""

    fact_id: str
    type: str
    at: UtcTime
    index: int | None = Field(description="Log index; null until sequenced.")
    public: JsonMap = Field(description="Members that stand in clear in the public leaf.")
    payload: JsonMap | None = Field(description="What the commitment covers, if you may see it.")
    opened_for: Opening | None = Field(description="Why the payload is shown.")
    receipt: str = Field(description="Where the receipt is.")

    @classmethod
    def of(cls, event: TraceEvent) -> "TraceEventOut":
        """From the domain's value."""
        return cls(
            fact_id=event.fact_id,
            type=event.type,
            at=event.at,
            index=event.index,
            public=cast(JsonMap, event.public),
            payload=cast(JsonMap | None, event.payload),
            opened_for=event.opening,
            receipt=f"/v1/receipts/{event.fact_id}",
        )


class ReceiptOut(ResponseModel):
    """收据 · A receipt; `proof` is the tlog-proof text that verifies offline."""

    fact_id: str
    type: str
    index: int
    tree_size: int
    stage: ReceiptStage
    opened: bool = Field(description="Whether it carries payload and salt.")
    proof: str

    @classmethod
    def of(cls, receipt: Receipt) -> "ReceiptOut":
        """From the domain's value."""
        return cls(
            fact_id=receipt.fact_id,
            type=receipt.type,
            index=receipt.index,
            tree_size=receipt.tree_size,
            stage=ReceiptStage.PROVISIONAL,
            opened=receipt.opened,
            proof=receipt.text.decode("utf-8"),
        )


class PendingOut(ResponseModel):
    """待定序 · The fact is committed; ask again after Retry-After."""

    fact_id: str
    status: Literal["PENDING"] = "PENDING"

    @classmethod
    def of(cls, pending: Pending) -> "PendingOut":
        """From the domain's value."""
        return cls(fact_id=pending.fact_id)
