"""Packages meant to break, stall or fill the renderer; and every real sample."""

import io
import zlib
from itertools import product
from pathlib import Path
from struct import pack

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sealsvc.documents.ofd.render import budget, jbig2
from sealsvc.documents.ofd.render.budget import Budget, Exhausted
from sealsvc.documents.ofd.render.canvas import coverage
from sealsvc.documents.ofd.render.cmapcheck import is_bounded
from sealsvc.documents.ofd.render.errors import OfdPageUnrenderable
from sealsvc.documents.ofd.render.geometry import Malformed, Matrix, number, numbers
from sealsvc.documents.ofd.render.outlines import contours_of, open_font
from sealsvc.documents.ofd.render.page import MAX_PIXELS, MAX_SIDE_PX, page_count, render_page
from sealsvc.documents.ofd.render.paths import Contour, contours, dashed, stroked
from sealsvc.documents.ofd.text import page_text
from tests.unit.documents.ofd_render.packages import (
    SIGNED,
    Ofd,
    at,
    ink,
    media,
    path,
    pixels,
    png,
    rectangle,
    sealed,
    square_font,
    text,
    xml,
    zipped,
)

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "samples-real" / "ofd"
IMAGE = '<ImageObject ID="3" ResourceID="8" Boundary="10 10 20 20"/>'


@pytest.mark.shared
def test_every_sample_is_drawn_and_none_is_blank() -> None:
    files = sorted(SAMPLES.rglob("*.ofd"))
    if not files:
        pytest.skip("../shared/samples-real/ofd is not here")
    # Some lie there under two names.
    named = {file.read_bytes(): file.name for file in files}
    for data, name in named.items():
        page = render_page(data, 1, 40)
        assert (pixels(page) < 200).any(), name
        assert not any("stopped" in note for note in page.notes), name
        page_text(data, 1)


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"PK\3\4" + b"\0" * 100, zipped({}), zipped({"a": ""})],
    ids=["nothing", "two bytes", "zeros", "empty archive", "one empty file"],
)
def test_no_package(data: bytes) -> None:
    for action in (page_count, lambda one: render_page(one, 1), lambda one: page_text(one, 1)):
        with pytest.raises(OfdPageUnrenderable):
            action(data)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("OFD.xml", "<OFD/>"),
        ("OFD.xml", "no xml"),
        ("OFD.xml", xml("OFD", "<DocBody><DocRoot>../../etc/passwd</DocRoot></DocBody>")),
        ("Doc_0/Document.xml", "<a><b></a>"),
        ("Doc_0/Document.xml", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'),
        ("Doc_0/Pages/Content.xml", "\0"),
    ],
)
def test_broken_structure(name: str, content: str) -> None:
    with pytest.raises(OfdPageUnrenderable):
        render_page(Ofd(files={name: content}).build(), 1)


@pytest.mark.parametrize(
    "box", ["0 0 1000000 1000000", "0 0 10000000 0.001", "0 0 0.001 0.001", "-9e6 9e6 9e6 9e6"]
)
def test_pages_of_any_size_are_bounded(box: str) -> None:
    page = Ofd(rectangle(0, 0, 10, 10), box=box).render()
    assert page.width_px * page.height_px <= MAX_PIXELS * 1.01
    assert max(page.width_px, page.height_px) <= MAX_SIDE_PX


@pytest.mark.parametrize("box", ["0 0 1e9 1e9", "0 0 nan 5", "0 0 inf 5", "1 2 3", "a b c d"])
def test_pages_of_no_size(box: str) -> None:
    with pytest.raises(OfdPageUnrenderable):
        Ofd(box=box).render()


@pytest.mark.parametrize("box", ["0 0 0 0", "0 0 -5 5"])
def test_an_empty_box_is_as_none(box: str) -> None:
    page = Ofd(box=box).render()
    assert page.height_px > page.width_px > 1000


@pytest.mark.parametrize("dpi", [0.0, -1.0, float("nan"), float("inf")])
def test_no_resolution(dpi: float) -> None:
    with pytest.raises(OfdPageUnrenderable):
        render_page(Ofd().build(), 1, dpi)


def test_too_fine_a_resolution_is_lowered() -> None:
    page = render_page(Ofd().build(), 1, 1e6, max_pixels=10_000)
    assert page.width_px * page.height_px <= 10_100
    assert page.notes == ("resolution lowered: 1",)


@pytest.mark.parametrize(
    "broken",
    [
        text("a", 10, 5).replace('Size="5"', 'Size="NaN"'),
        text("a", 10, 5).replace('Size="5"', 'Size="1e308"'),
        text("a", 10, 5, 'CTM="nan 0 0 1 0 0"'),
        text("a", 10, 5, 'CTM="1 2 3"'),
        text("a", 10, 5, code='DeltaX="g 5"'),
        text("a", 10, 5, code='DeltaX="g x 5"'),
        text("a", 10, 5, code='DeltaX="inf"'),
        text("a", 10, 5, 'HScale="-inf"'),
        text("a", 10, 5).replace("10 5 50 10", "10 5"),
        path("M 0 0 L nan nan"),
        path("L 5 5"),
        path("M 0 0 Z"),
        path("M 0 0 B 1 2 3"),
        path("M 0 0 L 9 9", 'LineWidth="inf"'),
        path("M 0 0 L 9 9", 'DashPattern="0.000001 0.000001"'),
        path("M 0 0 L 9 9", "", '<StrokeColor Value="x y z"/>'),
        IMAGE,
        '<CompositeObject ID="1" ResourceID="77" Boundary="0 0 1 1"/>',
        "<Unknown/>",
    ],
)
def test_broken_objects_are_noted_and_the_others_drawn(broken: str) -> None:
    page = Ofd(broken + rectangle(40, 40, 10, 10)).render()
    assert at(page, 45, 45) == (0, 0, 0)
    assert len(page.notes) == 1


def test_repeats_end_with_the_text() -> None:
    page = Ofd(text("国国国", 10, 5, code='DeltaX="g 1000000000000 10"')).render()
    assert ink(page, (30, 5, 35, 11)) > 0.2
    assert page.notes == ()


def test_objects_far_away_cost_nothing() -> None:
    far = text("国", 9e6, 9e6) + path("M -9e6 -9e6 L 9e6 9e6", 'LineWidth="1e6"')
    page = Ofd(far * 50 + path("M 0 0 L 1e7 1", 'CTM="1e7 0 0 1e7 0 0"')).render()
    assert page.width_px == 500


def test_templates_that_name_themselves() -> None:
    use = '<Template TemplateID="20"/>'
    common = '<TemplatePage ID="20" BaseLoc="Tpl.xml"/>'
    inner = f"{use}<Content><Layer>{rectangle(10, 10, 10, 10)}</Layer></Content>"
    page = Ofd(page=use, common=common, files={"Doc_0/Tpl.xml": xml("Page", inner)}).render()
    assert at(page, 15, 15) == (0, 0, 0)
    assert page.notes == ("template within a template not drawn: 1",)


def test_composites_that_contain_themselves_end() -> None:
    use = '<CompositeObject ID="41" ResourceID="40" Boundary="0 0 9 9"/>'
    unit = f'<CompositeGraphicUnit ID="40"><Content>{use * 12}</Content></CompositeGraphicUnit>'
    page = Ofd(use, f"<CompositeGraphicUnits>{unit}</CompositeGraphicUnits>").render()
    assert "drawing stopped, too many objects: 1" in page.notes
    assert page_text(Ofd(use, f"<G>{unit}</G>").build(), 1) == ()


def test_blocks_nested_without_end() -> None:
    depth = 100
    content = "<PageBlock>" * depth + rectangle(0, 0, 9, 9) + "</PageBlock>" * depth
    assert Ofd(content).render().notes == ("PageBlock not drawn (nesting): 1",)


def test_drawing_parameters_in_a_ring() -> None:
    ring = '<DrawParam ID="6" Relative="7"/><DrawParam ID="7" Relative="6"/>'
    page = Ofd(path("M 10 30 L 90 30", 'DrawParam="6"'), f"<D>{ring}</D>").render()
    assert ink(page, (10, 29.8, 90, 30.2)) > 0.4


def test_a_path_longer_than_allowed() -> None:
    page = Ofd(path("M 0 0 " + "L 1 1 " * 100_000)).render()
    assert page.notes == ("PathObject not drawn (path length): 1",)


def test_a_zigzag_is_drawn_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MAX_POINTS", 200_000)
    zigzag = " ".join(f"L {index % 2 * 100} {index % 60}" for index in range(20_000))
    page = Ofd(path(f"M 0 0 {zigzag}", 'Join="Round"') * 40).render()
    assert any("stopped" in note for note in page.notes)


def test_many_large_fills_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MAX_TOUCHED_PX", 20_000_000)
    page = Ofd(rectangle(0, 0, 100, 60) * 4_000).render()
    assert page.notes == ("drawing stopped, too many pixels: 1",)


def test_a_picture_bomb_is_not_unpacked() -> None:
    row = b"\0" + b"\0" * 3 * 60_000
    header = (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    body = zlib.compress(row * 20)
    chunks = b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        for kind, data in ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    )
    bomb = b"\x89PNG\r\n\x1a\n" + chunks
    page = Ofd(IMAGE, media(8, "a"), files={"Doc_0/Res/a": bomb}).render()
    assert page.notes[0].startswith("ImageObject not drawn (picture")
    # A grey placeholder lies where the picture should be.
    assert at(page, 20, 20) not in ((255, 255, 255), (0, 0, 0))


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", png((5, 5), (1, 2, 3))[:50], jbig2.MARK, jbig2.MARK + b"\1" * 40]
)
def test_broken_pictures_leave_a_placeholder(content: bytes) -> None:
    page = Ofd(IMAGE, media(8, "a"), files={"Doc_0/Res/a": content}).render()
    assert page.notes[0].startswith("ImageObject not drawn")
    assert at(page, 20, 20) != (255, 255, 255)


def test_seals_of_absurd_size_or_in_a_chain() -> None:
    stamps = "".join(
        f'<StampAnnot ID="{index}" PageRef="1" Boundary="0 0 {width} {height}"/>'
        for index, (width, height) in enumerate(product((0, -5, 9e6), repeat=2))
    )
    page = Ofd(body=SIGNED, files=sealed(stamps, png((4, 4), (255, 0, 0)))).render()
    assert page.notes == ("seal not drawn (size): 9",)


def test_a_signature_part_that_is_absent() -> None:
    assert Ofd(body=SIGNED).render().notes == ("signature list not read (part missing): 1",)


def test_nothing_is_drawn_of_another_namespace() -> None:
    foreign = rectangle(10, 10, 10, 10).replace("<PathObject", '<PathObject xmlns="urn:x"')
    assert (pixels(Ofd(foreign).render()) == 255).all()


def _cmap(subtable: bytes) -> bytes:
    return pack(">HHHHI", 0, 1, 3, 10, 12) + subtable


@pytest.mark.parametrize(
    "subtable",
    [
        pack(">HHIIIIII", 12, 0, 28, 0, 1, 0, 0xFFFFFFFF, 1),
        pack(">HHIIIIII", 13, 0, 28, 0, 1, 0, 0x10FFFF, 1),
        pack(">HHHHHHH", 4, 0, 0, 40, 0, 0, 0) + b"\xff\xff" * 20 + b"\0\0" * 61,
        pack(">HHHHHHH", 4, 0, 0, 40, 0, 0, 0),
        pack(">HHI", 8, 0, 16),
        b"",
    ],
)
def test_character_maps_without_end_are_not_unfolded(subtable: bytes) -> None:
    assert not is_bounded(_cmap(subtable))


def test_honest_character_maps_are_read() -> None:
    assert is_bounded(_cmap(pack(">HHIIIIII", 12, 0, 28, 0, 1, 32, 70_000, 1)))


@pytest.mark.parametrize("head", [b"wOFF", b"wOF2", b"%!PS", b"\x80\x01"])
def test_packed_and_foreign_fonts_are_refused(head: bytes) -> None:
    with pytest.raises(Malformed):
        open_font(head + square_font()[4:])


def test_composite_glyphs_that_multiply_end() -> None:
    builder = FontBuilder(1000, isTTF=True)
    names = [".notdef", *(f"n{level}" for level in range(30))]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({})
    glyphs = {".notdef": TTGlyphPen(None).glyph(), "n0": TTGlyphPen(None).glyph()}
    for level in range(1, 30):
        pen = TTGlyphPen(dict.fromkeys(names))
        for _ in range(2):
            pen.addComponent(f"n{level - 1}", (1, 0, 0, 1, 0, 0))
        glyphs[f"n{level}"] = pen.glyph()
        for side in ("xMin", "yMin", "xMax", "yMax"):
            setattr(glyphs[f"n{level}"], side, 0)
    builder.setupGlyf(glyphs, calcGlyphBounds=False)
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader()
    builder.setupPost()
    builder.font.recalcBBoxes = False
    out = io.BytesIO()
    builder.save(out)
    with pytest.raises(Malformed, match="components"):
        contours_of(open_font(out.getvalue()), 30)


@given(place=st.integers(0, 700), value=st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_any_byte_of_a_font_may_be_wrong(place: int, value: int) -> None:
    data = bytearray(square_font())
    data[place % len(data)] = value
    files: dict[str, bytes | str] = {"Doc_0/Res/own.ttf": bytes(data)}
    declared = '<Fonts><Font ID="3" FontName="X"><FontFile>own.ttf</FontFile></Font></Fonts>'
    written = text("a", 10, 5).replace('Font="2"', 'Font="3"')
    assert Ofd(written, declared, files=files).render().width_px == 500


def test_budgets_end() -> None:
    with pytest.raises(Exhausted):
        Budget().spend("objects", 10**9)


@given(st.text(alphabet="SMLQBAC0123456789.-e ,naif", max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_path_is_read_or_refused(data: str) -> None:
    try:
        runs = contours(data, 5.0)
    except Malformed:
        return
    areas = stroked(runs, 2.0, "Miter", "Square")
    assert all(len(one) >= 3 for one in areas)


@given(st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_any_number_is_finite_or_refused(data: str) -> None:
    try:
        assert all(abs(one) <= 1e7 for one in numbers(data))
    except Malformed:
        with pytest.raises(Malformed):
            [number(part) for part in data.replace(",", " ").split()]


@given(st.lists(st.tuples(*[st.floats(-50, 80)] * 4), min_size=1, max_size=12))
@settings(max_examples=100, deadline=None)
def test_coverage_stays_within_one(edges: list[tuple[float, float, float, float]]) -> None:
    mask = coverage(np.array(edges), (0, 0, 20, 20), False, Budget())
    assert mask.shape == (20, 20)
    assert mask.min() >= 0
    assert mask.max() <= 1


@given(data=st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_bytes_in_place_of_parts(data: bytes) -> None:
    image = Ofd(IMAGE, media(8, "a"), files={"Doc_0/Res/a": data}).render()
    assert image.width_px == 500
    stamp = '<StampAnnot ID="1" PageRef="1" Boundary="30 10 40 40"/>'
    assert Ofd(body=SIGNED, files=sealed(stamp, data, "ofd")).render().width_px == 500


def test_dashes_without_number() -> None:
    line = Contour(np.array([[0.0, 0.0], [1e6, 0.0]]), closed=False)
    with pytest.raises(Malformed):
        dashed([line], [0.001], 0.0)


def test_singular_matrices_draw_nothing() -> None:
    flat = IMAGE.replace("/>", ' CTM="1 1 1 1 0 0"/>')
    out = io.BytesIO()
    Image.new("1", (8, 8)).save(out, "PNG")
    page = Ofd(flat, media(8, "a"), files={"Doc_0/Res/a": out.getvalue()}).render()
    assert (pixels(page) == 255).all()
    assert Matrix(1, 1, 1, 1).determinant == 0
