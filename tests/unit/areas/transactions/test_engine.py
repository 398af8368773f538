"""The version of the judgement over deals must change with the code that judges."""

import ast
import hashlib
from pathlib import Path

import sealsvc.areas.transactions.model as model
from sealsvc.areas.transactions.model.engine import JUDGEMENT, engine_version
from sealsvc.version import VERSION

# What only keeps, asks or names itself does not judge.
NO_JUDGEMENT = ("engine.py", "facts.py", "verification.py", "record.py")


def _digest() -> str:
    """Of the parsed code, so comments and layout do not count; the table of kinds has its own."""
    root = Path(model.__file__).parent
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name not in NO_JUDGEMENT:
            whole.update(f"{name}\n{ast.dump(ast.parse(path.read_bytes()))}\n".encode())
    return whole.hexdigest()[:16]


def test_a_changed_judgement_has_another_version() -> None:
    assert _digest() == JUDGEMENT, "set JUDGEMENT in transactions/model/engine.py to the left value"


def test_reports_name_it() -> None:
    assert engine_version() == f"{VERSION}+{JUDGEMENT}"
