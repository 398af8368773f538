"""Simple, detailed and diagnostic reports, and their schema."""

import json
import re
from typing import Any

import pytest

from sealsvc.documents.values import ChangeClass
from sealsvc.verify.constraints import CONSTRAINTS
from sealsvc.verify.findings import noticed
from sealsvc.verify.indications import Block
from sealsvc.verify.judge import judge
from sealsvc.verify.messages import CATALOGUE, change_words
from sealsvc.verify.policy import DEFAULT_POLICY
from sealsvc.verify.report import Level, to_dict
from sealsvc.verify.schema import REPORT_SCHEMA
from tests.builders.evidence import SIGNED, sound
from tests.builders.tsa import read_stamp
from tests.unit.verify.vectors import VECTORS, Vector
from tests.unit.verify.vectors.base import after

KINDS: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def fits(schema: Any, shape: Any, where: str = "$") -> None:
    """What this schema uses of JSON Schema."""
    if "anyOf" in schema:
        kinds = [one for one in schema["anyOf"] if isinstance(shape, KINDS[one["type"]])]
        assert kinds, where
        return fits(kinds[0], shape, where)
    assert isinstance(shape, KINDS[schema["type"]]), (where, shape)
    assert shape in schema.get("enum", [shape]), (where, shape)
    assert not isinstance(shape, str) or re.search(schema.get("pattern", ""), shape), where
    for name in schema.get("required", ()):
        assert name in shape, f"{where}.{name}"
    for name, member in schema.get("properties", {}).items():
        if name in shape:
            fits(member, shape[name], f"{where}.{name}")
    for item in shape if schema["type"] == "array" else ():
        fits(schema["items"], item, f"{where}[]")
    return None


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_every_report_fits_the_schema(vector: Vector) -> None:
    report = judge(vector.given.build(), DEFAULT_POLICY)
    for level in Level:
        shape: Any = to_dict(report, "en", level)
        fits(REPORT_SCHEMA, shape)
        assert ("detail" in shape, "diagnostic" in shape) == (
            level is not Level.SIMPLE,
            level is Level.DIAGNOSTIC,
        )
        json.dumps(shape)


def test_the_schema_refuses() -> None:
    shape: Any = to_dict(judge(sound().build(), DEFAULT_POLICY))
    for change in ({"summary": "FINE"}, {"signaturesCount": "1"}, {"engine": {}}, {"axes": None}):
        with pytest.raises(AssertionError):
            fits(REPORT_SCHEMA, {**shape, **change})


def test_every_code_belongs_to_one_constraint() -> None:
    named = [code for item in CONSTRAINTS for code in item.codes]
    assert sorted(named) == sorted(CATALOGUE)
    assert len({item.name for item in CONSTRAINTS}) == len(CONSTRAINTS)
    assert {item.block for item in CONSTRAINTS} == set(Block) - {Block.VCI}


def test_detail_shows_each_constraint() -> None:
    stamped = sound().stamped(read_stamp(SIGNED)).evidence(crls_der=()).build()
    shape: Any = to_dict(judge(stamped, DEFAULT_POLICY), level="detailed")
    (signature,) = shape["detail"]["signatures"]
    blocks = {one["block"]: one for one in signature["blocks"]}
    fresh = {one["name"]: one for one in blocks["RFC"]["constraints"]}
    assert fresh["revocationInformationFresh"]["result"] == "INDETERMINATE"
    assert "REVOCATION_DATA_MISSING" in fresh["revocationInformationFresh"]["keys"]
    assert fresh["notRevoked"] == {
        "name": "notRevoked",
        "clause": "EN 319 102-1 5.2.6",
        "result": "PASSED",
        "keys": [],
    }
    (stamp,) = signature["timestamps"]
    assert not stamp["holds"]


def test_diagnostic_names_certificates_and_lists() -> None:
    shape: Any = to_dict(judge(sound().build(), DEFAULT_POLICY), level="diagnostic")
    found = shape["diagnostic"]
    assert [one["source"] for one in found["certificates"]] == ["ANCHOR", "GATHERED", "EMBEDDED"]
    assert [one["kind"] for one in found["revocationData"]] == ["CRL", "CRL"]
    assert found["signatures"][0]["logProof"]["index"] == 7


@pytest.mark.parametrize("kind", list(ChangeClass))
def test_every_change_has_words_in_both_languages(kind: ChangeClass) -> None:
    zh, en = change_words(kind, "zh"), change_words(kind, "en")
    assert re.search("[一-鿿]", zh)
    assert not re.search("[一-鿿]", en)
    assert str(kind) not in en
    said = noticed("MODIFIED_AFTER_SIGNING", "S", change=kind, revision=3)
    assert zh in said.message("zh")
    assert en in said.message("en")


def test_changes_stand_in_words_in_the_report() -> None:
    given = sound().reading(**after(ChangeClass.ANNOTATION)).build()
    shape: Any = to_dict(judge(given, DEFAULT_POLICY), "en")
    (change,) = shape["signatures"][0]["changesAfter"]
    assert change["message"] == change["messageEn"] == change_words("ANNOTATION", "en")
