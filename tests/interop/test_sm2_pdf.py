"""Our PDF seals with SM2 before pyHanko, and our own reading and judgement of them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from asn1crypto import cms, core, keys, ocsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, RevokedError

from ca import sm2
from ca.algorithms import SM2_SM3
from ca.crl import CrlEntry, RevocationReason
from sealsvc.documents import detect
from sealsvc.documents.pdf.sm2 import Sm2Validator
from sealsvc.documents.values import (
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
    SignatureReading,
)
from sealsvc.verify.certificates import read_certificate
from sealsvc.verify.checks.material import Material
from sealsvc.verify.evidence import Evidence, Expectation, SignatureEvidence
from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY, STRICT_POLICY, Policy
from sealsvc.verify.report import to_dict
from tests.builders import pdf
from tests.builders.x509 import AT, DemoChain, make_chain

pytestmark = pytest.mark.interop

CHAIN = make_chain(SM2_SM3, label="sm2-pdf", leaf_suite=SM2_SM3)
OTHER = make_chain(SM2_SM3, label="sm2-other", leaf_suite=SM2_SM3)
SEALED = pdf.sealed(pdf.plain(1), CHAIN)
NOW = AT + timedelta(hours=3)
ODD = bytes.fromhex("301406072a8648ce3d020106092a811ccf5501822d01")


def statuses(data: bytes, chain: DemoChain, **options: Any) -> list[PdfSignatureStatus]:
    """pyHanko's word on every signature; revocation left out."""
    settings: dict[str, Any] = {"signature_validator": Sm2Validator(), **options}
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(chain.root_der)],
        moment=pdf.SIGNED_AT,
        allow_fetching=False,
        revocation_mode="soft-fail",
        **settings,
    )
    usage = KeyUsageConstraints(key_usage={"digital_signature"})

    async def ask() -> list[PdfSignatureStatus]:
        found = PdfFileReader(BytesIO(data)).embedded_signatures
        return [
            await async_validate_pdf_signature(one, context, key_usage_settings=usage)
            for one in found
        ]

    return asyncio.run(ask())


def test_pyhanko_accepts_our_seal() -> None:
    (status,) = statuses(SEALED, CHAIN)
    assert status.bottom_line
    assert status.md_algorithm == "sm3"


def test_pyhanko_accepts_two_seals_of_two_kinds() -> None:
    p256 = pdf.chain_named()
    both = pdf.sealed(SEALED, p256)
    assert [one.intact and one.valid for one in statuses(both, CHAIN)] == [True, True]
    assert [one.trusted for one in statuses(both, CHAIN)] == [True, False]


def test_pyhanko_refuses_another_root() -> None:
    (status,) = statuses(SEALED, OTHER)
    assert (status.intact, status.valid, status.trusted) == (True, True, False)


def reading_of(data: bytes) -> SignatureReading:
    (found,) = detect(data).read(data).signatures
    return found


def test_we_read_our_seal() -> None:
    found = reading_of(SEALED)
    assert (found.digest, found.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)
    assert (found.digest_algorithm, found.signature_algorithm) == ("sm3", "sm2_sm3")
    assert found.binding_digest == "sm3"
    assert found.problems == ()


def test_every_digest_inside_is_sm3() -> None:
    signed = parse(SEALED)
    (signer,) = signed["signer_infos"]
    kinds = [one["algorithm"].native for one in signed["digest_algorithms"]]
    assert (kinds, signer["digest_algorithm"]["algorithm"].native) == (["sm3"], "sm3")
    values = {one["type"].native: one["values"][0] for one in signer["signed_attrs"]}
    (certificate,) = values["signing_certificate_v2"]["certs"]
    assert certificate["cert_hash"].native == sm2.sm3(CHAIN.leaf_der)
    first, length, second, rest = reading_of(SEALED).byte_range
    covered = SEALED[first : first + length] + SEALED[second : second + rest]
    assert values["message_digest"].native == sm2.sm3(covered)
    sm2.check(
        CHAIN.leaf_signer.public_key_spki,
        signer["signature"].native,
        signer["signed_attrs"].untag().dump(),
    )


def hole(data: bytes) -> tuple[int, int]:
    """Offsets of the signature value's hexadecimal digits."""
    _first, length, second, _rest = reading_of(data).byte_range
    return length + 1, second - 1


def parse(data: bytes) -> Any:
    begin, end = hole(data)
    content = cms.ContentInfo.load(bytes.fromhex(data[begin:end].decode()))
    return content["content"]


def with_signed_data(data: bytes, signed: Any) -> bytes:
    """The file with another SignedData in its hole."""
    content = cms.ContentInfo({"content_type": "signed_data", "content": signed})
    begin, end = hole(data)
    value: bytes = content.dump(force=True).hex().encode().ljust(end - begin, b"0")
    assert len(value) == end - begin
    return data[:begin] + value + data[end:]


def with_value(data: bytes, value: bytes) -> bytes:
    signed = parse(data)
    signed["signer_infos"][0]["signature"] = value
    return with_signed_data(data, signed)


def test_changed_bytes_are_seen_by_both() -> None:
    at = SEALED.index(b"/MediaBox")
    changed = SEALED[:at] + b"/MediaBoy" + SEALED[at + 9 :]
    found = reading_of(changed)
    assert found.digest is DigestOutcome.DIFFERS
    (status,) = statuses(changed, CHAIN)
    assert (status.intact, status.bottom_line) == (False, False)


def value_over(message: bytes, user_id: bytes) -> bytes:
    """The leaf's signature over `message` under another id."""
    key = CHAIN.leaf_signer._key
    assert isinstance(key, sm2.Sm2PrivateKey)
    return key.sign_digest(sm2.sm3(sm2.za(key.public_key_spki, user_id) + message))


ATTRIBUTES = parse(SEALED)["signer_infos"][0]["signed_attrs"].untag().dump()
GOOD = CHAIN.leaf_signer.sign(ATTRIBUTES)


@pytest.mark.parametrize(
    "value",
    [
        CHAIN.leaf_signer.sign(ATTRIBUTES + b"\x00"),
        OTHER.leaf_signer.sign(ATTRIBUTES),
        value_over(ATTRIBUTES, b""),
        value_over(ATTRIBUTES, b"1234567812345679"),
        CHAIN.leaf_signer._key.sign_digest(sm2.sm3(ATTRIBUTES)),  # type: ignore[attr-defined]
        GOOD[:-1] + bytes([GOOD[-1] ^ 1]),
        sm2.raw_from_signature(GOOD),
        b"",
    ],
    ids=["other data", "other key", "empty id", "other id", "no ZA", "bit", "raw", "empty"],
)
def test_other_values_fail_with_both(value: bytes) -> None:
    changed = with_value(SEALED, value)
    assert reading_of(changed).signature is SignatureOutcome.FAILS
    (status,) = statuses(changed, CHAIN)
    assert (status.valid, status.bottom_line) == (False, False)


def test_a_fresh_good_value_verifies_with_both() -> None:
    changed = with_value(SEALED, GOOD)
    assert reading_of(changed).signature is SignatureOutcome.VERIFIES
    assert statuses(changed, CHAIN)[0].bottom_line


def resigned(oid: str) -> bytes:
    """The seal under another name of the signature algorithm; the attribute that protects the
    name is left out.
    """
    signed = parse(SEALED)
    signer = signed["signer_infos"][0]
    kept = [one for one in signer["signed_attrs"] if "protection" not in one["type"].native]
    attributes = cms.CMSAttributes(kept)
    signer["signed_attrs"] = attributes
    signer["signature_algorithm"] = {"algorithm": oid}
    signer["signature"] = CHAIN.leaf_signer.sign(cms.CMSAttributes(kept).dump())
    return with_signed_data(SEALED, signed)


def test_the_bare_signature_oid_is_read() -> None:
    found = reading_of(resigned("1.2.156.10197.1.301.1"))
    assert found.signature is SignatureOutcome.VERIFIES
    assert found.signature_algorithm_oid == "1.2.156.10197.1.301.1"


@pytest.mark.parametrize("oid", ["1.2.840.10045.4.3.2", "1.2.156.10197.1.504", "1.2.3.4"])
def test_another_algorithm_s_oid_does_not_verify(oid: str) -> None:
    assert reading_of(resigned(oid)).signature is SignatureOutcome.FAILS


def test_without_signed_attributes_nothing_is_said() -> None:
    signed = parse(SEALED)
    del signed["signer_infos"][0]["signed_attrs"]
    found = reading_of(with_signed_data(SEALED, signed))
    assert found.signature is SignatureOutcome.NOT_CHECKED


def under_key(spki_der: bytes) -> bytes:
    """The sealed file with another key in the signer's certificate, its signatures unchanged."""
    certificate = x509.Certificate.load(CHAIN.leaf_der)
    certificate["tbs_certificate"]["subject_public_key_info"] = keys.PublicKeyInfo.load(spki_der)
    leaf = x509.Certificate.load(certificate.dump(force=True))
    signed = parse(SEALED)
    signed["certificates"] = [leaf, x509.Certificate.load(CHAIN.issuing_der)]
    signer = signed["signer_infos"][0]
    kept = [one for one in signer["signed_attrs"] if "signing_cert" not in one["type"].native]
    signer["signed_attrs"] = cms.CMSAttributes(kept)
    return with_signed_data(SEALED, signed)


def test_unfit_keys_are_not_checked_but_other_keys_fail() -> None:
    good = CHAIN.leaf_signer.public_key_spki
    compressed = b"\x30\x39" + good[2:23] + b"\x03\x22\x00\x02" + good[27:59]
    off_curve = good[:-1] + bytes([good[-1] ^ 1])
    p256 = pdf.chain_named().leaf_signer.public_key_spki
    for spki in (compressed, off_curve, p256):
        found = reading_of(under_key(spki))
        assert found.signature is SignatureOutcome.NOT_CHECKED
        assert "SIGNATURE_NOT_CHECKED" in {one.code for one in found.problems}
    other = OTHER.leaf_signer.public_key_spki
    assert reading_of(under_key(other)).signature is SignatureOutcome.FAILS


def judged(
    data: bytes,
    *,
    chain: DemoChain = CHAIN,
    crls: tuple[bytes, ...] | None = None,
    policy: Policy = DEFAULT_POLICY,
    **members: Any,
) -> dict[str, Any]:
    """The report's first signature."""
    reading: DocumentReading = detect(data).read(data)
    lists = (chain.crl(at=NOW), chain.crl(at=NOW, by_root=True)) if crls is None else crls
    evidence = Evidence(
        document_sha256=sha256(data).hexdigest(),
        filename=None,
        reading=reading,
        signatures=tuple(
            SignatureEvidence(one, None, None, None, None) for one in reading.signatures
        ),
        anchors_der=(chain.root_der,),
        issuers_der=(),
        crls_der=lists,
        registry_asked=False,
        expectation=Expectation(),
        validation_time=NOW,
        gathered_at=NOW,
    )
    shape: dict[str, Any] = to_dict(judge(replace(evidence, **members), policy))
    return dict(shape["signatures"][0])


def findings(signature: dict[str, Any]) -> str:
    return str(signature)


def test_our_judgement_of_a_sound_seal() -> None:
    found = judged(SEALED)
    assert found["indication"] == "TOTAL_PASSED", found
    assert "ALGORITHM_NOT_ACCEPTED" not in findings(found)
    assert "ALGORITHM_NOT_ACCEPTED" not in findings(judged(SEALED, policy=STRICT_POLICY))


def test_a_revoked_leaf_is_seen() -> None:
    serial = x509.Certificate.load(CHAIN.leaf_der).serial_number
    entry = CrlEntry(serial, AT + timedelta(minutes=1), RevocationReason.KEY_COMPROMISE)
    crls = (CHAIN.crl(entry, at=NOW), CHAIN.crl(at=NOW, by_root=True))
    assert judged(SEALED, crls=crls)["indication"] != "TOTAL_PASSED"


def flipped(der: bytes) -> bytes:
    return der[:-1] + bytes([der[-1] ^ 1])


@pytest.mark.parametrize("which", ["issuing", "issuing list", "root list", "foreign list", "none"])
def test_broken_signatures_above_the_leaf_do_not_pass(which: str) -> None:
    lists = [CHAIN.crl(at=NOW), CHAIN.crl(at=NOW, by_root=True)]
    data = SEALED
    if which == "issuing":
        signed = parse(SEALED)
        signed["certificates"] = [
            x509.Certificate.load(der) for der in (CHAIN.leaf_der, flipped(CHAIN.issuing_der))
        ]
        data = with_signed_data(SEALED, signed)
    elif which == "issuing list":
        lists[0] = flipped(lists[0])
    elif which == "root list":
        lists[1] = flipped(lists[1])
    elif which == "foreign list":
        lists[0] = OTHER.crl(at=NOW)
    else:
        lists = []
    assert judged(data, crls=tuple(lists))["indication"] != "TOTAL_PASSED"


def test_another_root_does_not_pass() -> None:
    assert judged(SEALED, anchors_der=(OTHER.root_der,))["indication"] == "INDETERMINATE"


def validate(leaf: bytes, *crls: bytes) -> None:
    """The path alone, with the validator the judgement uses."""
    material = Material(
        (x509.Certificate.load(CHAIN.root_der),),
        (x509.Certificate.load(CHAIN.issuing_der),),
        (),
        (),
    )
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(CHAIN.root_der)],
        other_certs=[x509.Certificate.load(CHAIN.issuing_der)],
        moment=NOW,
        crls=list(crls),
        revocation_mode="hard-fail",
        allow_fetching=False,
        signature_validator=material.context(NOW).sig_validator,
    )
    one = CertificateValidator(x509.Certificate.load(leaf), validation_context=context)
    asyncio.run(one.async_validate_usage({"digital_signature"}))  # type: ignore[no-untyped-call]


def odd_leaf(*, resign: bool = True) -> bytes:
    """The leaf with the curve parameter .301.1, signed anew by the issuing CA."""
    certificate = x509.Certificate.load(CHAIN.leaf_der)
    tbs = certificate["tbs_certificate"]
    spki = tbs["subject_public_key_info"].dump()
    tbs["subject_public_key_info"] = keys.PublicKeyInfo.load(b"\x30\x5a" + ODD + spki[23:])
    tbs_der = tbs.dump(force=True)
    value = CHAIN.issuing_signer.sign(tbs_der) if resign else certificate["signature_value"].native
    return bytes(
        x509.Certificate(
            {
                "tbs_certificate": x509.TbsCertificate.load(tbs_der),
                "signature_algorithm": certificate["signature_algorithm"],
                "signature_value": core.OctetBitString(value),
            }
        ).dump(force=True)
    )


def test_paths_lists_and_the_odd_curve_parameter() -> None:
    lists = (CHAIN.crl(at=NOW), CHAIN.crl(at=NOW, by_root=True))
    validate(CHAIN.leaf_der, *lists)
    validate(odd_leaf(), *lists)
    facts = read_certificate(odd_leaf())
    assert (facts.key_family, facts.key_bits) == ("ec", 256)
    with pytest.raises(PathValidationError):
        validate(odd_leaf(resign=False), *lists)
    with pytest.raises(PathValidationError):
        validate(flipped(CHAIN.leaf_der), *lists)
    with pytest.raises(PathValidationError):
        validate(CHAIN.leaf_der, flipped(lists[0]), lists[1])
    with pytest.raises((PathBuildingError, PathValidationError)):
        validate(OTHER.leaf_der, *lists)


def test_a_seal_under_the_odd_curve_parameter_is_read_and_judged() -> None:
    chain = replace(CHAIN, leaf_der=odd_leaf())
    data = pdf.sealed(pdf.plain(1), chain)
    assert reading_of(data).signature is SignatureOutcome.VERIFIES
    assert judged(data)["indication"] == "TOTAL_PASSED"


def ocsp_answer(status: str) -> bytes:
    """An answer by the issuing CA itself, signed with SM2."""
    leaf, issuer = (x509.Certificate.load(der) for der in (CHAIN.leaf_der, CHAIN.issuing_der))
    details: Any = (
        core.Null()
        if status == "good"
        else ocsp.RevokedInfo(
            {"revocation_time": AT + timedelta(minutes=1), "revocation_reason": "key_compromise"}
        )
    )
    single = {
        "cert_id": {
            "hash_algorithm": {"algorithm": "sha1"},
            "issuer_name_hash": issuer.subject.sha1,
            "issuer_key_hash": issuer.public_key.sha1,
            "serial_number": leaf.serial_number,
        },
        "cert_status": ocsp.CertStatus(status, details),
        "this_update": NOW,
        "next_update": NOW + timedelta(days=1),
    }
    data = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId("by_key", issuer.public_key.sha1),
            "produced_at": NOW,
            "responses": [single],
        }
    )
    basic = ocsp.BasicOCSPResponse(
        {
            "tbs_response_data": data,
            "signature_algorithm": {"algorithm": "sm2_sm3"},
            "signature": CHAIN.issuing_signer.sign(data.dump()),
        }
    )
    response = {"response_type": "basic_ocsp_response", "response": basic}
    return bytes(
        ocsp.OCSPResponse({"response_status": "successful", "response_bytes": response}).dump()
    )


def test_ocsp_answers_signed_with_sm2() -> None:
    root_list = (CHAIN.crl(at=NOW, by_root=True),)
    good, bad = ocsp_answer("good"), ocsp_answer("revoked")
    assert judged(SEALED, crls=root_list, ocsps_der=(good,))["indication"] == "TOTAL_PASSED"
    assert judged(SEALED, crls=root_list, ocsps_der=(bad,))["indication"] != "TOTAL_PASSED"
    broken = judged(SEALED, crls=root_list, ocsps_der=(flipped(good),))
    assert broken["indication"] == "INDETERMINATE"


def test_pyhanko_sees_a_revocation() -> None:
    serial = x509.Certificate.load(CHAIN.leaf_der).serial_number
    entry = CrlEntry(serial, AT + timedelta(minutes=1), RevocationReason.KEY_COMPROMISE)
    with pytest.raises(RevokedError):
        validate(CHAIN.leaf_der, CHAIN.crl(entry, at=NOW), CHAIN.crl(at=NOW, by_root=True))
