"""Blobs and the high-water mark on disk: durable before they are named, whole or not at all."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from sealsvc.adapters.blobs_fs import FileBlobs
from sealsvc.adapters.highwater_fs import FileHighWater, HighWaterUnreadable
from sealsvc.adapters.system import SystemClock, SystemRng
from sealsvc.ports import BlobMissing, StorageFull


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The order of the calls that make a file durable; directories by name."""
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        done.append(f"sync {Path(path).name}" if os.path.isdir(path) else "sync file")
        sync(descriptor)

    def rename(source: str, target: str) -> None:
        done.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", rename)
    return done


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("data", [b"", b"a", bytes(100_000)])
def test_put_and_get(blobs: FileBlobs, data: bytes) -> None:
    name = blobs.put(data)
    assert name == sha256(data).hexdigest()
    assert blobs.get(name) == data
    assert blobs.put(data) == name


def test_order_of_durability(blobs: FileBlobs, steps: list[str]) -> None:
    name = blobs.put(b"a")
    directories = [f"sync {name[:2]}", "sync blobs"]
    assert steps == ["sync file", "rename", *directories]
    steps.clear()
    blobs.put(b"a")  # who renamed it may have been stopped before the directories were synced
    assert steps == directories


@pytest.mark.parametrize(
    "name", ["", "a", "0" * 64, "A" * 64, "../" * 21 + "a", "0" * 63 + "\n", "é" * 64, "0" * 65]
)
def test_missing_or_no_name(blobs: FileBlobs, name: str) -> None:
    with pytest.raises(BlobMissing):
        blobs.get(name)


def test_same_bytes_from_many_threads(blobs: FileBlobs, tmp_path: Path) -> None:
    data = bytes(50_000)
    with ThreadPoolExecutor(8) as threads:
        names = set(threads.map(blobs.put, [data] * 40))
    assert names == {sha256(data).hexdigest()}
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_disk_that_refuses(
    blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(StorageFull, match=os.strerror(number)):
            blobs.put(b"data")
    assert files(tmp_path) == []
    with pytest.raises(BlobMissing):
        blobs.get(sha256(b"data").hexdigest())
    assert blobs.get(blobs.put(b"data")) == b"data"


def test_full_device_while_writing(
    blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = os.open

    def onto_full_device(path: str, flags: int, mode: int = 0o777) -> int:
        if not flags & os.O_EXCL:
            return really_open(path, flags, mode)
        Path(path).symlink_to("/dev/full")
        return really_open(path, os.O_WRONLY)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", onto_full_device)
        with pytest.raises(StorageFull, match="No space left"):
            blobs.put(bytes(1_000_000))
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []
    assert blobs.put(bytes(1_000_000))


def test_leftovers_of_a_crash_are_in_nobodys_way(
    blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        for _ in range(3):
            with pytest.raises(Killed):
                blobs.put(b"data")
    assert len(files(tmp_path)) == 3
    with pytest.raises(BlobMissing):
        blobs.get(sha256(b"data").hexdigest())
    assert blobs.get(blobs.put(b"data")) == b"data"


# -- the mark ------------------------------------------------------------------------------------


@pytest.fixture
def mark(tmp_path: Path) -> FileHighWater:
    return FileHighWater(tmp_path / "mark")


def test_mark_only_rises(mark: FileHighWater) -> None:
    assert mark.read() is None
    for size, expected in ((0, 0), (3, 3), (2, 3), (3, 3), (4, 4)):
        mark.raise_to(size, bytes([size]) * 32)
        assert mark.read() == (expected, bytes([expected]) * 32)


def test_mark_order_of_durability(mark: FileHighWater, tmp_path: Path, steps: list[str]) -> None:
    mark.raise_to(1, bytes(32))
    assert steps == ["sync file", "rename", f"sync {tmp_path.name}"]


def test_mark_under_many_hands(tmp_path: Path) -> None:
    def raise_all(offset: int) -> None:
        mine = FileHighWater(tmp_path / "mark")
        for size in range(offset, 60, 4):
            mine.raise_to(size, bytes([size]) * 32)
            present = mine.read()
            assert present is not None
            assert present[0] >= size
            assert present[1] == bytes([present[0]]) * 32

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(raise_all, range(4)))
    assert FileHighWater(tmp_path / "mark").read() == (59, bytes([59]) * 32)


def test_mark_on_a_full_disk(mark: FileHighWater, monkeypatch: pytest.MonkeyPatch) -> None:
    mark.raise_to(1, bytes(32))

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(StorageFull, match="No space left"):
            mark.raise_to(2, bytes(32))
    assert mark.read() == (1, bytes(32))
    mark.raise_to(2, bytes(32))
    assert mark.read() == (2, bytes(32))


def test_mark_whose_place_is_gone(tmp_path: Path) -> None:
    mark = FileHighWater(tmp_path / "unmounted" / "mark")
    assert mark.read() is None
    with pytest.raises(StorageFull):
        mark.raise_to(1, bytes(32))


def test_mark_that_is_a_directory(tmp_path: Path) -> None:
    (tmp_path / "mark").mkdir()
    with pytest.raises(HighWaterUnreadable):
        FileHighWater(tmp_path / "mark").read()


def test_system() -> None:
    assert SystemClock().now().utcoffset() is not None
    drawn = {SystemRng().bytes(16) for _ in range(50)}
    assert len(drawn) == 50


def test_randomness_is_never_given_out_twice_by_threads() -> None:
    with ThreadPoolExecutor(8) as threads:
        drawn = list(threads.map(lambda _: SystemRng().bytes(16), range(4_000)))
    assert len(set(drawn)) == 4_000
    assert all(len(one) == 16 for one in drawn)
    assert [len(SystemRng().bytes(count)) for count in (1, 255, 256, 257, 5_000)] == [
        1,
        255,
        256,
        257,
        5_000,
    ]


def test_a_forked_child_draws_other_bytes() -> None:
    SystemRng().bytes(16)  # so that something is held
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, SystemRng().bytes(64))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reader, 64)
    os.close(reader)
    os.close(writer)
    assert len(theirs) == 64
    assert SystemRng().bytes(64) != theirs


def test_blobs_of_the_earlier_layout_are_found_renewed_and_swept(
    blobs: FileBlobs, tmp_path: Path
) -> None:
    data = b"put by an earlier version"
    name = sha256(data).hexdigest()
    old = tmp_path / "blobs" / name[:2] / name[2:4] / name
    old.parent.mkdir(parents=True)
    old.write_bytes(data)
    os.utime(old, (1, 1))
    assert blobs.get(name) == data
    assert blobs.put(data) == name
    assert blobs.put(data) == name
    assert old.stat().st_mtime > 1
    assert not (tmp_path / "blobs" / name[:2] / name).exists()
    swept = blobs.sweep(name[:2], old.stat().st_mtime + 1, lambda _: frozenset(), dry_run=False)
    assert swept.deleted >= 1
    with pytest.raises(BlobMissing):
        blobs.get(name)
