"""When a file must not take a further seal, by what was read of its signatures.

Source: CONTRACT section 3; pdf.md section 2 rules 10 and 11.
"""

from sealsvc.documents.pdf.errors import (
    CertificateAlreadyInDocument,
    DocmdpForbidsSeal,
    ExistingSignatureBroken,
    FieldNameTaken,
)
from sealsvc.documents.pdf.fast.form import PdfField, PdfForm
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import Structure
from sealsvc.documents.pdf.fast.tokens import Dictionary, array_items, is_name
from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
    SignatureReading,
)

HARMLESS = frozenset(
    {
        ChangeClass.NONE,
        ChangeClass.LONG_TERM_UPDATE,
        ChangeClass.FURTHER_SEAL,
        ChangeClass.FORM_FILLING,
    }
)
NO_CHANGES = 1


def refuse_name(name: str) -> None:
    """A partial field name holds no full stop (12.7.4.2). Raises: FieldNameTaken."""
    if "." in name or not name:
        raise FieldNameTaken(reason="name")


def refuse_unresolved(structure: Structure, signed: list[PdfField]) -> None:
    """Permissions and locks that this package does not weigh. Raises: NotUnderstood (rule 8)."""
    catalog = structure.catalog.dictionary
    if catalog is not None and b"Perms" in catalog.entries:
        permissions = structure.resolve_dictionary(catalog.get(b"Perms"))
        if not signed or permissions is None or permissions.entries.keys() - {b"DocMDP"}:
            raise NotUnderstood("permissions")
    for field in signed:
        value = structure.resolve_dictionary(field.value)
        if value is None or b"Lock" in field.dictionary.entries:
            raise NotUnderstood("locked field")
        _refuse_field_locks(structure, value)


def _refuse_field_locks(structure: Structure, signature: Dictionary) -> None:
    raw = structure.resolve(signature.get(b"Reference"))
    for item in array_items(raw) if raw is not None else ():
        reference = structure.resolve_dictionary(item)
        if reference is None or not is_name(reference.get(b"TransformMethod"), b"/DocMDP"):
            raise NotUnderstood("transform method")


def refuse_removed(older: list[PdfForm | None]) -> None:
    """A signature of an older revision that the newest lacks is for the general path to judge.

    Raises: NotUnderstood.
    """
    if any(form is not None and form.signed() for form in older):
        raise NotUnderstood("signature in an older revision only")


def refuse_unfit(reading: DocumentReading, leaf_der: bytes, *, fills: bool) -> None:
    """A seal covers up no broken signature, repeats no certificate and breaks no promise.

    fills: it goes into an empty field, which P=2 and P=3 permit; a new field neither permits
    (rule 11).
    Raises: CertificateAlreadyInDocument, ExistingSignatureBroken, DocmdpForbidsSeal.
    """
    if any(one.signer_certificate_der == leaf_der for one in reading.signatures):
        raise CertificateAlreadyInDocument()
    if reading.earlier_signatures:
        raise ExistingSignatureBroken(reason="a signature was removed")
    for one in reading.signatures:
        if one.docmdp is not None and (one.docmdp == NO_CHANGES or not fills):
            raise DocmdpForbidsSeal(field=one.field_name[:80], permissions=one.docmdp)
        if not _is_whole(one):
            raise ExistingSignatureBroken(field=one.field_name[:80])


def _is_whole(one: SignatureReading) -> bool:
    covered = one.coverage in (Coverage.FILE, Coverage.REVISION)
    unharmed = one.worst_change in HARMLESS and one.docmdp_kept is not False
    held = one.digest is DigestOutcome.MATCHES and one.signature is SignatureOutcome.VERIFIES
    return covered and unharmed and held
