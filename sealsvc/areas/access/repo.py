"""Queries about API clients; rows go in and come out as values."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from sealsvc.areas.access.model import ClientView
from sealsvc.areas.access.tables import ClientRow
from sealsvc.errors import NotFound
from sealsvc.values import Scope


class ClientNotFound(NotFound):
    """No API client has this id."""

    code = "CLIENT_NOT_FOUND"


@dataclass(frozen=True)
class StoredClient:
    """A client with what is kept of its key."""

    client: ClientView
    secret_sha256: bytes = field(repr=False)


def add(session: Session, stored: StoredClient, *, by: str) -> None:
    """Insert a client; by: client id, or `operator`."""
    client = stored.client
    row = ClientRow(
        client_id=client.client_id,
        name=client.name,
        scopes=" ".join(sorted(client.scopes)),
        entity_uscc=client.entity_uscc,
        secret_sha256=stored.secret_sha256,
        created_at=client.created_at,
        created_by=by,
    )
    session.add(row)
    session.flush()


def find(session: Session, client_id: str) -> StoredClient | None:
    """The client of that id, read by primary key."""
    row = session.get(ClientRow, client_id)
    return None if row is None else StoredClient(_view(row), bytes(row.secret_sha256))


def get_for_update(session: Session, client_id: str) -> ClientView:
    """The client, locked until the transaction ends. Raises: ClientNotFound."""
    return _view(_locked(session, client_id))


def revoke(
    session: Session, client_id: str, *, at: datetime, by: str, reason: str | None
) -> ClientView:
    """Write down that the client's key is worthless. Raises: ClientNotFound."""
    row = _locked(session, client_id)
    row.revoked_at, row.revoked_by, row.revoked_reason = at, by, reason
    return _view(row)


def list_all(session: Session) -> list[ClientView]:
    """Every client, the oldest first; ids are ordered by time."""
    order = ClientRow.__table__.c.client_id  # type: ignore[attr-defined]
    return [_view(row) for row in session.scalars(select(ClientRow).order_by(order))]


def _locked(session: Session, client_id: str) -> ClientRow:
    row = session.get(ClientRow, client_id, with_for_update=True)
    if row is None:
        raise ClientNotFound(clientId=client_id[:40])
    return row


def _view(row: ClientRow) -> ClientView:
    return ClientView(
        client_id=row.client_id,
        name=row.name,
        scopes=frozenset(Scope(name) for name in row.scopes.split()),
        entity_uscc=row.entity_uscc,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
