"""Merkle tree over SHA-256: hashes, roots, inclusion and consistency proofs, sub-trees.

A *node* is addressed by (level, index): the root of the perfect sub-tree over the leaves
`[index * 2**level, (index + 1) * 2**level)`. The half-open range `[start, end)` is a *valid
sub-tree* when start is a multiple of the smallest power of two >= end - start; with start 0 it is
the ordinary tree of `end` leaves.

Source: RFC 6962 section 2.1; RFC 9162 section 2.1; draft-ietf-plants-merkle-tree-certs section 4.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, Self

from sealsvc.tlog import TlogError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""Reads the 32-byte hash of the perfect node (level, index)."""


class ProofInvalid(TlogError):
    """An inclusion or consistency proof does not prove what it is presented for."""

    code = "PROOF_INVALID"


class IndexOutOfTree(TlogError):
    """A proof or hash was asked for leaves that the tree does not have, or no valid sub-tree."""

    code = "INDEX_OUT_OF_TREE"


def hash_leaf(entry: bytes) -> bytes:
    """Leaf hash of the exact entry bytes. Source: RFC 6962 section 2.1."""
    return sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node. Source: RFC 6962 section 2.1."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Root over perfect sub-trees of strictly falling sizes, leftmost first; empty: H("")."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = hash_node(left, root)
    return root


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root over 2**k neighbouring nodes of one level, k >= 0."""
    row = list(hashes)
    while len(row) > 1:
        # `hash_node` of neighbours: the call for each would be a third of the time.
        pairs = zip(row[::2], row[1::2], strict=True)
        row = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return row[0]


def perfect_cover(start: int, end: int) -> list[tuple[int, int]]:
    """Nodes (level, index), left to right, that make up the valid sub-tree [start, end).

    Raises: IndexOutOfTree.
    """
    _check_subtree(start, end)
    cover = []
    while start < end:
        level = (end - start).bit_length() - 1
        cover.append((level, start >> level))
        start += 1 << level
    return cover


def subtree_root(start: int, end: int, node: NodeReader) -> bytes:
    """Root of the valid sub-tree [start, end), from perfect nodes; empty: H("").

    Raises: IndexOutOfTree. Source: draft-ietf-plants-merkle-tree-certs section 4.1.
    """
    return fold([node(level, index) for level, index in perfect_cover(start, end)])


def inclusion_path(index: int, size: int, node: NodeReader) -> list[bytes]:
    """Sibling hashes from leaf `index` up to the root of the tree of `size` leaves.

    index: 0-based, index < size. Result: 0..ceil(log2 size) hashes of 32 bytes, lowest first.
    Raises: IndexOutOfTree.
    Source: RFC 6962 section 2.1.1.
    """
    return subtree_inclusion_path(index, 0, size, node)


def subtree_inclusion_path(index: int, start: int, end: int, node: NodeReader) -> list[bytes]:
    """Sibling hashes from leaf `index` up to the root of the valid sub-tree [start, end).

    index: of the whole log. Raises: IndexOutOfTree.
    Source: draft-ietf-plants-merkle-tree-certs section 4.2.
    """
    _check_subtree(start, end)
    if not start <= index < end:
        raise IndexOutOfTree(index=index, start=start, end=end)
    path = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree_root(middle, end, node))
            end = middle
        else:
            path.append(subtree_root(start, middle, node))
            start = middle
    return path[::-1]


def consistency_path(old_size: int, size: int, node: NodeReader) -> list[bytes]:
    """Hashes proving that the tree of `old_size` leaves is a prefix of the one of `size`.

    0 < old_size <= size; empty when equal. Raises: IndexOutOfTree.
    Source: RFC 6962 section 2.1.2.
    """
    if old_size < 1:
        raise IndexOutOfTree(old_size=old_size)
    return subtree_consistency_path(0, old_size, size, node)


def subtree_consistency_path(start: int, end: int, size: int, node: NodeReader) -> list[bytes]:
    """Hashes proving that the valid sub-tree [start, end) is part of the tree of `size`.

    Empty for an empty sub-tree. Raises: IndexOutOfTree.
    Source: draft-ietf-plants-merkle-tree-certs section 4.3 (SUBTREE_SUBPROOF).
    """
    _check_subtree(start, end)
    if end > size:
        raise IndexOutOfTree(end=end, size=size)
    if start == end:
        return []
    low, high, whole = 0, size, True
    path = []
    while (low, high) != (start, end):
        middle = low + _split(high - low)
        if end <= middle:
            path.append(subtree_root(middle, high, node))
            high = middle
        else:
            path.append(subtree_root(low, middle, node))
            low = middle
            if start < middle:  # the left part lies inside the sub-tree: go on with the rest
                start, whole = middle, False
    if not whole:
        path.append(subtree_root(low, high, node))
    return path[::-1]


def verify_inclusion(
    index: int, size: int, leaf_hash: bytes, path: Sequence[bytes], root: bytes
) -> None:
    """Check that `leaf_hash` stands at `index` in the tree (size, root).

    Raises: ProofInvalid. Source: RFC 9162 section 2.1.3.2.
    """
    _check_hashes(leaf_hash, root, *path)
    if not 0 <= index < size:
        raise ProofInvalid(reason="index outside the tree")
    if len(path) != _inclusion_length(index, size):
        raise ProofInvalid(reason="wrong number of hashes")
    at, last, computed = index, size - 1, leaf_hash
    for sibling in path:
        if at & 1 or at == last:
            computed = hash_node(sibling, computed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            computed = hash_node(computed, sibling)
        at, last = at >> 1, last >> 1
    if computed != root:  # the exact length has brought `last` to 0
        raise ProofInvalid(reason="root differs")


def verify_subtree_inclusion(
    index: int, start: int, end: int, leaf_hash: bytes, path: Sequence[bytes], root: bytes
) -> None:
    """Check that `leaf_hash` stands at `index` (of the whole log) in the sub-tree [start, end).

    root: of the sub-tree. Raises: ProofInvalid.
    Source: draft-ietf-plants-merkle-tree-certs section 4.2.
    """
    if not is_subtree(start, end):
        raise ProofInvalid(reason="not a valid sub-tree")
    verify_inclusion(index - start, end - start, leaf_hash, path, root)


def verify_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, path: Sequence[bytes]
) -> None:
    """Check that the tree (old_size, old_root) is a prefix of the tree (size, root).

    An empty old tree says nothing about a non-empty one and is refused; whoever has no state
    skips this check. Raises: ProofInvalid. Source: RFC 9162 section 2.1.4.2.
    """
    if old_size == 0 and size != 0:
        raise ProofInvalid(reason="no consistency with the empty tree")
    if old_size == size and old_root != root:
        raise ProofInvalid(reason="same size, other root")
    verify_subtree_consistency(0, old_size, size, old_root, root, path)


def verify_subtree_consistency(
    start: int, end: int, size: int, part_root: bytes, root: bytes, path: Sequence[bytes]
) -> None:
    """Check that the sub-tree [start, end) with `part_root` is part of the tree (size, root).

    For an empty sub-tree only its own hash and the empty proof are checked, not `root`.
    Raises: ProofInvalid. Source: draft-ietf-plants-merkle-tree-certs section 4.3.
    """
    if not is_subtree(start, end) or end > size:
        raise ProofInvalid(reason="not a valid sub-tree of this size")
    if start == end:
        if path or part_root != EMPTY_ROOT:
            raise ProofInvalid(reason="empty sub-tree with a proof or another hash")
        return
    _check_hashes(part_root, root, *path)
    _run_consistency((start, end - 1, size - 1), part_root, root, path)


def _run_consistency(
    edges: tuple[int, int, int], part_root: bytes, root: bytes, path: Sequence[bytes]
) -> None:
    """Fold the path towards both roots; edges: first leaf, last leaf, last leaf of the tree."""
    first, last, edge = edges
    while first != last and (last & 1 or last == edge):
        first, last, edge = first >> 1, last >> 1, edge >> 1
    seeded = [part_root, *path] if first == last else path
    if not seeded:
        raise ProofInvalid(reason="wrong number of hashes")
    part = whole = seeded[0]
    for sibling in seeded[1:]:
        if edge == 0:
            raise ProofInvalid(reason="wrong number of hashes")
        if last & 1 or last == edge:
            if first < last:
                part = hash_node(sibling, part)
            whole = hash_node(sibling, whole)
            while not last & 1:
                first, last, edge = first >> 1, last >> 1, edge >> 1
        else:
            whole = hash_node(whole, sibling)
        first, last, edge = first >> 1, last >> 1, edge >> 1
    if edge != 0 or part != part_root or whole != root:
        raise ProofInvalid(reason="roots differ")


class Frontier:
    """The growing right edge of a tree: append leaf hashes, ask the root at any time.

    size: leaves so far. hashes: roots of the perfect sub-trees, leftmost and largest first, one
    for each 1-bit of size (at most 63).
    """

    __slots__ = ("hashes", "size")

    def __init__(self) -> None:
        self.size = 0
        self.hashes: list[bytes] = []

    @classmethod
    def resume(cls, size: int, node: NodeReader) -> Self:
        """The frontier of an existing tree. Raises: IndexOutOfTree."""
        frontier = cls()
        frontier.hashes = [node(level, index) for level, index in perfect_cover(0, size)]
        frontier.size = size
        return frontier

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf: one parent for each trailing 1-bit of the old size."""
        bits = self.size
        while bits & 1:
            leaf_hash = hash_node(self.hashes.pop(), leaf_hash)
            bits >>= 1
        self.hashes.append(leaf_hash)
        self.size += 1

    def root(self) -> bytes:
        """Root of the tree of `size` leaves; H("") when empty."""
        return fold(self.hashes)


def is_subtree(start: int, end: int) -> bool:
    """Whether [start, end) is a valid sub-tree (a shape, nothing verified).

    Source: draft-ietf-plants-merkle-tree-certs section 4.1.
    """
    if not 0 <= start <= end:
        return False
    count = end - start
    return count == 0 or start % (1 << (count - 1).bit_length()) == 0


def _check_subtree(start: int, end: int) -> None:
    if not is_subtree(start, end):
        raise IndexOutOfTree(start=start, end=end)


def _check_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofInvalid(reason="a hash is not 32 bytes")


def _split(count: int) -> int:
    """Largest power of two strictly below count, count > 1."""
    return 1 << ((count - 1).bit_length() - 1)


def _inclusion_length(index: int, size: int) -> int:
    inner = (index ^ (size - 1)).bit_length()
    return inner + (index >> inner).bit_count()
