"""The auditor finds every kind of broken promise, and holds only a few tiles at a time."""

import pytest

from sealsvc.tlog.audit import AuditFailure, AuditFault, audit, verify_growth
from sealsvc.tlog.checkpoint import Checkpoint
from sealsvc.tlog.tiles import encode_bundle
from sealsvc.tlog.tree import EMPTY_ROOT
from tests.unit.tlog.support import ORIGIN, MemoryLog, make_leaf

ENTRIES = [make_leaf(i).entry for i in range(700)]
LOG700 = MemoryLog(ENTRIES)
LOG300 = MemoryLog(ENTRIES[:300])
FORK300 = MemoryLog([*ENTRIES[:299], ENTRIES[0]])
EMPTY = Checkpoint(ORIGIN, 0, EMPTY_ROOT)


def run(log=LOG700, **changes):
    spec = {"bundles": log.bundles, "read_tile": log.read_tile, "checkpoint": log.checkpoint}
    return audit(**(spec | changes))


def failure(**changes) -> tuple[AuditFault, str]:
    with pytest.raises(AuditFailure) as caught:
        run(**changes)
    return caught.value.reason, caught.value.where


@pytest.mark.parametrize("previous", [None, EMPTY, LOG300.checkpoint, LOG700.checkpoint])
def test_a_sound_log(previous) -> None:
    report = run(previous=previous)
    assert (report.size, report.root) == (700, LOG700.root)
    assert (report.bundles, report.tiles) == (3, 4)


def test_an_empty_log() -> None:
    assert audit([], LOG700.read_tile, EMPTY).size == 0
    with pytest.raises(AuditFailure):
        audit([], LOG700.read_tile, Checkpoint(ORIGIN, 0, LOG700.root))
    with pytest.raises(AuditFailure):
        audit([b""], LOG700.read_tile, EMPTY)


def test_foreign_entries_only_where_they_are_expected() -> None:
    log = MemoryLog([b"any", b"bytes"])
    assert run(log, our_leaves=False).size == 2
    with pytest.raises(AuditFailure) as caught:
        run(log)
    assert (caught.value.reason, caught.value.where) == (AuditFault.ENTRY_NOT_A_LEAF, "entry 0")


def test_the_genesis_leaf_stands_first_and_once() -> None:
    with pytest.raises(AuditFailure) as caught:
        run(MemoryLog(ENTRIES[1:3]))
    assert caught.value.reason is AuditFault.GENESIS_MISPLACED
    with pytest.raises(AuditFailure) as caught:
        run(MemoryLog([ENTRIES[0], ENTRIES[0]]))
    assert caught.value.where == "entry 1"


def test_bundles() -> None:
    good = LOG700.bundles
    assert failure(bundles=good[:2]) == (AuditFault.BUNDLE_MISSING, "tile/entries/002.p/188")
    assert failure(bundles=[*good, good[0]])[0] is AuditFault.BUNDLE_BEYOND_TREE
    assert failure(bundles=[good[0], good[1][:-1], good[2]]) == (
        AuditFault.BUNDLE_MALFORMED,
        "tile/entries/001",
    )
    longer = encode_bundle([*ENTRIES[512:], ENTRIES[1]])
    assert failure(bundles=[*good[:2], longer])[0] is AuditFault.BUNDLE_MALFORMED
    assert failure(bundles=[good[1], good[0], good[2]], our_leaves=False) == (
        AuditFault.TILE_DIFFERS,
        "tile/0/000",
    )


@pytest.mark.parametrize("index", [0, 255, 256, 699])
def test_a_changed_entry(index) -> None:
    entries = list(ENTRIES)
    entries[index] = make_leaf(index, "sealing.abandoned").entry
    if index == 0:
        entries[0] = ENTRIES[0][:-1] + b" "
    reason, where = failure(bundles=MemoryLog(entries).bundles, our_leaves=False)
    assert reason is AuditFault.TILE_DIFFERS
    assert where.startswith(f"tile/0/00{index // 256}")


@pytest.mark.parametrize("path", sorted(LOG700.tiles))
def test_a_changed_tile(path) -> None:
    def read(tile):
        data = LOG700.tiles[tile.path]
        return data[:-1] + bytes([data[-1] ^ 1]) if tile.path == path else data

    assert failure(read_tile=read) == (AuditFault.TILE_DIFFERS, path)


def test_roots_and_succession() -> None:
    lie = Checkpoint(ORIGIN, 700, LOG300.root)
    assert failure(checkpoint=lie) == (AuditFault.ROOT_DIFFERS, "size 700")
    assert failure(previous=FORK300.checkpoint) == (AuditFault.FORKED, "size 300")
    assert failure(previous=lie) == (AuditFault.FORKED, "size 700")
    assert failure(previous=Checkpoint(ORIGIN, 701, LOG700.root))[0] is AuditFault.ROLLED_BACK
    assert failure(previous=Checkpoint("other", 3, LOG700.root))[0] is AuditFault.ORIGIN_DIFFERS
    assert failure(previous=Checkpoint(ORIGIN, 0, LOG700.root))[0] is AuditFault.FORKED


def test_errors_of_the_reader_pass_through() -> None:
    def read(tile):
        raise ConnectionError(tile.path)

    with pytest.raises(ConnectionError):
        run(read_tile=read)


@pytest.mark.parametrize("old", [EMPTY, LOG300.checkpoint, LOG700.checkpoint])
def test_growth_from_tiles_alone(old) -> None:
    verify_growth(old, LOG700.checkpoint, LOG700.read_tile)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (FORK300.checkpoint, LOG700.checkpoint, AuditFault.FORKED),
        (LOG300.checkpoint, Checkpoint(ORIGIN, 700, LOG300.root), AuditFault.FORKED),
        (LOG700.checkpoint, LOG300.checkpoint, AuditFault.ROLLED_BACK),
        (FORK300.checkpoint, LOG300.checkpoint, AuditFault.FORKED),
    ],
)
def test_growth_that_is_none(old, new, reason) -> None:
    with pytest.raises(AuditFailure) as caught:
        verify_growth(old, new, LOG700.read_tile)
    assert caught.value.reason is reason


def test_growth_with_a_cut_tile() -> None:
    with pytest.raises(AuditFailure) as caught:
        verify_growth(LOG300.checkpoint, LOG700.checkpoint, lambda t: LOG700.tiles[t.path][:-1])
    assert caught.value.reason is AuditFault.TILE_DIFFERS


def test_bundles_are_taken_one_at_a_time() -> None:
    seen: list[str] = []

    def bundles():
        for number, bundle in enumerate(LOG700.bundles):
            seen.append(f"bundle {number}")
            yield bundle

    def read(tile):
        seen.append(tile.path)
        return LOG700.tiles[tile.path]

    run(bundles=bundles(), read_tile=read)
    assert seen[:4] == ["bundle 0", "tile/0/000", "bundle 1", "tile/0/001"]
