"""Small OFD packages for tests of drawing, written by hand: nothing here is checked or signed."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from numpy.typing import NDArray
from PIL import Image

from sealsvc.documents.ofd.render.page import RenderedPage, render_page
from sealsvc.formats import encode

NAMESPACE = "http://www.ofdspec.org/2016"
PAGE_MM = (100.0, 60.0)
DPI = 127.0
"""5 pixels a millimetre."""
PX = 5


def xml(root: str, inner: str, attributes: str = "") -> str:
    return f'<?xml version="1.0"?><{root} xmlns="{NAMESPACE}" {attributes}>{inner}</{root}>'


@dataclass(frozen=True)
class Ofd:
    """What differs between the tests. layers: XML of the Layer elements' content."""

    content: str = ""
    resources: str = ""
    page: str = ""
    document: str = ""
    common: str = ""
    body: str = ""
    box: str = "0 0 100 60"
    files: Mapping[str, bytes | str] = field(default_factory=dict)

    def build(self) -> bytes:
        common = (
            f"<PageArea><PhysicalBox>{self.box}</PhysicalBox></PageArea>"
            f"<PublicRes>PublicRes.xml</PublicRes>{self.common}"
        )
        pages = '<Page ID="1" BaseLoc="Pages/Content.xml"/>'
        parts: dict[str, bytes | str] = {
            "OFD.xml": xml(
                "OFD", f"<DocBody><DocRoot>Doc_0/Document.xml</DocRoot>{self.body}</DocBody>"
            ),
            "Doc_0/Document.xml": xml(
                "Document",
                f"<CommonData>{common}</CommonData><Pages>{pages}</Pages>{self.document}",
            ),
            "Doc_0/PublicRes.xml": xml(
                "Res",
                '<Fonts><Font ID="2" FontName="宋体"/></Fonts>' + self.resources,
                'BaseLoc="Res"',
            ),
            "Doc_0/Pages/Content.xml": xml(
                "Page", f'{self.page}<Content><Layer ID="9">{self.content}</Layer></Content>'
            ),
            **self.files,
        }
        return zipped(parts)

    def render(self) -> RenderedPage:
        return render_page(self.build(), 1, DPI)


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    """The same parts give the same bytes, whenever it is: tests are named by them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def pixels(page: RenderedPage) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(page.png)))


def ink(page: RenderedPage, box: tuple[float, float, float, float]) -> float:
    """Share of dark pixels in a box, mm (left, top, right, bottom)."""
    left, top, right, bottom = (round(side * PX) for side in box)
    return float((pixels(page)[top:bottom, left:right] < 128).any(axis=2).mean())


def at(page: RenderedPage, x: float, y: float) -> tuple[int, ...]:
    return tuple(int(v) for v in pixels(page)[int(y * PX), int(x * PX)])


def text(value: str, x: float, y: float, more: str = "", code: str = "") -> str:
    return (
        f'<TextObject ID="10" Boundary="{x} {y} 50 10" Font="2" Size="5" {more}>'
        f'<TextCode X="0" Y="5" {code}>{value}</TextCode></TextObject>'
    )


def path(data: str, more: str = "", inner: str = "") -> str:
    return (
        f'<PathObject ID="11" Boundary="0 0 100 60" {more}>{inner}'
        f"<AbbreviatedData>{data}</AbbreviatedData></PathObject>"
    )


def rectangle(x: float, y: float, width: float, height: float, more: str = "") -> str:
    data = f"M {x} {y} L {x + width} {y} L {x + width} {y + height} L {x} {y + height} C"
    return path(data, f'Stroke="false" Fill="true" {more}', '<FillColor Value="0 0 0"/>')


def png(size: tuple[int, int], color: tuple[int, ...]) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA" if len(color) == 4 else "RGB", size, color).save(out, "PNG")
    return out.getvalue()


def media(identifier: int, name: str) -> str:
    return (
        f'<MultiMedias><MultiMedia ID="{identifier}" Type="Image">'
        f"<MediaFile>{name}</MediaFile></MultiMedia></MultiMedias>"
    )


def sealed(stamps: str, picture: bytes, kind: str = "png") -> dict[str, bytes | str]:
    """Signature parts for `Ofd.files`; `SIGNED` belongs into the body."""
    signature = (
        "<SignedInfo><Provider ProviderName='test'/>"
        f"<References/>{stamps}</SignedInfo><SignedValue>SignedValue.dat</SignedValue>"
    )
    listed = '<Signature ID="s001" BaseLoc="Sign_0/Signature.xml"/>'
    return {
        "Doc_0/Signs/Signatures.xml": xml("Signatures", listed),
        "Doc_0/Signs/Sign_0/Signature.xml": xml("Signature", signature),
        "Doc_0/Signs/Sign_0/SignedValue.dat": seal_signature(picture, kind),
    }


SIGNED = "<Signatures>Doc_0/Signs/Signatures.xml</Signatures>"


def seal_signature(picture: bytes, kind: str) -> bytes:
    """A GB/T 38540 signature whose values are zeros."""
    when = encode.generalized(datetime(2026, 1, 1, tzinfo=UTC))
    version = encode.integer(4)
    header = encode.sequence(encode.ia5("ES"), version, encode.ia5("TEST"))
    validity = encode.integer(1), encode.sequence(), when, when, when
    described = encode.sequence(encode.integer(1), encode.utf8("印章"), *validity)
    size = encode.integer(40), encode.integer(40)
    image = encode.sequence(encode.ia5(kind), encode.octets(picture), *size)
    info = encode.sequence(header, encode.ia5("1"), described, image)
    tail = (
        encode.octets(b"certificate"),
        encode.oid("1.2.156.10197.1.501"),
        encode.bits(b"\0" * 64),
    )
    seal = encode.sequence(info, *tail)
    tbs = encode.sequence(version, seal, when, encode.bits(b"\0" * 32), encode.ia5("/x"))
    return encode.sequence(tbs, *tail)


def square_font() -> bytes:
    """One glyph, a full square, for `a`."""
    pen = TTGlyphPen(None)
    for step, point in enumerate(((0, 0), (0, 1000), (1000, 1000), (1000, 0))):
        (pen.lineTo if step else pen.moveTo)(point)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "a"])
    builder.setupCharacterMap({ord("a"): "a"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "a": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "a": (1000, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Test", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()
