"""Every query on seals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from sealsvc.areas.seals.model import OCCUPYING, SealAction, SealEvent, VoidProposal
from sealsvc.areas.seals.model.views import SealHistoryEvent, SealNotFound, SealView
from sealsvc.areas.seals.tables import SealEventRow, SealRow
from sealsvc.values import SealId, SealMedium, SealStatus, SealType


@dataclass(frozen=True)
class SealFilter:
    """Members that are None do not filter. after: cursor, the last seal id of the page before."""

    uscc: str | None = None
    code: str | None = None
    seal_type: SealType | None = None
    status: SealStatus | None = None
    after: str | None = None
    limit: int = 50


def view(row: SealRow) -> SealView:
    """The row as a frozen value."""
    plain = row.model_dump(
        exclude={
            "id",
            "person_name",
            "sequence",
            "void_proposed_at",
            "void_effective_from",
            "void_reason",
        }
    )
    plain |= {
        "seal_id": SealId(row.id),
        "seal_type": SealType(row.seal_type),
        "medium": SealMedium(row.medium),
        "status": SealStatus(row.status),
    }
    return SealView(**plain)


def get_seal(session: Session, seal_id: str) -> SealRow:
    """The row. Raises: SealNotFound."""
    row = session.get(SealRow, seal_id)
    if row is None:
        raise SealNotFound(sealId=seal_id[:40])
    return row


def get_for_update(session: Session, seal_id: str) -> SealRow:
    """The row, locked until the transaction ends. Raises: SealNotFound."""
    query = select(SealRow).where(SealRow.id == seal_id).with_for_update()
    row = session.exec(query).one_or_none()
    if row is None:
        raise SealNotFound(sealId=seal_id[:40])
    return row


def find_by_code(session: Session, code: str) -> SealRow | None:
    """The seal with this code."""
    return session.exec(select(SealRow).where(SealRow.code == code)).one_or_none()


def search(session: Session, wanted: SealFilter) -> Sequence[SealRow]:
    """Seals by filter, in order of id; one more than the limit tells that there are more."""
    query = select(SealRow).order_by(col(SealRow.id)).limit(wanted.limit + 1)
    if wanted.uscc is not None:
        query = query.where(SealRow.owner_uscc == wanted.uscc)
    if wanted.code is not None:
        query = query.where(SealRow.code == wanted.code)
    if wanted.seal_type is not None:
        query = query.where(SealRow.seal_type == str(wanted.seal_type))
    if wanted.status is not None:
        query = query.where(SealRow.status == str(wanted.status))
    if wanted.after is not None:
        query = query.where(col(SealRow.id) > wanted.after)
    return session.exec(query).all()


def occupied(session: Session, uscc: str, seal_type: SealType, medium: SealMedium) -> int:
    """How many of an entity's places of this kind are taken."""
    query = (
        select(func.count())
        .select_from(SealRow)
        .where(
            SealRow.owner_uscc == uscc,
            SealRow.seal_type == str(seal_type),
            SealRow.medium == str(medium),
            col(SealRow.status).in_([str(status) for status in OCCUPYING]),
        )
    )
    return session.exec(query).one()


def due_to_expire(session: Session, now: datetime) -> Sequence[SealRow]:
    """Seals in use whose validity is over."""
    query = select(SealRow).where(
        col(SealRow.valid_until) <= now,
        col(SealRow.status).in_([str(SealStatus.ACTIVE), str(SealStatus.SUSPENDED)]),
    )
    return session.exec(query.limit(500)).all()


def events(session: Session, seal_id: str) -> list[SealEvent]:
    """The seal's changes in the order of recording."""
    return [
        SealEvent(item.action, item.status, item.recorded_at, item.effective_from, item.reason)
        for item in history(session, seal_id)
    ]


def history(session: Session, seal_id: str) -> list[SealHistoryEvent]:
    """The same with the facts that prove them."""
    query = select(SealEventRow).where(SealEventRow.seal_id == seal_id)
    rows = session.exec(query.order_by(col(SealEventRow.position))).all()
    return [
        SealHistoryEvent(
            action=SealAction(row.action),
            status=SealStatus(row.status),
            recorded_at=row.recorded_at,
            effective_from=row.effective_from,
            fact_id=row.fact_id,
            by=row.by,
            reason=row.reason,
        )
        for row in rows
    ]


def void_proposal(row: SealRow) -> VoidProposal | None:
    """The proposal that waits on this seal."""
    if row.void_proposer is None:
        return None
    assert row.void_proposed_at is not None
    assert row.void_effective_from is not None
    return VoidProposal(
        seal_id=row.id,
        proposer_client_id=row.void_proposer,
        proposed_at=row.void_proposed_at,
        effective_from=row.void_effective_from,
        reason=row.void_reason or "",
    )
