"""Generated proofs verify, mutated ones do not; the frontier agrees with the RFC's recursion."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sealsvc.tlog.tree import (
    EMPTY_ROOT,
    Frontier,
    IndexOutOfTree,
    ProofInvalid,
    consistency_path,
    hash_leaf,
    hash_node,
    inclusion_path,
    is_subtree,
    perfect_cover,
    subtree_consistency_path,
    subtree_inclusion_path,
    subtree_root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from tests.unit.tlog.support import leaf_hashes, reader, reference_root

MAX_SIZE = 600
LEAVES = leaf_hashes(MAX_SIZE)
NODES: dict[tuple[int, int], bytes] = {}
ROOTS: dict[int, bytes] = {}
_READ = reader(LEAVES)


def node(level: int, index: int) -> bytes:
    if (level, index) not in NODES:
        NODES[level, index] = _READ(level, index)
    return NODES[level, index]


def root(size: int) -> bytes:
    if size not in ROOTS:
        ROOTS[size] = reference_root(LEAVES[:size])
    return ROOTS[size]


@st.composite
def index_in_size(draw):
    size = draw(st.integers(1, MAX_SIZE))
    return draw(st.integers(0, size - 1)), size


@st.composite
def two_sizes(draw):
    size = draw(st.integers(1, MAX_SIZE))
    return draw(st.integers(1, size)), size


@st.composite
def subtree_in_size(draw):
    size = draw(st.integers(1, MAX_SIZE))
    count = draw(st.integers(1, size))
    step = 1 << (count - 1).bit_length()
    start = draw(st.integers(0, (size - count) // step)) * step
    return start, start + count, size


def mutations(path: list[bytes], bit: int) -> list[list[bytes]]:
    """Every way to spoil a list of hashes by one flip, loss, repetition or exchange."""
    spoiled = [path[:i] + path[i + 1 :] for i in range(len(path))]
    spoiled += [[*path[:i], path[i], *path[i:]] for i in range(len(path))]
    for i, one in enumerate(path):
        flipped = bytearray(one)
        flipped[bit // 8] ^= 1 << (bit % 8)
        spoiled += [[*path[:i], bytes(flipped), *path[i + 1 :]]]
        spoiled += [[*path[:i], one[:-1], *path[i + 1 :]]]
    spoiled += [[*path[:i], path[i + 1], path[i], *path[i + 2 :]] for i in range(len(path) - 1)]
    return [*spoiled, [*path, EMPTY_ROOT], [EMPTY_ROOT, *path]]


@given(index_in_size(), st.integers(0, 255))
def test_inclusion_verifies_and_no_mutation_does(where, bit) -> None:
    index, size = where
    path = inclusion_path(index, size, node)
    verify_inclusion(index, size, LEAVES[index], path, root(size))
    for bad in mutations(path, bit):
        with pytest.raises(ProofInvalid):
            verify_inclusion(index, size, LEAVES[index], bad, root(size))
    for bad_index in {index - 1, index + 1, index ^ 2, size, -1} - {index}:
        with pytest.raises(ProofInvalid):
            verify_inclusion(bad_index, size, LEAVES[index], path, root(size))
    for bad_leaf in (hash_leaf(b"other"), LEAVES[index][:31], b""):
        with pytest.raises(ProofInvalid):
            verify_inclusion(index, size, bad_leaf, path, root(size))


@given(two_sizes(), st.integers(0, 255))
def test_consistency_verifies_and_no_mutation_does(sizes, bit) -> None:
    old, new = sizes
    path = consistency_path(old, new, node)
    verify_consistency(old, new, root(old), root(new), path)
    for bad in mutations(path, bit):
        with pytest.raises(ProofInvalid):
            verify_consistency(old, new, root(old), root(new), bad)
    fork = sha256(root(old)).digest()
    for old_root, new_root in ((fork, root(new)), (root(old), fork), (b"", root(new))):
        with pytest.raises(ProofInvalid):
            verify_consistency(old, new, old_root, new_root, path)
    with pytest.raises(ProofInvalid):
        verify_consistency(new + 1, new, root(old), root(new), path)


@given(subtree_in_size(), st.data())
def test_subtree_proofs(where, data) -> None:
    start, end, size = where
    part = subtree_root(start, end, node)
    assert part == reference_root(LEAVES[start:end])
    index = data.draw(st.integers(start, end - 1))
    path = subtree_inclusion_path(index, start, end, node)
    verify_subtree_inclusion(index, start, end, LEAVES[index], path, part)
    path = subtree_consistency_path(start, end, size, node)
    verify_subtree_consistency(start, end, size, part, root(size), path)
    for bad in mutations(path, data.draw(st.integers(0, 255))):
        with pytest.raises(ProofInvalid):
            verify_subtree_consistency(start, end, size, part, root(size), bad)


def test_every_small_tree_exhaustively() -> None:
    for size in range(1, 40):
        for index in range(size):
            path = inclusion_path(index, size, node)
            verify_inclusion(index, size, LEAVES[index], path, root(size))
        for old in range(1, size + 1):
            verify_consistency(old, size, root(old), root(size), consistency_path(old, size, node))


def test_a_path_of_another_length_proves_nothing_even_with_its_own_root() -> None:
    a, b, c = LEAVES[:3]
    inner = hash_node(a, b)
    for index, size, leaf, path, claimed in (
        (0, 4, a, [b], inner),
        (0, 1, a, [b], hash_node(b, a)),
        (1, 2, b, [a, c], hash_node(c, inner)),
        (0, 2, a, [b, c], hash_node(c, inner)),
    ):
        with pytest.raises(ProofInvalid):
            verify_inclusion(index, size, leaf, path, claimed)


def test_empty_trees() -> None:
    verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    for args in (
        (0, 0, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT]),
        (0, 0, root(1), root(1), []),
        (0, 1, EMPTY_ROOT, root(1), []),
        (-1, 1, EMPTY_ROOT, root(1), []),
        (2, 1, root(2), root(1), []),
    ):
        with pytest.raises(ProofInvalid):
            verify_consistency(*args)


@pytest.mark.parametrize(
    "call",
    [
        lambda: inclusion_path(0, 0, node),
        lambda: inclusion_path(5, 5, node),
        lambda: inclusion_path(-1, 5, node),
        lambda: consistency_path(0, 5, node),
        lambda: consistency_path(6, 5, node),
        lambda: subtree_inclusion_path(2, 1, 3, node),
        lambda: subtree_consistency_path(1, 3, 5, node),
        lambda: subtree_root(3, 2, node),
        lambda: perfect_cover(-2, 0),
    ],
)
def test_impossible_requests_are_refused(call) -> None:
    with pytest.raises(IndexOutOfTree):
        call()


@given(st.integers(-3, 70), st.integers(-3, 70))
def test_is_subtree_is_the_definition(start, end) -> None:
    power = 1
    while power < end - start:
        power *= 2
    valid = 0 <= start <= end and (start == end or start % power == 0)
    assert is_subtree(start, end) == valid


class FrontierMachine(RuleBasedStateMachine):
    """Frontier against the recursion of RFC 6962, with resumption at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.frontier = Frontier()
        self.leaves: list[bytes] = []

    @rule(entries=st.lists(st.binary(max_size=3), min_size=1, max_size=40))
    def append(self, entries: list[bytes]) -> None:
        for entry in entries:
            self.frontier.append(hash_leaf(entry))
            self.leaves.append(hash_leaf(entry))

    @rule()
    def resume(self) -> None:
        self.frontier = Frontier.resume(len(self.leaves), reader(self.leaves))

    @invariant()
    def same_root(self) -> None:
        assert self.frontier.size == len(self.leaves)
        assert self.frontier.root() == reference_root(self.leaves)
        assert len(self.frontier.hashes) == len(self.leaves).bit_count()


TestFrontier = FrontierMachine.TestCase
TestFrontier.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
