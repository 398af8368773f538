"""The XML report: order and cardinality by our own table of the schema's content models."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]

from sealsvc.areas.verification.reports.etsi import DS, OWN, VR, XADES, report_xml
from sealsvc.documents.values import ChangeClass, Coverage, DigestOutcome
from tests.builders.evidence import EvidenceBuilder, chain, sound

Kept = Callable[[EvidenceBuilder], dict[str, Any]]
NS = {"v": VR, "ds": DS, "x": XADES, "o": OWN}
DIGEST = "DigestMethod! DigestValue!"
# name → children in order; `!` must be there, `*` may repeat. Source: TS 119 102-2 schema 1.2.2.
CONTENT = {
    "ValidationReport": "SignatureValidationReport!* SignatureValidationObjects",
    "SignatureValidationReport": "SignatureIdentifier ValidationConstraintsEvaluationReport "
    "ValidationTimeInfo SignersDocument SignatureAttributes SignerInformation SignatureQuality "
    "SignatureValidationProcess SignatureValidationStatus! SealReport*",
    "SignatureIdentifier": "DigestAlgAndValue SignatureValue HashOnly! DocHashOnly! "
    "DAIdentifier SignatureValueDigest*",
    "SignatureValueDigest": DIGEST,
    "DigestAlgAndValue": DIGEST,
    "SigPolicyHash": DIGEST,
    "ValidationConstraintsEvaluationReport": "SignatureValidationPolicy ValidationConstraint*",
    "SignatureValidationPolicy": "SignaturePolicyIdentifier! PolicyName",
    "SignaturePolicyIdentifier": "SignaturePolicyId!",
    "SignaturePolicyId": "SigPolicyId! SigPolicyHash!",
    "SigPolicyId": "Identifier!",
    "ValidationConstraint": "ValidationConstraintIdentifier! ValidationConstraintParameter* "
    "ConstraintStatus! ValidationStatus Indications",
    "ConstraintStatus": "Status! OverriddenBy",
    "SignatureValidationStatus": "MainIndication! SubIndication* AssociatedValidationReportData*",
    "ValidationStatus": "MainIndication! SubIndication* AssociatedValidationReportData*",
    "ValidationTimeInfo": "ValidationTime! BestSignatureTime!",
    "BestSignatureTime": "POETime! TypeOfProof! POEObject",
    "POE": "POETime! TypeOfProof! POEObject",
    "POEProvisioning": "POETime! ValidationObject* SignatureReference",
    "SignersDocument": "DigestAlgAndValue! SignersDocumentRef",
    "SignerInformation": "SignerCertificate! Signer",
    "SignatureValidationProcess": "SignatureValidationProcessID",
    "AssociatedValidationReportData": "TrustAnchor CertificateChain RelatedValidationObject* "
    "RevocationStatusInformation CryptoInformation AdditionalValidationReportData",
    "CertificateChain": "SigningCertificate! IntermediateCertificate* TrustAnchor",
    "RevocationStatusInformation": "ValidationObjectId! RevocationTime! RevocationReason",
    "CryptoInformation": "ValidationObjectId! Algorithm! AlgorithmParameters SecureAlgorithm!",
    "AdditionalValidationReportData": "ReportData!*",
    "ReportData": "Type! Value!",
    "SignatureValidationObjects": "ValidationObject!*",
    "ValidationObject": "ObjectType! ValidationObjectRepresentation! POE POEProvisioning "
    "ValidationReport",
    "SigningTime": "AttributeObject* Time!",
}
# Inside a validation object this name holds a signature's report (ValidationObjectType).
NESTED = {"ValidationReport": CONTENT["SignatureValidationReport"]}


def conforms(node: Any) -> None:
    name = etree.QName(node).localname
    parent = node.getparent()
    nested = parent is not None and etree.QName(parent).localname == "ValidationObject"
    model = (NESTED if nested else CONTENT).get(name, CONTENT.get(name))
    children = [etree.QName(child).localname for child in node]
    if model is not None:
        at = 0
        for row in model.split():
            plain = row.rstrip("!*")
            count = 0
            while at < len(children) and children[at] == plain:
                at, count = at + 1, count + 1
            assert count or "!" not in row, (name, plain, children)
            assert count < 2 or "*" in row, (name, plain, children)
        assert at == len(children), (name, children)
    for child in node:
        conforms(child)


def parsed(report: dict[str, Any], **more: Any) -> Any:
    data = report_xml(report, **more)
    assert data == report_xml(copy.deepcopy(report), **more)
    root = etree.fromstring(data)
    conforms(root)
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    referred = {one for item in root.xpath("//@VOReference") for one in item.split()}
    assert referred <= set(ids)
    return root


def one(root: Any, path: str) -> str:
    found = root.xpath(path, namespaces=NS)
    assert len(found) == 1, (path, found)
    return str(found[0])


def test_a_trusted_seal(kept: Kept) -> None:
    root = parsed(kept(sound()), certificates={})
    status = "//v:SignatureValidationStatus"
    assert one(root, f"{status}/v:MainIndication/text()").endswith("mainindication:total-passed")
    assert root.xpath(f"{status}/v:SubIndication", namespaces=NS) == []
    assert one(root, "//v:BestSignatureTime/v:POETime/text()") == "2026-11-21T08:10:01Z"
    assert one(root, "//v:BestSignatureTime/v:TypeOfProof/text()").endswith("poetype:provided")
    assert one(root, "//v:SignatureValidationProcessID/text()").endswith(":LTVM")
    assert one(root, "//v:PAdESFieldName/text()") == "seal-1"
    assert one(root, "//v:CryptoInformation/v:Algorithm/text()").endswith("#ecdsa-sha256")
    assert one(root, "//o:Seal/o:StatusNow/text()") == "ACTIVE"
    assert len(root.xpath("//v:ValidationObject[v:POE]", namespaces=NS)) == 3


def test_certificates_are_shown_whole_where_at_hand(kept: Kept) -> None:
    report = kept(sound())
    leaf = report["signatures"][0]["certificateChain"][0]["sha256"]
    root = parsed(report, certificates={leaf: chain().leaf_der})
    assert len(root.xpath("//v:base64", namespaces=NS)) == 1
    digests = root.xpath("//v:ValidationObjectRepresentation/v:DigestAlgAndValue", namespaces=NS)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("builder", "main", "subs"),
    [
        (sound().reading(digest=DigestOutcome.DIFFERS), "total-failed", ["HASH_FAILURE"]),
        (sound().foreign(), "indeterminate", ["NO_CERTIFICATE_CHAIN_FOUND"]),
        (sound().reading(coverage=Coverage.PARTIAL), "total-failed", ["FORMAT_FAILURE"]),
        (sound().reading(worst_change=ChangeClass.OTHER), "total-failed", ["FORMAT_FAILURE"]),
    ],
)
def test_indications(kept: Kept, builder: EvidenceBuilder, main: str, subs: list[str]) -> None:
    root = parsed(kept(builder))
    status = "//v:SignatureValidationStatus"
    assert (
        one(root, f"{status}/v:MainIndication/text()") == f"urn:etsi:019102:mainindication:{main}"
    )
    said = root.xpath(f"{status}/v:SubIndication/text()", namespaces=NS)
    assert said == [f"urn:etsi:019102:subindication:{sub}" for sub in subs]
    blocks = root.xpath("//v:ValidationConstraint//v:MainIndication/text()", namespaces=NS)
    assert all("total" not in block for block in blocks)


def test_an_unsigned_document_has_one_report_that_says_so(kept: Kept) -> None:
    root = parsed(kept(sound().none()))
    assert one(root, "//v:MainIndication/text()").endswith(":noSignatureFound")


def test_one_signature_value_in_two_fields_has_two_ids(kept: Kept) -> None:
    report = kept(sound())
    report["signatures"].append(copy.deepcopy(report["signatures"][0]))
    assert len(parsed(report).xpath("//v:SignatureValidationReport", namespaces=NS)) == 2


def test_time_stamps_inside_a_signature_prove_its_time(stamped: dict[str, Any]) -> None:
    root = parsed(stamped)
    proofs = one(root, "//v:BestSignatureTime/v:POEObject/@VOReference").split()
    assert [name.rsplit("-", 1)[1] for name in proofs] == ["1", "LOG"]
    stamps = "//v:ValidationObject[contains(v:ObjectType, 'timestamp')]"
    inner = root.xpath(f"{stamps}//v:MainIndication/text()", namespaces=NS)
    assert [uri.rsplit(":", 1)[1] for uri in inner] == ["passed", "failed"]
    assert one(root, f"{stamps}//v:SubIndication/text()").endswith(":HASH_FAILURE")


def test_a_document_timestamp_is_a_validation_object(kept: Kept) -> None:
    report = kept(sound())
    report["signatures"].append({**copy.deepcopy(report["signatures"][0]), "isTimestamp": True})
    root = parsed(report)
    assert len(root.xpath("/v:ValidationReport/v:SignatureValidationReport", namespaces=NS)) == 1
    inner = "//v:ValidationObject/v:ValidationReport/v:SignatureValidationStatus"
    assert one(root, f"{inner}/v:MainIndication/text()").endswith("mainindication:passed")


@given(st.text(st.characters(), max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_hostile_text_stays_text(kept: Kept, text: str) -> None:
    report = kept(sound())
    one_signature = report["signatures"][0]
    hostile = f"</Signer><!--]]>&{text}"
    one_signature["certificateChain"][0]["subject"] = hostile
    one_signature["seal"]["ownerName"] = hostile
    one_signature["fieldName"] = hostile
    one_signature["id"] = hostile
    one_signature["reasons"][0]["message"] = hostile
    root = parsed(report)
    assert one(root, "//v:Signer/text()").startswith("</Signer><!--]]>&")
