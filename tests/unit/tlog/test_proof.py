"""tlog-proof text and the verification of receipts, above all what must not verify."""

import base64
import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.tlog.checkpoint import Checkpoint
from sealsvc.tlog.keys import KeyType
from sealsvc.tlog.leaf import build_leaf, canonical, format_fact_id
from sealsvc.tlog.note import NoteSignature, add_signatures, sign_note
from sealsvc.tlog.policy import parse_policy, policy_of_key
from sealsvc.tlog.proof import (
    ClosedLeaf,
    ReceiptFault,
    ReceiptInvalid,
    ReceiptStage,
    TlogProof,
    TlogProofMalformed,
    parse_tlog_proof,
    verify_receipt,
    write_receipt,
    write_tlog_proof,
)
from sealsvc.values import Fact
from tests.unit.tlog.support import (
    AT,
    DIGEST,
    LOG,
    ORIGIN,
    TIME,
    MemoryLog,
    ed25519_signer,
    make_leaf,
    ml_dsa_signer,
    witness_signer,
)

SIZE, INDEX = 11, 6
LEAVES = [make_leaf(i) for i in range(SIZE)]
MEMORY = MemoryLog([leaf.entry for leaf in LEAVES])
WITNESSES = [witness_signer(i) for i in range(3)]
KEY_POLICY = policy_of_key(str(LOG.key))
WITNESS_LINES = "".join(f"witness w{i} {w.key}\n" for i, w in enumerate(WITNESSES))


def quorum_policy(threshold: str):
    text = f"log {LOG.key}\n{WITNESS_LINES}group g {threshold} w0 w1 w2\nquorum g\n"
    return parse_policy(text.encode())


def receipt(*signers, index=INDEX, leaf=None, note=None) -> bytes:
    note = note or MEMORY.note(LOG, *signers)
    return write_receipt(leaf or LEAVES[index], index, MEMORY.path(index), note)


PROVISIONAL = receipt()
WITNESSED = receipt(*WITNESSES[:2])


def fault_of(text, policy=KEY_POLICY, digest=None) -> ReceiptFault:
    with pytest.raises(ReceiptInvalid) as caught:
        verify_receipt(text, policy, document_sha256=digest)
    return ReceiptFault(caught.value.fields["reason"])


def test_a_provisional_receipt() -> None:
    found = verify_receipt(PROVISIONAL, KEY_POLICY, document_sha256=DIGEST)
    assert found.stage is ReceiptStage.PROVISIONAL
    assert (found.origin, found.index, found.tree_size) == (ORIGIN, INDEX, SIZE)
    assert found.leaf.type == "sealing.completed"
    assert found.payload["digest"] == DIGEST
    assert (found.witnesses, found.witnessed_at) == ((), None)


def test_a_witnessed_receipt() -> None:
    found = verify_receipt(WITNESSED, quorum_policy("2"))
    assert found.stage is ReceiptStage.WITNESSED
    assert found.witnesses == ("w0", "w1")
    assert found.witnessed_at == datetime.fromtimestamp(TIME + 1, UTC)
    assert verify_receipt(WITNESSED, KEY_POLICY).stage is ReceiptStage.PROVISIONAL


@pytest.mark.parametrize("index", range(SIZE))
def test_every_index(index) -> None:
    assert verify_receipt(receipt(index=index), KEY_POLICY).index == index


def test_a_tree_of_one_leaf() -> None:
    log = MemoryLog([LEAVES[0].entry])
    text = write_receipt(LEAVES[0], 0, [], log.note())
    assert verify_receipt(text, KEY_POLICY).tree_size == 1


def test_witnesses_that_are_demanded_must_be_there() -> None:
    assert fault_of(PROVISIONAL, quorum_policy("any")) is ReceiptFault.WITNESSES_MISSING
    assert fault_of(WITNESSED, quorum_policy("all")) is ReceiptFault.WITNESSES_MISSING
    twice = add_signatures(MEMORY.note(LOG, WITNESSES[0]), [])
    again = dataclasses.replace(WITNESSES[0], at_s=TIME + 50)
    twice = sign_note(MEMORY.checkpoint.text(), [LOG, WITNESSES[0], again])
    assert fault_of(receipt(note=twice), quorum_policy("2")) is ReceiptFault.WITNESSES_MISSING


def test_witnesses_alone_do_not_make_a_log() -> None:
    note = MEMORY.note(*WITNESSES)
    assert fault_of(receipt(note=note), quorum_policy("2")) is ReceiptFault.LOG_SIGNATURE_MISSING
    assert fault_of(receipt(note=note)) is ReceiptFault.LOG_SIGNATURE_MISSING


def test_a_plain_signature_of_a_witness_is_no_cosignature() -> None:
    plain = ed25519_signer(WITNESSES[0].key.name, WITNESSES[0].key.name)
    assert fault_of(receipt(plain), quorum_policy("any")) is ReceiptFault.WITNESSES_MISSING


def test_other_keys_and_logs() -> None:
    other = ed25519_signer(ORIGIN, "other key")
    assert (
        fault_of(PROVISIONAL, policy_of_key(str(other.key))) is ReceiptFault.LOG_SIGNATURE_MISSING
    )
    elsewhere = ed25519_signer("log.example.org/2027", "log key")
    assert fault_of(PROVISIONAL, policy_of_key(str(elsewhere.key))) is ReceiptFault.UNKNOWN_LOG
    both = MEMORY.note(LOG, elsewhere)
    assert (
        fault_of(receipt(note=both), policy_of_key(str(elsewhere.key))) is ReceiptFault.UNKNOWN_LOG
    )
    assert fault_of(PROVISIONAL, parse_policy(b"quorum none")) is ReceiptFault.UNKNOWN_LOG


def test_a_known_line_that_fails_spoils_the_receipt() -> None:
    bad = NoteSignature(WITNESSES[2].key.name, WITNESSES[2].key.key_id, bytes(72))
    text = receipt(note=add_signatures(MEMORY.note(LOG, *WITNESSES[:2]), [bad]))
    assert fault_of(text, quorum_policy("2")) is ReceiptFault.BAD_SIGNATURE
    assert verify_receipt(text, KEY_POLICY).index == INDEX  # unknown there, hence ignored


def test_the_ml_dsa_line_of_a_log() -> None:
    pq = ml_dsa_signer(ORIGIN, "pq", TIME)
    text = receipt(note=MEMORY.note(LOG, pq))
    assert len(text) > 3000
    for signer in (LOG, pq):
        assert verify_receipt(text, policy_of_key(str(signer.key))).index == INDEX


def test_another_document() -> None:
    for digest in ("0" * 64, "", DIGEST.upper()):
        assert fault_of(WITNESSED, digest=digest) is ReceiptFault.OTHER_DOCUMENT
    leaf = build_leaf(
        fact=Fact("log.created", ()), fact_id=format_fact_id(bytes(16)), at=AT,
        salt=bytes(32), origin=ORIGIN,
    )  # fmt: skip
    log = MemoryLog([leaf.entry])
    text = write_receipt(leaf, 0, [], log.note())
    assert verify_receipt(text, KEY_POLICY).payload == {}
    assert fault_of(text, digest=DIGEST) is ReceiptFault.OTHER_DOCUMENT


def test_parts_of_another_leaf() -> None:
    here, there = LEAVES[INDEX], LEAVES[INDEX + 1]
    assert fault_of(receipt(leaf=there)) is ReceiptFault.NOT_INCLUDED
    mixed = dataclasses.replace(here, salt=there.salt)
    assert fault_of(receipt(leaf=mixed)) is ReceiptFault.COMMITMENT_MISMATCH
    mixed = dataclasses.replace(here, payload=b"{}")
    assert fault_of(receipt(leaf=mixed)) is ReceiptFault.COMMITMENT_MISMATCH
    text = write_receipt(here, INDEX + 1, MEMORY.path(INDEX), MEMORY.note())
    assert fault_of(text) is ReceiptFault.NOT_INCLUDED
    text = write_receipt(here, SIZE, MEMORY.path(INDEX), MEMORY.note())
    assert fault_of(text) is ReceiptFault.NOT_INCLUDED
    text = write_receipt(here, INDEX, MEMORY.path(INDEX)[:-1], MEMORY.note())
    assert fault_of(text) is ReceiptFault.NOT_INCLUDED


def test_a_leaf_committed_under_another_origin() -> None:
    origin = "log.example.org/2027"
    signer = ed25519_signer(origin, "k")
    note = sign_note(Checkpoint(origin, SIZE, MEMORY.root).text(), [signer])
    policy = policy_of_key(str(signer.key))
    assert fault_of(receipt(note=note), policy) is ReceiptFault.COMMITMENT_MISMATCH


def test_an_entry_that_is_no_leaf() -> None:
    log = MemoryLog([b"not ours"])
    leaf = dataclasses.replace(LEAVES[0], entry=b"not ours")
    assert fault_of(write_receipt(leaf, 0, [], log.note())) is ReceiptFault.MALFORMED


@pytest.mark.parametrize(
    "extra",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        canonical({"entry": "", "payload": "", "salt": "", "x": ""}),
        canonical({"entry": 1, "payload": "", "salt": ""}),
        canonical({"entry": "", "payload": ""}),
        canonical({"entry": "", "salt": ""}),
        canonical({"payload": "", "salt": ""}),
        canonical({"entry": "!", "payload": "", "salt": ""}),
        b'{"entry": "", "payload": "", "salt": ""}',
    ],
)
def test_an_extra_that_is_not_ours(extra) -> None:
    proof = TlogProof(INDEX, tuple(MEMORY.path(INDEX)), MEMORY.note(), extra)
    assert fault_of(write_tlog_proof(proof)) in {ReceiptFault.MALFORMED, ReceiptFault.NOT_INCLUDED}


def test_a_proof_without_opening() -> None:
    proof = dataclasses.replace(parse_tlog_proof(PROVISIONAL), extra=None)
    assert fault_of(write_tlog_proof(proof)) is ReceiptFault.NO_OPENING


def test_a_closed_receipt_proves_inclusion_and_opens_nothing() -> None:
    closed = ClosedLeaf(LEAVES[INDEX].entry)
    text = receipt(leaf=closed)
    found = verify_receipt(text, KEY_POLICY)
    assert (found.index, found.opened, found.payload) == (INDEX, False, {})
    assert found.leaf == verify_receipt(PROVISIONAL, KEY_POLICY).leaf
    assert verify_receipt(PROVISIONAL, KEY_POLICY).opened
    assert DIGEST.encode() not in base64.b64decode(text.split(b"\n")[1].removeprefix(b"extra "))


def test_a_closed_receipt_speaks_for_no_document() -> None:
    text = receipt(leaf=ClosedLeaf(LEAVES[INDEX].entry))
    assert fault_of(text, digest=DIGEST) is ReceiptFault.NO_OPENING


def test_a_closed_receipt_of_another_entry() -> None:
    text = receipt(leaf=ClosedLeaf(LEAVES[INDEX + 1].entry))
    assert fault_of(text) is ReceiptFault.NOT_INCLUDED


@pytest.mark.parametrize("mask", [0x01, 0x02, 0x04, 0x20, 0x80])
def test_no_flipped_byte_verifies(mask) -> None:
    """The only harmless places: digits whose low bits base64 does not use, in signature lines."""
    policy = quorum_policy("2")
    wanted = verify_receipt(WITNESSED, policy)
    note_starts = WITNESSED.index("— ".encode())
    harmless = {
        at
        for at in range(note_starts, len(WITNESSED))
        if WITNESSED[at + 1 : at + 2] == b"=" and WITNESSED[at] != ord("=")
    }
    assert len(harmless) == 3  # one signature line of the log, two of witnesses
    for at in range(len(WITNESSED)):
        data = bytearray(WITNESSED)
        data[at] ^= mask
        try:
            found = verify_receipt(bytes(data), policy)
        except ReceiptInvalid:
            continue
        assert at in harmless
        assert found == wanted


def test_lines_of_unknown_signers_are_the_other_harmless_place() -> None:
    wanted = verify_receipt(PROVISIONAL, KEY_POLICY)
    stranger = len(PROVISIONAL)
    text = receipt(WITNESSES[0])
    assert text.startswith(PROVISIONAL)
    survivors = 0
    for at in range(stranger, len(text)):
        data = bytearray(text)
        data[at] ^= 0x01
        try:
            found = verify_receipt(bytes(data), KEY_POLICY)
        except ReceiptInvalid:
            continue
        assert found == wanted
        survivors += 1
    assert survivors > 50


@given(st.data())
def test_lost_doubled_and_exchanged_lines(data) -> None:
    lines = WITNESSED.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    to = data.draw(st.integers(0, len(lines) - 1))
    lost = lines[:at] + lines[at + 1 :]
    swapped = list(lines)
    swapped[at], swapped[to] = swapped[to], swapped[at]
    doubled = [*lines[:at], lines[at], *lines[at:]]
    for spoiled in (lost, swapped, doubled):
        try:
            found = verify_receipt(b"".join(spoiled), quorum_policy("2"))
        except ReceiptInvalid:
            continue
        # order and repetition of signature lines carry no meaning
        assert set(spoiled) == set(lines)
        assert found == verify_receipt(WITNESSED, quorum_policy("2"))


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_cleanly(data) -> None:
    head = b"c2sp.org/tlog-proof@v1\n"
    for candidate in (data, head + data, head + b"index 0\n\n" + data, PROVISIONAL[:-30] + data):
        assert fault_of(candidate) in set(ReceiptFault)


GOOD = b"c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n"
HASH = base64.b64encode(bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        GOOD.replace(b"\n\n", b"\n"),
        GOOD.replace(b"checkpoint\n", b""),
        GOOD.replace(b"@v1", b"@v2"),
        b"\n" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"index 0", b"index 00"),
        GOOD.replace(b"index 0", b"index +1"),
        GOOD.replace(b"index 0", b"index 0 "),
        GOOD.replace(b"index 0", b"index  0"),
        GOOD.replace(b"index 0", b"index 9223372036854775808"),
        GOOD.replace(b"index 0", b"Index 0"),
        GOOD.replace(b"index 0", b"index 0\nextra AAAA"),
        GOOD.replace(b"index 0", b"extra AAAA\nextra AAAA\nindex 0"),
        GOOD.replace(b"index 0", b"extra AAB=\nindex 0"),
        GOOD.replace(b"index 0", b"index 0\nAAAA"),
        GOOD.replace(b"index 0", b"index 0\n" + HASH[:-1]),
        GOOD.replace(b"index 0", b"index 0\n " + HASH),
        GOOD.replace(b"index 0", b"index 0\n" + b"\n".join([HASH] * 64)),
        GOOD.replace(b"index 0", b"extra " + b"A" * 65_532 + b"\nindex 0"),
        GOOD + b"x" * 65_536,
        GOOD + b"x\n" * 500_000,
    ],
    ids=range(22),
)
def test_texts_that_are_no_proof(text) -> None:
    with pytest.raises(TlogProofMalformed):
        parse_tlog_proof(text)


@pytest.mark.parametrize(
    "proof",
    [
        TlogProof(-1, (), b"c\n"),
        TlogProof(0, (b"short",), b"c\n"),
        TlogProof(0, (), b""),
        TlogProof(0, (), b"c\n", bytes(60_000)),
        TlogProof(0, (bytes(32),) * 64, b"c\n"),
    ],
)
def test_proofs_that_no_text_can_hold(proof) -> None:
    with pytest.raises(TlogProofMalformed):
        write_tlog_proof(proof)


def test_the_largest_leaf_fits_a_receipt_line() -> None:
    fact = Fact("log.created", (), {"x": ""}, {"x": "a" * (24 * 1024 - len('{"x":""}'))})
    spec = {"fact_id": format_fact_id(bytes(16)), "at": AT, "salt": bytes(32), "origin": ORIGIN}
    room = 8 * 1024 - len(build_leaf(fact=fact, **spec).entry)
    leaf = build_leaf(fact=dataclasses.replace(fact, public={"x": "b" * room}), **spec)
    log = MemoryLog([leaf.entry])
    text = write_receipt(leaf, 0, [], log.note())
    assert verify_receipt(text, KEY_POLICY).leaf.public == {"x": "b" * room}


@pytest.mark.parametrize("at_s", [0, 2**63 - 1])
def test_cosignature_times_that_tell_nothing(at_s) -> None:
    witness = ed25519_signer("w.example.org", "w", KeyType.COSIGNATURE_ED25519, at_s)
    policy = parse_policy(f"log {LOG.key}\nwitness w {witness.key}\nquorum w".encode())
    assert verify_receipt(receipt(witness), policy).witnessed_at is None
