"""Keys, a small log in memory and reference recursions for the tests of sealsvc.tlog."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from sealsvc.tlog.checkpoint import Checkpoint
from sealsvc.tlog.keys import KeyType, VerifierKey
from sealsvc.tlog.leaf import Leaf, build_leaf, format_fact_id
from sealsvc.tlog.note import NoteSigner, sign_note
from sealsvc.tlog.tilerows import TileBuilder, TileNodes
from sealsvc.tlog.tiles import Tile, encode_bundle
from sealsvc.tlog.tree import hash_leaf, hash_node, inclusion_path
from sealsvc.values import Fact

ORIGIN = "log.example.org/2026"
AT = datetime(2026, 11, 21, 8, 30, 15, 999_000, tzinfo=UTC)
DIGEST = sha256(b"a sealed file").hexdigest()
TIME = 1_795_000_000


def ed25519_signer(
    name: str, seed: str, type_: KeyType = KeyType.ED25519, at_s: int | None = None
) -> NoteSigner:
    private = Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()).digest())
    key = VerifierKey(name, type_, private.public_key().public_bytes_raw())
    return NoteSigner(key, private.sign, at_s)


def ml_dsa_signer(name: str, seed: str, at_s: int) -> NoteSigner:
    private = MLDSA44PrivateKey.from_seed_bytes(sha256(seed.encode()).digest())
    key = VerifierKey(name, KeyType.COSIGNATURE_ML_DSA_44, private.public_key().public_bytes_raw())
    return NoteSigner(key, private.sign, at_s)


def witness_signer(number: int) -> NoteSigner:
    name = f"witness{number}.example.org"
    return ed25519_signer(name, name, KeyType.COSIGNATURE_ED25519, TIME + number)


LOG = ed25519_signer(ORIGIN, "log key")


def make_leaf(number: int, type_: str = "sealing.completed") -> Leaf:
    fact = Fact(
        type="log.created" if number == 0 else type_,
        subjects=(),
        public={"n": number},
        payload={"digest": DIGEST, "note": "加盖发票专用章", "parties": ["a", "b"], "ok": True},
    )
    return build_leaf(
        fact=fact,
        fact_id=format_fact_id(sha256(b"id %d" % number).digest()[:16]),
        at=AT,
        salt=sha256(b"salt %d" % number).digest(),
        origin=ORIGIN,
    )


@dataclass
class MemoryLog:
    """A log of given entries: bundles, tiles and signed checkpoints, kept in dictionaries."""

    entries: list[bytes]
    tiles: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        builder = TileBuilder()
        for entry in self.entries:
            for tile, data in builder.append(hash_leaf(entry)):
                self.tiles[tile.path] = data
        for tile, data in builder.partial_tiles():
            self.tiles[tile.path] = data
        self.root = builder.root()

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(ORIGIN, len(self.entries), self.root)

    @property
    def bundles(self) -> list[bytes]:
        return [encode_bundle(self.entries[i : i + 256]) for i in range(0, len(self.entries), 256)]

    def read_tile(self, tile: Tile) -> bytes:
        return self.tiles[tile.path]

    def path(self, index: int) -> list[bytes]:
        return inclusion_path(
            index, len(self.entries), TileNodes(len(self.entries), self.read_tile)
        )

    def note(self, *signers: NoteSigner) -> bytes:
        return sign_note(self.checkpoint.text(), signers or (LOG,))


def reference_root(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written there."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return hash_node(reference_root(hashes[:k]), reference_root(hashes[k:]))


def reader(hashes: list[bytes]):
    """A NodeReader over leaf hashes."""

    def node(level: int, index: int) -> bytes:
        part = hashes[index << level : (index + 1) << level]
        assert len(part) == 1 << level
        return reference_root(part)

    return node


def leaf_hashes(count: int) -> list[bytes]:
    return [hash_leaf(b"%d" % i) for i in range(count)]
