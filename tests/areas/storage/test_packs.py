"""Many blobs in one file: as durable, as findable and as honest as one by one."""

import errno
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.adapters import packs_fs, stage
from sealsvc.adapters.blobs_fs import PACKED_FROM, FileBlobs
from sealsvc.adapters.stage import Stage
from sealsvc.areas.sealing.service.batch.storing import put_all
from sealsvc.ports import BlobMissing, StorageFull


def named(texts: Sequence[bytes]) -> dict[str, bytes]:
    return {sha256(one).hexdigest(): one for one in texts}


MANY = named([b"blob %d " % number * number for number in range(1, 40)])
FIRST = next(iter(MANY))


def nobody(_: Sequence[str]) -> frozenset[str]:
    return frozenset()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


def packs(root: Path) -> list[Path]:
    return sorted(root.glob("packs/*.pack"))


def filled(root: Path) -> FileBlobs:
    blobs = FileBlobs(root)
    put_all(blobs, MANY)
    return blobs


def forget_index(root: Path) -> None:
    for path in root.glob("packs/index.sqlite*"):
        path.unlink()


def age(root: Path) -> None:
    for path in root.glob("packs/*.pack"):
        os.utime(path, (1, 1))


def swept(blobs: FileBlobs, in_use: frozenset[str] = frozenset(), *, dry_run: bool = False) -> int:
    """How many packs and files went; how many would have, in a dry run."""
    found = [
        blobs.sweep(f"{slice_:02x}", 1000.0, in_use.intersection, dry_run=dry_run)
        for slice_ in range(256)
    ]
    return sum(one.orphans if dry_run else one.deleted for one in found)


def require_all(blobs: FileBlobs) -> None:
    assert {digest: blobs.get(digest) for digest in MANY} == MANY


def test_many_share_one_file_and_are_found(root: Path) -> None:
    blobs = filled(root)
    require_all(blobs)
    require_all(FileBlobs(root))  # another process, later
    (pack,) = packs(root)
    assert pack.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in root.iterdir()] == ["packs"]
    assert not list(root.glob("packs/.*"))


def test_a_few_are_files_of_their_own(root: Path) -> None:
    few = dict(list(MANY.items())[: PACKED_FROM - 1])
    put_all(FileBlobs(root), few)
    assert not (root / "packs").exists()
    assert {path.name for path in root.rglob("*") if path.is_file()} == set(few)


def test_a_store_without_packs_makes_none(root: Path) -> None:
    blobs = FileBlobs(root)
    with pytest.raises(BlobMissing):
        blobs.get(FIRST)
    assert swept(blobs) == 0
    assert not (root / "packs").exists()


def test_a_store_of_another_kind_puts_one_by_one() -> None:
    put: list[bytes] = []

    class Plain:
        def put(self, data: bytes) -> str:
            put.append(data)
            return sha256(data).hexdigest()

        def get(self, sha256: str) -> bytes:
            raise AssertionError(sha256)

    put_all(Plain(), MANY)
    assert put == list(MANY.values())


def test_what_no_pack_holds_is_missing(root: Path) -> None:
    with pytest.raises(BlobMissing):
        filled(root).get(sha256(b"never put").hexdigest())


@pytest.mark.parametrize("damage", ["lost", "empty", "no database", "cut"])
def test_the_index_is_made_anew_from_the_packs(root: Path, damage: str) -> None:
    filled(root)
    index = root / "packs" / "index.sqlite"
    whole = index.read_bytes()
    forget_index(root)
    if damage != "lost":
        index.write_bytes({"empty": b"", "no database": b"x" * 9000, "cut": whole[:3000]}[damage])
    require_all(FileBlobs(root))


def test_a_pack_whose_writer_was_stopped_before_the_index_knew(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_all(FileBlobs(root), named([b"other %d" % number for number in range(9)]))

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(packs_fs.Packs, "_enter", stopped)
        with pytest.raises(KeyboardInterrupt):
            filled(root)
    require_all(FileBlobs(root))


@pytest.mark.parametrize("at", [0, 5, 200])
def test_a_changed_byte_is_not_given_out(root: Path, at: int) -> None:
    blobs = filled(root)
    (pack,) = packs(root)
    content = bytearray(pack.read_bytes())
    content[at] ^= 1
    pack.write_bytes(content)
    missing = []
    for digest, data in MANY.items():
        try:
            assert blobs.get(digest) == data
        except BlobMissing:
            missing.append(digest)
    assert len(missing) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"y" * 500, b"z" * 40 + (1 << 60).to_bytes(8, "big") + b"SEALPACK",
     b"too much" + bytes(32) + (3).to_bytes(8, "big") + (1).to_bytes(8, "big") + b"SEALPACK"],
)  # fmt: skip
def test_a_pack_that_is_none_troubles_nobody(root: Path, content: bytes) -> None:
    filled(root)
    forget_index(root)
    strange = root / "packs" / f"{'0' * 32}.pack"
    strange.write_bytes(content)
    blobs = FileBlobs(root)
    require_all(blobs)
    age(root)
    assert swept(blobs, frozenset(MANY)) == 0
    assert strange.exists()  # somebody should look at it


def test_a_pack_that_nothing_names_goes(root: Path) -> None:
    blobs = filled(root)
    age(root)
    assert swept(blobs, dry_run=True) == 1
    require_all(blobs)
    assert swept(blobs) == 1
    assert packs(root) == []
    for reader in (blobs, FileBlobs(root)):
        with pytest.raises(BlobMissing):
            reader.get(FIRST)


@pytest.mark.parametrize("place", [0, 7, 8, len(MANY) - 1])
def test_one_name_keeps_a_pack(root: Path, place: int) -> None:
    blobs = filled(root)
    age(root)
    assert swept(blobs, frozenset([list(MANY)[place]])) == 0
    require_all(blobs)


def test_a_young_pack_is_left_for_its_rows_to_come(root: Path) -> None:
    blobs = filled(root)
    assert swept(blobs) == 0
    require_all(blobs)


def test_what_a_stopped_writer_left_goes(root: Path) -> None:
    blobs = filled(root)
    left = root / "packs" / ".00ff.pack"
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    assert swept(blobs) == 1
    assert not left.exists()
    require_all(blobs)


def test_put_again_they_outlive_the_older_pack(root: Path) -> None:
    blobs = filled(root)
    age(root)
    put_all(blobs, MANY)
    assert len(packs(root)) == 2
    assert swept(blobs) == 1
    require_all(blobs)
    require_all(FileBlobs(root))


def test_names_come_after_contents_are_on_the_disk(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace, enter = os.fsync, os.replace, packs_fs.Packs._enter

    def fsync(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        steps.append(f"sync {path.name}" if path.is_dir() else "sync file")
        sync(descriptor)

    def rename(source: Path, target: Path) -> None:
        steps.append("rename")
        replace(source, target)

    def entered(self: packs_fs.Packs, *rest: object) -> None:
        steps.append("index")
        enter(self, *rest)  # type: ignore[arg-type]

    blobs = FileBlobs(root)
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", rename)
    monkeypatch.setattr(packs_fs.Packs, "_enter", entered)
    put_all(blobs, MANY)
    assert steps[:5] == ["sync blobs", "sync file", "rename", "sync packs", "index"]


@pytest.mark.parametrize("call", ["pwrite", "ftruncate", "fsync", "replace", "open"])
def test_a_full_disk_is_told_and_leaves_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    blobs = filled(root)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    more = named([b"more %d" % number for number in range(20)])
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(StorageFull) as caught:
            put_all(blobs, more)
    assert caught.value.fields["reason"] == "No space left on device"
    assert len(packs(root)) == 1
    assert not list(root.glob("packs/.*"))
    require_all(blobs)


def test_many_writers_and_readers_at_once(root: Path) -> None:
    blobs = FileBlobs(root)

    def work(turn: int) -> None:
        mine = named([b"%d of %d" % (number, turn) for number in range(20)])
        put_all(blobs, mine)
        assert {digest: blobs.get(digest) for digest in mine} == mine

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    assert len(packs(root)) == 24


def _put_from_a_process(root: str, turn: int) -> None:
    put_all(FileBlobs(Path(root)), named([b"%d by %d" % (number, turn) for number in range(10)]))


def test_processes_that_begin_together(root: Path) -> None:
    root.mkdir()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_put_from_a_process, args=(str(root), n)) for n in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(30)
    assert [one.exitcode for one in writers] == [0] * 4
    blobs = FileBlobs(root)
    for turn in range(4):
        assert blobs.get(sha256(b"3 by %d" % turn).hexdigest()) == b"3 by %d" % turn


SIZES = st.sampled_from([0, 1, 17, 4095, 4096, 4097, 8191, 8192, 8193, 20_000])


@given(st.lists(SIZES, max_size=8), st.sampled_from(["direct", "buffered", "refused"]))
@settings(max_examples=60, deadline=None)
def test_a_stage_writes_what_it_was_given(sizes: list[int], way: str) -> None:
    parts = [bytes([number % 251 + 1]) * size for number, size in enumerate(sizes)]
    direct = {"direct": stage._DIRECT, "buffered": 0, "refused": os.O_DIRECT}[way]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "_DIRECT", direct)
        if way == "refused":
            _refuse_direct(patch)
        path = Path(folder) / "file"
        made = Stage(8192)
        for _ in range(2):  # the buffer is used again
            made.write(path, parts)
            assert path.read_bytes() == b"".join(parts)
            path.unlink()


def _refuse_direct(patch: pytest.MonkeyPatch) -> None:
    """A file system that has no direct writes."""
    real = os.open

    def refusing(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return real(path, flags, mode)

    patch.setattr(os, "open", refusing)
