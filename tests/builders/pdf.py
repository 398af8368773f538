"""Small PDFs: plain, turned, cropped, compressed, with forms, sealed, and changed afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from io import BytesIO

import pikepdf
from fpdf import FPDF
from PIL import Image, ImageDraw

from sealsvc.documents.pdf.sealer import finish, prepare
from sealsvc.documents.values import SealingSpec
from sealsvc.values import DocumentRole, Placement
from tests.builders.x509 import DemoChain, make_chain

SIGNED_AT = datetime(2026, 11, 21, 9, 30, 0, tzinfo=UTC)
PLACE = Placement(page=1, x_mm=20, y_mm=30, width_mm=40)


@cache
def plain(pages: int = 1) -> bytes:
    """A4 pages with a line of text each, a classic cross-reference table."""
    document = FPDF(format="A4")
    document.set_creation_date(SIGNED_AT)
    document.set_compression(False)
    for number in range(1, pages + 1):
        document.add_page()
        document.set_font("helvetica", size=14)
        document.cell(text=f"Contract 2026-001 page {number}: the price is 1000.00")
    return bytes(document.output())


@dataclass(frozen=True)
class PdfBuilder:
    """Changes `plain()` by pikepdf; chainable, each step returns a new builder."""

    pages: int = 1
    steps: tuple[Callable[[pikepdf.Pdf], object], ...] = ()
    save: dict[str, object] = field(default_factory=dict)

    def with_step(self, step: Callable[[pikepdf.Pdf], object]) -> "PdfBuilder":
        return replace(self, steps=(*self.steps, step))

    def saved(self, **options: object) -> "PdfBuilder":
        return replace(self, save={**self.save, **options})

    def rotated(self, degrees: int, *, inherited: bool = False) -> "PdfBuilder":
        def turn(pdf: pikepdf.Pdf) -> None:
            target = pdf.Root.Pages if inherited else pdf.pages[0].obj
            target["/Rotate"] = degrees

        return self.with_step(turn)

    def boxed(
        self, media: tuple[float, ...], crop: tuple[float, ...] | None = None, unit: float = 1
    ) -> "PdfBuilder":
        def cut(pdf: pikepdf.Pdf) -> None:
            page = pdf.pages[0].obj
            page["/MediaBox"] = pikepdf.Array(list(media))
            if crop is not None:
                page["/CropBox"] = pikepdf.Array(list(crop))
            if unit != 1:
                page["/UserUnit"] = unit

        return self.with_step(cut)

    def with_text_field(self) -> "PdfBuilder":
        def add(pdf: pikepdf.Pdf) -> None:
            widget = pdf.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot,
                    Subtype=pikepdf.Name.Widget,
                    FT=pikepdf.Name.Tx,
                    T="amount",
                    V="1000",
                    Rect=[100, 100, 200, 120],
                    P=pdf.pages[0].obj,
                )
            )
            pdf.pages[0].obj["/Annots"] = pikepdf.Array([widget])
            pdf.Root["/AcroForm"] = pikepdf.Dictionary(Fields=[widget])

        return self.with_step(add)

    def with_note(self) -> "PdfBuilder":
        def add(pdf: pikepdf.Pdf) -> None:
            note = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Text,
                Contents="a note",
                Rect=[10, 10, 30, 30],
            )
            annotations = pikepdf.Array([pdf.make_indirect(note)])
            pdf.pages[0].obj["/Annots"] = pdf.make_indirect(annotations)

        return self.with_step(add)

    def build(self) -> bytes:
        buffer = BytesIO()
        with pikepdf.open(BytesIO(plain(self.pages))) as pdf:
            for step in self.steps:
                step(pdf)
            pdf.save(buffer, deterministic_id=True, **self.save)  # type: ignore[arg-type]
        return buffer.getvalue()


def xref_stream(pages: int = 1) -> bytes:
    mode = pikepdf.ObjectStreamMode.generate
    return PdfBuilder(pages).saved(object_stream_mode=mode, compress_streams=True).build()


def encrypted(user: str = "") -> bytes:
    buffer = BytesIO()
    with pikepdf.open(BytesIO(plain())) as pdf:
        pdf.save(buffer, encryption=pikepdf.Encryption(owner="owner", user=user))
    return buffer.getvalue()


@cache
def imprint(size: int = 120, *, colour: tuple[int, int, int] = (214, 0, 15)) -> bytes:
    """A red ring on transparent ground, half transparent at its inner edge, as PNG."""
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((2, 2, size - 3, size - 3), fill=(*colour, 255))
    inset = size // 8
    pen.ellipse((inset, inset, size - inset, size - inset), fill=(*colour, 128))
    return to_png(image)


@cache
def solid(size: int = 60) -> bytes:
    """An opaque red square whose top-left quarter is blue: shows place and orientation."""
    image = Image.new("RGBA", (size, size), (255, 0, 0, 255))
    ImageDraw.Draw(image).rectangle((0, 0, size // 2 - 1, size // 2 - 1), fill=(0, 0, 255, 255))
    return to_png(image)


def to_png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@cache
def chain_named(label: str = "demo", suite: str = "ecdsa-p256-sha256") -> DemoChain:
    return make_chain(suite, label=label)


def make_spec(
    chain: DemoChain | None = None,
    *,
    role: DocumentRole = DocumentRole.CONTRACT,
    placement: Placement | None = PLACE,
    png: bytes | None = None,
    name: str | None = None,
    ratio: float = 1.0,
) -> SealingSpec:
    chain = chain or chain_named()
    visible = placement is not None
    return SealingSpec(
        role=role,
        certificate_der=chain.leaf_der,
        chain_der=(chain.issuing_der,),
        suite=chain.leaf_signer.suite,
        signed_at=SIGNED_AT,
        field_name=name or f"Seal-{sha256(chain.leaf_der).hexdigest()[:12]}",
        signer_name="北京示例商贸有限公司",
        imprint_png=(png or imprint()) if visible else None,
        placement=placement,
        imprint_height_ratio=ratio,
    )


def sealed(data: bytes | None = None, chain: DemoChain | None = None, **options: object) -> bytes:
    """The document with one more seal by the chain's leaf; options go to `make_spec`."""
    chain = chain or chain_named()
    spec = make_spec(chain, **options)  # type: ignore[arg-type]
    prepared = prepare(plain() if data is None else data, spec)
    return finish(prepared, chain.leaf_signer.sign(prepared.tbs))


@cache
def sealed_once(role: DocumentRole = DocumentRole.CONTRACT) -> bytes:
    return sealed(role=role)


@cache
def sealed_thrice() -> bytes:
    """Three seals in turn by three different certificates."""
    data = plain()
    for index, label in enumerate(("demo", "second", "third")):
        place = Placement(page=1, x_mm=20 + 50 * index, y_mm=30, width_mm=40)
        data = sealed(data, chain_named(label), placement=place)
    return data


def same_chain_leaf(label: str, chain: DemoChain | None = None) -> DemoChain:
    """Another leaf below the same issuing CA, as a chain."""
    chain = chain or chain_named()
    leaf_der, signer = chain.leaf(label=label)
    return replace(chain, leaf_der=leaf_der, leaf_signer=signer)


class Revision:
    """An incremental update written by hand, as an attacker would (classic table only)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.objects: dict[int, bytes] = {}
        self.trailer_extra = b""
        self.between = b""
        with pikepdf.open(BytesIO(data)) as pdf:
            self.size = int(pdf.trailer["/Size"])
            self.root = pdf.Root.objgen[0]
            info = pdf.trailer.get("/Info")
            self.info = info.objgen[0] if info is not None else 0
            # Not by `pdf.pages`, which rewrites the page tree when it is first used.
            page = pdf.Root.Pages.Kids[0]
            self.pages, self.page = pdf.Root.Pages.objgen[0], page.objgen[0]
            self.contents = page.Contents.objgen[0]
            objects = {number: pdf.get_object(number, 0) for number in range(1, self.size)}
            self.bodies = {
                number: one.unparse(resolved=True)
                for number, one in objects.items()
                if isinstance(one, pikepdf.Object) and not isinstance(one, pikepdf.Stream)
            }

    def new(self, body: bytes) -> int:
        number = max([self.size - 1, *self.objects]) + 1
        self.objects[number] = body
        return number

    def put(self, number: int, body: bytes) -> "Revision":
        self.objects[number] = body
        return self

    def replace_in(self, number: int, old: bytes, new: bytes) -> "Revision":
        body = self.objects.get(number, self.bodies[number])
        assert old in body, body
        return self.put(number, body.replace(old, new, 1))

    def add_key(self, number: int, entry: bytes) -> "Revision":
        body = self.objects.get(number, self.bodies[number])
        return self.put(number, body.rstrip()[:-2] + b" " + entry + b" >>")

    def build(self) -> bytes:
        previous = self.data.rsplit(b"startxref", 1)[1].split()[0]
        out = bytearray(self.data)
        out += b"" if out.endswith(b"\n") else b"\n"
        offsets = {}
        for number in sorted(self.objects):
            offsets[number] = len(out)
            out += b"%d 0 obj\n%b\nendobj\n" % (number, self.objects[number])
            out += self.between
        start = len(out)
        out += b"xref\n"
        for number, offset in offsets.items():
            out += b"%d 1\n%010d 00000 n \n" % (number, offset)
        out += b"trailer\n<< /Size %d /Root %d 0 R /Prev %b" % (
            max([self.size - 1, *self.objects]) + 1,
            self.root,
            previous,
        )
        if self.info:
            out += b" /Info %d 0 R" % self.info
        out += b" %b >>\nstartxref\n%d\n%%%%EOF\n" % (self.trailer_extra, start)
        return bytes(out)


def stream(content: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), extra, content)
