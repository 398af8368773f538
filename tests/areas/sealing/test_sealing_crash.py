"""What happens when a sealing breaks off, or its result is not what it must be."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import ParamSpec, TypeVar

import pytest

from sealsvc.adapters.sandbox import InlineSandbox
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.model import (
    SealingIntentClosed,
    SealingNotCompleted,
    SealingSelfCheckFailed,
    SealingStatus,
)
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.sealing.service import SealingRequest, record
from sealsvc.areas.seals.model.views import SealView
from sealsvc.ports import StorageFull, WorkersBusy
from sealsvc.values import Principal, SealType, SubjectKind
from tests.areas.sealing.story import A, Story, merchant, pdf

P = ParamSpec("P")
T = TypeVar("T")


class Meddling(InlineSandbox):
    """Changes the sealed file before it is read again, or fails in its place.

    On the general way that is what `finish` gives back; on the short way of ordinary PDFs what
    `examine` is given.
    """

    def __init__(self, meddle: Callable[[object], object]) -> None:
        self.meddle = meddle
        self.meddled = 0

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if function.__name__ == "examine":
            self.meddled += 1
            sealed, *others = args
            args = (self.meddle(sealed), *others)  # type: ignore[assignment]
        result = super().run(function, *args, **kwargs)
        if function.__name__ == "finish":
            self.meddled += 1
            return self.meddle(result)  # type: ignore[return-value]
        return result


SHORT, GENERAL = PlaceWish(), PlaceWish(keyword="Invoice")
"""Places that are found on either way: words are only looked for on the general one."""


@pytest.fixture
def seal(story: Story) -> SealView:
    return story.seal(A, SealType.CONTRACT)


@pytest.fixture(params=[SHORT, GENERAL], ids=["short", "general"])
def place(request: pytest.FixtureRequest) -> PlaceWish:
    found: PlaceWish = request.param
    return found


def ended(story: Story) -> tuple[list[str], str]:
    """Types of the sealing facts, and the reason in the last one."""
    facts = [one for one in story.facts(SubjectKind.ENTITY, A) if one.type.startswith("sealing.")]
    payload = facts[-1].opened()
    assert payload is not None
    return [fact.type.partition(".")[2] for fact in facts], str(payload.get("reason"))


def _flip_last_contents_digit(data: object) -> bytes:
    """One hex digit of the signature value's end changed: DER stays, the signature does not."""
    assert isinstance(data, bytes)
    start = data.rindex(b"/Contents <") + len(b"/Contents <")
    end = data.index(b">", start)
    used = len(data[start:end].rstrip(b"0"))
    at = start + used - 2
    return data[:at] + (b"1" if data[at : at + 1] != b"1" else b"2") + data[at + 1 :]


@pytest.mark.parametrize(
    "meddle",
    [
        _flip_last_contents_digit,
        lambda data: data.replace(b"595.28", b"595.27", 1),
        lambda data: data + b"\n% more",
        lambda data: pdf("another document"),
    ],
)
def test_a_corrupted_result_never_leaves(
    story: Story, seal: SealView, place: PlaceWish, meddle: Callable[[object], object]
) -> None:
    blobs = story.deps.blobs
    put: list[bytes] = []

    class Watching:
        def put(self, data: bytes) -> str:
            put.append(data)
            return blobs.put(data)

        def get(self, sha256: str) -> bytes:
            return blobs.get(sha256)

    sandbox = Meddling(meddle)
    story.deps = replace(story.deps, sandbox=sandbox, blobs=Watching())
    with pytest.raises(SealingSelfCheckFailed):
        story.use(seal, place=place)
    assert put == []
    assert sandbox.meddled == 1
    assert ended(story) == (["authorised", "abandoned"], "SEALING_SELF_CHECK_FAILED")


def test_no_worker_for_the_check(story: Story, seal: SealView, place: PlaceWish) -> None:
    def busy(_: object) -> object:
        raise WorkersBusy()

    story.deps = replace(story.deps, sandbox=Meddling(busy))
    with pytest.raises(WorkersBusy):
        story.use(seal, place=place)
    assert ended(story) == (["authorised", "abandoned"], "WORKERS_BUSY")


def test_a_full_disk(story: Story, seal: SealView) -> None:
    blobs = story.deps.blobs

    class Full:
        def put(self, data: bytes) -> str:
            raise StorageFull(reason="disk")

        def get(self, sha256: str) -> bytes:
            return blobs.get(sha256)

    story.deps = replace(story.deps, blobs=Full())
    with pytest.raises(StorageFull):
        story.use(seal)
    assert ended(story) == (["authorised", "abandoned"], "STORAGE_FULL")


class Killed(BaseException):
    """The process dies: nothing of the service runs afterwards."""


def _die(_: object) -> object:
    raise Killed


def test_a_crash_between_intent_and_result_is_closed_by_reconcile(
    story: Story, seal: SealView, place: PlaceWish
) -> None:
    healthy = story.deps
    story.deps = replace(healthy, sandbox=Meddling(_die))
    with pytest.raises(Killed):
        story.use(seal, place=place)
    story.deps = healthy
    assert ended(story)[0] == ["authorised"]
    assert sealing.reconcile(healthy) == 0  # it may still be running
    story.clock.at += record.INTENT_LIFETIME + timedelta(seconds=1)
    assert sealing.reconcile(healthy) == 1
    assert ended(story) == (["authorised", "abandoned"], "INTERRUPTED")
    assert sealing.reconcile(healthy) == 0
    # Nothing is lost: the seal goes on working, the abandoned use has no document.
    assert story.use(seal).view.status is SealingStatus.COMPLETED
    fact = story.facts(SubjectKind.ENTITY, A)
    sealing_id = next(
        one.id
        for item in fact
        if item.type == "sealing.abandoned"
        for one in item.subjects
        if one.kind is SubjectKind.SEALING
    )
    with pytest.raises(SealingNotCompleted):
        sealing.document(healthy, merchant(A), sealing_id)
    view = sealing.get(healthy, merchant(A), sealing_id)
    assert (view.status, view.abandoned_reason) == (SealingStatus.ABANDONED, "INTERRUPTED")


def test_a_slow_sealing_finds_its_intent_closed(
    story: Story, seal: SealView, place: PlaceWish
) -> None:
    def slow(result: object) -> object:
        story.clock.forward(minutes=11)
        assert sealing.reconcile(story.deps) == 1
        return result

    story.deps = replace(story.deps, sandbox=Meddling(slow))
    with pytest.raises(SealingIntentClosed):
        story.use(seal, place=place)
    assert ended(story) == (["authorised", "abandoned"], "INTERRUPTED")


def test_a_completed_sealing_is_never_abandoned(story: Story, seal: SealView) -> None:
    view = story.use(seal).view
    record.abandon(story.deps, view.sealing_id, "LATE")
    assert sealing.get(story.deps, merchant(A), view.sealing_id) == view
    story.clock.forward(hours=1)
    assert sealing.reconcile(story.deps) == 0


def test_an_answer_lost_after_the_commit_leaves_the_sealing_completed(
    story: Story, seal: SealView, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = record.complete

    def lost(deps: object, principal: Principal, use: object, **more: str) -> object:
        complete(deps, principal, use, **more)  # type: ignore[arg-type]
        raise WorkersBusy()

    monkeypatch.setattr(record, "complete", lost)
    with pytest.raises(WorkersBusy):
        story.use(seal)
    assert ended(story)[0] == ["authorised", "completed"]


def test_when_even_abandoning_fails_reconcile_remains(
    story: Story, seal: SealView, place: PlaceWish, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageFull(reason="database")

    story_deps = story.deps
    story.deps = replace(story_deps, sandbox=Meddling(lambda _: b"%PDF-1.7"))
    with monkeypatch.context() as patched:
        patched.setattr(record, "abandon", refuse)
        with pytest.raises(Exception, match="DOCUMENT_UNREADABLE"):
            story.use(seal, place=place)
    story.clock.forward(minutes=11)
    assert sealing.reconcile(story_deps) == 1


def test_several_at_once(story: Story, seal: SealView) -> None:
    def one(number: int) -> str:
        request = SealingRequest(seal.seal_id, pdf(f"Contract {number}"))
        return sealing.seal(story.deps, merchant(A), request).view.sealing_id

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(one, range(6)))
    assert len(set(made)) == 6
    for sealing_id in made:
        view = sealing.get(story.deps, merchant(A), sealing_id)
        assert view.status is SealingStatus.COMPLETED
