"""`sealsvc seal-batch` in processes of its own: seals a folder, goes on where it was."""

import json
from pathlib import Path

import pytest

from sealsvc.app import build
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.model import EntityDraft
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import ChangeRequest, SealApplication
from sealsvc.initialise import initialise
from sealsvc.settings import Settings
from sealsvc.values import Principal, Scope, SealMedium, SealType
from tests.areas.sealing.story import NAMES, A, pdf
from tests.cli.test_commands import run


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("bulk") / "data"
    initialise(Settings(data=folder, national=False), demo=False)
    parts = build(Settings(data=folder), isolated=False)
    owner = Principal("cli_o", "owner", frozenset(Scope), A)
    free = Principal("cli_f", "free", frozenset(Scope))
    entities.register(parts.deps, free, EntityDraft(uscc=A, legal_name=NAMES[A]))
    wanted = SealApplication(A, SealType.CONTRACT, SealMedium.ELECTRONIC, "合同专用章")
    seal_id = seals.apply(parts.deps, owner, wanted).seal_id
    seals.change(parts.deps, free, seal_id, ChangeRequest(SealAction.APPROVE))
    seals.issue(parts.deps, free, seal_id)
    parts.store.engine.dispose()
    return folder, seal_id


def test_a_folder_is_sealed_once(domain: tuple[Path, str], tmp_path: Path) -> None:
    folder, seal_id = domain
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "2026").mkdir(parents=True)
    (source / "2026" / "HT-1.pdf").write_bytes(pdf("One"))
    (source / "HT-2.pdf").write_bytes(pdf("Two"))
    (source / "notes.txt").write_text("not a document")
    (source / "bad.pdf").write_bytes(b"no document")
    command = ["seal-batch", source, "--seal", seal_id, "--out", out, "--data", folder]
    command += ["--role", "contract", "--number-from-name", "--workers", "1"]
    done = run(*command)
    assert done.returncode == 1, done.stderr
    assert "2 sealed, 0 already sealed, 1 failed" in done.stdout
    sealed = (out / "2026" / "HT-1.pdf").read_bytes()
    assert sealed.startswith(pdf("One"))
    results = [json.loads(one) for one in (out / "results.ndjson").read_text().splitlines()]
    told = {one["name"]: one for one in results}
    assert told["bad.pdf"]["code"] == "UNSUPPORTED_FORMAT"
    assert told["2026/HT-1.pdf"]["status"] == "COMPLETED"
    (source / "bad.pdf").unlink()
    (out / "2026" / "HT-1.pdf").unlink()
    again = run(*command)
    assert again.returncode == 0, again.stderr
    assert "0 sealed, 2 already sealed, 0 failed" in again.stdout
    assert (out / "2026" / "HT-1.pdf").read_bytes() == sealed
    refused = run("seal-batch", source, "--seal", "seal_x", "--out", out, "--data", folder)
    assert refused.returncode == 2
    assert "SEAL_NOT_FOUND" in refused.stderr
