"""The engine's version must change with the code that judges."""

import ast
import hashlib
from pathlib import Path

import sealsvc.verify
from sealsvc.verify.engine import JUDGEMENT, engine_version
from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY
from sealsvc.verify.report import to_dict
from sealsvc.version import VERSION
from tests.builders.evidence import sound

# What only shows a verdict, or says what to fetch, does not make it.
NO_JUDGEMENT = ("engine.py", "schema.py")


def _digest() -> str:
    """Of the parsed code, so comments and layout do not count; docstrings do."""
    root = Path(sealsvc.verify.__file__).parent
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name not in NO_JUDGEMENT:
            whole.update(f"{name}\n{ast.dump(ast.parse(path.read_bytes()))}\n".encode())
    return whole.hexdigest()[:16]


def test_a_changed_judgement_has_another_version() -> None:
    assert _digest() == JUDGEMENT, "set JUDGEMENT in sealsvc/verify/engine.py to the left value"


def test_reports_name_engine_trust_and_inputs() -> None:
    assert engine_version() == f"{VERSION}+{JUDGEMENT}"
    evidence = sound().build()
    shape = to_dict(judge(evidence, DEFAULT_POLICY))
    assert shape["engine"] == {"version": engine_version()}
    assert shape["inputs"]["document"] == evidence.document_sha256  # type: ignore[index,call-overload]
