"""A PostgreSQL server of one's own on loopback, thrown away afterwards."""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


def _binaries() -> Path | None:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if found:
        return Path(found[-1]).parent
    initdb = shutil.which("initdb")
    return None if initdb is None else Path(initdb).resolve().parent


def why_no_server() -> str | None:
    """Why no server can be started here; None when one can."""
    if _binaries() is None:
        return "no PostgreSQL programs (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and _unprivileged() is None:
        return "running as root and there is no user `postgres` to start a server as"
    return None


def _unprivileged() -> tuple[int, int] | None:
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        return None
    return entry.pw_uid, entry.pw_gid


class ThrowAwayServer:
    """initdb, start on a free loopback port, stop, delete."""

    def __init__(self) -> None:
        self._bin = _binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="sealsvc-postgres-"))
        self._user = _unprivileged() if os.geteuid() == 0 else None

    def start(self) -> str:
        """The URL of an empty database."""
        if self._user is not None:
            os.chown(self._folder, *self._user)
        data = self._folder / "data"
        self._run("initdb", "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        # Clients are killed in tests, never the server: fsync buys nothing here.
        options = f"-p {port} -h 127.0.0.1 -k {self._folder} -c fsync=off -c max_connections=200"
        log = self._folder / "log"
        self._run("pg_ctl", "-D", data, "-w", "-l", log, "-o", options, "start")
        return f"postgresql+psycopg://test@127.0.0.1:{port}/postgres"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *args: object) -> None:
        assert self._bin is not None
        who = {} if self._user is None else {"user": self._user[0], "group": self._user[1]}
        subprocess.run(
            [str(self._bin / program), *map(str, args)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self._folder,
            **who,  # type: ignore[call-overload]
        )
