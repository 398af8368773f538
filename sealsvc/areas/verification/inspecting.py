"""What is inside a document, seal, certificate, revocation list or receipt; no verdict on any."""

from hashlib import sha256
from itertools import islice
from typing import Any

from asn1crypto import crl, pem, x509

from sealsvc.documents import UnsupportedFormat, detect
from sealsvc.documents.values import DocumentReading, SignatureReading, StampBox
from sealsvc.errors import BadInput
from sealsvc.formats import ObjectKind, SealFormatInvalid
from sealsvc.formats import detect as detect_object
from sealsvc.formats.describe import describe
from sealsvc.formats.values import ESealReading
from sealsvc.tlog import TlogError
from sealsvc.tlog.leaf import parse_leaf
from sealsvc.tlog.proof import parse_opening, parse_tlog_proof
from sealsvc.verify.messages import object_words

MAX_CERTIFICATES = 100
_KINDS = {
    ObjectKind.SEAL: "seal",
    ObjectKind.SIGNATURE: "seal-signature",
    ObjectKind.SIGNED_DATA: "signed-data",
    ObjectKind.BARE_VALUE: "bare-value",
}


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
        return {**about, **_other(data)}
    try:
        reading = document_format.read(data)
    except UnsupportedFormat as error:  # a ZIP, but no OFD
        raise NothingToInspect() from error
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
        # What only a PDF has is not shown of others.
        **({"byteRange": list(one.byte_range), "docMdp": one.docmdp} if one.byte_range else {}),
        "coverage": str(one.coverage),
        "digest": f"{one.digest_algorithm} {one.digest}",
        "signature": f"{one.signature_algorithm} {one.signature}",
        "claimedAt": None if one.claimed_at is None else one.claimed_at.isoformat(),
        "changesAfter": [
            f"{change.change_class}: {change.detail}"
            + "".join(f"; {object_words(item, 'en')}" for item in change.objects)
            for change in one.changes_after
        ],
        "picture": None if one.picture is None else one.picture.rgba_sha256,
        "signer": None if der is None else _certificate_or_why(der),
        **({} if one.eseal is None else {"seal": _eseal(one.eseal)}),
        **({"stamps": [_stamp(stamp) for stamp in one.stamps]} if one.stamps else {}),
        "problems": [f"{problem.code} {problem.detail}".strip() for problem in one.problems],
    }


def _eseal(one: ESealReading) -> dict[str, Any]:
    """The electronic seal that a national signature carries."""
    maker = one.maker_certificate_der
    times = {"createdAt": one.created_at, "validFrom": one.valid_from, "validTo": one.valid_to}
    return {
        "version": str(one.version),
        "sha256": one.der_sha256,
        "sealId": one.seal_id,
        "name": one.name,
        "vendorId": one.vendor_id,
        **{name: None if at is None else at.isoformat() for name, at in times.items()},
        "picture": f"{one.picture_type}, {one.width_mm} x {one.height_mm} mm, "
        f"{len(one.picture)} bytes",
        "signerListed": one.signer_listed,
        "makerSignature": f"{one.maker_algorithm_oid} {one.maker_signature}",
        "maker": None if maker is None else _certificate_or_why(maker),
        "problems": [f"{problem.code} {problem.detail}".strip() for problem in one.problems],
    }


def _stamp(one: StampBox) -> dict[str, Any]:
    place = {"page": one.page, "mm": [one.x_mm, one.y_mm, one.width_mm, one.height_mm]}
    return place if one.clip is None else {**place, "clipMm": list(one.clip)}


def _national(data: bytes) -> dict[str, Any]:
    """A bare seal, seal signature or GB/T 35275 SignedData. Raises: SealFormatInvalid."""
    kind = detect_object(data)
    return {**_camel(describe(data)), "kind": _KINDS[kind]}


def _other(data: bytes) -> dict[str, Any]:
    """What is no document. Certificates and lists begin much like seals, so both are tried."""
    try:
        return _national(data)
    except SealFormatInvalid as error:
        try:
            return _pki(data)
        except NothingToInspect:
            raise NothingToInspect(reason=error.code) from error


def _camel(value: Any) -> Any:
    """Member names as everywhere else in what this command prints."""
    if isinstance(value, dict):
        return {_camel_name(name): _camel(item) for name, item in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value


def _camel_name(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _pki(data: bytes) -> dict[str, Any]:
    ders = [data]
    if pem.detect(data):
        try:
            ders = [der for _, _, der in islice(pem.unarmor(data, multiple=True), MAX_CERTIFICATES)]
        except ValueError as error:
            raise NothingToInspect() from error
    shown = [_one_of_pki(der) for der in ders]
    return shown[0] if len(shown) == 1 else {"kind": "bundle", "objects": shown}


def _one_of_pki(der: bytes) -> dict[str, Any]:
    for show in (_certificate, _crl):
        try:
            return show(der)
        except (ValueError, TypeError, KeyError):
            continue
    raise NothingToInspect()


def _certificate_or_why(der: bytes) -> dict[str, Any]:
    """A certificate inside a foreign document, which may be anything."""
    try:
        return _certificate(der)
    except Exception as error:  # hostile DER makes asn1crypto raise nearly anything
        return {"kind": "certificate", "sha256": sha256(der).hexdigest(), "unreadable": str(error)}


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
