"""Import of seals: applications only, known again by code or likeness, one bad row costs itself."""

import base64
import json

import pytest

from sealsvc.areas.access.model import ScopeMissing
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.importing.batches import ImportReport
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.importing import import_seals
from sealsvc.areas.seals.model.views import SealFilter, SealView
from sealsvc.values import Principal, Scope, SealMedium, SealStatus, SealType
from tests.areas.seals.world import (
    APPROVER,
    AUDITOR,
    CODE,
    OPERATOR,
    OWNER,
    PERSON,
    SELF,
    A,
    B,
    World,
    facts,
    picture,
)

HEAD = "统一社会信用代码,印章类型,介质,印章名称,印章编码,姓名,序号\n"


def run(deps: Deps, *rows: str, who=OWNER) -> ImportReport:
    return import_seals(deps, who, (HEAD + "".join(f"{row}\n" for row in rows)).encode())


def brought(report: ImportReport) -> tuple[int, int, int, int]:
    return report.total, report.created, report.unchanged, report.failed


def problems(report: ImportReport) -> list[tuple[int, str, str | None, str | None]]:
    return [(one.line, one.code, one.field, one.reason) for one in report.problems]


def found(deps: Deps, **wanted: object) -> list[SealView]:
    return seals.search(deps, AUDITOR, SealFilter(**wanted))  # type: ignore[arg-type,return-value]


def test_both_media(world: World) -> None:
    rows = [f"{A},04,实物,合同专用章,{CODE},,", f"{A.lower()},合同专用章,电子,合同专用章,,,"]
    assert brought(run(world.deps, *rows)) == (2, 2, 0, 0)
    paper, electronic = sorted(found(world.deps, uscc=A), key=lambda one: one.medium)[::-1]
    assert (paper.medium, paper.code, paper.suite) == (SealMedium.PHYSICAL, CODE, None)
    assert (electronic.seal_type, electronic.status) == (SealType.CONTRACT, SealStatus.APPLIED)
    assert electronic.imprint_sha256 is not None
    assert paper.applicant_client_id == OWNER.client_id
    assert [one.type for one in world.facts(paper)] == ["seal.applied"]
    assert brought(run(world.deps, *rows)) == (2, 0, 2, 0)
    assert len(facts(world.deps, f"entity:{A}")) == 3


def test_no_import_puts_a_seal_into_use(world: World) -> None:
    """Neither by a client that may also approve: the applicant is never the second person."""
    run(world.deps, f"{A},04,实物,合同专用章,{CODE},,")
    (seal,) = found(world.deps, uscc=A)
    assert seal.status is SealStatus.APPLIED
    with pytest.raises(ScopeMissing):
        run(world.deps, f"{A},04,电子,合同专用章,,,", who=APPROVER)


def test_pictures_in_json(world: World) -> None:
    row = {"uscc": A, "type": "CONTRACT", "medium": "PHYSICAL", "name": "合同专用章", "code": CODE}
    row["imprint"] = base64.b64encode(picture()).decode()
    assert brought(import_seals(world.deps, OWNER, json.dumps([row]).encode())) == (1, 1, 0, 0)
    (seal,) = found(world.deps, code=CODE)
    assert seal.imprint_rgba_sha256 is not None
    assert brought(import_seals(world.deps, OWNER, json.dumps([row]).encode())) == (1, 0, 1, 0)
    row["imprint"] = base64.b64encode(picture(color="blue")).decode()
    report = import_seals(world.deps, OWNER, json.dumps([row]).encode())
    assert problems(report) == [(1, "IMPORT_ROW_DIFFERS", "imprint", None)]
    for wrong, code in (("!", "IMPORT_ROW_INVALID"), ("aGk=", "IMPRINT_PICTURE_UNREADABLE")):
        report = import_seals(
            world.deps, OWNER, json.dumps([{**row, "code": None, "imprint": wrong}]).encode()
        )
        assert [(one.code, one.field) for one in report.problems] == [(code, "imprint")]


def test_rows_that_fail_cost_only_themselves(world: World) -> None:
    world.applied(SealType.CONTRACT, B, medium=SealMedium.PHYSICAL, code="3101010000001")
    rows = [
        f"{A},04,实物,合同专用章,{CODE},,",
        f"{B},04,电子,合同专用章,,,",
        f"{A},04,实物,合同专用章,123,,",
        f"{A},04,实物,合同专用章,3101010000001,,",
        f"{A},07,实物,合同专用章,,,",
        f"{A},04,纸,合同专用章,,,",
        f"{A},03,电子,发票专用章,,,一",
        f"{A},03,电子,发票专用章,,,100",
        f"{A},04,电子,合同专用章,{CODE},,",
        f"{A},02,实物,财务专用章,{CODE},,",
        f"{A},05,电子,法定代表人名章,,王小明,",
        f"{A},05,电子,法人章,,李小明,",
    ]
    report = run(world.deps, *rows)
    assert problems(report) == [
        (3, "ENTITY_NOT_YOURS", "uscc", None),
        (4, "SEAL_CODE_INVALID", "code", "FORMAT"),
        (5, "IMPORT_ROW_DIFFERS", "uscc", None),
        (6, "IMPORT_ROW_INVALID", "type", "UNKNOWN"),
        (7, "IMPORT_ROW_INVALID", "medium", "UNKNOWN"),
        (8, "IMPORT_ROW_INVALID", "sequence", "NUMBER_EXPECTED"),
        (9, "SEAL_APPLICATION_INVALID", "sequence", "RANGE"),
        (10, "SEAL_APPLICATION_INVALID", "code", "PHYSICAL_ONLY"),
        (11, "IMPORT_ROW_DIFFERS", "type", None),
        (13, "SEAL_LIMIT_REACHED", "type", None),
    ]
    assert brought(report) == (12, 2, 0, 10)
    assert len(found(world.deps, uscc=A)) == 2
    assert len([one for one in facts(world.deps) if one.type == "seal.applied"]) == 3


def test_repeated_rows_of_one_batch(world: World) -> None:
    rows = [
        f"{A},04,实物,合同专用章,{CODE},,",
        f"{A},04,实物,合同专用章,{CODE},,",
        f"{A},02,实物,财务专用章,{CODE},,",
        f"{A},04,电子,合同专用章,,,",
        f"{A},04,电子,合同专用章,,,",
    ]
    report = run(world.deps, *rows)
    assert brought(report) == (5, 2, 2, 1)
    assert problems(report) == [(4, "IMPORT_ROW_REPEATED", "code", None)]


def test_a_natural_persons_seal_names_nobody(world: World) -> None:
    assert run(world.deps, f"{PERSON},99,电子,其他章,,,", who=SELF).created == 1
    (fact,) = [one for one in facts(world.deps) if one.type == "seal.applied"]
    assert "uscc" not in fact.public


def test_owners_that_are_not_there(world: World) -> None:
    system = Principal("cli_s", "system", frozenset({Scope.SEAL_APPLY}))
    entities.cancel(world.deps, OPERATOR, B, "注销")
    report = run(world.deps, f"{B},04,电子,合同专用章,,,", "nothing,04,电子,章,,,", who=system)
    assert [(one.code, one.field) for one in report.problems] == [
        ("ENTITY_ALREADY_CANCELLED", "uscc"),
        ("ENTITY_NOT_FOUND", "uscc"),
    ]
