"""Many blobs with two waits for the disk."""

import errno
import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from sealsvc.adapters import blobs_fs
from sealsvc.adapters.blobs_fs import FileBlobs
from sealsvc.areas.sealing.service.batch.storing import put_all
from sealsvc.ports import StorageFull

MANY = [b"one", b"two", b"three", b"one"]


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


@pytest.fixture(params=["whole file system", "one by one"])
def blobs(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FileBlobs:
    if request.param == "one by one":
        monkeypatch.setattr(blobs_fs, "_SYNCFS", None)
    return FileBlobs(tmp_path / "blobs")


def test_all_are_there_under_their_digests(blobs: FileBlobs, tmp_path: Path) -> None:
    blobs.put(b"two")
    digests = blobs.put_many(MANY)
    assert digests == [sha256(data).hexdigest() for data in MANY]
    assert [blobs.get(digest) for digest in digests] == MANY
    assert files(tmp_path / "blobs") == sorted(set(digests))
    assert blobs.put_many([]) == []


def test_names_come_after_contents_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    replace = os.replace

    def synced(_: int) -> int:
        steps.append("sync")
        return 0

    def renamed(source: str, target: Path) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(blobs_fs, "_SYNCFS", synced)
    monkeypatch.setattr(os, "replace", renamed)
    FileBlobs(tmp_path).put_many(MANY)
    assert steps == ["sync", "rename", "rename", "rename", "sync"]


def test_a_disk_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    monkeypatch.setattr(blobs_fs, "_SYNCFS", lambda _: -1)
    with pytest.raises(StorageFull):
        blobs.put_many(MANY)
    assert files(tmp_path / "blobs") == []


def test_a_disk_that_fails_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = FileBlobs(tmp_path / "blobs")
    replace, left = os.replace, [1]

    def failing(source: str, target: Path) -> None:
        if not left:
            raise OSError(errno.ENOSPC, "no space")
        left.pop()
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(StorageFull):
        blobs.put_many(MANY)
    assert len(files(tmp_path / "blobs")) == 1  # an orphan, whole, for the sweep


def test_a_store_without_it_puts_one_by_one() -> None:
    put: list[bytes] = []

    class Plain:
        def put(self, data: bytes) -> str:
            put.append(data)
            return str(len(put))

        def get(self, sha256: str) -> bytes:
            raise AssertionError(sha256)

    many: Sequence[bytes] = MANY
    assert put_all(Plain(), many) == ["1", "2", "3", "4"]
    assert put == MANY
