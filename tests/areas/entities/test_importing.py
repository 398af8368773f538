"""Import of entities: no good row lost, nothing half done, the same file twice."""

import itertools
import json
from collections.abc import Iterator

import pytest
from sqlmodel import Session, func, select

from sealsvc.areas.access.model import ScopeMissing
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import repo, service
from sealsvc.areas.entities.importing import batches, register
from sealsvc.areas.entities.importing.batches import ImportReport
from sealsvc.areas.entities.importing.register import import_entities
from sealsvc.areas.entities.model import EntityDraft
from sealsvc.errors import Unavailable
from sealsvc.ports import DatabaseBusy
from sealsvc.storage.logbook import Logbook
from sealsvc.storage.tables import FactRow
from tests.areas.entities.test_register import FOREIGN, LEGAL, OTHER, OWN, PLAIN, WRITER, code

HEAD = "统一社会信用代码,名称,简称,法定代表人,住所,主体类型\n"


def usccs() -> Iterator[str]:
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for four in itertools.product(letters, repeat=4):
        yield code("91110000MB00" + "".join(four) + "0")


def table(count: int) -> list[str]:
    return [f"{uscc},公司{n},,,,\n" for n, uscc in enumerate(itertools.islice(usccs(), count))]


def brought(report: ImportReport) -> tuple[int, int, int, int]:
    return report.total, report.created, report.unchanged, report.failed


def facts(deps: Deps) -> int:
    with deps.read() as session:
        assert isinstance(session, Session)
        return session.exec(
            select(func.count()).select_from(FactRow).where(FactRow.type == "entity.registered")
        ).one()


def test_every_column(deps: Deps, logbook: Logbook) -> None:
    text = HEAD + f"{LEGAL.lower()},甲公司,甲；甲乙,张三,测试路 1 号,企业\n"
    assert brought(import_entities(deps, WRITER, text.encode("gbk"))) == (1, 1, 0, 0)
    found = service.get(deps, WRITER, LEGAL)
    assert found.draft == EntityDraft(  # type: ignore[union-attr]
        LEGAL, "甲公司", ("甲", "甲乙"), "张三", "测试路 1 号", register.OrganizationType.ENTERPRISE
    )
    logbook.sequence()
    (fact,) = service.history(deps, OWN, LEGAL)
    assert fact.payload is not None
    assert fact.payload["by"] == WRITER.client_id
    assert "张三" not in json.dumps(fact.public)


def test_one_bad_row_in_two_thousand(deps: Deps) -> None:
    lines = table(2000)
    lines[1234] = "91110000MA0000015X,坏码,,,,\n"
    told: list[int] = []
    report = import_entities(deps, WRITER, (HEAD + "".join(lines)).encode(), progress=told.append)
    assert brought(report) == (2000, 1999, 0, 1)
    (bad,) = report.problems
    assert (bad.line, bad.code, bad.field) == (1236, "USCC_INVALID", "uscc")
    assert told == [501, 1001, 1501, 2001]
    assert facts(deps) == 1999
    again = import_entities(deps, WRITER, (HEAD + "".join(lines)).encode())
    assert brought(again) == (2000, 0, 1999, 1)
    assert facts(deps) == 1999


def test_rows_that_fail_say_why(deps: Deps) -> None:
    service.register(deps, WRITER, EntityDraft(OTHER, "已有公司"))
    (fresh,) = itertools.islice(usccs(), 1)
    rows = [
        f"{OTHER},已有公司,,,,\n",
        f"{OTHER},别的名称,,,,\n",
        f"{LEGAL},名\u202e称,,,,\n",
        f"{LEGAL},名称,,,,外星\n",
        f"{LEGAL},名称,,,,个体工商户\n",
        f"{fresh},一,,,,\n",
        f"{fresh},一,,,,\n",
        f"{fresh},二,,,,\n",
    ]
    report = import_entities(deps, WRITER, (HEAD + "".join(rows)).encode())
    assert brought(report) == (8, 1, 2, 5)
    assert [(one.line, one.code, one.field, one.reason) for one in report.problems] == [
        (3, "IMPORT_ROW_DIFFERS", "legalName", None),
        (4, "ENTITY_FIELD_INVALID", "legalName", "UNPRINTABLE"),
        (5, "IMPORT_ROW_INVALID", "organizationType", "UNKNOWN"),
        (6, "ENTITY_FIELD_INVALID", "organizationType", "CONTRADICTS_USCC"),
        (9, "IMPORT_ROW_REPEATED", "legalName", None),
    ]
    assert service.get(deps, WRITER, OTHER).legal_name == "已有公司"


def test_a_cancelled_entity_does_not_come_back(deps: Deps) -> None:
    service.register(deps, WRITER, EntityDraft(LEGAL, "甲"))
    service.cancel(deps, WRITER, LEGAL, "注销")
    report = import_entities(deps, WRITER, f"uscc,legalName\n{LEGAL},甲\n".encode())
    assert [one.code for one in report.problems] == ["ENTITY_ALREADY_CANCELLED"]


def test_a_bound_client_imports_itself_only(deps: Deps) -> None:
    text = f"uscc,legalName\n{LEGAL},甲\n{OTHER},乙\n".encode()
    report = import_entities(deps, OWN, text)
    assert [(one.line, one.code, one.field) for one in report.problems] == [
        (3, "ENTITY_NOT_YOURS", "uscc")
    ]
    assert brought(import_entities(deps, FOREIGN, text)) == (2, 1, 0, 1)
    with pytest.raises(ScopeMissing):
        import_entities(deps, PLAIN, text)


def test_json_says_the_same(deps: Deps) -> None:
    shape = [
        {"uscc": LEGAL, "名称": "甲", "shortNames": ["甲乙"], "organizationType": "ENTERPRISE"}
    ]
    assert brought(import_entities(deps, WRITER, json.dumps(shape).encode())) == (1, 1, 0, 0)
    shape[0]["uscc"] = 9
    report = import_entities(deps, WRITER, json.dumps(shape).encode())
    assert [(one.field, one.reason) for one in report.problems] == [("uscc", "TEXT_EXPECTED")]


def test_another_import_at_the_same_time(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another one registered since the look costs no row: each is looked at again."""
    lines = table(5)
    text = (HEAD + "".join(lines)).encode()
    find_all, calls = repo.find_all, []

    def blind(session: Session, wanted: list[str]) -> dict:
        calls.append(wanted)
        return {} if len(calls) == 1 else find_all(session, wanted)

    service.register(deps, WRITER, EntityDraft(lines[2][:18], "公司2"))
    monkeypatch.setattr(repo, "find_all", blind)
    assert brought(import_entities(deps, WRITER, text)) == (5, 4, 1, 0)
    assert facts(deps) == 5


def test_a_database_that_is_away_stops_the_import(
    deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written stays; the same file later adds the rest."""
    monkeypatch.setattr(register, "BATCH", 10)
    text = (HEAD + "".join(table(30))).encode()
    add_all, calls = repo.add_all, []

    def failing(session: Session, entities: list, *, by: str) -> None:
        calls.append(len(entities))
        if len(calls) == 2:
            raise DatabaseBusy(reason="locked")
        add_all(session, entities, by=by)

    monkeypatch.setattr(repo, "add_all", failing)
    with pytest.raises(Unavailable):
        import_entities(deps, WRITER, text)
    assert facts(deps) == 10
    assert brought(import_entities(deps, WRITER, text)) == (30, 20, 10, 0)


def test_the_report_names_so_many_rows_and_counts_all(
    deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SHOWN_PROBLEMS", 3)
    report = import_entities(deps, WRITER, ("uscc,legalName\n" + "x,y\n" * 50).encode())
    assert brought(report) == (50, 0, 0, 50)
    assert [one.line for one in report.problems] == [2, 3, 4]
