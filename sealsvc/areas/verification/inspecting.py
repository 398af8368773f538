"""What is inside a document, certificate, revocation list or receipt; no verdict on any of it."""

from hashlib import sha256
from typing import Any

from asn1crypto import crl, pem, x509

from sealsvc.documents import UnsupportedFormat, detect
from sealsvc.documents.values import DocumentReading, SignatureReading
from sealsvc.errors import BadInput
from sealsvc.tlog import TlogError
from sealsvc.tlog.leaf import parse_leaf
from sealsvc.tlog.proof import parse_opening, parse_tlog_proof
from sealsvc.verify.messages import object_words


class NothingToInspect(BadInput):
    """The bytes are of no kind that can be shown."""

    code = "NOTHING_TO_INSPECT"


def inspect(data: bytes) -> dict[str, Any]:
    """The content as JSON values; bytes are shown as SHA-256 and length.

    Raises: NothingToInspect, DocumentEncrypted, DocumentUnreadable.
    """
    about = {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
    if data.startswith(b"c2sp.org/tlog-proof"):
        return {"kind": "receipt", **about, **_receipt(data)}
    try:
        document_format = detect(data)
    except UnsupportedFormat:
        return {**about, **_pki(data)}
    reading = document_format.read(data)
    return {"kind": document_format.name, **about, **_document(reading)}


def _document(reading: DocumentReading) -> dict[str, Any]:
    return {
        "pages": reading.page_count,
        "revisions": reading.revision_count,
        "problems": [f"{one.code} {one.detail}".strip() for one in reading.problems],
        "removedSignatures": list(reading.earlier_signatures),
        "signatures": [_signature(one) for one in reading.signatures],
    }


def _signature(one: SignatureReading) -> dict[str, Any]:
    der = one.signer_certificate_der
    return {
        "id": one.id,
        "field": one.field_name,
        "subFilter": one.sub_filter,
        "revision": one.revision,
        "byteRange": list(one.byte_range),
        "coverage": str(one.coverage),
        "digest": f"{one.digest_algorithm} {one.digest}",
        "signature": f"{one.signature_algorithm} {one.signature}",
        "claimedAt": None if one.claimed_at is None else one.claimed_at.isoformat(),
        "docMdp": one.docmdp,
        "changesAfter": [
            f"{change.change_class}: {change.detail}"
            + "".join(f"; {object_words(item, 'en')}" for item in change.objects)
            for change in one.changes_after
        ],
        "picture": None if one.picture is None else one.picture.rgba_sha256,
        "signer": None if der is None else _certificate(der),
        "problems": [f"{problem.code} {problem.detail}".strip() for problem in one.problems],
    }


def _pki(data: bytes) -> dict[str, Any]:
    if pem.detect(data):
        try:
            _, _, data = pem.unarmor(data)
        except ValueError as error:
            raise NothingToInspect() from error
    for show in (_certificate, _crl):
        try:
            return show(data)
        except (ValueError, TypeError):
            continue
    raise NothingToInspect()


def _certificate(der: bytes) -> dict[str, Any]:
    certificate = x509.Certificate.load(der, strict=True)
    return {
        "kind": "certificate",
        "subject": certificate.subject.human_friendly,
        "issuer": certificate.issuer.human_friendly,
        "serial": f"{certificate.serial_number:x}",
        "notBefore": certificate.not_valid_before.isoformat(),
        "notAfter": certificate.not_valid_after.isoformat(),
        "signatureAlgorithm": certificate["signature_algorithm"]["algorithm"].native,
        "ca": bool(certificate.ca),
    }


def _crl(der: bytes) -> dict[str, Any]:
    listed = crl.CertificateList.load(der, strict=True)["tbs_cert_list"]
    return {
        "kind": "crl",
        "issuer": listed["issuer"].human_friendly,
        "thisUpdate": listed["this_update"].native.isoformat(),
        "nextUpdate": listed["next_update"].native.isoformat(),
        "entries": len(listed["revoked_certificates"]),
    }


def _receipt(data: bytes) -> dict[str, Any]:
    try:
        proof = parse_tlog_proof(data)
        shown: dict[str, Any] = {
            "index": proof.index,
            "checkpoint": proof.checkpoint.decode("utf-8", "replace"),
        }
        if proof.extra is not None:
            opening = parse_opening(proof.extra)
            leaf = parse_leaf(opening.entry)
            shown |= {"type": leaf.type, "id": leaf.id, "at": leaf.at.isoformat()}
            shown["public"] = leaf.public
            payload = getattr(opening, "payload", None)
            shown["payload"] = None if payload is None else payload.decode()
    except TlogError as error:
        raise NothingToInspect(reason=error.code) from error
    return shown
