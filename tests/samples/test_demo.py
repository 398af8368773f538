import json
from pathlib import Path

import pytest
from rich.console import Console

from api.demo.command import run_command
from api.demo.service import Service
from api.demo.telling import STEPS, run
from sealsvc.areas.entities.model.demo import demo_merchants
from tests.samples.conftest import Live


@pytest.fixture(scope="module")
def told(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("told")
    result = run(live.url, live.clients, out, Console(quiet=True))
    assert [f"{one.name}: {one.detail}" for one in result.steps if not one.ok] == []
    return out


def leave_suspended(live: Live) -> None:
    """The state in which a story cut off in the middle leaves the data."""
    service = Service(live.url, live.clients)
    uscc = demo_merchants()["a"].uscc
    rows = service.get("/v1/seals", uscc=uscc, type="INVOICE", status="ACTIVE")["data"]
    service.post(f"/v1/seals/{rows[0]['id']}/suspend", {"reason": "cut off"}, by="merchant-a")
    service.close()


def test_command_tells_it_again_on_the_same_data(told: Path, live: Live, tmp_path: Path) -> None:
    leave_suspended(live)
    clients = live.data / "demo-clients.json"
    assert run_command(tmp_path / "out", base=live.url, clients=clients) == 0
    again = json.loads((tmp_path / "out" / "demo.json").read_text("utf-8"))
    assert again["files"] == json.loads((told / "demo.json").read_text("utf-8"))["files"]


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
        "contract-sealed.ofd",
        "contract-sealed.pdf",
        "deal-contract-sealed.ofd",
        "deal-contract-sealed.pdf",
        "deal-invoice-sealed.pdf",
        "invoice-sealed.ofd",
        "invoice-sealed.pdf",
        "invoice-sm2-sealed.pdf",
    }


def test_at_least_fifteen_steps_with_names_of_their_own() -> None:
    names = [name for name, _ in STEPS]
    assert len(set(names)) == len(names) >= 15


def test_missing_keys_make_it_fail(live: Live, tmp_path: Path, printer: Console) -> None:
    result = run(live.url, {}, tmp_path, printer)
    failed = {step.name for step in result.steps if not step.ok}
    assert not result.ok
    assert {"second-person", "apply", "invoice", "trace"} <= failed


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
