"""Idempotency keys: a write that is sent twice takes effect once.

`begin` claims a key, `running` lets every unit of work note on it that facts were committed,
`finish` stores the answer, `abandon` gives the key back. An answer lost in a crash is told from
a request that never took effect by that note. Source: api-conventions section 4 (draft-07).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError

from sealsvc.areas.deps import Deps
from sealsvc.errors import BadInput, Conflict
from sealsvc.ports import BlobMissing
from sealsvc.storage.idempotency import IdempotencyScope, current_request
from sealsvc.storage.tables import IdempotencyRow

KEEP = timedelta(hours=24)
LEASE = timedelta(seconds=120)

_SCOPE_CHARACTERS = 200
_FACT_ID_CHARACTERS = 30
_TABLE = IdempotencyRow.__table__  # type: ignore[attr-defined]


class IdempotencyKeyReused(BadInput):
    """The key was used for another request within the last 24 hours."""

    code = "IDEMPOTENCY_KEY_REUSED"


class RequestInProgress(Conflict):
    """The first request with this key is still running. Fields: retry_after_s."""

    code = "REQUEST_IN_PROGRESS"


class RequestInterrupted(Conflict):
    """The first request took effect, but its answer was lost. Fields: fact_ids, space-separated."""

    code = "REQUEST_INTERRUPTED"


@dataclass(frozen=True)
class Begun:
    """A claimed key: this request runs. started_at tells the claim from a later one."""

    scope: str
    key: str
    started_at: datetime


@dataclass(frozen=True)
class Replay:
    """The stored answer of the first request."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def begin(deps: Deps, client_id: str, route: str, key: str, fingerprint: str) -> Begun | Replay:
    """Claim the key for this client and route, or find the answer already given.

    route: method, template and path; fingerprint: hex SHA-256 over the whole request.
    Raises: IdempotencyKeyReused, RequestInProgress, RequestInterrupted, StorageFull.
    """
    scope = _scope(client_id, route)
    found = _claim(deps, scope, key, fingerprint)
    if isinstance(found, Begun):
        return found
    try:
        body = deps.blobs.get(found["body_sha256"])
    except BlobMissing as error:
        raise RequestInterrupted(fact_ids=_fact_ids(found["committed"])) from error
    headers = tuple((name, value) for name, value in json.loads(found["headers"]))
    return Replay(found["status"], headers, body)


@contextmanager
def running(begun: Begun) -> Iterator[None]:
    """Around the request: units of work inside mark the key when they commit facts."""
    token = current_request.set(IdempotencyScope(begun.scope, begun.key, begun.started_at))
    try:
        yield
    finally:
        current_request.reset(token)


def finish(
    deps: Deps, begun: Begun, status: int, headers: tuple[tuple[str, str], ...], body: bytes
) -> None:
    """Store the answer, unless the claim was lost meanwhile. Raises: StorageFull."""
    digest = deps.blobs.put(body)
    _change(
        deps,
        begun,
        {"status": status, "headers": json.dumps(headers), "body_sha256": digest},
    )


def abandon(deps: Deps, begun: Begun) -> None:
    """Give the key back after a failure that may pass.

    A request that took effect keeps its claim with the lease over, so that the next one with
    this key learns which facts to look up. Raises: StorageFull.
    """
    with deps.write() as tx:
        tx.session.execute(delete(_TABLE).where(_claimed(begun), _TABLE.c.committed.is_(None)))
        tx.session.execute(
            update(_TABLE).where(_claimed(begun)).values(started_at=begun.started_at - LEASE)
        )
        tx.commit()


def forget_expired(deps: Deps) -> int:
    """Drop what is older than 24 hours; how many rows. The answers' blobs stay."""
    with deps.write() as tx:
        gone = tx.session.execute(delete(_TABLE).where(_TABLE.c.started_at < tx.now - KEEP))
        tx.commit()
    return int(getattr(gone, "rowcount", 0))


def _claim(deps: Deps, scope: str, key: str, fingerprint: str) -> Begun | RowMapping:
    fresh = {"fingerprint": fingerprint, "committed": None, "status": None}
    where = and_(_TABLE.c.scope == scope, _TABLE.c.key == key)
    try:
        with deps.write() as tx:
            row = tx.session.execute(select(_TABLE).where(where)).mappings().one_or_none()
            begun = Begun(scope, key, tx.now)
            if row is None:
                values = fresh | {"scope": scope, "key": key, "started_at": tx.now}
                tx.session.execute(insert(_TABLE).values(**values))
            elif _may_take_over(row, fingerprint, tx.now):
                # Compare and swap: of two that find the same stale claim, one gets it.
                swapped = tx.session.execute(
                    update(_TABLE)
                    .where(where, _TABLE.c.started_at == row["started_at"])
                    .values(**fresh, started_at=tx.now, headers=None, body_sha256=None)
                )
                if getattr(swapped, "rowcount", 0) != 1:
                    raise RequestInProgress(retry_after_s=1)
            else:
                return row
            tx.commit()
    except IntegrityError as error:  # PostgreSQL: the twin inserted first
        raise RequestInProgress(retry_after_s=1) from error
    return begun


def _may_take_over(row: RowMapping, fingerprint: str, now: datetime) -> bool:
    """Whether the claim is free again; False: it is answered. Raises: as `begin`."""
    age = now - row["started_at"]
    if age >= KEEP:
        return True
    if row["fingerprint"] != fingerprint:
        raise IdempotencyKeyReused()
    if row["status"] is not None:
        return False
    if age < LEASE:
        raise RequestInProgress(retry_after_s=min(5, int((LEASE - age).total_seconds()) + 1))
    if row["committed"]:
        raise RequestInterrupted(fact_ids=_fact_ids(row["committed"]))
    return True


def _change(deps: Deps, begun: Begun, values: Mapping[str, object]) -> None:
    with deps.write() as tx:
        tx.session.execute(update(_TABLE).where(_claimed(begun)).values(**values))
        tx.commit()


def _claimed(begun: Begun) -> ColumnElement[bool]:
    return and_(
        _TABLE.c.scope == begun.scope,
        _TABLE.c.key == begun.key,
        _TABLE.c.started_at == begun.started_at,
        _TABLE.c.status.is_(None),
    )


def _scope(client_id: str, route: str) -> str:
    scope = f"{client_id} {route}"
    if len(scope) <= _SCOPE_CHARACTERS:
        return scope
    return f"{client_id} {hashlib.sha256(route.encode()).hexdigest()}"


def _fact_ids(committed: str | None) -> str:
    """The ids noted on the key; the column may have cut the last one off."""
    noted = (committed or "").split(",")
    return " ".join(fact_id for fact_id in noted if len(fact_id) == _FACT_ID_CHARACTERS)
