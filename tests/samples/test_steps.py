import io
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from api.demo.command import own_service, read_clients
from api.demo.offline import run_tool, verify_offline
from api.demo.service import Service, Unexpected, sealing_query
from api.demo.steps import DemoResult, Folder, StepResult, expect, run_steps
from api.demo.story import Story, new_stamp
from sealsvc.values import Declaration, DocumentRole, Placement

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
KEY = "seal.example/log+c9b5f3f7+AQ=="


def shown() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=120), out


def failing(error: Exception) -> object:
    def step() -> str:
        raise error

    return step


@pytest.mark.parametrize(
    "error",
    [Unexpected("no"), httpx.ConnectError("no"), KeyError("no"), OSError("no"), ValueError("no")],
)
def test_failed_step_is_shown_and_does_not_stop_the_rest(error: Exception) -> None:
    printer, out = shown()
    steps = [("first", lambda: "fine"), ("second", failing(error)), ("third", lambda: "[fine]")]
    results = run_steps(steps, printer)  # type: ignore[arg-type]
    assert [result.ok for result in results] == [True, False, True]
    assert not DemoResult(results, ()).ok
    for words in ("first", "fine", "second", "no", "[fine]"):
        assert words in out.getvalue()


def test_a_fault_of_our_own_is_not_swallowed() -> None:
    printer, _ = shown()
    with pytest.raises(ZeroDivisionError):
        run_steps([("first", failing(ZeroDivisionError()))], printer)  # type: ignore[list-item]


def test_result_file() -> None:
    result = DemoResult((StepResult("one", True, 3, "detail"),), ("a.pdf",))
    assert json.loads(result.to_json()) == {
        "steps": [{"name": "one", "ok": True, "ms": 3}],
        "files": ["a.pdf"],
    }


def test_folder_replaces_and_remembers_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new")
    folder.write("a", b"1")
    folder.write("a", "二")
    assert folder.names == ["a"]
    assert (tmp_path / "new" / "a").read_text("utf-8") == "二"


def test_expect() -> None:
    expect(1, 1, "one")
    with pytest.raises(Unexpected, match="one: 1, expected 2"):
        expect(1, 2, "one")


def test_stamps_and_numbers_are_digits() -> None:
    stamp = new_stamp(AT)
    assert len(stamp) == 15
    assert stamp.isdigit()
    service = Service("http://127.0.0.1:1", {})
    story = Story(service, Folder(Path()), AT, stamp)
    service.close()
    assert len(story.invoice_number()) == 20
    assert story.invoice_number().startswith("26")
    with pytest.raises(Unexpected):
        story.seal_id("a-invoice")
    with pytest.raises(Unexpected):
        story.kept("sealed invoice", str)


def test_service_knows_its_clients_only() -> None:
    service = Service("http://127.0.0.1:1", {"shop": "key"})
    with pytest.raises(Unexpected, match="no client approver"):
        service.get("/v1/entities", by="approver")
    service.close()


def test_query_of_a_sealing() -> None:
    place = Placement(2, 10.5, 20, 40)
    query = sealing_query("seal_x", place, Declaration(DocumentRole.CONTRACT, party_usccs=("u",)))
    assert query == {
        "seal": "seal_x",
        "page": 2,
        "x": 10.5,
        "y": 20,
        "width": 40,
        "role": "contract",
        "partyUsccs": ["u"],
    }


@pytest.mark.parametrize("receipt", [b"", b"c2sp.org/tlog-proof@v1\n\n", b"\xff" * 100])
def test_broken_receipt_does_not_verify_offline(receipt: bytes, tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(receipt)
    (tmp_path / "d").write_bytes(b"document")
    with pytest.raises(Unexpected, match="does not verify offline"):
        verify_offline(tmp_path / "r", KEY, tmp_path / "d")


def test_failing_tool_is_told() -> None:
    with pytest.raises(Unexpected, match="sealsvc no-such-command"):
        run_tool("no-such-command")


@pytest.mark.parametrize("text", ["", "[]", "1", "{"])
def test_clients_file_must_be_an_object(text: str, tmp_path: Path) -> None:
    path = tmp_path / "clients.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"clients.json|Expecting"):
        read_clients(path)


def test_own_service_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(Unexpected, match="did not come up"), own_service(tmp_path / "data"):
        pass
