"""The report, its wire shape (api-conventions section 2.4, schema "1"), and its one sentence."""

from base64 import b64encode
from datetime import datetime
from math import isfinite
from typing import cast

from sealsvc.documents.values import Change, Coverage
from sealsvc.values import Json, JsonObject
from sealsvc.verify.case import instant
from sealsvc.verify.detail import detail_of
from sealsvc.verify.findings import Finding
from sealsvc.verify.indications import AxisResult, Indication, Summary
from sealsvc.verify.messages import Axis, Weight, change_words, object_words
from sealsvc.verify.verdict import Level, Report, SignatureReport, TimestampReport
from sealsvc.verify.views import CertificateView, SignatureView

__all__ = ["Level", "Report", "SignatureReport", "TimestampReport", "sentence", "to_dict"]

SCHEMA = "1"
MAX_INTEGER = 2**53 - 1

_NOT_CHECKED = (Weight.SKIPPED, Weight.OMITTED)
_COVERAGE = {
    Coverage.FILE: "FULL",
    Coverage.REVISION: "FULL",
    Coverage.PARTIAL: "PARTIAL",
    Coverage.UNKNOWN: "UNKNOWN",
}
_SENTENCES = {
    Summary.UNSIGNED: (
        "文件中没有任何电子签名或印章签名。",
        "The document carries no electronic signature or seal.",
    ),
    Summary.MODIFIED: (
        "文件在盖章后被改动，不可信。",
        "The document was changed after it was sealed; do not rely on it.",
    ),
    Summary.INVALID: (
        "文件的印章无效，不可信。",
        "The document's seal is invalid; do not rely on it.",
    ),
    Summary.TRUSTED: (
        "文件完整，印章由登记的所有者在有效状态下加盖，可信。",
        "The document is intact and was sealed with its owner's registered, active seal.",
    ),
    Summary.INTACT: (
        "文件自签名后未被改动，但签章者的身份或印章未能核实。",
        "The document is unchanged since it was signed, but who sealed it could not be confirmed.",
    ),
    Summary.INDETERMINATE: (
        "现有材料不足以得出结论，请查看具体原因。",
        "What is at hand does not allow a conclusion; see the reasons.",
    ),
}


def sentence(report: Report, lang: str = "zh") -> str:
    """The one sentence a page shows first. lang: `zh` or `en`."""
    zh, en = _SENTENCES[report.summary]
    return zh if lang == "zh" else en


def to_dict(report: Report, lang: str = "zh", level: str = Level.SIMPLE) -> JsonObject:
    """The report as JSON values; id, receipt and links are added by who keeps it.

    lang: of `message`; `messageEn` is always English. level: of `Level`; each shows all that the
    one before it shows. `validationLevel` is the deepest process of EN 319 102-1 that ran for any
    signature. The shape is `schema.REPORT_SCHEMA`.
    """
    shape = _simple(report, lang)
    if level != Level.SIMPLE:
        shape["level"] = str(level)
        shape["detail"] = detail_of(report.signatures, report.findings)
    if level == Level.DIAGNOSTIC:
        shape["diagnostic"] = report.diagnostic
    return cast(JsonObject, _clean(shape))


def _simple(report: Report, lang: str) -> JsonObject:
    passed = [one for one in report.signatures if one.indication is Indication.TOTAL_PASSED]
    proven = any(one.view.poe_sources for one in report.signatures)
    deepest = "ARCHIVAL_DATA" if report.looks_back else "LONG_TERM_DATA"
    sha256 = bytes.fromhex(report.document_sha256)
    return {
        "object": "verificationReport",
        "schema": SCHEMA,
        "summary": str(report.summary),
        "sentence": sentence(report, lang),
        "subject": {
            "kind": report.kind,
            "filename": report.filename,
            "digest": {
                "alg": "SHA-256",
                "value": b64encode(sha256).decode(),
                "hex": report.document_sha256,
            },
        },
        "indication": str(report.indication),
        "subIndications": [str(sub) for sub in report.sub_indications],
        "validationLevel": deepest if proven else "BASIC_SIGNATURES",
        "axes": _axes(report.axes),
        "signaturesCount": len(report.signatures),
        "validSignaturesCount": len(passed),
        "validationTime": instant(report.validation_time),
        "gatheredAt": instant(report.gathered_at),
        "policy": {
            "id": report.policy_id,
            "version": report.policy_version,
            "digest": report.policy_digest,
        },
        "engine": {"version": report.engine},
        "trust": {"digest": report.trust_digest},
        "inputs": {"document": report.document_sha256, "evidence": report.evidence_digest},
        "signatures": [_signature(one, lang) for one in report.signatures],
        "findings": [
            _finding(item, lang) for item in report.findings if item.weight not in _NOT_CHECKED
        ],
        "notChecked": [
            _omission(item, lang) for item in report.findings if item.weight in _NOT_CHECKED
        ],
    }


def _axes(axes: dict[Axis, AxisResult]) -> JsonObject:
    return {str(axis): str(result) for axis, result in axes.items()}


def _finding(item: Finding, lang: str) -> JsonObject:
    return {
        "code": item.code,
        "severity": str(item.severity),
        "subject": item.subject,
        "axis": str(item.axis),
        "block": str(item.block),
        "clause": item.clause,
        "message": item.message(lang),
        "messageEn": item.message("en"),
        "evidence": list(item.evidence),
    }


def _omission(item: Finding, lang: str) -> JsonObject:
    return {
        "code": item.code,
        "subject": item.subject,
        "axis": str(item.axis),
        "message": item.message(lang),
        "messageEn": item.message("en"),
    }


def _signature(one: SignatureReport, lang: str) -> JsonObject:
    view = one.view
    return {
        "id": view.id,
        "fieldName": view.field_name,
        "isTimestamp": view.is_timestamp,
        "signatureSha256": view.signature_sha256,
        "indication": str(one.indication),
        "subIndication": str(one.sub_indications[0]) if one.sub_indications else None,
        "subIndications": [str(sub) for sub in one.sub_indications],
        "axes": _axes(one.axes),
        "format": view.format,
        "claimedSigningTime": _time(view.claimed_at),
        "bestSignatureTime": _time(view.best_at),
        "poeSources": list(view.poe_sources),
        "signatureAlgorithm": {
            "oid": view.algorithm_oid,
            "name": view.algorithm_name,
            "digest": view.digest_algorithm,
        },
        "seal": _seal(view),
        "certificateChain": [_certificate(item) for item in view.chain],
        "scopes": [
            {
                "name": f"revision {view.revision}",
                "coverage": _COVERAGE[view.coverage],
                "toEndOfFile": view.coverage is Coverage.FILE,
                "byteRange": list(view.byte_range),
            }
        ],
        "timestamps": [_timestamp(item) for item in one.timestamps],
        "changesAfter": [_change(item, lang) for item in view.changes_after],
        "picture": _picture(view),
        "blocks": {str(block): str(result) for block, result in one.blocks.items()},
        "reasons": [
            _reason(item, lang) for item in one.findings if item.weight not in _NOT_CHECKED
        ],
    }


def _change(item: Change, lang: str) -> JsonObject:
    return {
        "class": str(item.change_class),
        "revision": item.revision,
        "detail": item.detail,
        "message": change_words(item.change_class, lang),
        "messageEn": change_words(item.change_class, "en"),
        "objects": [
            {
                "kind": str(one.kind),
                "page": one.page,
                "name": one.name,
                "message": object_words(one, lang),
                "messageEn": object_words(one, "en"),
            }
            for one in item.objects
        ],
    }


def _reason(item: Finding, lang: str) -> JsonObject:
    return {
        "key": item.code,
        "severity": str(item.severity),
        "message": item.message(lang),
        "messageEn": item.message("en"),
    }


def _timestamp(item: TimestampReport) -> JsonObject:
    verdict = item.verdict
    return {
        "id": verdict.view.id,
        "kind": str(item.kind),
        "time": _time(item.made_at),
        "holds": item.holds,
        "indication": str(verdict.indication),
        "subIndications": [str(sub) for sub in verdict.sub_indications],
        "certificateChain": [_certificate(link) for link in verdict.view.chain],
    }


def _seal(view: SignatureView) -> Json:
    """The registry's answer. statusThenKnown: what it said at signing time (CONTRACT section 2)."""
    seal = view.seal
    if seal is None:
        return None
    return {
        "sealId": seal.seal_id,
        "name": seal.name,
        "type": str(seal.seal_type),
        "ownerUscc": seal.owner_uscc,
        "ownerName": seal.owner_name,
        "ownerActive": seal.owner_active,
        "statusAtSigning": _word(seal.status_at_signing),
        "statusThenKnown": _word(seal.status_then_known),
        "statusNow": str(seal.status_now),
        "statusNowSince": instant(seal.status_now_since),
        "imprintMatch": view.imprint_match,
        "statusReceipt": seal.status_fact_id,
    }


def _certificate(item: CertificateView) -> JsonObject:
    return {
        "subject": item.subject,
        "issuer": item.issuer,
        "serial": item.serial,
        "sha256": item.sha256,
        "notBefore": instant(item.not_before),
        "notAfter": instant(item.not_after),
        "status": str(item.status),
        "statusSource": _word(item.status_source),
        "revokedAt": _time(item.revoked_at),
        "trusted": item.trusted,
    }


def _picture(view: SignatureView) -> Json:
    shown = view.picture
    if shown is None:
        return None
    measures = {
        "xMm": shown.x_mm,
        "yMm": shown.y_mm,
        "widthMm": shown.width_mm,
        "heightMm": shown.height_mm,
    }
    # JSON numbers, though `Json` (made for facts, which hold none) has no fractions.
    rounded = {key: round(value, 2) for key, value in measures.items()}
    return cast(Json, {"page": shown.page, **rounded})


def _time(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def _clean(shape: Json) -> Json:
    """As every JSON reader can take it: whole characters, and integers that a double can hold.

    Names and numbers of hostile documents are neither (RFC 8259 section 8.2, RFC 8785 appendix D).
    """
    if isinstance(shape, dict):
        return {key: _clean(value) for key, value in shape.items()}
    if isinstance(shape, list):
        return [_clean(value) for value in shape]
    if isinstance(shape, str):
        return shape.encode("utf-8", "replace").decode()
    if isinstance(shape, float) and not isfinite(shape):
        return None
    if isinstance(shape, int) and abs(shape) > MAX_INTEGER:
        return MAX_INTEGER if shape > 0 else -MAX_INTEGER
    return shape


def _word(value: str | None) -> str | None:
    return None if value is None else str(value)
