"""A registry of many seals, written straight into the SQLite file of a stopped service.

Every row is a copy of what the founding itself wrote for its own seal, under other ids: an owner
for every four seals; for each seal its row, events, credentials, certificates and facts with their
subjects. The copied facts stand in no log: looking up is measured with them, not proving.
"""

import base64
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.builders.invoices import make_uscc

SEALS_AN_OWNER = 4
_ID_BYTES = 16
_CACHE_KIB = 512 * 1024
# More facts than a young service has logged: their numbers and those of the copies stay apart.
_FOUNDING_FACTS = 65_536


@dataclass(frozen=True)
class Copied:
    """Which rows of a table are copied, and what each copy has of its own.

    where: an SQL condition over `:subject`; own: column -> expression over `n`, the copy's number,
    and the copied row `t`.
    """

    table: str
    where: str
    own: Mapping[str, str]


_OWNER = Copied(
    "entity", "t.uscc = :subject", {"uscc": "uscc_of(n)", "entity_id": "id_of('ent', n)"}
)
_SEAL_ID = "id_of('seal', n)"
_SERIAL = "serial_of(t.cert_serial, n)"
_SEQ = f"(n + 1) * {_FOUNDING_FACTS} + t.seq"
_OF_SEAL = (
    Copied(
        "seal",
        "t.id = :subject",
        {"id": _SEAL_ID, "owner_uscc": "owner_of(n)", "cert_serial": _SERIAL},
    ),
    Copied("seal_event", "t.seal_id = :subject", {"position": "NULL", "seal_id": _SEAL_ID}),
    Copied(
        "seal_credential",
        "t.seal_id = :subject",
        {"position": "NULL", "seal_id": _SEAL_ID, "cert_serial": _SERIAL},
    ),
    Copied(
        "certificate",
        "t.seal_id = :subject",
        {
            "serial_hex": "serial_of(t.serial_hex, n)",
            "seal_id": _SEAL_ID,
            "uscc": "owner_of(n)",
        },
    ),
    Copied(
        "fact",
        "t.seq IN (SELECT seq FROM fact_subject WHERE subject_id = :subject)",
        {
            "seq": _SEQ,
            "fact_id": "fact_of(t.fact_id, n)",
            "subjects": f"replace(t.subjects, :subject, {_SEAL_ID})",
        },
    ),
    Copied(
        "fact_subject",
        "t.kind = 'seal' AND t.subject_id = :subject",
        {"seq": _SEQ, "subject_id": _SEAL_ID},
    ),
)


def fill_registry(database: Path, seals: int) -> float:
    """Add so many seals to a founded domain; the wall seconds it took."""
    begin = time.perf_counter()
    link = sqlite3.connect(database)
    try:
        link.execute("PRAGMA synchronous=OFF")
        link.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        for name, (arity, function) in _FUNCTIONS.items():
            link.create_function(name, arity, function, deterministic=True)
        seal_id, owner = link.execute("SELECT id, owner_uscc FROM seal LIMIT 1").fetchone()
        _copy(link, _OWNER, owner, seals // SEALS_AN_OWNER + 1)
        for copied in _OF_SEAL:
            _copy(link, copied, seal_id, seals)
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        link.close()
    return time.perf_counter() - begin


def _copy(link: sqlite3.Connection, copied: Copied, subject: str, count: int) -> None:
    columns = [row[1] for row in link.execute(f"PRAGMA table_info({copied.table})")]
    values = ", ".join(copied.own.get(one, f't."{one}"') for one in columns)
    names = ", ".join(f'"{one}"' for one in columns)
    link.execute(
        "WITH RECURSIVE turn(n) AS"
        " (SELECT 0 UNION ALL SELECT n + 1 FROM turn WHERE n + 1 < :count)"
        f" INSERT INTO {copied.table} ({names}) SELECT {values} FROM turn, {copied.table} AS t"
        f" WHERE {copied.where}",
        {"count": count, "subject": subject},
    )
    link.commit()


def synthetic_id(prefix: str, number: int | str) -> str:
    """An id of the service's shape: 128 bits in small base 32."""
    bits = sha256(f"{prefix} {number}".encode()).digest()[:_ID_BYTES]
    return f"{prefix}_{base64.b32encode(bits).decode().rstrip('=').lower()}"


def synthetic_uscc(number: int) -> str:
    """A credit code with its check character, of the range of made-up ones."""
    return make_uscc(f"91320000M{number:08d}")


def synthetic_serial(serial: str, number: int) -> str:
    """Another serial number of the same length and first digit. serial: hexadecimal."""
    digits = sha256(f"{serial} {number}".encode()).hexdigest()
    return serial[0] + digits[: len(serial) - 1]


_FUNCTIONS: dict[str, tuple[int, Callable[..., str]]] = {
    "id_of": (2, synthetic_id),
    "uscc_of": (1, synthetic_uscc),
    "owner_of": (1, lambda number: synthetic_uscc(number // SEALS_AN_OWNER)),
    "serial_of": (2, synthetic_serial),
    "fact_of": (2, lambda fact_id, number: synthetic_id("evt", f"{fact_id} {number}")),
}
