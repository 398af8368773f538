"""A process that lives to be killed. Started once, it forks a fresh victim for each order line.

stdin: one JSON order a line. stdout: `F <fact id>` once a commit has returned, `C <base64 note>`
once a checkpoint was released, `K <step>` at the moment of death, `X <error>` for what must never
happen, `END <status>` from the parent. Nothing is said before it is true.
"""

import base64
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sqlalchemy import insert

from sealsvc.ports import DatabaseLost
from sealsvc.storage.leadership import leadership_for
from sealsvc.values import Fact, Subject, SubjectKind
from tests.crash.fuse import (
    Fuse,
    FusedLeadership,
    fuse_call,
    fuse_database,
    fuse_files,
    fuse_key,
)
from tests.crash.world import THINGS, Place, World, log_key, open_world

LIFE_S = 20.0


class ChangedMind(Exception):
    """A writer leaves its unit of work without a commit."""


def say(kind: str, text: str) -> None:
    os.write(1, f"{kind} {text}\n".encode())


def write_some(world: World, fuse: Fuse, chance: random.Random, writes: int) -> None:
    for _ in range(writes):
        sha256 = world.blobs.put(chance.randbytes(chance.randrange(1, 3_000)))
        done: list[str] = []
        with suppress(ChangedMind, DatabaseLost), world.store.write() as tx:
            subject = Subject(SubjectKind.DOCUMENT, sha256)
            made = [
                tx.record(Fact("thing.made", (subject,), payload={"sha256": sha256}))
                for _ in range(chance.randrange(1, 4))
            ]
            rows = [{"fact_id": fact_id, "sha256": sha256} for fact_id in made]
            tx.session.execute(insert(THINGS), rows)
            if chance.random() < 1 / 3:
                raise ChangedMind
            tx.commit()
            done = list(made)
        if done:
            fuse.step("ack.before")
            for fact_id in done:
                say("F", fact_id)


def sequence_until(world: World, fuse: Fuse, over: threading.Event) -> None:
    last = False
    while not last:
        last = over.is_set()
        with suppress(DatabaseLost):
            world.logbook.sequence()
            note = world.logbook.head().checkpoint
            fuse.step("release.before")
            say("C", base64.b64encode(note).decode())
        time.sleep(0.001)


def watch_until(world: World, over: threading.Event) -> None:
    """Whoever asks gets the released checkpoint, at any moment."""
    while not over.is_set():
        say("C", base64.b64encode(world.logbook.head().checkpoint).decode())
        time.sleep(0.004)


def guarded(function: Callable[..., None], *args: object) -> Callable[[], None]:
    def run() -> None:
        try:
            function(*args)
        except BaseException as error:
            say("X", f"{function.__name__}: {error!r}")
            os.kill(os.getpid(), signal.SIGKILL)

    return run


def live(order: dict[str, object]) -> None:
    chance = random.Random(str(order["seed"]))
    fuse = Fuse(str(order["point"]), int(str(order["occurrence"])), say)
    place = Place(str(order["folder"]), str(order["url"]), str(order["schema"]))
    world = open_world(place, key=fuse_key(fuse, log_key()))
    world.blobs.put = fuse_call(fuse, "blob", world.blobs.put)  # type: ignore[method-assign]
    world.mark.raise_to = fuse_call(fuse, "mark", world.mark.raise_to)  # type: ignore[method-assign]
    inner = leadership_for(world.engine)
    world.logbook._leadership = FusedLeadership(fuse, inner)
    fuse_files(fuse)
    fuse_database(fuse, world.engine, chance, float(str(order["unknown"])))
    world.logbook.check()
    over = threading.Event()
    writers = [
        threading.Thread(
            target=guarded(
                write_some, world, fuse, random.Random(chance.random()), order["writes"]
            ),
            name=f"writer-{number}",
        )
        for number in range(int(str(order["writers"])))
    ]
    others = [
        threading.Thread(target=guarded(sequence_until, world, fuse, over), name="sequencer-0"),
        threading.Thread(target=guarded(watch_until, world, over), name="watcher-0"),
    ]
    for thread in writers + others:
        thread.start()
    for thread in writers:
        thread.join(LIFE_S)
    over.set()
    others[0].join(LIFE_S)
    fuse.blow("end")


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            guarded(live, order)()
            os._exit(1)
        _, status = os.waitpid(child, 0)
        say("END", str(status))


if __name__ == "__main__":
    main()
