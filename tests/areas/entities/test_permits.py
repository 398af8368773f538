"""Permits: state, facts, validity at a time, who may write and read."""

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import permits, service
from sealsvc.areas.entities.model import EntityAlreadyCancelled, EntityDraft, UsccInvalid
from sealsvc.areas.entities.model.permits import (
    PermitAlreadyWithdrawn,
    PermitDraft,
    PermitStatus,
    PermitUnchanged,
    ShownPermit,
)
from sealsvc.areas.entities.permits import PermitExists, PermitLimitReached, PermitVersionStale
from sealsvc.areas.entities.repo import EntityNotFound, PermitNotFound
from sealsvc.storage.logbook import Logbook
from sealsvc.values import Principal, Scope
from tests.areas.entities.test_register import FOREIGN, LEGAL, OTHER, OWN, PERSON, PLAIN, WRITER

DRAFT = PermitDraft(
    number="JY1110000000001",
    kind="食品经营许可证",
    issuer="示例市场监督管理局",
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    scope="预包装食品销售",
)


@pytest.fixture
def permit(deps: Deps) -> ShownPermit:
    for uscc in (LEGAL, PERSON):
        service.register(deps, WRITER, EntityDraft(uscc, "甲乙丙测试有限公司"))
    return permits.register(deps, OWN, LEGAL, DRAFT)


def key(shown: ShownPermit) -> tuple[str, str]:
    return shown.permit.uscc, shown.permit.permit_id


def test_registering(deps: Deps, permit: ShownPermit, logbook: Logbook) -> None:
    assert permit.permit.draft == DRAFT
    assert (permit.status, permit.complete) == (PermitStatus.VALID, True)
    assert permit.permit.permit_id.startswith("prm_")
    assert permits.get(deps, OWN, *key(permit)) == permit
    logbook.sequence()
    stranger = service.history(deps, None, LEGAL)[-1]
    assert stranger.type == "entity.permit_registered"
    assert stranger.payload is None
    assert stranger.public == {
        "uscc": LEGAL,
        "permitId": permit.permit.permit_id,
        "number": DRAFT.number,
        "kind": DRAFT.kind,
        "issuer": DRAFT.issuer,
        "validFrom": "2026-01-01",
        "validTo": "2026-12-31",
    }
    own = service.history(deps, OWN, LEGAL)[-1]
    assert own.payload is not None
    assert own.payload["scope"] == DRAFT.scope


def test_no_clock_changes_a_permit(deps: Deps, permit: ShownPermit, clock) -> None:
    clock.forward(days=100)
    expired = permits.get(deps, OWN, *key(permit))
    assert permits.search(deps, None, LEGAL, status=PermitStatus.VALID) == []
    then = permits.search(deps, None, LEGAL, status=PermitStatus.VALID, at=permit.at)
    assert [one.permit for one in then] == [permit.permit]
    assert (expired.status, expired.permit) == (PermitStatus.EXPIRED, permit.permit)
    endless = permits.correct(deps, OWN, key(permit), {"valid_to": None})
    assert endless.status is PermitStatus.VALID


def test_correcting(deps: Deps, permit: ShownPermit, logbook: Logbook) -> None:
    new = permits.correct(deps, OWN, key(permit), {"number": " JY2 ", "scope": None})
    assert (new.permit.draft.number, new.permit.draft.scope, new.permit.version) == ("JY2", None, 2)
    logbook.sequence()
    fact = service.history(deps, OWN, LEGAL)[-1]
    assert (fact.type, fact.public["number"]) == ("entity.permit_corrected", "JY2")
    assert fact.payload == {
        "by": OWN.client_id,
        "changed": ["number", "scope"],
        "before": {"number": DRAFT.number, "scope": DRAFT.scope},
        "after": {"number": "JY2"},
    }
    with pytest.raises(PermitUnchanged):
        permits.correct(deps, OWN, key(permit), {"number": "JY2"})
    with pytest.raises(PermitVersionStale):
        permits.correct(deps, OWN, key(permit), {"number": "JY3"}, seen_version=1)


def test_withdrawing(deps: Deps, permit: ShownPermit, logbook: Logbook, clock) -> None:
    since = clock.now() - timedelta(days=2)
    gone = permits.withdraw(deps, OWN, key(permit), "吊销", effective_from=since)
    assert gone.status is PermitStatus.WITHDRAWN
    before = permits.get(deps, None, *key(permit), at=since - timedelta(seconds=1))
    assert before.status is PermitStatus.VALID
    with pytest.raises(PermitAlreadyWithdrawn):
        permits.withdraw(deps, OWN, key(permit), "吊销")
    with pytest.raises(PermitAlreadyWithdrawn):
        permits.correct(deps, OWN, key(permit), {"number": "x"})
    again = permits.register(deps, OWN, LEGAL, DRAFT)
    assert again.permit.permit_id != gone.permit.permit_id
    logbook.sequence()
    fact = service.history(deps, None, LEGAL)[-2]
    assert fact.type == "entity.permit_withdrawn"
    assert fact.public["withdrawnFrom"] == f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert "reason" not in fact.public


def test_a_natural_persons_number_is_nobodys(deps: Deps, permit, logbook: Logbook) -> None:
    shown = permits.register(deps, WRITER, PERSON, DRAFT)
    logbook.sequence()
    assert permits.get(deps, None, *key(shown)).number is None
    assert permits.get(deps, WRITER, *key(shown)).number == DRAFT.number
    for fact in service.history(deps, None, PERSON):
        assert fact.public == {}
    own = replace(OWN, entity_uscc=PERSON)
    fact = service.history(deps, own, PERSON)[-1]
    assert fact.public == {}
    assert fact.payload is not None
    assert fact.payload["number"] == DRAFT.number


def test_two_alike_and_too_many(
    deps: Deps, permit: ShownPermit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PermitExists):
        permits.register(deps, OWN, LEGAL, DRAFT)
    other = permits.register(deps, OWN, LEGAL, replace(DRAFT, number="JY2"))
    with pytest.raises(PermitExists):
        permits.correct(deps, OWN, key(other), {"number": DRAFT.number})
    monkeypatch.setattr(permits, "PERMITS_LIMIT", 1)
    with pytest.raises(PermitLimitReached):
        permits.register(deps, OWN, LEGAL, replace(DRAFT, number="3"))


def test_who_may_write(deps: Deps, permit: ShownPermit) -> None:
    reader = Principal("cli_r", "reader", frozenset({Scope.ENTITY_READ}))
    for principal, error in (
        (PLAIN, ScopeMissing),
        (reader, ScopeMissing),
        (FOREIGN, NotYourEntity),
    ):
        with pytest.raises(error):
            permits.register(deps, principal, LEGAL, DRAFT)
        with pytest.raises(error):
            permits.correct(deps, principal, key(permit), {"number": "2"})
        with pytest.raises(error):
            permits.withdraw(deps, principal, key(permit), "x")


def test_what_is_not_there(deps: Deps, permit: ShownPermit) -> None:
    with pytest.raises(UsccInvalid):
        permits.get(deps, None, "nothing", permit.permit.permit_id)
    with pytest.raises(EntityNotFound):
        permits.search(deps, None, OTHER)
    with pytest.raises(EntityNotFound):
        permits.register(deps, WRITER, OTHER, DRAFT)
    # A permit is found under its own entity only.
    for uscc, permit_id in ((LEGAL, "prm_x"), (PERSON, permit.permit.permit_id)):
        with pytest.raises(PermitNotFound):
            permits.get(deps, WRITER, uscc, permit_id)
        with pytest.raises(PermitNotFound):
            permits.withdraw(deps, WRITER, (uscc, permit_id), "x")


def test_a_cancelled_entity_gets_no_permit(deps: Deps, permit: ShownPermit) -> None:
    service.cancel(deps, OWN, LEGAL, "注销")
    with pytest.raises(EntityAlreadyCancelled):
        permits.register(deps, OWN, LEGAL, replace(DRAFT, number="2"))
    with pytest.raises(EntityAlreadyCancelled):
        permits.withdraw(deps, OWN, key(permit), "x")
    assert permits.search(deps, None, LEGAL) != []


def test_pages(deps: Deps, permit: ShownPermit) -> None:
    for number in range(4):
        permits.register(deps, OWN, LEGAL, replace(DRAFT, number=str(number)))
    whole = [one.permit.permit_id for one in permits.search(deps, None, LEGAL)]
    assert len(whole) == 5
    first = permits.search(deps, None, LEGAL, page=(None, 2))
    rest = permits.search(deps, None, LEGAL, page=(first[-1].permit.permit_id, 9))
    assert [one.permit.permit_id for one in first + rest] == sorted(whole)
