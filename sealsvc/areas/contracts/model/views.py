"""What readers of contracts ask for and see beside the contract itself."""

from dataclasses import dataclass
from datetime import datetime

from sealsvc.areas.contracts.model.lifecycle import ContractStatus


@dataclass(frozen=True)
class ContractEvent:
    """One fact of a contract as it was recorded. digest: of the file at that time."""

    type: str
    status: str
    digest: str
    recorded_at: datetime
    fact_id: str
    by: str
    uscc: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class ContractFilter:
    """uscc: only what this entity may see, None for auditors. after: last id of the page before."""

    uscc: str | None = None
    status: ContractStatus | None = None
    number: str | None = None
    after: str | None = None
    limit: int = 50
