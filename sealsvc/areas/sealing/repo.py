"""Every query on uses of seals."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import Row, String, delete, literal
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from sealsvc.areas.sealing.model import SealingNotFound, SealingStatus, SealingView
from sealsvc.areas.sealing.tables import SealingBatchItemRow, SealingBatchRow, SealUseRow
from sealsvc.storage.rows import Cell, cell_of, insert_rows, update_rows
from sealsvc.values import Placement, SealId

STALE_LIMIT = 500

Instant = TypeVar("Instant", datetime, datetime | None)

_USES = SealUseRow.__table__  # type: ignore[attr-defined]
_ITEMS = SealingBatchItemRow.__table__  # type: ignore[attr-defined]

_ENDING = (
    "status",
    "signature_sha256",
    "sealed_sha256",
    "completed_at",
    "completed_fact_id",
    "abandoned_reason",
)

_Use = SealUseRow | Row[Any]
"""A row of the table, as the ORM or as the database gives it: the names are the same."""


@dataclass(frozen=True)
class Batch:
    """Many sealings under one key of a client. Digests: lower-case hex."""

    batch_id: str
    client_id: str
    key_sha256: str
    seal_id: SealId
    fingerprint: str
    created_at: datetime


def add(session: Session, use: SealingView) -> None:
    """A new use of a seal."""
    session.add(SealUseRow(**_values(use)))


def add_many(session: Session, uses: Sequence[SealingView]) -> None:
    """New uses of seals in one statement."""
    cells = _instants(session, {use.created_at for use in uses})
    rows = [_values(use) for use in uses]
    for row in rows:
        row["declaration"] = json.dumps(row["declaration"])
        row["created_at"] = cells[row["created_at"]]
    if rows:
        insert_rows(session, SealUseRow, tuple(rows[0]), [tuple(row.values()) for row in rows])


def end(session: Session, use: SealingView) -> None:
    """Store how a use ended; what was authorised never changes. Raises: SealingNotFound."""
    row = _locked(session, use.sealing_id)
    row.status = str(use.status)
    row.signature_sha256 = use.signature_sha256
    row.sealed_sha256 = use.sealed_sha256
    row.completed_at = use.completed_at
    row.completed_fact_id = use.completed_fact_id
    row.abandoned_reason = use.abandoned_reason
    session.add(row)


def end_many(session: Session, uses: Sequence[SealingView]) -> None:
    """As `end` of uses that the unit of work has locked."""
    cells = _instants(session, {use.completed_at for use in uses})
    rows: list[tuple[Cell, ...]] = [
        (
            str(use.status),
            use.signature_sha256,
            use.sealed_sha256,
            cells[use.completed_at],
            use.completed_fact_id,
            use.abandoned_reason,
            use.sealing_id,
        )
        for use in uses
    ]
    update_rows(session, SealUseRow, _ENDING, ("id",), rows)


def get(session: Session, sealing_id: str) -> SealingView:
    """One use. Raises: SealingNotFound."""
    row = session.get(SealUseRow, sealing_id)
    if row is None:
        raise SealingNotFound()
    return _view(row)


def find_completed(session: Session, seal_id: str, original: bytes) -> str | None:
    """Hex SHA-256 of the first file that this seal made of exactly these bytes."""
    query = select(SealUseRow.sealed_sha256).where(
        SealUseRow.seal_id == seal_id,
        SealUseRow.original_sha256 == sha256(original).hexdigest(),
        SealUseRow.status == str(SealingStatus.COMPLETED),
    )
    oldest = (col(SealUseRow.completed_at), col(SealUseRow.id))
    return session.exec(query.order_by(*oldest).limit(1)).first()


def get_for_update(session: Session, sealing_id: str) -> SealingView:
    """One use, locked until the transaction ends. Raises: SealingNotFound."""
    return _view(_locked(session, sealing_id))


def locked(session: Session, sealing_ids: Sequence[str]) -> dict[str, SealingView]:
    """Uses by id, locked until the transaction ends."""
    query = core_select(_USES).where(_USES.c.id.in_(sealing_ids))
    rows = session.connection().execute(query.order_by(_USES.c.id).with_for_update())
    return {row.id: _view(row) for row in rows}


def locked_statuses(session: Session, sealing_ids: Sequence[str]) -> dict[str, SealingStatus]:
    """Where uses stand, locked until the transaction ends; all else of an open one is fixed."""
    query = core_select(_USES.c.id, _USES.c.status).where(_USES.c.id.in_(sealing_ids))
    rows = session.connection().execute(query.order_by(_USES.c.id).with_for_update())
    return {sealing_id: SealingStatus(status) for sealing_id, status in rows}


def add_batch(session: Session, batch: Batch) -> None:
    """A new batch; its client and key are unique."""
    plain = dict(vars(batch))
    session.add(SealingBatchRow(id=plain.pop("batch_id"), **plain))


def find_batch(session: Session, client_id: str, key_sha256: str) -> Batch | None:
    """The batch of a client's key."""
    query = select(SealingBatchRow).where(
        SealingBatchRow.client_id == client_id, SealingBatchRow.key_sha256 == key_sha256
    )
    row = session.exec(query).one_or_none()
    if row is None:
        return None
    plain = row.model_dump(exclude={"id"})
    return Batch(batch_id=row.id, **plain | {"seal_id": SealId(row.seal_id)})


def batch_uses(session: Session, batch_id: str, names: Sequence[str]) -> dict[str, SealingView]:
    """The newest use of the seal for each of these names of a batch that had one."""
    query = (
        core_select(_ITEMS.c.name.label("item_name"), _USES)
        .join_from(_ITEMS, _USES, _USES.c.id == _ITEMS.c.sealing_id)
        .where(_ITEMS.c.batch_id == batch_id, _ITEMS.c.name.in_(names))
    )
    return {row.item_name: _view(row) for row in session.connection().execute(query)}


def put_batch_uses(
    session: Session, batch_id: str, uses: Mapping[str, SealingView], before: Iterable[str]
) -> None:
    """From now on these are the newest uses of their names.

    before: the names that have had one, as `batch_uses` told in this transaction.
    """
    if gone := [name for name in before if name in uses]:
        theirs = (_ITEMS.c.batch_id == batch_id, _ITEMS.c.name.in_(gone))
        session.execute(delete(_ITEMS).where(*theirs))
    rows: list[tuple[Cell, ...]] = [(batch_id, name, use.sealing_id) for name, use in uses.items()]
    insert_rows(session, SealingBatchItemRow, ("batch_id", "name", "sealing_id"), rows)


def stale_intents(session: Session, before: datetime) -> list[SealingView]:
    """Intents older than `before` that neither completed nor were abandoned, locked."""
    # In clear, not as a parameter: only so is the index of open uses known to hold them all.
    still_open = literal(str(SealingStatus.AUTHORISED), String(), literal_execute=True)
    query = (
        select(SealUseRow)
        .where(col(SealUseRow.status) == still_open, col(SealUseRow.created_at) < before)
        .order_by(col(SealUseRow.created_at), col(SealUseRow.id))
        .limit(STALE_LIMIT)
        .with_for_update()
    )
    return [_view(row) for row in session.exec(query).all()]


def _locked(session: Session, sealing_id: str) -> SealUseRow:
    query = select(SealUseRow).where(SealUseRow.id == sealing_id).with_for_update()
    row = session.exec(query).one_or_none()
    if row is None:
        raise SealingNotFound()
    return row


def _instants(session: Session, many: set[Instant]) -> dict[Instant, Cell]:
    """A chunk's uses share one instant."""
    return {at: None if at is None else cell_of(session, at) for at in many}


def _values(use: SealingView) -> dict[str, Any]:
    place = use.placement
    return {
        "id": use.sealing_id,
        "status": str(use.status),
        "seal_id": use.seal_id,
        "owner_uscc": use.owner_uscc,
        "cert_serial": use.cert_serial,
        "original_sha256": use.original_sha256,
        "tbs_sha256": use.tbs_sha256,
        "media_type": use.media_type,
        "declaration": use.declaration,
        "page": None if place is None else place.page,
        "x_mm": None if place is None else place.x_mm,
        "y_mm": None if place is None else place.y_mm,
        "width_mm": None if place is None else place.width_mm,
        "by": use.by,
        "created_at": use.created_at,
        "authorised_fact_id": use.authorised_fact_id,
    }


def _view(row: _Use) -> SealingView:
    return SealingView(
        sealing_id=row.id,
        status=SealingStatus(row.status),
        seal_id=SealId(row.seal_id),
        owner_uscc=row.owner_uscc,
        cert_serial=row.cert_serial,
        original_sha256=row.original_sha256,
        tbs_sha256=row.tbs_sha256,
        media_type=row.media_type,
        declaration=row.declaration,
        placement=_placement(row),
        by=row.by,
        created_at=row.created_at,
        authorised_fact_id=row.authorised_fact_id,
        signature_sha256=row.signature_sha256,
        sealed_sha256=row.sealed_sha256,
        completed_at=row.completed_at,
        completed_fact_id=row.completed_fact_id,
        abandoned_reason=row.abandoned_reason,
    )


def _placement(row: _Use) -> Placement | None:
    if row.page is None:
        return None
    assert row.x_mm is not None
    assert row.y_mm is not None
    assert row.width_mm is not None
    return Placement(row.page, row.x_mm, row.y_mm, row.width_mm)
