"""Which blobs the database names: what a sweep must leave alone.

Asked of the database itself, not of the tables this process happens to know: every text column
as wide as a SHA-256 in hex counts, so a column that names no blob only keeps one too many.
"""

from sqlalchemy import ColumnClause, String, column, func, inspect, select, table
from sqlalchemy.engine import Connection
from sqlmodel import Session

HEX_LENGTH = 64
# As wide as a digest, and of the largest tables.
NO_DIGESTS = frozenset({"type"})


def digest_columns(connection: Connection) -> tuple[tuple[str, str], ...]:
    """(table, column) of all text columns that can hold a digest and no more."""
    inspector = inspect(connection)
    return tuple(
        (name, str(one["name"]))
        for name in sorted(inspector.get_table_names())
        for one in inspector.get_columns(name)
        if getattr(one["type"], "length", None) == HEX_LENGTH and one["name"] not in NO_DIGESTS
    )


def named_blobs(session: Session, prefix: str) -> frozenset[str]:
    """Digests (lower-case hex) beginning with `prefix` that any row names."""
    found: set[str] = set()
    for name, digest in digest_columns(session.connection()):
        here: ColumnClause[str] = column(digest, String)
        query = (
            select(here)
            .select_from(table(name, here))
            .where(func.substr(here, 1, len(prefix)) == prefix)
            .distinct()
        )
        found |= {str(one) for one in session.execute(query).scalars()}
    return frozenset(found)
