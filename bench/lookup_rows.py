"""A register full of synthetic rows, made inside the database: the same on both, any number.

Row number i of every table belongs to row i of the others. One entity and one seal are heavy: a
tenth of all uses, invoices and facts is theirs, as with a platform's own seal. Every digest and id
is a function of its row number, so a caller knows what stands there without asking.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.schema import CreateIndex, DropIndex

from bench.lookup_columns import ALL, Columns, Tables
from sealsvc.migrations.schema import complete_metadata
from sealsvc.storage.db import MIGRATING, is_sqlite
from sealsvc.tlog.leaf import build_leaf
from sealsvc.values import Fact

ORIGIN = "bench.example/log"
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
# One row in ten is odd and ends in this digit: sealings, never facts of the register.
HEAVY = 5
MILLION = 1_000_000
_PART = MILLION
_CACHE_KIB = 2_000_000
_START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())

_BASE32 = str.maketrans("0189", "ghij")
_FACT, _SEAL, _USCC = f"evt_{'b' * 25}a", f"seal_{'c' * 25}a", f"91{'D' * 16}"


def digest_of(what: str, i: int) -> str:
    """64 hex digits: the i-th digest of a kind."""
    return sha256(f"{what}:{i}".encode()).hexdigest()


def id_of(prefix: str, i: int) -> str:
    """The i-th id with a prefix; 26 base32 digits as real ones have."""
    return f"{prefix}_{digest_of(prefix, i)[:25].translate(_BASE32)}a"


def uscc_of(i: int) -> str:
    """The i-th credit code; its check character is not one."""
    return f"91{digest_of('uscc', i)[:16].upper()}"


def heavy(i: int) -> int:
    """Whose the i-th use, invoice or fact is: one in ten is that of number 0."""
    return 0 if i % 10 == HEAVY else i


def _template(kind: str, public: dict[str, Any]) -> str:
    leaf = build_leaf(
        fact=Fact(kind, (), public=public), fact_id=_FACT, at=AT, salt=bytes(32), origin=ORIGIN
    )
    return leaf.entry.decode()


REGISTRY_LEAF = _template("seal.activated", {"sealId": _SEAL, "uscc": _USCC})
SEALING_LEAF = _template("sealing.completed", {})


def entry_of(i: int) -> bytes:
    """The exact bytes of leaf i: odd ones speak of sealings, even ones of the register."""
    whole = SEALING_LEAF if i % 2 else REGISTRY_LEAF
    whole = whole.replace(_FACT, id_of("evt", i)).replace(_SEAL, id_of("seal", heavy(i)))
    return whole.replace(_USCC, uscc_of(heavy(i))).encode()


_POSTGRES_FUNCTIONS = f"""
CREATE FUNCTION bench_hex(what text, i bigint) RETURNS text LANGUAGE sql IMMUTABLE
  AS $f$ SELECT encode(sha256((what || ':' || i::text)::bytea), 'hex') $f$;
CREATE FUNCTION bench_id(prefix text, i bigint) RETURNS text LANGUAGE sql IMMUTABLE
  AS $f$ SELECT prefix || '_' || translate(substr(bench_hex(prefix, i), 1, 25), '0189', 'ghij')
  || 'a' $f$;
CREATE FUNCTION bench_uscc(i bigint) RETURNS text LANGUAGE sql IMMUTABLE
  AS $f$ SELECT '91' || upper(substr(bench_hex('uscc', i), 1, 16)) $f$;
CREATE FUNCTION bench_heavy(i bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
  AS $f$ SELECT CASE WHEN i % 10 = {HEAVY} THEN 0 ELSE i END $f$;
CREATE FUNCTION bench_entry(i bigint) RETURNS bytea LANGUAGE sql IMMUTABLE
  AS $f$ SELECT replace(replace(replace(
  CASE WHEN i % 2 = 1 THEN '{SEALING_LEAF}' ELSE '{REGISTRY_LEAF}' END,
  '{_FACT}', bench_id('evt', i)), '{_SEAL}', bench_id('seal', bench_heavy(i))),
  '{_USCC}', bench_uscc(bench_heavy(i)))::bytea $f$;
CREATE FUNCTION bench_leaf_hash(i bigint) RETURNS bytea LANGUAGE sql IMMUTABLE
  AS $f$ SELECT sha256('\\x00'::bytea || bench_entry(i)) $f$;
CREATE FUNCTION bench_bytes(t text) RETURNS bytea LANGUAGE sql IMMUTABLE
  AS $f$ SELECT t::bytea $f$;
CREATE FUNCTION bench_time(i bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE
  AS $f$ SELECT to_timestamp({_START} + i) $f$;
CREATE FUNCTION bench_json(t text) RETURNS json LANGUAGE sql IMMUTABLE AS $f$ SELECT t::json $f$;
CREATE FUNCTION bench_flag(n integer) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS $f$ SELECT n <> 0 $f$;
"""


@cache
def _day(number: int) -> str:
    return datetime.fromtimestamp(_START + number * 86_400, UTC).strftime("%Y-%m-%d")


def _time_of(i: int) -> str:
    """SQLite's text of bench_time(i)."""
    day, second = divmod(i, 86_400)
    return f"{_day(day)} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000000"


def _sqlite_functions(connection: Any) -> None:
    for name, count, function in (
        ("bench_hex", 2, digest_of),
        ("bench_id", 2, id_of),
        ("bench_uscc", 1, uscc_of),
        ("bench_heavy", 1, heavy),
        ("bench_entry", 1, entry_of),
        ("bench_leaf_hash", 1, lambda i: sha256(b"\x00" + entry_of(i)).digest()),
        ("bench_bytes", 1, lambda t: t.encode()),
        ("bench_time", 1, _time_of),
        ("bench_json", 1, lambda t: t),
        ("bench_flag", 1, lambda n: n),
    ):
        connection.create_function(name, count, function, deterministic=True)


def prepare(engine: Engine) -> None:
    """An empty schema, and the functions that the rows are made of."""
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        complete_metadata().create_all(connection)
        connection.commit()
    if not is_sqlite(engine):
        with _loading(engine) as connection:
            connection.execute(_POSTGRES_FUNCTIONS)


def fill(engine: Engine, begin: int, end: int, tables: Tables = ALL) -> None:
    """Rows begin..end-1 of these tables.

    Secondary indexes are made anew; PostgreSQL gets its statistics, as its autovacuum would see
    to. SQLite gets none, as in service.
    """
    schema = complete_metadata().tables
    names = sorted({name.partition(" ")[0] for name, _ in tables})
    indexes = [
        index
        for name in names
        for index in sorted(schema[name].indexes, key=lambda one: str(one.name))
    ]
    with _loading(engine) as connection:
        connection.execute("BEGIN")
        for index in indexes:
            connection.execute(str(DropIndex(index).compile(dialect=engine.dialect)))
        for part in _parts(begin, end):
            for name, columns in tables:
                connection.execute(_insert(name, columns, part, sqlite=is_sqlite(engine)))
            if is_sqlite(engine):  # else what waits beside the file grows to many times its size
                connection.execute("COMMIT")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute("BEGIN")
        for index in indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=engine.dialect)))
        connection.execute("COMMIT")
        if is_sqlite(engine):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            if "fact" in names:
                connection.execute(f"SELECT setval('fact_seq', {max(end, 1)}, false)")
            connection.execute("VACUUM ANALYZE")


def _parts(begin: int, end: int) -> list[tuple[int, int]]:
    return [(at, min(end, at + _PART)) for at in range(begin, end, _PART)]


def _insert(name: str, columns: Columns, rows: tuple[int, int], *, sqlite: bool) -> str:
    table, _, where = name.partition(" ")
    begin, end = rows
    names = ", ".join(f'"{one}"' for one in columns)
    values = ", ".join(columns.values())
    if not sqlite:
        series = f"generate_series({begin}::bigint, {end - 1}) AS s(i)"
        return f"INSERT INTO {table} ({names}) SELECT {values} FROM {series} {where}"
    series = f"SELECT {begin} UNION ALL SELECT i + 1 FROM s WHERE i < {end - 1}"
    return (
        f"WITH RECURSIVE s(i) AS ({series}) "
        f"INSERT INTO {table} ({names}) SELECT {values} FROM s {where}"
    )


@contextmanager
def _loading(engine: Engine) -> Iterator[Any]:
    """A bare connection that keeps neither foreign keys nor durability: scratch data."""
    if is_sqlite(engine):
        plain = sqlite3.connect(str(engine.url.database), isolation_level=None)
        _sqlite_functions(plain)
        plain.execute("PRAGMA synchronous=OFF")
        plain.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        plain.execute("PRAGMA temp_store=MEMORY")
        with closing(plain):
            yield plain
        return
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '512MB'")
        yield connection
