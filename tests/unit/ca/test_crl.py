from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import crl
from cryptography import x509 as reader
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.crl import (
    CrlEntry,
    PreparedCrl,
    RevocationReason,
    finish_crl,
    parse_crl,
    prepare_crl,
    sign_crl,
)
from ca.errors import (
    CaBadInput,
    CrlUnsupported,
    LintFailed,
    PreparedAlreadySigned,
    SignatureDoesNotMatch,
    SignedObjectInvalid,
    SignerMismatch,
    TimeNotAware,
    UnknownSuite,
)
from tests.builders.x509 import AT, make_chain, make_serial, make_signer

CHAIN = make_chain()
SPKI = CHAIN.issuing_signer.public_key_spki
DAY = timedelta(days=1)
ENTRY = CrlEntry(make_serial("a"), AT - DAY, RevocationReason.KEY_COMPROMISE, AT - 2 * DAY)


def prepare_demo(
    *entries: CrlEntry, number: int = 7, this: datetime = AT, following: datetime = AT + DAY
) -> PreparedCrl:
    return prepare_crl(
        CHAIN.issuing_issuer, entries, number=number, this_update=this, next_update=following
    )


def signed(tbs: crl.TbsCertList) -> bytes:
    """A CRL over a changed list, with a right signature."""
    tbs_der = tbs.dump(force=True)
    signature = CHAIN.issuing_signer.sign(tbs_der)
    algorithm = {"algorithm": "sha256_ecdsa"}
    built = crl.CertificateList(
        {"tbs_cert_list": tbs, "signature_algorithm": algorithm, "signature": signature}
    )
    return bytes(built.dump(force=True))


def demo_tbs(*entries: CrlEntry) -> crl.TbsCertList:
    return crl.TbsCertList.load(prepare_demo(*entries).tbs_der).copy()


def test_what_is_written_is_read() -> None:
    entries = [
        CrlEntry(make_serial(reason.name), AT - DAY, reason, AT - 2 * DAY)
        for reason in RevocationReason
    ]
    entries.append(CrlEntry(make_serial("plain"), AT))
    parsed = parse_crl(sign_crl(prepare_demo(*entries), CHAIN.issuing_signer), SPKI)
    assert dict(parsed.revoked) == {entry.serial: entry for entry in entries}
    assert (parsed.number, parsed.this_update, parsed.next_update) == (7, AT, AT + DAY)
    assert parsed.name_der == CHAIN.issuing_issuer.name_der


def test_an_empty_list_leaves_the_entries_out() -> None:
    der = CHAIN.crl()
    assert parse_crl(der, SPKI).revoked == {}
    assert crl.CertificateList.load(der)["tbs_cert_list"]["revoked_certificates"].native is None


def test_an_unspecified_reason_is_not_written() -> None:
    parsed = reader.load_der_x509_crl(CHAIN.crl(CrlEntry(make_serial("a"), AT)))
    assert [len(entry.extensions) for entry in parsed] == [0]


def test_entries_are_in_order_of_their_serials() -> None:
    entries = [CrlEntry(make_serial(label), AT) for label in "abcdef"]
    assert prepare_demo(*entries).tbs_der == prepare_demo(*reversed(entries)).tbs_der


def test_times_change_their_form_in_2050() -> None:
    late = datetime(2050, 1, 1, tzinfo=UTC)
    chain = make_chain(at=datetime(2045, 1, 1, tzinfo=UTC))
    der = chain.crl(at=late - timedelta(hours=1), hours=2)
    tbs = crl.CertificateList.load(der)["tbs_cert_list"]
    assert (tbs["this_update"].name, tbs["next_update"].name) == ("utc_time", "general_time")


def test_our_encoding_is_der() -> None:
    der = sign_crl(prepare_demo(ENTRY), CHAIN.issuing_signer)
    copied = crl.CertificateList.load(der).copy()
    assert copied.dump(force=True) == der


def test_a_second_signature_is_refused() -> None:
    prepared = prepare_demo(ENTRY)
    sign_crl(prepared, CHAIN.issuing_signer)
    with pytest.raises(PreparedAlreadySigned):
        sign_crl(prepared, CHAIN.issuing_signer)


def test_another_signer_is_refused() -> None:
    with pytest.raises(SignerMismatch):
        sign_crl(prepare_demo(), CHAIN.root_signer)


@pytest.mark.parametrize(
    ("lint", "build"),
    [
        ("crl_number", lambda: prepare_demo(number=-1)),
        ("crl_number", lambda: prepare_demo(number=1 << 159)),
        ("crl_times", lambda: prepare_demo(following=AT)),
        ("crl_times", lambda: prepare_demo(following=AT - DAY)),
        ("crl_times", lambda: prepare_demo(following=AT + timedelta(microseconds=9))),
        ("crl_within_issuer", lambda: prepare_demo(this=AT - 9 * DAY)),
        ("crl_serial_unique", lambda: prepare_demo(ENTRY, ENTRY)),
        ("crl_serial_positive", lambda: prepare_demo(replace(ENTRY, serial=0))),
        ("crl_serial_positive", lambda: prepare_demo(replace(ENTRY, serial=-5))),
        ("crl_revoked_before", lambda: prepare_demo(replace(ENTRY, revoked_at=AT + DAY))),
        ("crl_invalid_before", lambda: prepare_demo(replace(ENTRY, invalid_since=AT))),
    ],
)
def test_each_clause_is_held(lint: str, build: Callable[[], PreparedCrl]) -> None:
    with pytest.raises(LintFailed) as caught:
        build()
    assert [finding.lint for finding in caught.value.findings] == [lint]


NAIVE = AT.replace(tzinfo=None)


@pytest.mark.parametrize(
    "build",
    [
        lambda: prepare_demo(this=NAIVE),
        lambda: prepare_demo(following=NAIVE),
        lambda: prepare_demo(replace(ENTRY, revoked_at=NAIVE)),
        lambda: prepare_demo(replace(ENTRY, invalid_since=NAIVE)),
    ],
)
def test_naive_times_are_refused(build: Callable[[], PreparedCrl]) -> None:
    with pytest.raises(TimeNotAware):
        build()


def test_another_issuer_s_key_does_not_verify() -> None:
    with pytest.raises(SignatureDoesNotMatch):
        parse_crl(CHAIN.crl(), CHAIN.root_signer.public_key_spki)
    with pytest.raises((SignedObjectInvalid, UnknownSuite)):
        parse_crl(CHAIN.crl(), make_signer("rsa", "rsa2048-sha256").public_key_spki)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_byte_can_change(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(GOOD) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = GOOD[:index] + bytes([GOOD[index] ^ flip]) + GOOD[index + 1 :]
    with pytest.raises(CaBadInput):
        parse_crl(changed, SPKI)


GOOD = CHAIN.crl(ENTRY)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_no_crl(junk: bytes) -> None:
    with pytest.raises(CaBadInput):
        parse_crl(junk, SPKI)


@pytest.mark.parametrize("der", [GOOD[:-1], GOOD + b"\x00", b"", CHAIN.leaf_der])
def test_what_is_no_crl_is_refused(der: bytes) -> None:
    with pytest.raises(CaBadInput):
        parse_crl(der, SPKI)


def test_an_inner_algorithm_of_its_own_is_refused() -> None:
    tbs = demo_tbs()
    tbs["signature"] = {"algorithm": "sha384_ecdsa"}
    with pytest.raises(SignedObjectInvalid):
        parse_crl(signed(tbs), SPKI)


def test_a_partitioned_list_is_not_taken_for_a_complete_one() -> None:
    tbs = demo_tbs()
    tbs["crl_extensions"].append(
        {
            "extn_id": "issuing_distribution_point",
            "critical": True,
            "extn_value": {"only_contains_user_certs": True},
        }
    )
    with pytest.raises(CrlUnsupported):
        parse_crl(signed(tbs), SPKI)


def test_a_delta_is_not_taken_for_a_complete_list() -> None:
    tbs = demo_tbs()
    tbs["crl_extensions"].append(
        {"extn_id": "delta_crl_indicator", "critical": True, "extn_value": 3}
    )
    with pytest.raises(CrlUnsupported):
        parse_crl(signed(tbs), SPKI)


def test_remove_from_crl_is_not_understood() -> None:
    tbs = demo_tbs(replace(ENTRY, invalid_since=None))
    tbs["revoked_certificates"][0]["crl_entry_extensions"][0]["extn_value"] = 8
    with pytest.raises(CrlUnsupported):
        parse_crl(signed(tbs), SPKI)


def test_a_critical_entry_extension_is_not_ignored() -> None:
    tbs = demo_tbs(ENTRY)
    entry = tbs["revoked_certificates"][0]["crl_entry_extensions"][0]
    entry["extn_id"], entry["critical"] = "1.2.3.4", True
    with pytest.raises(CrlUnsupported):
        parse_crl(signed(tbs), SPKI)


@pytest.mark.parametrize("field", ["crl_number", "next_update"])
def test_lists_without_number_or_end_are_refused(field: str) -> None:
    tbs = demo_tbs()
    if field == "next_update":
        del tbs["next_update"]
    else:
        tbs["crl_extensions"] = [
            item for item in tbs["crl_extensions"] if item["extn_id"].native != "crl_number"
        ]
    with pytest.raises(SignedObjectInvalid):
        parse_crl(signed(tbs), SPKI)


def test_a_serial_standing_twice_is_refused() -> None:
    tbs = demo_tbs(ENTRY)
    tbs["revoked_certificates"].append(tbs["revoked_certificates"][0].copy())
    with pytest.raises(SignedObjectInvalid):
        parse_crl(signed(tbs), SPKI)


def test_finish_reads_back_what_it_wraps() -> None:
    tbs_der = b"\x30\x03\x02\x01\x01"
    with pytest.raises(SignedObjectInvalid):
        finish_crl(tbs_der, CHAIN.issuing_signer.sign(tbs_der), SPKI)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.integers(1, 2**159 - 1),
        st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(RevocationReason)),
        max_size=8,
    )
)
def test_any_list_round_trips(rows: dict[int, tuple[int, int, RevocationReason]]) -> None:
    entries = {
        serial: CrlEntry(
            serial,
            AT - timedelta(seconds=ago),
            reason,
            AT - timedelta(seconds=ago + before) if before else None,
        )
        for serial, (ago, before, reason) in rows.items()
    }
    assert dict(parse_crl(CHAIN.crl(*entries.values()), SPKI).revoked) == entries
