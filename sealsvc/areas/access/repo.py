"""Queries about API clients."""

from sqlalchemy import select
from sqlmodel import Session

from sealsvc.areas.access.tables import ClientRow
from sealsvc.errors import NotFound


class ClientNotFound(NotFound):
    """No API client has this id."""

    code = "CLIENT_NOT_FOUND"


def add(session: Session, row: ClientRow) -> None:
    """Insert a client."""
    session.add(row)
    session.flush()


def find(session: Session, client_id: str) -> ClientRow | None:
    """The client of that id, read by primary key."""
    return session.get(ClientRow, client_id)


def get_for_update(session: Session, client_id: str) -> ClientRow:
    """The client, locked until the transaction ends. Raises: ClientNotFound."""
    row = session.get(ClientRow, client_id, with_for_update=True)
    if row is None:
        raise ClientNotFound(clientId=client_id[:40])
    return row


def list_all(session: Session) -> list[ClientRow]:
    """Every client, the oldest first; ids are ordered by time."""
    order = ClientRow.__table__.c.client_id  # type: ignore[attr-defined]
    return list(session.scalars(select(ClientRow).order_by(order)))
