"""Many documents under one seal: each with its own result, two commits a chunk, never twice."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import ParamSpec, TypeVar

import pytest
from sqlmodel import select

from sealsvc.areas.access.idempotency import IdempotencyKeyReused
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.model import SealNotActive
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.sealing.service import SealingRequest, batch, record
from sealsvc.areas.sealing.service.batch import finishing
from sealsvc.areas.seals.model import SealAction
from sealsvc.areas.seals.model.views import SealView
from sealsvc.ports import ResourceLimit, StorageFull
from sealsvc.storage.tables import FactRow
from sealsvc.values import DocumentRole, Principal, SealType
from tests.areas.sealing.story import A, B, Remembering, Story, merchant, pdf
from tests.builders.pdf import encrypted

P = ParamSpec("P")
T = TypeVar("T")


@pytest.fixture
def seal(story: Story) -> SealView:
    return story.seal(A, SealType.CONTRACT)


def item(seal: SealView, name: str, data: bytes | None = None, **more: object) -> batch.BatchItem:
    content = pdf(f"Document {name}") if data is None else data
    return batch.BatchItem(name, SealingRequest(seal.seal_id, content, **more))  # type: ignore[arg-type]


def order(seal: SealView, **more: object) -> batch.BatchOrder:
    return batch.BatchOrder(seal.seal_id, "key", "0" * 64, **{"chunk_items": 4, **more})  # type: ignore[arg-type]


def run(
    story: Story,
    wanted: batch.BatchOrder,
    items: list[batch.BatchItem],
    who: Principal | None = None,
) -> list[batch.ItemResult]:
    signer = who or merchant(A)
    opened = batch.open_batch(story.deps, signer, wanted)
    return list(batch.run(story.deps, signer, wanted, opened, items))


def code(one: batch.ItemResult) -> str:
    return "COMPLETED" if one.error is None else one.error.code


def facts(story: Story) -> Counter[str]:
    with story.deps.read() as session:
        kinds = session.exec(select(FactRow.type)).all()
    return Counter(one.partition(".")[2] for one in kinds if one.startswith("sealing."))


class Meddling(Remembering):
    """Does something once a named function has run."""

    def __init__(self, name: str, then: Callable[[object], object]) -> None:
        self.name, self.then = name, then

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        result = super().run(function, *args, **kwargs)
        if function.__name__ == self.name:
            return self.then(result)  # type: ignore[return-value]
        return result


def test_each_item_has_its_own_result_in_order(story: Story, seal: SealView) -> None:
    sealed_already = story.use(seal, pdf("signed before")).sealed
    invalid = batch.BatchItem("6.pdf", batch.BatchItemInvalid(reason="JSON"))
    items = [
        item(seal, "1.pdf", role=DocumentRole.CONTRACT, number="HT-1", party_usccs=(A, B)),
        item(seal, "2.pdf", encrypted()),
        item(seal, "3.pdf", b"no document"),
        item(seal, "4.pdf", pdf()[:300]),
        item(seal, "5.pdf", role=DocumentRole.INVOICE),
        invalid,
        item(seal, "7.pdf", place=PlaceWish(page=9)),
        item(seal, "8.pdf", place=PlaceWish(x_mm=205, y_mm=1)),
        item(seal, "9.pdf", sealed_already),
        item(seal, "10.pdf", seller_uscc="x"),
        item(seal, "11.pdf", place=PlaceWish(invisible=True)),
        item(seal, "11.pdf"),
        item(seal, "12.pdf", suite="rsa2048-sha256"),
    ]
    results = run(story, order(seal, chunk_items=20), items)
    assert [one.name for one in results] == [one.name for one in items]
    assert [code(one) for one in results] == [
        "COMPLETED",
        "DOCUMENT_ENCRYPTED",
        "UNSUPPORTED_FORMAT",
        "DOCUMENT_UNREADABLE",
        "SEAL_TYPE_NOT_ALLOWED",
        "BATCH_ITEM_INVALID",
        "PAGE_NOT_FOUND",
        "PLACEMENT_OUT_OF_PAGE",
        "COMPLETED",
        "DECLARATION_INVALID",
        "COMPLETED",
        "BATCH_ITEM_INVALID",
        "SEAL_SUITE_MISSING",
    ]
    assert facts(story) == Counter(authorised=4, completed=4)  # one of each before the batch
    for number in (0, 8, 10):
        one = results[number]
        assert one.view is not None
        assert one.sealed is not None
        request = items[number].request
        assert isinstance(request, SealingRequest)
        assert one.sealed.startswith(request.data)
        assert sealing.document(story.deps, merchant(A), one.view.sealing_id)[1] == one.sealed
        assert story.verify(one.sealed)["summary"] == "TRUSTED"
    declared = results[0].view
    assert declared is not None
    assert declared.declaration == {"role": "contract", "number": "HT-1", "partyUsccs": [A, B]}
    assert declared.placement is not None


def test_the_same_key_again_seals_nothing_twice(story: Story, seal: SealView) -> None:
    items = [item(seal, f"{number}.pdf") for number in range(6)]
    first = run(story, order(seal), items)
    again = run(story, order(seal), items)
    assert [one.resumed for one in first + again] == [False] * 6 + [True] * 6
    assert [one.sealed for one in first] == [one.sealed for one in again]
    assert facts(story) == Counter(authorised=6, completed=6)


def test_a_key_is_one_request_of_one_client(story: Story, seal: SealView) -> None:
    items = [item(seal, "1.pdf")]
    run(story, order(seal), items)
    with pytest.raises(IdempotencyKeyReused):
        run(story, replace(order(seal), fingerprint="1" * 64), items)
    another = replace(merchant(A), client_id="cli_another")
    assert not run(story, order(seal), items, another)[0].resumed
    changed = run(story, order(seal), [item(seal, "1.pdf", pdf("changed since"))])
    assert [code(one) for one in changed] == ["BATCH_ITEM_CHANGED"]


def test_rights_come_first(story: Story, seal: SealView) -> None:
    with pytest.raises(Exception, match="ENTITY_NOT_YOURS"):
        run(story, order(seal), [item(seal, "1.pdf")], merchant(B))
    story.change(seal, SealAction.SUSPEND)
    with pytest.raises(SealNotActive):
        run(story, order(seal), [item(seal, "1.pdf")])
    assert facts(story) == Counter()


@pytest.mark.parametrize("moment", ["prepare_many", "faults_of"])
def test_a_seal_suspended_meanwhile_completes_nothing_of_the_chunk(
    story: Story, seal: SealView, moment: str
) -> None:
    done: list[object] = []

    def suspend(result: object) -> object:
        if not done:
            done.append(story.change(seal, SealAction.SUSPEND))
        return result

    story.deps = replace(story.deps, sandbox=Meddling(moment, suspend))
    items = [item(seal, f"{number}.pdf") for number in range(6)]
    results = run(story, order(seal, workers=1), items)
    assert {code(one) for one in results} == {"SEAL_NOT_ACTIVE"}
    found = facts(story)
    assert found["completed"] == 0
    assert found["authorised"] == found["abandoned"]


def test_a_failing_sample_stops_the_batch(
    story: Story, seal: SealView, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file whose signature holds but which is not what it must be: only the verdict tells."""
    monkeypatch.setattr(finishing, "_look_again", lambda *_: [])
    monkeypatch.setattr(
        finishing.Sampler, "chosen", lambda self: self.__dict__.setdefault("no", True)
    )
    sign = finishing._sign

    def spoil(bench: object, kit: object, entries: list[batch.BatchItem]) -> None:
        sign(bench, kit, entries)  # type: ignore[arg-type]
        entries[1].sealed += b"\n% more"  # type: ignore[attr-defined]

    monkeypatch.setattr(finishing, "_sign", spoil)
    items = [item(seal, f"{number}.pdf") for number in range(6)]
    results = run(story, order(seal), items)
    assert [code(one) for one in results] == ["SEALING_SELF_CHECK_FAILED"] * 4 + [
        "BATCH_STOPPED"
    ] * 2
    assert facts(story) == Counter(authorised=4, abandoned=4)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b"\n",
        lambda data: data.replace(b"Locked", b"Licked").replace(b"595.28", b"595.27", 1),
        lambda data: data[:-200],
        lambda data: pdf("another one"),
    ],
)
def test_every_file_is_read_again(
    story: Story,
    seal: SealView,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[bytes], bytes],
) -> None:
    monkeypatch.setattr(finishing.Sampler, "chosen", lambda _: False)
    sign = finishing._sign

    def spoiling(bench: object, kit: object, entries: list[batch.BatchItem]) -> None:
        sign(bench, kit, entries)  # type: ignore[arg-type]
        entries[2].sealed = spoil(entries[2].sealed)  # type: ignore[attr-defined]

    monkeypatch.setattr(finishing, "_sign", spoiling)
    results = run(story, order(seal), [item(seal, f"{number}.pdf") for number in range(4)])
    assert {code(one) for one in results} & {"COMPLETED"} == set()
    assert facts(story)["completed"] == 0


def test_a_document_that_kills_its_worker_fails_alone(story: Story, seal: SealView) -> None:
    bomb = pdf("bomb")

    class Dying(Remembering):
        def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
            if function.__name__ == "prepare_many":
                drafts = args[0]
                if any(draft.data == bomb for draft in drafts):  # type: ignore[attr-defined]
                    raise ResourceLimit(limit="time")
            return super().run(function, *args, **kwargs)

    story.deps = replace(story.deps, sandbox=Dying())
    items = [item(seal, "1.pdf"), item(seal, "2.pdf", bomb), item(seal, "3.pdf")]
    results = run(story, order(seal), items)
    assert [code(one) for one in results] == ["COMPLETED", "RESOURCE_LIMIT", "COMPLETED"]


def test_a_full_disk_stops_the_batch_and_can_be_resumed(story: Story, seal: SealView) -> None:
    healthy = story.deps
    blobs = healthy.blobs

    class Full:
        def put(self, data: bytes) -> str:
            raise StorageFull(reason="disk")

        def get(self, sha256: str) -> bytes:
            return blobs.get(sha256)

    items = [item(seal, f"{number}.pdf") for number in range(6)]
    story.deps = replace(healthy, blobs=Full())
    results = run(story, order(seal), items)
    assert [code(one) for one in results] == ["STORAGE_FULL"] * 4 + ["BATCH_STOPPED"] * 2
    story.deps = healthy
    assert {code(one) for one in run(story, order(seal), items)} == {"COMPLETED"}
    assert facts(story) == Counter(authorised=10, abandoned=4, completed=6)


class Killed(BaseException):
    """The process dies: nothing of the service runs afterwards."""


def _die(_: object) -> object:
    raise Killed


def test_intents_of_a_dead_run_are_given_up_by_whoever_resumes(
    story: Story, seal: SealView
) -> None:
    healthy = story.deps
    items = [item(seal, f"{number}.pdf") for number in range(3)]
    story.deps = replace(healthy, sandbox=Meddling("faults_of", _die))
    with pytest.raises(Killed):
        run(story, order(seal), items)
    story.deps = healthy
    assert facts(story) == Counter(authorised=3)
    assert {code(one) for one in run(story, order(seal), items)} == {"COMPLETED"}
    assert facts(story) == Counter(authorised=6, abandoned=3, completed=3)


def test_intents_of_a_dead_run_that_nobody_resumes_are_reconciled(
    story: Story, seal: SealView
) -> None:
    healthy = story.deps
    story.deps = replace(healthy, sandbox=Meddling("faults_of", _die))
    with pytest.raises(Killed):
        run(story, order(seal), [item(seal, "1.pdf")])
    story.clock.at += record.INTENT_LIFETIME + timedelta(seconds=1)
    assert sealing.reconcile(healthy) == 1
    assert facts(story) == Counter(authorised=1, abandoned=1)


def test_two_runs_of_one_batch_complete_each_item_once(story: Story, seal: SealView) -> None:
    items = [item(seal, f"{number}.pdf") for number in range(3)]
    inner: list[batch.ItemResult] = []
    healthy = story.deps

    def overtake(result: object) -> object:
        if not inner:
            inner.extend(run(replace(story, deps=healthy), order(seal), items))
        return result

    story.deps = replace(healthy, sandbox=Meddling("faults_of", overtake))
    outer = run(story, order(seal, workers=1), items)
    assert {code(one) for one in inner} == {"COMPLETED"}
    assert {code(one) for one in outer} == {"SEALING_INTENT_CLOSED"}
    assert facts(story) == Counter(authorised=6, abandoned=3, completed=3)


def test_facts_of_a_batch_are_those_of_single_sealings(story: Story, seal: SealView) -> None:
    single = story.use(seal, pdf("Document 1.pdf")).view
    made = run(story, order(seal), [item(seal, "1.pdf")])[0].view
    assert made is not None

    def payload(fact_id: str | None) -> dict[str, object]:
        with story.deps.read() as session:
            row = session.exec(select(FactRow).where(FactRow.fact_id == fact_id)).one()
            return dict(json.loads(row.payload or b"{}"))

    for name in ("authorised_fact_id", "completed_fact_id"):
        ours, theirs = payload(getattr(made, name)), payload(getattr(single, name))
        assert ours.keys() == theirs.keys()
        assert ours["originalDigest"] == theirs["originalDigest"]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("a.pdf", None),
        ("2026/发票 1.pdf", None),
        ("", "LENGTH"),
        ("a" * 256, "LENGTH"),
        ("../a.pdf", "PATH"),
        ("/a.pdf", "PATH"),
        ("a//b.pdf", "PATH"),
        ("a/./b.pdf", "PATH"),
        ("c:\\a.pdf", "PATH"),
        ("a /b.pdf", "PATH"),
        ("a\n.pdf", "CHARACTERS"),
        ("a\u202e.pdf", "CHARACTERS"),
        ("e\u0301.pdf", "CHARACTERS"),
    ],
)
def test_names(name: str, fault: str | None) -> None:
    assert batch.name_fault(name) == fault
