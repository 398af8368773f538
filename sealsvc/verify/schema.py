"""The shape of a report, as JSON Schema (draft 2020-12).

Members may be added without a new `schema` number; readers ignore those they do not know.
"""

from sealsvc.documents.values import ChangeClass, ChangedKind, TimestampKind
from sealsvc.values import Json, JsonObject
from sealsvc.verify.case import Status, StatusSource
from sealsvc.verify.indications import (
    AxisResult,
    Block,
    Indication,
    Severity,
    SubIndication,
    Summary,
)
from sealsvc.verify.messages import Axis
from sealsvc.verify.verdict import Level

TEXT: JsonObject = {"type": "string"}
COUNT: JsonObject = {"type": "integer"}
FLAG: JsonObject = {"type": "boolean"}
TIME: JsonObject = {"type": "string", "format": "date-time"}
SHA256: JsonObject = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def _one_of(*values: str) -> JsonObject:
    return {"type": "string", "enum": [str(value) for value in values]}


def _list(items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items}


def _maybe(shape: JsonObject) -> JsonObject:
    return {"anyOf": [shape, {"type": "null"}]}


def _object(optional: tuple[str, ...] = (), /, **members: Json) -> JsonObject:
    """An object; all members are required but those named optional."""
    required: list[Json] = [name for name in members if name not in optional]
    return {"type": "object", "properties": dict(members), "required": required}


_RESULT = _one_of(*AxisResult)
_AXES = _object(**{str(axis): _RESULT for axis in Axis})
_SUBS = _list(_one_of(*SubIndication))

_CERTIFICATE = _object(
    subject=TEXT,
    issuer=TEXT,
    serial=TEXT,
    sha256=SHA256,
    notBefore=TIME,
    notAfter=TIME,
    status=_one_of(*Status),
    statusSource=_maybe(_one_of(*StatusSource)),
    revokedAt=_maybe(TIME),
    trusted=FLAG,
)

_TIMESTAMP = _object(
    id=TEXT,
    kind=_one_of(*TimestampKind),
    time=_maybe(TIME),
    holds=FLAG,
    indication=_one_of(*Indication),
    subIndications=_SUBS,
    certificateChain=_list(_CERTIFICATE),
)

_SIGNATURE = _object(
    id=TEXT,
    fieldName=TEXT,
    isTimestamp=FLAG,
    signatureSha256=_maybe(SHA256),
    indication=_one_of(*Indication),
    subIndication=_maybe(_one_of(*SubIndication)),
    subIndications=_SUBS,
    axes=_AXES,
    format=TEXT,
    claimedSigningTime=_maybe(TIME),
    bestSignatureTime=_maybe(TIME),
    poeSources=_list(_one_of("TSA", "LOG")),
    signatureAlgorithm=_object(oid=_maybe(TEXT), name=_maybe(TEXT), digest=_maybe(TEXT)),
    seal=_maybe({"type": "object"}),
    certificateChain=_list(_CERTIFICATE),
    scopes=_list(_object(name=TEXT, coverage=TEXT, toEndOfFile=FLAG, byteRange=_list(COUNT))),
    timestamps=_list(_TIMESTAMP),
    changesAfter=_list(
        _object(
            ("objects",),
            **{"class": _one_of(*ChangeClass)},
            revision=_maybe(COUNT),
            detail=TEXT,
            message=TEXT,
            messageEn=TEXT,
            objects=_list(
                _object(
                    kind=_one_of(*ChangedKind),
                    page=_maybe(COUNT),
                    name=_maybe(TEXT),
                    message=TEXT,
                    messageEn=TEXT,
                )
            ),
        )
    ),
    picture=_maybe({"type": "object"}),
    blocks={"type": "object", "additionalProperties": _RESULT},
    reasons=_list(_object(key=TEXT, severity=_one_of(*Severity), message=TEXT, messageEn=TEXT)),
)

_FINDING = _object(
    code=TEXT,
    severity=_one_of(*Severity),
    subject=TEXT,
    axis=_one_of(*Axis),
    block=_one_of(*Block),
    clause=TEXT,
    message=TEXT,
    messageEn=TEXT,
    evidence=_list(TEXT),
)

_CONSTRAINT = _object(name=TEXT, clause=TEXT, result=_RESULT, keys=_list(TEXT))
_BLOCK = _object(block=_one_of(*Block), result=_RESULT, constraints=_list(_CONSTRAINT))
_DETAIL = _object(
    document=_list(_CONSTRAINT),
    signatures=_list(
        _object(
            id=TEXT,
            indication=_one_of(*Indication),
            bestSignatureTime=_maybe(TIME),
            controlTime=_maybe(TIME),
            proofsOfExistence=_list(_object(time=TIME, source=_one_of("TSA", "LOG"), by=TEXT)),
            blocks=_list(_BLOCK),
            timestamps=_list(
                _object(
                    id=TEXT,
                    kind=_one_of(*TimestampKind),
                    time=_maybe(TIME),
                    holds=FLAG,
                    indication=_one_of(*Indication),
                    blocks=_list(_BLOCK),
                )
            ),
        )
    ),
)

_DIAGNOSTIC = _object(
    document={"type": "object"},
    signatures=_list({"type": "object"}),
    certificates=_list(_object(("subject",), sha256=SHA256, source=TEXT, subject=TEXT)),
    revocationData=_list(
        _object(
            kind=_one_of("CRL", "OCSP"),
            sha256=SHA256,
            source=TEXT,
            sizeBytes=COUNT,
            readable=FLAG,
            issuer=_maybe(TEXT),
            thisUpdate=_maybe(TIME),
            nextUpdate=_maybe(TIME),
        )
    ),
)

REPORT_SCHEMA: JsonObject = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Verification report",
    **_object(
        ("level", "detail", "diagnostic"),
        object=_one_of("verificationReport"),
        schema=_one_of("1"),
        summary=_one_of(*Summary),
        sentence=TEXT,
        subject=_object(
            kind=TEXT,
            filename=_maybe(TEXT),
            digest=_object(alg=TEXT, value=TEXT, hex=SHA256),
        ),
        indication=_one_of(*Indication),
        subIndications=_SUBS,
        validationLevel=_one_of("BASIC_SIGNATURES", "LONG_TERM_DATA", "ARCHIVAL_DATA"),
        axes=_AXES,
        signaturesCount=COUNT,
        validSignaturesCount=COUNT,
        validationTime=TIME,
        gatheredAt=TIME,
        policy=_object(id=TEXT, version=TEXT, digest=SHA256),
        engine=_object(version=TEXT),
        trust=_object(digest=SHA256),
        inputs=_object(document=SHA256, evidence=SHA256),
        signatures=_list(_SIGNATURE),
        findings=_list(_FINDING),
        notChecked=_list(
            _object(code=TEXT, subject=TEXT, axis=_one_of(*Axis), message=TEXT, messageEn=TEXT)
        ),
        level=_one_of(*Level),
        detail=_DETAIL,
        diagnostic=_DIAGNOSTIC,
    ),
}
