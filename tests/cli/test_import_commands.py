"""`sealsvc entities import` and `sealsvc seals import` in processes of their own."""

import json
from pathlib import Path

import pytest

from tests.areas.entities.test_register import LEGAL, OTHER
from tests.cli.test_commands import run


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imports") / "data"
    done = run("init", "--data", folder, "--base-url", "http://seal.example")
    assert done.returncode == 0, done.stderr
    return folder


def test_importing_entities_and_seals(domain: Path, tmp_path: Path) -> None:
    entities, seals = tmp_path / "entities.csv", tmp_path / "seals.csv"
    entities.write_bytes(f"统一社会信用代码,名称\n{LEGAL},甲\n{OTHER},乙\nx,y\n".encode("gbk"))
    done = run("entities", "import", entities, "--data", domain)
    assert done.returncode == 1, done.stderr
    assert "2 created, 0 unchanged, 1 failed" in done.stdout
    assert "USCC_INVALID" in done.stderr
    again = run("entities", "import", entities, "--data", domain, "--json")
    assert again.returncode == 1
    report = json.loads(again.stdout)
    assert (report["total"], report["created"], report["unchanged"]) == (3, 0, 2)
    assert report["rows"][0]["line"] == 4
    seals.write_text(f"uscc,type,medium,name,code\n{LEGAL},04,实物,合同专用章,1101080012345\n")
    done = run("seals", "import", seals, "--data", domain)
    assert done.returncode == 0, done.stderr
    assert "1 created" in done.stdout


def test_files_that_are_refused(domain: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("colour\nred\n")
    done = run("entities", "import", wrong, "--data", domain)
    assert done.returncode == 2
    assert "IMPORT_HEADER_INVALID" in done.stderr
    done = run("entities", "import", tmp_path / "none.csv", "--data", domain)
    assert done.returncode == 2
    assert "FILE_UNREADABLE" in done.stderr
