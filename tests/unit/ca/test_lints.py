from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import keys, x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca.errors import LintFailed, SignedObjectInvalid
from ca.issue import CertificateRequest, prepare
from ca.lints import LINTS, Candidate, run_lints
from ca.names import IssuerInfo, SubjectName
from ca.profiles import profile_named
from tests.builders.x509 import AT, MERCHANT, make_chain, make_serial, make_signer

CHAIN = make_chain()
NAMES = tuple(lint.name for lint in LINTS)

Mutation = Callable[[Any], None]


def leaf_tbs() -> Any:
    return x509.Certificate.load(CHAIN.leaf_der)["tbs_certificate"].copy()


def findings_of(tbs: Any, profile: str = "seal", issuer: IssuerInfo | None = None) -> set[str]:
    candidate = Candidate.parse(
        tbs.dump(force=True), profile_named(profile), issuer or CHAIN.issuing_issuer
    )
    return {finding.lint for finding in run_lints(candidate)}


def setting(field: str, value: object) -> Mutation:
    def mutate(tbs: Any) -> None:
        tbs[field] = value

    return mutate


def extension_value(kind: str, value: object) -> Mutation:
    def mutate(tbs: Any) -> None:
        for extension in tbs["extensions"]:
            if extension["extn_id"].native == kind:
                extension["extn_value"] = value

    return mutate


def without_extension(kind: str) -> Mutation:
    def mutate(tbs: Any) -> None:
        tbs["extensions"] = [
            extension for extension in tbs["extensions"] if extension["extn_id"].native != kind
        ]

    return mutate


def critical(kind: str, value: bool) -> Mutation:
    def mutate(tbs: Any) -> None:
        for extension in tbs["extensions"]:
            if extension["extn_id"].native == kind:
                extension["critical"] = value

    return mutate


def added_extension(oid: str, value: bytes) -> Mutation:
    def mutate(tbs: Any) -> None:
        tbs["extensions"].append({"extn_id": oid, "critical": False, "extn_value": value})

    return mutate


def subject(*attributes: tuple[str, str, str]) -> Mutation:
    """Replace subject attributes of these kinds; an empty encoding removes the attribute."""

    def mutate(tbs: Any) -> None:
        base = [
            ("country_name", "printable_string", "CN"),
            ("organization_name", "utf8_string", MERCHANT.organization),
            ("organization_identifier", "utf8_string", f"NTRCN-{MERCHANT.uscc}"),
            ("serial_number", "printable_string", MERCHANT.uscc),
            ("common_name", "utf8_string", MERCHANT.common_name),
        ]
        changed = {kind: (kind, encoding, value) for kind, encoding, value in attributes}
        rdns = [
            x509.RelativeDistinguishedName(
                [{"type": kind, "value": x509.DirectoryString({encoding: value})}]
            )
            for kind, encoding, value in (changed.get(row[0], row) for row in base)
            if encoding
        ]
        tbs["subject"] = x509.Name(name="", value=x509.RDNSequence(rdns))

    return mutate


def validity(start: datetime, end: datetime, *, general: bool = False) -> Mutation:
    kind = "general_time" if general else "utc_time"

    def mutate(tbs: Any) -> None:
        tbs["validity"] = {
            "not_before": x509.Time({kind: start}),
            "not_after": x509.Time({kind: end}),
        }

    return mutate


def weak_rsa_key(tbs: Any) -> None:
    modulus = (1 << 2047) | 1
    rsa_key = keys.RSAPublicKey({"modulus": modulus, "public_exponent": 3})
    tbs["subject_public_key_info"] = keys.PublicKeyInfo.wrap(rsa_key, "rsa")


def p384_key(tbs: Any) -> None:
    key = ec.derive_private_key(7, ec.SECP384R1()).public_key()
    spki_der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    tbs["subject_public_key_info"] = keys.PublicKeyInfo.load(spki_der)


def url_point(url: str) -> list[dict[str, object]]:
    name = x509.GeneralName("uniform_resource_identifier", x509.URI(url))
    return [{"distribution_point": x509.DistributionPointName({"full_name": [name]})}]


BROKEN: list[tuple[str, Mutation]] = [
    ("version", setting("version", "v1")),
    ("version", setting("version", "v2")),
    ("serial", setting("serial_number", 0)),
    ("serial", setting("serial_number", -(1 << 100))),
    ("serial", setting("serial_number", 1 << 159)),
    ("serial", setting("serial_number", (1 << 63) - 1)),
    ("signature_algorithm", setting("signature", {"algorithm": "sha256_rsa"})),
    ("signature_algorithm", setting("signature", {"algorithm": "sha384_ecdsa"})),
    ("issuer_name", setting("issuer", MERCHANT.to_asn1())),
    ("self_issued", setting("subject", x509.Name.load(CHAIN.issuing_issuer.name_der))),
    ("validity_order", validity(AT, AT)),
    ("validity_order", validity(AT, AT - timedelta(days=1))),
    ("validity_order", validity(AT, AT + timedelta(days=3 * 365))),
    ("validity_encoding", validity(AT, AT + timedelta(days=9), general=True)),
    ("validity_within_issuer", validity(AT - timedelta(days=2), AT)),
    ("subject_present", subject(("common_name", "", ""))),
    ("subject_present", subject(("organization_name", "", ""))),
    ("subject_present", subject(("country_name", "", ""))),
    ("subject_present", setting("subject", x509.Name(name="", value=x509.RDNSequence([])))),
    ("country", subject(("country_name", "printable_string", "cn"))),
    ("country", subject(("country_name", "printable_string", "CHN"))),
    ("country", subject(("country_name", "utf8_string", "CN"))),
    ("name_length", subject(("common_name", "utf8_string", "章" * 65))),
    ("name_length", subject(("organization_name", "utf8_string", "司" * 65))),
    ("name_length", subject(("common_name", "utf8_string", ""))),
    ("name_encoding", subject(("common_name", "bmp_string", "合同专用章"))),
    ("name_encoding", subject(("organization_name", "teletex_string", "Demo"))),
    ("name_characters", subject(("common_name", "utf8_string", "合同\u200b专用章"))),
    ("name_characters", subject(("common_name", "utf8_string", "合同专用章 "))),
    ("name_characters", subject(("organization_name", "utf8_string", "Demo\x00Ltd"))),
    ("name_characters", subject(("organization_name", "utf8_string", "\u202eDemo"))),
    ("uscc_form", subject(("serial_number", "", ""))),
    ("uscc_form", subject(("serial_number", "printable_string", "91110000MA0000015"))),
    ("uscc_form", subject(("serial_number", "printable_string", "91110000MA0000015I"))),
    ("organization_identifier", subject(("organization_identifier", "", ""))),
    (
        "organization_identifier",
        subject(("organization_identifier", "utf8_string", "NTRCN-113300000000000199")),
    ),
    (
        "organization_identifier",
        subject(("organization_identifier", "utf8_string", f"VATCN-{MERCHANT.uscc}")),
    ),
    ("key_suite", p384_key),
    ("rsa_exponent", weak_rsa_key),
    ("unique_ids", setting("subject_unique_id", b"\x01")),
    ("duplicate_extension", added_extension("2.5.29.14", x509.OctetString(b"x" * 20))),
    ("known_extensions", added_extension("1.2.3.4", x509.ParsableOctetString(b"\x05\x00"))),
    ("known_extensions", critical("key_usage", False)),
    ("known_extensions", critical("basic_constraints", False)),
    ("known_extensions", critical("extended_key_usage", True)),
    ("basic_constraints", extension_value("basic_constraints", {"ca": True})),
    ("basic_constraints", without_extension("basic_constraints")),
    ("key_usage", extension_value("key_usage", {"digital_signature"})),
    ("key_usage", extension_value("key_usage", {"digital_signature", "key_cert_sign"})),
    ("key_usage", without_extension("key_usage")),
    ("ext_key_usage", extension_value("extended_key_usage", ["any_extended_key_usage"])),
    ("ext_key_usage", without_extension("extended_key_usage")),
    ("subject_key_id", extension_value("key_identifier", b"x" * 20)),
    ("subject_key_id", without_extension("key_identifier")),
    ("authority_key_id", extension_value("authority_key_identifier", {"key_identifier": b"x"})),
    ("authority_key_id", without_extension("authority_key_identifier")),
    ("crl_url", without_extension("crl_distribution_points")),
    ("crl_url", extension_value("crl_distribution_points", url_point("https://pki.test/a.crl"))),
    ("crl_url", extension_value("crl_distribution_points", url_point("ldap://pki.test/a"))),
    ("ca_issuers_url", without_extension("authority_information_access")),
    (
        "ca_issuers_url",
        extension_value(
            "authority_information_access",
            [
                {
                    "access_method": "ocsp",
                    "access_location": x509.GeneralName(
                        "uniform_resource_identifier", x509.URI("http://pki.test/ocsp")
                    ),
                }
            ],
        ),
    ),
    (
        "policies",
        added_extension(
            "2.5.29.32", x509.CertificatePolicies([{"policy_identifier": "2.5.29.32.0"}])
        ),
    ),
]


def test_good_certificates_have_no_findings() -> None:
    assert findings_of(leaf_tbs()) == set()
    issuing = x509.Certificate.load(CHAIN.issuing_der)["tbs_certificate"].copy()
    assert findings_of(issuing, "issuing", CHAIN.root_issuer) == set()


@pytest.mark.parametrize(
    ("lint", "mutate"), BROKEN, ids=[f"{i}-{row[0]}" for i, row in enumerate(BROKEN)]
)
def test_each_clause_finds_its_fault(lint: str, mutate: Mutation) -> None:
    tbs = leaf_tbs()
    mutate(tbs)
    assert lint in findings_of(tbs)


def test_every_lint_has_a_failing_case() -> None:
    elsewhere = {"self_signed_key", "issuer_path_len"}
    assert {lint for lint, _mutate in BROKEN} | elsewhere == set(NAMES)


def test_names_are_unique_and_clauses_are_given() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(lint.clause for lint in LINTS)


def test_a_root_signs_its_own_key() -> None:
    root = x509.Certificate.load(CHAIN.root_der)["tbs_certificate"].copy()
    stranger = replace(CHAIN.root_issuer, spki_der=CHAIN.leaf_signer.public_key_spki)
    assert findings_of(root, "root", CHAIN.root_issuer) == set()
    assert findings_of(root, "root", stranger) == {"self_signed_key"}


def test_an_issuing_ca_makes_no_further_ca() -> None:
    signer = make_signer("sub-ca")
    name = SubjectName("下级签发证书", "示例可信交易服务中心")
    with pytest.raises(LintFailed) as caught:
        prepare(
            CertificateRequest(name, signer.public_key_spki),
            profile_named("issuing"),
            now=AT,
            serial=make_serial("sub-ca"),
            issuer=CHAIN.issuing_issuer,
        )
    assert "issuer_path_len" in {finding.lint for finding in caught.value.findings}


def test_a_suite_outside_the_profile_is_found() -> None:
    profile = replace(profile_named("seal"), allowed_suites=("rsa3072-sha256",))
    candidate = Candidate.parse(leaf_tbs().dump(), profile, CHAIN.issuing_issuer)
    assert [finding.lint for finding in run_lints(candidate)] == ["key_suite"]


def test_missing_uscc_is_fine_where_the_profile_does_not_ask() -> None:
    tbs = leaf_tbs()
    subject(("serial_number", "", ""), ("organization_identifier", "", ""))(tbs)
    assert findings_of(tbs, "service-seal") == set()
    assert findings_of(tbs, "seal") == {"uscc_form"}


def test_general_time_is_right_from_2050() -> None:
    late = datetime(2050, 1, 1, tzinfo=UTC)
    tbs = leaf_tbs()
    tbs["validity"] = {
        "not_before": x509.Time({"utc_time": AT}),
        "not_after": x509.Time({"general_time": late}),
    }
    assert "validity_encoding" not in findings_of(tbs)


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"\x30\x80\x00\x00", b"not der"])
def test_what_is_no_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(SignedObjectInvalid):
        Candidate.parse(der, profile_named("seal"), CHAIN.issuing_issuer)


def test_trailing_bytes_are_refused() -> None:
    with pytest.raises(SignedObjectInvalid):
        Candidate.parse(leaf_tbs().dump() + b"\x00", profile_named("seal"), CHAIN.issuing_issuer)
