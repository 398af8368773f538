import copy
import hashlib
import threading
from dataclasses import FrozenInstanceError, replace
from datetime import datetime, timedelta

import pytest
from asn1crypto import x509
from cryptography import x509 as reader
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.errors import (
    IssuerUnusable,
    LintFailed,
    NameInvalid,
    PreparedAlreadySigned,
    PublicKeyInvalid,
    SerialInvalid,
    SignatureDoesNotMatch,
    SignedObjectInvalid,
    SignerBroken,
    SignerMismatch,
    TimeNotAware,
    UnknownProfile,
)
from ca.issue import CertificateRequest, Prepared, finish, prepare, serial_from, sign
from ca.names import IssuerInfo, SubjectName
from ca.profiles import PROFILES, profile_named
from tests.builders.x509 import AT, MERCHANT, make_chain, make_serial, make_signer

CHAIN = make_chain()
KEY = make_signer("subject")


def prepare_leaf(
    subject: SubjectName = MERCHANT,
    *,
    profile: str = "seal",
    now: datetime = AT,
    serial: int | None = None,
    issuer: IssuerInfo = CHAIN.issuing_issuer,
    not_after: datetime | None = None,
    spki_der: bytes = KEY.public_key_spki,
) -> Prepared:
    return prepare(
        CertificateRequest(subject, spki_der, not_after),
        profile_named(profile),
        now=now,
        serial=make_serial("subject") if serial is None else serial,
        issuer=issuer,
    )


class BadSigner:
    """Answers with the right key's name and a wrong signature."""

    public_key_spki = CHAIN.issuing_signer.public_key_spki
    suite = CHAIN.issuing_signer.suite

    def sign(self, tbs: bytes) -> bytes:
        return CHAIN.issuing_signer.sign(tbs + b"x")


class BrokenSigner(BadSigner):
    def sign(self, tbs: bytes) -> bytes:
        raise ConnectionError("token gone")


def lints_of(caught: pytest.ExceptionInfo[LintFailed]) -> set[str]:
    return {finding.lint for finding in caught.value.findings}


def test_the_certificate_says_what_was_prepared() -> None:
    prepared = prepare_leaf()
    certificate = reader.load_der_x509_certificate(sign(prepared, CHAIN.issuing_signer))
    assert certificate.tbs_certificate_bytes == prepared.tbs_der
    assert hashlib.sha256(prepared.tbs_der).digest() == prepared.tbs_sha256
    assert certificate.serial_number == prepared.serial
    assert certificate.not_valid_before_utc == prepared.not_before == AT
    assert certificate.not_valid_after_utc == prepared.not_after
    assert prepared.not_after == AT + timedelta(days=1095, seconds=-1)
    assert prepared.profile_digest == profile_named("seal").digest()
    certificate.verify_directly_issued_by(reader.load_der_x509_certificate(CHAIN.issuing_der))


def test_the_subject_names_the_legal_person_twice() -> None:
    subject = x509.Certificate.load(CHAIN.leaf_der).subject.native
    assert subject == {
        "country_name": "CN",
        "organization_name": MERCHANT.organization,
        "organization_identifier": f"NTRCN-{MERCHANT.uscc}",
        "serial_number": MERCHANT.uscc,
        "common_name": MERCHANT.common_name,
    }


def test_the_same_intent_is_the_same_bytes() -> None:
    assert prepare_leaf().tbs_der == prepare_leaf().tbs_der


def test_fractions_of_a_second_are_cut() -> None:
    assert prepare_leaf(now=AT + timedelta(microseconds=999_999)).not_before == AT


def test_a_stored_intent_is_finished_from_bytes_alone() -> None:
    prepared = prepare_leaf()
    signature = CHAIN.issuing_signer.sign(prepared.tbs_der)
    der = finish(bytes(prepared.tbs_der), signature, CHAIN.issuing_signer.public_key_spki)
    assert x509.Certificate.load(der)["tbs_certificate"].dump() == prepared.tbs_der


def test_a_shorter_life_may_be_asked_for() -> None:
    assert prepare_leaf(not_after=AT + timedelta(days=5)).not_after == AT + timedelta(days=5)


def test_a_second_signature_is_refused() -> None:
    prepared = prepare_leaf()
    sign(prepared, CHAIN.issuing_signer)
    with pytest.raises(PreparedAlreadySigned):
        sign(prepared, CHAIN.issuing_signer)


def test_a_copy_shares_the_one_signature() -> None:
    prepared = prepare_leaf()
    sign(copy.copy(prepared), CHAIN.issuing_signer)
    with pytest.raises(PreparedAlreadySigned):
        sign(prepared, CHAIN.issuing_signer)


def test_of_many_threads_one_signs() -> None:
    prepared, outcomes = prepare_leaf(), list[str]()
    barrier = threading.Barrier(8)

    def attempt() -> None:
        barrier.wait()
        try:
            sign(prepared, CHAIN.issuing_signer)
            outcomes.append("signed")
        except PreparedAlreadySigned:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["signed"]


def test_a_wrong_signature_never_becomes_a_certificate() -> None:
    with pytest.raises(SignerBroken):
        sign(prepare_leaf(), BadSigner())


def test_a_failed_signer_spends_the_permission() -> None:
    prepared = prepare_leaf()
    with pytest.raises(ConnectionError):
        sign(prepared, BrokenSigner())
    with pytest.raises(PreparedAlreadySigned):
        sign(prepared, CHAIN.issuing_signer)


def test_another_key_is_refused_without_spending() -> None:
    prepared = prepare_leaf()
    with pytest.raises(SignerMismatch):
        sign(prepared, CHAIN.root_signer)
    sign(prepared, CHAIN.issuing_signer)


def test_another_suite_is_refused() -> None:
    signer = BadSigner()
    signer.suite = "rsa3072-sha256"
    with pytest.raises(SignerMismatch):
        sign(prepare_leaf(), signer)


def test_prepared_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        prepare_leaf().tbs_der = b""  # type: ignore[misc]


def test_finish_refuses_changed_bytes() -> None:
    prepared = prepare_leaf()
    signature = CHAIN.issuing_signer.sign(prepared.tbs_der)
    with pytest.raises(SignatureDoesNotMatch):
        finish(prepared.tbs_der[:-1] + b"x", signature, CHAIN.issuing_signer.public_key_spki)
    with pytest.raises(SignatureDoesNotMatch):
        finish(prepared.tbs_der, signature, CHAIN.root_signer.public_key_spki)


@pytest.mark.parametrize("tbs_der", [b"", b"\x05\x00", b"\x30\x00", b"plain text"])
def test_finish_refuses_what_is_no_certificate(tbs_der: bytes) -> None:
    signature = CHAIN.issuing_signer.sign(tbs_der)
    with pytest.raises(SignedObjectInvalid):
        finish(tbs_der, signature, CHAIN.issuing_signer.public_key_spki)


def test_finish_refuses_two_signature_algorithms() -> None:
    tbs = x509.Certificate.load(CHAIN.leaf_der)["tbs_certificate"].copy()
    tbs["signature"] = {"algorithm": "sha384_ecdsa"}
    tbs_der = tbs.dump(force=True)
    with pytest.raises(SignedObjectInvalid):
        finish(tbs_der, CHAIN.issuing_signer.sign(tbs_der), CHAIN.issuing_signer.public_key_spki)


@pytest.mark.parametrize(
    ("subject", "lint"),
    [
        (replace(MERCHANT, uscc=None), "uscc_form"),
        (replace(MERCHANT, uscc=f"{MERCHANT.uscc}0"), "uscc_form"),
        (replace(MERCHANT, common_name=""), "name_length"),
        (replace(MERCHANT, organization="长" * 65), "name_length"),
        (replace(MERCHANT, organization="甲\n乙"), "name_characters"),
        (replace(MERCHANT, country="China"), "country"),
    ],
)
def test_bad_subjects_are_refused(subject: SubjectName, lint: str) -> None:
    with pytest.raises(LintFailed) as caught:
        prepare_leaf(subject)
    assert lint in lints_of(caught)


@pytest.mark.parametrize("serial", [-1, 0, 1, 1 << 159, 1 << 200])
def test_bad_serials_are_refused(serial: int) -> None:
    with pytest.raises(LintFailed) as caught:
        prepare_leaf(serial=serial)
    assert lints_of(caught) == {"serial"}


def test_a_certificate_does_not_outlive_its_issuer() -> None:
    with pytest.raises(LintFailed) as caught:
        prepare_leaf(now=AT + timedelta(days=8 * 365))
    assert lints_of(caught) == {"validity_within_issuer"}
    with pytest.raises(LintFailed) as caught:
        prepare_leaf(now=AT - timedelta(days=3))
    assert lints_of(caught) == {"validity_within_issuer"}


def test_a_longer_life_than_the_profile_s_is_refused() -> None:
    with pytest.raises(LintFailed) as caught:
        prepare_leaf(not_after=AT + timedelta(days=1095))
    assert lints_of(caught) == {"validity_order"}


@pytest.mark.parametrize("url", [None, "https://pki.test/x", "http://pki.test/a b", "http://"])
def test_an_issuer_without_http_addresses_is_refused(url: str | None) -> None:
    with pytest.raises(LintFailed) as caught:
        prepare_leaf(issuer=replace(CHAIN.issuing_issuer, crl_url=url))
    assert lints_of(caught) == {"crl_url"}
    with pytest.raises(LintFailed) as caught:
        prepare_leaf(issuer=replace(CHAIN.issuing_issuer, certificate_url=url))
    assert lints_of(caught) == {"ca_issuers_url"}


@pytest.mark.parametrize(
    "subject",
    [
        replace(MERCHANT, common_name="\ud800"),
        replace(MERCHANT, country="中国"),
        replace(MERCHANT, uscc="９１１１００００ＭＡ０００００１５２"),
    ],
)
def test_text_that_cannot_be_encoded_is_refused(subject: SubjectName) -> None:
    with pytest.raises(NameInvalid):
        prepare_leaf(subject)


def test_naive_times_are_refused() -> None:
    with pytest.raises(TimeNotAware):
        prepare_leaf(now=AT.replace(tzinfo=None))
    with pytest.raises(TimeNotAware):
        prepare_leaf(not_after=AT.replace(tzinfo=None))


@pytest.mark.parametrize("spki_der", [b"", b"\x30\x00", KEY.public_key_spki + b"\x00"])
def test_bad_public_keys_are_refused(spki_der: bytes) -> None:
    with pytest.raises(PublicKeyInvalid):
        prepare_leaf(spki_der=spki_der)


@pytest.mark.parametrize("size", [0, 8, 15, 17, 32])
def test_serials_need_128_bits(size: int) -> None:
    with pytest.raises(SerialInvalid):
        serial_from(bytes(size))


@given(st.binary(min_size=16, max_size=16))
def test_serials_keep_every_random_bit(random: bytes) -> None:
    serial = serial_from(random)
    assert serial.to_bytes(17, "big") == b"\x01" + random


@pytest.mark.parametrize(
    "der",
    [b"", b"\x30\x00", b"text", CHAIN.root_der[:-1], CHAIN.root_der + b"\x00"],
)
def test_unreadable_issuers_are_refused(der: bytes) -> None:
    with pytest.raises(IssuerUnusable):
        IssuerInfo.from_certificate(der)


def test_a_leaf_is_no_issuer() -> None:
    with pytest.raises(IssuerUnusable):
        IssuerInfo.from_certificate(CHAIN.leaf_der)


def test_profiles_are_found_by_name_and_differ() -> None:
    assert {profile_named(profile.name) for profile in PROFILES} == set(PROFILES)
    assert len({profile.digest() for profile in PROFILES}) == len(PROFILES)
    with pytest.raises(UnknownProfile):
        profile_named("tls")


def test_every_member_of_a_profile_is_in_its_digest() -> None:
    seal = profile_named("seal")
    assert replace(seal, validity=seal.validity * 2).digest() != seal.digest()
    assert replace(seal, version=seal.version + 1).digest() != seal.digest()
    assert replace(seal, policy_oid="1.2.3").digest() != seal.digest()


def test_an_operator_s_policy_is_written() -> None:
    profile = replace(profile_named("seal"), policy_oid="1.2.156.10000.1")
    prepared = prepare(
        CertificateRequest(MERCHANT, KEY.public_key_spki),
        profile,
        now=AT,
        serial=make_serial("policy"),
        issuer=CHAIN.issuing_issuer,
    )
    certificate = reader.load_der_x509_certificate(sign(prepared, CHAIN.issuing_signer))
    policies = certificate.extensions.get_extension_for_class(reader.CertificatePolicies).value
    assert [policy.policy_identifier.dotted_string for policy in policies] == ["1.2.156.10000.1"]


NAME = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zs", "Zl", "Zp")),
    min_size=1,
    max_size=64,
)
ANY_TEXT = st.text(st.characters(), max_size=80)  # lone surrogates too


@settings(max_examples=60, deadline=None)
@given(common_name=NAME, organization=NAME)
def test_printable_names_round_trip(common_name: str, organization: str) -> None:
    subject = SubjectName(common_name, organization, uscc=MERCHANT.uscc)
    der, _signer = CHAIN.leaf(subject)
    native = x509.Certificate.load(der).subject.native
    assert (native["common_name"], native["organization_name"]) == (common_name, organization)


@settings(max_examples=100, deadline=None)
@given(common_name=ANY_TEXT, organization=ANY_TEXT)
def test_any_name_is_written_exactly_or_refused(common_name: str, organization: str) -> None:
    subject = SubjectName(common_name, organization, uscc=MERCHANT.uscc)
    try:
        prepared = prepare_leaf(subject)
    except (LintFailed, NameInvalid):
        return
    parsed = x509.TbsCertificate.load(prepared.tbs_der)
    assert parsed["subject"].native["common_name"] == common_name
