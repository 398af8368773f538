"""`sealsvc demo`: the story against a running service, or against one of our own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from rich.console import Console

from api.demo.service import Unexpected
from api.demo.steps import DemoResult
from api.demo.telling import run

CLIENTS_FILE = "demo-clients.json"
_START_S = 60.0
_STOP_S = 30.0
_FAILED = 1
_NOT_RUN = 2


def run_command(
    out: Path, *, base: str | None = None, clients: Path | None = None, data: Path | None = None
) -> int:
    """Tell the story; the exit status: 0 as told, 1 some step went otherwise, 2 not begun.

    Without `base` a service of our own is started for it and stopped behind it; data: its folder,
    founded where empty, a passing one where None.
    """
    printer = Console()
    try:
        if base is not None:
            if clients is None:
                raise Unexpected("--base needs --clients, the demo-clients.json of that service")
            return _status(run(base, read_clients(clients), out, printer))
        with _data_folder(data) as folder, own_service(folder) as url:
            return _status(run(url, read_clients(folder / CLIENTS_FILE), out, printer))
    except (Unexpected, httpx.HTTPError, OSError, ValueError) as error:
        printer.print(f"demo: {error}", style="red", markup=False)
        return _NOT_RUN


def read_clients(path: Path) -> Mapping[str, str]:
    """Name -> key. Raises: OSError, ValueError."""
    clients = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(clients, dict):
        raise ValueError(f"{path} holds no object of names and keys")
    return clients


@contextmanager
def own_service(data: Path, **settings: str) -> Iterator[str]:
    """A demo service in a child process on a free port; its base URL. It ends with the block.

    settings: environment variables of the child, beside our own.
    Raises: Unexpected when it does not come up.
    """
    port = free_port()
    command = [sys.executable, "-m", "api.cli", "serve", "--demo"]
    command += ["--data", str(data), "--port", str(port)]
    log = data.parent / f"{data.name}.serve.log"
    data.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        child = subprocess.Popen(  # noqa: S603  # our own interpreter, arguments as a list
            command, stdout=sink, stderr=subprocess.STDOUT, env={**os.environ, **settings}
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _await_ready(child, url, log)
            yield url
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def free_port() -> int:
    """A TCP port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_ready(child: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    patience_ends = time.monotonic() + _START_S
    while time.monotonic() < patience_ends:
        if child.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/readyz", trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass  # not listening yet
        time.sleep(0.2)
    tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise Unexpected(f"our own service did not come up: {tail}")


@contextmanager
def _data_folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data
        return
    with TemporaryDirectory(prefix="sealsvc-demo-") as folder:
        yield Path(folder) / "data"


def _status(result: DemoResult) -> int:
    return 0 if result.ok else _FAILED
