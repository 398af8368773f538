"""What the workers do with a chunk's documents: pure, lists in, lists out.

The key stays with the parent: `prepare_many` gives digests, the parent signs and closes the gap,
`faults_of` reads the sealed files again.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from sealsvc.areas.sealing.placing import USUAL_WIDTH_MM, Box, PlaceWish, placed
from sealsvc.documents.pdf.errors import PageNotFound
from sealsvc.documents.pdf.fast.form import read_form
from sealsvc.documents.pdf.fast.kit import SealKit, SealOrder
from sealsvc.documents.pdf.fast.pages import find_page, how_shown, page_count
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.structure import Structure, understand
from sealsvc.documents.pdf.fastread.algorithms import start_digest
from sealsvc.documents.pdf.fastread.cms import read_seal_cms
from sealsvc.documents.pdf.fastread.dictionary import read_seal_dictionary
from sealsvc.errors import ServiceError
from sealsvc.values import DocumentRole, Placement

MAX_KITS = 16
UNCERTAIN = "NOT_UNDERSTOOD"
"""The quick look cannot tell; the full verdict must."""


class Draft(NamedTuple):
    """One document and its wishes. field_name: random, 48 bits or more."""

    data: bytes
    place: PlaceWish
    role: DocumentRole
    field_name: str


class KitTerms(NamedTuple):
    """What all documents of a chunk share. certificate_der: the signer's; chain_der: its issuers
    without the root. width_mm, height_ratio: of the registered imprint.
    """

    certificate_der: bytes
    chain_der: tuple[bytes, ...]
    suite: str
    signer_name: str
    imprint_png: bytes
    width_mm: float | None
    height_ratio: float
    signed_at: datetime


class Revised(NamedTuple):
    """The bytes to append around the signature value, the digest over the rest, the place."""

    head: bytes
    tail: bytes
    digest: bytes
    placement: Placement | None

    def around(self, value: bytes, original: bytes) -> bytes:
        """The whole file. value: the contents of the gap that `digest` leaves out."""
        return b"".join((original, self.head, value, self.tail))


class Sealed(NamedTuple):
    """A sealed file to be read again. signature_sha256: of the value the key gave, hex."""

    data: bytes
    original_bytes: int
    signature_sha256: str


def prepare_many(drafts: Sequence[Draft], terms: KitTerms) -> list[Revised | ServiceError | None]:
    """The revision of each document, or its own problem; None: it is for the ordinary path."""
    try:
        kit = _kit(
            terms.certificate_der,
            terms.chain_der,
            terms.suite,
            terms.signer_name,
            (terms.imprint_png, terms.height_ratio),
        )
    except NotUnderstood:
        return [None] * len(drafts)
    return [_prepared(kit, draft, terms) for draft in drafts]


def faults_of(files: Sequence[Sealed], certificate_der: bytes) -> list[str | None]:
    """Of each sealed file what is wrong with it; None when digest, ByteRange and signature hold
    under the held certificate. Source: CONTRACT section 3 (bulk path).
    """
    return [_fault(one, certificate_der) for one in files]


_kit = lru_cache(maxsize=MAX_KITS)(SealKit)


def _prepared(kit: SealKit, draft: Draft, terms: KitTerms) -> Revised | ServiceError | None:
    try:
        structure = understand(draft.data)
        form = read_form(structure)
        if form is not None and form.signed():
            return None  # what is signed already is judged first
        placement = _placement(structure, draft.place, terms)
        order = SealOrder(draft.role, terms.signed_at, draft.field_name, placement)
        composed = kit.compose(draft.data, order)
    except NotUnderstood:
        return None
    except ServiceError as error:
        return error
    if composed.judged:
        return None
    return Revised(composed.head, composed.tail, composed.digest, placement)


def _placement(structure: Structure, wish: PlaceWish, terms: KitTerms) -> Placement | None:
    """As `seal` places it in a document without seals. Raises: PageNotFound, PlacementOutOfPage."""
    if wish.invisible:
        return None
    count, page = page_count(structure), -1 if wish.page is None else wish.page
    number = page if page > 0 else count + 1 + page
    if not 1 <= number <= count:
        raise PageNotFound(page=page, pages=count)
    shown = how_shown(structure, find_page(structure, number))
    left, bottom, right, top = shown.crop
    size = ((right - left) * shown.mm_per_unit, (top - bottom) * shown.mm_per_unit)
    width = terms.width_mm or USUAL_WIDTH_MM
    imprint = Box(0, 0, width, width * terms.height_ratio)
    return placed(wish, number, size[::-1] if shown.rotate in (90, 270) else size, imprint, ())


def _fault(file: Sealed, certificate_der: bytes) -> str | None:
    try:
        structure = understand(file.data)
        form = read_form(structure)
        signed = [] if form is None else form.signed()
        if len(signed) != 1:
            return "SIGNATURE_NOT_FOUND"
        seal = read_seal_dictionary(structure, signed[0])
        cms = read_seal_cms(seal.contents)
        digest = start_digest(cms.digest)
    except NotUnderstood:
        return UNCERTAIN
    start, stop = seal.hole
    if seal.end != len(file.data) or start < file.original_bytes:
        return "BYTE_RANGE"
    view = memoryview(file.data)
    digest.update(view[:start])
    digest.update(view[stop:])
    if digest.digest() != cms.message_digest:
        return "DIGEST"
    if cms.signer_der != certificate_der:
        return "CERTIFICATE"
    if sha256(cms.signature_value).hexdigest() != file.signature_sha256:
        return "SIGNATURE"
    return None
