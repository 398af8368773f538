"""The command line as an operator meets it: each command in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from sealsvc.storage.db import MIGRATING, make_engine
from sealsvc.storage.revision import REVISION

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"


def run(*args: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *map(str, args)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("domain") / "data"
    done = run("init", "--demo", "--data", folder, "--base-url", "http://seal.example")
    assert done.returncode == 0, done.stderr
    return folder


def test_a_missing_database_is_an_error_not_an_empty_one(tmp_path: Path) -> None:
    done = run("serve", "--data", tmp_path / "nothing")
    assert done.returncode == 2
    assert "DATABASE_MISSING" in done.stderr
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(("revision", "migrates"), [("0004", True), ("9999", False)])
def test_a_database_of_another_version_is_told(
    tmp_path: Path, revision: str, migrates: bool
) -> None:
    folder = tmp_path / "data"
    assert run("init", "--data", folder).returncode == 0
    _bring_to(folder / "sealsvc.db", revision)
    done = run("serve", "--data", folder)
    assert done.returncode == 2
    assert f"SCHEMA_MISMATCH (found={revision}" in done.stderr
    assert "sealsvc migrate" in done.stderr
    done = run("migrate", "--data", folder)
    assert (done.returncode == 0) is migrates
    assert "Traceback" not in done.stderr
    assert ("SCHEMA_MISMATCH" in done.stderr) is not migrates
    if migrates:
        assert run("clients", "list", "--data", folder).returncode == 0


def _bring_to(database: Path, revision: str) -> None:
    """The database as an older program left it; as a newer one would mark it."""
    config = Config()
    config.set_main_option("script_location", "sealsvc:migrations")
    engine = make_engine(f"sqlite:///{database}")
    with engine.connect().execution_options(**{MIGRATING: True}) as connection:
        config.attributes["connection"] = connection
        if revision <= REVISION:
            command.downgrade(config, revision)
        else:
            connection.execute(
                text("UPDATE alembic_version SET version_num = :to"), {"to": revision}
            )
        connection.commit()
    engine.dispose()


def test_a_second_init_changes_nothing(data: Path) -> None:
    before = (data / "log.high-water").read_bytes()
    done = run("init", "--demo", "--data", data)
    assert done.returncode == 2
    assert "DOMAIN_EXISTS" in done.stderr
    assert (data / "log.high-water").read_bytes() == before


def test_an_init_that_was_cut_off_is_finished_by_another(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    code = (
        "import sealsvc.initialise as i, os\n"
        "i._create_hierarchy = lambda *a: os._exit(9)\n"
        "from sealsvc.settings import Settings; from pathlib import Path\n"
        f"i.initialise(Settings(data=Path({str(folder)!r})), demo=True)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 9
    done = run("init", "--demo", "--data", folder)
    assert done.returncode == 0, done.stderr
    assert set(json.loads((folder / "demo-clients.json").read_text())) >= {"applicant", "shop"}


def test_of_two_that_found_at_once_one_founds(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    command = [sys.executable, "-m", "api.cli", "init", "--demo", "--data", str(folder)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [one.communicate(timeout=120)[1] for one in both]
    assert sorted(one.returncode for one in both) == [0, 2], said
    assert "DOMAIN_EXISTS" in "".join(said)
    assert "Traceback" not in "".join(said)


def test_secrets_have_private_files(data: Path) -> None:
    assert data.stat().st_mode & 0o077 == 0
    for name in ("kek", "demo-clients.json"):
        assert (data / name).stat().st_mode & 0o077 == 0


def test_a_readable_kek_is_refused(data: Path, tmp_path: Path) -> None:
    loose = tmp_path / "kek"
    loose.write_bytes((data / "kek").read_bytes())
    loose.chmod(0o644)
    done = run("clients", "list", "--data", data, env={"SEALSVC_KEK_FILE": str(loose)})
    assert done.returncode == 2
    assert "KEK_UNSAFE" in done.stderr


def test_another_kek_opens_nothing(data: Path) -> None:
    done = run("clients", "list", "--data", data, env={"SEALSVC_KEK": "00" * 32})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_client_is_created_listed_and_revoked(data: Path) -> None:
    made = run("clients", "create", "--name", "店铺", "--scopes", "verify", "--data", data)
    client_id, key = made.stdout.split()
    assert key.startswith(f"{client_id}.sk_")
    assert client_id in run("clients", "list", "--data", data).stdout
    assert run("clients", "revoke", client_id, "--data", data).returncode == 0
    assert key not in run("clients", "list", "--data", data).stdout


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--scopes", "seal.sign"), "SIGN_NEEDS_ENTITY"),
        (("--scopes", "everything"), "SCOPE_UNKNOWN"),
        (("--scopes", "verify", "--entity", "91110000MA00000153"), "USCC_INVALID"),
        (("--scopes", "verify", "--entity", "12420000000000027K"), "ENTITY_NOT_FOUND"),
    ],
)
def test_an_unfit_client_is_refused(data: Path, args: tuple[str, ...], code: str) -> None:
    done = run("clients", "create", "--name", "x", *args, "--data", data)
    assert done.returncode == 2
    assert code in done.stderr


def test_verify_says_unsigned_and_exits_with_one() -> None:
    done = run("verify", SAMPLES / "invoice.pdf", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)[0]["summary"] == "UNSIGNED"


def test_verify_against_the_local_registry(data: Path) -> None:
    done = run("verify", SAMPLES / "invoice.pdf", "--data", data)
    assert done.returncode == 1
    assert "UNSIGNED" in done.stdout


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((SAMPLES / "README.md",), "UNSUPPORTED_FORMAT"),
        ((SAMPLES / "nothing.pdf",), "FILE_UNREADABLE"),
        (
            (SAMPLES / "invoice.pdf", "--trust", SAMPLES / "README.md"),
            "CERTIFICATE_FILE_UNREADABLE",
        ),
        ((SAMPLES / "invoice.pdf", "--key", "nonsense"), "VKEY_INVALID"),
    ],
)
def test_verify_names_what_is_wrong(args: tuple[object, ...], code: str) -> None:
    done = run("verify", *args)
    assert done.returncode == 2
    assert code in done.stderr
    assert "Traceback" not in done.stderr


def test_inspect_shows_and_judges_nothing() -> None:
    done = run("inspect", SAMPLES / "chain.pem")
    shown = json.loads(done.stdout)
    assert shown["kind"] == "bundle"
    assert {one["kind"] for one in shown["objects"]} == {"certificate"}
    assert "TRUSTED" not in done.stdout


def test_openapi_is_what_the_code_says() -> None:
    assert run("openapi", "--check").returncode == 0
