"""The register: state, facts, who may write and who may read what."""

from dataclasses import replace

import pytest

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service
from sealsvc.areas.entities.model import (
    EntityAlreadyCancelled,
    EntityDraft,
    EntityFieldInvalid,
    EntityStatus,
    EntityUnchanged,
    EntityView,
    OrganizationType,
    PublicEntity,
    UsccInvalid,
    UsccStatus,
    check_uscc,
)
from sealsvc.areas.entities.repo import EntityExists, EntityNotFound
from sealsvc.areas.transparency.model import Opening
from sealsvc.storage.logbook import Logbook
from sealsvc.values import Principal, Scope


def code(body: str) -> str:
    return body + str(check_uscc(body + "0").check_expected)


LEGAL, OTHER = code("91110000MA0000015"), code("91110000MA0000023")
PERSON = code("92110000MA0000031")
DRAFT = EntityDraft(
    uscc=LEGAL,
    legal_name="甲乙丙测试有限公司",
    short_names=("甲乙丙",),
    legal_representative="测试人",
    registered_address="测试路 1 号",
    organization_type=OrganizationType.ENTERPRISE,
)
WRITER = Principal("cli_w", "writer", frozenset({Scope.ENTITY_WRITE, Scope.ENTITY_READ}))
READER = Principal("cli_r", "reader", frozenset({Scope.ENTITY_READ}))
OWN = Principal("cli_o", "own", frozenset({Scope.ENTITY_READ, Scope.ENTITY_WRITE}), LEGAL)
FOREIGN = Principal("cli_f", "foreign", frozenset({Scope.ENTITY_READ, Scope.ENTITY_WRITE}), OTHER)
AUDITOR = Principal("cli_a", "auditor", frozenset({Scope.AUDIT_READ}))
PLAIN = Principal("cli_p", "plain", frozenset({Scope.VERIFY}))


@pytest.fixture
def entity(deps: Deps) -> EntityView:
    return service.register(deps, WRITER, DRAFT)


def types(deps: Deps, viewer: Principal | None = OWN, uscc: str = LEGAL) -> list[str]:
    return [one.type for one in service.history(deps, viewer, uscc)]


def test_registering(deps: Deps, logbook: Logbook, clock) -> None:
    entity = service.register(deps, WRITER, replace(DRAFT, uscc=" 9111 0000-ma00000152 "))
    assert entity.draft == DRAFT
    assert (entity.status, entity.version) == (EntityStatus.ACTIVE, 1)
    assert entity.registered_at == entity.changed_at == clock.now()
    assert entity.entity_id.startswith("ent_")
    assert service.get(deps, READER, LEGAL) == entity
    assert logbook.sequence() == 1
    (fact,) = service.history(deps, OWN, LEGAL)
    assert (fact.type, fact.index, fact.public) == ("entity.registered", 1, {"uscc": LEGAL})
    assert fact.payload is not None
    assert fact.payload["legalName"] == DRAFT.legal_name


def test_changing(deps: Deps, entity: EntityView, clock) -> None:
    clock.forward(days=1)
    changed = service.change(deps, OWN, LEGAL, {"legal_name": "新名", "registered_address": None})
    assert (changed.legal_name, changed.registered_address) == ("新名", None)
    assert (changed.version, changed.changed_at) == (2, clock.now())
    assert changed.registered_at == entity.registered_at
    assert service.get(deps, OWN, LEGAL) == changed
    assert types(deps) == ["entity.registered", "entity.changed"]
    fact = service.history(deps, OWN, LEGAL)[-1]
    assert fact.payload is not None
    assert fact.payload["changed"] == ["legalName", "registeredAddress"]


def test_cancelling_is_final(deps: Deps, entity: EntityView, clock) -> None:
    gone = service.cancel(deps, WRITER, LEGAL, " 注销登记 ")
    assert (gone.status, gone.cancelled_at) == (EntityStatus.CANCELLED, clock.now())
    assert gone.cancel_reason == "注销登记"
    for attempt in (
        lambda: service.cancel(deps, WRITER, LEGAL, "again"),
        lambda: service.change(deps, WRITER, LEGAL, {"legal_name": "x"}),
    ):
        with pytest.raises(EntityAlreadyCancelled):
            attempt()
    with pytest.raises(EntityExists):
        service.register(deps, WRITER, DRAFT)
    assert types(deps) == ["entity.registered", "entity.cancelled"]
    with deps.read() as session, pytest.raises(EntityAlreadyCancelled):
        service.get_active_in(session, LEGAL)


@pytest.mark.parametrize("principal", [READER, PLAIN, AUDITOR])
def test_writing_takes_the_scope(deps: Deps, entity: EntityView, principal: Principal) -> None:
    for attempt in (
        lambda: service.register(deps, principal, replace(DRAFT, uscc=OTHER)),
        lambda: service.change(deps, principal, LEGAL, {"legal_name": "x"}),
        lambda: service.cancel(deps, principal, LEGAL, "x"),
    ):
        with pytest.raises(ScopeMissing):
            attempt()
    assert types(deps) == ["entity.registered"]


def test_bound_clients_write_their_own_entity_only(deps: Deps, entity: EntityView) -> None:
    for attempt in (
        lambda: service.register(deps, FOREIGN, EntityDraft(PERSON, "x")),
        lambda: service.change(deps, FOREIGN, LEGAL, {"legal_name": "x"}),
        lambda: service.cancel(deps, FOREIGN, LEGAL, "x"),
    ):
        with pytest.raises(NotYourEntity):
            attempt()
    assert service.register(deps, FOREIGN, replace(DRAFT, uscc=OTHER)).uscc == OTHER


def test_one_code_one_entity(deps: Deps, entity: EntityView) -> None:
    with pytest.raises(EntityExists):
        service.register(deps, WRITER, replace(DRAFT, uscc=LEGAL.lower(), legal_name="x"))
    assert service.get(deps, READER, LEGAL) == entity


def test_nothing_to_change_is_no_fact(deps: Deps, entity: EntityView) -> None:
    for patch in ({}, {"legal_name": f" {DRAFT.legal_name} "}):
        with pytest.raises(EntityUnchanged):
            service.change(deps, WRITER, LEGAL, patch)
    assert types(deps) == ["entity.registered"]


@pytest.mark.parametrize(
    "patch",
    [
        {"legal_name": " "},
        {"legal_name": "a\u202eb"},
        {"short_names": ("a", "a")},
        {"organization_type": OrganizationType.INDIVIDUAL_BUSINESS},
    ],
)
def test_unfit_changes(deps: Deps, entity: EntityView, patch) -> None:
    with pytest.raises(EntityFieldInvalid):
        service.change(deps, WRITER, LEGAL, patch)
    assert service.get(deps, READER, LEGAL) == entity


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301, "a\x00b"])
def test_unfit_reasons(deps: Deps, entity: EntityView, reason: str) -> None:
    with pytest.raises(EntityFieldInvalid):
        service.cancel(deps, WRITER, LEGAL, reason)


@pytest.mark.parametrize("wrong", [LEGAL[:-1], LEGAL[:-1] + "3", "", "x" * 100, "9O" + LEGAL[2:]])
def test_codes_that_cannot_be(deps: Deps, wrong: str) -> None:
    for attempt in (
        lambda: service.register(deps, WRITER, replace(DRAFT, uscc=wrong)),
        lambda: service.get(deps, READER, wrong),
        lambda: service.history(deps, READER, wrong),
    ):
        with pytest.raises(UsccInvalid) as caught:
            attempt()
        assert caught.value.fields["issues"]
    assert service.find(deps, READER, wrong) is None
    assert service.check(deps, wrong).status is UsccStatus.INVALID


def test_an_unknown_code_tells_what_it_says_itself(deps: Deps) -> None:
    with pytest.raises(EntityNotFound) as caught:
        service.get(deps, None, LEGAL)
    assert caught.value.fields["uscc_status"] == "valid"


def test_a_stale_version_is_refused(deps: Deps, entity: EntityView) -> None:
    changed = service.change(deps, WRITER, LEGAL, {"legal_name": "x"}, seen_version=1)
    for attempt in (
        lambda: service.change(deps, WRITER, LEGAL, {"legal_name": "y"}, seen_version=1),
        lambda: service.cancel(deps, WRITER, LEGAL, "y", seen_version=1),
    ):
        with pytest.raises(service.EntityVersionStale):
            attempt()
    assert service.get(deps, READER, LEGAL) == changed


@pytest.mark.parametrize("viewer", [None, PLAIN, FOREIGN, AUDITOR])
def test_strangers_see_public_members_only(deps: Deps, entity: EntityView, viewer) -> None:
    seen = service.get(deps, viewer, LEGAL)
    assert seen == PublicEntity(LEGAL, DRAFT.legal_name, EntityStatus.ACTIVE, 1)
    assert service.find(deps, viewer, LEGAL) == seen
    assert service.search(deps, viewer, "甲乙") == [seen]


@pytest.mark.parametrize("viewer", [OWN, READER, WRITER])
def test_readers_see_all(deps: Deps, entity: EntityView, viewer) -> None:
    assert service.get(deps, viewer, LEGAL) == entity
    assert service.search(deps, viewer, "甲乙") == [entity]


def test_history_opens_for_its_own_and_for_auditors(deps: Deps, entity: EntityView) -> None:
    for viewer in (None, PLAIN, READER, FOREIGN):
        (fact,) = service.history(deps, viewer, LEGAL)
        assert (fact.payload, fact.public) == (None, {"uscc": LEGAL})
    assert service.history(deps, OWN, LEGAL)[0].opening is Opening.SUBJECT
    assert service.history(deps, AUDITOR, LEGAL)[0].opening is Opening.AUDIT


def test_searching(deps: Deps, entity: EntityView) -> None:
    half = service.register(
        deps, WRITER, EntityDraft(OTHER, "Demo_100% Trading Co.", short_names=("ＤＥＭＯ",))
    )
    for fragment in ("demo", "DEMO_", "100%", "trading", "ｄｅｍｏ"):
        assert service.search(deps, READER, fragment) == [half], fragment
    for fragment in ("d%o", "demo 1", "_100%_", "\\"):
        assert service.search(deps, READER, fragment) == [], fragment
    both = service.search(deps, READER)
    assert [one.uscc for one in both] == sorted([LEGAL, OTHER])
    first = service.search(deps, READER, limit=1)
    assert service.search(deps, READER, after=first[0].uscc) == both[1:]
    assert service.search(deps, None, uscc=LEGAL.lower())[0].uscc == LEGAL
    assert service.search(deps, None, "demo", uscc=LEGAL) == []


def test_codes_of_natural_persons_are_not_listed_to_strangers(deps: Deps) -> None:
    person = service.register(deps, WRITER, EntityDraft(PERSON, "甲个体店"))
    for viewer in (None, PLAIN, FOREIGN, OWN):
        assert service.search(deps, viewer, "个体") == []
        assert service.history(deps, viewer, PERSON) == []
    assert service.search(deps, READER, "个体") == [person]
    assert service.search(deps, None, uscc=PERSON) == [person.public()]
    (fact,) = service.history(deps, AUDITOR, PERSON)
    assert fact.public == {}
    assert fact.payload is not None
    assert fact.payload["uscc"] == PERSON


def test_joining_another_unit_of_work(deps: Deps, entity: EntityView) -> None:
    with deps.read() as session:
        assert service.find_in(session, LEGAL) == entity
        assert service.get_active_in(session, LEGAL) == entity
        assert service.find_in(session, OTHER) is None
        with pytest.raises(EntityNotFound):
            service.get_active_in(session, OTHER)
