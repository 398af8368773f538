"""SM2 through the engine: names, keys in the store, certificates of every profile, CRLs."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import algos, cms, core, crl, keys, x509

from ca import asn1_names, sm2
from ca.algorithms import (
    SM2_SM3,
    check_sm2,
    concerns_sm2,
    key_identifier,
    suite_named,
    suite_of_key,
    suites_with_oid,
)
from ca.crl import CrlEntry, RevocationReason, parse_crl
from ca.errors import (
    KeyWrapCorrupt,
    LintFailed,
    PublicKeyInvalid,
    SignatureDoesNotMatch,
    SignedObjectInvalid,
    SignerMismatch,
    UnknownSuite,
)
from ca.issue import CertificateRequest, prepare, sign
from ca.keys.software import SoftwareKeyStore, SoftwareSigner, kek_of
from ca.profiles import PROFILES, CertificateProfile, profile_named
from ca.signing import open_envelope, seal_envelope
from tests.builders.x509 import (
    AT,
    MERCHANT,
    P256,
    CountingRandom,
    DemoChain,
    make_chain,
    make_serial,
)
from tests.builders.x509 import make_signer as signer_of

SUITE = suite_named(SM2_SM3)
CHAIN = make_chain(SM2_SM3, label="sm2-unit", leaf_suite=SM2_SM3)
MIXED = make_chain(P256, label="mixed", leaf_suite=SM2_SM3)
SPKI = CHAIN.leaf_signer.public_key_spki
NEW_PROFILES = ("seal-maker", "tsa", "sm2-sign", "sm2-encrypt")


def issued(profile: CertificateProfile, signer: SoftwareSigner) -> x509.Certificate:
    prepared = prepare(
        CertificateRequest(MERCHANT, signer.public_key_spki),
        profile,
        now=AT,
        serial=make_serial(profile.name),
        issuer=CHAIN.issuing_issuer,
    )
    return x509.Certificate.load(sign(prepared, CHAIN.issuing_signer))


def test_the_row_of_the_suite() -> None:
    assert (SUITE.signature_oid, SUITE.digest) == ("1.2.156.10197.1.501", "sm3")
    assert SUITE.algorithm_der.hex() == "300a06082a811ccf55018375"  # no parameters, as OpenSSL
    assert suites_with_oid("1.2.156.10197.1.501") == (SUITE,)
    assert suite_of_key(SPKI) is SUITE
    assert (SUITE.leaf_ok, SUITE.ca_ok) == (True, True)


def test_keys_of_other_suites_do_not_mix() -> None:
    p256 = signer_of("mix")
    with pytest.raises(UnknownSuite):
        SUITE.verify(p256.public_key_spki, b"", b"")
    with pytest.raises(UnknownSuite):
        suite_named(P256).verify(SPKI, b"", b"")
    with pytest.raises(UnknownSuite):
        SUITE.load(suite_named(P256).generate())


@pytest.mark.parametrize(
    "spki", [SPKI[:-1] + bytes([SPKI[-1] ^ 1]), SPKI[:-64] + bytes(64)], ids=["moved", "origin"]
)
def test_a_point_off_the_curve_is_no_key(spki: bytes) -> None:
    assert concerns_sm2("", spki)
    with pytest.raises(PublicKeyInvalid):
        suite_of_key(spki)


def test_the_key_store_makes_and_keeps_sm2_keys(tmp_path: Path) -> None:
    store = SoftwareKeyStore(tmp_path / "keys", [kek_of(bytes(32))], CountingRandom())
    ref = store.generate(SM2_SM3, "owner")
    again = SoftwareKeyStore(tmp_path / "keys", [kek_of(bytes(32))], CountingRandom("b"))
    signer = again.signer(ref)
    assert signer.suite == SM2_SM3
    SUITE.verify(signer.public_key_spki, signer.sign(b"data"), b"data")
    assert [record.suite for record in again.list_keys()] == [SM2_SM3]


def test_a_key_file_of_another_kind_is_corrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SoftwareKeyStore(tmp_path / "keys", [kek_of(bytes(32))], CountingRandom())
    p256 = suite_named(P256).generate()
    monkeypatch.setattr(
        "ca.keys.software.suite_named", lambda name: replace(SUITE, generate=lambda: p256)
    )
    ref = store.generate(SM2_SM3, "owner")
    with pytest.raises(KeyWrapCorrupt):
        store.signer(ref)


def test_an_sm2_key_under_another_suite_s_name_is_corrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`cryptography` cannot even load it."""
    store = SoftwareKeyStore(tmp_path / "keys", [kek_of(bytes(32))], CountingRandom())
    with monkeypatch.context() as patch:
        p256 = replace(suite_named(P256), generate=sm2.generate)
        patch.setattr("ca.keys.software.suite_named", lambda name: p256)
        ref = store.generate(P256, "owner")
    with pytest.raises(KeyWrapCorrupt):
        store.signer(ref)


@pytest.mark.parametrize("chain", [CHAIN, MIXED], ids=["all SM2", "SM2 below P-256"])
def test_chains(chain: DemoChain) -> None:
    leaf = x509.Certificate.load(chain.leaf_der)
    assert leaf.public_key.dump() == chain.leaf_signer.public_key_spki
    assert leaf.key_identifier == key_identifier(leaf.public_key.dump())
    open_envelope(chain.leaf_der, chain.issuing_signer.public_key_spki)
    with pytest.raises(SignatureDoesNotMatch):
        open_envelope(chain.leaf_der, chain.root_signer.public_key_spki)


@pytest.mark.parametrize("name", ["seal", "service-seal", *NEW_PROFILES])
def test_every_leaf_profile_is_issued_to_sm2_keys(name: str) -> None:
    profile = profile_named(name)
    certificate = issued(profile, CHAIN.leaf_signer)
    assert certificate.key_usage_value is not None
    assert certificate.key_usage_value.native == set(profile.key_usage)
    purposes = certificate.extended_key_usage_value
    found = () if purposes is None else tuple(one.dotted for one in purposes)
    assert found == profile.ext_key_usage
    critical = "extended_key_usage" in certificate.critical_extensions
    assert critical == profile.critical_purposes == (name == "tsa")
    assert certificate["signature_algorithm"]["algorithm"].native == "sm2_sm3"
    assert certificate["signature_algorithm"]["parameters"].native is None


def test_the_pair_splits_the_usages() -> None:
    signing, encrypting = (set(profile_named(f"sm2-{k}").key_usage) for k in ("sign", "encrypt"))
    assert signing == {"digital_signature", "non_repudiation"}
    assert encrypting == {"key_encipherment", "data_encipherment", "key_agreement"}
    for name in ("sm2-sign", "sm2-encrypt"):
        with pytest.raises(LintFailed, match="key_suite"):
            issued(profile_named(name), signer_of("pair"))


@pytest.mark.parametrize("name", NEW_PROFILES)
def test_new_profiles_are_bound_like_the_old(name: str) -> None:
    profile = profile_named(name)
    assert (profile.is_ca, profile.self_signed) == (False, False)
    changed = replace(profile, critical_purposes=not profile.critical_purposes)
    assert changed.digest() != profile.digest()
    assert [one.name for one in PROFILES].count(name) == 1


def test_a_purpose_of_the_wrong_criticality_is_found() -> None:
    tsa = profile_named("tsa")
    prepared = prepare(
        CertificateRequest(MERCHANT, SPKI),
        tsa,
        now=AT,
        serial=make_serial("tsa"),
        issuer=CHAIN.issuing_issuer,
    )
    lenient = replace(prepared, profile=replace(tsa, critical_purposes=False))
    with pytest.raises(LintFailed, match="known_extensions"):
        sign(lenient, CHAIN.issuing_signer)


def test_lists_are_signed_and_read() -> None:
    entry = CrlEntry(7, AT, RevocationReason.SUPERSEDED)
    der = CHAIN.crl(entry)
    read = parse_crl(der, CHAIN.issuing_signer.public_key_spki)
    assert read.revoked[7] == entry
    with pytest.raises(SignatureDoesNotMatch):
        parse_crl(der, CHAIN.root_signer.public_key_spki)
    with pytest.raises(SignatureDoesNotMatch):
        parse_crl(der[:-1] + bytes([der[-1] ^ 1]), CHAIN.issuing_signer.public_key_spki)
    with pytest.raises(SignedObjectInvalid):
        parse_crl(der, signer_of("p256").public_key_spki)


def test_another_suite_s_signer_is_refused() -> None:
    prepared = prepare(
        CertificateRequest(MERCHANT, SPKI),
        profile_named("seal"),
        now=AT,
        serial=make_serial("mismatch"),
        issuer=CHAIN.issuing_issuer,
    )
    with pytest.raises(SignerMismatch):
        sign(prepared, signer_of("p256"))
    with pytest.raises(SignatureDoesNotMatch):
        seal_envelope(prepared.tbs_der, b"", CHAIN.issuing_issuer.spki_der)


def test_parameters_in_the_algorithm_are_not_taken() -> None:
    envelope = CHAIN.crl()
    odd = SUITE.algorithm_der.replace(b"\x30\x0a", b"\x30\x0c") + b"\x05\x00"
    parsed = crl.CertificateList.load(envelope)
    body = parsed["tbs_cert_list"].dump() + odd + parsed["signature"].dump()
    sequence = core.Sequence(contents=body).dump(force=False)
    with pytest.raises(SignedObjectInvalid):
        open_envelope(sequence, CHAIN.issuing_signer.public_key_spki)


@pytest.mark.parametrize("chain", [CHAIN, make_chain()], ids=["SM2", "P-256"])
def test_a_signature_has_no_unused_bits(chain: DemoChain) -> None:
    """Found by chance: the bits were ignored where the signature ended in zeros."""
    spki = chain.issuing_signer.public_key_spki
    lists = (chain.crl(number=number) for number in range(1, 200))
    der = next(one for one in lists if not one[-1] & 1)
    at = der.rindex(b"\x00\x30", 0, -66)
    for unused in (1, 2, 7, 8, 200, 255):
        with pytest.raises(SignedObjectInvalid):
            open_envelope(der[:at] + bytes([unused]) + der[at + 1 :], spki)
    open_envelope(der, spki)


SIGNATURE = CHAIN.leaf_signer.sign(b"data")
ODD_SPKI = bytes.fromhex("305a301406072a8648ce3d020106092a811ccf5501822d01") + SPKI[23:]


def test_found_signatures_are_checked_under_both_oids_and_curve_names() -> None:
    for oid in ("1.2.156.10197.1.501", "1.2.156.10197.1.301.1"):
        for spki in (SPKI, ODD_SPKI):
            assert concerns_sm2(oid, spki)
            check_sm2(oid, spki, SIGNATURE, b"data")
            with pytest.raises(SignatureDoesNotMatch):
                check_sm2(oid, spki, SIGNATURE, b"date")


def test_sm2_is_never_left_to_another_check() -> None:
    p256 = signer_of("p256").public_key_spki
    assert concerns_sm2("1.2.840.10045.4.3.2", SPKI)
    assert concerns_sm2("1.2.840.10045.4.3.2", ODD_SPKI)
    assert concerns_sm2("1.2.156.10197.1.501", p256)
    assert not concerns_sm2("1.2.840.10045.4.3.2", p256)
    assert not concerns_sm2("1.2.156.10197.501", p256)  # the wrong value in other people's tables
    with pytest.raises(SignatureDoesNotMatch):
        check_sm2("1.2.840.10045.4.3.2", SPKI, SIGNATURE, b"data")
    with pytest.raises(PublicKeyInvalid):
        check_sm2("1.2.156.10197.1.501", p256, SIGNATURE, b"data")


@pytest.mark.parametrize(
    ("oid", "name", "mechanism", "digest"),
    [
        ("1.2.156.10197.1.501", "sm2_sm3", "sm2", "sm3"),
        ("1.2.156.10197.1.301.1", "sm2", "sm2", "sm3"),
        ("1.2.156.10197.1.504", "sm3_rsa", "rsassa_pkcs1v15", "sm3"),
        ("1.2.840.113549.1.1.11", "sha256_rsa", "rsassa_pkcs1v15", "sha256"),
        ("1.2.840.10045.4.3.2", "sha256_ecdsa", "ecdsa", "sha256"),
    ],
)
def test_asn1crypto_names_signatures(oid: str, name: str, mechanism: str, digest: str) -> None:
    by_oid = algos.SignedDigestAlgorithm({"algorithm": oid})
    by_name = algos.SignedDigestAlgorithm({"algorithm": name})
    assert by_oid["algorithm"].native == name
    assert by_name["algorithm"].dotted == oid
    assert (by_oid.signature_algo, by_oid.hash_algo) == (mechanism, digest)


def test_asn1crypto_still_refuses_what_nobody_knows() -> None:
    unknown = algos.SignedDigestAlgorithm({"algorithm": "1.2.156.10197.501"})
    for name in ("hash_algo", "signature_algo"):
        with pytest.raises(ValueError, match="not known"):
            getattr(unknown, name)


def test_asn1crypto_names_digests_ciphers_curves_and_messages() -> None:
    digest = algos.DigestAlgorithm({"algorithm": "sm3"})
    assert digest.dump().hex() == "300a06082a811ccf55018311"
    assert algos.EncryptionAlgorithmId("sm4").dotted == "1.2.156.10197.1.104"
    key = keys.PublicKeyInfo.load(SPKI)
    assert (key.algorithm, key.bit_size, key.curve) == ("ec", 256, ("named", "sm2p256v1"))
    for oid, name in asn1_names.CONTENT_TYPES.items():
        assert cms.ContentType(name).dotted == oid
    inner = cms.ContentInfo({"content_type": "gbt35275_data", "content": b"x"})
    assert cms.ContentInfo.load(inner.dump())["content"].native == b"x"


def test_names_are_known_even_when_asn1crypto_was_used_before() -> None:
    code = (
        "from asn1crypto import algos, cms, keys\n"
        "algos.SignedDigestAlgorithm({'algorithm': 'sha256_rsa'})\n"
        "algos.DigestAlgorithm({'algorithm': 'sha256'}); cms.ContentType('data')\n"
        "keys.NamedCurve('secp256r1')\n"
        "import ca\n"
        "assert algos.SignedDigestAlgorithm({'algorithm': 'sm2_sm3'}).hash_algo == 'sm3'\n"
        "assert algos.DigestAlgorithm({'algorithm': 'sm3'})['algorithm'].dotted.endswith('.401')\n"
        "assert keys.NamedCurve('sm2p256v1').dotted == '1.2.156.10197.1.301'\n"
        "assert cms.ContentType('gbt35275_signed_data').dotted.endswith('.4.2.2')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
