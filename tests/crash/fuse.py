"""Kills this process at a chosen step. Product code knows nothing of it: every step is a wrapped
port, a wrapped system call or an event of the database driver.
"""

import os
import random
import re
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from sealsvc.storage.leadership import Leadership
from sealsvc.storage.logbook import LogKey

Say = Callable[[str, str], None]
_TABLE = re.compile(r"(?:INTO|UPDATE|FROM)\s+(\w+)")

# The steps of ARCHITECTURE section 7 that must be among the 300 deaths.
NAMED = (
    "blob.begin",
    "blob.synced",
    "blob.renamed",
    "blob.done",
    "writer.INSERT fact",
    "writer.INSERT fact_subject",
    "writer.INSERT log_queue",
    "writer.INSERT crash_thing",
    "writer.commit.before",
    "writer.commit.after",
    "ack.before",
    "leader.held",
    "sign.before",
    "sign.after",
    "sequencer.UPDATE log_head",
    "sequencer.INSERT log_entry",
    "sequencer.DELETE log_queue",
    "sequencer.INSERT log_tile",
    "sequencer.UPDATE log_tile",
    "sequencer.commit.before",
    "sequencer.commit.after",
    "mark.begin",
    "mark.synced",
    "mark.renamed",
    "mark.done",
    "leader.left",
    "release.before",
)


def role() -> str:
    """The thread's role: its name without a number."""
    return threading.current_thread().name.split("-")[0]


class Fuse:
    """Counts steps and kills at the right one. point "" counts every step."""

    def __init__(self, point: str, occurrence: int, say: Say) -> None:
        self._point = point
        self._left = occurrence
        self._say = say
        self._guard = threading.Lock()

    def step(self, name: str) -> None:
        if self._point and name != self._point:
            return
        with self._guard:
            self._left -= 1
            if self._left == 0:
                self.blow(name)

    def blow(self, name: str) -> None:
        self._say("K", name)
        os.kill(os.getpid(), signal.SIGKILL)


def fuse_files(fuse: Fuse) -> None:
    """Steps inside the blob store and the mark: after fsync, after rename."""
    replace = os.replace

    def stepping(source: Any, target: Any, **options: Any) -> None:
        kind = "mark" if str(target).endswith("mark") else "blob"
        fuse.step(f"{kind}.synced")
        replace(source, target, **options)
        fuse.step(f"{kind}.renamed")

    os.replace = stepping


def fuse_call(fuse: Fuse, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Steps before and after a port's method."""

    def stepping(*args: Any) -> Any:
        fuse.step(f"{name}.begin")
        result = call(*args)
        fuse.step(f"{name}.done")
        return result

    return stepping


def fuse_key(fuse: Fuse, key: LogKey) -> LogKey:
    def sign(text: bytes) -> bytes:
        fuse.step("sign.before")
        signature = key.sign(text)
        fuse.step("sign.after")
        return signature

    return LogKey(key.vkey, sign)


class FusedLeadership:
    def __init__(self, fuse: Fuse, inner: Leadership) -> None:
        self._fuse = fuse
        self._inner = inner

    @contextmanager
    def hold(self, wait_s: float) -> Iterator[bool]:
        with self._inner.hold(wait_s) as held:
            self._fuse.step("leader.held")
            yield held
        self._fuse.step("leader.left")


def fuse_database(fuse: Fuse, engine: Engine, chance: random.Random, unknown: float) -> None:
    """Steps before each statement and around COMMIT.

    unknown: how often a commit's answer is lost, half of them after it took effect.
    """
    commit = engine.dialect.do_commit

    def before(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        table = _TABLE.search(statement)
        verb = statement.split(None, 1)[0]
        fuse.step(f"{role()}.{verb} {table[1] if table else ''}".strip())

    def stepping(dbapi_connection: Any) -> None:
        fuse.step(f"{role()}.commit.before")
        lost = chance.random() < unknown
        if lost and chance.random() < 0.5:
            raise _connection_lost(engine)
        commit(dbapi_connection)
        fuse.step(f"{role()}.commit.after")
        if lost:
            raise _connection_lost(engine)

    event.listen(engine, "before_cursor_execute", before)
    engine.dialect.do_commit = stepping


def _connection_lost(engine: Engine) -> Exception:
    driver = sqlite3 if engine.dialect.name == "sqlite" else psycopg
    return driver.OperationalError("injected: the connection is gone")
