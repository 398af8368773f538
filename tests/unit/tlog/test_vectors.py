"""Public vectors of RFC 6962, signed notes, tiles, tlog-proof and policies, run as data.

Every file of the MANIFEST has a runner or a reason why not; the number of cases is compared with
the MANIFEST's own count, so that nothing is left out silently.
"""

import base64
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sealsvc.tlog.checkpoint import CheckpointInvalid, parse_checkpoint
from sealsvc.tlog.keys import KeyInvalid, KeyType, VerifierKey, parse_vkey
from sealsvc.tlog.note import NoteInvalid, NoteSigner, open_note, parse_note, sign_note
from sealsvc.tlog.policy import PolicyInvalid, parse_policy
from sealsvc.tlog.proof import TlogProofMalformed, parse_tlog_proof, write_tlog_proof
from sealsvc.tlog.tilerows import TileBuilder
from sealsvc.tlog.tiles import (
    Bundle,
    Tile,
    TilePathInvalid,
    bundle_at,
    decode_bundle,
    encode_bundle,
    parse_path,
)
from sealsvc.tlog.tree import (
    EMPTY_ROOT,
    Frontier,
    ProofInvalid,
    hash_leaf,
    is_subtree,
    subtree_inclusion_path,
    subtree_root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from tests.unit.tlog.support import reader

VECTORS = Path(__file__).parents[3].parent / "shared" / "vectors" / "tlog"
pytestmark = pytest.mark.shared
if not VECTORS.is_dir():
    pytest.skip("the public vectors are not beside the checkout", allow_module_level=True)

SKIPPED = {
    "witness/add_checkpoint_sequence.json": "the witness conversation (HTTP) is not built yet",
    "cose/inclusion-receipt.cbor": "COSE receipts (RFC 9942) are not built yet",
    "cose/inclusion-receipt.diag": "COSE receipts (RFC 9942) are not built yet",
}


class Case(NamedTuple):
    id: str
    run: Callable[[], None]


def b64d(text: str) -> bytes:
    return base64.b64decode(text)


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


def lines(name: str) -> Iterator[Any]:
    for line in (VECTORS / name).read_text("utf-8").splitlines():
        yield json.loads(line)


def expect(error: type[Exception] | None, run: Callable[..., object], *args: object) -> None:
    if error is None:
        run(*args)
    else:
        with pytest.raises(error):
            run(*args)


# --- rfc6962 ---------------------------------------------------------------------------------


def proof_cases(name: str) -> Iterator[Case]:
    for one in lines(name):
        path = [b64d(p) for p in one["proof"] or []]
        args: tuple[Any, ...]
        if name.endswith("/inclusion.jsonl"):
            run: Callable[..., None] = verify_inclusion
            args = (one["leafIdx"], one["treeSize"], b64d(one["leafHash"]), path)
            args = (*args, b64d(one["root"]))
        elif name.endswith("/subtreeinclusion.jsonl"):
            run = verify_subtree_inclusion
            args = (one["leafIdx"], one["start"], one["end"], b64d(one["leafHash"]), path)
            args = (*args, b64d(one["root"]))
        elif name.endswith("/consistency.jsonl"):
            run = verify_consistency
            args = (one["size1"], one["size2"], b64d(one["root1"]), b64d(one["root2"]), path)
        else:
            run = verify_subtree_consistency
            args = (one["start"], one["end"], one["size"], b64d(one["root1"]))
            args = (*args, b64d(one["root2"]), path)
        error = ProofInvalid if one["wantErr"] else None
        yield Case(one["source"], lambda e=error, r=run, a=args: expect(e, r, *a))


def reference_cases(name: str) -> Iterator[Case]:
    doc = load(name)
    inputs = [bytes.fromhex(one) for one in doc["leaf_inputs_hex"]]

    def check_root(size: int, root_hex: str) -> None:
        frontier = Frontier()
        for entry in inputs[:size]:
            frontier.append(hash_leaf(entry))
        assert frontier.root().hex() == root_hex

    def check_leaf(entry: bytes, hash_hex: str) -> None:
        assert hash_leaf(entry).hex() == hash_hex

    yield Case("empty root", lambda: check_root(0, doc["empty_root"]))
    for entry, wanted in zip(inputs, doc["leaf_hashes_hex"], strict=True):
        yield Case(f"leaf {entry.hex()}", lambda e=entry, w=wanted: check_leaf(e, w))
    for size, wanted in doc["roots_hex_by_size"].items():
        yield Case(f"root {size}", lambda s=int(size), w=wanted: check_root(s, w))


def accumulated_cases(name: str) -> Iterator[Case]:
    doc = load(name)
    node = reader([hash_leaf(bytes([i])) for i in range(130)])
    cache: dict[tuple[int, int], bytes] = {}

    def cached(level: int, index: int) -> bytes:
        if (level, index) not in cache:
            cache[level, index] = node(level, index)
        return cache[level, index]

    def ranges() -> Iterator[tuple[int, int]]:
        for end in range(131):
            for start in range(end + 1):
                if is_subtree(start, end):
                    yield start, end

    def hashes() -> None:
        digest = sha256()
        for start, end in ranges():
            root = subtree_root(start, end, cached).hex()
            digest.update(f"[{start}, {end}) {root}\n".encode())
        assert digest.hexdigest() == doc["subtree_hash"]["sha256"]

    def inclusion() -> None:
        digest = sha256()
        for start, end in ranges():
            for index in range(start, end):
                path = subtree_inclusion_path(index, start, end, cached)
                words = [f"{index} [{start}, {end})", *(one.hex() for one in path)]
                digest.update((" ".join(words) + "\n").encode())
        assert digest.hexdigest() == doc["subtree_inclusion"]["sha256"]

    yield Case("subtree hash", hashes)
    yield Case("subtree inclusion", inclusion)


# --- notes, keys, checkpoints ----------------------------------------------------------------

NOTE_ERRORS = {
    "no verifiable signatures": "unverified",
    "malformed note": "malformed",
    "invalid signature": "signature",
}


def signed_note_cases(name: str) -> Iterator[Case]:
    doc = load(name)

    def bad_vkeys() -> None:
        vkey = doc["vkey"]
        substrings = {vkey[i:j] for i in range(len(vkey)) for j in range(i + 1, len(vkey) + 1)} - {
            vkey
        }
        raised = {vkey[:i] + chr(ord(vkey[i]) + 1) + vkey[i + 1 :] for i in range(len(vkey))}
        for bad in {"", *substrings, *raised, *doc["bad_vkeys"]}:
            with pytest.raises(KeyInvalid):
                parse_vkey(bad)

    def deterministic() -> None:
        private = Ed25519PrivateKey.from_private_bytes(
            b64d(doc["skey_test_only"].split("+", 4)[4])[1:]
        )
        signer = NoteSigner(parse_vkey(doc["vkey"]), private.sign)
        wanted = doc["deterministic_sign"]
        assert sign_note(wanted["text"].encode(), [signer]) == wanted["note"].encode()

    def open_one(one: Any) -> None:
        if "note_template" in one:
            template = one["note_template"]
            data = (template["text"] + template["repeat"] * template["times"]).encode()
        else:
            data = b64d(one["note_b64"]) if "note_b64" in one else one["note"].encode()
        keys = [parse_vkey(vkey) for vkey in one["vkeys"]]
        if "error" in one:
            with pytest.raises(NoteInvalid) as caught:
                open_note(data, keys)
            assert caught.value.fields["reason"] == NOTE_ERRORS[one["error"]]
            return
        opened = open_note(data, keys)
        assert [v.key.name for v in opened.verified] == one["verified"]
        assert [u.name for u in opened.unverified] == one["unverified"]

    yield Case("bad vkeys", bad_vkeys)
    yield Case("deterministic sign", deterministic)
    for one in doc["open"]:
        yield Case(one["name"], lambda o=one: open_one(o))


def c2sp_example_cases(name: str) -> Iterator[Case]:
    doc = load(name)
    yield Case(
        "example", lambda: expect(None, open_note, doc["note"].encode(), [parse_vkey(doc["vkey"])])
    )


def vkey_cases(name: str) -> Iterator[Case]:
    def check(vkey: str) -> None:
        assert str(parse_vkey(vkey)) == vkey

    for one in load(name)["accept"]:
        yield Case(one["alg"], lambda v=one["vkey"]: check(v))


def checkpoint_cases(name: str) -> Iterator[Case]:
    doc = load(name)

    def accept(one: Any) -> None:
        # The vector's hashes are not 32 bytes; its own note says that we must refuse these.
        with pytest.raises(CheckpointInvalid):
            parse_checkpoint(one["text"].encode())
        parts = one["text"].split("\n")
        parts[2] = base64.b64encode(EMPTY_ROOT).decode()
        text = "\n".join(parts).encode()
        parsed = parse_checkpoint(text)
        assert (parsed.origin, parsed.size) == (one["origin"], one["size"])
        assert "".join(line + "\n" for line in parsed.extensions) == one["rest"]
        assert parsed.text() == text

    for i, one in enumerate(doc["accept"]):
        yield Case(f"accept {i}", lambda o=one: accept(o))
    for i, text in enumerate(doc["refuse"]):
        yield Case(
            f"refuse {i}",
            lambda t=text: expect(CheckpointInvalid, parse_checkpoint, t.encode()),
        )


def cosignature_cases(name: str) -> Iterator[Case]:
    doc = load(name)

    def check(one: Any) -> None:
        key = parse_vkey(one["cosigner_vkey"])
        opened = open_note(one["checkpoint"].encode(), [key])
        assert [(v.key, v.at_s) for v in opened.verified] == [(key, 0x69546780)]
        parsed = parse_checkpoint(opened.text)
        assert sha256(parsed.origin.encode()).hexdigest() == doc["origin_hash"]

    for i, one in enumerate(doc["cases"]):
        yield Case(f"case {i}", lambda o=one: check(o))


def witness_growth_cases(name: str) -> Iterator[Case]:
    doc = load(name)

    def check() -> None:
        key = parse_vkey(doc["log_vkey"])
        old, new = (
            parse_checkpoint(open_note(doc[f"checkpoint_{n}"].encode(), [key]).text) for n in (5, 8)
        )
        path = [bytes.fromhex(one) for one in doc["consistency_proof_hex"]]
        verify_consistency(old.size, new.size, old.root, new.root, path)
        witness = parse_vkey(doc["witness_vkey_as_type1"]).as_cosigner()
        assert witness.type is KeyType.COSIGNATURE_ED25519

    yield Case("5 to 8", check)


# --- tlog-proof, policy ----------------------------------------------------------------------


def tlog_proof_cases(name: str) -> Iterator[Case]:
    doc = load(name)

    def accept(one: Any) -> None:
        proof = parse_tlog_proof(one["text"].encode())
        assert (proof.index, list(proof.path)) == (one["index"], one["hashes"])
        assert proof.checkpoint == one["checkpoint"].encode()
        assert write_tlog_proof(proof) == one["text"].encode()

    for i, one in enumerate(doc["accept"]):
        yield Case(f"accept {i}", lambda o=one: accept(o))
    for one in doc["refuse"]:
        text = one["text"].encode()
        yield Case(one["why"], lambda t=text: expect(TlogProofMalformed, parse_tlog_proof, t))


def policy_cases(name: str) -> Iterator[Case]:
    doc = load(name)

    def accept(one: Any) -> None:
        policy = parse_policy(one["text"].encode())
        (group,) = policy.groups
        assert policy.quorum == group.name
        assert (group.threshold, len(group.members)) == (one["threshold"], one["members"])

    for i, one in enumerate(doc["accept"]):
        yield Case(f"accept {i}", lambda o=one: accept(o))
    for one in doc["refuse"]:
        text = one["text"].encode()
        yield Case(one["why"], lambda t=text: expect(PolicyInvalid, parse_policy, t))


# --- tiles -----------------------------------------------------------------------------------


def path_cases(name: str) -> Iterator[Case]:
    doc = load(name)

    def check(coordinates: Tile | Bundle, path: str) -> None:
        assert coordinates.path == path
        assert parse_path(path) == coordinates

    for one in doc["entries_for_index"]:
        bundle = bundle_at(one["index"], one["size"])
        yield Case(one["path"], lambda b=bundle, p=one["path"]: check(b, p))
    for one in doc["tile"]:
        tile = Tile(one["level"], one["n"], one["w"] or 256)
        yield Case(one["path"], lambda t=tile, p=one["path"]: check(t, p))
    for one in doc["parse_ok"]:
        tile = Tile(one["level"], one["index"], one["w"] or 256)
        path = f"tile/{one['l']}/{one['n']}"
        yield Case(path, lambda t=tile, p=path: check(t, p))
    for level, rest in doc["parse_refuse"]:
        path = f"tile/{level}/{rest}"
        yield Case(path, lambda p=path: expect(TilePathInvalid, parse_path, p))


def tessera_entries(size: int) -> list[bytes]:
    whole = VECTORS / "tiles/tessera_log/tile/entries/000.p/15"
    return decode_bundle(whole.read_bytes(), 15)[:size]


def tessera_case(name: str) -> Iterator[Case]:
    data = (VECTORS / name).read_bytes()
    relative = name.removeprefix("tiles/tessera_log/")

    def checkpoint() -> None:
        (vkey,) = load("tiles/tessera_log/verifier.json")["vkeys_seen_in_repo"]
        parsed = parse_checkpoint(open_note(data, [parse_vkey(vkey)]).text)
        assert parsed.size == int(relative.partition(".")[2] or 15)
        builder = TileBuilder()
        for entry in tessera_entries(parsed.size):
            builder.append(hash_leaf(entry))
        assert builder.root() == parsed.root

    def resource() -> None:
        found = parse_path(relative)
        entries = tessera_entries(found.width)
        if isinstance(found, Bundle):
            assert decode_bundle(data, found.width) == entries
            assert encode_bundle(entries) == data
        else:
            assert b"".join(map(hash_leaf, entries)) == data

    def vkey_list() -> None:
        for vkey in json.loads(data)["vkeys_seen_in_repo"]:
            assert isinstance(parse_vkey(vkey), VerifierKey)

    if relative.endswith(".json"):
        yield Case(relative, vkey_list)
    else:
        yield Case(relative, checkpoint if relative.startswith("checkpoint") else resource)


def mirror_case(name: str) -> Iterator[Case]:
    def check() -> None:
        folder = VECTORS / "tiles/mirror_300"
        row = (folder / "tile/0/000").read_bytes() + (folder / "tile/0/001.p/44").read_bytes()
        builder = TileBuilder()
        written: dict[str, bytes] = {}
        for at in range(0, len(row), 32):
            written.update((t.path, d) for t, d in builder.append(row[at : at + 32]))
        written.update((t.path, d) for t, d in builder.partial_tiles())
        assert written[name.removeprefix("tiles/mirror_300/")] == (VECTORS / name).read_bytes()
        note = load("cosignature/ed25519_v1.json")["cases"][1]["checkpoint"].encode()
        assert builder.root() == parse_checkpoint(parse_note(note).text).root

    yield Case(name, check)


RUNNERS: dict[str, Callable[[str], Iterator[Case]]] = {
    "rfc6962/inclusion.jsonl": proof_cases,
    "rfc6962/consistency.jsonl": proof_cases,
    "rfc6962/subtreeinclusion.jsonl": proof_cases,
    "rfc6962/subtreeconsistency.jsonl": proof_cases,
    "rfc6962/reference_tree.json": reference_cases,
    "rfc6962/accumulated.json": accumulated_cases,
    "note/signed_note.json": signed_note_cases,
    "note/c2sp_signed_note_example.json": c2sp_example_cases,
    "note/vkeys.json": vkey_cases,
    "note/checkpoint_text.json": checkpoint_cases,
    "cosignature/ed25519_v1.json": cosignature_cases,
    "witness/consistency_5_to_8.json": witness_growth_cases,
    "witness/policy.json": policy_cases,
    "proof/tlog_proof_text.json": tlog_proof_cases,
    "tiles/paths.json": path_cases,
}

MANIFEST = load("MANIFEST.json")["files"]


def runner(name: str) -> Callable[[str], Iterator[Case]]:
    if name.startswith("tiles/tessera_log/"):
        return tessera_case
    return mirror_case if name.startswith("tiles/mirror_300/") else RUNNERS[name]


def collect() -> Iterator[Any]:
    for one in MANIFEST:
        name = one["file"]
        if reason := SKIPPED.get(name):
            for number in range(one["count"]):
                mark = pytest.mark.skip(reason=f"{name} #{number + 1}: {reason}")
                yield pytest.param(None, id=f"{name}:{number + 1}", marks=mark)
            continue
        for case in runner(name)(name):
            yield pytest.param(case, id=f"{name}:{case.id}")


@pytest.mark.parametrize("case", list(collect()))
def test_vector(case: Case) -> None:
    case.run()


@pytest.mark.parametrize("one", MANIFEST, ids=lambda one: one["file"])
def test_file_is_what_the_manifest_says(one: dict[str, Any]) -> None:
    data = (VECTORS / one["file"]).read_bytes()
    assert sha256(data).hexdigest() == one["sha256"]
    if one["file"] not in SKIPPED:
        expected = 1 if one["count"] is None else one["count"]
        assert len(list(runner(one["file"])(one["file"]))) == expected
