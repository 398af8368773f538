"""The clients people copy, each run as they would run it, against a live service."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sealsvc.tlog.policy import policy_of_key
from sealsvc.tlog.proof import verify_receipt
from tests.samples.conftest import Live

pytestmark = pytest.mark.interop

CLIENTS = Path(__file__).parents[2] / "samples" / "clients"
TOOLS = {
    "curl": (["sh", str(CLIENTS / "client.sh")], "curl"),
    "python": ([sys.executable, "-I", str(CLIENTS / "client.py")], sys.executable),
    "java": (["java", str(CLIENTS / "Client.java")], "java"),
}

Client = Callable[..., subprocess.CompletedProcess[str]]


def client_named(name: str, live: Live) -> Client:
    command, tool = TOOLS[name]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")

    def call(*arguments: object, key: str | None = None) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "SEALSVC_URL": live.url}
        if key is not None:
            environment["SEALSVC_KEY"] = key
        whole = [*command, *map(str, arguments)]
        return subprocess.run(
            whole, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return call


@pytest.fixture(params=sorted(TOOLS))
def client(request: pytest.FixtureRequest, live: Live) -> Client:
    return client_named(request.param, live)


@pytest.fixture(params=["curl", "python"])  # starting Java takes seconds each time
def quick_client(request: pytest.FixtureRequest, live: Live) -> Client:
    return client_named(request.param, live)


def test_seal_verify_and_prove(client: Client, live: Live, tmp_path: Path) -> None:
    sealed, proof = tmp_path / "out.pdf", tmp_path / "out.tlog-proof"
    key = live.clients["merchant-a"]
    done = client("seal", live.contract, live.seal_id, sealed, key=key)
    assert done.returncode == 0, done.stderr
    assert sealed.read_bytes().startswith(b"%PDF")
    done = client("verify", sealed)
    assert (done.returncode, done.stdout.split()[0]) == (0, "TRUSTED"), done.stderr
    done = client("receipt", sealed, proof)
    assert done.returncode == 0, done.stderr
    vkey = httpx.get(f"{live.url}/log/key", trust_env=False).text.strip()
    found = verify_receipt(proof.read_bytes(), policy_of_key(vkey))
    assert found.leaf.type == "sealing.completed"


def test_unsigned_and_foreign_formats(quick_client: Client, live: Live, tmp_path: Path) -> None:
    done = quick_client("verify", live.contract)
    assert (done.returncode, done.stdout.split()[0]) == (1, "UNSIGNED")
    picture = tmp_path / "picture.pdf"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(30))
    done = quick_client("verify", picture)
    assert done.returncode == 2
    assert "UNSUPPORTED_FORMAT" in done.stderr


def test_another_owners_seal(quick_client: Client, live: Live, tmp_path: Path) -> None:
    other = live.clients["merchant-b"]  # the seal is merchant A's
    out = tmp_path / "out.pdf"
    done = quick_client("seal", live.contract, live.seal_id, out, key=other)
    assert done.returncode == 2
    assert "ENTITY_NOT_YOURS" in done.stderr


def test_unknown_file_has_no_receipt(quick_client: Client, live: Live, tmp_path: Path) -> None:
    unknown = tmp_path / "unknown.pdf"
    unknown.write_bytes(live.contract.read_bytes() + b"\n")
    done = quick_client("receipt", unknown, tmp_path / "none")
    assert done.returncode == 2
    assert "knows nothing" in done.stderr or "FACT_NOT_FOUND" in done.stderr


def test_usage_is_told(quick_client: Client) -> None:
    done = quick_client("seal")
    assert done.returncode == 2
    assert "verify" in done.stderr
