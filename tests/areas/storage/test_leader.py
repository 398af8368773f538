"""The lock is for liveness, the compare-and-swap for safety (ARCHITECTURE section 7.7)."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from sealsvc.adapters.highwater_fs import FileHighWater
from sealsvc.ports import DatabaseLost
from sealsvc.storage import logbook as logbook_module
from sealsvc.storage.db import MIGRATING
from sealsvc.storage.leadership import (
    AdvisoryLeadership,
    FileLeadership,
    Leadership,
    leadership_for,
)
from sealsvc.storage.logbook import HeadMoved, Logbook, LogForkRefused, LogKey
from sealsvc.storage.tables import LogQueueRow
from sealsvc.storage.tiledata import TileChanged, TileNotFound, tile_reader
from sealsvc.storage.uow import Store
from sealsvc.tlog.tilerows import Growth
from sealsvc.tlog.tiles import Tile
from tests.areas.conftest import ORIGIN, SettableClock
from tests.areas.storage.support import logged, write_facts

HOLDER = """
import fcntl, sys
with open(sys.argv[1], "a") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


Again = Callable[..., Logbook]


class NeverHeld:
    @contextmanager
    def hold(self, wait_s: float) -> Iterator[bool]:
        yield False


class Together:
    """Lets two sequencers in at once."""

    @contextmanager
    def hold(self, wait_s: float) -> Iterator[bool]:
        yield True


@pytest.fixture
def again(logbook: Logbook, store: Store, clock: SettableClock, tmp_path: Path) -> Again:
    def build(leadership: Leadership, key: LogKey | None = None) -> Logbook:
        mark = FileHighWater(tmp_path / "high-water")
        key = key or logbook._key
        return Logbook(store, key=key, clock=clock, mark=mark, leadership=leadership)

    return build


@contextmanager
def held_by_another_process(store: Store) -> Iterator[None]:
    path = f"{store.engine.url.database}.sequencer"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    yield
    holder.communicate()


class Hasty:
    """The real lock, without the real patience."""

    def __init__(self, inner: Leadership) -> None:
        self._inner = inner

    @contextmanager
    def hold(self, wait_s: float) -> Iterator[bool]:
        assert wait_s == 5
        with self._inner.hold(0.02) as held:
            yield held


def test_hung_leader_of_another_process(again: Again, store: Store, clock: SettableClock) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("the file lock is SQLite's")
    logbook = again(Hasty(leadership_for(store.engine)))
    with held_by_another_process(store):
        write_facts(store, 3)
        assert logbook.sequence() == 0
        clock.forward(seconds=5)
        assert logbook.sequence() == 0
        clock.forward(seconds=1)
        assert logbook.sequence() == 3
        assert len(logged(store)) == 4
        # The head has just moved: who holds the lock is slow, not hung.
        write_facts(store, 1)
        assert logbook.sequence() == 0
    assert logbook.sequence() == 1


def test_a_busy_leader_is_not_overridden(again: Again, store: Store, clock: SettableClock) -> None:
    stuck = again(NeverHeld())
    write_facts(store, 1)
    clock.forward(seconds=60)
    assert stuck.sequence() == 1
    write_facts(store, 1)  # waits in a long queue ...
    clock.forward(seconds=4)
    assert stuck.sequence() == 0
    clock.forward(seconds=2)
    assert stuck.sequence() == 1


def test_lock_waits_for_its_turn(store: Store) -> None:
    lock = leadership_for(store.engine)
    assert isinstance(lock, FileLeadership | AdvisoryLeadership)
    with lock.hold(0) as first:
        assert first
        with leadership_for(store.engine).hold(0.02) as second:
            assert not second
        timer = threading.Thread(target=lambda: waited.append(_hold_for(store, 5)))
        waited: list[bool] = []
        timer.start()
        time.sleep(0.05)
    timer.join()
    assert waited == [True]


def _hold_for(store: Store, wait_s: float) -> bool:
    with leadership_for(store.engine).hold(wait_s) as held:
        return held


def test_lock_is_free_after_an_error(store: Store) -> None:
    with pytest.raises(KeyError), leadership_for(store.engine).hold(0):
        raise KeyError
    assert _hold_for(store, 0)


def test_lost_advisory_lock(store: Store, logbook: Logbook) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no connection to lose")
    kill = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )

    def lose_the_lock() -> None:
        with leadership_for(store.engine).hold(0) as held:
            assert held
            with store.engine.connect() as other:
                other.execute(kill)

    with pytest.raises(DatabaseLost):
        lose_the_lock()
    assert _hold_for(store, 0)


def test_two_sequencers_at_once_lose_nothing(again: Again, store: Store) -> None:
    left, right = again(Together()), again(Together())
    errors: list[BaseException] = []

    def run(logbook: Logbook) -> None:
        try:
            for _ in range(15):
                write_facts(store, 5)
                logbook.sequence()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(book,)) for book in (left, right)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    left.sequence()
    found = logged(store)
    assert len(found) == len(set(found)) == 1 + 150
    left.check()


def test_signature_of_a_run_that_came_late_is_thrown_away(again: Again, store: Store) -> None:
    other = again(Together())
    signed: list[bytes] = []

    def sign(text_: bytes) -> bytes:
        if not signed:
            signed.append(text_)
            write_facts(store, 1)
            assert other.sequence() == 2
        return other._key.sign(text_)

    slow = again(Together(), LogKey(other._key.vkey, sign))
    write_facts(store, 1)
    assert slow.sequence() == 0
    assert slow._failures == 0  # stopped by the compare-and-swap, not by a constraint behind it
    assert signed[0] not in slow.head().checkpoint
    assert len(logged(store)) == 3


def test_head_moves_only_from_where_it_was(
    again: Again, store: Store, clock: SettableClock
) -> None:
    logbook = again(Together())
    head = logbook.head()
    for stale in (replace(head, size=0), replace(head, size=2), replace(head, root=bytes(32))):
        with store.write() as tx, pytest.raises(HeadMoved):
            logbook._move_head(tx, stale, Growth(9, bytes(32), {}), (b"note", clock.at))
    assert logbook.head() == head


def test_signer_that_fails_leaves_the_queue(again: Again, store: Store) -> None:
    def fail(_text: bytes) -> bytes:
        raise ConnectionError("the token is gone")

    broken = again(Together(), LogKey(again(Together())._key.vkey, fail))
    write_facts(store, 2)
    with pytest.raises(ConnectionError):
        broken.sequence()
    assert len(logged(store)) == 1
    assert again(Together()).sequence() == 2


def test_bad_row_is_parked_and_the_rest_goes_on(
    again: Again, store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logbook_module, "BATCH_ROWS", 8)
    logbook = again(Together())
    (first,), made = logged(store), write_facts(store, 20)
    bad, known = (f"(SELECT seq FROM fact WHERE fact_id = '{one}')" for one in (made[7], first))
    _edit(store, f"UPDATE log_queue SET seq = {known} WHERE seq = {bad}")
    assert logbook.sequence() == 19
    assert logged(store)[1:] == made[:7] + made[8:]
    with store.read() as session:
        assert [row.parked for row in session.scalars(select(LogQueueRow))] == [True]
    logbook.check()
    write_facts(store, 2)
    clock.forward(hours=1)
    assert logbook.sequence() == 2


def test_entry_no_bundle_can_hold_is_parked(again: Again, store: Store) -> None:
    made = write_facts(store, 3)
    large = "x" * 70_000
    cast = "CAST(:large AS BLOB)" if store.engine.dialect.name == "sqlite" else ":large ::bytea"
    _edit(store, f"UPDATE fact SET entry = {cast} WHERE fact_id = '{made[1]}'", large=large)
    assert again(Together()).sequence() == 2
    assert logged(store)[1:] == [made[0], made[2]]


def test_failed_batch_is_rebuilt_and_nothing_is_parked(
    again: Again, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    logbook = again(Together())
    made = write_facts(store, 3)

    def fail(*_: object) -> None:
        raise TileChanged(path="tile/0/000")

    for _ in range(20):
        with monkeypatch.context() as patch:
            patch.setattr(logbook_module, "write_tiles", fail)
            with pytest.raises(TileChanged):
                logbook.sequence()
    assert len(logged(store)) == 1
    assert logbook.sequence() == 3
    assert logged(store)[1:] == made


def test_stored_tile_is_never_overwritten(again: Again, store: Store) -> None:
    logbook = again(Together())
    write_facts(store, 300)
    logbook.sequence()
    sqlite = store.engine.dialect.name == "sqlite"
    zeros = "zeroblob(64)" if sqlite else "decode(repeat('00', 64), 'hex')"
    _edit(store, f"INSERT INTO log_tile (level, n, data) VALUES (0, 2, {zeros})")
    write_facts(store, 300)
    with pytest.raises(TileChanged):
        logbook.sequence()
    assert len(logged(store)) == 301


def test_checkpoint_history_keeps_one_an_hour(
    again: Again, store: Store, clock: SettableClock
) -> None:
    logbook = again(Together())
    for minutes in (0, 10, 49, 1, 30, 31):
        clock.forward(minutes=minutes)
        write_facts(store, 1)
        logbook.sequence()
    with store.read() as session:
        kept = session.scalars(text("SELECT size FROM checkpoint ORDER BY size")).all()
    assert kept == [1, 5, 7]


def test_time_never_goes_back(again: Again, store: Store, clock: SettableClock) -> None:
    logbook = again(Together())
    before = logbook.head().at
    clock.forward(seconds=-30)
    write_facts(store, 1)
    logbook.sequence()
    assert logbook.head().at == before
    clock.forward(seconds=90)
    write_facts(store, 1)
    logbook.sequence()
    assert logbook.head().at == before + timedelta(seconds=60)


def test_tiles_beyond_the_tree(store: Store, logbook: Logbook) -> None:
    write_facts(store, 9)
    logbook.sequence()
    with store.read() as session:
        read = tile_reader(session)
        assert len(read(Tile(0, 0, 10))) == 320
        assert read(Tile(0, 0, 3)) == read(Tile(0, 0, 10))[:96]
        for tile in (Tile(0, 0, 11), Tile(0, 0, 256), Tile(0, 1, 1), Tile(1, 0, 1)):
            with pytest.raises(TileNotFound):
                read(tile)


def test_released_head_is_never_behind_the_mark(again: Again, store: Store, tmp_path: Path) -> None:
    logbook = again(Together())
    mark = FileHighWater(tmp_path / "high-water")
    for _ in range(3):
        write_facts(store, 1)
        logbook.sequence()
        head = logbook.head()
        assert mark.read() == (head.size, head.root)
    mark.raise_to(99, bytes(32))
    with pytest.raises(LogForkRefused, match="older"):
        logbook.head()
    assert ORIGIN in head.checkpoint.decode()


def _edit(store: Store, statement: str, **values: object) -> None:
    with store.engine.connect().execution_options(**{MIGRATING: True}) as connection:
        assert connection.execute(text(statement), values).rowcount > 0
        connection.commit()
