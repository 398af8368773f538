"""SiVa's shape over every kind of report: mandatory members, types, and no false TOTAL-PASSED."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sealsvc.areas.verification.reports.siva import (
    CertificateText,
    Examined,
    HashedFile,
    ReportType,
    siva_report,
)
from sealsvc.areas.verification.reports.vocabulary import signature_method
from sealsvc.documents.values import ChangeClass, Coverage, DigestOutcome
from sealsvc.values import SealStatus
from tests.builders.evidence import EvidenceBuilder, chain, sound

Kept = Callable[[EvidenceBuilder], dict[str, Any]]
BUILDERS = {
    "trusted": sound(),
    "no proof": sound().proof(None),
    "digest": sound().reading(digest=DigestOutcome.DIFFERS),
    "unchecked": sound().reading(digest=DigestOutcome.NOT_CHECKED),
    "changed": sound().reading(worst_change=ChangeClass.OTHER),
    "partial": sound().reading(coverage=Coverage.PARTIAL),
    "foreign": sound().foreign(),
    "no certificate": sound().reading(signer_certificate_der=None),
    "no time": sound().proof(None).reading(claimed_at=None),
    "revoked seal": sound().seal(status_at_signing=SealStatus.REVOKED),
    "seller": sound().expect(seller_uscc="113300000000000199"),
    "removed": sound().document(earlier_signatures=("seal-0",)),
    "two": sound().and_then(digest=DigestOutcome.DIFFERS),
    "unsigned": sound().none(),
    "pkcs7": sound().reading(sub_filter="adbe.pkcs7.detached"),
    "unknown": sound().reading(sub_filter="adbe.x509.rsa_sha1", signature_algorithm_oid=None),
}
TEXTS = {"signatures": list, "signaturesCount": int, "validSignaturesCount": int, "policy": dict}
SIGNATURE = (
    "id",
    "indication",
    "signatureFormat",
    "signatureMethod",
    "signedBy",
    "claimedSigningTime",
)


def conclusion(report: dict[str, Any], **more: Any) -> dict[str, Any]:
    shape: Any = siva_report([Examined(report, **more)], ReportType.SIMPLE)
    assert list(shape["validationReport"]) == ["validationConclusion"]
    found: dict[str, Any] = shape["validationReport"]["validationConclusion"]
    return found


@pytest.mark.parametrize("name", BUILDERS)
def test_mandatory_members_and_types(kept: Kept, name: str) -> None:
    found = conclusion(kept(BUILDERS[name]))
    for member, kind in TEXTS.items():
        assert isinstance(found[member], kind), member
    for member in ("policyName", "policyDescription", "policyUrl"):
        assert found["policy"][member]
    assert found["validationTime"] == "2026-11-21T09:00:00Z"
    assert found["signaturesCount"] == len(found["signatures"])
    passed = [one for one in found["signatures"] if one["indication"] == "TOTAL-PASSED"]
    assert found["validSignaturesCount"] == len(passed)
    assert found["validatedDocument"]["filename"] == "contract-sealed.pdf"
    assert found["validatedDocument"]["hashAlgo"] == "SHA256"
    for one in found["signatures"]:
        _signature(one)


def _signature(one: dict[str, Any]) -> None:
    assert all(isinstance(one[member], str) for member in SIGNATURE)
    assert one["indication"] in {"TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"}
    assert ("subIndication" in one) == (one["indication"] != "TOTAL-PASSED")
    assert isinstance(one["info"]["bestSignatureTime"], str)
    for scope in one["signatureScopes"]:
        assert all(isinstance(scope[member], str) for member in ("name", "scope", "content"))
    for row in (*one["errors"], *one["warnings"]):
        assert list(row) == ["content"]
        assert row["content"]
    assert bool(one["errors"]) == (one["indication"] != "TOTAL-PASSED")


@pytest.mark.parametrize("name", BUILDERS)
def test_never_passed_where_our_summary_condemns(kept: Kept, name: str) -> None:
    report = kept(BUILDERS[name])
    found = conclusion(report)
    sound_all = found["signaturesCount"] == found["validSignaturesCount"] > 0
    assert not sound_all or report["summary"] in {"TRUSTED", "INTACT"}
    if report["summary"] == "TRUSTED":
        assert sound_all


def test_a_fault_of_the_register_or_the_meaning_breaks_the_policy(kept: Kept) -> None:
    for name in ("revoked seal", "seller"):
        report = kept(BUILDERS[name])
        (one,) = conclusion(report)["signatures"]
        assert report["signatures"][0]["indication"] == "TOTAL_PASSED", name
        assert (one["indication"], one["subIndication"]) == (
            "INDETERMINATE",
            "SIG_CONSTRAINTS_FAILURE",
        )


def test_a_removed_signature_fails_the_one_that_is_left(kept: Kept) -> None:
    (one,) = conclusion(kept(BUILDERS["removed"]))["signatures"]
    assert (one["indication"], one["subIndication"]) == ("TOTAL-FAILED", "FORMAT_FAILURE")


def test_formats_and_levels(kept: Kept) -> None:
    def of(name: str) -> tuple[str, str]:
        (one,) = conclusion(kept(BUILDERS[name]))["signatures"]
        return one["signatureFormat"], one["signatureLevel"]

    assert of("trusted") == ("PAdES_BASELINE_B", "ADESEAL")
    assert of("foreign") == ("PAdES_BASELINE_B", "INDETERMINATE_ADES")
    assert of("digest") == ("PAdES_BASELINE_B", "NOT_ADES")
    assert of("pkcs7")[0] == "PKCS7_B"
    assert of("unknown")[0] == "adbe.x509.rsa_sha1"


def test_time_stamps_inside_a_signature(stamped: dict[str, Any]) -> None:
    leaf = stamped["signatures"][0]["certificateChain"][0]["sha256"]
    texts = {leaf: CertificateText(b"x", "TSA")}
    (one,) = conclusion(stamped, certificates=texts)["signatures"]
    assert one["signatureFormat"] == "PAdES_BASELINE_T"
    assert one["info"]["timestampCreationTime"] == "2026-11-21T08:10:00Z"
    kinds = [item["type"] for item in one["certificates"]]
    assert kinds == ["SIGNING", "SIGNATURE_TIMESTAMP", "SIGNATURE_TIMESTAMP"]
    stamped["signatures"][0]["timestamps"][0]["holds"] = False
    stamped["signatures"][0]["poeSources"] = ["LOG"]
    (one,) = conclusion(stamped)["signatures"]
    assert one["signatureFormat"] == "PAdES_BASELINE_B"
    assert "timestampCreationTime" not in one["info"]


def test_certificates_stand_one_inside_the_other(kept: Kept) -> None:
    report = kept(sound())
    links = report["signatures"][0]["certificateChain"]
    ders = (chain().leaf_der, chain().issuing_der, chain().root_der)
    texts = {
        link["sha256"]: CertificateText(der, f"name {number}")
        for number, (link, der) in enumerate(zip(links, ders, strict=True))
    }
    (one,) = conclusion(report, certificates=texts)["signatures"]
    (signing,) = one["certificates"]
    assert signing["type"] == "SIGNING"
    assert signing["issuer"]["issuer"]["commonName"] == "name 2"
    assert one["signedBy"] == "name 0"
    assert one["subjectDistinguishedName"] == {"commonName": "name 0"}
    del texts[links[0]["sha256"]]
    (one,) = conclusion(report, certificates=texts)["signatures"]
    assert one["certificates"] == []
    assert one["signedBy"] == links[0]["subject"]
    assert "subjectDistinguishedName" not in one


def test_a_person_is_named_as_siva_does(kept: Kept) -> None:
    report = kept(sound())
    first = report["signatures"][0]["certificateChain"][0]["sha256"]
    person = CertificateText(b"", "X", "PNOCN-1", "小明", "王")
    (one,) = conclusion(report, certificates={first: person})["signatures"]
    assert one["signedBy"] == "王, 小明, PNOCN-1"


def test_a_document_timestamp_is_a_token_not_a_signature(kept: Kept) -> None:
    report = kept(sound())
    report["signatures"].append({**copy.deepcopy(report["signatures"][0]), "isTimestamp": True})
    found = conclusion(report)
    assert found["signaturesCount"] == 1
    (token,) = found["timeStampTokens"]
    assert token["indication"] == "TOTAL-PASSED"
    assert token["signedTime"] == "2026-11-21T08:10:00Z"


def test_detailed_diagnostic_and_warnings(kept: Kept) -> None:
    report = kept(sound())
    detailed: Any = siva_report([Examined(report)], ReportType.DETAILED, ["w"])
    process = detailed["validationReport"]["validationProcess"]["signatures"][0]
    assert process["basicBuildingBlocks"]["FC"] == "PASSED"
    warnings = detailed["validationReport"]["validationConclusion"]["validationWarnings"]
    assert warnings == [{"content": "w"}]
    diagnostic: Any = siva_report([Examined(report)], ReportType.DIAGNOSTIC)
    assert diagnostic["validationReport"]["diagnosticData"]["reports"] == [report]


def test_several_signature_files_are_counted_together(kept: Kept) -> None:
    reports = [kept(sound()), kept(sound().reading(digest=DigestOutcome.DIFFERS))]
    for report in reports:
        report["subject"]["kind"] = "detached"
    signed = HashedFile("a.txt", "SHA256", b"\x00" * 32)
    shape: Any = siva_report(
        [Examined(one, signed=signed, cades=False) for one in reports], ReportType.SIMPLE
    )
    found = shape["validationReport"]["validationConclusion"]
    assert (found["signaturesCount"], found["validSignaturesCount"]) == (2, 1)
    assert "validatedDocument" not in found
    assert found["signatures"][0]["signatureFormat"] == "CMS_NOT_ETSI"
    assert found["signatures"][0]["signatureScopes"][0]["hashAlgo"] == "SHA256"


@pytest.mark.parametrize(
    ("oid", "digest", "uri"),
    [
        ("1.2.840.113549.1.1.1", "sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
        (
            "1.2.840.113549.1.1.10",
            "SHA-384",
            "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
        ),
        ("1.2.840.113549.1.1.1", "md5", "urn:oid:1.2.840.113549.1.1.1"),
        ("1.2.156.10197.1.501", "sm3", "urn:oid:1.2.156.10197.1.501"),
        (None, None, ""),
    ],
)
def test_signature_methods(oid: str | None, digest: str | None, uri: str) -> None:
    assert signature_method(oid, digest) == uri
