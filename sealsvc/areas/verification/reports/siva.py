"""Reports in the shape of open-eid/SiVa, so that its clients work with this service.

Source: api-conventions section 2.1. Indications are spelled with hyphens. SiVa has no words for
the register or for business meaning, so a signature that is sound by EN 319 102-1 but that our
summary condemns is never TOTAL-PASSED here: its clients look at nothing else.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sealsvc.areas.verification.reports.vocabulary import signature_method
from sealsvc.values import JsonObject
from sealsvc.verify.messages import CATALOGUE, Weight

PASSED, FAILED, UNSURE = "TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"
_DESCRIPTION = (
    "Validation policy of this service, version {version}, SHA-256 {digest}. Judged by ETSI EN "
    "319 102-1, by the register of seals and by the document's business meaning."
)
_CONDEMNED = frozenset({"MODIFIED", "INVALID", "INDETERMINATE"})
_FORMS = {"pdf": "PAdES", "detached": "CAdES"}
_SCOPES = {"FULL": "Full document", "PARTIAL": "Part of the document", "UNKNOWN": "Not determined"}
_EFFECTIVE = frozenset({Weight.FAILS, Weight.DOUBT})


class ReportType(StrEnum):
    """How much is wanted (api-conventions section 2.1)."""

    SIMPLE = "Simple"
    DETAILED = "Detailed"
    DIAGNOSTIC = "Diagnostic"


@dataclass(frozen=True)
class CertificateText:
    """A certificate and what its subject says; empty where it says nothing."""

    der: bytes
    common_name: str = ""
    serial_number: str = ""
    given_name: str = ""
    surname: str = ""


@dataclass(frozen=True)
class HashedFile:
    """A document known by its digest only. hash_algo: SiVa's spelling (`SHA256`)."""

    filename: str
    hash_algo: str
    value: bytes


@dataclass(frozen=True)
class Examined:
    """A report and what SiVa shows beside it. certificates: by hex SHA-256 of the DER.

    signed: of a detached signature, the digest it is about; cades: whether that is a CAdES one.
    """

    report: Mapping[str, Any]
    certificates: Mapping[str, CertificateText] = field(default_factory=dict)
    signed: HashedFile | None = None
    cades: bool = True


def siva_report(
    examined: Sequence[Examined], kind: ReportType, warnings: Sequence[str] = ()
) -> JsonObject:
    """`{"validationReport": …}` over one document, or over several signature files.

    warnings: about the request as a whole; they change no result.
    """
    first = examined[0].report
    signatures = [_signature(item, one) for item in examined for one in _seals(item)]
    stamps = [_timestamp(item, one) for item in examined for one in _stamps(item)]
    conclusion: JsonObject = {
        "policy": _policy(first),
        "validationTime": _instant(first["validationTime"]),
        "signaturesCount": len(signatures),
        "validSignaturesCount": sum(one["indication"] == PASSED for one in signatures),
        "validationLevel": first["validationLevel"],
        "signatures": [*signatures],
    }
    form = _FORMS.get(first["subject"]["kind"])
    if form is not None:
        conclusion["signatureForm"] = form
    if first["subject"]["kind"] != "detached":
        conclusion["validatedDocument"] = _document(first)
    if stamps:
        conclusion["timeStampTokens"] = [*stamps]
    said = [*warnings, *(text for item in examined for text in _document_warnings(item))]
    if said:
        conclusion["validationWarnings"] = _contents(said)
    return {"validationReport": {"validationConclusion": conclusion, **_more(examined, kind)}}


def _seals(item: Examined) -> list[Mapping[str, Any]]:
    return [one for one in item.report["signatures"] if not one.get("isTimestamp")]


def _stamps(item: Examined) -> list[Mapping[str, Any]]:
    return [one for one in item.report["signatures"] if one.get("isTimestamp")]


def _policy(report: Mapping[str, Any]) -> JsonObject:
    policy = report["policy"]
    return {
        "policyName": policy["id"],
        "policyDescription": _DESCRIPTION.format(**policy),
        "policyUrl": f"urn:sealsvc:policy:{policy['id']}:{policy['version']}",
    }


def _document(report: Mapping[str, Any]) -> JsonObject:
    subject = report["subject"]
    return {
        "filename": subject.get("filename") or "",
        "fileHash": subject["digest"]["value"],
        "hashAlgo": "SHA256",
    }


def _document_warnings(item: Examined) -> list[str]:
    return [
        one["messageEn"]
        for one in item.report["findings"]
        if one["subject"] == "document" and one["severity"] != "INFO"
    ]


def _more(examined: Sequence[Examined], kind: ReportType) -> JsonObject:
    """The members that Detailed and Diagnostic add; inside they are ours, not DSS's."""
    if kind is ReportType.SIMPLE:
        return {}
    if kind is ReportType.DIAGNOSTIC:
        return {"diagnosticData": {"reports": [dict(item.report) for item in examined]}}
    return {
        "validationProcess": {
            "details": [item.report["detail"] for item in examined if "detail" in item.report],
            "signatures": [
                {
                    "id": one["id"],
                    "indication": _spelled(one["indication"]),
                    "subIndications": list(one["subIndications"]),
                    "basicBuildingBlocks": dict(one.get("blocks", {})),
                    "axes": dict(one["axes"]),
                    "reasons": [dict(reason) for reason in one["reasons"]],
                }
                for item in examined
                for one in item.report["signatures"]
            ],
        }
    }


def _signature(item: Examined, one: Mapping[str, Any]) -> dict[str, Any]:
    indication, sub, extra = _verdict(item, one)
    errors, warnings = _told(one, passed=indication == PASSED)
    signer = _signer(item, one)
    algorithm = one["signatureAlgorithm"]
    shape: dict[str, Any] = {
        "id": one["id"],
        "indication": indication,
        "signatureFormat": _format(item, one),
        "signatureMethod": signature_method(algorithm["oid"], algorithm["digest"]),
        "signatureLevel": _level(one, indication),
        "signedBy": _signed_by(one, signer),
        "claimedSigningTime": _instant(one["claimedSigningTime"]),
        "info": _info(one),
        "signatureScopes": _scopes(item, one),
        "errors": _contents([*extra, *errors]),
        "warnings": _contents(warnings),
        "certificates": [*_certificates(item, one, "SIGNING"), *_stampers(item, one)],
    }
    if sub is not None:
        shape["subIndication"] = sub
    if signer is not None:
        shape["subjectDistinguishedName"] = _subject(signer)
    return shape


def _verdict(item: Examined, one: Mapping[str, Any]) -> tuple[str, str | None, list[str]]:
    """Indication, sub-indication and further errors, not better than our own summary.

    A fault in the register's or the business axis breaks the policy: INDETERMINATE with
    SIG_CONSTRAINTS_FAILURE. The same holds when only the document as a whole is at fault.
    """
    own = _spelled(one["indication"])
    if own != PASSED:
        return own, one["subIndication"], []
    if "FAILED" in (one["axes"]["sealAuthority"], one["axes"]["semantics"]):
        return UNSURE, "SIG_CONSTRAINTS_FAILURE", []
    summary, others = item.report["summary"], _seals(item)
    if summary in _CONDEMNED and all(_is_sound(other) for other in others):
        modified = summary == "MODIFIED"
        sub = "FORMAT_FAILURE" if modified else "SIG_CONSTRAINTS_FAILURE"
        return (FAILED if modified else UNSURE), sub, [item.report["sentenceEn"]]
    return PASSED, None, []


def _is_sound(one: Mapping[str, Any]) -> bool:
    business = (one["axes"]["sealAuthority"], one["axes"]["semantics"])
    return one["indication"] == "TOTAL_PASSED" and "FAILED" not in business


def _told(one: Mapping[str, Any], *, passed: bool) -> tuple[list[str], list[str]]:
    """Errors and warnings. What did not change the result is a warning, as with SiVa."""
    errors, warnings = [], []
    for reason in one["reasons"]:
        entry = CATALOGUE.get(reason["key"])
        effective = reason["severity"] == "ERROR" or (entry and entry.weight in _EFFECTIVE)
        if effective and not passed:
            errors.append(reason["messageEn"])
        elif reason["severity"] != "INFO":
            warnings.append(reason["messageEn"])
    return errors, warnings


def _format(item: Examined, one: Mapping[str, Any]) -> str:
    """Format and baseline level. T is the highest that a report can tell."""
    level = "T" if _stamped_at(one) else "B"
    if item.report["subject"]["kind"] == "detached":
        return f"CAdES_BASELINE_{level}" if item.cades else "CMS_NOT_ETSI"
    if one["format"] == "PAdES":
        return f"PAdES_BASELINE_{level}"
    return f"PKCS7_{level}" if one["format"] == "PKCS7" else str(one["format"])


def _level(one: Mapping[str, Any], indication: str) -> str:
    """The legal level; ours is never qualified, as we are in nobody's trusted list."""
    level = "ADES" if one["seal"] is None else "ADESEAL"
    return {PASSED: level, UNSURE: f"INDETERMINATE_{level}"}.get(indication, "NOT_ADES")


def _stamped_at(one: Mapping[str, Any]) -> str | None:
    """The earliest time that a time-stamp over the signature proves."""
    held = [
        item["time"]
        for item in one.get("timestamps") or ()
        if item["holds"] and item["kind"] == "SIGNATURE" and item["time"]
    ]
    if held:
        return str(min(held))
    return one["bestSignatureTime"] if "TSA" in one["poeSources"] else None


def _info(one: Mapping[str, Any]) -> JsonObject:
    info: JsonObject = {"bestSignatureTime": _instant(one["bestSignatureTime"])}
    stamped = _stamped_at(one)
    if stamped is not None:
        info["timestampCreationTime"] = _instant(stamped)
    return info


def _scopes(item: Examined, one: Mapping[str, Any]) -> list[JsonObject]:
    signed = item.signed
    if signed is not None:
        return [
            {
                "name": signed.filename,
                "scope": "FULL",
                "content": "Full document",
                "hashAlgo": signed.hash_algo,
                "hash": b64encode(signed.value).decode(),
            }
        ]
    return [
        {
            "name": scope["name"],
            "scope": scope["coverage"],
            "content": _SCOPES.get(scope["coverage"], ""),
        }
        for scope in one["scopes"]
        if item.report["subject"]["kind"] != "detached"
    ]


def _timestamp(item: Examined, one: Mapping[str, Any]) -> dict[str, Any]:
    """A document time-stamp. `error` and `warning` are the old spellings, kept beside the new."""
    indication = _spelled(one["indication"])
    errors, warnings = _told(one, passed=indication == PASSED)
    shape: dict[str, Any] = {
        "indication": indication,
        "signedBy": _signed_by(one, _signer(item, one)),
        "signedTime": _instant(one["claimedSigningTime"]),
        "timestampLevel": "TSA",
        "certificates": _certificates(item, one, "CONTENT_TIMESTAMP"),
        "errors": _contents(errors),
        "warnings": _contents(warnings),
        "error": _contents(errors),
        "warning": _contents(warnings),
        "timestampScopes": _scopes(item, one),
    }
    if one["subIndication"] is not None:
        shape["subIndication"] = one["subIndication"]
    return shape


def _signer(item: Examined, one: Mapping[str, Any]) -> CertificateText | None:
    chain = one["certificateChain"]
    return item.certificates.get(chain[0]["sha256"]) if chain else None


def _signed_by(one: Mapping[str, Any], signer: CertificateText | None) -> str:
    if signer is not None:
        person = (signer.surname, signer.given_name, signer.serial_number)
        if all(person):
            return ", ".join(person)
        if signer.common_name:
            return signer.common_name
    chain = one["certificateChain"]
    return str(chain[0]["subject"]) if chain else ""


def _subject(signer: CertificateText) -> JsonObject:
    members: JsonObject = {
        "serialNumber": signer.serial_number,
        "commonName": signer.common_name,
        "givenName": signer.given_name,
        "surname": signer.surname,
    }
    return {name: value for name, value in members.items() if value}


def _certificates(item: Examined, one: Mapping[str, Any], kind: str) -> list[JsonObject]:
    """The signer's certificate, its issuers one inside the other up to the trust anchor."""
    issuer: JsonObject | None = None
    for link in reversed(one["certificateChain"]):
        found = item.certificates.get(link["sha256"])
        if found is None:
            issuer = None
            continue
        name = found.common_name or str(link["subject"])
        here: JsonObject = {"commonName": name, "content": b64encode(found.der).decode()}
        if issuer is not None:
            here["issuer"] = issuer
        issuer = here
    if issuer is None or _signer(item, one) is None:
        return []
    return [{"type": kind, **issuer}]


def _stampers(item: Examined, one: Mapping[str, Any]) -> list[JsonObject]:
    """The certificates of the time-stamps inside a signature."""
    return [
        found
        for stamp in one.get("timestamps") or ()
        for found in _certificates(item, stamp, f"{stamp['kind']}_TIMESTAMP")
    ]


def _contents(texts: Sequence[str]) -> list[Any]:
    return [{"content": text} for text in dict.fromkeys(texts)]


def _spelled(indication: str) -> str:
    return indication.replace("_", "-")


def _instant(at: str | None) -> str:
    """Whole seconds, as SiVa writes them; empty where there is no time."""
    return "" if not at else f"{at[:19]}Z"
