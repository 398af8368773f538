"""Sealing: where the seal lands, what the file holds, and what is refused."""

import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pikepdf
import pypdfium2
import pytest
from asn1crypto import cms
from hypothesis import given, settings
from hypothesis import strategies as st

from sealsvc.documents.pdf.errors import (
    CertificateAlreadyInDocument,
    DocmdpForbidsSeal,
    DocumentEncrypted,
    DocumentUnreadable,
    ExistingSignatureBroken,
    FieldNameTaken,
    ImprintUnreadable,
    PageNotFound,
    PlacementOutOfPage,
    SignatureTooLarge,
)
from sealsvc.documents.pdf.geometry import BoxMm, PageView
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.pdf.sealer import embedded_leaf_sha256, finish, prepare
from sealsvc.documents.picture import PictureUnreadable, picture_rgba_sha256
from sealsvc.documents.values import Coverage, DigestOutcome, SignatureOutcome
from sealsvc.values import DocumentRole, Placement
from tests.builders import pdf
from tests.builders.pdf import PdfBuilder, Revision, chain_named, make_spec

A4 = (0, 0, 595.28, 841.89)
SCALE = 2.0
PX_PER_MM = 72 / 25.4 * SCALE


def render(data: bytes, page: int = 0) -> np.ndarray:
    """The page as shown, forms drawn, as an array of RGB pixels at 2 px to the point."""
    document = pypdfium2.PdfDocument(data)
    try:
        document.init_forms()
        bitmap = document[page].render(scale=SCALE)
        return np.asarray(bitmap.to_pil().convert("RGB")).astype(int)
    finally:
        document.close()


def box_of(pixels: np.ndarray, colour: tuple[int, int, int]) -> tuple[float, ...]:
    """Left, top, right, bottom of the pixels of that colour, in mm."""
    near = (np.abs(pixels - np.array(colour)) < 60).all(axis=2)
    ys, xs = np.nonzero(near)
    assert len(xs)
    edges = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
    return tuple(float(one) / PX_PER_MM for one in edges)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("media", "crop", "unit"),
    [
        (A4, None, 1),
        ((-50, 20, 545, 862), None, 1),
        (A4, (100, 150, 500, 700), 1),
        ((0, 0, 300, 400), (20, 30, 290, 390), 2),
    ],
    ids=["plain", "shifted", "cropped", "user unit"],
)
def test_seal_stands_where_it_was_put(
    rotate: int, media: tuple[float, ...], crop: tuple[float, ...] | None, unit: float
) -> None:
    base = PdfBuilder().boxed(media, crop, unit).rotated(rotate).build()
    place = Placement(page=1, x_mm=25, y_mm=40, width_mm=30)

    data = pdf.sealed(base, placement=place, png=pdf.solid())

    (one,) = read(data).signatures
    assert one.picture is not None
    assert (one.picture.x_mm, one.picture.y_mm) == pytest.approx((25, 40), abs=0.01)
    assert (one.picture.width_mm, one.picture.height_mm) == pytest.approx((30, 30), abs=0.01)
    if unit != 1:
        return  # pdfium does not apply UserUnit
    pixels = render(data)
    assert box_of(pixels, (255, 0, 0)) == pytest.approx((25, 40, 55, 70), abs=0.6)
    assert box_of(pixels, (0, 0, 255)) == pytest.approx((25, 40, 40, 55), abs=0.6)


@pytest.mark.parametrize("rotate", [90, 270])
def test_inherited_rotation_counts(rotate: int) -> None:
    base = PdfBuilder().rotated(rotate, inherited=True).build()

    data = pdf.sealed(base, placement=Placement(1, 200, 10, 40), png=pdf.solid())

    assert box_of(render(data), (0, 0, 255)) == pytest.approx((200, 10, 220, 30), abs=0.6)


def test_page_from_the_end_and_a_flat_seal() -> None:
    place = Placement(page=-1, x_mm=10, y_mm=250, width_mm=60)

    data = pdf.sealed(pdf.plain(3), placement=place, png=pdf.solid(), ratio=0.5)

    (one,) = read(data).signatures
    assert one.picture is not None
    assert (one.picture.page, one.picture.height_mm) == (3, 30.0)
    assert box_of(render(data, 2), (255, 0, 0)) == pytest.approx((10, 250, 70, 280), abs=0.6)


@pytest.mark.parametrize("png", [pdf.imprint(), pdf.solid(), pdf.imprint(300)])
def test_picture_survives_pixel_for_pixel(png: bytes) -> None:
    (one,) = read(pdf.sealed(png=png)).signatures

    assert one.picture is not None
    assert one.picture.rgba_sha256 == picture_rgba_sha256(png)
    assert picture_rgba_sha256(one.picture.png) == picture_rgba_sha256(png)


def test_invisible_seal_shows_nothing() -> None:
    data = pdf.sealed(placement=None)

    (one,) = read(data).signatures
    assert one.picture is None
    assert (render(data) == render(pdf.plain())).all()


@pytest.mark.parametrize("suite", ["ecdsa-p256-sha256", "rsa2048-sha256", "rsa3072-sha256"])
def test_every_suite_verifies_and_fits_exactly(suite: str) -> None:
    chain = chain_named("suite", suite)

    data = pdf.sealed(chain=chain)

    (one,) = read(data).signatures
    assert (one.digest, one.signature) == (DigestOutcome.MATCHES, SignatureOutcome.VERIFIES)
    assert one.coverage is Coverage.FILE
    hole = one.byte_range[2] - one.byte_range[1]
    padding = len(data[one.byte_range[1] : one.byte_range[2]].rstrip(b">")) - len(
        data[one.byte_range[1] : one.byte_range[2]].rstrip(b">").rstrip(b"0")
    )
    assert padding < 24
    assert hole < 2 * 4096 + 2


def test_cms_is_baseline_b() -> None:
    prepared = prepare(pdf.plain(), make_spec())
    value = finish(prepared, chain_named().leaf_signer.sign(prepared.tbs))
    (one,) = read(value).signatures
    start, end = one.byte_range[1] + 1, one.byte_range[2] - 1

    signed_data = cms.ContentInfo.load(bytes.fromhex(value[start:end].decode()))["content"]

    (info,) = signed_data["signer_infos"]
    kinds = {attribute["type"].native for attribute in info["signed_attrs"]}
    assert kinds == {
        "content_type",
        "message_digest",
        "signing_certificate_v2",
        "cms_algorithm_protection",
    }
    assert info["signed_attrs"].untag().dump() == prepared.tbs
    assert signed_data["encap_content_info"]["content"].native is None
    embedded = {certificate.chosen.dump() for certificate in signed_data["certificates"]}
    assert embedded == {chain_named().leaf_der, chain_named().issuing_der}
    assert b"ETSI.CAdES.detached" in value
    assert one.claimed_at == pdf.SIGNED_AT


@pytest.mark.parametrize(
    "base",
    [
        pdf.plain(),
        pdf.xref_stream(),
        PdfBuilder(3).saved(linearize=True).build(),
        PdfBuilder().with_note().build(),
        PdfBuilder().with_text_field().build(),
    ],
    ids=["table", "stream", "linearised", "note", "form"],
)
def test_revision_only_appends_and_leaves_the_page_alone(base: bytes) -> None:
    data = pdf.sealed(base)

    assert data.startswith(base)
    with pikepdf.open(BytesIO(data)) as opened:
        assert not opened.get_warnings()
        assert opened.Root.AcroForm.SigFlags == 3
    (one,) = read(data).signatures
    assert (one.coverage, one.signature) == (Coverage.FILE, SignatureOutcome.VERIFIES)


def test_same_input_gives_the_same_revision() -> None:
    first, second = (prepare(pdf.plain(), make_spec()) for _ in range(2))

    assert first == second
    assert isinstance(json.loads(first.state), dict)


def test_invoice_is_certified_without_changes() -> None:
    (one,) = read(pdf.sealed(role=DocumentRole.INVOICE)).signatures

    assert (one.docmdp, one.docmdp_kept) == (1, True)


def test_contract_is_an_approval() -> None:
    (one,) = read(pdf.sealed(role=DocumentRole.CONTRACT)).signatures

    assert (one.docmdp, one.docmdp_kept) == (None, None)


def test_invoice_role_after_a_signature_is_an_approval() -> None:
    data = pdf.sealed(pdf.sealed_once(), chain_named("second"), role=DocumentRole.INVOICE)

    assert [one.docmdp for one in read(data).signatures] == [None, None]


def test_certified_invoice_takes_no_second_seal() -> None:
    with pytest.raises(DocmdpForbidsSeal):
        prepare(pdf.sealed_once(DocumentRole.INVOICE), make_spec(chain_named("second")))


def test_same_certificate_twice_is_refused() -> None:
    with pytest.raises(CertificateAlreadyInDocument):
        prepare(pdf.sealed_once(), make_spec(name="other"))


def test_fresh_certificate_of_the_same_issuer_is_accepted() -> None:
    data = pdf.sealed(pdf.sealed_once(), pdf.same_chain_leaf("leaf-2"))

    assert len(embedded_leaf_sha256(read(data))) == 2


def test_broken_signature_is_not_covered_up() -> None:
    broken = pdf.sealed_once().replace(b"1000.00", b"9000.00")

    with pytest.raises(ExistingSignatureBroken):
        prepare(broken, make_spec(chain_named("second")))


def test_changed_document_is_not_covered_up() -> None:
    step = Revision(pdf.sealed_once())
    step.add_key(step.page, b"/Rotate 90")

    with pytest.raises(ExistingSignatureBroken):
        prepare(step.build(), make_spec(chain_named("second")))


def test_removed_signature_is_not_covered_up() -> None:
    step = Revision(pdf.sealed_once())
    form = next(n for n, body in step.bodies.items() if b"/SigFlags" in body)
    step.put(form, b"<< /Fields [] >>")

    with pytest.raises(ExistingSignatureBroken):
        prepare(step.build(), make_spec(chain_named("second")))


@pytest.mark.parametrize("password", ["", "secret"])
def test_encrypted_document_is_refused(password: str) -> None:
    with pytest.raises(DocumentEncrypted):
        prepare(pdf.encrypted(password), make_spec())
    with pytest.raises(DocumentEncrypted):
        read(pdf.encrypted(password))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"not a document", b"%PDF-1.4\n" + b"\0" * 99])
def test_garbage_is_unreadable(data: bytes) -> None:
    with pytest.raises(DocumentUnreadable):
        prepare(data, make_spec())
    with pytest.raises(DocumentUnreadable):
        read(data)


@pytest.mark.parametrize("page", [2, -2, 99])
def test_missing_page(page: int) -> None:
    with pytest.raises(PageNotFound):
        prepare(pdf.plain(), make_spec(placement=Placement(page, 10, 10, 40)))


@pytest.mark.parametrize(("x", "y"), [(171, 10), (10, 258), (300, 300)])
def test_seal_must_lie_on_the_page(x: float, y: float) -> None:
    with pytest.raises(PlacementOutOfPage):
        prepare(pdf.plain(), make_spec(placement=Placement(1, x, y, 40)))


@pytest.mark.parametrize("png", [b"", b"GIF89a", pdf.imprint()[:60]])
def test_unreadable_imprint(png: bytes) -> None:
    spec = replace(make_spec(), imprint_png=png)

    with pytest.raises(ImprintUnreadable):
        prepare(pdf.plain(), spec)
    with pytest.raises(PictureUnreadable):
        picture_rgba_sha256(png)


@pytest.mark.parametrize("name", ["amount", "a.b", ""])
def test_field_name_must_be_free(name: str) -> None:
    base = PdfBuilder().with_text_field().build()

    with pytest.raises(FieldNameTaken):
        prepare(base, replace(make_spec(), field_name=name))


def test_too_long_signature_is_an_error_not_a_file() -> None:
    prepared = prepare(pdf.plain(), make_spec())

    with pytest.raises(SignatureTooLarge):
        finish(prepared, bytes(400))


@settings(deadline=None, max_examples=60)
@given(
    crop=st.tuples(
        *(st.floats(-500, 500) for _ in range(2)), *(st.floats(510, 2000) for _ in "ab")
    ),
    rotate=st.sampled_from([0, 90, 180, 270]),
    unit=st.floats(0.5, 4),
    box=st.tuples(*(st.floats(0, 300) for _ in range(4))),
)
def test_shown_and_user_space_are_inverse(
    crop: tuple[float, float, float, float],
    rotate: int,
    unit: float,
    box: tuple[float, float, float, float],
) -> None:
    view = PageView(crop, rotate, unit)

    back = view.to_shown(view.to_user(BoxMm(*box)))

    assert (back.x, back.y, back.width, back.height) == pytest.approx(box, abs=1e-6)


@settings(deadline=None, max_examples=80)
@given(position=st.integers(0, 1 << 30), value=st.integers(0, 255), cut=st.booleans())
def test_any_damage_gives_a_reading_or_a_named_error(position: int, value: int, cut: bool) -> None:
    data = bytearray(pdf.sealed_thrice())
    place = position % len(data)
    data[place] = value
    try:
        reading = read(bytes(data[:place] if cut else data))
    except (DocumentUnreadable, DocumentEncrypted):
        return
    assert reading.kind == "pdf"
