"""What a diagnostic report shows of the evidence: facts and digests, no judgement.

Taken while judging, as the bytes are hostile and only the judge's process may parse them.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sealsvc.documents.values import SignatureReading, TimestampReading
from sealsvc.values import Declaration, Json, JsonObject
from sealsvc.verify.case import instant
from sealsvc.verify.certificates import UnreadableCertificateError, read_certificate
from sealsvc.verify.checks.material import MAX_ITEM_BYTES, list_facts, response_facts
from sealsvc.verify.evidence import Evidence, SignatureEvidence

# Items of each kind that are shown; what is beyond is counted.
MAX_SHOWN = 200


def diagnostic_of(evidence: Evidence, signatures: Sequence[SignatureEvidence]) -> JsonObject:
    """The facts of some evidence as JSON values. signatures: those that were judged."""
    readings = [one.reading for one in signatures]
    return {
        "document": _document(evidence),
        "signatures": [_signature(one) for one in signatures],
        "certificates": _certificates(evidence, readings),
        "revocationData": _revocation(evidence, readings),
    }


def _document(evidence: Evidence) -> JsonObject:
    reading, expected = evidence.reading, evidence.expectation
    return {
        "sizeBytes": reading.size_bytes,
        "pageCount": reading.page_count,
        "revisionCount": reading.revision_count,
        "signaturesFound": len(evidence.signatures),
        "earlierSignatures": list(reading.earlier_signatures),
        "problems": [{"code": item.code, "detail": item.detail} for item in reading.problems],
        "registryAsked": evidence.registry_asked,
        "expectation": {
            "role": _word(expected.role),
            "sellerUscc": expected.seller_uscc,
            "partyUsccs": list(expected.party_usccs),
            "sealType": _word(expected.seal_type),
        },
    }


def _signature(one: SignatureEvidence) -> JsonObject:
    reading, log, record = one.reading, one.log_proof, one.issued_by_us
    return {
        "id": reading.id,
        "subFilter": reading.sub_filter,
        "revision": reading.revision,
        "digest": str(reading.digest),
        "signature": str(reading.signature),
        "bindingDigest": reading.binding_digest,
        "docmdp": reading.docmdp,
        "docmdpKept": reading.docmdp_kept,
        "problems": [{"code": item.code, "detail": item.detail} for item in reading.problems],
        "signerCertificate": _digest(reading.signer_certificate_der),
        "certificates": _digests(reading.certificates_der),
        "crls": _digests(reading.crls_der),
        "ocsps": _digests(reading.ocsps_der),
        "timestamps": [_timestamp(item) for item in reading.timestamps],
        "logProof": None
        if log is None
        else {
            "factId": log.fact_id,
            "at": instant(log.at),
            "notBefore": _time(log.not_before_at),
            "index": log.index,
        },
        "issuedByUs": None
        if record is None
        else {
            "serial": record.serial_hex,
            "sealedFor": record.sealed_for,
            "revokedAt": _time(record.revoked_at),
        },
        "declaration": _declaration(one.declaration),
    }


def _timestamp(item: TimestampReading) -> JsonObject:
    return {
        "id": item.id,
        "kind": str(item.kind),
        "time": _time(item.made_at),
        "digest": str(item.digest),
        "signature": str(item.signature),
        "imprintAlgorithm": item.imprint_algorithm,
        "signerCertificate": _digest(item.signer_certificate_der),
        "problems": [{"code": one.code, "detail": one.detail} for one in item.problems],
    }


def _declaration(stated: Declaration | None) -> Json:
    return None if stated is None else stated.to_json()


def _holders(readings: Iterable[SignatureReading]) -> Iterator[SignatureReading | TimestampReading]:
    """The signatures, each followed by the time-stamps inside it."""
    for one in readings:
        yield one
        yield from one.timestamps


def _certificates(evidence: Evidence, readings: Iterable[SignatureReading]) -> list[Json]:
    embedded: list[bytes] = []
    for holder in _holders(readings):
        signer = holder.signer_certificate_der
        embedded += () if signer is None else (signer,)
        embedded += holder.certificates_der
    anchors = evidence.anchors_der + evidence.stamp_anchors_der
    sources = {"ANCHOR": anchors, "GATHERED": evidence.issuers_der}
    found = _once({**sources, "EMBEDDED": tuple(embedded)})
    return [_certificate(der, source) for der, source in found]


def _certificate(der: bytes, source: str) -> JsonObject:
    shape: JsonObject = {"sha256": _digest(der), "source": source, "sizeBytes": len(der)}
    try:
        facts = read_certificate(der)
    except UnreadableCertificateError:
        return {**shape, "readable": False}
    return {
        **shape,
        "readable": True,
        "subject": facts.subject,
        "issuer": facts.issuer,
        "serial": facts.serial_hex,
        "notBefore": instant(facts.not_before),
        "notAfter": instant(facts.not_after),
        "isCa": facts.is_ca,
        "key": f"{facts.key_family}-{facts.key_bits}",
        "signatureOid": facts.signature_oid,
        "keyUsage": None if facts.key_usage is None else list[Json](sorted(facts.key_usage)),
        "purposes": None if facts.purposes is None else list[Json](sorted(facts.purposes)),
        "issuerUrls": list(facts.issuer_urls),
        "crlUrls": list(facts.crl_urls),
    }


def _revocation(evidence: Evidence, readings: Sequence[SignatureReading]) -> list[Json]:
    crls = tuple(der for holder in _holders(readings) for der in holder.crls_der)
    ocsps = tuple(der for holder in _holders(readings) for der in holder.ocsps_der)
    lists = {"GATHERED": evidence.crls_der, "EMBEDDED": crls}
    answers = {"GATHERED": evidence.ocsps_der, "EMBEDDED": ocsps}
    shown: list[Json] = []
    for kind, sources, facts_of in (
        ("CRL", lists, list_facts),
        ("OCSP", answers, response_facts),
    ):
        for der, source in _once(sources):
            facts = None if len(der) > MAX_ITEM_BYTES else facts_of(der)
            issuer, issued, until = facts or (None, None, None)
            shown.append(
                {
                    "kind": kind,
                    "sha256": _digest(der),
                    "source": source,
                    "sizeBytes": len(der),
                    "readable": facts is not None,
                    "issuer": issuer,
                    "thisUpdate": _time(issued),
                    "nextUpdate": _time(until),
                }
            )
    return shown


def _once(sources: dict[str, tuple[bytes, ...]]) -> list[tuple[bytes, str]]:
    """Each item once with the first source that has it, bounded."""
    found: dict[bytes, str] = {}
    for source, ders in sources.items():
        for der in ders:
            found.setdefault(der, source)
    return list(found.items())[:MAX_SHOWN]


def _digest(der: bytes | None) -> str | None:
    return None if der is None else hashlib.sha256(der).hexdigest()


def _digests(ders: Iterable[bytes]) -> list[Json]:
    return [hashlib.sha256(der).hexdigest() for der in list(ders)[:MAX_SHOWN]]


def _time(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def _word(value: str | None) -> str | None:
    return None if value is None else str(value)
