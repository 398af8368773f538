"""Recording one change: the row, its event and its fact, always together."""

from dataclasses import dataclass
from datetime import datetime

from ca.crl import RevocationReason
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import Revocation
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import SealAction, review_flagged, seal_fact
from sealsvc.areas.seals.tables import SealEventRow, SealRow
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import JsonObject, SealStatus

# A seal that ends takes its certificate along; a suspension stays in the registry alone, since
# certificateHold would make outside readers call honest earlier seals invalid (ADR 5).
ENDS: dict[SealAction, RevocationReason] = {
    SealAction.REPORT_LOST: RevocationReason.KEY_COMPROMISE,
    SealAction.REVOKE: RevocationReason.CESSATION_OF_OPERATION,
    SealAction.REPLACE: RevocationReason.SUPERSEDED,
    SealAction.VOID: RevocationReason.PRIVILEGE_WITHDRAWN,
}


@dataclass(frozen=True)
class Change:
    """What happens to a seal. by: client id or SYSTEM; details: further payload members."""

    action: SealAction
    status: SealStatus
    by: str
    effective_from: datetime
    reason: str | None = None
    details: JsonObject | None = None


def record_change(tx: UnitOfWork, row: SealRow, change: Change) -> None:
    """Set the state, append the event, queue the fact, end what ends with it."""
    row.status = str(change.status)
    row.status_since = tx.now
    row.version = (row.version or 0) + 1
    tx.session.add(row)
    back_dated = change.effective_from != tx.now
    fact_id = tx.record(
        seal_fact(
            change.action,
            repo.view(row).snapshot(),
            by=change.by,
            reason=change.reason,
            effective_from=change.effective_from if back_dated else None,
            details=change.details,
        )
    )
    tx.session.flush()
    tx.session.add(
        SealEventRow(
            seal_id=row.id,
            action=str(change.action),
            status=str(change.status),
            recorded_at=tx.now,
            effective_from=change.effective_from,
            fact_id=fact_id,
            by=change.by,
            reason=change.reason,
        )
    )
    if change.action in ENDS:
        _end_certificates(tx, row, change)
        _flag_counterpart(tx, row, change.by)


def _end_certificates(tx: UnitOfWork, row: SealRow, change: Change) -> None:
    dated_back = change.effective_from < tx.now
    revocation = Revocation(
        reason=ENDS[change.action],
        by=change.by,
        invalid_since=change.effective_from if dated_back else None,
    )
    certs.revoke_all_of_seal(tx, row.id, revocation)


def _flag_counterpart(tx: UnitOfWork, row: SealRow, by: str) -> None:
    """The seal's other medium comes under review. Source: CONTRACT section 2."""
    if row.counterpart_seal_id is None:
        return
    other = repo.get_for_update(tx.session, row.counterpart_seal_id)
    other.under_review = True
    other.version += 1
    tx.session.add(other)
    own = repo.view(row).snapshot()
    tx.record(review_flagged(repo.view(other).snapshot(), by=by, counterpart=own))
