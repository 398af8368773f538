"""One seal made ready: what is the same for every document is encoded once.

The way of bulk sealing: `SealKit(...).seal(data, key.sign, order)`. A signed file is judged
first, by the reading the caller brings or by the general reader.
Source: ARCHITECTURE section 16; pdf.md section 2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sealsvc.documents.pdf.fast.appearance import image_objects
from sealsvc.documents.pdf.fast.cms_template import template_for
from sealsvc.documents.pdf.fast.form import PdfForm, read_form
from sealsvc.documents.pdf.fast.ordinary import revise
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.refusals import (
    refuse_name,
    refuse_removed,
    refuse_unfit,
    refuse_unresolved,
)
from sealsvc.documents.pdf.fast.revision import enclose
from sealsvc.documents.pdf.fast.sealing import SealObjects, add_seal, empty_field
from sealsvc.documents.pdf.fast.strings import date_string, text_string
from sealsvc.documents.pdf.fast.structure import Structure, understand
from sealsvc.documents.values import DocumentReading
from sealsvc.values import DocumentRole, Placement


@dataclass(frozen=True, slots=True)
class SealOrder:
    """One document's wishes. field_name: random, 48 bits or more (rule 8), or an empty field's.

    reading: of a document that has signatures, where the caller has read it already.
    """

    role: DocumentRole
    signed_at: datetime
    field_name: str
    placement: Placement | None = None
    reading: DocumentReading | None = None


class Composed(NamedTuple):
    """The bytes to append around the value; digest: over the ByteRange. judged: has signatures."""

    head: bytes
    tail: bytes
    digest: bytes
    judged: bool


class SealKit:
    """A key's CMS template and a seal's picture.

    certificate_der: the signer's; chain_der: its issuers without the root (rule 9); suite: name in
    ca.algorithms; imprint_png: None for invisible seals only.
    """

    def __init__(
        self,
        certificate_der: bytes,
        chain_der: tuple[bytes, ...],
        suite: str,
        signer_name: str = "",
        imprint: tuple[bytes, float] | None = None,
    ) -> None:
        self.certificate_der = certificate_der
        self.template = template_for(certificate_der, chain_der, suite)
        self._image = None if imprint is None else image_objects(imprint[0])
        self._height_ratio = 1.0 if imprint is None else imprint[1]
        self._name = b"/Name%b" % text_string(signer_name) if signer_name else b""
        self._identity: tuple[datetime | None, bytes] = None, b""

    def seal(self, data: bytes, sign: Callable[[bytes], bytes], order: SealOrder) -> bytes:
        """The sealed file; `data` is its exact prefix.

        sign: DER SET OF attributes → DER signature for ECDSA and SM2, raw value for RSA.
        Raises: NotUnderstood (nothing was signed), and what `compose` and `encode` raise.
        """
        composed = self.compose(data, order)
        head, tail, digest, judged = composed
        if judged:
            refuse_harm(self.with_hole(data, composed))
        template = self.template
        signature = sign(template.signed_attributes(digest))
        return b"".join((data, head, template.contents(digest, signature), tail))

    def compose(self, data: bytes, order: SealOrder) -> Composed:
        """The revision around the value, and the digest the CMS will hold.

        Raises: NotUnderstood, DocumentEncrypted, CertificateAlreadyInDocument, DocmdpForbidsSeal,
        ExistingSignatureBroken, FieldNameTaken, PageNotFound, PlacementOutOfPage.
        """
        refuse_name(order.field_name)
        certify = order.role is DocumentRole.INVOICE
        ordinary = revise(data, self._objects(order, certify), self.template.digest.start)
        if ordinary is not None:
            return Composed(*ordinary, judged=False)
        return self._compose(data, order)

    def _compose(self, data: bytes, order: SealOrder) -> Composed:
        """The long way, for any file that is understood."""
        structure = understand(data)
        form = read_form(structure)
        signed = [] if form is None else form.signed()
        refuse_unresolved(structure, signed)
        if signed:
            self._judge(structure, form, order)
        elif len(structure.sections) > 1:
            refuse_removed([read_form(one) for one in structure.older()])
        certify = order.role is DocumentRole.INVOICE and not signed
        return self._enclose(structure, form, self._objects(order, certify), bool(signed))

    def with_hole(self, data: bytes, composed: Composed) -> bytes:
        """The document with a value of nothing but zeros."""
        hole = b"<%b>" % (b"0" * self.template.room)
        return b"".join((data, composed.head, hole, composed.tail))

    def _judge(self, structure: Structure, form: PdfForm | None, order: SealOrder) -> None:
        reading = order.reading
        if reading is None:
            # The readers, and perhaps pyHanko with them, only where signatures must be judged.
            from sealsvc.documents.pdf.standing import read_for_seal

            reading = read_for_seal(structure.data, structure)
        fills = empty_field(form, order.field_name) is not None
        refuse_unfit(reading, self.certificate_der, fills=fills)

    def _objects(self, order: SealOrder, certify: bool) -> SealObjects:
        return SealObjects(
            order.field_name,
            self._identified(order.signed_at),
            order.placement,
            self._image,
            self._height_ratio,
            certify,
            self.template.room,
        )

    def _identified(self, moment: datetime) -> bytes:
        """/M and /Name, kept for the next document of the same moment."""
        known, identity = self._identity
        if known is not moment:
            identity = b"/M%b%b" % (date_string(moment), self._name)
            self._identity = moment, identity
        return identity

    def _enclose(
        self, structure: Structure, form: PdfForm | None, seal: SealObjects, judged: bool
    ) -> Composed:
        revision, hole = add_seal(structure, form, seal)
        running = self.template.digest.start(structure.data)
        head, tail = enclose(revision, hole, running.digest()[:16])
        running.update(head)
        running.update(tail)
        return Composed(head, tail, running.digest(), judged)


def refuse_harm(document: bytes) -> None:
    """Hand the file on when the finished revision would harm an earlier signature.

    Raises: NotUnderstood.
    """
    from sealsvc.documents.pdf.addition import only_adds_seal

    if only_adds_seal(document):
        return
    from sealsvc.documents.pdf.changes import harm_in_full

    if harm_in_full(document) is not None:
        raise NotUnderstood("harm to an earlier signature")
