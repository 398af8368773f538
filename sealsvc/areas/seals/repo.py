"""Every query on seals; the services get their rows, and the rows' names, from here."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from sealsvc.areas.certs import repo as certs
from sealsvc.areas.entities import repo as entities
from sealsvc.areas.entities.model import EntityStatus
from sealsvc.areas.seals.model import OCCUPYING, SealAction, VoidProposal
from sealsvc.areas.seals.model.views import (
    SealApplication,
    SealCredential,
    SealFilter,
    SealHistoryEvent,
    SealNotFound,
    SealView,
)
from sealsvc.areas.seals.tables import SealCredentialRow as SealCredentialRow
from sealsvc.areas.seals.tables import SealEventRow as SealEventRow
from sealsvc.areas.seals.tables import SealRow as SealRow
from sealsvc.storage.seeking import beside
from sealsvc.values import SealId, SealMedium, SealStatus, SealType

BATCH = 500
# What still lives: a change of its counterpart or owner matters to it.
_LIVING = [str(status) for status in sorted(OCCUPYING)]
# A seal here needs no certificate any more, or not yet.
_UNUSED = [
    str(status)
    for status in SealStatus
    if status not in (SealStatus.ACTIVE, SealStatus.SUSPENDED, SealStatus.EXPIRED)
]


_ENTITY = entities.EntityRow.__table__  # type: ignore[attr-defined]
_SEAL = SealRow.__table__  # type: ignore[attr-defined]
_SPELT = ("seal_id", "seal_type", "medium", "status", "void_proposal")
_PLAIN = tuple(one.name for one in fields(SealView) if one.name not in _SPELT)
# Built once: a use of a seal asks it three times.
_OWNED = (
    select_columns(
        _SEAL, _ENTITY.c.status.label("owner_status"), _ENTITY.c.sealing_suite.label("owner_suite")
    )
    .join_from(_SEAL, _ENTITY, _SEAL.c.owner_uscc == _ENTITY.c.uscc)
    .where(_SEAL.c.id == bindparam("seal_id"))
)
_OWNED_LOCKED = _OWNED.with_for_update(of=_SEAL)


@dataclass(frozen=True)
class OwnedSeal:
    """A seal with what its use depends on in its owner. owner_suite: of new sealings, if chosen."""

    seal: SealView
    owner_status: EntityStatus
    owner_suite: str | None


def view(row: SealRow | Row[Any]) -> SealView:
    """The row as a frozen value."""
    return SealView(
        seal_id=SealId(row.id),
        seal_type=SealType(row.seal_type),
        medium=SealMedium(row.medium),
        status=SealStatus(row.status),
        void_proposal=void_proposal(row),
        **{name: getattr(row, name) for name in _PLAIN},
    )


def owned(session: Session, seal_id: str, *, lock: bool = False) -> OwnedSeal:
    """A seal with its owner; lock: the seal, until the transaction ends. Raises: SealNotFound."""
    query = _OWNED_LOCKED if lock else _OWNED
    row = session.connection().execute(query, {"seal_id": seal_id}).one_or_none()
    if row is None:
        raise SealNotFound(sealId=seal_id[:40])
    return OwnedSeal(view(row), EntityStatus(row.owner_status), row.owner_suite)


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


def get_family_for_update(session: Session, seal_id: str) -> SealRow:
    """The row, locked together with its counterparts, always in order of id (no deadlock).

    Raises: SealNotFound.
    """
    linked = select(SealRow.counterpart_seal_id).where(SealRow.id == seal_id).scalar_subquery()
    query = (
        select(SealRow)
        .where(
            or_(
                col(SealRow.id) == seal_id,
                col(SealRow.counterpart_seal_id) == seal_id,
                col(SealRow.id) == linked,
            )
        )
        .order_by(col(SealRow.id))
        .with_for_update()
    )
    for row in session.exec(query):
        if row.id == seal_id:
            return row
    raise SealNotFound(sealId=seal_id[:40])


def counterparts(session: Session, row: SealRow) -> Sequence[SealRow]:
    """Living seals of the other medium that are linked with this one, from either side."""
    either = [col(SealRow.counterpart_seal_id) == row.id]
    if row.counterpart_seal_id is not None:
        either.append(col(SealRow.id) == row.counterpart_seal_id)
    # Few are linked, many are alive: SQLite would take a condition on the status first.
    linked = session.exec(select(SealRow).where(or_(*either)).order_by(col(SealRow.id))).all()
    return [one for one in linked if one.status in _LIVING]


def find_by_code(session: Session, code: str) -> SealRow | None:
    """The seal with this code."""
    return session.exec(select(SealRow).where(SealRow.code == code)).one_or_none()


def find_like(session: Session, wanted: SealApplication) -> SealView | None:
    """The seal that an application describes: of its code; without one, a living one alike."""
    if wanted.code is not None:
        row = find_by_code(session, wanted.code)
        return None if row is None else view(row)
    query = select(SealRow).where(
        SealRow.owner_uscc == wanted.uscc,
        SealRow.seal_type == str(wanted.seal_type),
        SealRow.medium == str(wanted.medium),
        SealRow.name == wanted.name,
        col(SealRow.person_name).is_not_distinct_from(wanted.person_name),
        col(SealRow.sequence).is_not_distinct_from(wanted.sequence),
        beside(SealRow.status).in_(_LIVING),
    )
    row = session.exec(query.order_by(beside(SealRow.id)).limit(1)).first()
    return None if row is None else view(row)


def search(session: Session, wanted: SealFilter) -> Sequence[SealRow]:
    """Seals by filter, in order of id; one more than the limit tells that there are more."""
    query = select(SealRow).order_by(col(SealRow.id)).limit(wanted.limit + 1)
    if wanted.uscc is not None:
        query = query.where(SealRow.owner_uscc == wanted.uscc)
    if wanted.code is not None:
        query = query.where(SealRow.code == wanted.code)
    named = wanted.uscc is not None or wanted.code is not None
    if wanted.seal_type is not None:
        kind = beside(SealRow.seal_type) if named else col(SealRow.seal_type)
        query = query.where(kind == str(wanted.seal_type))
    if wanted.status is not None:
        status = beside(SealRow.status) if named else col(SealRow.status)
        query = query.where(status == str(wanted.status))
    if not wanted.persons and wanted.uscc is None and wanted.code is None:
        query = query.where(col(SealRow.owner_is_person).is_(False))
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
            col(SealRow.status).in_(_LIVING),
        )
    )
    return session.exec(query).one()


def due_to_expire(session: Session, now: datetime) -> Sequence[SealRow]:
    """Seals in use whose validity is over."""
    query = select(SealRow).where(
        col(SealRow.valid_until) <= now,
        col(SealRow.status).in_([str(SealStatus.ACTIVE), str(SealStatus.SUSPENDED)]),
    )
    return session.exec(query.order_by(col(SealRow.valid_until)).limit(BATCH)).all()


def of_cancelled_owners(session: Session) -> Sequence[SealRow]:
    """Living seals whose owner is no more."""
    query = select(SealRow).where(
        col(SealRow.status).in_(_LIVING), col(SealRow.owner_uscc).in_(entities.cancelled_usccs())
    )
    return session.exec(query.order_by(col(SealRow.id)).limit(BATCH)).all()


def unused_with_live_certificate(session: Session, before: datetime) -> Sequence[SealRow]:
    """Seals out of use that still hold a good certificate, intended before then."""
    query = select(SealRow).where(
        col(SealRow.status).in_(_UNUSED),
        certs.holds_live_certificate(col(SealRow.id), before),
    )
    return session.exec(query.order_by(col(SealRow.id)).limit(BATCH)).all()


def history(session: Session, seal_id: str) -> list[SealHistoryEvent]:
    """The seal's changes in the order of recording, with the facts that prove them."""
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


def credentials(session: Session, seal_id: str) -> list[SealCredential]:
    """What the seal signs or signed with, the newest first."""
    query = select(SealCredentialRow).where(SealCredentialRow.seal_id == seal_id)
    rows = session.exec(query.order_by(col(SealCredentialRow.position).desc())).all()
    return [_credential(row) for row in rows]


def credential_of_eseal(session: Session, eseal_sha256: str) -> SealCredential | None:
    """Whose electronic seal has this digest."""
    query = select(SealCredentialRow).where(SealCredentialRow.eseal_sha256 == eseal_sha256)
    row = session.exec(query).first()
    return None if row is None else _credential(row)


def _credential(row: SealCredentialRow) -> SealCredential:
    return SealCredential(
        seal_id=SealId(row.seal_id),
        suite=row.suite,
        key_ref=row.key_ref,
        cert_serial=row.cert_serial,
        eseal_sha256=row.eseal_sha256,
        made_at=row.made_at,
    )


def void_proposal(row: SealRow | Row[Any]) -> VoidProposal | None:
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
