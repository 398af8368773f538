"""A `sealsvc serve --demo` process of one's own: started, stopped, killed, its log shown."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

START_S = 90.0
STOP_S = 40.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(what: str, holds: Callable[[], bool], within_s: float) -> float:
    """Seconds until it held. Raises: TimeoutError."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > within_s:
            raise TimeoutError(f"{what}: not within {within_s} s")
        time.sleep(0.05)
    return time.monotonic() - began


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes_of(group: int) -> list[int]:
    """Pids of a process group that are alive (zombies are not)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, its_group = entry.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue  # it ended while we looked
        if int(its_group) == group and state != "Z":
            found.append(int(entry.parent.name))
    return found


class LiveService:
    """One data folder and port, served by one process at a time."""

    def __init__(
        self,
        data: Path,
        *,
        port: int | None = None,
        workers: int = 1,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"{data.name}-{self.port}.log"
        self._workers = workers
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        # Proxies of the environment are for the outside world.
        self.http = httpx.Client(base_url=self.base, timeout=90, trust_env=False)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def launch(self) -> None:
        """Start the process in a group of its own and return at once."""
        command = [sys.executable, "-m", "api.cli", "serve", "--demo", "--data", str(self.data)]
        command += ["--port", str(self.port), "--workers", str(self._workers)]
        inherited = {key: value for key, value in os.environ.items() if "SEALSVC_" not in key}
        with self.log.open("ab") as sink:
            self._process = subprocess.Popen(
                command,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**inherited, **self._settings},
                start_new_session=True,
            )

    def start(self) -> "LiveService":
        """Launch, and wait until it is ready for traffic."""
        self.launch()
        self.await_answer("/readyz", START_S)
        return self

    def await_answer(self, path: str, within_s: float = START_S) -> float:
        """Seconds until GET `path` gives 200. Raises: TimeoutError, and when it died."""

        def answers() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"the service ended: {self.log_tail()}")
            try:
                return httpx.get(self.base + path, trust_env=False, timeout=20).status_code == 200
            except httpx.HTTPError:
                return False

        return eventually(f"GET {path}", answers, within_s)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal the server alone, as an operator would; its exit status."""
        self.process.send_signal(how)
        return self.process.wait(STOP_S)

    def cpu_s(self) -> float:
        """Seconds of CPU that the server process itself has used."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def leftovers(self) -> list[int]:
        """Processes of ours that are still alive."""
        return processes_of(self.process.pid)

    def clean_up(self) -> None:
        """End whatever of the group still lives."""
        self.http.close()
        if self._process is None:
            return
        if self._process.poll() is None:
            self.stop()
        if self.leftovers():
            os.killpg(self._process.pid, signal.SIGKILL)

    def log_tail(self, characters: int = 4000) -> str:
        return self.log.read_text("utf-8", "replace")[-characters:]

    def keys(self) -> dict[str, str]:
        """Client name → key."""
        found: dict[str, str] = json.loads((self.data / "demo-clients.json").read_text("utf-8"))
        return found

    def call(
        self, method: str, path: str, *, by: str | None = None, **options: Any
    ) -> httpx.Response:
        """One request with a demo client's key."""
        headers = dict(options.pop("headers", {}))
        if by is not None:
            headers["Authorization"] = f"Bearer {self.keys()[by]}"
        return self.http.request(method, path, headers=headers, **options)

    def verify(self, data: bytes, **query: str) -> dict[str, Any]:
        """The report on a PDF."""
        answer = self.call("POST", "/v1/verifications", content=data, params=query, headers=PDF)
        assert answer.status_code == 200, answer.text
        report: dict[str, Any] = answer.json()
        return report

    def audit(self) -> subprocess.CompletedProcess[str]:
        """`sealsvc log audit` on the public tiles."""
        return run_tool("log", "audit", "--url", f"{self.base}/log")


PDF = {"Content-Type": "application/pdf"}


def run_tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of `sealsvc` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
