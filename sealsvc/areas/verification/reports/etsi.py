"""A report as ETSI TS 119 102-2 signature validation report (namespace v1.2.1#).

Element order and cardinalities follow the published schema 1.2.2 as read in esig/dss; a table of
its content models in the tests checks them. No copy of the schema travels with the project, so
nothing was validated against the XSD itself. Not claimed: a signed report (`ds:Signature`,
`SignatureValidator`), `SignatureQuality`. `DigestAlgAndValue` of `SignatureIdentifier` is left
out: the standard wants the digest of the data to be signed there, the report holds that of the
signature value (our own element beside it).
Our axes, registry answers and findings stand in elements of `OWN`, where the schema leaves room.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lxml import etree

from sealsvc.areas.verification.reports.vocabulary import (
    digest_uri,
    main_indication,
    signature_method,
    sub_indication,
)
from sealsvc.verify.messages import CATALOGUE

VR = "http://uri.etsi.org/19102/v1.2.1#"
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
OWN = "urn:sealsvc:report:1"
_NAMES = {None: VR, "ds": DS, "xades": XADES, "own": OWN}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_OBJECT = "urn:etsi:019102:validationObject:"
_POE = "urn:etsi:019102:poetype:"
_PROCESS = "urn:etsi:019102:validationprocess:"
_PROCESSES = {"LONG_TERM_DATA": "LTVM", "ARCHIVAL_DATA": "LTA"}
_APPLIED = "urn:etsi:019102:constraintStatus:applied"
_ID, _TSA = "xmlId", "TSA"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_NAME = re.compile(r"[^A-Za-z0-9_.-]")

Node = Any  # lxml comes without types
Shape = Mapping[str, Any]


def report_xml(report: Shape, certificates: Mapping[str, bytes] | None = None) -> bytes:
    """The report as UTF-8 XML; the same report gives the same bytes.

    report: JSON of GET /v1/verifications/{id}. certificates: DER by hex SHA-256, shown whole
    where given, as digests where not. Source: ETSI TS 119 102-2 clauses 4.2 to 4.4.
    """
    signatures = _named(report["signatures"])
    root = etree.Element(_q(VR, "ValidationReport"), nsmap=_NAMES)
    seals = [one for one in signatures if not one.get("isTimestamp")]
    for one in seals:
        _signature_report(_add(root, "SignatureValidationReport"), report, one)
    if not seals:
        _empty_report(_add(root, "SignatureValidationReport"), report)
    objects = etree.Element(_q(VR, "SignatureValidationObjects"))
    _certificate_objects(objects, report, certificates or {})
    for one in signatures:
        _poe_objects(objects, report, one)
        if one.get("isTimestamp"):
            _timestamp_object(objects, report, one)
    if len(objects):
        root.append(objects)
    written = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return bytes(written)


def _named(signatures: Iterable[Shape]) -> list[Shape]:
    """Each signature with an xs:ID: a document may hold one signature value in two fields."""
    named: dict[str, Shape] = {}
    for number, one in enumerate(signatures, 1):
        name = "S-" + _NOT_NAME.sub("_", str(one["id"])).removeprefix("S-")
        name = f"{name}-{number}" if name in named else name
        named[name] = {**one, _ID: name}
    return list(named.values())


def _signature_report(node: Node, report: Shape, one: Shape) -> None:
    identifier = _add(node, "SignatureIdentifier")
    identifier.set("id", one[_ID])
    _add(identifier, "HashOnly", "false")
    detached = report["subject"]["kind"] == "detached"
    _add(identifier, "DocHashOnly", "true" if detached else "false")
    if one.get("signatureSha256"):
        value = etree.SubElement(identifier, _q(OWN, "SignatureValueDigest"))
        _digest_into(value, bytes.fromhex(one["signatureSha256"]))
    _constraints(node, report, one)
    times = _add(node, "ValidationTimeInfo")
    _add(times, "ValidationTime", report["validationTime"])
    _best_time(times, report, one)
    _signers_document(node, report)
    _attributes(node, one)
    _signer(node, one)
    process = _PROCESSES.get(report.get("validationLevel", ""), "Basic")
    _add(
        _add(node, "SignatureValidationProcess"), "SignatureValidationProcessID", _PROCESS + process
    )
    status = _status(node, "SignatureValidationStatus", one["indication"], one["subIndications"])
    _associated(status, one)
    _extension(node, one)


def _empty_report(node: Node, report: Shape) -> None:
    """An unsigned document: the schema demands one report, and this is how DSS says it."""
    times = _add(node, "ValidationTimeInfo")
    _add(times, "ValidationTime", report["validationTime"])
    _poe(_add(times, "BestSignatureTime"), report["validationTime"], "validation")
    _signers_document(node, report)
    findings = [item for item in report["findings"] if item["subject"] == "document"]
    status = _status(node, "SignatureValidationStatus", "NO_SIGNATURE_FOUND", ())
    if findings:
        _findings(_add(status, "AssociatedValidationReportData"), findings)


def _constraints(node: Node, report: Shape, one: Shape) -> None:
    """The policy, and each building block that ran as one applied constraint."""
    policy = report["policy"]
    evaluation = _add(node, "ValidationConstraintsEvaluationReport")
    used = _add(evaluation, "SignatureValidationPolicy")
    named = _add(_add(used, "SignaturePolicyIdentifier"), "SignaturePolicyId", ns=XADES)
    identifier = _add(named, "SigPolicyId", ns=XADES)
    _add(identifier, "Identifier", f"urn:sealsvc:policy:{policy['id']}:{policy['version']}", XADES)
    _digest_into(_add(named, "SigPolicyHash", ns=XADES), bytes.fromhex(policy["digest"]))
    _add(used, "PolicyName", policy["id"])
    for block, result in one.get("blocks", {}).items():
        if result == "NOT_CHECKED":
            continue
        constraint = _add(evaluation, "ValidationConstraint")
        _add(constraint, "ValidationConstraintIdentifier", f"urn:sealsvc:constraint:{block}")
        _add(_add(constraint, "ConstraintStatus"), "Status", _APPLIED)
        subs = () if result == "PASSED" else _subs_of(one, block)
        _status(constraint, "ValidationStatus", result, subs)


def _subs_of(one: Shape, block: str) -> Sequence[str]:
    """The signature's sub-indications that findings of this building block stand for."""
    rows = [CATALOGUE[item["key"]] for item in one["reasons"] if item["key"] in CATALOGUE]
    said = {str(row.sub_indication) for row in rows if str(row.block) == block}
    return [sub for sub in one["subIndications"] if sub in said]


def _best_time(times: Node, report: Shape, one: Shape) -> None:
    """The proven time, else the validation time (EN 319 102-1 clause 5.5.4 begins with it)."""
    node, best = _add(times, "BestSignatureTime"), one.get("bestSignatureTime")
    if not best:
        _poe(node, report["validationTime"], "validation")
        return
    sources = one.get("poeSources", ())
    _poe(node, best, "provided" if "LOG" in sources else "validation")
    if sources:
        _add(node, "POEObject").set("VOReference", " ".join(_proof_ids(one)))


def _signers_document(node: Node, report: Shape) -> None:
    digest = _add(_add(node, "SignersDocument"), "DigestAlgAndValue")
    _digest_into(digest, bytes.fromhex(report["subject"]["digest"]["hex"]))


def _attributes(node: Node, one: Shape) -> None:
    byte_range = [item for scope in one.get("scopes", ()) for item in scope.get("byteRange", ())]
    if not one.get("claimedSigningTime") and not byte_range:
        return
    attributes = _add(node, "SignatureAttributes")
    if one.get("claimedSigningTime"):
        _add(_add(attributes, "SigningTime"), "Time", one["claimedSigningTime"])
    if byte_range:
        _add(attributes, "ByteRange", " ".join(str(number) for number in byte_range))


def _signer(node: Node, one: Shape) -> None:
    chain = one.get("certificateChain") or ()
    if not chain:
        return
    signer = _add(node, "SignerInformation")
    _add(signer, "SignerCertificate").set("VOReference", _certificate_id(chain[0]))
    _add(signer, "Signer", chain[0]["subject"])


def _associated(status: Node, one: Shape) -> None:
    chain = one.get("certificateChain") or ()
    data = _add(status, "AssociatedValidationReportData")
    if chain:
        _chain(data, chain)
    if chain and chain[0].get("revokedAt"):
        revocation = _add(data, "RevocationStatusInformation")
        _reference(revocation, "ValidationObjectId", _certificate_id(chain[0]))
        _add(revocation, "RevocationTime", chain[0]["revokedAt"])
    algorithm = one.get("signatureAlgorithm") or {}
    method = signature_method(algorithm.get("oid"), algorithm.get("digest"))
    if method:
        refused = any(item["key"] in _WEAK for item in one["reasons"])
        crypto = _add(data, "CryptoInformation")
        _reference(crypto, "ValidationObjectId", one[_ID])
        _add(crypto, "Algorithm", method)
        _add(crypto, "SecureAlgorithm", "false" if refused else "true")
    _findings(data, one["reasons"])
    if not len(data):
        status.remove(data)


_WEAK = frozenset(
    code for code, row in CATALOGUE.items() if "CRYPTO_CONSTRAINTS" in str(row.sub_indication)
)


def _chain(data: Node, chain: Sequence[Shape]) -> None:
    anchored = bool(chain[-1].get("trusted"))
    if anchored:
        _reference(data, "TrustAnchor", _certificate_id(chain[-1]))
    node = _add(data, "CertificateChain")
    _reference(node, "SigningCertificate", _certificate_id(chain[0]))
    for item in chain[1 : len(chain) - anchored]:
        _reference(node, "IntermediateCertificate", _certificate_id(item))
    if anchored and len(chain) > 1:
        _reference(node, "TrustAnchor", _certificate_id(chain[-1]))


def _findings(data: Node, findings: Iterable[Shape]) -> None:
    rows = list(findings)
    if not rows:
        return
    additional = _add(data, "AdditionalValidationReportData")
    for item in rows:
        code = item.get("key") or item.get("code")
        typed = _add(additional, "ReportData")
        _add(typed, "Type", f"urn:sealsvc:finding:{code}")
        value = _add(typed, "Value")
        for lang, member in (("zh", "message"), ("en", "messageEn")):
            text = _add(value, "Message", item[member], OWN)
            text.set(_LANG, lang)
            text.set("severity", item["severity"])


def _extension(node: Node, one: Shape) -> None:
    """The axes and the registry's answer, which the standard has no words for."""
    own = etree.SubElement(node, _q(OWN, "SealReport"))
    for axis, result in one["axes"].items():
        _add(own, "Axis", result, OWN).set("name", axis)
    seal = one.get("seal")
    if seal:
        registered = _add(own, "Seal", ns=OWN)
        for name, value in seal.items():
            if isinstance(value, str | bool):
                text = str(value).lower() if isinstance(value, bool) else value
                _add(registered, name[0].upper() + name[1:], text, OWN)


def _certificate_objects(objects: Node, report: Shape, certificates: Mapping[str, bytes]) -> None:
    holders = [held for one in report["signatures"] for held in (one, *_stamps(one))]
    links = [item for held in holders for item in held.get("certificateChain") or ()]
    for item in {item["sha256"]: item for item in links}.values():
        node = _object(objects, _certificate_id(item), "certificate")
        representation = _add(node, "ValidationObjectRepresentation")
        der = certificates.get(item["sha256"])
        if der is None:
            digest = _add(representation, "DigestAlgAndValue")
            _digest_into(digest, bytes.fromhex(item["sha256"]))
        else:
            _add(representation, "base64", b64encode(der).decode())
        _poe(_add(node, "POE"), report["gatheredAt"], "validation")


def _poe_objects(objects: Node, report: Shape, one: Shape) -> None:
    """What proves when a signature existed: the log's record, a time-stamp."""
    stamps = _stamps(one)
    for item in stamps:
        _stamp_object(objects, one, item)
    for source in one.get("poeSources", ()) if one.get("bestSignatureTime") else ():
        if source == _TSA and any(item["holds"] for item in stamps):
            continue  # shown as itself
        node = _object(objects, _poe_id(one, source), "timestamp" if source == _TSA else "other")
        digest = one.get("signatureSha256") or ""
        uri = f"urn:sealsvc:poe:{source.lower()}:{digest}"
        _add(_add(node, "ValidationObjectRepresentation"), "URI", uri)
        provisioning = _add(node, "POEProvisioning")
        _add(provisioning, "POETime", one["bestSignatureTime"])
        reference = _add(provisioning, "SignatureReference")
        if one.get("fieldName") and report["subject"]["kind"] == "pdf":
            _add(reference, "PAdESFieldName", one["fieldName"])
        else:
            uri = digest_uri("sha256") or ""
            _add(reference, "DigestMethod", uri)
            _add(reference, "DigestValue", b64encode(bytes.fromhex(digest)).decode())


def _timestamp_object(objects: Node, report: Shape, one: Shape) -> None:
    """A document time-stamp: an object with a validation report of its own (clause 4.4.8)."""
    node = _object(objects, f"T-{one[_ID]}", "timestamp")
    representation = _add(node, "ValidationObjectRepresentation")
    if one.get("signatureSha256"):
        _add(representation, "URI", f"urn:sealsvc:poe:tsa:{one['signatureSha256']}")
    else:
        _add(representation, "URI", f"urn:sealsvc:poe:tsa:{one[_ID]}")
    inner = {**one, "indication": one["indication"].removeprefix("TOTAL_"), "timestamps": ()}
    _signature_report(_add(node, "ValidationReport"), report, inner)


def _object(objects: Node, name: str, kind: str) -> Node:
    node = _add(objects, "ValidationObject")
    node.set("id", name)
    _add(node, "ObjectType", _OBJECT + kind)
    return node


def _certificate_id(item: Shape) -> str:
    return f"C-{item['sha256']}"


def _stamps(one: Shape) -> Sequence[Shape]:
    return one.get("timestamps") or ()


def _proof_ids(one: Shape) -> list[str]:
    """Validation objects that prove the signature's time: stamps that hold, the log's record."""
    names: list[str] = []
    for source in one.get("poeSources", ()):
        held = [_stamp_id(one, item) for item in _stamps(one) if item["holds"]]
        names += held if source == _TSA and held else [_poe_id(one, source)]
    return names


def _stamp_id(one: Shape, item: Shape) -> str:
    return f"{one[_ID]}-{_NOT_NAME.sub('_', item['id'])}"


def _stamp_object(objects: Node, one: Shape, item: Shape) -> None:
    """A time-stamp inside a signature, with the result of its own validation."""
    node = _object(objects, _stamp_id(one, item), "timestamp")
    uri = f"urn:sealsvc:timestamp:{item['kind'].lower()}:{item['id']}"
    _add(_add(node, "ValidationObjectRepresentation"), "URI", uri)
    if item["holds"] and item["time"]:
        provisioning = _add(node, "POEProvisioning")
        _add(provisioning, "POETime", item["time"])
    inner = _add(node, "ValidationReport")
    result = item["indication"].removeprefix("TOTAL_")
    _status(inner, "SignatureValidationStatus", result, item["subIndications"])


def _poe_id(one: Shape, source: str) -> str:
    return f"P-{one[_ID]}-{_NOT_NAME.sub('_', source)}"


def _status(parent: Node, name: str, indication: str, subs: Iterable[str]) -> Node:
    status = _add(parent, name)
    _add(status, "MainIndication", main_indication(indication))
    for sub in subs:
        _add(status, "SubIndication", sub_indication(sub))
    return status


def _poe(node: Node, at: str, proof: str) -> None:
    _add(node, "POETime", at)
    _add(node, "TypeOfProof", _POE + proof)


def _reference(parent: Node, name: str, target: str) -> None:
    _add(parent, name).set("VOReference", target)


def _digest_into(node: Node, sha256: bytes) -> None:
    method = etree.SubElement(node, _q(DS, "DigestMethod"))
    method.set("Algorithm", digest_uri("sha256") or "")
    _add(node, "DigestValue", b64encode(sha256).decode(), DS)


def _add(parent: Node, name: str, text: str | None = None, ns: str = VR) -> Node:
    node = etree.SubElement(parent, _q(ns, name))
    if text is not None:
        # What XML cannot hold at all (C0 controls, lone surrogates) becomes U+FFFD.
        node.text = _NOT_XML.sub("\ufffd", text)
    return node


def _q(ns: str, name: str) -> str:
    return f"{{{ns}}}{name}"
