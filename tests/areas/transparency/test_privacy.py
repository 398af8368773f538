"""Who may see and open what: the matrix of readers and facts."""

import pytest

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing
from sealsvc.areas.deps import Deps
from sealsvc.areas.transparency import repo, service
from sealsvc.areas.transparency.model import (
    DigestInvalid,
    FactNotFound,
    Opening,
    TraceQuery,
    TraceQueryInvalid,
)
from sealsvc.areas.transparency.repo import FactFilter, queued, sequenced
from sealsvc.storage.logbook import Logbook
from sealsvc.values import Fact, Principal, Subject, SubjectKind
from tests.areas.transparency.support import (
    AUDITOR,
    BOUND_AUDITOR,
    OTHER,
    OTHER_SEAL,
    OTHER_USCC,
    OWNER,
    OWNER_USCC,
    SEAL,
    SHOP,
    Sealed,
    digest,
    record,
    seal_activated,
    seal_document,
    void_proposed,
)

STRANGERS = [None, SHOP, OTHER, BOUND_AUDITOR]


@pytest.fixture
def doc(deps: Deps, logbook: Logbook) -> Sealed:
    record(deps, seal_activated(), void_proposed())
    doc = seal_document(deps, "one")
    record(deps, seal_activated(OTHER_USCC, OTHER_SEAL))
    logbook.sequence()
    return doc


def shown(deps: Deps, viewer: Principal | None, **query: object) -> list[tuple[str, bool]]:
    events = service.trace(deps, viewer, TraceQuery(**query))  # type: ignore[arg-type]
    assert [one.index for one in events] == sorted(one.index or 0 for one in events)
    assert all((one.payload is None) == (one.opening is None) for one in events)
    return [(one.type, one.payload is not None) for one in events]


def openings(deps: Deps) -> list[dict[str, object]]:
    with deps.read() as session:
        wanted = FactFilter(types=("audit.opened",))
        found = sequenced(session, wanted, after=-1, limit=99) + queued(session, wanted, limit=99)
    return [fact.opened() or {} for fact in found]


EVERYTHING = [
    ("seal.activated", True),
    ("seal.void_proposed", True),
    ("sealing.authorised", True),
    ("sealing.completed", True),
]


@pytest.mark.parametrize("by", [{"seal_id": SEAL}, {"uscc": OWNER_USCC}])
def test_a_seal_or_an_entity_shows_strangers_its_public_leaves_only(
    deps: Deps, doc: Sealed, by
) -> None:
    for viewer in STRANGERS:
        assert shown(deps, viewer, **by) == [("seal.activated", False)]
    assert shown(deps, OWNER, **by) == EVERYTHING
    assert openings(deps) == []
    assert shown(deps, AUDITOR, **by) == EVERYTHING
    assert openings(deps) == [{"by": "cli_auditor", "from": 1, "to": 4, "count": 4}]


@pytest.mark.parametrize("viewer", [None, SHOP, OTHER, OWNER, AUDITOR, BOUND_AUDITOR])
def test_the_holder_of_the_sealed_file(deps: Deps, doc: Sealed, viewer) -> None:
    entitled = viewer in (OWNER, AUDITOR)
    assert shown(deps, viewer, digest=doc.sealed) == [
        ("sealing.authorised", entitled),
        ("sealing.completed", True),
    ]
    completed = service.trace(deps, viewer, TraceQuery(digest=doc.sealed))[-1]
    assert completed.opening is Opening.DOCUMENT
    assert completed.payload is not None
    assert completed.payload["digest"] == doc.sealed


def test_the_original_file_tells_strangers_nothing(deps: Deps, doc: Sealed) -> None:
    for viewer in STRANGERS:
        assert shown(deps, viewer, digest=doc.original) == []
    assert shown(deps, OWNER, digest=doc.original) == [("sealing.authorised", True)]


def test_neither_do_other_digests(deps: Deps, doc: Sealed) -> None:
    for wrong in (digest("other"), doc.signature):
        assert shown(deps, AUDITOR, digest=wrong) == []
    assert openings(deps) == []


@pytest.mark.parametrize("viewer", STRANGERS)
def test_a_fact_id_alone_opens_nothing(deps: Deps, logbook: Logbook, doc: Sealed, viewer) -> None:
    assert shown(deps, viewer, fact_id=doc.completed) == [("sealing.completed", False)]
    receipt = service.receipt(deps, logbook, doc.completed, viewer)
    assert not receipt.opened  # type: ignore[union-attr]
    wrong = service.receipt(deps, logbook, doc.completed, viewer, digest=doc.original)
    assert not wrong.opened  # type: ignore[union-attr]


@pytest.mark.parametrize("viewer", [OWNER, AUDITOR])
def test_who_is_entitled_opens_by_id(deps: Deps, logbook: Logbook, doc: Sealed, viewer) -> None:
    for fact_id in (doc.authorised, doc.completed):
        receipt = service.receipt(deps, logbook, fact_id, viewer)
        assert receipt.opened  # type: ignore[union-attr]
    assert len(openings(deps)) == (2 if viewer is AUDITOR else 0)


def test_the_digest_comes_before_the_auditors_right(deps: Deps, logbook, doc: Sealed) -> None:
    receipt = service.receipt(deps, logbook, doc.completed, AUDITOR, digest=doc.sealed)
    assert receipt.opened
    assert openings(deps) == []


def test_erased_payloads_stay_closed_for_everyone(deps: Deps, logbook, doc: Sealed, store) -> None:
    from sqlalchemy import update

    from sealsvc.storage.tables import FactRow

    with store.write() as tx:
        erase = update(FactRow).where(FactRow.fact_id == doc.completed)  # type: ignore[arg-type]
        tx.session.execute(erase.values(payload=None, salt=None))
        tx.commit()
    for viewer in (None, OWNER, AUDITOR):
        receipt = service.receipt(deps, logbook, doc.completed, viewer, digest=doc.sealed)
        assert not receipt.opened
        assert shown(deps, viewer, fact_id=doc.completed) == [("sealing.completed", False)]
        assert shown(deps, viewer, digest=doc.sealed)[-1] == ("sealing.completed", False)
    proof, declaration = service.proof_for_signature(deps, doc.signature) or (None, None)
    assert proof is not None
    assert declaration is None


def test_codes_of_natural_persons_are_found_by_nobody_else(deps: Deps, logbook) -> None:
    person = "92110000MA0000031X"
    fact = Fact("entity.registered", (Subject(SubjectKind.ENTITY, person),), {}, {"uscc": person})
    record(deps, fact)
    logbook.sequence()
    for viewer in STRANGERS:
        assert shown(deps, viewer, uscc=person) == []
    assert shown(deps, AUDITOR, uscc=person) == [("entity.registered", True)]


def test_waiting_facts_come_last(deps: Deps, doc: Sealed) -> None:
    later = seal_document(deps, "two")
    events = service.trace(deps, OWNER, TraceQuery(seal_id=SEAL))
    assert [one.index for one in events] == [1, 2, 3, 4, None, None]
    assert events[-1].fact_id in (later.completed, later.authorised)
    assert shown(deps, None, seal_id=SEAL) == [("seal.activated", False)]


def test_pages_are_filled_whatever_is_hidden_between(deps: Deps, logbook: Logbook) -> None:
    for number in range(6):
        record(deps, void_proposed(), seal_activated())
        seal_document(deps, str(number))
    logbook.sequence()
    query = TraceQuery(seal_id=SEAL, limit=3)
    seen: list[int] = []
    while found := service.trace(deps, None, query):
        seen += [one.index for one in found if one.index is not None]
        query = TraceQuery(seal_id=SEAL, limit=3, after_index=seen[-1])
    assert len(seen) == 6
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"digest": "0" * 64, "uscc": OWNER_USCC},
        {"uscc": OWNER_USCC, "limit": 1},
        {"uscc": OWNER_USCC, "limit": 10_000},
    ],
)
def test_queries_that_ask_for_nothing_or_too_much(members) -> None:
    with pytest.raises(TraceQueryInvalid):
        TraceQuery(**members)


@pytest.mark.parametrize("wrong", ["", "0" * 63, "G" * 64, "A" * 64, "０" * 64])
def test_digests_that_are_none(deps: Deps, logbook, doc: Sealed, wrong: str) -> None:
    with pytest.raises(DigestInvalid):
        TraceQuery(digest=wrong)
    with pytest.raises(DigestInvalid):
        service.receipt(deps, logbook, doc.completed, None, digest=wrong)


def test_unknown_facts(deps: Deps, logbook: Logbook) -> None:
    for unknown in ("", "evt_" + "a" * 26, "x" * 500):
        with pytest.raises(FactNotFound):
            service.receipt(deps, logbook, unknown, AUDITOR)
        with pytest.raises(FactNotFound):
            service.trace(deps, AUDITOR, TraceQuery(fact_id=unknown))
    assert openings(deps) == []


def test_the_auditors_list(deps: Deps, logbook: Logbook, doc: Sealed) -> None:
    events = service.events(deps, AUDITOR, limit=50)
    assert [one.index for one in events] == list(range(6))
    assert all(one.payload is not None for one in events)
    assert openings(deps) == [{"by": "cli_auditor", "from": 0, "to": 5, "count": 6}]
    behind = service.events(deps, AUDITOR, after_index=3, limit=1)
    assert [one.index for one in behind] == [4]
    assert [one.type for one in service.events(deps, AUDITOR, type="sealing")] == [
        "sealing.authorised",
        "sealing.completed",
    ]
    assert service.events(deps, AUDITOR, type="seal.void") == []
    only = service.events(deps, AUDITOR, type="seal.activated", uscc=OTHER_USCC)
    assert [one.index for one in only] == [5]


def test_reading_who_read_what_is_not_recorded_again(deps: Deps, logbook, doc: Sealed) -> None:
    last = service.events(deps, AUDITOR)[-1].index or 0
    logbook.sequence()
    for _ in range(3):
        (opened,) = service.events(deps, AUDITOR, after_index=last)
        assert opened.type == "audit.opened"
        assert opened.payload is not None
        assert logbook.sequence() == 0


@pytest.mark.parametrize("principal", [OWNER, OTHER, SHOP])
def test_the_auditors_list_takes_the_scope(deps: Deps, doc: Sealed, principal) -> None:
    with pytest.raises(ScopeMissing):
        service.events(deps, principal)


def test_a_bound_auditor_sees_its_own_entity(deps: Deps, doc: Sealed) -> None:
    events = service.events(deps, BOUND_AUDITOR)
    assert [(one.type, one.opening) for one in events] == [("seal.activated", Opening.SUBJECT)]
    with pytest.raises(NotYourEntity):
        service.events(deps, BOUND_AUDITOR, uscc=OWNER_USCC)
    assert openings(deps) == []


@pytest.mark.parametrize("types", [(), ("seal",), ("seal.void_proposed", "sealing"), ("key",)])
@pytest.mark.parametrize("entity", [None, OWNER_USCC, OTHER_USCC])
def test_few_facts_and_many_are_found_alike(
    deps: Deps, logbook: Logbook, doc: Sealed, monkeypatch: pytest.MonkeyPatch, types, entity
) -> None:
    seal_document(deps, "two")  # not sequenced
    about = (Subject(SubjectKind.SEAL, SEAL), Subject(SubjectKind.ENTITY, OWNER_USCC))
    wanted = FactFilter(about, types, entity)

    def found() -> list[list[str]]:
        with deps.read() as session:
            lists = sequenced(session, wanted, after=0, limit=99), queued(session, wanted, limit=99)
        return [[fact.fact_id for fact in one] for one in lists]

    ids_first = found()
    monkeypatch.setattr(repo, "FEW", 0)
    assert found() == ids_first
    assert (sum(map(len, ids_first)) > 0) == (types != ("key",) or entity == OWNER_USCC)
