"""Sealing by the fast writer: results, refusals, and the same values as today's sealer."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from io import BytesIO

import pikepdf
import pytest
from asn1crypto import keys, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from sealsvc.documents.pdf import sealer
from sealsvc.documents.pdf.errors import (
    CertificateAlreadyInDocument,
    DocmdpForbidsSeal,
    DocumentEncrypted,
    ExistingSignatureBroken,
    FieldNameTaken,
    ImprintUnreadable,
    PageNotFound,
    PlacementOutOfPage,
    SignatureTooLarge,
)
from sealsvc.documents.pdf.fast.kit import SealKit, SealOrder
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.writer import finish, is_ours, prepare, try_prepare
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.picture import picture_rgba_sha256
from sealsvc.documents.values import ChangeClass, Coverage, SignatureOutcome
from sealsvc.values import DocumentRole, Placement
from tests.builders import pdf
from tests.builders.pdf import PLACE, PdfBuilder, Revision, chain_named, make_spec
from tests.builders.x509 import p256_key
from tests.unit.documents.pdf_fast.checks import complaints, fast_sealed, pyhanko_complaints, render

SUITES = ("ecdsa-p256-sha256", "rsa2048-sha256", "rsa3072-sha256", "sm2-sm3")
A4 = (0, 0, 595.28, 841.89)


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite(suite: str) -> None:
    data = fast_sealed(pdf.plain(), chain_named("suite", suite))

    (one,) = read(data).signatures
    assert (one.signature, one.coverage) == (SignatureOutcome.VERIFIES, Coverage.FILE)
    assert one.problems == ()


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("media", "crop"),
    [(A4, None), ((-50, 20, 545, 862), None), (A4, (100, 150, 500, 700))],
    ids=["plain", "shifted", "cropped"],
)
def test_looks_as_todays_seal_does(
    rotate: int, media: tuple[float, ...], crop: tuple[float, ...] | None
) -> None:
    base = PdfBuilder().boxed(media, crop).rotated(rotate).build()

    mine, todays = fast_sealed(base, placement=PLACE), pdf.sealed(base, placement=PLACE)

    assert render(mine) == render(todays) != render(base)
    (one,), (other,) = read(mine).signatures, read(todays).signatures
    assert one.picture == other.picture
    assert one.picture is not None
    assert one.picture.rgba_sha256 == picture_rgba_sha256(pdf.imprint())


def test_opaque_picture_has_no_mask() -> None:
    spec = replace(make_spec(), imprint_png=pdf.solid())
    prepared = prepare(pdf.plain(), spec)

    (one,) = read(finish(prepared, chain_named().leaf_signer.sign(prepared.tbs))).signatures

    assert one.picture is not None
    assert one.picture.rgba_sha256 == picture_rgba_sha256(pdf.solid())
    assert b"/SMask" not in prepared.document


def test_either_module_finishes() -> None:
    prepared = prepare(pdf.plain(), make_spec())
    signature = chain_named().leaf_signer.sign(prepared.tbs)

    assert finish(prepared, signature) == sealer.finish(prepared, signature)
    assert is_ours(prepared)
    assert isinstance(json.loads(prepared.state), dict)


def test_same_input_gives_the_same_revision() -> None:
    assert prepare(pdf.plain(), make_spec()) == prepare(pdf.plain(), make_spec())


def test_kit_seals_as_the_two_steps_do() -> None:
    chain, spec = chain_named("suite", SUITES[1]), make_spec(chain_named("suite", SUITES[1]))
    kit = SealKit(
        chain.leaf_der, (chain.issuing_der,), spec.suite, spec.signer_name, (pdf.imprint(), 1.0)
    )
    order = SealOrder(spec.role, spec.signed_at, spec.field_name, spec.placement)

    sealed = kit.seal(pdf.plain(), chain.leaf_signer.sign, order)

    prepared = prepare(pdf.plain(), spec)
    assert sealed == finish(prepared, chain.leaf_signer.sign(prepared.tbs))


def test_invoice_is_certified() -> None:
    data = fast_sealed(pdf.plain(), role=DocumentRole.INVOICE)

    (one,) = read(data).signatures
    assert (one.docmdp, one.docmdp_kept) == (1, True)
    assert pyhanko_complaints(data) == []
    with pytest.raises(DocmdpForbidsSeal):
        prepare(data, make_spec(chain_named("second")))


@pytest.mark.parametrize("base", [pdf.plain(), pdf.xref_stream()], ids=["table", "stream"])
def test_three_seals_in_turn(base: bytes) -> None:
    data = base
    for index, label in enumerate(("demo", "second", "third")):
        placement = Placement(1, 20 + 50 * index, 30, 40)
        sealed = fast_sealed(data, chain_named(label), placement=placement)
        assert complaints(data, sealed, visible=True) == []
        data = sealed

    signatures = read(data).signatures
    assert [one.coverage for one in signatures] == [
        Coverage.REVISION, Coverage.REVISION, Coverage.FILE,
    ]  # fmt: skip
    assert {one.worst_change for one in signatures[:2]} == {ChangeClass.FURTHER_SEAL}
    assert pyhanko_complaints(data, chain_named("third")) == []


def test_todays_seal_and_ours_stand_together() -> None:
    data = fast_sealed(pdf.sealed(), chain_named("second"))
    data = pdf.sealed(data, chain_named("third"))

    assert {one.signature for one in read(data).signatures} == {SignatureOutcome.VERIFIES}
    assert len(read(data).signatures) == 3


def test_brought_reading_decides() -> None:
    base = pdf.sealed_once()
    reading = read(base)
    broken = replace(reading.signatures[0], worst_change=ChangeClass.OTHER)
    spec = make_spec(chain_named("second"))

    assert prepare(base, spec, reading=reading).document.startswith(base)
    with pytest.raises(ExistingSignatureBroken):
        prepare(base, spec, reading=replace(reading, signatures=(broken,)))


def test_same_certificate_twice_is_refused() -> None:
    with pytest.raises(CertificateAlreadyInDocument):
        prepare(pdf.sealed_once(), make_spec(name="other"))


def test_broken_signature_is_not_covered_up() -> None:
    broken = pdf.sealed_once().replace(b"1000.00", b"9000.00")

    with pytest.raises(ExistingSignatureBroken):
        prepare(broken, make_spec(chain_named("second")))


def test_removed_signature_is_handed_on() -> None:
    step = Revision(pdf.sealed_once())
    form = next(n for n, body in step.bodies.items() if b"/SigFlags" in body)

    with pytest.raises(NotUnderstood):
        prepare(step.put(form, b"<< /Fields [] >>").build(), make_spec(chain_named("second")))


def test_encrypted_is_refused() -> None:
    with pytest.raises(DocumentEncrypted):
        try_prepare(pdf.encrypted(), make_spec())


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
    with pytest.raises(ImprintUnreadable):
        prepare(pdf.plain(), replace(make_spec(), imprint_png=png))


@pytest.mark.parametrize("name", ["amount", "a.b", ""])
def test_field_name_must_be_free(name: str) -> None:
    base = PdfBuilder().with_text_field().build()

    with pytest.raises(FieldNameTaken):
        prepare(base, replace(make_spec(), field_name=name))


def test_too_long_signature_is_an_error_not_a_file() -> None:
    prepared = prepare(pdf.plain(), make_spec())

    with pytest.raises(SignatureTooLarge):
        finish(prepared, bytes(73))


@pytest.mark.parametrize("data", [b"", b"garbage", b"\n" + pdf.plain(), pdf.plain() + b"\0x"])
def test_what_is_not_understood_is_none(data: bytes) -> None:
    assert try_prepare(data, make_spec()) is None


def test_stray_widgets_are_handed_on() -> None:
    step = Revision(pdf.plain())
    widget = step.new(b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (x) /Rect [0 0 9 9] >>")
    step.add_key(step.page, b"/Annots [%d 0 R]" % widget)

    assert try_prepare(step.build(), make_spec()) is None


def test_shared_annotations_get_one_seal() -> None:
    def share(opened: pikepdf.Pdf) -> None:
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0] * 4)
        array = opened.make_indirect(pikepdf.Array([opened.make_indirect(note)]))
        for page in opened.pages:
            page.obj["/Annots"] = array

    base = PdfBuilder(2).with_step(share).build()

    data = fast_sealed(base, placement=PLACE)

    with pikepdf.open(BytesIO(data)) as opened:
        assert [len(page.obj.Annots) for page in opened.pages] == [2, 1]
    assert complaints(base, data, visible=True) == []


@pytest.mark.parametrize("extra", [b"/NeedAppearances true", b"/SigFlags 1", b"/SigFlags 3"])
def test_flags_of_an_existing_form(extra: bytes) -> None:
    base = pdf.plain()
    step = Revision(base)
    step.add_key(step.root, b"/AcroForm << /Fields [] %b >>" % extra)

    data = fast_sealed(step.build())

    with pikepdf.open(BytesIO(data)) as opened:
        assert opened.Root.AcroForm.SigFlags == 3
        assert "/NeedAppearances" not in opened.Root.AcroForm
    assert complaints(base, data, visible=True) == []


def test_trailer_is_carried_over() -> None:
    base = pdf.plain().replace(b"/Root", b"/Vendor#2FX (a) /Root").replace(b"#2F", b"XX")
    with pikepdf.open(BytesIO(base)) as opened:
        before = {key: str(opened.trailer[key]) for key in ("/Info", "/VendorXXX")}
        first = bytes(opened.trailer.ID[0])

    data = fast_sealed(base)

    with pikepdf.open(BytesIO(data)) as opened:
        assert {key: str(opened.trailer[key]) for key in before} == before
        assert bytes(opened.trailer.ID[0]) == first != bytes(opened.trailer.ID[1])


@cache
def _two_party_contract(permissions: int = 2) -> bytes:
    """Certified by pyHanko with the other party's field prepared in the same revision."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf.plain()))
    for name, box in (("seller", (50, 50, 150, 150)), ("buyer", (200, 50, 360, 150))):
        fields.append_signature_field(writer, fields.SigFieldSpec(name, box=box))
    chain, key = chain_named("certifier"), p256_key("certifier-leaf")
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    registry = SimpleCertificateStore()
    registry.register(x509.Certificate.load(chain.issuing_der))
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(chain.leaf_der),
        signing_key=keys.PrivateKeyInfo.load(pkcs8),
        cert_registry=registry,
    )
    meta = signers.PdfSignatureMetadata(
        field_name="seller", certify=True, docmdp_permissions=fields.MDPPerm(permissions)
    )
    return signers.PdfSigner(meta, signer).sign_pdf(writer).getvalue()


@pytest.mark.parametrize("placement", [None, PLACE], ids=["invisible", "visible"])
def test_prepared_field_is_filled(placement: Placement | None) -> None:
    base = _two_party_contract()
    spec = make_spec(chain_named("second"), name="buyer", placement=placement)

    prepared = prepare(base, spec)

    data = finish(prepared, chain_named("second").leaf_signer.sign(prepared.tbs))
    first, second = read(data).signatures
    assert (first.docmdp, first.docmdp_kept, second.field_name) == (2, True, "buyer")
    assert first.worst_change in (ChangeClass.FURTHER_SEAL, ChangeClass.FORM_FILLING)
    assert second.coverage is Coverage.FILE
    assert (second.picture is None) == (placement is None)
    assert complaints(base, data, visible=placement is not None) == []
    assert pyhanko_complaints(data, chain_named("second")) == []


def test_new_field_after_certification_is_refused() -> None:
    with pytest.raises(DocmdpForbidsSeal):
        prepare(_two_party_contract(), make_spec(chain_named("second")))


def test_prepared_field_after_no_changes_is_refused() -> None:
    with pytest.raises(DocmdpForbidsSeal):
        prepare(_two_party_contract(1), make_spec(chain_named("second"), name="buyer"))


def test_signed_field_is_taken() -> None:
    with pytest.raises(FieldNameTaken):
        prepare(_two_party_contract(), make_spec(chain_named("second"), name="seller"))


def test_field_with_a_lock_is_handed_on() -> None:
    step = Revision(pdf.plain())
    field = step.new(
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (buyer) /Rect [0 0 0 0] /P %d 0 R"
        b" /Lock << /Type /SigFieldLock /Action /All >> >>" % step.page
    )
    step.add_key(step.page, b"/Annots [%d 0 R]" % field)
    step.add_key(step.root, b"/AcroForm << /Fields [%d 0 R] >>" % field)

    assert try_prepare(step.build(), make_spec(name="buyer", placement=None)) is None


def test_value_stands_where_the_byte_range_says() -> None:
    data = fast_sealed(pdf.plain())
    match = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", data)

    assert match is not None
    start, stop, rest = map(int, match.groups())
    assert data[start - 10 : start + 1] == b"/Contents <"
    assert data[stop - 1 : stop] == b">"
    assert stop + rest == len(data)


def test_no_pyhanko_for_an_unsigned_file() -> None:
    """A worker that only seals invoices never pays for importing the general library."""
    code = (
        "import sys; from sealsvc.documents.pdf.fast import kit, writer;"
        "sys.exit(any(name.startswith('pyhanko') for name in sys.modules))"
    )

    result = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)

    assert result.returncode == 0
