"""Reports without a fact go after their time, blobs that nothing names go with them; no others."""

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from sealsvc.adapters.blobs_fs import FileBlobs, Swept
from sealsvc.areas.access import idempotency
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import service as seals
from sealsvc.areas.verification import keeping, retention, service
from sealsvc.areas.verification.model import (
    VerificationExpired,
    VerificationNotFound,
    VerificationRequest,
    VerificationView,
    made_at,
)
from sealsvc.areas.verification.retention import expire_reports
from sealsvc.areas.verification.tables import VerificationRow
from sealsvc.ports import BlobMissing
from sealsvc.storage.blobnames import digest_columns, named_blobs
from sealsvc.values import time_ordered_id
from sealsvc.worker import SLICES, BlobSweeper
from tests.areas.conftest import START, SettableClock
from tests.areas.sealing.story import SHOP, Story, pdf

DAYS = 30


@pytest.fixture
def kept(make_deps: Callable[..., Deps], clock: SettableClock) -> Story:
    return Story(make_deps(report_lifetime=timedelta(days=DAYS)), clock).open()


def verified(story: Story, data: bytes, *, fact: bool = False) -> VerificationView:
    request = VerificationRequest(data, "x.pdf", record=fact)
    return service.verify(story.deps, SHOP if fact else None, request)


def blobs_of(story: Story) -> FileBlobs:
    blobs = story.deps.blobs
    assert isinstance(blobs, FileBlobs)
    return blobs


def path_of(story: Story, digest: str) -> Path:
    return Path(blobs_of(story)._path(digest))


def aged(story: Story) -> None:
    """All blobs look two days old."""
    old = (story.deps.clock.now() - timedelta(days=2)).timestamp()
    for path in blobs_of(story)._root.rglob("*"):
        if path.is_file():
            os.utime(path, (old, old))


def sweep(story: Story, *, dry_run: bool = False) -> Swept:
    sweeper = BlobSweeper(dry_run=dry_run, every=1)
    found = [sweeper(story.deps) for _ in SLICES]
    rows = [one for one in found if one is not None]
    return Swept(
        old=sum(one.old for one in rows),
        orphans=sum(one.orphans for one in rows),
        deleted=sum(one.deleted for one in rows),
    )


# ---- reports


def test_a_report_without_a_fact_goes_after_its_time(kept: Story, clock: SettableClock) -> None:
    plain, fact = verified(kept, pdf()), verified(kept, pdf(), fact=True)
    clock.forward(days=DAYS, seconds=-1)
    assert expire_reports(kept.deps) == 0
    clock.forward(seconds=2)
    assert expire_reports(kept.deps) == 1
    with pytest.raises(VerificationExpired):
        service.get(kept.deps, plain.verification_id)
    assert service.get(kept.deps, fact.verification_id).body == fact.body


def test_nothing_goes_without_a_lifetime(story: Story, clock: SettableClock) -> None:
    view = verified(story, pdf())
    clock.forward(days=10_000)
    assert expire_reports(story.deps) == 0
    assert service.get(story.deps, view.verification_id).body == view.body


def test_batches(kept: Story, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(7):
        verified(kept, pdf())
    clock.forward(days=DAYS + 1)
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "MAX_BATCHES", 3)
    assert [expire_reports(kept.deps) for _ in range(3)] == [6, 1, 0]
    with kept.deps.read() as session:
        assert _count(session) == 0


def _count(session: Session) -> int:
    return int(session.execute(select(func.count()).select_from(VerificationRow)).scalar_one())


def test_an_unknown_id_is_expired_only_if_it_is_old(kept: Story) -> None:
    young = time_ordered_id("vr", START, bytes(16))
    old = time_ordered_id("vr", START - timedelta(days=DAYS + 1), bytes(16))
    for unknown in (young, "vr_", "vr_!", "", f"x{old}", old[:-1], old + "a", "vr_" + "é" * 26):
        with pytest.raises(VerificationNotFound) as caught:
            service.get(kept.deps, unknown)
        assert caught.value.code == "VERIFICATION_NOT_FOUND", unknown
    with pytest.raises(VerificationExpired):
        service.get(kept.deps, old)


def test_an_id_tells_its_time() -> None:
    assert made_at(time_ordered_id("vr", START, bytes(range(16)))) == START
    for strange in ("vr_" + "7" * 26, "vr_" + "a" * 25, "vr_" + "8" * 26, "re_" + "a" * 26, "vr"):
        at = made_at(strange)
        assert at is None or at > START


# ---- blobs


def test_every_kind_of_blob_that_a_row_names_is_left_alone(kept: Story) -> None:
    seal = kept.seal()
    sealed = kept.use(seal)
    view = verified(kept, sealed.sealed)
    begun = idempotency.begin(kept.deps, "c", "POST /x x", "key", "f" * 64)
    assert isinstance(begun, idempotency.Begun)
    idempotency.finish(kept.deps, begun, 200, (), b"an answer")
    aged(kept)

    assert sweep(kept).deleted == 0
    assert keeping.evidence_of(kept.deps, view)
    assert seals.imprint(kept.deps, seal.seal_id)
    again = idempotency.begin(kept.deps, "c", "POST /x x", "key", "f" * 64)
    assert isinstance(again, idempotency.Replay)
    assert again.body == b"an answer"


def test_sealed_files_stay(kept: Story) -> None:
    data = kept.use(kept.seal()).sealed
    aged(kept)
    sweep(kept)
    assert blobs_of(kept).get(sha256(data).hexdigest()) == data


def test_evidence_goes_with_the_last_report_on_it(kept: Story, clock: SettableClock) -> None:
    view = verified(kept, pdf())
    assert view.evidence_sha256 is not None
    clock.forward(days=DAYS + 1)
    expire_reports(kept.deps)
    aged(kept)
    assert sweep(kept, dry_run=True).orphans >= 1
    assert path_of(kept, view.evidence_sha256).exists()
    assert sweep(kept).deleted >= 1
    with pytest.raises(BlobMissing):
        blobs_of(kept).get(view.evidence_sha256)


def test_a_dry_run_counts_and_deletes_nothing(kept: Story) -> None:
    digest = blobs_of(kept).put(b"nobody's")
    aged(kept)
    found = sweep(kept, dry_run=True)
    assert found.orphans >= 1
    assert found.deleted == 0
    assert blobs_of(kept).get(digest) == b"nobody's"


def test_a_young_orphan_is_left_for_its_row_to_come(kept: Story) -> None:
    digest = blobs_of(kept).put(b"on its way")
    now = kept.deps.clock.now().timestamp()
    os.utime(path_of(kept, digest), (now, now))
    assert sweep(kept).deleted == 0
    assert blobs_of(kept).get(digest) == b"on its way"


def test_putting_again_makes_an_old_orphan_young(kept: Story) -> None:
    digest = blobs_of(kept).put(b"twice")
    aged(kept)
    blobs_of(kept).put(b"twice")
    path = path_of(kept, digest)
    before = path.stat().st_mtime - 3600
    blobs_of(kept).sweep(digest[:2], before, lambda _: frozenset(), dry_run=False)
    assert path.exists()


def test_a_blob_put_between_list_and_deletion_stays(kept: Story) -> None:
    digest = blobs_of(kept).put(b"in a race")
    aged(kept)
    limit = path_of(kept, digest).stat().st_mtime + 1

    def named(_: Sequence[str]) -> frozenset[str]:
        blobs_of(kept).put(b"in a race")  # another request, after the list was made
        return frozenset()

    swept = blobs_of(kept).sweep(digest[:2], limit, named, dry_run=False)
    assert swept.orphans >= 1
    assert blobs_of(kept).get(digest) == b"in a race"


def test_what_a_stopped_writer_left_goes_too(kept: Story) -> None:
    digest = blobs_of(kept).put(b"whole")
    left = path_of(kept, digest).parent / f".{digest[:8]}.abc"
    left.write_bytes(b"ha")
    aged(kept)
    sweep(kept)
    assert not left.exists()


def test_all_columns_that_name_blobs_are_asked(kept: Story) -> None:
    with kept.deps.read() as session:
        columns = digest_columns(session.connection())
        assert named_blobs(session, ["zz" * 32]) == frozenset()
    assert {
        ("verification", "evidence_sha256"),
        ("seal_use", "sealed_sha256"),
        ("seal", "imprint_sha256"),
        ("idempotency", "body_sha256"),
    } <= set(columns)


def test_one_slice_in_several_rounds(kept: Story) -> None:
    sweeper = BlobSweeper(dry_run=True, every=3)
    found = [sweeper(kept.deps) for _ in range(7)]
    assert [one is None for one in found] == [False, True, True, False, True, True, False]
