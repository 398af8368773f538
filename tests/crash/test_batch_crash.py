"""Batches killed with SIGKILL at many points and run again: none lost, none sealed twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from sealsvc.app import Parts, build
from sealsvc.areas.entities.model.demo import DEMO_ENTITIES
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.service.record import INTENT_LIFETIME
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest, SealApplication
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import DigestOutcome, SignatureOutcome
from sealsvc.initialise import initialise
from sealsvc.settings import Settings
from sealsvc.values import Principal, Scope, SealMedium, SealType
from tests.areas.conftest import SettableClock
from tests.crash.batch_victim import CHUNK, ITEMS, run

USCC = DEMO_ENTITIES[0].uscc
VICTIM = Path(__file__).with_name("batch_victim.py")

POINTS = [
    ("authorising", 2),
    ("authorised", 1),
    ("authorised", 2),
    ("signed", 2),
    ("storing", 1),
    ("renamed", CHUNK + 2),
    ("stored", 2),
    ("committing", 3),
    ("committed", 3),
    ("completed", 1),
    ("completed", 3),
    ("statement", 40),
    ("statement", 75),
    ("statement", 102),
]


@dataclass(frozen=True)
class Domain:
    """A founded domain that is copied for each death."""

    folder: Path
    seal_id: str


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Domain:
    folder = tmp_path_factory.mktemp("domain")
    settings = Settings(data=folder, national=False)
    initialise(settings, demo=False)
    parts = build(settings, isolated=False)
    owner = Principal("cli_o", "owner", frozenset(Scope), USCC)
    free = Principal("cli_f", "free", frozenset(Scope))
    from sealsvc.areas.entities import service as entities
    from sealsvc.areas.entities.model import EntityDraft

    entities.register(parts.deps, free, EntityDraft(uscc=USCC, legal_name="示例公司"))
    wanted = SealApplication(USCC, SealType.CONTRACT, SealMedium.ELECTRONIC, "合同专用章")
    seal_id = seals.apply(parts.deps, owner, wanted).seal_id
    seals.change(parts.deps, free, seal_id, ChangeRequest(SealAction.APPROVE))
    seals.issue(parts.deps, free, seal_id)
    parts.logbook.sequence()
    parts.store.engine.dispose()
    return Domain(folder, seal_id)


@pytest.fixture(scope="module")
def zygote() -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-W", "error", str(VICTIM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(VICTIM.parents[2])},
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def kill_one(
    zygote: "subprocess.Popen[str]", domain: Domain, folder: Path, point: str, occurrence: int
) -> dict[str, str]:
    """A run that dies at the point; digests of what it had answered, by name."""
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    wanted = {"folder": str(folder), "point": point, "occurrence": occurrence}
    zygote.stdin.write(json.dumps(wanted | {"seal": domain.seal_id, "uscc": USCC}) + "\n")
    zygote.stdin.flush()
    told: dict[str, str] = {}
    for line in zygote.stdout:
        said = json.loads(line)
        if "end" in said:
            assert said["end"] == signal.SIGKILL, (said, told)
            return told
        told[said["name"]] = said["digest"]
    raise AssertionError("the zygote died")


def counted(parts: Parts) -> dict[str, tuple[int, int]]:
    """Uses and distinct documents by status."""
    query = "SELECT status, count(*), count(DISTINCT original_sha256) FROM seal_use GROUP BY status"
    with parts.deps.read() as session:
        rows = session.connection().execute(text(query)).all()
    return {status: (uses, documents) for status, uses, documents in rows}


def fact_counts(parts: Parts) -> dict[str, int]:
    with parts.deps.read() as session:
        rows = session.connection().execute(text("SELECT type, count(*) FROM fact GROUP BY type"))
        return {str(kind): int(count) for kind, count in rows}


@pytest.mark.parametrize(("point", "occurrence"), POINTS)
def test_a_killed_batch_is_resumed(
    zygote: "subprocess.Popen[str]", domain: Domain, tmp_path: Path, point: str, occurrence: int
) -> None:
    folder = tmp_path / "domain"
    shutil.copytree(domain.folder, folder)
    told = kill_one(zygote, domain, folder, point, occurrence)
    parts = build(Settings(data=folder), isolated=False)
    parts.logbook.check()
    before = counted(parts)
    results = run(parts, domain.seal_id, USCC, lambda _: None)
    assert [one.error for one in results] == [None] * ITEMS
    digests: dict[str, Any] = {one.name: one.view and one.view.sealed_sha256 for one in results}
    assert told.items() <= digests.items(), "an answered item is lost or was sealed again"
    resumed = sum(one.resumed for one in results)
    assert resumed == before.get("COMPLETED", (0, 0))[0] >= len(told)
    after = counted(parts)
    assert after["COMPLETED"] == (ITEMS, ITEMS)
    assert "AUTHORISED" not in after
    assert after.get("ABANDONED", (0, 0))[0] == before.get("AUTHORISED", (0, 0))[0]
    facts = fact_counts(parts)
    assert facts["sealing.completed"] == ITEMS
    assert facts["sealing.authorised"] == ITEMS + facts.get("sealing.abandoned", 0)
    for one in results:
        assert one.sealed is not None
        assert sha256(one.sealed).hexdigest() == digests[one.name]
        signature = read(one.sealed).signatures[0]
        assert signature.digest is DigestOutcome.MATCHES
        assert signature.signature is SignatureOutcome.VERIFIES
    while parts.logbook.sequence():
        pass
    parts.logbook.check()
    parts.store.engine.dispose()


def test_intents_of_a_batch_that_nobody_resumes_are_abandoned(
    zygote: "subprocess.Popen[str]", domain: Domain, tmp_path: Path
) -> None:
    folder = tmp_path / "domain"
    shutil.copytree(domain.folder, folder)
    kill_one(zygote, domain, folder, "stored", 2)
    parts = build(Settings(data=folder), isolated=False)
    assert counted(parts) == {"COMPLETED": (CHUNK, CHUNK), "AUTHORISED": (CHUNK, CHUNK)}
    late = SettableClock(parts.deps.clock.now() + INTENT_LIFETIME + timedelta(seconds=1))
    parts.store._clock = late
    assert sealing.reconcile(parts.deps) == CHUNK
    assert counted(parts) == {"COMPLETED": (CHUNK, CHUNK), "ABANDONED": (CHUNK, CHUNK)}
    parts.store.engine.dispose()
