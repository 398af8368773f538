import json
from pathlib import Path

import pytest
from rich.console import Console

from api.demo.command import run_command
from api.demo.telling import STEPS, run
from tests.samples.conftest import Live


def tell(live: Live, out: Path, printer: Console) -> list[str]:
    result = run(live.url, live.clients, out, printer)
    return [f"{step.name}: {step.detail}" for step in result.steps if not step.ok]


def test_story_goes_as_told_and_again(live: Live, tmp_path: Path, printer: Console) -> None:
    assert tell(live, tmp_path / "first", printer) == []
    assert tell(live, tmp_path / "second", printer) == []


@pytest.fixture(scope="module")
def told(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("told")
    run(live.url, live.clients, out, Console(quiet=True))
    return out


def test_result_file_has_the_agreed_shape(told: Path) -> None:
    result = json.loads((told / "demo.json").read_text("utf-8"))
    assert set(result) == {"steps", "files"}
    assert [step["name"] for step in result["steps"]] == [name for name, _ in STEPS]
    assert all(set(step) == {"name", "ok", "ms"} for step in result["steps"])
    assert all(step["ok"] is True and step["ms"] >= 0 for step in result["steps"])


def test_every_file_is_listed(told: Path) -> None:
    result = json.loads((told / "demo.json").read_text("utf-8"))
    assert sorted(result["files"]) == sorted(path.name for path in told.iterdir())


def test_only_good_sealed_files_are_called_so(told: Path) -> None:
    named = {path.name for path in told.iterdir() if "sealed" in path.name}
    assert named == {
        "contract-by-seller-sealed.pdf",
        "contract-sealed.pdf",
        "invoice-sealed.pdf",
    }


def test_at_least_fifteen_steps_with_names_of_their_own() -> None:
    names = [name for name, _ in STEPS]
    assert len(set(names)) == len(names) >= 15


def test_wrong_keys_make_it_fail(live: Live, tmp_path: Path, printer: Console) -> None:
    keys = dict.fromkeys(live.clients, live.clients["shop"])
    result = run(live.url, keys, tmp_path, printer)
    assert not result.ok
    failed = {step.name for step in result.steps if not step.ok}
    assert "second-person" in failed


def test_command_against_a_running_service(live: Live, tmp_path: Path) -> None:
    clients = live.data / "demo-clients.json"
    assert run_command(tmp_path / "out", base=live.url, clients=clients) == 0


@pytest.mark.parametrize(
    ("base", "clients"),
    [
        ("http://127.0.0.1:1", "{}"),  # nothing listens there
        ("http://127.0.0.1:1", None),  # no keys named
        ("http://127.0.0.1:1", "not json"),
        ("http://127.0.0.1:1", "[]"),
    ],
)
def test_command_that_cannot_begin(base: str, clients: str | None, tmp_path: Path) -> None:
    path = None
    if clients is not None:
        path = tmp_path / "clients.json"
        path.write_text(clients, encoding="utf-8")
    assert run_command(tmp_path / "out", base=base, clients=path) == 2


def test_command_without_its_clients_file(tmp_path: Path) -> None:
    missing = tmp_path / "missing.json"
    assert run_command(tmp_path / "out", base="http://127.0.0.1:1", clients=missing) == 2
