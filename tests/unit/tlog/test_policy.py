"""Policies: syntax and quorum."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.tlog.keys import KeyInvalid, KeyType
from sealsvc.tlog.policy import PolicyInvalid, QuorumNotMet, parse_policy, policy_of_key
from tests.unit.tlog.support import LOG, ORIGIN, TIME, ed25519_signer, ml_dsa_signer, witness_signer

W = [witness_signer(i).key for i in range(6)]
TWO_LEVELS = "\n".join(
    [
        f"log {LOG.key} https://{ORIGIN}/",
        *(f"witness X{i} {W[i]}" for i in range(3)),
        "group X 2 X0 X1 X2",
        *(f"\twitness  Y{i} {W[i]}  https://w{i}.example.org/" for i in range(3, 6)),
        "# a comment",
        "group Y any Y3 Y4 Y5",
        "group both all X Y",
        "quorum both",
    ]
)


def test_every_subset_against_the_rule() -> None:
    policy = parse_policy(TWO_LEVELS.encode())
    assert policy.log_keys(ORIGIN) == (LOG.key,)
    assert policy.log_keys("other") == ()
    assert policy.logs[0].url == f"https://{ORIGIN}/"
    for chosen in itertools.product([False, True], repeat=6):
        cosigners = [key for key, yes in zip(W, chosen, strict=True) if yes]
        if sum(chosen[:3]) >= 2 and any(chosen[3:]):
            policy.require_quorum(cosigners)
        else:
            with pytest.raises(QuorumNotMet):
                policy.require_quorum(cosigners)


def test_a_single_witness_and_none() -> None:
    policy = parse_policy(f"witness w {W[0]}\nquorum w\n".encode())
    policy.require_quorum([W[0]])
    for cosigners in ([], [W[1]]):
        with pytest.raises(QuorumNotMet):
            policy.require_quorum(cosigners)
    assert parse_policy(b"quorum none").quorum is None
    parse_policy(b"quorum none").require_quorum([])
    of_key = policy_of_key(str(LOG.key))
    assert (of_key.quorum, of_key.log_keys(ORIGIN)) == (None, (LOG.key,))


def test_key_types() -> None:
    pq = ml_dsa_signer("pq.example.org", "pq", TIME).key
    published = ed25519_signer(W[0].name, W[0].name).key  # type 0x01 of the same key
    policy = parse_policy(f"log {pq}\nwitness w {published}\nquorum w".encode())
    assert policy.witnesses[0].key == W[0]
    assert policy.log_keys("pq.example.org") == (pq,)
    cosigner_only = ed25519_signer("c", "c", KeyType.COSIGNATURE_ED25519).key
    with pytest.raises(PolicyInvalid):
        parse_policy(f"log {cosigner_only}\nquorum none".encode())
    for bad in (str(cosigner_only), "", "a+b"):
        with pytest.raises(KeyInvalid):
            policy_of_key(bad)


def test_names_are_opaque_octets() -> None:
    text = (
        f"witness K {W[0]}\nwitness \u212a {W[1]}\n".encode()
        + b"group \xff all K \xe2\x84\xaa\nquorum \xff"
    )
    assert parse_policy(text).groups[0].threshold == 2


A, B = f"witness a {W[0]}\n", f"witness b {W[1]}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum",
        "quorum none none",
        "quorum none\nquorum none",
        "quorum a\n" + A,
        A,
        "witness none " + A.split()[2] + "\nquorum none",
        A + f"witness b {W[0]}\nquorum a",
        A + f"log {ed25519_signer(W[0].name, W[0].name).key}\nquorum a",
        f"log {LOG.key}\nlog {LOG.key}\nquorum none",
        f"log {LOG.key} url more\nquorum none",
        "log\nquorum none",
        f"log {LOG.key}x\nquorum none",
        A + A.replace(" a ", " c ").strip() + " url more\nquorum a",
        A + "group g any\nquorum g",
        A + "group g 0 a\nquorum g",
        A + "group g 2 a\nquorum g",
        A + "group g 01 a\nquorum g",
        A + "group g -1 a\nquorum g",
        A + "group g most a\nquorum g",
        A + "group g any b\nquorum g",
        A + "group g any none\nquorum g",
        A + "group g any a a\nquorum g",
        A + "group g any g\nquorum g",
        A + "group a any a\nquorum a",
        A + B + "group g any a\ngroup h any a b\nquorum h",
        A + "Quorum a",
        A + "witnesses a\nquorum a",
        A + "quorum a\r\n",
        A + "quorum a # trailing words are no comment",
        A + "quorum a\x00",
        A + "quorum a\x7f",
        A.replace(" ", "\u3000") + "quorum a",
        "#" * 1_000_001,
    ],
)
def test_refusals(text) -> None:
    with pytest.raises(PolicyInvalid):
        parse_policy(text.encode())


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_cleanly(data) -> None:
    for candidate in (data, TWO_LEVELS.encode() + b"\n" + data):
        try:
            parse_policy(candidate)
        except PolicyInvalid:
            continue


def test_a_long_chain_of_groups_does_not_recurse() -> None:
    chain = "".join(f"group g{i + 1} all g{i}\n" for i in range(5000))
    policy = parse_policy((A + "group g0 any a\n" + chain + "quorum g5000").encode())
    policy.require_quorum([W[0]])
