"""Putting a seal on an OFD: one more signature in continued-signing mode, SM3 over every part.

Protected parts are copied as they lie; only the signature list and, for a first signature, OFD.xml
change. The private key stays with the caller, who signs `PreparedSealing.tbs`.
Source: ofd.md sections 3 to 6 and 9; seal-formats.md sections 5, 6 and the end of 10.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ca.sm2 import sm3
from sealsvc.documents.ofd import packing
from sealsvc.documents.ofd.archive import open_archive
from sealsvc.documents.ofd.errors import (
    SIGNATURE_UNLISTED,
    UNPROTECTED_CONTENT,
    XML_INVALID,
    package_invalid,
)
from sealsvc.documents.ofd.package import ENTRY_POINT, Package
from sealsvc.documents.ofd.reader import read
from sealsvc.documents.ofd.signlist import (
    SEAL_FILE,
    SIGNATURE_FILE,
    VALUE_FILE,
    NewSignature,
    SignatureList,
    plan,
    read_list,
    with_entry,
)
from sealsvc.documents.ofd.signvalue import (
    SEAL,
    SM2_SM3_OID,
    SealedValue,
    finish_value,
    kind_of,
    prepare_value,
    seal_size,
)
from sealsvc.documents.ofd.splicing import with_signatures
from sealsvc.documents.ofd.stamping import page_list, stamp_annots, stamp_boxes
from sealsvc.documents.ofd.xmlwrite import element, part, signature_time
from sealsvc.documents.pdf.errors import CertificateAlreadyInDocument, ExistingSignatureBroken
from sealsvc.documents.values import (
    ChangeClass,
    DigestOutcome,
    PreparedSealing,
    SealingSpec,
    SignatureOutcome,
    SignatureReading,
)
from sealsvc.errors import BadInput
from sealsvc.version import VERSION

SM3_OID = "1.2.156.10197.1.401"
PROVIDER = {"ProviderName": "sealsvc", "Version": VERSION, "Company": "sealsvc"}
STATE_VERSION = 1
_HARMLESS = (ChangeClass.NONE, ChangeClass.LONG_TERM_UPDATE, ChangeClass.FURTHER_SEAL)
_FILES = (SIGNATURE_FILE.lower(), VALUE_FILE.lower())


class SeveralDocuments(BadInput):
    """The package holds several documents, so a page number means nothing; none is sealed."""

    code = "OFD_SEVERAL_DOCUMENTS"


@dataclass(frozen=True)
class _Target:
    """Where the signature goes. document: entry of Document.xml that is shown."""

    package: Package
    document: str
    listed: SignatureList


def prepare(data: bytes, spec: SealingSpec) -> PreparedSealing:
    """The package with everything of one more signature but its value.

    document_digest: SM3 of Signature.xml, which is the dataHash. Raises: DocumentEncrypted,
    DocumentUnreadable, SeveralDocuments, LockedBySignature, ExistingSignatureBroken,
    CertificateAlreadyInDocument, PageNotFound, PlacementOutOfPage, StraddleNeedsPages,
    ESealMissing, ESealRefused.
    """
    kind = kind_of(spec)
    target = _target(data)
    _refuse_unfit(data, target, spec)
    pages = page_list(target.package, target.document)
    boxes = stamp_boxes(pages, spec, seal_size(spec))
    new = plan(target.package, target.listed, kind, len(boxes))
    changed = _changed(target, spec, new)
    annots = stamp_annots(pages, boxes, new.number + 1)
    described = _description(new, spec.signed_at, _references(target, changed), annots)
    digest = sm3(described)
    value = prepare_value(spec, digest, f"/{new.file(SIGNATURE_FILE)}")
    changed[new.file(SIGNATURE_FILE)] = described
    document = packing.repack(target.package.archive, changed, spec.signed_at)
    state = _pack(new.file(VALUE_FILE), spec.signed_at, value)
    return PreparedSealing(document, digest, value.tbs, state)


def finish(prepared: PreparedSealing, signature: bytes) -> bytes:
    """The sealed file. signature: DER of the SM2 signature over `tbs`.

    Raises: ESealRefused when the signature does not hold.
    """
    name, at, value = _unpack(prepared)
    return packing.append(prepared.document, name, finish_value(value, signature), at)


def _target(data: bytes) -> _Target:
    package = Package(open_archive(data))
    for name in package.names:
        # A name that no location can mean could not be covered.
        if package.part(f"/{name}") != name:
            raise package_invalid("entry name")
    bodies = package.bodies()
    if len(bodies) > 1:
        raise SeveralDocuments(documents=len(bodies))
    body = bodies[0]
    document = package.part(body.roots[0]) if body.roots else None
    if document is None:
        raise package_invalid("DocRoot", XML_INVALID)
    if body.signatures == "":
        raise package_invalid("Signatures", XML_INVALID)
    listed = read_list(package, document, body.signatures)
    return _Target(package, document, listed)


def _refuse_unfit(data: bytes, target: _Target, spec: SealingSpec) -> None:
    """A seal must neither cover up a broken signature nor repeat a certificate."""
    if not target.listed.signatures:
        if any(one.lower().rpartition("/")[2] in _FILES for one in target.package.names):
            raise ExistingSignatureBroken(reason=SIGNATURE_UNLISTED)
        return
    reading = read(data)
    for problem in reading.problems:
        # What no signature covered until now would look as if it had always been covered.
        if problem.code in (SIGNATURE_UNLISTED, UNPROTECTED_CONTENT):
            raise ExistingSignatureBroken(reason=problem.code)
    for signature in reading.signatures:
        if signature.signer_certificate_der == spec.certificate_der:
            raise CertificateAlreadyInDocument()
        if not _is_whole(signature):
            raise ExistingSignatureBroken(field=signature.field_name[:80])


def _is_whole(signature: SignatureReading) -> bool:
    held = (signature.digest, signature.signature) == (
        DigestOutcome.MATCHES,
        SignatureOutcome.VERIFIES,
    )
    return held and signature.worst_change in _HARMLESS


def _changed(target: _Target, spec: SealingSpec, new: NewSignature) -> dict[str, bytes]:
    """The parts that change or come, but the description and the value, by entry name."""
    changed: dict[str, bytes] = {}
    if not target.listed.named:
        entry = target.package.content(ENTRY_POINT)
        if entry is None:
            raise package_invalid("OFD.xml", XML_INVALID)
        changed[ENTRY_POINT] = with_signatures(entry, target.listed.name)
    changed[target.listed.name] = with_entry(target.listed, new)
    if spec.eseal_der is not None:
        changed[new.file(SEAL_FILE)] = spec.eseal_der
    for name in (*changed, new.file(SIGNATURE_FILE), new.file(VALUE_FILE)):
        if target.package.part(f"/{name}") not in (None, name):
            raise package_invalid("names that differ only in case")
    return changed


def _references(target: _Target, changed: Mapping[str, bytes]) -> Iterator[str]:
    """A Reference to every part there is by now, but the list (ofd.md section 5)."""
    package = target.package
    for name in dict.fromkeys((*package.names, *changed)):
        if name == target.listed.name:
            continue
        content = changed.get(name)
        digest = package.digest(name, "sm3") if content is None else sm3(content)
        if digest is None:
            raise package_invalid("entry damaged")
        value = element("CheckValue", content=b64encode(digest).decode("ascii"))
        yield element("Reference", {"FileRef": f"/{name}"}, value)


def _description(
    new: NewSignature, at: datetime, references: Iterable[str], annots: Iterable[str]
) -> bytes:
    """Signature.xml, in the order of the schema."""
    members = [
        element("Provider", PROVIDER),
        element("SignatureMethod", content=SM2_SM3_OID),
        element("SignatureDateTime", content=signature_time(at)),
        element("References", {"CheckMethod": SM3_OID}, references),
        *annots,
    ]
    if new.kind == SEAL:
        location = element("BaseLoc", content=f"/{new.file(SEAL_FILE)}")
        members.append(element("Seal", content=location))
    info = element("SignedInfo", content=members)
    return part(
        "Signature", content=(info, element("SignedValue", content=f"/{new.file(VALUE_FILE)}"))
    )


def _pack(name: str, at: datetime, value: SealedValue) -> bytes:
    members = {
        "v": STATE_VERSION,
        "file": name,
        "at": at.isoformat(),
        "kind": value.kind,
        "certificates": [b64encode(one).decode("ascii") for one in value.certificates_der],
    }
    return json.dumps(members, separators=(",", ":")).encode("ascii")


def _unpack(prepared: PreparedSealing) -> tuple[str, datetime, SealedValue]:
    members = json.loads(prepared.state)
    certificates = tuple(b64decode(one) for one in members["certificates"])
    value = SealedValue(members["kind"], prepared.tbs, certificates)
    return members["file"], datetime.fromisoformat(members["at"]), value
