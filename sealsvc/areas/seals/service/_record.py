"""Recording one change: the row, its event and its fact, always together."""

from dataclasses import dataclass
from datetime import datetime

from ca.crl import RevocationReason
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import Revocation
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import SealAction, review_flagged, seal_fact
from sealsvc.areas.seals.repo import SealEventRow, SealRow
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
# A remake is routine; what went wrong with one medium is a question to the other.
_ALARMING = frozenset({SealAction.REPORT_LOST, SealAction.REVOKE, SealAction.VOID})


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
    """Set the state, append the event, queue the fact, end what ends with it.

    The row was locked by `repo.get_family_for_update` where its end concerns a counterpart.
    """
    row.status = str(change.status)
    if change.action is not SealAction.REISSUE:  # which leaves the state as it was
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
    if change.action in _ALARMING:
        _flag_counterparts(tx, row, change.by)


def particulars(row: SealRow) -> JsonObject:
    """What the payload of a seal's application and activation fixes beside its public members."""
    members: dict[str, str | None] = {
        "name": row.name,
        "code": row.code,
        "imprintDigest": row.imprint_sha256,
        "imprintPixelsDigest": row.imprint_rgba_sha256,
        "counterpartSealId": row.counterpart_seal_id,
        "supersedes": row.supersedes,
    }
    return {name: value for name, value in members.items() if value is not None}


def _end_certificates(tx: UnitOfWork, row: SealRow, change: Change) -> None:
    dated_back = change.effective_from < tx.now
    revocation = Revocation(
        reason=ENDS[change.action],
        by=change.by,
        invalid_since=change.effective_from if dated_back else None,
    )
    certs.revoke_all_of_seal(tx, row.id, revocation)


def _flag_counterparts(tx: UnitOfWork, row: SealRow, by: str) -> None:
    """The seal's other medium comes under review. Source: CONTRACT section 2."""
    own = repo.view(row).snapshot()
    for other in repo.counterparts(tx.session, row):
        other.under_review = True
        other.version += 1
        tx.session.add(other)
        tx.record(review_flagged(repo.view(other).snapshot(), by=by, counterpart=own))
