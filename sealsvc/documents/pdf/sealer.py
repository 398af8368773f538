"""Putting a seal on a PDF: an incremental revision with a hole, then the CMS in the hole.

PAdES baseline B-B; the private key stays with the caller, who signs `PreparedSealing.tbs`.
Source: ISO 32000-2, 7.5.6, 12.8; ETSI EN 319 142-1 section 6; pdf.md section 2.
"""

import base64
import json
from hashlib import sha256
from io import BytesIO
from typing import Any

from ca.algorithms import suite_named
from sealsvc.documents.pdf import cades, fastread
from sealsvc.documents.pdf.cades import SignerMaterial
from sealsvc.documents.pdf.changes import harm_of_seal
from sealsvc.documents.pdf.errors import (
    CertificateAlreadyInDocument,
    DocmdpForbidsSeal,
    DocumentEncrypted,
    DocumentUnreadable,
    ExistingSignatureBroken,
    FieldNameTaken,
    SignatureTooLarge,
)
from sealsvc.documents.pdf.fast.cms_template import CmsTemplate, template_for
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.writer import finish as fast_finish
from sealsvc.documents.pdf.fast.writer import is_ours, try_prepare
from sealsvc.documents.pdf.fields import read_form
from sealsvc.documents.pdf.mdp import read_permissions
from sealsvc.documents.pdf.opening import OpenedDocument, open_document
from sealsvc.documents.pdf.pyhanko_api import (
    IncrementalPdfFileWriter,
    generic,
    mdp_setup,
    sign_fields,
    signature_object,
)
from sealsvc.documents.pdf.reader import read_opened
from sealsvc.documents.pdf.revision import revision_end
from sealsvc.documents.pdf.standing import lone_signature
from sealsvc.documents.pdf.widget import add_field, place_seal
from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    PreparedSealing,
    SealingSpec,
    SignatureOutcome,
    SignatureReading,
)
from sealsvc.errors import ServiceError
from sealsvc.values import DocumentRole

HARMLESS = frozenset(
    {
        ChangeClass.NONE,
        ChangeClass.LONG_TERM_UPDATE,
        ChangeClass.FURTHER_SEAL,
        ChangeClass.FORM_FILLING,
    }
)
STATE_VERSION = 1


class _RevisionWriter(IncrementalPdfFileWriter):
    """pyHanko's writer without its habits: no clock, no randomness, no touch of Info or version.

    Every object it would renew beside the seal makes the revision harder to tell from tampering.
    """

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """Leave /Version alone."""

    def _update_meta(self) -> None:
        """Leave Info and XMP alone (pdf.md section 2 rule 6)."""

    @classmethod
    def _handle_id(cls, prev: Any) -> Any:
        """Keep the first half; the second is derived from the older revisions."""
        second = generic.ByteStringObject(sha256(prev.stream.getbuffer()).digest()[:16])
        try:
            first = prev.trailer["/ID"][0].original_bytes
        except (KeyError, IndexError, AttributeError, TypeError):
            return generic.ArrayObject([second, second])
        return generic.ArrayObject([generic.ByteStringObject(first), second])


def prepare(data: bytes, spec: SealingSpec) -> PreparedSealing:
    """A revision with one more, still empty signature; `data` is its exact prefix.

    Our own writer where it understands the file, pyHanko otherwise; what the file is decides.
    Raises: DocumentEncrypted, DocumentUnreadable, CertificateAlreadyInDocument,
    DocmdpForbidsSeal, ExistingSignatureBroken, FieldNameTaken, PageNotFound,
    PlacementOutOfPage, ImprintUnreadable.
    """
    fast = try_prepare(data, spec)
    if fast is not None:
        return fast
    opened = open_document(data)
    reading = _judged(opened)
    _refuse_unfit(reading, spec)
    material = SignerMaterial(spec.certificate_der, spec.chain_der, spec.suite)
    certify = spec.role is DocumentRole.INVOICE and not reading.signatures
    try:
        _refuse_forbidden(opened, spec)
        document, digest, start, end = _write(opened, spec, material, certify=certify)
    except (ServiceError, MemoryError):
        raise
    except Exception as error:
        raise DocumentUnreadable(reason=type(error).__name__) from error
    if not document.startswith(data):
        raise DocumentUnreadable(reason="not incremental")
    harm = harm_of_seal(document) if reading.signatures else None
    if harm is not None:
        raise ExistingSignatureBroken(reason=harm)
    template = _template(material)
    if template is None:
        tbs = cades.signed_attributes(material, digest)
    else:
        tbs = template.signed_attributes(digest)
    state = _pack(material, tbs, start, end)
    return PreparedSealing(document=document, document_digest=digest, tbs=tbs, state=state)


def finish(prepared: PreparedSealing, signature: bytes) -> bytes:
    """The sealed file. signature: DER for ECDSA and SM2, the raw PKCS #1 v1.5 value for RSA.

    Raises: SignatureTooLarge.
    """
    if is_ours(prepared):
        return fast_finish(prepared, signature)
    material, tbs, start, end = _unpack(prepared.state)
    template = _template(material)
    if template is None or template.signed_attributes(prepared.document_digest) != tbs:
        value = cades.signed_data(material, tbs, signature).hex().encode("ascii")
    else:
        value = template.encode(prepared.document_digest, signature)
    room = end - start - 2
    if len(value) > room:
        raise SignatureTooLarge(bytes=len(value) // 2, room=room // 2)
    hole = b"<" + value.ljust(room, b"0") + b">"
    return prepared.document[:start] + hole + prepared.document[end:]


def embedded_leaf_sha256(reading: DocumentReading) -> frozenset[str]:
    """Hex SHA-256 of every signer certificate in the document, time-stamps included."""
    ders = (one.signer_certificate_der for one in reading.signatures)
    return frozenset(sha256(der).hexdigest() for der in ders if der is not None)


def _judged(opened: OpenedDocument) -> DocumentReading:
    """What decides on a further seal; read in full where nobody knows the file by its structure.

    Raises: DocumentUnreadable.
    """
    signed = b"/ByteRange" in opened.data
    quick = (lone_signature(opened.data) or fastread.read(opened.data)) if signed else None
    return read_opened(opened) if quick is None else quick


def _refuse_unfit(reading: DocumentReading, spec: SealingSpec) -> None:
    """A seal must neither cover up a broken signature nor repeat a certificate."""
    if sha256(spec.certificate_der).hexdigest() in embedded_leaf_sha256(reading):
        raise CertificateAlreadyInDocument()
    if reading.earlier_signatures:
        raise ExistingSignatureBroken(reason="a signature was removed")
    for signature in reading.signatures:
        if signature.docmdp is not None:
            raise DocmdpForbidsSeal(field=signature.field_name[:80], permissions=signature.docmdp)
        if not _is_whole(signature):
            raise ExistingSignatureBroken(field=signature.field_name[:80])


def _is_whole(signature: SignatureReading) -> bool:
    covered = signature.coverage in (Coverage.FILE, Coverage.REVISION)
    unharmed = signature.worst_change in HARMLESS and signature.docmdp_kept is not False
    held = (signature.digest, signature.signature) == (
        DigestOutcome.MATCHES,
        SignatureOutcome.VERIFIES,
    )
    return covered and unharmed and held


def _refuse_forbidden(opened: OpenedDocument, spec: SealingSpec) -> None:
    """FieldMDP and locks of earlier signatures, and a name that is free."""
    form = read_form(opened.reader)
    if "." in spec.field_name or not spec.field_name:
        raise FieldNameTaken(reason="name")
    if any(one.name == spec.field_name for one in form.fields):
        raise FieldNameTaken()
    if form.signed() and not _ends_properly(opened):
        raise ExistingSignatureBroken(reason="end of the newest revision")
    for one in form.signed():
        locked = read_permissions(one, one.value).locked
        if locked is not None and locked.is_locked(spec.field_name):
            raise DocmdpForbidsSeal(field=one.name[:80], permissions="FieldMDP")


def _ends_properly(opened: OpenedDocument) -> bool:
    """Whether a further revision would follow the newest one without a gap."""
    newest = opened.reader.xrefs.total_revisions - 1
    try:
        return revision_end(opened.data, opened.reader, newest) == len(opened.data)
    except ValueError:
        return False


def _write(
    opened: OpenedDocument, spec: SealingSpec, material: SignerMaterial, *, certify: bool
) -> tuple[bytes, bytes, int, int]:
    """The file with an empty value, the digest of its ByteRange, the hole's offsets."""
    if "/Encrypt" in opened.reader.trailer:
        raise DocumentEncrypted()
    writer: Any = _RevisionWriter(BytesIO(opened.data), prev=opened.reader)
    digest = suite_named(material.suite).digest
    template = _template(material)
    room = 2 * (cades.largest_signed_data(material) + 2) if template is None else template.room
    value = signature_object(
        timestamp=spec.signed_at,
        subfilter=sign_fields.SigSeedSubFilter.PADES,
        name=spec.signer_name or None,
        bytes_reserved=room,
    )
    value_ref = writer.add_object(value)
    field = place_seal(writer, spec)
    field[generic.pdf_name("/V")] = value_ref
    add_field(writer, field)
    if certify:
        level = sign_fields.MDPPerm.NO_CHANGES
        mdp_setup(md_algorithm=digest, certify=True, docmdp_perms=level).apply(value_ref, writer)
        writer.update_root()
    prepared, output = next(value.fill(writer, digest, output=BytesIO()))
    start, end = prepared.reserved_region_start, prepared.reserved_region_end
    return output.getvalue(), prepared.document_digest, int(start), int(end)


def _template(material: SignerMaterial) -> CmsTemplate | None:
    """The same bytes as `cades` encodes, built once per key; None for a digest it has no row for.

    asn1crypto takes 70 ms to build what a seal needs, five times all the rest of one.
    """
    try:
        return template_for(material.certificate_der, material.chain_der, material.suite)
    except NotUnderstood:
        return None


def _pack(material: SignerMaterial, tbs: bytes, start: int, end: int) -> bytes:
    members = {
        "v": STATE_VERSION,
        "suite": material.suite,
        "hole": [start, end],
        "tbs": _b64(tbs),
        "certificates": [_b64(der) for der in (material.certificate_der, *material.chain_der)],
    }
    return json.dumps(members, separators=(",", ":")).encode("ascii")


def _unpack(state: bytes) -> tuple[SignerMaterial, bytes, int, int]:
    members = json.loads(state)
    leaf, *chain = (base64.b64decode(one) for one in members["certificates"])
    start, end = members["hole"]
    material = SignerMaterial(leaf, tuple(chain), members["suite"])
    return material, base64.b64decode(members["tbs"]), int(start), int(end)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
