"""SM2 beside `openssl speed sm2` on the same core: what our way through cffi costs.

OpenSSL's program signs 20 bytes and hashes the signer's id and key each time, so it is the library
and the physical limit at once; ours keeps that hash with the key.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable

from bench.timing import Row, row
from ca import sm2

MESSAGE = bytes(20)  # what `openssl speed` signs
BATCH = 200
SECONDS = 1


def sm2_rows(count: int = 5) -> list[Row]:
    """Seconds a signature and a verification, ours and OpenSSL's, in `count` interleaved rounds.

    Empty when there is no `openssl` program. Takes about four seconds a round.
    """
    program = shutil.which("openssl")
    if program is None:
        return []
    key = sm2.load(sm2.generate())
    signature = key.sign(MESSAGE)
    spki = key.public_key_spki
    contenders: dict[str, Callable[[], object]] = {
        "sign": lambda: key.sign(MESSAGE),
        "verify": lambda: sm2.check(spki, signature, MESSAGE),
    }
    seconds: dict[str, dict[str, list[float]]] = {
        name: {"ours": [], "baseline": []} for name in contenders
    }
    for _ in range(count):
        theirs = _openssl(program)
        for name, run in contenders.items():
            seconds[name]["ours"].append(_each(run))
            seconds[name]["baseline"].append(theirs[name])
    return [row(f"sm2.{name}", seconds[name]) for name in contenders]


def _each(run: Callable[[], object]) -> float:
    """CPU seconds of one call, over about a second of calls."""
    done, begin = 0, time.process_time()
    while (spent := time.process_time() - begin) < SECONDS:
        for _ in range(BATCH):
            run()
        done += BATCH
    return spent / done


def _openssl(program: str) -> dict[str, float]:
    """CPU seconds of one signature and one verification by `openssl speed`."""
    done = subprocess.run(
        [program, "speed", "-seconds", str(SECONDS), "sm2"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    signs, verifies = done.stdout.split()[-2:]
    return {"sign": 1 / float(signs), "verify": 1 / float(verifies)}


if __name__ == "__main__":
    for one in sm2_rows():
        print(f"{one.name}: {1 / one.ours:.0f}/s, {one.ratio:.3f} of openssl speed")
