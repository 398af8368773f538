"""The auditor finds what was changed behind the log's back; a regressed database is refused."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, delete, select, update

from sealsvc.adapters.log_http import MAX_BYTES, HttpLog, LogUnreachable, audit_url
from sealsvc.areas.deps import Deps
from sealsvc.areas.transparency import service
from sealsvc.errors import ServiceError
from sealsvc.storage.db import MIGRATING
from sealsvc.storage.logbook import Logbook, LogForkRefused
from sealsvc.storage.tables import (
    FactRow,
    FactSubjectRow,
    LogEntryRow,
    LogHeadRow,
    LogTileRow,
)
from sealsvc.tlog.audit import AuditFailure, AuditFault
from sealsvc.tlog.note import NoteInvalid
from tests.areas.transparency.support import record, seal_activated

Fetch = Callable[[str], bytes]
SIZE = 300


@pytest.fixture
def fetch(deps: Deps, logbook: Logbook) -> Fetch:
    def get(path: str) -> bytes:
        if path == "checkpoint":
            return service.checkpoint(logbook)
        return service.tile(deps, logbook, path)

    return get


@pytest.fixture
def log(deps: Deps, logbook: Logbook) -> Logbook:
    record(deps, *(seal_activated() for _ in range(SIZE - 1)))
    logbook.sequence()
    return logbook


@pytest.fixture
def tamper(engine: Engine) -> Callable[..., None]:
    """Run statements behind the unit of work's back, as an intruder in the database would."""

    def run(*statements) -> None:
        with engine.connect().execution_options(**{MIGRATING: True}) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return run


def flipped(data: bytes, at: int = 40) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def fault(fetch: Fetch, vkey: str, kept: bytes | None = None) -> AuditFault:
    with pytest.raises(AuditFailure) as caught:
        audit_url(fetch, vkey, kept)
    return caught.value.reason


def test_a_sound_log(deps: Deps, log: Logbook, fetch: Fetch) -> None:
    first = audit_url(fetch, service.key(log))
    assert (first.report.size, first.report.bundles, first.report.tiles) == (SIZE, 2, 3)
    assert first.note == service.checkpoint(log)
    record(deps, seal_activated())
    log.sequence()
    assert audit_url(fetch, service.key(log), first.note).report.size == SIZE + 1


@pytest.mark.parametrize(("level", "n"), [(0, 0), (0, 1), (1, 0)])
def test_a_flipped_bit_in_a_stored_tile(log: Logbook, fetch: Fetch, tamper, deps, level, n) -> None:
    here = (LogTileRow.level == level, LogTileRow.n == n)
    with deps.read() as session:
        data = session.scalars(select(LogTileRow.data).where(*here)).one()
    tamper(update(LogTileRow).where(*here).values(data=flipped(data, 3)))
    assert fault(fetch, service.key(log)) is AuditFault.TILE_DIFFERS


@pytest.mark.parametrize("index", [0, 7, 255, 256, SIZE - 1])
def test_a_flipped_bit_in_an_entry(log: Logbook, fetch: Fetch, tamper, deps, index: int) -> None:
    with deps.read() as session:
        seq = session.scalars(select(LogEntryRow.seq).where(LogEntryRow.idx == index)).one()
        entry = session.scalars(select(FactRow.entry).where(FactRow.seq == seq)).one()
    at = entry.index(b"T0") + 1  # the hour: still a leaf of our profile
    other = entry[:at] + b"1" + entry[at + 1 :]
    tamper(update(FactRow).where(FactRow.seq == seq).values(entry=other))
    assert fault(fetch, service.key(log)) is AuditFault.TILE_DIFFERS


def test_an_entry_that_is_no_leaf_any_more(log: Logbook, fetch: Fetch, tamper, deps) -> None:
    with deps.read() as session:
        seq = session.scalars(select(LogEntryRow.seq).where(LogEntryRow.idx == 9)).one()
    tamper(update(FactRow).where(FactRow.seq == seq).values(entry=b"{}"))
    assert fault(fetch, service.key(log)) is AuditFault.ENTRY_NOT_A_LEAF


def test_a_log_that_was_rewritten_or_rolled_back(deps, log: Logbook, fetch: Fetch) -> None:
    old = service.checkpoint(log)
    record(deps, seal_activated())
    log.sequence()
    newer = service.checkpoint(log)

    def rolled_back(path: str) -> bytes:
        return old if path == "checkpoint" else fetch(path)

    assert fault(rolled_back, service.key(log), newer) is AuditFault.ROLLED_BACK
    with pytest.raises(NoteInvalid):
        audit_url(fetch, service.key(log), flipped(old, -3))


def test_a_checkpoint_by_another_key(log: Logbook, fetch: Fetch) -> None:
    from sealsvc.tlog.keys import KeyType, VerifierKey

    stranger = str(VerifierKey(service.key(log).split("+")[0], KeyType.ED25519, bytes(32)))
    with pytest.raises(NoteInvalid):
        audit_url(fetch, stranger)
    with pytest.raises(ServiceError):
        audit_url(fetch, "not a key")


def test_a_restored_backup_is_refused(
    deps: Deps, log: Logbook, engine: Engine, tmp_path: Path
) -> None:
    """The high-water mark is not in the database, so no backup of it brings it back."""
    tables = (FactRow, FactSubjectRow, LogEntryRow, LogTileRow, LogHeadRow)
    with engine.connect() as connection:
        backup = {
            one: [dict(row._mapping) for row in connection.execute(select(one.__table__))]
            for one in tables
        }
    record(deps, seal_activated())
    log.sequence()
    log.check()
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        for one in reversed(tables):
            connection.execute(delete(one))
        for one in tables:
            connection.execute(one.__table__.insert(), backup[one])
        connection.commit()
    with pytest.raises(LogForkRefused):
        log.check()
    record(deps, seal_activated())
    with pytest.raises(LogForkRefused):
        log.sequence()


def test_a_contradicting_database_is_refused(log: Logbook, tamper, deps) -> None:
    with deps.read() as session:
        data = session.scalars(select(LogTileRow.data).where(LogTileRow.level == 1)).one()
    tamper(update(LogTileRow).where(LogTileRow.level == 1).values(data=flipped(data, 0)))
    with pytest.raises(LogForkRefused):
        log.check()


def over_http(fetch: Fetch, **special: httpx.Response) -> HttpLog:
    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/log/")
        if path in special:
            return special[path]
        try:
            return httpx.Response(200, content=fetch(path))
        except ServiceError:
            return httpx.Response(404)

    return HttpLog("http://seal.example/log/", transport=httpx.MockTransport(answer))


def test_over_http(log: Logbook, fetch: Fetch) -> None:
    vkey = service.key(log)
    with over_http(fetch, key=httpx.Response(200, text=vkey + "\n")) as http:
        assert http.vkey() == vkey
        assert audit_url(http, http.vkey()).report.size == SIZE


def test_partial_objects_are_cut_from_full_ones(deps: Deps, log: Logbook, fetch: Fetch) -> None:
    record(deps, *(seal_activated() for _ in range(300)))
    old = service.checkpoint(log)
    log.sequence()

    def pruned(path: str) -> bytes:
        if path == "checkpoint":
            return old
        if "/001.p/" in path:  # since then complete, so the partial ones are gone
            raise LogUnreachable(path=path, status=404)
        return fetch(path)

    assert audit_url(pruned, service.key(log)).report.size == SIZE


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(302, headers={"Location": "http://elsewhere.example/"}),
        httpx.Response(200, content=b"x" * (MAX_BYTES + 1)),
    ],
)
def test_logs_that_do_not_answer(log: Logbook, fetch: Fetch, answer: httpx.Response) -> None:
    with over_http(fetch, checkpoint=answer) as http, pytest.raises(LogUnreachable):
        audit_url(http, service.key(log))


def test_a_network_that_fails(log: Logbook) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with HttpLog("http://seal.example", transport=httpx.MockTransport(fail)) as http:
        with pytest.raises(LogUnreachable) as caught:
            http("checkpoint")
        assert caught.value.fields["path"] == "checkpoint"


def test_missing_tiles_and_bundles(log: Logbook, fetch: Fetch) -> None:
    for gone in ("tile/0/000", "tile/entries/000", "tile/1/000.p/1", "tile/entries/001.p/44"):

        def without(path: str, gone: str = gone) -> bytes:
            if path.startswith(gone.split(".p/")[0]):
                raise LogUnreachable(path=path, status=404)
            return fetch(path)

        with pytest.raises(LogUnreachable):
            audit_url(without, service.key(log))


def test_cut_off_tiles_and_bundles(log: Logbook, fetch: Fetch) -> None:
    def cut(path: str) -> bytes:
        return fetch(path)[:-1] if path == "tile/entries/000" else fetch(path)

    assert fault(cut, service.key(log)) is AuditFault.BUNDLE_MALFORMED

    def short(path: str) -> bytes:
        return fetch(path)[:-32] if path == "tile/0/000" else fetch(path)

    assert fault(short, service.key(log)) is AuditFault.TILE_DIFFERS
