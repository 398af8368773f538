"""The auditor's core: recompute a whole log from its entries and hold it to what it published.

Signatures, quorum and freshness of the checkpoint are checked before (`note`, `policy`); fetching
and keeping the checkpoint is the caller's, only after `audit` returned.
Source: transparency-log section 12.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sealsvc.tlog import TlogError
from sealsvc.tlog.checkpoint import Checkpoint
from sealsvc.tlog.leaf import GENESIS_TYPE, LeafMalformed, LeafTooLarge, parse_leaf
from sealsvc.tlog.tilerows import TileBuilder, TileMalformed, TileNodes, TileReader
from sealsvc.tlog.tiles import (
    TILE_WIDTH,
    BundleMalformed,
    Tile,
    bundle_at,
    decode_bundle,
)
from sealsvc.tlog.tree import (
    Frontier,
    ProofInvalid,
    consistency_path,
    hash_leaf,
    verify_consistency,
)


class AuditFault(StrEnum):
    """What an auditor found wrong; the `reason` of AuditFailure."""

    ORIGIN_DIFFERS = "ORIGIN_DIFFERS"
    ROLLED_BACK = "ROLLED_BACK"
    FORKED = "FORKED"
    BUNDLE_MALFORMED = "BUNDLE_MALFORMED"
    BUNDLE_MISSING = "BUNDLE_MISSING"
    BUNDLE_BEYOND_TREE = "BUNDLE_BEYOND_TREE"
    TILE_DIFFERS = "TILE_DIFFERS"
    ROOT_DIFFERS = "ROOT_DIFFERS"
    ENTRY_NOT_A_LEAF = "ENTRY_NOT_A_LEAF"
    GENESIS_MISPLACED = "GENESIS_MISPLACED"


class AuditFailure(TlogError):
    """The log does not hold what it published.

    fields: `reason` (AuditFault) and `where`: a tile or bundle path, `entry <index>`,
    `size <n>` or `checkpoint`.
    """

    code = "LOG_AUDIT_FAILED"

    def __init__(self, reason: AuditFault, where: str) -> None:
        super().__init__(reason=reason, where=where)
        self.reason = reason
        self.where = where


@dataclass(frozen=True)
class AuditReport:
    """What was recomputed and found equal."""

    size: int
    root: bytes
    bundles: int
    tiles: int


def audit(
    bundles: Iterable[bytes],
    read_tile: TileReader,
    checkpoint: Checkpoint,
    *,
    previous: Checkpoint | None = None,
    our_leaves: bool = True,
) -> AuditReport:
    """Recompute every leaf hash, every tile and the root of the log that `checkpoint` names.

    bundles: contents of all entry bundles from number 0 on, the last one cut to the tree's size;
    taken one at a time. read_tile: content of a full or partial tile, errors pass through.
    previous: the checkpoint kept last; the recomputed tree of its size must have its root.
    our_leaves: whether each entry must be a leaf of our profile, the first one `log.created`.
    Memory: one bundle and one tile for each level. Raises: AuditFailure.
    """
    if previous is not None:
        _check_succession(previous, checkpoint)
    builder, frontier, tiles = TileBuilder(), Frontier(), 0
    for entry in _entries(bundles, checkpoint.size):
        if our_leaves:
            _check_leaf(entry, frontier.size)
        leaf_hash = hash_leaf(entry)
        frontier.append(leaf_hash)
        for tile, data in builder.append(leaf_hash):
            _compare(tile, data, read_tile)
            tiles += 1
        if previous is not None and previous.size == frontier.size:
            _compare_root(previous, frontier.root(), AuditFault.FORKED)
    for tile, data in builder.partial_tiles():
        _compare(tile, data, read_tile)
        tiles += 1
    _compare_root(checkpoint, frontier.root(), AuditFault.ROOT_DIFFERS)
    _compare_root(checkpoint, builder.root(), AuditFault.ROOT_DIFFERS)
    bundle_count = -(-checkpoint.size // TILE_WIDTH)
    return AuditReport(checkpoint.size, checkpoint.root, bundle_count, tiles)


def verify_growth(previous: Checkpoint, checkpoint: Checkpoint, read_tile: TileReader) -> None:
    """Prove from the log's tiles alone that a checkpoint continues the one kept before.

    Cheap (a tile or two for each level); for monitors that follow a log between full audits.
    Raises: AuditFailure. Source: transparency-log sections 1 and 12.
    """
    _check_succession(previous, checkpoint)
    if previous.size == 0:
        return
    nodes = TileNodes(checkpoint.size, read_tile)
    try:
        path = consistency_path(previous.size, checkpoint.size, nodes)
        verify_consistency(previous.size, checkpoint.size, previous.root, checkpoint.root, path)
    except TileMalformed as error:
        raise AuditFailure(AuditFault.TILE_DIFFERS, str(error.fields["path"])) from error
    except ProofInvalid as error:
        raise AuditFailure(AuditFault.FORKED, f"size {previous.size}") from error


def _check_succession(previous: Checkpoint, checkpoint: Checkpoint) -> None:
    if previous.origin != checkpoint.origin:
        raise AuditFailure(AuditFault.ORIGIN_DIFFERS, "checkpoint")
    if previous.size > checkpoint.size:
        raise AuditFailure(AuditFault.ROLLED_BACK, f"size {previous.size}")
    if previous.size == 0:
        _compare_root(previous, Frontier().root(), AuditFault.FORKED)
    if previous.size == checkpoint.size:
        _compare_root(previous, checkpoint.root, AuditFault.FORKED)


def _entries(bundles: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Entries 0..size-1; refuses missing, malformed and surplus bundles."""
    done = 0
    for data in bundles:
        if done == size:
            raise AuditFailure(AuditFault.BUNDLE_BEYOND_TREE, f"entry {done}")
        bundle = bundle_at(done, size)
        try:
            entries = decode_bundle(data, bundle.width)
        except BundleMalformed as error:
            raise AuditFailure(AuditFault.BUNDLE_MALFORMED, bundle.path) from error
        yield from entries
        done += bundle.width
    if done < size:
        raise AuditFailure(AuditFault.BUNDLE_MISSING, bundle_at(done, size).path)


def _check_leaf(entry: bytes, index: int) -> None:
    try:
        leaf = parse_leaf(entry)
    except (LeafMalformed, LeafTooLarge) as error:
        raise AuditFailure(AuditFault.ENTRY_NOT_A_LEAF, f"entry {index}") from error
    if (leaf.type == GENESIS_TYPE) != (index == 0):
        raise AuditFailure(AuditFault.GENESIS_MISPLACED, f"entry {index}")


def _compare(tile: Tile, data: bytes, read_tile: TileReader) -> None:
    if read_tile(tile) != data:
        raise AuditFailure(AuditFault.TILE_DIFFERS, tile.path)


def _compare_root(checkpoint: Checkpoint, root: bytes, fault: AuditFault) -> None:
    if checkpoint.root != root:
        raise AuditFailure(fault, f"size {checkpoint.size}")
