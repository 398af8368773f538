"""The statements of a run of the sequencer. They run for every sealing, so they are built once."""

from typing import Any

from sqlalchemy import Select, Update, bindparam, func, select, update

from sealsvc.storage.tables import CheckpointRow, FactRow, LogEntryRow, LogHeadRow, LogQueueRow

HEAD_ID = 1

_head = LogHeadRow.__table__  # type: ignore[attr-defined]
_queue = LogQueueRow.__table__  # type: ignore[attr-defined]
_fact = FactRow.__table__.c  # type: ignore[attr-defined]
_entry = LogEntryRow.__table__.c  # type: ignore[attr-defined]
_checkpoint = CheckpointRow.__table__.c  # type: ignore[attr-defined]

HEAD: Select[Any] = select(
    _head.c.origin, _head.c.vkey, _head.c.size, _head.c.root, _head.c.checkpoint, _head.c.at
).where(_head.c.id == HEAD_ID)

MOVE_HEAD: Update = (
    update(_head)
    .where(
        _head.c.id == HEAD_ID,
        _head.c.size == bindparam("old_size"),
        _head.c.root == bindparam("old_root"),
    )
    .values({name: bindparam(name) for name in ("size", "root", "checkpoint", "at")})
)

LAST_CHECKPOINT: Select[Any] = select(_checkpoint.at).order_by(_checkpoint.size.desc()).limit(1)

LAST_ENTRY: Select[Any] = select(func.max(_entry.idx))

OLDEST: Select[Any] = (
    select(_queue.c.seq, _fact.entry)
    .join_from(_queue, FactRow, _queue.c.seq == _fact.seq)
    .where(_queue.c.parked.is_(False))
    .order_by(_queue.c.seq)
    .limit(bindparam("rows"))
)
