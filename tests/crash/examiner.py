"""Kills victims and examines what they leave: nothing acknowledged lost, no fork, no gap."""

import base64
import json
import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import Session

from sealsvc.storage.logbook import read_entries
from sealsvc.storage.tables import FactRow, LogEntryRow, LogQueueRow
from sealsvc.storage.tiledata import tile_reader
from sealsvc.tlog.audit import audit
from sealsvc.tlog.checkpoint import Checkpoint, parse_checkpoint
from sealsvc.tlog.keys import parse_vkey
from sealsvc.tlog.note import open_note
from sealsvc.tlog.tilerows import TileNodes
from sealsvc.tlog.tiles import encode_bundle
from sealsvc.tlog.tree import EMPTY_ROOT, consistency_path, hash_leaf, verify_consistency
from tests.crash.fuse import NAMED
from tests.crash.world import THINGS, Place, World, log_key, open_world

VICTIM = Path(__file__).with_name("victim.py")


class Zygote:
    """The process that forks victims."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", str(VICTIM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def kill_one(self, order: dict[str, object]) -> list[tuple[str, str]]:
        """One victim's life: what it said until it died by SIGKILL."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        said: list[tuple[str, str]] = []
        for line in self._process.stdout:
            kind, _, text = line.rstrip("\n").partition(" ")
            if kind == "END":
                assert int(text) == signal.SIGKILL, said[-3:]
                return said
            said.append((kind, text))
        raise AssertionError("the zygote died")

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@dataclass
class History:
    """All that victims on one folder ever acknowledged. released: size -> root."""

    acknowledged: set[str] = field(default_factory=set)
    released: dict[int, bytes] = field(default_factory=dict)
    deaths: Counter[str] = field(default_factory=Counter)
    previous: Checkpoint | None = None

    def take(self, said: list[tuple[str, str]]) -> list[Checkpoint]:
        """Take in a life; the checkpoints it released."""
        unexpected = [text for kind, text in said if kind == "X"]
        assert not unexpected, unexpected
        assert [kind for kind, _ in said].count("K") == 1, said[-3:]
        fresh = []
        for kind, text in said:
            if kind == "F":
                assert text not in self.acknowledged
                self.acknowledged.add(text)
            elif kind == "C":
                fresh.append(self.release(base64.b64decode(text)))
            else:
                self.deaths[text] += 1
        return fresh

    def release(self, note: bytes) -> Checkpoint:
        checkpoint = parse_checkpoint(open_note(note, [parse_vkey(log_key().vkey)]).text)
        known = self.released.setdefault(checkpoint.size, checkpoint.root)
        assert known == checkpoint.root, "a fork"
        return checkpoint


def order_for(place: Place, number: int, chance: random.Random) -> dict[str, object]:
    """Half of the deaths at the named steps in turn, half at any step whatever.

    A log gets a new tile at its very first batch, so some die there.
    """
    named = number % 2 == 0
    point = NAMED[number // 2 % len(NAMED)] if named else ""
    occurrence = chance.randrange(1, 6) if named else chance.randrange(1, 350)
    if number % 60 == 0:
        point, occurrence = "sequencer.INSERT log_tile", 1
    return {
        "folder": place.folder,
        "url": place.url,
        "schema": place.schema,
        "seed": chance.random(),
        "point": point,
        "occurrence": occurrence,
        "unknown": chance.choice([0, 0, 0.1]),
        "writers": chance.randrange(1, 4),
        "writes": 12,
    }


def examine(place: Place, history: History, fresh: list[Checkpoint]) -> World:
    """Open what is left, as after a restart, and hold it to the history."""
    world = open_world(place)
    world.logbook.check()
    world.logbook.sequence()
    head = world.logbook.head()
    present = Checkpoint(head.origin, head.size, head.root)
    history.release(head.checkpoint)
    with world.store.read() as session:
        examine_entries(session, history, head.size)
        bundles = (
            encode_bundle(read_entries(session, start)) for start in range(0, head.size, 256)
        )
        audit(bundles, tile_reader(session), present, previous=history.previous)
        for checkpoint in fresh:
            prove(session, checkpoint, present)
        for digest in session.scalars(select(THINGS.c.sha256).distinct()):
            assert sha256(world.blobs.get(digest)).hexdigest() == digest
    history.previous = present
    world.engine.dispose()
    return world


def examine_entries(session: Session, history: History, size: int) -> None:
    entry, fact = LogEntryRow.__table__.c, FactRow.__table__.c
    rows = session.execute(
        select(entry.idx, fact.fact_id, entry.leaf_hash, fact.entry)
        .join_from(LogEntryRow, FactRow, entry.seq == fact.seq)
        .order_by(entry.idx)
    ).all()
    assert [row.idx for row in rows] == list(range(size)), "a gap"
    assert all(row.leaf_hash == hash_leaf(row.entry) for row in rows)
    logged = {row.fact_id for row in rows}
    assert len(logged) == len(rows), "a double"
    assert history.acknowledged <= logged, "an acknowledged fact is lost"
    assert session.scalar(select(func.count()).select_from(FactRow)) == size
    assert session.scalar(select(func.count()).select_from(LogQueueRow)) == 0
    assert set(session.scalars(select(THINGS.c.fact_id))) == logged - {rows[0].fact_id}


def prove(session: Session, old: Checkpoint, present: Checkpoint) -> None:
    """`old` is a prefix of `present`, by a proof made from the stored tiles."""
    assert old.size <= present.size, "rolled back"
    if old.size == 0:
        assert old.root == EMPTY_ROOT
        return
    path = consistency_path(old.size, present.size, TileNodes(present.size, tile_reader(session)))
    verify_consistency(old.size, present.size, old.root, present.root, path)
