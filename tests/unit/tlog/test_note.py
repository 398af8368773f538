"""Signed notes, keys and cosignatures."""

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.tlog.checkpoint import Checkpoint, CheckpointInvalid, parse_checkpoint
from sealsvc.tlog.keys import (
    KeyInvalid,
    KeyType,
    VerifierKey,
    cosignature_message,
    parse_vkey,
    tree_head_message,
)
from sealsvc.tlog.note import (
    NoteInvalid,
    NoteSignature,
    NoteSigner,
    add_signatures,
    make_signature,
    open_note,
    parse_note,
    parse_signature_lines,
    sign_note,
)
from tests.unit.tlog.support import (
    LOG,
    ORIGIN,
    TIME,
    ed25519_signer,
    ml_dsa_signer,
    witness_signer,
)

CHECKPOINT = Checkpoint(ORIGIN, 7, sha256(b"root").digest())
TEXT = CHECKPOINT.text()
NOTE = sign_note(TEXT, [LOG])


def spki(key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(lambda s: s.encode("utf-8", "surrogatepass")),
    )
)
def test_random_bytes_are_refused_cleanly(data) -> None:
    for candidate in (data, data + NOTE[len(TEXT) :], TEXT + b"\n" + data, NOTE + data):
        try:
            opened = open_note(candidate, [LOG.key])
        except NoteInvalid:
            continue
        assert opened.text == TEXT


@given(st.integers(0, len(NOTE) - 1), st.integers(0, 7))
def test_a_flipped_bit_never_verifies_other_text(position, bit) -> None:
    data = bytearray(NOTE)
    data[position] ^= 1 << bit
    try:
        assert open_note(bytes(data), [LOG.key]).text == TEXT
    except NoteInvalid:
        return
    assert position == len(NOTE) - 3  # unused low bits of the last base64 digit before "="


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "malformed"),
        (TEXT, "malformed"),
        (TEXT + b"\n", "malformed"),
        (NOTE[:-1], "malformed"),
        (NOTE + b"\n", "malformed"),
        (NOTE.replace("— ".encode(), b"- "), "malformed"),
        (NOTE.replace(b"7\n", b"7\r\n"), "malformed"),
        (NOTE.replace(b"\n\n", b"\n\t\n"), "malformed"),
        (NOTE + "— a+b AAAAAAAA\n".encode(), "malformed"),
        (NOTE + "— a AAAA\n".encode(), "malformed"),
        (NOTE + "— a AAAAAAA\n".encode(), "malformed"),
        (NOTE + "—  AAAAAAAA\n".encode(), "malformed"),
        (NOTE + "— a\u3000b AAAAAAAA\n".encode(), "malformed"),
        (NOTE + "— a AAAAAAAA AAAA\n".encode(), "malformed"),
        (b"x" * 1_000_001, "malformed"),
        (NOTE.replace(b"\n7\n", b"\n8\n"), "signature"),
        (NOTE.replace(b" " + ORIGIN.encode(), b" other"), "unverified"),
    ],
)
def test_refusals(data, reason) -> None:
    with pytest.raises(NoteInvalid) as caught:
        open_note(data, [LOG.key])
    assert caught.value.fields["reason"] == reason


def test_the_first_of_repeated_lines_counts() -> None:
    good = NOTE[len(TEXT) + 1 :]
    bad = NoteSignature(ORIGIN, LOG.key.key_id, bytes(64)).line()
    assert len(open_note(NOTE + good + bad, [LOG.key]).verified) == 1
    with pytest.raises(NoteInvalid):
        open_note(TEXT + b"\n" + bad + good, [LOG.key])


def test_a_hundred_signatures_are_read_one_more_is_not() -> None:
    lines = [NoteSignature(f"n{i}", b"abcd", b"x").line() for i in range(99)]
    assert len(open_note(NOTE + b"".join(lines), [LOG.key]).unverified) == 99
    with pytest.raises(NoteInvalid):
        open_note(NOTE + b"".join([*lines, lines[0]]), [LOG.key])


def test_trailing_bits_are_accepted_in_signatures_only() -> None:
    last = NOTE[-3:-2]
    other = b"B" if last == b"A" else bytes([last[0] + 1])
    assert open_note(NOTE[:-3] + other + NOTE[-2:], [LOG.key]).text == TEXT
    root = base64.b64encode(CHECKPOINT.root).decode()
    spoiled = root[:-2] + chr(ord(root[-2]) + 1) + "="
    assert base64.b64decode(spoiled) == CHECKPOINT.root
    with pytest.raises(CheckpointInvalid):
        parse_checkpoint(TEXT.replace(root.encode(), spoiled.encode()))


def test_two_keys_with_one_identity_are_refused() -> None:
    class Twin(VerifierKey):
        key_id = LOG.key.key_id  # type: ignore[assignment]

    twin = Twin(ORIGIN, KeyType.ED25519, bytes(32))
    with pytest.raises(KeyInvalid):
        open_note(NOTE, [LOG.key, twin])


COSIGNERS = [witness_signer(1), ml_dsa_signer("pq.example.org", "pq", TIME)]


@pytest.mark.parametrize("signer", COSIGNERS, ids=["ed25519", "ml-dsa-44"])
def test_cosignatures(signer) -> None:
    line = make_signature(TEXT, signer)
    assert len(line.signature) == (72 if len(signer.key.public_key) == 32 else 2428)
    note = add_signatures(NOTE, [line, line])
    assert add_signatures(note, [line]) == note
    opened = open_note(note, [LOG.key, signer.key])
    assert [(one.key, one.at_s) for one in opened.verified] == [
        (LOG.key, None),
        (signer.key, signer.at_s),
    ]
    assert parse_vkey(str(signer.key)) == signer.key
    later = NoteSignature(
        line.name, line.key_id, bytes([0, *line.signature[1:7], 9]) + line.signature[8:]
    )
    for bad in (
        later,
        NoteSignature(line.name, line.key_id, line.signature[:8]),
        NoteSignature(line.name, line.key_id, b"\xff" + line.signature[1:]),
        NoteSignature(line.name, line.key_id, line.signature[:-1]),
        make_signature(TEXT.replace(b"\n7\n", b"\n8\n"), signer),
    ):
        with pytest.raises(NoteInvalid):
            open_note(add_signatures(NOTE, [bad]), [LOG.key, signer.key])


def test_ml_dsa_message_binds_the_cosigner_and_the_ed25519_one_the_extension_lines() -> None:
    with_extension = Checkpoint(ORIGIN, 7, CHECKPOINT.root, ("ext",)).text()
    for signer, fails in zip(COSIGNERS, (True, False), strict=True):
        line = make_signature(TEXT, signer)
        note = with_extension + b"\n" + line.line()
        if fails:
            with pytest.raises(NoteInvalid):
                open_note(note, [signer.key])
        else:
            open_note(note, [signer.key])
    pq = COSIGNERS[1]
    renamed = VerifierKey("other.example.org", pq.key.type, pq.key.public_key)
    line = make_signature(TEXT, pq)
    moved = NoteSignature(renamed.name, renamed.key_id, line.signature)
    with pytest.raises(NoteInvalid):
        open_note(add_signatures(NOTE, [moved]), [renamed])


def test_a_cosignature_beyond_63_bits_of_time() -> None:
    signer = witness_signer(1)
    signature = signer.sign(cosignature_message(signer.key, TEXT, 2**63))
    line = NoteSignature(signer.key.name, signer.key.key_id, (2**63).to_bytes(8, "big") + signature)
    with pytest.raises(NoteInvalid):
        open_note(add_signatures(NOTE, [line]), [signer.key])


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_ecdsa(curve) -> None:
    private = ec.generate_private_key(curve)
    key = VerifierKey("ecdsa.example.org", KeyType.ECDSA, spki(private))
    assert key.key_id == sha256(spki(private)).digest()[:4]
    note = sign_note(TEXT, [NoteSigner(key, lambda m: private.sign(m, ec.ECDSA(SHA256())))])
    assert open_note(note, [parse_vkey(str(key))]).verified[0].at_s is None
    with pytest.raises(NoteInvalid):
        open_note(note.replace(b"\n7\n", b"\n8\n"), [key])


def test_rfc6962_tree_head() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    key = VerifierKey("ct.example.org", KeyType.RFC6962_TREE_HEAD, spki(private))
    value = private.sign(tree_head_message(CHECKPOINT, 1234), ec.ECDSA(SHA256()))
    head = (1234).to_bytes(8, "big")
    good = head + b"\x04\x03" + len(value).to_bytes(2, "big") + value
    note = TEXT + b"\n" + NoteSignature(key.name, key.key_id, good).line()
    assert open_note(note, [parse_vkey(str(key))]).text == TEXT
    for bad in (head + good[8:-1], head + b"\x05" + good[9:], b"\x01" + good[1:]):
        with pytest.raises(NoteInvalid):
            open_note(TEXT + b"\n" + NoteSignature(key.name, key.key_id, bad).line(), [key])
    with pytest.raises(NoteInvalid):
        open_note(note.replace(TEXT, b"not a checkpoint\n"), [key])
    with pytest.raises(KeyInvalid):
        make_signature(TEXT, NoteSigner(key, lambda m: m))


@pytest.mark.parametrize(
    ("name", "type_", "public"),
    [
        ("", KeyType.ED25519, bytes(32)),
        ("a b", KeyType.ED25519, bytes(32)),
        ("a+b", KeyType.ED25519, bytes(32)),
        ("a\u2028b", KeyType.ED25519, bytes(32)),
        ("a\x01b", KeyType.ED25519, bytes(32)),
        ("a\udc80b", KeyType.ED25519, bytes(32)),
        ("a", KeyType.ED25519, bytes(31)),
        ("a", KeyType.COSIGNATURE_ED25519, bytes(33)),
        ("a", KeyType.COSIGNATURE_ML_DSA_44, bytes(32)),
        ("a", KeyType.ECDSA, bytes(32)),
        ("a", KeyType.ECDSA, spki(rsa.generate_private_key(65537, 2048))),
        ("a", KeyType.RFC6962_TREE_HEAD, spki(ec.generate_private_key(ec.SECP256K1()))),
    ],
    ids=range(12),  # fresh keys must not stand in the names of tests
)
def test_bad_keys(name, type_, public) -> None:
    with pytest.raises(KeyInvalid):
        VerifierKey(name, type_, public)


@given(st.text(max_size=80))
def test_any_text_is_a_vkey_or_refused(text) -> None:
    for candidate in (text, f"a+00000000+{text}", f"{text}+c74f20a3+AQAA"):
        with pytest.raises(KeyInvalid):
            parse_vkey(candidate)


@pytest.mark.parametrize("vkey", ["a+0b3d7e23+AA==", "a+00000000+/wAA", "a+00000000+"])
def test_unknown_types_are_refused(vkey) -> None:
    with pytest.raises(KeyInvalid):
        parse_vkey(vkey)


@pytest.mark.parametrize("text", [b"", b"no line feed", b"a\x00b\n", b"\xff\n"])
def test_texts_that_no_note_can_hold(text) -> None:
    with pytest.raises(NoteInvalid):
        sign_note(text, [LOG])


def test_signing_needs_a_signer_and_cosigning_a_time() -> None:
    with pytest.raises(NoteInvalid):
        sign_note(TEXT, [])
    for at_s in (None, -1, 2**63):
        signer = ed25519_signer("w", "w", KeyType.COSIGNATURE_ED25519, at_s)
        with pytest.raises(KeyInvalid):
            make_signature(TEXT, signer)
    with pytest.raises(KeyInvalid):
        make_signature(TEXT, ml_dsa_signer("n" * 256, "pq", TIME))


@pytest.mark.parametrize("block", [b"", b"\n", b"x\n", NOTE, NOTE[len(TEXT) + 1 : -1]])
def test_a_witness_answer_that_is_none(block) -> None:
    with pytest.raises(NoteInvalid):
        parse_signature_lines(block)


def test_the_text_may_hold_blank_lines() -> None:
    text = b"one\n\ntwo\n"
    assert parse_note(sign_note(text, [LOG])).text == text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n\n",
        TEXT[:-1],
        TEXT + b"\n",
        TEXT.replace(b"\n7\n", b"\n07\n"),
        TEXT.replace(b"\n7\n", b"\n+7\n"),
        TEXT.replace(b"\n7\n", b"\n7 \n"),
        TEXT.replace(b"\n7\n", "\n٧\n".encode()),
        TEXT.replace(b"\n7\n", b"\n9223372036854775808\n"),
        TEXT.replace(ORIGIN.encode(), b""),
        TEXT.replace(ORIGIN.encode(), b"\xff"),
        TEXT.replace(ORIGIN.encode(), b"a\tb"),
    ],
)
def test_texts_that_are_no_checkpoint(text) -> None:
    with pytest.raises(CheckpointInvalid):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "args", [("", 0, bytes(32)), ("a", -1, bytes(32)), ("a", 0, bytes(31)), ("a\n", 0, bytes(32))]
)
def test_values_that_no_checkpoint_can_hold(args) -> None:
    with pytest.raises(CheckpointInvalid):
        Checkpoint(*args)


def test_an_origin_outside_unicode() -> None:
    with pytest.raises(CheckpointInvalid):
        Checkpoint("\udc80", 0, bytes(32)).text()
