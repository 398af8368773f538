"""Restored, edited, exchanged and missing stores: the logbook refuses to sign (11.8, 11.9)."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from sealsvc.adapters.highwater_fs import FileHighWater, HighWaterUnreadable
from sealsvc.storage.db import MIGRATING
from sealsvc.storage.logbook import LogClockBehind, LogExists, LogForkRefused, LogMissing
from sealsvc.values import Fact
from tests.areas.conftest import SettableClock
from tests.crash.world import (
    ORIGIN,
    Place,
    World,
    create_tables,
    create_world,
    log_key,
    open_world,
    sqlite_place,
)

Open = Callable[..., World]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return sqlite_place(tmp_path / "data")


@pytest.fixture
def opened(place: Place, clock: SettableClock) -> Open:
    def build(**changes: object) -> World:
        return open_world(place, **({"clock": clock} | changes))  # type: ignore[arg-type]

    return build


@pytest.fixture
def world(place: Place, clock: SettableClock) -> World:
    world = create_world(place, clock=clock)
    grow(world, 300)
    return world


def grow(world: World, facts: int) -> int:
    with world.store.write() as tx:
        for number in range(facts):
            tx.record(Fact("thing.made", (), public={"n": number}))
        tx.commit()
    return world.logbook.sequence()


def change(world: World, statement: str, **values: object) -> None:
    with world.engine.connect().execution_options(**{MIGRATING: True}) as connection:
        assert connection.execute(text(statement), values).rowcount > 0
        connection.commit()


def copy_database(place: Place, name: str) -> None:
    with (
        closing(sqlite3.connect(f"{place.folder}/log.db")) as source,
        closing(sqlite3.connect(f"{place.folder}/{name}")) as target,
    ):
        source.backup(target)


def set_mark(place: Place, size: int, root: bytes) -> None:
    (Path(place.folder) / "mark").write_text(json.dumps({"size": size, "root": root.hex()}))


def put_back(world: World, place: Place, name: str) -> None:
    world.engine.dispose()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{place.folder}/log.db{suffix}").unlink(missing_ok=True)
    shutil.copy(f"{place.folder}/{name}", f"{place.folder}/log.db")


def refuse(world: World, reason: str) -> None:
    """Both the start and a sequencer that skipped the start refuse, and nothing moves."""
    before = head_row(world)
    with pytest.raises(LogForkRefused, match=reason):
        world.logbook.check()
    with world.store.write() as tx:
        tx.record(Fact("thing.made", ()))
        tx.commit()
    with pytest.raises(LogForkRefused, match=reason):
        world.logbook.sequence()
    assert head_row(world) == before


def head_row(world: World) -> tuple[object, ...]:
    with world.store.read() as session:
        return tuple(session.execute(text("SELECT size, root, checkpoint FROM log_head")).one())


def test_reopened_log_is_accepted(world: World, opened: Open) -> None:
    again = opened()
    again.logbook.check()
    assert grow(again, 3) == 3
    assert again.logbook.head().size == 304


def test_restored_backup(world: World, place: Place, opened: Open) -> None:
    copy_database(place, "backup.db")
    grow(world, 5)
    put_back(world, place, "backup.db")
    restored = opened()
    refuse(restored, "older than what was released")
    with pytest.raises(LogForkRefused):
        restored.logbook.head()


def test_restored_backup_that_was_overtaken(world: World, place: Place, opened: Open) -> None:
    # The restored log grew beyond the mark while the mark's storage was not asked.
    copy_database(place, "backup.db")
    grow(world, 5)
    put_back(world, place, "backup.db")
    mark = Path(place.folder) / "mark"
    released = mark.read_bytes()
    set_mark(place, 0, bytes(32))
    grow(opened(), 9)
    mark.write_bytes(released)
    refuse(opened(), "contradicts what was released")


def test_same_size_other_root(world: World, place: Place, opened: Open) -> None:
    set_mark(place, 301, bytes(32))
    refuse(opened(), "contradicts what was released")
    with pytest.raises(LogForkRefused, match="another root"):
        opened().logbook.head()


def test_lost_mark(world: World, place: Place, opened: Open) -> None:
    (Path(place.folder) / "mark").unlink()
    refuse(opened(), "mark is gone")
    with pytest.raises(LogForkRefused, match="mark is gone"):
        opened().logbook.head()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b'{"size": 1, "root": "00"}', b'{"size": -1}']
)
def test_unreadable_mark(world: World, place: Place, opened: Open, content: bytes) -> None:
    (Path(place.folder) / "mark").write_bytes(content)
    for verb in (opened().logbook.check, opened().logbook.sequence, opened().logbook.head):
        with pytest.raises(HighWaterUnreadable):
            verb()
    assert (Path(place.folder) / "mark").read_bytes() == content


def test_mark_behind_the_head_is_healed(world: World, place: Place, opened: Open) -> None:
    mark = FileHighWater(Path(place.folder) / "mark")
    before = mark.read()
    grow(world, 2)
    assert before is not None
    set_mark(place, *before)
    again = opened()
    assert again.logbook.head().size == 303
    assert mark.read() == (303, again.logbook.head().root)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE log_tile SET data = substr(data, 1, 32) WHERE level = 0 AND n = 1", "damaged"),
        ("UPDATE log_tile SET data = zeroblob(1440) WHERE level = 0 AND n = 1", "contradicts"),
        ("DELETE FROM log_tile WHERE level = 1", "damaged"),
        ("UPDATE log_tile SET data = zeroblob(32) WHERE level = 1", "contradicts"),
        ("UPDATE log_head SET root = zeroblob(32)", "not the head"),
        ("UPDATE log_head SET size = 300", "disagree"),
        (
            "UPDATE log_head SET checkpoint ="
            " CAST(replace(CAST(checkpoint AS TEXT), '301', '300') AS BLOB)",
            "damaged",
        ),
        ("UPDATE log_head SET vkey = vkey || 'x'", "key"),
        ("UPDATE log_head SET origin = 'seal.example/other'", "origin"),
        ("DELETE FROM log_entry WHERE idx = 300", "disagree"),
        ("UPDATE log_entry SET idx = 400 WHERE idx = 300", "disagree"),
    ],
)
def test_edited_store(world: World, opened: Open, statement: str, reason: str) -> None:
    world.logbook.head()
    change(world, statement)
    refuse(opened(), reason)


def test_edited_entry_is_found_at_the_start(world: World, opened: Open) -> None:
    change(
        world,
        "UPDATE fact SET entry = CAST(replace(CAST(entry AS TEXT), 'made', 'lost') AS BLOB)"
        " WHERE seq = (SELECT seq FROM log_entry WHERE idx = 299)",
    )
    with pytest.raises(LogForkRefused, match="last bundle"):
        opened().logbook.check()


def test_other_key(world: World, opened: Open) -> None:
    refuse(opened(key=log_key(bytes(32))), "key is not the log's")


def test_key_that_signs_wrongly(world: World, opened: Open) -> None:
    broken = opened(key=replace(log_key(), sign=log_key(bytes(32)).sign))
    before = head_row(broken)
    with pytest.raises(LogForkRefused, match="signature"):
        grow(broken, 1)
    assert head_row(broken) == before
    assert opened().logbook.sequence() == 1


def test_other_origin(world: World, opened: Open) -> None:
    refuse(opened(origin="seal.example/other"), "origin is not the log's")


def test_create_under_another_origin(place: Place, clock: SettableClock) -> None:
    create_tables(place)
    with pytest.raises(LogForkRefused, match="another origin"):
        open_world(place, clock=clock).logbook.create("seal.example/other")


def test_clock_behind(world: World, opened: Open, clock: SettableClock) -> None:
    clock.forward(seconds=-61)
    behind = opened()
    with pytest.raises(LogClockBehind):
        behind.logbook.check()
    with pytest.raises(LogClockBehind):
        grow(behind, 1)
    clock.forward(seconds=1)
    at = behind.logbook.head().at
    behind.logbook.check()
    assert behind.logbook.sequence() == 1
    assert behind.logbook.head().at == at  # time stands still rather than go back
    clock.forward(days=1)
    grow(behind, 1)
    assert behind.logbook.head().at == at + timedelta(days=1, seconds=-60)


def test_deleted_database(world: World, place: Place, opened: Open) -> None:
    world.engine.dispose()
    for file in Path(place.folder).glob("log.db*"):
        file.unlink()
    with pytest.raises(LogMissing):
        opened().logbook.check()


def test_empty_schema_is_no_log(place: Place, opened: Open) -> None:
    create_tables(place)
    for verb in (opened().logbook.check, opened().logbook.sequence, opened().logbook.head):
        with pytest.raises(LogMissing):
            verb()


def test_new_database_beside_an_old_mark(world: World, place: Place, opened: Open) -> None:
    world.engine.dispose()
    for file in Path(place.folder).glob("log.db*"):
        file.unlink()
    create_tables(place)
    fresh = opened()
    with pytest.raises(LogExists):
        fresh.logbook.create(ORIGIN)
    with pytest.raises(LogMissing):
        fresh.logbook.sequence()


def test_create_twice(world: World, place: Place, opened: Open) -> None:
    with pytest.raises(LogExists):
        opened().logbook.create(ORIGIN)
    (Path(place.folder) / "mark").unlink()
    with pytest.raises(LogExists):
        opened().logbook.create(ORIGIN)


def test_create_cut_off_before_the_mark(place: Place, opened: Open, clock: SettableClock) -> None:
    create_world(place, clock=clock)
    (Path(place.folder) / "mark").unlink()
    assert opened().logbook.sequence() == 1
    opened().logbook.check()
