"""Which blobs the database names: what a sweep must leave alone.

Asked of the database itself, not of the tables this process happens to know: every text column
as wide as a SHA-256 in hex counts, so a column that names no blob only keeps one too many. Those
known to name none are left out by name, and all others are indexed, so that asking costs what is
asked and not what the tables hold.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnClause, String, column, inspect, select, table
from sqlalchemy.engine import Connection
from sqlmodel import Session

HEX_LENGTH = 64
_ASKED = 500
# As wide as a digest, but of no blob: types, reasons, numbers, keyed digests, digests over what is
# signed, over pixels, over requests. A column whose name is not here counts, whatever it holds.
NO_DIGESTS = frozenset(
    {
        "type",
        "abandoned_reason",
        "number",
        "mac",
        "held_mac",
        "identity_mac",
        "tbs_sha256",
        "signature_sha256",
        "imprint_rgba_sha256",
        "entries_sha256",
        "fingerprint",
        "key_sha256",
    }
)


def digest_columns(connection: Connection) -> tuple[tuple[str, str], ...]:
    """(table, column) of all text columns that can hold a digest and no more."""
    inspector = inspect(connection)
    return tuple(
        (name, str(one["name"]))
        for name in sorted(inspector.get_table_names())
        for one in inspector.get_columns(name)
        if getattr(one["type"], "length", None) == HEX_LENGTH and one["name"] not in NO_DIGESTS
    )


def named_blobs(session: Session, digests: Sequence[str]) -> frozenset[str]:
    """Those of the digests (lower-case hex) that any row names."""
    found: set[str] = set()
    for name, digest in digest_columns(session.connection()):
        here: ColumnClause[str] = column(digest, String)
        for at in range(0, len(digests), _ASKED):
            part = digests[at : at + _ASKED]
            query = select(here).select_from(table(name, here)).where(here.in_(part)).distinct()
            found |= {str(one) for one in session.execute(query).scalars()}
    return frozenset(found)
