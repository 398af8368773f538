"""Compare a document's seals, or a picture, with one registered seal: measures, never a verdict.

Source: china-domain section 11, R01: a picture proves nothing, however alike.
"""

from dataclasses import dataclass, replace
from io import BytesIO

from asn1crypto import x509
from PIL import Image

from sealsvc.documents.ofd import OFD
from sealsvc.documents.picture import picture_rgba_sha256
from sealsvc.documents.values import SealPicture, SignatureReading
from sealsvc.errors import ServiceError
from sealsvc.imprint.compare import ImprintDistance, difference_png
from sealsvc.imprint.compare import compare as compare_pictures
from sealsvc.imprint.picture import ImprintPictureUnreadable, PictureFormat, inspect_picture
from sealsvc.ports import Sandbox
from sealsvc.verify.certificates import read_certificate

_PICTURE_HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM")
_MM_PER_INCH = 25.4
_DEFAULT_DPI = 300.0


@dataclass(frozen=True)
class RegisteredFacts:
    """What the register says of the seal. certificate_serials: of every certificate it held."""

    seal_id: str
    name: str
    owner_uscc: str
    owner_name: str
    seal_type: str
    medium: str
    width_mm: float | None
    height_mm: float | None
    imprint: bytes | None


@dataclass(frozen=True)
class FieldComparison:
    """One field on both sides. found: in the document; agrees: None where one side is silent."""

    field: str
    registered: str | None
    found: str | None
    agrees: bool | None


@dataclass(frozen=True)
class SizeComparison:
    """Size of the seal as shown, in mm, and as registered; None where the registry has none."""

    shown_width_mm: float
    shown_height_mm: float
    registered_width_mm: float | None
    registered_height_mm: float | None


@dataclass(frozen=True)
class PictureComparison:
    """Measures of one picture against the registered imprint. difference_png: for a person.

    rgba_identical: same pixels as the registered file by the reader's own measure.
    rendered: of the place where a document shows the seal; None for a picture compared alone, and
    where the place cannot be drawn.
    """

    distance: ImprintDistance
    rgba_identical: bool
    size: SizeComparison | None
    difference_png: bytes | None
    rendered: "RenderedComparison | None" = None


@dataclass(frozen=True)
class RenderedComparison:
    """What a reader sees in the seal's place, against the registered imprint.

    Words under the seal and whatever was laid over it are measured too. dpi: of the rendering.
    difference_png: as in PictureComparison.
    """

    dpi: float
    distance: ImprintDistance
    difference_png: bytes | None


@dataclass(frozen=True)
class SignatureComparison:
    """One signature of the document. picture: None where it shows none or none is registered."""

    signature_id: str
    fields: tuple[FieldComparison, ...]
    picture: PictureComparison | None


@dataclass(frozen=True)
class Comparison:
    """What was measured. kind: `document` or `picture`; picture: of a picture compared alone."""

    kind: str
    seal_id: str
    media_type: str
    document_sha256: str
    signatures: tuple[SignatureComparison, ...]
    picture: PictureComparison | None


@dataclass(frozen=True)
class SubjectNames:
    """What a certificate's subject says, None where absent or ambiguous."""

    common_name: str | None
    organization: str | None
    uscc: str | None
    serial_hex: str


def picture_format(data: bytes) -> PictureFormat | None:
    """Which picture format the first bytes announce; None for anything else."""
    for head, kind in zip(_PICTURE_HEADS, PictureFormat, strict=True):
        if data.startswith(head):
            return kind
    return None


def subject_names(der: bytes) -> SubjectNames:
    """The names in a signer's certificate; to be run in the sandbox.

    Raises: UnreadableCertificateError.
    """
    facts = read_certificate(der)
    named: dict[str, object] = x509.Certificate.load(facts.der).subject.native

    def single(name: str) -> str | None:
        value = named.get(name)
        return value if isinstance(value, str) else None

    return SubjectNames(
        common_name=single("common_name"),
        organization=single("organization_name"),
        uscc=next(iter(facts.usccs)) if len(facts.usccs) == 1 else None,
        serial_hex=facts.serial_hex,
    )


def fields_of(
    registered: RegisteredFacts, found: SubjectNames | None, *, held: bool
) -> tuple[FieldComparison, ...]:
    """The fields side by side. held: the register says that the seal holds this certificate.

    A certificate does not name its seal's type, so that one has only a registered side.
    """
    names = found or SubjectNames(None, None, None, "")
    serial = names.serial_hex or None
    return (
        _field("ownerUscc", registered.owner_uscc, names.uscc),
        _field("ownerName", registered.owner_name, names.organization),
        _field("sealName", registered.name, names.common_name),
        FieldComparison("certificateSerial", serial if held else None, serial, held),
        _field("sealType", registered.seal_type, None),
    )


def compare_shown(
    sandbox: Sandbox, registered: RegisteredFacts, shown: SealPicture, *, with_picture: bool
) -> PictureComparison | None:
    """A picture as a document shows it; None without an imprint or a picture fit to measure."""
    if registered.imprint is None:
        return None
    size = SizeComparison(
        shown.width_mm, shown.height_mm, registered.width_mm, registered.height_mm
    )
    try:
        return sandbox.run(_measure, shown.png, registered.imprint, size, with_picture)
    except ImprintPictureUnreadable:  # larger than any imprint may be
        return None


def compare_rendered(
    sandbox: Sandbox,
    registered: RegisteredFacts,
    data: bytes,
    shown: SealPicture,
    *,
    with_picture: bool,
) -> RenderedComparison | None:
    """The seal's place on its page, drawn at the imprint's resolution; None as above."""
    if registered.imprint is None:
        return None
    try:
        return sandbox.run(_measure_place, data, shown, registered, with_picture)
    except ServiceError:  # a page too heavy to draw must not cost the other measures
        return None


def whole_place(reading: SignatureReading) -> SealPicture | None:
    """The picture where the document shows all of it; None where slices are shown only (骑缝章)."""
    shown = reading.picture
    if shown is None or not reading.stamps:
        return shown
    for stamp in reading.stamps:
        if stamp.clip is None:
            return replace(
                shown,
                page=stamp.page,
                x_mm=stamp.x_mm,
                y_mm=stamp.y_mm,
                width_mm=stamp.width_mm,
                height_mm=stamp.height_mm,
            )
    return None


def compare_picture(
    sandbox: Sandbox, registered: RegisteredFacts, picture: bytes, *, with_picture: bool
) -> PictureComparison | None:
    """A picture file; None where the registry has no imprint. Raises: ImprintPictureUnreadable."""
    if registered.imprint is None:
        return None
    return sandbox.run(_measure, picture, registered.imprint, None, with_picture)


def _measure(
    picture: bytes, imprint: bytes, size: SizeComparison | None, with_picture: bool
) -> PictureComparison:
    both_png = picture_format(picture) is picture_format(imprint) is PictureFormat.PNG
    return PictureComparison(
        distance=compare_pictures(picture, imprint),
        rgba_identical=both_png and picture_rgba_sha256(picture) == picture_rgba_sha256(imprint),
        size=size,
        difference_png=difference_png(picture, imprint) if with_picture else None,
    )


def _measure_place(
    data: bytes, shown: SealPicture, registered: RegisteredFacts, with_picture: bool
) -> RenderedComparison | None:
    imprint = registered.imprint or b""
    dpi = _imprint_dpi(imprint, registered.width_mm)
    if OFD.sniff(data):
        picture, dpi = _ofd_place(data, shown, dpi)
    else:
        picture = _pdf_place(data, shown, dpi)
    if picture is None:
        return None
    return RenderedComparison(
        dpi=dpi,
        distance=compare_pictures(picture, imprint),
        difference_png=difference_png(picture, imprint) if with_picture else None,
    )


def _pdf_place(data: bytes, shown: SealPicture, dpi: float) -> bytes | None:
    # Loads pyHanko and pdfium, which only workers import (issue: /healthz within 5 s).
    from sealsvc.documents.pdf.geometry import BoxMm
    from sealsvc.documents.pdf.shown import rendered_region

    place = BoxMm(shown.x_mm, shown.y_mm, shown.width_mm, shown.height_mm)
    return rendered_region(data, shown.page, place, dpi)


def _ofd_place(data: bytes, shown: SealPicture, dpi: float) -> tuple[bytes | None, float]:
    """PNG of the place, and the resolution it was drawn at: lower for a large page."""
    # Loads numpy and fonts, which only workers import.
    from sealsvc.documents.ofd.render.page import render_page

    page = render_page(data, shown.page, dpi)
    sides = (shown.x_mm, shown.y_mm, shown.x_mm + shown.width_mm, shown.y_mm + shown.height_mm)
    with Image.open(BytesIO(page.png), formats=("PNG",)) as image:
        limits = (image.width, image.height) * 2
        left, top, right, bottom = (
            min(max(round(side * page.px_per_mm), 0), limit)
            for side, limit in zip(sides, limits, strict=True)
        )
        drawn_dpi = page.px_per_mm * _MM_PER_INCH
        if right <= left or bottom <= top:
            return None, drawn_dpi
        out = BytesIO()
        image.crop((left, top, right, bottom)).save(out, "PNG")
        return out.getvalue(), drawn_dpi


def _imprint_dpi(imprint: bytes, width_mm: float | None) -> float:
    """The imprint's own resolution, else by its registered width, else 300."""
    info = inspect_picture(imprint)
    if info.dpi is not None:
        return float(info.dpi)
    return info.width_px / width_mm * _MM_PER_INCH if width_mm else _DEFAULT_DPI


def _field(name: str, registered: str | None, found: str | None) -> FieldComparison:
    agrees = None if registered is None or found is None else registered == found
    return FieldComparison(name, registered, found, agrees)
